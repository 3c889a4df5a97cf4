"""The command line: the same functions as the page and Python, printed."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vizlab.errors import VizlabError
from vizlab.scenes.__main__ import app as scenes_app

if TYPE_CHECKING:
    from vizlab.evaluation import Figures

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A microscope for networks that fuse.")

app.add_typer(scenes_app, name="scenes", help="Bundled scenes: list them, render them again.")

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
    pretrained: Annotated[Path | None, typer.Option(help="MobileNetV2 weights with torchvision's names")] = None,
    limit: Annotated[int | None, typer.Option(help="only the first pictures of the split")] = None,
) -> None:
    """Train a network; resumable, with progress. Needs the extra `train`."""
    from vizlab.training.recipe import load_recipe
    from vizlab.training.train import train

    recipe = load_recipe(config)
    print(train(recipe, data, out / recipe.name, pretrained, limit))


@app.command("eval")
def eval_command(
    checkpoints: Annotated[list[Path], typer.Argument(help="one or more checkpoints")],
    data: DataFolder,
    split: Annotated[str, typer.Option(help="train or test")] = "test",
    limit: Annotated[int | None, typer.Option(help="only the first pictures of the split")] = None,
    threshold: Annotated[float | None, typer.Option(help="CEN's exchange threshold for this evaluation")] = None,
    cross: Annotated[bool, typer.Option(help="--no-cross cuts the streams apart at every additive site")] = True,
    device: Device = "auto",
    write_card: Annotated[bool, typer.Option(help="store the figures in the checkpoint's own card")] = False,
) -> None:
    """Print a checkpoint's figures on a split."""
    from vizlab.data import RGBDFolder
    from vizlab.evaluation import evaluate
    from vizlab.models.site import Intervention
    from vizlab.weights import load_model

    changed = threshold is not None or not cross
    if write_card and (changed or limit is not None):
        raise VizlabError(
            "A card holds the figures of the whole split as shipped; leave out --limit, --threshold and --no-cross."
        )
    for path in checkpoints:
        model = load_model(path, device)
        folder = RGBDFolder(data, split, limit)
        with typer.progressbar(length=len(folder), label=model.name, file=sys.stderr) as bar:
            figures = evaluate(
                model,
                folder,
                intervention=Intervention(threshold=threshold, cross=cross),
                progress=lambda _, bar=bar: bar.update(1),  # type: ignore[misc]
            )
        print(json.dumps({"model": model.name, "pictures": figures.pictures, **figures.by_output}, indent=2))
        if write_card:
            _store_figures(path, figures, split)


def _store_figures(path: Path, figures: "Figures", split: str) -> None:
    from vizlab.cards import card_markdown, with_figures
    from vizlab.weights import load_model, save_checkpoint

    model = load_model(path, "cpu")
    save_checkpoint(path, model.network, model.config, with_figures(model.card, figures, split, model.precision))
    path.with_suffix(".md").write_text(card_markdown(load_model(path, "cpu")))


@app.command("card")
def card_command(checkpoint: Checkpoint) -> None:
    """Print a checkpoint's card."""
    from vizlab.cards import card_markdown
    from vizlab.weights import load_model

    print(card_markdown(load_model(checkpoint, "cpu")))


def main() -> None:
    """Entry point: errors vizlab raises on purpose end in one sentence and exit code 1."""
    try:
        app()
    except VizlabError as err:
        print(f"vizlab: {err}", file=sys.stderr)
        raise SystemExit(1) from err


if __name__ == "__main__":
    main()
