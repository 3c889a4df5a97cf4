"""NYUv2's official files (Silberman et al., ECCV 2012) to a data folder.

nyu_depth_v2_labeled.mat   MATLAB 7.3: images, depths, rawDepths, labels, names; h5py sees the axes reversed
splits.mat                 MATLAB 5: trainNdxs, testNdxs, counted from 1
classMapping40.mat         MATLAB 5: mapClass, for each of the 894 names a class 1-40 (Gupta et al., CVPR 2013)
class13Mapping.mat         MATLAB 5: classMapping13.labels13, for each of the 40 a class 1-13 (Couprie et al., ICLR
                           2013); a mapClass of 894 values 1-13 is read too

Frames are kept whole: what carries no label, the white border included, is void. Colour is resampled by area when
it shrinks and linearly when it grows, depth and labels to the nearest pixel, since a mean of two surfaces or of two
classes is neither. The depth is the in-painted one, without holes, that papers evaluate against; the sensor's own
can be asked for instead.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from vizlab.errors import DataError
from vizlab.geometry import KINECT_V1, NORMALS_METHOD
from vizlab.replacing import made_folder, replace_bytes
from vizlab.rgbd.files import display_name
from vizlab.rgbd.limits import DEFAULT_LIMITS
from vizlab.study.data.manifest import FILE, Region, camera_values, read_values, region_values
from vizlab.study.data.matlab import load_matlab5, open_hdf5
from vizlab.tasks import VOID

MEASURED = Region(45, 41, 471, 601, (480, 640))
"""Where the projected depth covers the colour frame, the crop that papers evaluate depth in (Eigen et al., NeurIPS
2014); the in-painted depth around it is nobody's measurement."""
SOURCE = "NYUv2, labelled set (Silberman et al., ECCV 2012)"
LIMITS = (
    "Indoor pictures of one sensor (Kinect v1): other cameras, outdoor scenes and fine structures are outside of what "
    "was learned.",
    "About a sixth of the pixels are void, the picture's border included; predictions there were never corrected.",
)
LICENCE = "NYUv2 states no licence and is used for research with citation."
JPEG_QUALITY = 95
SMALLEST = 32  # pixels a side; below, the window of the normals covers most of the picture
_LABELLED = "NYUv2's labelled set (nyu_depth_v2_labeled.mat)"
_SPLITS = "NYUv2's splits (splits.mat)"
_CLASSES40 = "the mapping to 40 classes (classMapping40.mat)"
_CLASSES13 = "the mapping to 13 classes (class13Mapping.mat)"
_FARTHEST = 65_534  # millimetres in 16 bits; 65535 reads as saturated


class _UnwrittenError(DataError):
    """What could not be written, by the name of its file or folder."""


@dataclass(frozen=True)
class Sources:
    """Paths of the official files; without `classes13` no label13/ is written."""

    labelled: Path
    splits: Path
    classes40: Path | None
    classes13: Path | None = None


@dataclass(frozen=True)
class Mappings:
    """Lookup tables from the labelled set's label (0 = none, then one entry a name) to a class from 0; 255 = void."""

    by_kind: dict[str, np.ndarray]


class LabelledSet:
    """The labelled set, one picture at a time. `size` is (height, width) as stored, `names` the count of classes."""

    def __init__(self, file: Any, name: str, depth: str) -> None:
        self.name = name
        self._images, self._depths, self._labels = (_dataset(file, name, key) for key in ("images", depth, "labels"))
        self.names = int(_dataset(file, name, "names").size)
        self._check_shapes(depth)
        self.size = (self._images.shape[3], self._images.shape[2])

    def __len__(self) -> int:
        return int(self._images.shape[0])

    def read(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Picture `number`, from 1: colour HxWx3 uint8, depth HxW float32 metres (0 unknown), label HxW, 0 to `names`.

        Raises DataError if its part of the file is damaged.
        """
        try:
            colour, depth, label = (data[number - 1].T for data in (self._images, self._depths, self._labels))
        except OSError as err:
            raise DataError(
                f"Picture {number} of {self.name} cannot be read, so the file is damaged ({err}); copy or download it "
                "again and run the same command: it goes on from here."
            ) from err
        if label.max() > self.names:
            raise DataError(
                f"Picture {number} of {self.name} holds the label {label.max()}, but the file names {self.names} "
                "classes; it is damaged or was changed: download it again."
            )
        return np.ascontiguousarray(colour), depth, label

    def _check_shapes(self, depth: str) -> None:
        images, maps = self._images, {depth: self._depths, "labels": self._labels}
        if images.ndim != 4 or images.shape[1] != 3 or images.dtype != np.uint8 or not images.size:
            raise DataError(
                f"{self.name}: images is {_text(images)}; expected Nx3xWxH uint8 (in MATLAB HxWx3xN): use the file "
                "as published."
            )
        shape = (images.shape[0], *images.shape[2:])
        for key, kind in ((depth, "f"), ("labels", "u")):
            if maps[key].shape != shape or maps[key].dtype.kind != kind:
                numbers = "floating-point metres" if kind == "f" else "unsigned integers"
                raise DataError(
                    f"{self.name}: {key} is {_text(maps[key])}; expected {'x'.join(map(str, shape))} {numbers}, as "
                    "its images ask: use the file as published."
                )


def prepare_nyuv2(
    sources: Sources,
    out: Path,
    *,
    size: tuple[int, int] | None = None,
    raw_depth: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Write the data folder `out` from the official files; returns how many pictures were written, not found there.

    size: (height, width), as stored if None. raw_depth: the sensor's depth with its holes, not the in-painted.
    progress: called with the pictures done and their total. Interrupted, the same call goes on where it stopped.
    Raises DataError if a file is wrong or damaged, or if `out` was prepared with other settings.
    """
    name, depth = display_name(sources.labelled), "rawDepths" if raw_depth else "depths"
    with open_hdf5(sources.labelled, _LABELLED) as file:
        labelled = LabelledSet(file, name, depth)
        splits = read_splits(sources.splits, len(labelled))
        mappings = read_mappings(sources, labelled.names)
        size = size or labelled.size
        check_size(size)
        try:
            _claim(out, _manifest(labelled, depth, size, splits, mappings))
            return _write_pictures(labelled, splits, mappings, out, size, progress)
        except _UnwrittenError as err:
            raise DataError(f"{err} The same command goes on where it stopped.") from err


def check_size(size: tuple[int, int]) -> None:
    """Raise a VizlabError unless pictures of `size` (height, width) are worth writing and can be read again."""
    if min(size) < SMALLEST:
        raise DataError(f"The size is {size[1]}x{size[0]} pixels; expected at least {SMALLEST}x{SMALLEST}.")
    DEFAULT_LIMITS.check_pixels("A prepared picture", size)


def read_splits(path: Path, count: int) -> dict[str, list[int]]:
    """Picture numbers (from 1) of "train" and "test". Raises DataError unless they are distinct and in 1..`count`."""
    variables, name = load_matlab5(path, _SPLITS), display_name(path)
    splits = {split: _numbers(variables, f"{split}Ndxs", name) for split in ("train", "test")}
    both = np.concatenate(list(splits.values()))
    if both.min() < 1 or both.max() > count:
        raise DataError(
            f"{name} names pictures {both.min()} to {both.max()}, but the labelled set has {count}, counted from 1; "
            "expected the splits of this very file."
        )
    if np.unique(both).size != both.size:
        raise DataError(f"{name} names a picture twice; expected each in train or in test, once: download it again.")
    return {split: numbers.tolist() for split, numbers in splits.items()}


def read_mappings(sources: Sources, names: int) -> Mappings:
    """The lookup tables for label40 and, if a file for it is given, label13. Raises DataError if a file is missing."""
    if sources.classes40 is None:
        raise DataError(
            "The labelled set names hundreds of things; which of 40 classes each belongs to is in a file of its own, "
            "classMapping40.mat of Gupta et al. (CVPR 2013), found in the GitHub repository "
            "ankurhanda/nyuv2-meta-data; give its path with --classes40."
        )
    name = display_name(sources.classes40)
    to40 = _numbers(load_matlab5(sources.classes40, _CLASSES40), "mapClass", name)
    tables = {"label40": _table(to40, (names,), 40, name)}
    if sources.classes13 is not None:
        tables["label13"] = _table13(sources.classes13, tables["label40"])
    return Mappings(tables)


def _table13(path: Path, table40: np.ndarray) -> np.ndarray:
    variables, name = load_matlab5(path, _CLASSES13), display_name(path)
    struct = variables.get("classMapping13")
    key, holder = ("labels13", struct) if isinstance(struct, dict) else ("mapClass", variables)
    numbers = _numbers(holder, key, name)
    table = _table(numbers, (40, len(table40) - 1), 13, name)
    if len(table) == len(table40):
        return table
    of40 = np.append(table[1:], np.uint8(VOID))  # the last entry stands for void
    return of40[np.minimum(table40, 40)]


def _table(numbers: np.ndarray, lengths: tuple[int, ...], classes: int, name: str) -> np.ndarray:
    """A lookup table from the file's numbers: one entry more, since label 0 is void; classes from 0."""
    if numbers.size not in lengths:
        expected = " or ".join(str(length) for length in dict.fromkeys(lengths))
        raise DataError(f"{name} maps {numbers.size} names; expected {expected}: give the mapping of this data set.")
    if numbers.min() < 0 or numbers.max() > classes:
        raise DataError(
            f"{name} maps to classes {numbers.min()} to {numbers.max()}; expected 1 to {classes}: give the mapping to "
            f"{classes} classes."
        )
    table = np.full(numbers.size + 1, VOID, np.uint8)
    table[1:][numbers > 0] = numbers[numbers > 0] - 1
    return table


def _numbers(variables: dict[str, Any], key: str, name: str) -> np.ndarray:
    """The vector of whole numbers called `key`, int64."""
    if key not in variables:
        found = ", ".join(list(variables)[:5]) or "nothing"
        raise DataError(f"{name} holds {found}; expected a variable {key}: give the file as published.")
    values = np.atleast_1d(np.asarray(variables[key])).ravel()
    if values.dtype.kind not in "iuf" or not values.size or (values != np.floor(values)).any():
        raise DataError(f"{key} in {name} is no vector of whole numbers; expected the file as published.")
    return values.astype(np.int64)


def _dataset(file: Any, name: str, key: str) -> Any:
    data = file.get(key)
    if data is None or not hasattr(data, "shape"):
        found = ", ".join(k for k in list(file) if not k.startswith("#")) or "nothing"
        raise DataError(f"{name} holds {found}, but no array {key}; expected {_LABELLED}: give that file.")
    return data


def _text(data: Any) -> str:
    return f"{'x'.join(map(str, data.shape))} {data.dtype}"


def _manifest(
    labelled: LabelledSet, depth: str, size: tuple[int, int], splits: dict[str, list[int]], mappings: Mappings
) -> dict[str, Any]:
    """What dataset.json says: all that the files' content depends on, for readers and for resuming."""
    digests = {kind: _digest(table) for kind, table in mappings.by_kind.items()}
    digests |= {split: _digest(np.array(numbers)) for split, numbers in splits.items()}
    return {
        "source": SOURCE,
        "limits": list(LIMITS),
        "licence": LICENCE,
        "file": labelled.name,
        "pictures": len(labelled),
        "size": f"{size[1]}x{size[0]}",
        "resampling": "colour by area (linear where it grows), depth and labels nearest",
        "depth": f"{depth} ({'as sensed, with holes' if depth == 'rawDepths' else 'in-painted'})",
        "depth_unit": "mm",
        "jpeg_quality": JPEG_QUALITY,
        "normals": f"not stored; when read: {NORMALS_METHOD}",
        "camera": camera_values(KINECT_V1.scaled_to(size)),
        "measured": region_values(MEASURED.scaled_to(size)),
        "sha256": digests,
    }


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(values.tobytes()).hexdigest()[:16]


def _claim(out: Path, manifest: dict[str, Any]) -> None:
    """Make `out` this preparation's folder, or raise DataError if it is somebody else's."""
    present = read_values(out)
    if present == manifest:
        return
    if present:
        keys = [key for key in manifest | present if present.get(key) != manifest.get(key)]
        found, asked = ({key: values.get(key) for key in keys} for values in (present, manifest))
        raise DataError(
            f"'{out}' was prepared with {_settings(found)}, now asked for is {_settings(asked)}; give the same "
            "settings to go on, or another folder."
        )
    taken = [
        entry for entry in ("rgb", "depth", "label40", "label13", "train.txt", "test.txt") if (out / entry).exists()
    ]
    if taken:
        raise DataError(
            f"'{out}' already holds {', '.join(taken)}, not prepared by this command; nothing there was changed: "
            "choose another folder."
        )
    made_folder(out, _UnwrittenError)
    _write(out / FILE, (json.dumps(manifest, indent=2) + "\n").encode())


def _settings(values: dict[str, Any]) -> str:
    return ", ".join(f"{key} {json.dumps(value)}" for key, value in values.items())


def _write_pictures(
    labelled: LabelledSet,
    splits: dict[str, list[int]],
    mappings: Mappings,
    out: Path,
    size: tuple[int, int],
    progress: Callable[[int, int], None] | None,
) -> int:
    numbers = sorted(splits["train"] + splits["test"])  # in the file's order, so that no chunk is read twice
    written = 0
    for folder in ("rgb", "depth", *mappings.by_kind):
        made_folder(out / folder, _UnwrittenError)
    for done, number in enumerate(numbers, 1):
        paths = _paths(out, number, mappings)
        if not all(path.is_file() for path in paths.values()):
            for kind, content in _encoded(labelled.read(number), mappings, size).items():
                _write(paths[kind], content)
            written += 1
        if progress is not None:
            progress(done, len(numbers))
    for split, members in splits.items():
        _write(out / f"{split}.txt", "".join(f"{number:06d}\n" for number in members).encode())
    return written


def _paths(out: Path, number: int, mappings: Mappings) -> dict[str, Path]:
    suffixes = {"rgb": "jpg", "depth": "png"} | dict.fromkeys(mappings.by_kind, "png")
    return {kind: out / kind / f"{number:06d}.{suffix}" for kind, suffix in suffixes.items()}


def _encoded(
    picture: tuple[np.ndarray, np.ndarray, np.ndarray], mappings: Mappings, size: tuple[int, int]
) -> dict[str, bytes]:
    """The files of one picture, by kind, at `size`."""
    colour, depth, label = picture[0], nearest(picture[1], size), nearest(picture[2], size)
    if colour.shape[:2] != size:
        method = cv2.INTER_AREA if size[0] <= colour.shape[0] and size[1] <= colour.shape[1] else cv2.INTER_LINEAR
        colour = cv2.resize(colour, size[::-1], interpolation=method)
    bgr = cv2.cvtColor(colour, cv2.COLOR_RGB2BGR)
    files = {
        "rgb": cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1],
        "depth": cv2.imencode(".png", millimetres(depth))[1],
    }
    files |= {kind: cv2.imencode(".png", table[label])[1] for kind, table in mappings.by_kind.items()}
    return {kind: content.tobytes() for kind, content in files.items()}


def nearest(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """`pixels` (HxW) at `size` (height, width): of each new pixel's centre, the old pixel it falls into."""
    rows, columns = (
        ((np.arange(new) + 0.5) * old / new).astype(int) for old, new in zip(pixels.shape, size, strict=True)
    )
    return np.ascontiguousarray(pixels[np.ix_(rows, columns)])


def millimetres(depth: np.ndarray) -> np.ndarray:
    """Depth HxW in metres as HxW uint16 millimetres; 0 where it is not positive, not finite or beyond 65.534 m."""
    rounded = np.rint(np.nan_to_num(depth.astype(np.float64), nan=0, posinf=0, neginf=0) * 1000)
    return np.where((rounded > 0) & (rounded <= _FARTHEST), rounded, 0).astype(np.uint16)


def _write(path: Path, content: bytes) -> None:
    """A file that bears its name is complete, whenever the program was stopped."""
    replace_bytes(path, content, _UnwrittenError)
