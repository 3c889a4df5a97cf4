"""Figures against closed forms, and `vizlab eval` as a user runs it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.conftest import make_model
from vizlab.cli import app
from vizlab.data import RGBDFolder, Sample
from vizlab.evaluation import DepthFigures, NormalsFigures, SemsegFigures
from vizlab.predictions import DepthPrediction, NormalsPrediction, SemsegPrediction
from vizlab.rgbd import RGBDImage
from vizlab.weights import save_checkpoint

pytest_plugins = ["tests.training.conftest"]


def sample(**maps: np.ndarray) -> Sample:
    blank = np.zeros((2, 2), np.float32)
    values = {"depth": blank, "label": blank.astype(np.uint8), "normals": np.zeros((2, 2, 3), np.float32)} | maps
    return Sample("x", np.zeros((2, 2, 3), np.uint8), values["depth"], values["label"], values["normals"])


def test_semseg_figures_count_the_whole_set() -> None:
    """Classes 0 and 1: 3 right of 4 and 1 right of 2; IoU 3/5 and 1/3; void counts nowhere."""
    figures = SemsegFigures(40)
    confident = np.ones((2, 4), np.float32)
    label = np.array([[0, 0, 0, 0], [1, 1, 255, 255]], np.uint8)
    predicted = np.array([[0, 0, 0, 1], [1, 0, 7, 0]], np.uint8)
    figures.add(SemsegPrediction(predicted, confident), sample(label=label))
    result = figures.result()
    assert result["mIoU"] == pytest.approx(100 * (3 / 5 + 1 / 3) / 2)
    assert result["mean accuracy"] == pytest.approx(100 * (3 / 4 + 1 / 2) / 2)
    assert result["pixel accuracy"] == pytest.approx(100 * 4 / 6)


def test_depth_rmse_is_over_all_pixels_not_a_mean_of_pictures() -> None:
    figures = DepthFigures()
    nan = np.nan
    figures.add(
        DepthPrediction(np.full((2, 2), 2.0, np.float32)), sample(depth=np.array([[1, nan], [nan, nan]], np.float32))
    )
    figures.add(DepthPrediction(np.full((2, 2), 2.0, np.float32)), sample(depth=np.full((2, 2), 2.0, np.float32)))
    assert figures.result()["RMSE"] == pytest.approx(np.sqrt(1 / 5))


def test_normals_figures() -> None:
    truth = np.zeros((2, 2, 3), np.float32)
    truth[..., 2] = -1
    truth[1, 1] = np.nan
    tilted = truth.copy()
    tilt = np.radians(20)
    tilted[0, 0] = (np.sin(tilt), 0, -np.cos(tilt))
    figures = NormalsFigures()
    figures.add(NormalsPrediction(tilted), sample(normals=truth))
    result = figures.result()
    assert result["mean angle"] == pytest.approx(20 / 3, abs=0.1)
    assert result["median angle"] == pytest.approx(0, abs=0.11)
    assert result["within 11.25"] == pytest.approx(200 / 3)
    assert result["within 22.5"] == pytest.approx(100)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, data_folder: Path) -> Path:
    model = make_model("cen")
    sample = RGBDFolder(data_folder, "test").read(0)
    logits = model.forward(model.preprocess(RGBDImage(sample.colour, sample.depth)))["semseg/ensemble"]
    with torch.no_grad():  # the two classes that occur win over all others and are level with each other
        bias = model.network.decoder.classifier.bias  # type: ignore[union-attr]
        bias[0] += 8  # type: ignore[operator, index]
        bias[5] += 8 + (logits[0, 0] - logits[0, 5]).median()  # type: ignore[operator, index]
    path = tmp_path_factory.mktemp("checkpoints") / "small.safetensors"
    save_checkpoint(path, model.network, model.config, {"data": "none"})
    return path


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_eval_prints_figures_and_stores_them_in_the_card(checkpoint: Path, data_folder: Path) -> None:
    printed = json.loads(run("eval", checkpoint, "--data", data_folder, "--write-card"))
    assert printed["pictures"] == 3
    assert set(printed) == {"model", "pictures", "semseg/rgb", "semseg/depth", "semseg/ensemble"}
    card = run("card", checkpoint)
    assert f"mIoU {printed['semseg/ensemble']['mIoU']:.1f} %" in card
    assert "## Exchanged at threshold 0.02" in card
    assert checkpoint.with_suffix(".md").read_text().strip() == card.strip()


def test_eval_can_cut_the_streams_apart(checkpoint: Path, data_folder: Path) -> None:
    whole = json.loads(run("eval", checkpoint, "--data", data_folder))
    cut = json.loads(run("eval", checkpoint, "--data", data_folder, "--no-cross"))
    zero = json.loads(run("eval", checkpoint, "--data", data_folder, "--threshold", "0"))
    assert cut == zero
    assert cut["semseg/ensemble"] != whole["semseg/ensemble"]
