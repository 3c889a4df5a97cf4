"""The demo of docs/demo.md: its rows are the steps of the script, and with `-m slow` it is walked on the real page."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import cv2
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(ROOT / "docs")
        import make_demo

        return make_demo


def test_there_is_a_step_for_each_row_and_they_take_two_minutes(demo: ModuleType) -> None:
    steps = demo.steps((ROOT / "docs/demo.md").read_text())
    assert len(steps) == len(demo.WALK) == 10
    assert steps[0].begins == 0
    assert steps[-1].ends == 120
    assert all(5 <= step.ends - step.begins <= 20 for step in steps)
    assert all(step.does for step in steps)


def test_a_film_lasts_as_long_as_its_pictures_are_held(demo: ModuleType, tmp_path: Path) -> None:
    black = demo.captioned(demo.np.zeros((80, 120, 3), demo.np.uint8), "")
    film = demo.Film(page=None, shots=[(black, 1.0), (255 - black, 2.0)])
    film.save(tmp_path / "film.webm")
    video = cv2.VideoCapture(str(tmp_path / "film.webm"))
    frames = []
    while (read := video.read())[0]:
        frames.append(read[1].mean())
    assert len(frames) == 3 * demo.FRAMES_A_SECOND
    assert [round(mean / 255) for mean in frames] == [0] * demo.FRAMES_A_SECOND + [1] * 2 * demo.FRAMES_A_SECOND


@pytest.mark.slow
@pytest.mark.browser
def test_every_step_can_be_done_on_the_page(tmp_path: Path) -> None:
    out = tmp_path / "demo.webm"
    done = subprocess.run(
        [sys.executable, ROOT / "docs/make_demo.py", "--out", out],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "120 s" in done.stdout
    assert out.stat().st_size < 10_000_000
