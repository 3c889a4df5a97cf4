"""`python -m vizlab.scenes`: list the bundled scenes, or render one."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import VizlabError
from vizlab.scenes.library import FOLDER, list_scenes, load_scene, render_scene

app = typer.Typer(help="Sample scenes: list the bundled ones, render them or new ones.", no_args_is_help=True)


@app.command("list")
def list_command() -> None:
    """List the bundled scenes."""
    for name in list_scenes():
        scene = load_scene(name)
        typer.echo(f"{name}: {scene.title}, {scene.size[1]}x{scene.size[0]}, seed {scene.seed}, {scene.spp} samples")


@app.command("render")
def render_command(
    name: str,
    out: Annotated[Path, typer.Option(help="Folder that receives a folder NAME.")] = FOLDER,
    size: Annotated[str, typer.Option(help="Width x height in pixels.")] = "640x480",
    spp: Annotated[int, typer.Option(help="Samples per pixel.")] = 64,
    seed: Annotated[int, typer.Option(help="Another seed is another room.")] = 1,
    kind: Annotated[str | None, typer.Option(help="Kind of room, where it is not the name.")] = None,
) -> None:
    """Render a scene; the same seed, size and samples give the same pictures."""
    match = re.fullmatch(r"(\d+)x(\d+)", size)
    if match is None:
        raise typer.BadParameter(f"size is {size!r}, but should look like 640x480")
    scene = render_scene(name, out, (int(match[2]), int(match[1])), spp, seed, kind)
    typer.echo(f"{scene.folder}: {', '.join(scene.classes)}")


def main() -> None:
    """Run the commands; errors raised on purpose become one sentence."""
    try:
        app()
    except VizlabError as err:
        typer.echo(str(err), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
