"""The command line: the same functions as the page and Python, printed."""

import errno
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vizlab.checks.commands import check_command
from vizlab.core.door.commands import convert_command, in_words_of_the_command
from vizlab.errors import InputError, UnsaidError, VizlabError, one_line
from vizlab.experiments.attribution.commands import attribute_command
from vizlab.experiments.corruptions.commands import corrupt_command
from vizlab.experiments.interventions.commands import intervene_command, sweep_command
from vizlab.report.commands import methods_command, replay_command, report_command
from vizlab.scenes.__main__ import app as scenes_app
from vizlab.study.data.commands import app as data_app
from vizlab.study.exam.commands import exam_command, exam_report_command
from vizlab.study.findings.commands import study_report_command
from vizlab.study.survey.commands import study_command

if TYPE_CHECKING:
    from vizlab.core.trace import FusionTrace
    from vizlab.rgbd import ReadRecord, RGBDImage, Suggestion
    from vizlab.study.cards.evaluating import Sweep

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A microscope for networks that fuse.")


def _print_versions(asked: bool) -> None:
    """What a report of a fault needs, on one line."""
    if asked:
        found = [f"{name} {version(name)}" for name in ("vizlab", "torch", "gradio", "numpy")]
        print(", ".join([*found, f"Python {platform.python_version()}", platform.platform()]))
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_versions, is_eager=True, help="print versions")
    ] = False,
) -> None:
    pass


app.add_typer(scenes_app, name="scenes", help="Bundled scenes: list them, render them again.")
app.add_typer(data_app, name="data", help="Data folders: prepare NYUv2, check your own.")
app.command("attribute")(attribute_command)
app.command("check")(check_command)
app.command("convert")(convert_command)
app.command("corrupt")(corrupt_command)
app.command("exam")(exam_command)
app.command("exam-report")(exam_report_command)
app.command("intervene")(intervene_command)
app.command("methods")(methods_command)
app.command("report")(report_command)
app.command("replay")(replay_command)
app.command("study")(study_command)
app.command("study-report")(study_report_command)
app.command("sweep")(sweep_command)

COMMANDS = "vizlab.commands"
"""Entry points: name of a command to the function that runs it, which must cost no import of its own."""


def _add_commands() -> None:
    """The commands of methods and of installed packages."""
    for found in entry_points(group=COMMANDS):
        try:
            app.command(found.name)(found.load())
        except Exception as err:  # a broken package must not take the other commands with it
            print(f"vizlab: the command {found.name} cannot be loaded: {one_line(err)}", file=sys.stderr)


_add_commands()

Checkpoint = Annotated[Path, typer.Argument(help="a vizlab .safetensors or an authors' checkpoint")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")]
Weights = Annotated[
    str | None, typer.Option(help="which weights of a file that holds several: raw, ema, or their name in the file")
]
Threshold = Annotated[float | None, typer.Option(help="short for --set threshold=VALUE")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="a control's value, such as threshold=0.05; repeatable"),
]
Cross = Annotated[bool, typer.Option(help="--no-cross cuts the streams apart at every additive site")]
Domains = Annotated[
    list[str] | None,
    typer.Option(
        "--domain", metavar="NAME=FILE",
        help="a further picture that the network takes, such as light=light.png, or derived: light=shading; repeatable",
    ),
]  # fmt: skip
DataFolder = Annotated[Path, typer.Option("--data", help="folder with rgb/, depth/, label40/, train.txt, test.txt")]


@app.command("trace")
def trace_command(
    checkpoint: Checkpoint,
    rgb: Annotated[Path | None, typer.Option(help="colour picture")] = None,
    depth: Annotated[Path | None, typer.Option(help="depth map")] = None,
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            "--depth-unit",
            help="depth unit: auto, mm, cm, m, tum, sunrgbd, metres per count (0.001, 1/512), '0.25 mm', or "
            "'6553.5 per metre'",
        ),
    ] = "auto",
    depth_kind: Annotated[
        str,
        typer.Option(help="what depth measures: auto, depth, ray, inverse, relative, 'relative inverse', 'kinect raw'"),
    ] = "auto",
    field_of_view: Annotated[
        float | None, typer.Option(help="degrees across the width, for lengths of rays", metavar="DEGREES")
    ] = None,
    align: Annotated[
        str, typer.Option(help="depth of another size: auto, resize, centre, crop, none, 'offset X,Y', 'scale S'")
    ] = "auto",
    turn: Annotated[
        str, typer.Option(help="what is done to depth first: none, mirrored, 'upside down', 'turned 90', 180, 270")
    ] = "none",
    domains: Domains = None,
    threshold: Threshold = None,
    settings: Settings = None,
    cross: Cross = True,
    sites: Annotated[
        list[str] | None, typer.Option("--site", metavar="NAME", help="change this site only, not all; repeatable")
    ] = None,
    device: Device = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16")] = "auto",
    weights: Weights = None,
    out: Annotated[Path | None, typer.Option(help="write the trace to this .npz")] = None,
) -> None:
    """Run one network on one picture; print what its sites mixed."""
    import vizlab
    from vizlab.rgbd import given_domains

    given: dict[str, Any] = _settings(settings or (), threshold)
    if sites and cross and not given:
        raise InputError("--site says where to change something, but nothing is changed; add --no-cross or --set.")
    rgbd = vizlab.read_rgbd(
        rgb, depth, depth_unit=unit, depth_kind=depth_kind, field_of_view=field_of_view, align=align, turn=turn,
        domains=given_domains(domains or ()),
    )  # fmt: skip
    model = vizlab.load_model(checkpoint, device, precision=precision, weights=weights)
    trace = vizlab.trace(model, rgbd, cross=cross, sites=sites or None, **given)
    if out is not None:
        trace.save(str(out))
    print(json.dumps(_summary(trace, rgbd), indent=2))


def _summary(trace: "FusionTrace", rgbd: "RGBDImage") -> dict[str, Any]:
    """What `vizlab trace` prints: which network ran and how, its sites, and what each target took from each source."""
    from vizlab.core.site_words import trace_words

    shares = {
        name: None if site.share is None else [[round(float(v), 4) for v in row] for row in site.share]
        for name, site in trace.sites.items()
    }
    return {
        "model": trace.model.name,
        "checkpoint": trace.model.checkpoint_hash,
        "precision": trace.environment["precision"],
        "assumed": dict(trace.model.assumed),
        "sites": {name: words.title for name, words in trace_words(trace).items()},
        "share": shares,
        **_reading(rgbd.record),
    }


def _reading(record: "ReadRecord") -> dict[str, Any]:
    """How the files were read, and the options that would read them otherwise."""
    read: dict[str, Any] = {"warnings": list(record.warnings)}
    if record.depth is not None:
        sure = f"detected, {record.depth.confidence:.0%} sure" if record.depth.assumed else "given"
        read["depth"] = {
            "unit": record.depth.unit,
            "unit is": sure,
            "kind": record.depth.meaning,
            "median": f"{record.depth.median_m:.3g} m",
            "aligned": record.depth.alignment,
        }
    if record.suggestions:
        read["other readings"] = {_options(one): f"{one.label}: {one.reason}" for one in record.suggestions}
    return read


def _options(suggestion: "Suggestion") -> str:
    return " ".join(f"--{name.replace('_', '-')} '{value}'" for name, value in suggestion.options)


@app.command("train")
def train_command(
    config: Annotated[Path, typer.Argument(help="a recipe (TOML)")],
    data: DataFolder,
    out: Annotated[Path, typer.Option(help="folder of the run; the same folder again resumes it")] = Path("runs"),
    pretrained: Annotated[
        Path | None,
        typer.Option(help="torchvision's mobilenet_v2 or an EfficientNet-Lite (.pth or .safetensors), to start from"),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="only the first pictures of the split")] = None,
    devices: Annotated[
        int, typer.Option(help="how many GPUs share each batch; batch norms are not synchronised", min=1)
    ] = 1,
    teacher: Annotated[
        list[Path] | None, typer.Option(help="a checkpoint that a recipe with distil learns from; repeatable")
    ] = None,
    stream: Annotated[
        list[Path] | None,
        typer.Option(help="a trained network that a stream begins as, in the streams' order; one for each"),
    ] = None,
) -> None:
    """Train a network; resumable, with progress. Needs the extra `train`."""
    from vizlab.study.training.recipe import load_recipe

    try:
        from vizlab.study.training.train import train
    except ImportError as err:
        raise VizlabError(
            f"Training needs {err.name}, which is not installed; install the extra `train`: "
            "pip install 'vizlab[train]'."
        ) from err
    recipe = load_recipe(config)
    print(train(recipe, data, out / recipe.name, pretrained, limit, devices, teacher or (), stream or ()))


@app.command("eval")
def eval_command(
    checkpoints: Annotated[list[Path], typer.Argument(help="one or more checkpoints")],
    data: DataFolder,
    split: Annotated[str, typer.Option(help="test, train, or held-out: the part of train for choices")] = "test",
    limit: Annotated[int | None, typer.Option(help="only the first pictures of the split")] = None,
    threshold: Threshold = None,
    settings: Settings = None,
    cross: Cross = True,
    thresholds: Annotated[str, typer.Option(help="short for --curve threshold=VALUES")] = "",
    curve: Annotated[
        str, typer.Option(metavar="NAME=VALUES", help="also a curve over a control: threshold=0,0.01,0.02,0.05")
    ] = "",
    late_fusion: Annotated[
        bool, typer.Option("--late-fusion", help="also the mean of all the checkpoints' semseg logits")
    ] = False,
    device: Device = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32, bfloat16 or both")] = "auto",
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
    from vizlab.study.cards.evaluating import Plan, evaluate_all, known_baselines, report

    given, sweep = _settings(settings or (), threshold), _sweep(curve, thresholds)
    both = ("bfloat16", "float32") if precision == "both" else (precision,)
    plan = Plan(split, limit, given, cross, sweep, late_fusion, write_card, write_baseline, baselines, both)
    found = evaluate_all(checkpoints, data, device, plan, _counting)
    if as_json:
        print("\n".join(one.to_json() for one in found))
    else:
        print(report(found, plan, known_baselines(plan, checkpoints[0])))


def _settings(pairs: Sequence[str], threshold: float | None) -> dict[str, float]:
    """Checked values by name out of `NAME=VALUE`, and the one that has an option of its own."""
    from vizlab.core.registry import checked

    found = {} if threshold is None else {"threshold": threshold}
    for pair in pairs:
        name, values = _named(pair)
        if name in found or len(values) != 1:
            raise InputError(f"'{pair}' cannot be set; expected one value for each name, such as threshold=0.05.")
        found[name] = values[0]
    return checked(found)


def _sweep(curve: str, thresholds: str) -> "Sweep | None":
    """The curve that is asked for, by either option."""
    from vizlab.study.cards.evaluating import Sweep

    if curve and thresholds:
        raise InputError("--curve and --thresholds both ask for a curve; leave one of them out.")
    if curve:
        return Sweep(*_named(curve))
    return Sweep("threshold", _numbers("thresholds", thresholds)) if thresholds.strip() else None


def _named(pair: str) -> tuple[str, tuple[float, ...]]:
    """Name and numbers of `NAME=VALUES`."""
    name, _, text = pair.partition("=")
    if not text:
        raise InputError(f"'{pair}' gives no value; expected NAME=VALUE, such as threshold=0.05.")
    return name, _numbers(f"values of {name}", text)


def _numbers(what: str, text: str) -> tuple[float, ...]:
    """Numbers separated by commas."""
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as err:
        raise InputError(f"The {what} are '{text}'; expected numbers between commas, such as 0,0.02,0.1.") from err


@contextmanager
def _counting(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal's error stream."""
    with typer.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda _: bar.update(1)


@app.command("card")
def card_command(checkpoint: Checkpoint) -> None:
    """Print a checkpoint's card."""
    from vizlab.core.door import load_model
    from vizlab.study.cards import card_markdown

    print(card_markdown(load_model(checkpoint, "cpu")))


@app.command("cards")
def cards_command(
    folder: Annotated[Path, typer.Argument(help="a folder of checkpoints")],
    readme: Annotated[Path | None, typer.Option(help="a Markdown file with the marks of the table")] = None,
) -> None:
    """Bring cards up to date with baselines.json: in the files, as Markdown beside them, as a README's table."""
    from vizlab.study.cards.folder import refresh_folder, write_readme

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
    from vizlab.core.door import load_model
    from vizlab.scenes import list_scenes, load_scene
    from vizlab.study.scene_scores import MARKS, scene_scores, scene_tables, takes_scenes

    scenes = [load_scene(name, folder) for name in list_scenes(folder)]
    if not scenes:
        raise InputError(f"'{folder}' holds no scene; give a folder that `vizlab scenes render` wrote to.")
    if readme is not None:
        MARKS.read(readme)  # before the networks run for minutes
    models = [model for path in checkpoints if takes_scenes(model := load_model(path, precision="float32"))]
    if not models:
        raise InputError("These networks take other pictures than colour and depth, which is what a scene has.")
    text = scene_tables({model.name: scene_scores(model, scenes) for model in models})
    print(text)
    if readme is not None:
        MARKS.write(readme, text)


@app.command("page", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def page_command(context: typer.Context) -> None:
    """Open the page on this machine; `vizlab page --help` lists its settings."""
    from vizlab.page import main as serve

    serve(context.args)


def main() -> None:
    """Entry point: errors vizlab raises on purpose end in one sentence and exit code 1, and so does a full disk,
    whoever meets it.
    """
    try:
        try:
            app()
        finally:
            print(end="", flush=True)  # it may go to a file, whose disk may be full
    except VizlabError as err:
        said = in_words_of_the_command(err) if isinstance(err, UnsaidError) else err
        print(f"vizlab: {said}", file=sys.stderr)
        raise SystemExit(1) from err
    except OSError as err:
        if err.errno not in (*_FULL, errno.EPIPE):
            raise
        _drop_what_cannot_be_printed()
        if err.errno in _FULL:  # else nobody reads on, as `head` after some lines
            what = f"'{Path(os.fsdecode(err.filename)).name}'" if err.filename else "What is printed"
            print(f"vizlab: {what} cannot be written ({err.strerror}); make room.", file=sys.stderr)
        raise SystemExit(1) from err


_FULL = (errno.ENOSPC, errno.EDQUOT)


def _drop_what_cannot_be_printed() -> None:
    """Else Python tries once more when it ends, and says so in lines of its own."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
