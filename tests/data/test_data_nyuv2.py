"""`vizlab data nyuv2` on tiny official files: pixels, splits, resuming, and a sentence for every wrong file."""

import errno
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
from scipy.io import savemat

from tests.data import official as tiny
from tests.data.conftest import Done, refusal
from tests.data.official import PICTURES, SIZE, TEST, TO_13, TO_40, TRAIN, Official, write_labelled
from vizlab.geometry import KINECT_V1, normals_from_depth
from vizlab.study.data import RGBDFolder
from vizlab.study.data.nyuv2 import LabelledSet, millimetres, nearest
from vizlab.study.training.data import InMemory
from vizlab.tasks import VOID

Run = Callable[..., Done]


def read(path: Path) -> np.ndarray:
    """The pixels of a written picture, with OpenCV, whose reader is not the one under test; colour as RGB."""
    pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert pixels is not None, path
    return pixels[..., ::-1] if pixels.ndim == 3 else pixels


def expected40(label: np.ndarray) -> np.ndarray:
    """Zero-based class of Gupta et al., written out a pixel at a time."""
    classes = [VOID if value == 0 else TO_40[value - 1] - 1 for value in label.flat]
    return np.reshape(classes, label.shape)


def expected13(label: np.ndarray) -> np.ndarray:
    classes = [VOID if value == 0 else TO_13[TO_40[value - 1] - 1] - 1 for value in label.flat]
    return np.reshape(classes, label.shape)


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file's bytes and time of writing."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): (p.read_bytes(), p.stat().st_mtime_ns) for p in files}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "nyuv2"


def test_pictures_stand_upright_at_the_stored_size(official: Official, out: Path, vizlab_command: Run) -> None:
    done = vizlab_command(*official.arguments(out))
    assert done.code == 0, done.stderr
    assert "4 pictures written, 0 were there" in done.stdout
    for number in TRAIN + TEST:
        name = f"{number:06d}"
        difference = read(out / f"rgb/{name}.jpg").astype(int) - tiny.colour_of(number)
        assert np.abs(difference).mean() < 2  # JPEG
        millimetres = read(out / f"depth/{name}.png")
        assert millimetres.dtype == np.uint16
        assert np.abs(millimetres - tiny.depth_of(number) * 1000.0).max() <= 0.5 + 1e-3
        label = tiny.label_of(number)
        assert np.array_equal(read(out / f"label40/{name}.png"), expected40(label))
        assert np.array_equal(read(out / f"label13/{name}.png"), expected13(label))
        assert (expected40(label) == VOID).mean() == pytest.approx((label == 0).mean())


def test_the_lists_hold_the_official_splits_in_their_order(official: Official, out: Path, vizlab_command: Run) -> None:
    vizlab_command(*official.arguments(out))
    assert (out / "train.txt").read_text() == "000004\n000001\n"
    assert (out / "test.txt").read_text() == "000002\n000005\n"
    assert not (out / "rgb/000003.jpg").exists()


def test_another_size_resamples_colour_by_area_and_the_rest_to_the_nearest_pixel(
    official: Official, out: Path, vizlab_command: Run
) -> None:
    assert vizlab_command(*official.arguments(out, "--size", "64x48")).code == 0
    colour = tiny.colour_of(1).reshape(48, 2, 64, 2, 3).mean((1, 3))  # by area: the mean of 2x2
    assert np.abs(read(out / "rgb/000001.jpg") - colour).mean() < 2
    depth = np.rint(tiny.depth_of(1)[1::2, 1::2] * 1000.0)
    assert np.abs(read(out / "depth/000001.png") - depth).max() <= 1
    assert np.array_equal(read(out / "label40/000001.png"), expected40(tiny.label_of(1)[1::2, 1::2]))
    assert np.array_equal(read(out / "label13/000001.png"), expected13(tiny.label_of(1)[1::2, 1::2]))


@pytest.mark.parametrize("size", ["128x128", "256x192", "50x40"])
def test_any_size_can_be_asked_for(size: str, official: Official, out: Path, vizlab_command: Run) -> None:
    assert vizlab_command(*official.arguments(out, "--size", size)).code == 0
    sample = RGBDFolder(out, "train").read(0)
    assert f"{sample.depth.shape[1]}x{sample.depth.shape[0]}" == size
    assert sample.colour.shape == (*sample.depth.shape, 3)
    assert sample.depth[0, 0] > sample.depth[-1, 0]
    assert sample.depth[0, 0] < sample.depth[0, -1]


def test_nearest_takes_the_pixel_below_each_new_centre() -> None:
    pixels = np.arange(12).reshape(3, 4)
    assert nearest(pixels, (3, 4)).tolist() == pixels.tolist()
    assert nearest(pixels, (1, 2)).tolist() == [[5, 7]]
    assert nearest(pixels, (3, 8))[0].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_millimetres_are_rounded_and_unknown_depth_is_zero() -> None:
    depth = np.array([[1.2344, 1.2346, 0, -1], [np.nan, np.inf, 65.534, 65.535]], np.float32)
    assert millimetres(depth).tolist() == [[1234, 1235, 0, 0], [0, 0, 65534, 0]]


def test_raw_depth_keeps_its_holes(official: Official, out: Path, vizlab_command: Run) -> None:
    assert vizlab_command(*official.arguments(out, "--raw-depth")).code == 0
    sample = RGBDFolder(out, "test").read(0)
    hole = np.isnan(sample.depth)
    assert hole.sum() == 200
    assert hole[40:60, :10].all()
    assert json.loads((out / "dataset.json").read_text())["depth"] == "rawDepths (as sensed, with holes)"


def test_training_and_evaluation_read_what_was_written(official: Official, out: Path, vizlab_command: Run) -> None:
    vizlab_command(*official.arguments(out))
    folder = RGBDFolder(out, "train")
    assert folder.names == ["000004", "000001"]
    assert (folder.labelled, folder.notes) == (True, ())
    assert folder.manifest.source.startswith("NYUv2")
    assert "states no licence" in folder.manifest.licence
    assert any("Kinect v1" in limit for limit in folder.manifest.limits)
    sample = folder.read(0)
    assert np.abs(sample.colour.astype(int) - tiny.colour_of(4)).mean() < 2
    assert sample.depth == pytest.approx(tiny.depth_of(4), abs=6e-4)
    assert np.array_equal(sample.label, expected40(tiny.label_of(4)))
    tensors = InMemory(folder)[0]
    assert tensors["rgb"].shape == (3, *SIZE)
    assert np.array_equal(tensors["label"][0].numpy(), sample.label)


def test_normals_come_from_the_depth_with_the_camera_of_dataset_json(
    official: Official, out: Path, vizlab_command: Run
) -> None:
    vizlab_command(*official.arguments(out, "--size", "64x48"))
    described = json.loads((out / "dataset.json").read_text())
    assert described["camera"]["fx"] == pytest.approx(KINECT_V1.fx / 5)
    assert "plane fit" in described["normals"]
    sample = RGBDFolder(out, "train").read(0)
    expected = normals_from_depth(sample.depth, KINECT_V1.scaled_to((48, 64)))
    # Rows 45-470 and columns 41-600 of 480x640, a tenth of that: what papers evaluate depth in.
    measured = np.zeros((48, 64), bool)
    measured[5:47, 5:60] = True
    assert sample.measured is not None
    assert np.array_equal(sample.measured, measured)
    expected[~measured] = np.nan
    assert np.array_equal(sample.normals, expected, equal_nan=True)
    described["camera"]["fx"] *= 2
    (out / "dataset.json").write_text(json.dumps(described))
    assert not np.allclose(RGBDFolder(out, "train").read(0).normals, expected, equal_nan=True)


def test_a_mapping_of_all_names_to_13_classes_is_read_too(
    official: Official, out: Path, tmp_path: Path, vizlab_command: Run
) -> None:
    savemat(tmp_path / "classMapping13.mat", {"mapClass": TO_13[TO_40 - 1][None]})
    other = official.with_file("classes13", tmp_path / "classMapping13.mat")
    assert vizlab_command(*other.arguments(out)).code == 0
    assert np.array_equal(read(out / "label13/000005.png"), expected13(tiny.label_of(5)))


def test_without_a_13_class_mapping_there_is_no_label13(official: Official, out: Path, vizlab_command: Run) -> None:
    arguments = official.arguments(out)
    arguments = arguments[: arguments.index("--classes13")]
    assert vizlab_command(*arguments).code == 0
    assert sorted(p.name for p in out.iterdir()) == ["dataset.json", "depth", "label40", "rgb", "test.txt", "train.txt"]


# Resuming


def test_only_what_is_missing_is_written_again(official: Official, out: Path, vizlab_command: Run) -> None:
    vizlab_command(*official.arguments(out))
    before = contents(out)
    for lost in ("rgb/000001.jpg", "label13/000005.png", "test.txt"):
        (out / lost).unlink()
    done = vizlab_command(*official.arguments(out))
    assert "2 pictures written, 2 were there" in done.stdout
    after = contents(out)
    assert {name: data for name, (data, _) in after.items()} == {name: data for name, (data, _) in before.items()}
    kept = [name for name in before if name.startswith(("rgb/000002", "depth/000002", "rgb/000004", "label40/000004"))]
    assert all(after[name] == before[name] for name in kept)


def test_ctrl_c_leaves_whole_files_and_the_same_command_goes_on(
    official: Official, out: Path, vizlab_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, read_picture = out.with_name("whole"), LabelledSet.read
    vizlab_command(*official.arguments(whole))

    def interrupted(self: LabelledSet, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if number >= 4:
            raise KeyboardInterrupt
        return read_picture(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(LabelledSet, "read", interrupted)
        stopped = vizlab_command(*official.arguments(out))
    assert stopped.code == 130
    assert "goes on from here" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert sorted(p.name for p in (out / "rgb").iterdir()) == ["000001.jpg", "000002.jpg"]
    assert not (out / "train.txt").exists()

    done = vizlab_command(*official.arguments(out))
    assert "2 pictures written, 2 were there" in done.stdout
    assert {k: v[0] for k, v in contents(out).items()} == {k: v[0] for k, v in contents(whole).items()}


def test_a_full_disk_leaves_no_half_file(
    official: Official, out: Path, vizlab_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = os.replace

    def full(source: Path, target: Path) -> None:
        if Path(target).name == "000002.png":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        sentence = refusal(vizlab_command(*official.arguments(out)))
    assert "No space left on device" in sentence
    assert "goes on where it stopped" in sentence
    assert not list(out.rglob("*.part"))
    assert "3 pictures written, 1 were there" in vizlab_command(*official.arguments(out)).stdout


@pytest.mark.parametrize(("option", "says"), [(["--size", "64x48"], 'size "64x48"'), (["--raw-depth"], "rawDepths")])
def test_other_settings_in_the_same_folder_are_refused(
    option: list[str], says: str, official: Official, out: Path, vizlab_command: Run
) -> None:
    vizlab_command(*official.arguments(out))
    before = contents(out)
    sentence = refusal(vizlab_command(*official.arguments(out, *option)))
    assert "was prepared with" in sentence
    assert says in sentence
    assert contents(out) == before


def test_another_mapping_in_the_same_folder_is_refused(
    official: Official, out: Path, tmp_path: Path, vizlab_command: Run
) -> None:
    vizlab_command(*official.arguments(out))
    savemat(tmp_path / "other.mat", {"mapClass": np.roll(TO_40, 1)[None]})
    other = official.with_file("classes40", tmp_path / "other.mat")
    assert "was prepared with sha256" in refusal(vizlab_command(*other.arguments(out)))


def test_a_folder_of_the_users_is_left_alone(official: Official, out: Path, vizlab_command: Run) -> None:
    (out / "rgb").mkdir(parents=True)
    (out / "rgb/holiday.jpg").write_bytes(b"mine")
    sentence = refusal(vizlab_command(*official.arguments(out)))
    assert "already holds rgb" in sentence
    assert list(contents(out)) == ["rgb/holiday.jpg"]


# Wrong and damaged files


def labelled_with(**changed: np.ndarray | None) -> Callable[[Path], object]:
    return lambda path: write_labelled(path, **changed)


def mat5(**variables: object) -> Callable[[Path], object]:
    return lambda path: savemat(path, variables)


def text(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def truncated(path: Path) -> None:
    write_labelled(path)
    path.write_bytes(path.read_bytes()[:-2000])


def damaged(path: Path) -> None:
    """Bytes within the first picture's packed colours overwritten."""
    write_labelled(path)
    with h5py.File(path) as file:
        offset = file["images"].id.get_chunk_info(0).byte_offset
    with path.open("r+b") as stream:
        stream.seek(offset + 512 + 20)
        stream.write(b"\xff" * 60)


def cut_splits(path: Path) -> None:
    savemat(path, {"trainNdxs": np.arange(500)}, do_compression=True)
    path.write_bytes(path.read_bytes()[:200])


ONE = np.zeros((PICTURES, *SIZE[::-1]), np.float32)

WRONG: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "absent": ("labelled", lambda path: None, "is not there; expected NYUv2's labelled set"),
    "folder": ("labelled", lambda path: path.mkdir(), "is a folder; expected NYUv2's labelled set"),
    "empty": ("labelled", text(b""), "is empty"),
    "text": ("labelled", text(b"hello"), "is no MATLAB file"),
    "web page": ("labelled", text(b"<!DOCTYPE html><html>404"), "is a web page"),
    "matlab 5 as labelled set": ("labelled", mat5(x=1), "is a MATLAB 5 file; expected NYUv2's labelled set"),
    "header only": ("labelled", text(b"MATLAB 7.3 MAT-file"), "cut off or damaged"),
    "truncated": ("labelled", truncated, "cut off or damaged (.*truncated.*); expected NYUv2's labelled set"),
    "damaged": ("labelled", damaged, "Picture 1 of .* cannot be read"),
    "no labels": ("labelled", labelled_with(labels=None), "but no array labels"),
    "no depths": (
        "labelled",
        labelled_with(depths=None),
        "holds images, labels, names, rawDepths, but no array depths",
    ),
    "images not transposed": ("labelled", labelled_with(images=np.zeros((2, 9, 9, 3), np.uint8)), "images is 2x9x9x3"),
    "images as floats": ("labelled", labelled_with(images=np.zeros((2, 3, 9, 9))), "images is 2x3x9x9 float64"),
    "fewer depths": ("labelled", labelled_with(depths=ONE[:3]), "depths is 3x128x96 float32; expected 5x128x96"),
    "depths as integers": (
        "labelled",
        labelled_with(depths=ONE.astype(np.uint16)),
        "expected .* floating-point metres",
    ),
    "labels as floats": ("labelled", labelled_with(labels=ONE), "labels is 5x128x96 float32; expected .* unsigned"),
    "label without a name": ("labelled", labelled_with(labels=(ONE + 900).astype(np.uint16)), "holds the label 900"),
    "matlab 7.3 as splits": ("splits", write_labelled, r"is a MATLAB 7.3 file \(HDF5\); expected NYUv2's splits"),
    "cut splits": ("splits", cut_splits, "is a MATLAB 5 file, but cut off or damaged"),
    "no test split": ("splits", mat5(trainNdxs=[1, 2]), "holds trainNdxs; expected a variable testNdxs"),
    "index over the count": ("splits", mat5(trainNdxs=[1, 2], testNdxs=[3, 6]), "names pictures 1 to 6, .* has 5"),
    "index zero": ("splits", mat5(trainNdxs=[0, 2], testNdxs=[3]), "names pictures 0 to 3"),
    "overlap": ("splits", mat5(trainNdxs=[1, 2], testNdxs=[2]), "names a picture twice"),
    "splits of words": ("splits", mat5(trainNdxs="ab", testNdxs=[2]), "no vector of whole numbers"),
    "fractions": ("splits", mat5(trainNdxs=[1.5], testNdxs=[2]), "no vector of whole numbers"),
    "short mapping": ("classes40", mat5(mapClass=TO_40[:40]), "maps 40 names; expected 894"),
    "mapping beyond 40": ("classes40", mat5(mapClass=TO_40 + 1), "maps to classes 2 to 41; expected 1 to 40"),
    "mapping without its variable": ("classes40", mat5(other=1), "holds other; expected a variable mapClass"),
    "13 of a wrong length": ("classes13", mat5(classMapping13={"labels13": TO_13[:13]}), "expected 40 or 894"),
    "40 as 13": ("classes13", mat5(mapClass=TO_40), "maps to classes 1 to 40; expected 1 to 13"),
    "13 without its field": ("classes13", mat5(classMapping13={"x": 1}), "holds x; expected a variable labels13"),
}


@pytest.mark.parametrize(("role", "write", "says"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_gets_a_sentence(
    role: str, write: Callable[[Path], object], says: str, official: Official, tmp_path: Path, vizlab_command: Run
) -> None:
    write(tmp_path / "given.mat")
    wrong = official.with_file(role, tmp_path / "given.mat")
    sentence = refusal(vizlab_command(*wrong.arguments(tmp_path / "out")))
    assert "given.mat" in sentence
    assert re.search(says, sentence), sentence


def test_a_damaged_picture_keeps_the_others_and_goes_on_with_a_good_file(
    official: Official, tmp_path: Path, vizlab_command: Run
) -> None:
    given = tmp_path / official.labelled.name
    damaged(given)
    refusal(vizlab_command(*official.with_file("labelled", given).arguments(tmp_path / "out")))
    assert "4 pictures written" in vizlab_command(*official.arguments(tmp_path / "out")).stdout


def test_the_missing_mapping_is_named_and_where_it_is_found(official: Official, out: Path, vizlab_command: Run) -> None:
    sentence = refusal(vizlab_command("data", "nyuv2", str(official.labelled), str(official.splits), str(out)))
    for part in ("classMapping40.mat", "Gupta et al.", "--classes40"):
        assert part in sentence
    assert not out.exists()


@pytest.mark.parametrize(("size", "says"), [("big", "is 'big'"), ("8x6", "at least 32x32"), ("99999x99999", "million")])
def test_an_impossible_size_is_refused(
    size: str, says: str, official: Official, out: Path, vizlab_command: Run
) -> None:
    assert says in refusal(vizlab_command(*official.arguments(out, "--size", size)))
    assert not out.exists()


@pytest.mark.parametrize("library", ["h5py", "scipy.io"])
def test_a_missing_library_is_named_with_its_extra(
    library: str, official: Official, out: Path, vizlab_command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    sentence = refusal(vizlab_command(*official.arguments(out)))
    assert f"needs {library.split('.')[0]}, which is not installed" in sentence
    assert "vizlab[train]" in sentence


def test_an_unwritable_place_gets_a_sentence(official: Official, tmp_path: Path, vizlab_command: Run) -> None:
    (tmp_path / "file").write_text("")
    assert "'out' cannot be made" in refusal(vizlab_command(*official.arguments(tmp_path / "file" / "out")))
