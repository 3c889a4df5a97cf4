"""`python -m vizlab.scenes`: list the bundled scenes, render them again or new ones, tile them, make a data set."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import VizlabError
from vizlab.scenes.catalogue import CATALOGUE, FIRST_SEED
from vizlab.scenes.library import FOLDER, list_scenes, load_scene

app = typer.Typer(help="Sample scenes: list the bundled ones, render them or new ones.", no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="Folder with the scenes.")]


@app.command("list")
def list_command(folder: Folder = FOLDER) -> None:
    """List the bundled scenes and the kinds of room that can be rendered."""
    from vizlab.scenes.making import known_kinds

    for name in list_scenes(folder):
        scene = load_scene(name, folder)
        size = f"{scene.size[1]}x{scene.size[0]}"
        typer.echo(f"{name}: {scene.title}, kind {scene.kind}, seed {scene.seed}, {size}, {scene.spp} samples")
    typer.echo(f"kinds: {', '.join(known_kinds())}")


@app.command("render")
def render_command(
    name: Annotated[str | None, typer.Argument(help="A bundled scene, or a name for a new one.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that receives a folder NAME.")] = Path("scenes"),
    kind: Annotated[str | None, typer.Option(help="Kind of room, for a new one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed is another room.")] = None,
    size: Annotated[str | None, typer.Option(help="Width x height in pixels, usually 640x480.")] = None,
    spp: Annotated[int | None, typer.Option(help="Samples per pixel.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every bundled scene.")] = False,
) -> None:
    """Render a bundled scene again, or with --kind a new one; the same options give the same pictures."""
    from vizlab.scenes.making import render_scene

    if every == (name is not None):
        raise typer.BadParameter("give the name of one scene, or --all")
    if every and (kind is not None or seed is not None):
        raise typer.BadParameter("--all renders each scene with its own kind and seed")
    shape = None if size is None else _shape(size)
    for one in list(CATALOGUE) if name is None else [name]:
        scene = render_scene(one, out, shape, spp, seed, kind)
        typer.echo(f"{scene.folder}: {', '.join(scene.classes)}")


@app.command("sheet")
def sheet_command(
    out: Annotated[Path, typer.Option(help="The picture, .jpg or .png.")], folder: Folder = FOLDER
) -> None:
    """Tile all scenes into one picture: colour, sensor depth and labels."""
    from vizlab.scenes.sheet import save_sheet

    save_sheet([load_scene(name, folder) for name in list_scenes(folder)], out)
    typer.echo(out)


@app.command("dataset")
def dataset_command(
    out: Annotated[Path, typer.Argument(help="Data folder to write or to go on with.")],
    count: Annotated[int, typer.Option(help="Rooms in all.")] = 100,
    size: Annotated[str, typer.Option(help="Width x height in pixels.")] = "320x240",
    spp: Annotated[int, typer.Option(help="Samples per pixel.")] = 32,
    seed: Annotated[int, typer.Option(help="First seed; those of the bundled scenes are refused.")] = FIRST_SEED,
    test_every: Annotated[int, typer.Option(help="One in so many goes to test.txt; 0: none.")] = 0,
    domains: Annotated[
        bool, typer.Option("--domains", help="Texture, light, normals and edges too; exact depth, not a sensor's.")
    ] = False,
) -> None:
    """Render rooms of all kinds as a folder that `vizlab train` reads; skips those that are complete."""
    from vizlab.study.data.rendered import render_dataset

    for job in render_dataset(out, count, _shape(size), spp, seed, test_every, domains):
        typer.echo(job.name)


@app.command("exam")
def exam_command(
    out: Annotated[Path, typer.Argument(help="Data folder to write or to go on with.")],
    count: Annotated[int, typer.Option(help="Pictures to test networks with; best a multiple of 8.")] = 200,
    seed: Annotated[int, typer.Option(help="Another seed is another exam.")] = 0,
    train: Annotated[int, typer.Option(help="Further pictures, to train a network with.")] = 0,
    size: Annotated[str, typer.Option(help="Width x height in pixels.")] = "320x240",
    samples: Annotated[int, typer.Option(help="Samples per pixel of the colour.")] = 64,
    workers: Annotated[int, typer.Option(help="Processes that render.")] = 1,
    sensor: Annotated[
        str, typer.Option(help="What measures the depth: exact, or kinect with noise and holes.")
    ] = "exact",
) -> None:
    """Render rooms in which it is known which modality shows each object; skips those that are complete."""
    from vizlab.scenes.exam.folder import render_exam

    names = render_exam(out, count, seed, train, _shape(size), samples, workers, sensor)
    for done, name in enumerate(names, 1):
        typer.echo(f"{name} ({done} rendered now of {count + train} in all)")


def _shape(size: str) -> tuple[int, int]:
    """(height, width) out of "640x480"."""
    match = re.fullmatch(r"(\d+)x(\d+)", size)
    if match is None:
        raise typer.BadParameter(f"size is {size!r}, but should look like 640x480")
    return int(match[2]), int(match[1])


def main() -> None:
    """Run the commands; errors raised on purpose become one sentence."""
    try:
        app()
    except VizlabError as err:
        typer.echo(str(err), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
