"""The command line: the same functions as the page and Python, printed."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from vizlab.data.commands import app as data_app
from vizlab.errors import InputError, VizlabError
from vizlab.scenes.__main__ import app as scenes_app

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A microscope for networks that fuse.")

app.add_typer(scenes_app, name="scenes", help="Bundled scenes: list them, render them again.")
app.add_typer(data_app, name="data", help="Data folders: prepare NYUv2, check your own.")

Checkpoint = Annotated[Path, typer.Argument(help="a vizlab .safetensors or an authors' checkpoint")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")]
DataFolder = Annotated[Path, typer.Option("--data", help="folder with rgb/, depth/, label40/, train.txt, test.txt")]


@app.command("trace")
def trace_command(
    checkpoint: Checkpoint,
    rgb: Annotated[Path | None, typer.Option(help="colour picture")] = None,
    depth: Annotated[Path | None, typer.Option(help="depth map")] = None,
    unit: Annotated[
        str, typer.Option(help="depth unit: auto, mm, tum, 0.1mm, sunrgbd, m or metres per count")
    ] = "auto",
    threshold: Annotated[float | None, typer.Option(help="CEN's exchange threshold")] = None,
    device: Device = "auto",
    out: Annotated[Path | None, typer.Option(help="write the trace to this .npz")] = None,
) -> None:
    """Run one network on one picture; print what its sites mixed."""
    import vizlab

    rgbd = vizlab.read_rgbd(rgb, depth, depth_unit=unit)
    trace = vizlab.trace(vizlab.load_model(checkpoint, device), rgbd, threshold=threshold)
    if out is not None:
        trace.save(str(out))
    shares = {
        name: None if site.share is None else [[round(float(v), 4) for v in row] for row in site.share]
        for name, site in trace.sites.items()
    }
    summary = {"model": trace.model.name, "checkpoint": trace.model.checkpoint_hash, "share": shares}
    print(json.dumps(summary | {"warnings": list(rgbd.record.warnings)}, indent=2))


@app.command("train")
def train_command(
    config: Annotated[Path, typer.Argument(help="a recipe (TOML)")],
    data: DataFolder,
    out: Annotated[Path, typer.Option(help="folder of the run; the same folder again resumes it")] = Path("runs"),
    pretrained: Annotated[
        Path | None, typer.Option(help="torchvision's mobilenet_v2 (.pth or .safetensors), to start from")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="only the first pictures of the split")] = None,
    devices: Annotated[
        int, typer.Option(help="how many GPUs share each batch; batch norms are not synchronised", min=1)
    ] = 1,
) -> None:
    """Train a network; resumable, with progress. Needs the extra `train`."""
    from vizlab.training.recipe import load_recipe

    try:
        from vizlab.training.train import train
    except ImportError as err:
        raise VizlabError(
            f"Training needs {err.name}, which is not installed; install the extra `train`: "
            "pip install 'vizlab[train]'."
        ) from err
    recipe = load_recipe(config)
    print(train(recipe, data, out / recipe.name, pretrained, limit, devices))


@app.command("eval")
def eval_command(
    checkpoints: Annotated[list[Path], typer.Argument(help="one or more checkpoints")],
    data: DataFolder,
    split: Annotated[str, typer.Option(help="train or test")] = "test",
    limit: Annotated[int | None, typer.Option(help="only the first pictures of the split")] = None,
    threshold: Annotated[float | None, typer.Option(help="CEN's exchange threshold for this evaluation")] = None,
    cross: Annotated[bool, typer.Option(help="--no-cross cuts the streams apart at every additive site")] = True,
    thresholds: Annotated[
        str, typer.Option(help="also a curve over these thresholds of CEN, such as 0,0.01,0.02,0.05")
    ] = "",
    late_fusion: Annotated[
        bool, typer.Option("--late-fusion", help="also the mean of all the checkpoints' semseg logits")
    ] = False,
    device: Device = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="figures as JSON, one object a checkpoint")] = False,
    write_card: Annotated[bool, typer.Option(help="store the figures in the checkpoint's own card")] = False,
    write_baseline: Annotated[
        Path | None, typer.Option(help="store the figures in this file, for checkpoints that do not ship")
    ] = None,
    baselines: Annotated[
        Path | None, typer.Option(help="baselines to compare with; baselines.json beside the checkpoint if not given")
    ] = None,
) -> None:
    """Print figures, cost and gains of checkpoints on a split, as one table."""
    from vizlab.cards.evaluating import Plan, evaluate_all, known_baselines, report

    plan = Plan(
        split, limit, threshold, cross, _numbers(thresholds), late_fusion, write_card, write_baseline, baselines
    )
    found = evaluate_all(checkpoints, data, device, plan, _counting)
    if as_json:
        print("\n".join(one.to_json() for one in found))
    else:
        print(report(found, plan, known_baselines(plan, checkpoints[0])))


def _numbers(text: str) -> tuple[float, ...]:
    """Numbers separated by commas; none for an empty text."""
    try:
        return tuple(float(part) for part in text.split(",")) if text.strip() else ()
    except ValueError as err:
        raise InputError(f"The thresholds are '{text}'; expected numbers between commas, such as 0,0.02,0.1.") from err


@contextmanager
def _counting(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal's error stream."""
    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


@app.command("card")
def card_command(checkpoint: Checkpoint) -> None:
    """Print a checkpoint's card."""
    from vizlab.cards import card_markdown
    from vizlab.weights import load_model

    print(card_markdown(load_model(checkpoint, "cpu")))


@app.command("cards")
def cards_command(
    folder: Annotated[Path, typer.Argument(help="a folder of checkpoints")],
    readme: Annotated[Path | None, typer.Option(help="a Markdown file with the marks of the table")] = None,
) -> None:
    """Bring cards up to date with baselines.json: in the files, as Markdown beside them, as a README's table."""
    from vizlab.cards.folder import refresh_folder, write_readme

    for path in refresh_folder(folder):
        print(path.with_suffix(".md"))
    if readme is not None:
        write_readme(readme, folder)
        print(readme)


@scenes_app.command("score")
def score_command(
    checkpoints: Annotated[list[Path], typer.Argument(help="one or more checkpoints")],
    folder: Annotated[Path | None, typer.Option(help="a folder of scenes instead of the bundled ones")] = None,
    readme: Annotated[Path | None, typer.Option(help="a Markdown file with the marks of the tables")] = None,
) -> None:
    """Say how networks do in each scene, whose truth is exact; in float32, so that every machine finds the same."""
    from vizlab.analysis.scene_scores import MARKS, scene_scores, scene_tables
    from vizlab.scenes import list_scenes, load_scene
    from vizlab.weights import load_model

    scenes = [load_scene(name, folder) for name in list_scenes(folder)]
    if not scenes:
        raise InputError(f"'{folder}' holds no scene; give a folder that `vizlab scenes render` wrote to.")
    if readme is not None:
        MARKS.read(readme)  # before the networks run for minutes
    models = [load_model(path, precision="float32") for path in checkpoints]
    text = scene_tables({model.name: scene_scores(model, scenes) for model in models})
    print(text)
    if readme is not None:
        MARKS.write(readme, text)


def main() -> None:
    """Entry point: errors vizlab raises on purpose end in one sentence and exit code 1."""
    try:
        app()
    except VizlabError as err:
        print(f"vizlab: {err}", file=sys.stderr)
        raise SystemExit(1) from err


if __name__ == "__main__":
    main()
