"""`vizlab corrupt` prints what Python computes."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import vizlab
from tests.conftest import make_model
from vizlab.cli import app
from vizlab.core.door import save_checkpoint
from vizlab.errors import InputError
from vizlab.experiments.corruptions import severity_sweep
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, small_rgbd: RGBDImage) -> Path:
    folder = tmp_path_factory.mktemp("corrupt")
    model = make_model("cen")
    save_checkpoint(folder / "cen.safetensors", model.network, model.config, {})
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    Image.fromarray(small_rgbd.colour).save(folder / "rgb.png")
    Image.fromarray((np.nan_to_num(small_rgbd.depth) * 1000).astype(np.uint16)).save(folder / "depth.png")
    return folder


def run(files: Path, *options: str) -> tuple[int, str]:
    given = [str(files / "cen.safetensors"), "--rgb", str(files / "rgb.png"), "--device", "cpu", *options]
    done = CliRunner().invoke(app, ["corrupt", *given])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def test_it_prints_the_rows_of_the_sweep(files: Path, tmp_path: Path) -> None:
    depth = ("--depth", str(files / "depth.png"), "--unit", "mm")
    asked = ("--corruption", "depth-noise", "--severity", "2", "--severity", "5", "--seed", "3")
    code, text = run(files, *depth, *asked, "--csv", str(tmp_path / "rows.csv"))
    assert code == 0
    printed = json.loads(text)
    rgbd = vizlab.read_rgbd(files / "rgb.png", files / "depth.png", depth_unit="mm")
    model = vizlab.load_model(files / "cen.safetensors", "cpu")
    expected = severity_sweep(model, rgbd, ["depth-noise"], severities=(2, 5), seed=3)
    assert printed["rows"] == expected.rows()
    assert printed["fusion response"]["depth-noise"].startswith("With depth broken at severity 5")
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        assert [row["severity"] for row in csv.DictReader(file)] == ["0", "2", "5"]


def test_names_that_are_none_are_said(files: Path) -> None:
    with pytest.raises(InputError, match="There is no corruption 'rain'"):
        run(files, "--depth", str(files / "depth.png"), "--corruption", "rain")
