"""Tiny files with the structure of NYUv2's official ones, written by the tests themselves."""

from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np
from scipy.io import savemat

SIZE = (96, 128)
NAMES = 894
PICTURES = 5
TRAIN, TEST = [4, 1], [2, 5]  # picture 3 is in neither

TO_40 = np.random.default_rng(0).integers(1, 41, NAMES)
# The 13 classes in the order bed, books, ceiling, chair, floor, furniture, objects, picture, sofa, table, tv, wall,
# window, for the 40 of Gupta et al. in theirs: what class13Mapping.mat holds.
TO_13 = np.array([
    12, 5, 6, 1, 4, 9, 10, 12, 13, 6, 8, 6, 13, 10, 6, 13, 6, 7, 7, 5,
    7, 3, 2, 6, 11, 7, 7, 7, 7, 7, 7, 6, 7, 7, 7, 7, 7, 7, 6, 7,
])  # fmt: skip


@dataclass(frozen=True)
class Official:
    """Paths of one set of files."""

    labelled: Path
    splits: Path
    classes40: Path
    classes13: Path

    def arguments(self, out: Path, *more: str) -> list[str]:
        """What a user types after `vizlab`."""
        mappings = ["--classes40", str(self.classes40), "--classes13", str(self.classes13)]
        return ["data", "nyuv2", str(self.labelled), str(self.splits), str(out), *mappings, *more]

    def with_file(self, role: str, path: Path) -> "Official":
        return replace(self, **{role: path})


def colour_of(number: int) -> np.ndarray:
    """HxWx3: red grows to the right, green downwards, blue tells the pictures apart; a dark block at the top left."""
    rows, columns = np.indices(SIZE)
    colour = np.stack([60 + columns, 60 + rows, np.full(SIZE, 40 * number)], axis=-1).astype(np.uint8)
    colour[:32, :16] = 10
    return colour


def depth_of(number: int) -> np.ndarray:
    """HxW metres, farther to the right and upwards, with fractions of a millimetre."""
    rows, columns = np.indices(SIZE)
    return (1 + number / 10 + columns * 0.0123 - rows * 0.00456).astype(np.float32)


def raw_depth_of(number: int) -> np.ndarray:
    """The same with a hole on the left."""
    depth = depth_of(number)
    depth[40:60, :10] = 0
    return depth


def label_of(number: int) -> np.ndarray:
    """HxW: no label in a frame of 4 pixels; name 1 at the top left, 894 at the bottom, the picture's own elsewhere."""
    label = np.full(SIZE, 10 + number, np.uint16)
    label[:40, :70] = 1
    label[80:] = NAMES
    label[:4] = label[-4:] = 0
    label[:, :4] = label[:, -4:] = 0
    return label


def write_official(folder: Path) -> Official:
    """All four files, in `folder`."""
    write_labelled(folder / "nyu_depth_v2_labeled.mat")
    savemat(folder / "splits.mat", {"trainNdxs": np.array(TRAIN)[:, None], "testNdxs": np.array(TEST)[:, None]})
    names = np.array([f"name {i}" for i in range(1, NAMES + 1)], object)[None]
    savemat(folder / "classMapping40.mat", {"mapClass": TO_40[None].astype(np.uint8), "allClassName": names})
    classes = np.array([f"class {i}" for i in range(1, 14)], object)[None]
    savemat(folder / "class13Mapping.mat", {"classMapping13": {"labels13": TO_13[None], "labelNames13": classes}})
    names_of_files = ("nyu_depth_v2_labeled.mat", "splits.mat", "classMapping40.mat", "class13Mapping.mat")
    return Official(*(folder / name for name in names_of_files))


def write_labelled(path: Path, **changed: np.ndarray | None) -> None:
    """The labelled set as MATLAB 7.3 writes it; `changed` replaces an array (as h5py sees it), None leaves it out."""
    numbers = range(1, PICTURES + 1)
    arrays: dict[str, np.ndarray | None] = {
        "images": np.stack([colour_of(n).T for n in numbers]),
        "depths": np.stack([depth_of(n).T for n in numbers]),
        "rawDepths": np.stack([raw_depth_of(n).T for n in numbers]),
        "labels": np.stack([label_of(n).T for n in numbers]),
    }
    with h5py.File(path, "w", userblock_size=512) as file:
        for key, values in (arrays | changed).items():
            if values is not None:
                # MATLAB packs and chunks; here a chunk spans two pictures, as nothing forbids.
                chunks = (min(2, len(values)), *values.shape[1:])
                file.create_dataset(key, data=values, chunks=chunks, compression="gzip")
        _write_names(file)
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Fri Mar 29 2013 HDF5 schema 1.00 .")


def _write_names(file: h5py.File) -> None:
    """A cell array of strings: references to arrays of UTF-16 units in #refs#. One string serves for all names."""
    units = np.array([[ord(character)] for character in "wall"], np.uint16)
    cell = file.create_group("#refs#").create_dataset("b", data=units)
    names = file.create_dataset("names", (1, NAMES), dtype=h5py.ref_dtype)
    names[0] = [cell.ref] * NAMES
    names.attrs["MATLAB_class"] = np.bytes_("cell")
