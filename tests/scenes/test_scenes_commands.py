"""`vizlab scenes` and the contact sheet, on scenes that no renderer is needed for."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from vizlab.errors import InputError
from vizlab.scenes import list_scenes, load_scene
from vizlab.scenes.__main__ import app
from vizlab.scenes.sheet import LARGEST, WIDTH, contact_sheet, depth_colours, save_sheet


def test_list_shows_kind_and_seed(folder: Path) -> None:
    shown = CliRunner().invoke(app, ["list", "--folder", str(folder)])
    assert shown.exit_code == 0
    assert "room_0: Room, kind office, seed 7, 64x48, 1 samples" in shown.output


@pytest.mark.parametrize(
    "options", [[], ["bedroom", "--all"], ["--all", "--seed", "3"], ["bedroom", "--size", "big"]],
    ids=["nothing", "both", "seed for all", "size"],
)  # fmt: skip
def test_contradicting_options_are_refused(options: list[str], tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["render", *options, "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_the_sheet_has_rows_of_four(folder: Path) -> None:
    scenes = [load_scene(name, folder) for name in list_scenes(folder)]
    sheet = contact_sheet(scenes)
    assert sheet.shape[1] == WIDTH
    assert sheet.shape[0] == pytest.approx(2 * contact_sheet(scenes[:1]).shape[0], abs=20)
    assert (sheet[-60:, WIDTH // 2 :] == 255).all(), "the second row holds one scene"


def test_the_sheet_is_written_as_its_suffix_says(folder: Path) -> None:
    out = folder / "pictures" / "sheet.jpg"
    done = CliRunner().invoke(app, ["sheet", "--folder", str(folder), "--out", str(out)])
    assert done.exit_code == 0
    assert cv2.imread(str(out)).shape[1] == WIDTH
    assert out.stat().st_size < LARGEST
    with pytest.raises(InputError, match=r"\.jpg or a \.png"):
        save_sheet([load_scene("room_0", folder)], folder / "sheet.gif")


def test_holes_are_black_on_the_sheet() -> None:
    colours = depth_colours(np.array([[1.0, np.nan, 9.0]], np.float32))
    assert (colours[0, 1] == 0).all()
    assert colours[0, 0].sum() > colours[0, 2].sum() > 0, "near is brighter, beyond the range counts as far"
