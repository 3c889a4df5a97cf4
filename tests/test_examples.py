"""Every script in examples/ runs on what is bundled, writes what it promises, and stays short enough to be read."""

import csv
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vizlab
from vizlab import scenes

EXAMPLES = Path(__file__).parents[1] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
LINES = {"adapted_two_stream": 120}
"""More than 60 where the network that is looked at stands there too."""


@pytest.fixture(scope="module", params=SCRIPTS, ids=lambda script: script.stem)
def script(request: pytest.FixtureRequest) -> Path:
    return request.param


def output_of(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What examples/NAME.py prints, run from and into `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", [f"{name}.py", str(folder)])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    return capsys.readouterr().out


def test_there_are_four_and_a_package() -> None:
    assert len(SCRIPTS) >= 4
    assert (EXAMPLES / "own_method/pyproject.toml").is_file()


def test_it_is_short_and_says_how_it_is_run(script: Path) -> None:
    text = script.read_text()
    assert len(text.splitlines()) < LINES.get(script.stem, 60)
    assert f"{script.name} FOLDER" in text.split('"""')[1]
    assert f"({script.name})" in (EXAMPLES / "README.md").read_text()


def test_without_a_folder_it_says_how_it_is_run(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", [script.name])
    with pytest.raises(SystemExit, match="FOLDER"):
        runpy.run_path(str(script), run_name="__main__")


def test_read_a_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What it prints of a site is what the saved trace holds, and its picture is of the site it names."""
    printed = output_of("read_a_trace", tmp_path, capsys)
    trace = vizlab.load_trace(tmp_path / "office.npz")
    assert len(trace.sites) == 17
    shares = {name: site.cross_share for name, site in trace.sites.items()}
    for name, (rgb, depth) in shares.items():
        assert f"{rgb:.1%}" in line_of(printed, name)
        assert f"{depth:.1%}" in line_of(printed, name)
    largest = max(shares, key=lambda name: shares[name].max())
    target = ("rgb", "depth")[int(shares[largest].argmax())]
    assert f"Most came into {target} at {largest}." in printed
    assert size_of(tmp_path / "most_from_outside.png")[0] > 500
    assert "Cross-stream share" in (tmp_path / "cross_share.html").read_text()


def size_of(picture: Path) -> tuple[int, int]:
    with Image.open(picture) as opened:
        return opened.size


def line_of(printed: str, name: str) -> str:
    return next(line for line in printed.splitlines() if line.split()[:1] == [name])


@pytest.mark.slow
def test_compare_networks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each bundled network, with the accuracy that its labels have by a plain count."""
    output_of("compare_networks", tmp_path, capsys)
    rows = {row["network"]: row for row in csv.DictReader((tmp_path / "bedroom.csv").read_text().splitlines())}
    files = {path.stem: path for path in (EXAMPLES.parent / "checkpoints").glob("*.safetensors")}
    assert set(rows) == {name for name in files if name.endswith("-nyuv2")}
    scene = scenes.load_scene("bedroom")
    name = "nddr-cnn-mobilenetv2-nyuv2"
    trace = vizlab.trace(vizlab.load_model(files[name]), vizlab.read_rgbd(scene.rgb_path, scene.depth_path))
    label, depth = trace.predictions["semseg"].label, trace.predictions["depth"].value  # type: ignore[union-attr]
    known = scene.label != 255
    assert float(rows[name]["semseg"]) == pytest.approx(100 * np.mean(label[known] == scene.label[known]), abs=1e-2)
    error = (depth - scene.depth)[np.isfinite(scene.depth)]
    assert float(rows[name]["depth"]) == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-3)
    assert rows["cen-mobilenetv2-nyuv2"]["depth"] == ""  # it predicts none
    assert (tmp_path / "bedroom.pdf").read_bytes().startswith(b"%PDF")
    width, height = size_of(tmp_path / "bedroom.png")
    assert width > height > 500


def test_exchange_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At threshold 0 nothing crosses; the higher it is, the more does, and as much as the stored scales say."""
    output_of("exchange_figures", tmp_path, capsys)
    rows = [
        [float(cell) for cell in row.split(",")] for row in (tmp_path / "thresholds.csv").read_text().split()[1:][-5:]
    ]
    thresholds, exchanged, crossing, right = (np.array(column) for column in zip(*rows, strict=True))
    assert thresholds.tolist() == [0, 0.01, 0.02, 0.05, 0.2]
    assert exchanged[0] == crossing[0] == 0
    assert (np.diff(exchanged) > 0).all()
    model = vizlab.load_model(EXAMPLES.parent / "checkpoints/cen-mobilenetv2-nyuv2.safetensors", "cpu")
    scales = np.concatenate(
        [model.network.get_parameter(f"encoder.{s.name}.weight").detach().abs().ravel() for s in model.sites]
    )
    for threshold, share in zip(thresholds, exchanged, strict=True):
        assert share == pytest.approx(np.mean(scales < np.float32(threshold)), abs=1e-4)
    assert right[2] > right[0] + 0.05  # this picture: with its exchange it names more pixels rightly than without
    assert (tmp_path / "thresholds.pdf").read_bytes().startswith(b"%PDF")
    assert "threshold" in (tmp_path / "threshold_curve.html").read_text()
