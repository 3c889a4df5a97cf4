"""A folder of a user's own RGB-D pictures, read as training and evaluation read it."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.conftest import Done, refusal
from vizlab.errors import DataError
from vizlab.geometry import KINECT_V1, assumed_intrinsics
from vizlab.study.data import RGBDFolder
from vizlab.tasks import VOID

SIZE = (48, 64)
Run = Callable[..., Done]


def depth_m(seed: int = 0) -> np.ndarray:
    """A slanted wall from 1.5 to 3.5 m with a sensor's noise, whole millimetres, as float metres."""
    noise = np.random.default_rng(seed).normal(0, 0.01, SIZE)
    return np.rint((np.linspace(1.5, 3.5, SIZE[1]) + noise) * 1000) / 1000


def save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Two colour pictures of different kinds and 1/5000 m depth, no labels, no lists."""
    root = tmp_path / "own"
    colour = np.zeros((*SIZE, 3), np.uint8)
    colour[:20, :10] = (200, 100, 50)
    save(root / "rgb/kitchen 1.png", colour)
    save(root / "rgb/Stairs.JPEG", colour)
    for seed, name in enumerate(("kitchen 1", "Stairs")):
        save(root / f"depth/{name}.png", np.rint(depth_m(seed) * 5000).astype(np.uint16))
    (root / "rgb/.hidden.jpg").write_bytes(b"")
    (root / "rgb/notes.txt").write_text("")
    return root


def describe(root: Path, **values: object) -> None:
    (root / "dataset.json").write_text(json.dumps(values))


@pytest.mark.parametrize("split", ["train", "test"])
def test_pictures_without_lists_or_labels_are_read(split: str, own: Path) -> None:
    folder = RGBDFolder(own, split)
    assert folder.names == ["Stairs", "kitchen 1"]
    sample = folder.read(1)
    assert sample.colour[0, 0].tolist() == [200, 100, 50]
    assert sample.colour[-1, -1].tolist() == [0, 0, 0]
    assert sample.depth == pytest.approx(depth_m(0), abs=1e-4)  # 1/5000 m, detected
    assert (sample.label == VOID).all()
    assert not folder.labelled
    starts = ("The depth was taken to be in 1/5000 m", "There is no label40/", "There is no train.txt or test.txt")
    assert all(note.startswith(start) for note, start in zip(folder.notes, starts, strict=True))


def test_lists_may_hold_names_with_spaces(own: Path) -> None:
    (own / "test.txt").write_text("kitchen 1\n\n")
    assert RGBDFolder(own, "test").names == ["kitchen 1"]
    with pytest.raises(DataError, match=r"holds no train\.txt"):
        RGBDFolder(own, "train")


def test_the_unit_is_one_for_the_folder_and_can_be_given(own: Path) -> None:
    describe(own, depth_unit=0.0001)
    folder = RGBDFolder(own, "test")
    assert folder.read(1).depth == pytest.approx(depth_m(0) / 2, abs=1e-4)
    assert not any("depth" in note for note in folder.notes)


def test_an_uncertain_unit_is_the_likeliest_or_with_lists_the_layouts(own: Path) -> None:
    for name in ("kitchen 1", "Stairs"):  # 8 m, 1.6 m or 0.8 m
        save(own / f"depth/{name}.png", np.random.default_rng(0).integers(7900, 8100, SIZE).astype(np.uint16))
    assert RGBDFolder(own, "test").unit.name == "tum"
    (own / "test.txt").write_text("Stairs")
    folder = RGBDFolder(own, "test")
    assert folder.unit.name == "mm"
    assert "millimetres (its numbers look most like 1/5000 m, with a confidence of" in folder.notes[0]


def test_depth_of_another_size_and_kind_is_brought_to_the_colour(own: Path) -> None:
    for path in (own / "depth").iterdir():
        path.unlink()
    for name in ("kitchen 1", "Stairs"):
        np.save(own / f"depth/{name}.npy", depth_m()[::2, ::2].astype(np.float32))
    sample = RGBDFolder(own, "test").read(0)
    assert sample.depth.shape == SIZE
    assert sample.depth[::2, ::2] == pytest.approx(depth_m()[::2, ::2], abs=1e-5)


def test_labels_are_read_where_there_are_some(own: Path) -> None:
    label = np.full(SIZE, VOID, np.uint8)
    label[:20] = 39
    for name in ("kitchen 1", "Stairs"):
        save(own / f"label40/{name}.png", label)
    folder = RGBDFolder(own, "test")
    assert folder.labelled
    assert np.array_equal(folder.read(0).label, label)


def test_outside_of_where_depth_was_measured_nothing_is_compared_but_all_is_seen(own: Path) -> None:
    """A rectangle given for pictures of twice the size; odd edges shrink inwards."""
    whole = RGBDFolder(own, "test").read(1)
    describe(own, measured={"top": 19, "left": 0, "bottom": 81, "right": 128, "width": 128, "height": 96})
    sample = RGBDFolder(own, "test").read(1)
    assert np.array_equal(sample.depth, whole.depth)
    assert np.isnan(sample.reference_depth[:10]).all()
    assert np.isnan(sample.reference_depth[40:]).all()
    assert np.array_equal(sample.reference_depth[10:40], whole.depth[10:40])
    assert np.isnan(sample.normals[:10]).all()
    assert np.array_equal(sample.normals[10:40], whole.normals[10:40], equal_nan=True)
    assert np.array_equal(sample.depth_normals, whole.normals, equal_nan=True)


def test_the_check_says_where_depth_was_measured(own: Path, vizlab_command: Run) -> None:
    def said() -> str:
        return json.loads(vizlab_command("data", "check", str(own)).stdout)["measured"]

    assert said() == "everywhere"
    describe(own, measured={"top": 2, "left": 3, "bottom": 40, "right": 60, "width": 64, "height": 48})
    assert said() == "rows 2 to 39 and columns 3 to 59 of 48x64"


def test_the_camera_is_given_or_assumed(own: Path) -> None:
    assert RGBDFolder(own, "test").camera((48, 64)) == KINECT_V1.scaled_to((48, 64))
    assert RGBDFolder(own, "test").camera((64, 48)) == assumed_intrinsics((64, 48))
    describe(own, camera={"fx": 525, "fy": 520, "cx": 319.5, "cy": 239.5, "width": 640, "height": 480})
    camera = RGBDFolder(own, "test").camera(SIZE)
    assert (camera.fx, camera.fy, camera.size) == (52.5, 52.0, SIZE)
    assert (camera.cx, camera.cy) == (31.5, 23.5)


def test_check_says_how_a_folder_would_be_read(own: Path, vizlab_command: Run) -> None:
    done = vizlab_command("data", "check", str(own))
    assert done.code == 0, done.stderr
    printed = json.loads(done.stdout)
    assert (printed["pictures"], printed["sizes"], printed["depth unit"]) == (2, ["64x48"], "1/5000 m")
    assert (printed["known depth"], printed["labelled"]) == (1, 0)
    assert len(printed["notes"]) == 3


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "depth missing": (lambda own: (own / "depth/Stairs.png").unlink(), r"lacks 1 of the files its rgb/ names"),
    "listed but absent": (
        lambda own: (own / "test.txt").write_text("a\nb"),
        "lacks 4 of .* test.txt names, first rgb/",
    ),
    "empty list": (lambda own: (own / "test.txt").write_text("\n"), "names no picture"),
    "label missing": (lambda own: (own / "label40").mkdir(), "lacks 2 of the files"),
    "label of another size": (
        lambda own: [save(own / f"label40/{n}.png", np.zeros((9, 9), np.uint8)) for n in ("kitchen 1", "Stairs")],
        "label40/Stairs.png' is 9x9 uint8; expected 48x64 uint8",
    ),
    "class 40": (
        lambda own: [save(own / f"label40/{n}.png", np.full(SIZE, 40, np.uint8)) for n in ("kitchen 1", "Stairs")],
        "holds the class 40; expected 0 to 39, or 255",
    ),
    "two of a name": (lambda own: save(own / "rgb/Stairs.png", np.zeros((*SIZE, 3), np.uint8)), "holds both Stairs"),
    "damaged colour": (lambda own: (own / "rgb/Stairs.JPEG").write_bytes(b"\xff\xd8\xff"), "'Stairs' in .* damaged"),
    "depth without a measurement": (
        lambda own: save(own / "depth/Stairs.png", np.zeros(SIZE, np.uint16)),
        "has no measurement",
    ),
    "no JSON": (lambda own: (own / "dataset.json").write_text("{"), "is no JSON"),
    "JSON list": (lambda own: (own / "dataset.json").write_text("[]"), "holds a list"),
    "unknown unit": (lambda own: describe(own, depth_unit="ell"), "depth unit is 'ell'"),
    "a source that is no text": (lambda own: describe(own, source=7), "source and licence must be texts"),
    "limits that are no list": (lambda own: describe(own, limits="indoors"), "limits must be a list of sentences"),
    "half a camera": (lambda own: describe(own, camera={"fx": 500}), "expected positive numbers fx"),
    "camera of zero": (
        lambda own: describe(own, camera=dict.fromkeys(("fx", "fy", "cx", "cy", "width", "height"), 0)),
        "expected positive numbers fx",
    ),
    "half a rectangle": (lambda own: describe(own, measured={"top": 0}), "part in which depth was measured"),
    "a rectangle beside the picture": (
        lambda own: describe(own, measured=dict(top=0, left=0, bottom=49, right=64, width=64, height=48)),
        "part in which depth was measured",
    ),
}


@pytest.mark.parametrize(("spoil", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_folder_gets_a_sentence(
    spoil: Callable[[Path], object], says: str, own: Path, vizlab_command: Run
) -> None:
    spoil(own)
    sentence = refusal(vizlab_command("data", "check", str(own)))
    assert re.search(says, sentence), sentence
