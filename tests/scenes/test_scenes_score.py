"""Networks held against scenes whose truth is exact."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.conftest import make_model
from vizlab import trace
from vizlab.cli import app
from vizlab.core.door import save_checkpoint
from vizlab.errors import InputError
from vizlab.scenes import load_scene
from vizlab.study.scene_scores import MARKS, scene_picture, scene_scores, scene_tables


def test_a_scene_is_seen_by_its_sensor_and_compared_with_the_truth(folder: Path) -> None:
    """Figures against their definitions, the depth and normals of the scene being 1 + 3 x/w and (0, 0, -1)."""
    model, scene = make_model("mti-net"), load_scene("room_0", folder)
    found = scene_scores(model, [scene])["room_0"]
    rgbd, truth = scene_picture(scene)
    assert truth.notes["depth"] == "exact, rendered"
    predicted = trace(model, rgbd).predictions
    label, depth, normals = (predicted[task] for task in ("semseg", "depth", "normals"))
    assert found["semseg"] == pytest.approx(100 * np.mean(label.label == scene.label))  # type: ignore[union-attr]
    off = depth.value - np.linspace(1, 4, scene.size[1])[None]  # type: ignore[union-attr]
    assert found["depth"] == pytest.approx(float(np.sqrt(np.mean(off**2))), rel=1e-3)
    angle = np.degrees(np.arccos(np.clip(-normals.value[..., 2], -1, 1)))  # type: ignore[union-attr]
    assert found["normals"] == pytest.approx(float(angle.mean()), abs=0.5)  # stored in 8 bits


def test_tables_have_a_row_per_scene_and_the_mean() -> None:
    first = {"x": {"semseg": 50.0, "depth": 1.0}, "y": {"semseg": 61.0, "depth": 2.0}}
    text = scene_tables({"a": first, "b": {"x": {"semseg": 7.0}, "y": {"semseg": 9.0}}})
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "|" in line]
    assert ["scene", "a", "b"] in lines
    assert ["mean", "55.5", "8.0"] in lines
    assert ["scene", "a"] in lines
    assert ["mean", "1.50"] in lines
    assert "normals" not in text


def test_the_command_prints_the_tables_and_puts_them_into_a_readme(folder: Path, tmp_path: Path) -> None:
    model, readme = make_model("nddr-cnn"), tmp_path / "README.md"
    save_checkpoint(tmp_path / "mine.safetensors", model.network, model.config, {})
    readme.write_text(f"before\n{MARKS.start}\n{MARKS.end}\nafter\n")
    command = ["scenes", "score", str(tmp_path / "mine.safetensors"), "--folder", str(folder)]
    done = CliRunner().invoke(app, [*command, "--readme", str(readme)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert MARKS.read(readme) == done.stdout.strip()
    assert done.stdout.count("| room_0") == 3
    assert readme.read_text().startswith("before\n")
    assert readme.read_text().endswith("after\n")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [(["--folder", "{tmp}/empty"], "holds no scene"), (["--readme", "{tmp}/none.md"], "no place for the table")],
)
def test_what_is_missing_is_said_before_anything_runs(options: list[str], sentence: str, tmp_path: Path) -> None:
    arguments = [option.format(tmp=tmp_path) for option in options]
    with pytest.raises(InputError, match=sentence):
        CliRunner().invoke(app, ["scenes", "score", "nothing.safetensors", *arguments], catch_exceptions=False)
