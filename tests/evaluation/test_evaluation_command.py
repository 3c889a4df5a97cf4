"""`vizlab eval` and `vizlab cards` as a user runs them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from tests.conftest import CONFIGS, make_model
from vizlab.cli import app
from vizlab.core.door import load_model, save_checkpoint
from vizlab.core.model import Model
from vizlab.core.outputs import answers
from vizlab.core.predictions import decode
from vizlab.core.registry import build_network
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage
from vizlab.study.cards.folder import MARKS
from vizlab.study.data import RGBDFolder
from vizlab.study.evaluation import evaluate
from vizlab.study.evaluation.scores import Tally


def level(model: Model, data: Path) -> None:
    """Let the two classes that occur win over all others and be level with each other: figures well above zero."""
    sample = RGBDFolder(data, "test").read(0)
    logits = answers(model.forward(model.preprocess(RGBDImage(sample.colour, sample.depth))))["semseg"]
    with torch.no_grad():
        bias = model.network.decoder.classifier.bias  # type: ignore[union-attr]
        bias[0] += 8  # type: ignore[operator, index]
        bias[5] += 8 + (logits[0, 0] - logits[0, 5]).median()  # type: ignore[operator, index]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> Path:
    model = make_model("cen")
    level(model, data_folder)
    path = tmp_path_factory.mktemp("checkpoints") / "small.safetensors"
    save_checkpoint(path, model.network, model.config, {"data": "none"})
    return path


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> tuple[Path, Path]:
    """Two networks of one input each, with random weights."""
    folder = tmp_path_factory.mktemp("apart")
    paths = folder / "semseg-rgb.safetensors", folder / "semseg-depth.safetensors"
    for seed, (path, stream) in enumerate(zip(paths, ("rgb", "depth"), strict=True)):
        config = replace(CONFIGS["cen"], inputs=(stream,), threshold=None)
        torch.manual_seed(seed)
        model = Model(build_network(config), config, path.stem, precision="float32")
        level(model, data_folder)
        save_checkpoint(path, model.network, config, {})
    return paths


def invoke(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def figures_of(path: Path, data: Path, *options: object) -> dict[str, dict[str, float]]:
    return json.loads(invoke("eval", path, "--data", data, "--json", *options))


def test_eval_prints_one_table_and_stores_the_figures_in_the_card(checkpoint: Path, data_folder: Path) -> None:
    printed = invoke("eval", checkpoint, "--data", data_folder, "--write-card")
    figures = figures_of(checkpoint, data_folder)
    assert set(figures) == {"model", "pictures", "semseg/rgb", "semseg/depth", "semseg/ensemble"}
    assert figures["pictures"] == 3
    rows = {line.split("|")[1].strip(): line for line in printed.splitlines() if line.startswith("| small")}
    assert list(rows) == ["small, ensemble", "small, rgb", "small, depth"]
    assert f" {figures['semseg/ensemble']['mIoU']:.1f} |" in rows["small, ensemble"]
    card = invoke("card", checkpoint)
    assert f" {figures['semseg/rgb']['mIoU']:.1f} |" in card
    assert "## Cost" in card
    assert "multiply-add counted as two" in card
    assert "## Exchanged at threshold 0.02" in card
    assert checkpoint.with_suffix(".md").read_text().strip() == card.strip()


def test_eval_can_cut_the_streams_apart(checkpoint: Path, data_folder: Path) -> None:
    whole = figures_of(checkpoint, data_folder)
    cut = figures_of(checkpoint, data_folder, "--no-cross")
    assert cut == figures_of(checkpoint, data_folder, "--threshold", "0")
    assert cut == figures_of(checkpoint, data_folder, "--set", "threshold=0")
    assert cut["semseg/ensemble"] != whole["semseg/ensemble"]


def test_the_threshold_curve_goes_through_the_figures(checkpoint: Path, data_folder: Path) -> None:
    """At its own threshold it gives the figures, at 0 those without exchange; the share grows with the threshold."""
    found = figures_of(checkpoint, data_folder, "--thresholds", "0,0.02,0.9", "--write-card")
    curve = found["threshold curve"]
    assert [p["threshold"] for p in curve] == [0, 0.02, 0.9, None]  # type: ignore[index]
    assert curve[1]["outputs"]["semseg/ensemble"] == found["semseg/ensemble"]  # type: ignore[index]
    assert curve[0]["outputs"] == curve[3]["outputs"]  # type: ignore[index]
    shares = [p["exchanged"] for p in curve]  # type: ignore[index]
    assert shares[0] == shares[3] == 0
    assert 0 < shares[1] < shares[2] < 1
    card = checkpoint.with_suffix(".md").read_text()
    assert "## Threshold curve (split test, 3 pictures" in card
    assert "| 0.02 (as it ships) |" in card
    assert "| exchange off " in card
    assert len(load_model(checkpoint, "cpu").card["threshold curve"]["points"]) == 4


def test_late_fusion_is_the_mean_of_the_logits(apart: tuple[Path, Path], data_folder: Path) -> None:
    models = [load_model(path, "cpu", precision="float32") for path in apart]
    samples = RGBDFolder(data_folder, "test")
    tally = Tally(40)
    for sample in samples:
        rgbd = RGBDImage(sample.colour, sample.depth)
        framing = models[0].frame(rgbd.size)
        first, second = (m.forward(m.preprocess(rgbd, framing))["semseg"] for m in models)
        tally.add(decode({"semseg": (first + second) / 2}, framing), sample)
    assert evaluate(models, samples).by_output["semseg"] == pytest.approx(tally.result()["semseg"])


def test_late_fusion_refuses_what_cannot_be_averaged(apart: tuple[Path, Path], data_folder: Path) -> None:
    samples = RGBDFolder(data_folder, "test")
    one = load_model(apart[0], "cpu")
    with pytest.raises(InputError, match="cannot be fused late"):
        evaluate([one, load_model(apart[1], "cpu", working_size=(64, 96))], samples)
    config = replace(CONFIGS["cen"], tasks=("depth",), inputs=("rgb",), threshold=None)
    with pytest.raises(InputError, match="does not predict"):
        evaluate([one, Model(build_network(config), config, "depth-rgb")], samples)


def test_baselines_reach_table_card_and_readme(
    checkpoint: Path, apart: tuple[Path, Path], data_folder: Path, tmp_path: Path
) -> None:
    """Everything in the order in which a release is made."""
    mine, file, readme = tmp_path / "mine.safetensors", tmp_path / "baselines.json", tmp_path / "README.md"
    mine.write_bytes(checkpoint.read_bytes())
    fused = invoke("eval", *apart, "--data", data_folder, "--late-fusion", "--write-baseline", file)
    assert "| semseg-rgb + semseg-depth, late fusion |" in fused
    assert [b["late_fusion"] for b in json.loads(file.read_text())] == [False, False, True]
    printed = invoke("eval", mine, "--data", data_folder, "--write-card")
    assert "mine, gain over late fusion without exchange:" in printed
    card = mine.with_suffix(".md").read_text()
    assert "## Compared with" in card
    assert "gain over depth alone:" in card
    readme.write_text(f"# before\n\n{MARKS.start}\n{MARKS.end}\n\nafter\n")
    before = mine.read_bytes()
    invoke("cards", tmp_path, "--readme", readme)
    assert mine.read_bytes() == before
    text = readme.read_text()
    assert text.startswith("# before\n") and text.endswith("\n\nafter\n")  # noqa: PT018
    assert "| baseline: semseg-rgb " in text
    assert "| published: CEN, ResNet-101 " in text
    invoke("cards", tmp_path, "--readme", readme)
    assert readme.read_text() == text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--write-card", "--limit", "1"), "leave out --limit"),
        (("--write-baseline", "b.json", "--no-cross"), "leave out --limit"),
        (("--thresholds", "0,few"), "numbers between commas"),
        (("--thresholds", "0,-1"), "expected a number of 0 or more"),
        (("--threshold", "nan"), "expected a number of 0 or more"),
        (("--curve", "breadth=1,2"), "'breadth' is no setting of any method; known: threshold"),
        (("--curve", "threshold=0", "--thresholds", "1"), "leave one of them out"),
        (("--write-card", "--set", "threshold=1"), "leave out --limit"),
        (("--late-fusion",), "two or more"),
        (("--write-baseline", "nowhere/b.json"), "no folder"),
    ],
)
def test_what_cannot_be_is_said(checkpoint: Path, data_folder: Path, options: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(app, ["eval", str(checkpoint), "--data", str(data_folder), *options])
    assert isinstance(done.exception, InputError)
    assert words in str(done.exception)


@pytest.mark.parametrize("options", [("--thresholds", "0,1"), ("--curve", "threshold=0,1"), ("--threshold", "1")])
def test_thresholds_need_a_network_that_exchanges(
    options: tuple[str, ...], apart: tuple[Path, Path], data_folder: Path
) -> None:
    done = CliRunner().invoke(app, ["eval", str(apart[0]), "--data", str(data_folder), *options])
    assert "each of the checkpoints exchanges no channels" in str(done.exception)
