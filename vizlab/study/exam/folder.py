"""Reading an exam: a data folder with need/, object/ and fault/ beside its pictures, and objects in its
dataset.json."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from vizlab.errors import DataError, InputError, one_line
from vizlab.rgbd import RGBDImage
from vizlab.rgbd.files import read_file
from vizlab.rgbd.limits import DEFAULT_LIMITS
from vizlab.rgbd.pictures import open_picture
from vizlab.scenes.exam.needs import CODES, FAULTS, NEEDS, NOT_ASKED, VERSION, WRITTEN
from vizlab.study.data import RGBDFolder, Sample
from vizlab.study.data.manifest import FILE, read_values
from vizlab.study.exam.needs import kinds
from vizlab.tasks import NYU40_CLASSES, VOID

MAPS = {"need": len(NEEDS), "object": VOID + 1, "fault": len(FAULTS)}
"""Folders of 8-bit maps, and how many values each may have."""
PURE = 0.9
"""Share of an object's pixels that must have one need; a fault may cut an object in two, and then it has none."""
LEAST = 25
"""Pixels that must be seen of an object for it to be asked about."""


@dataclass(frozen=True)
class ExamObject:
    """One object of a picture as dataset.json describes it: `number` in the map, `built` its need before any fault.

    `index` of its class (NYU40), `what` it is in a word; of slabs, the `pattern` and whether it is `raised`.
    """

    number: int
    built: str
    index: int
    what: str
    pattern: str | None = None
    raised: bool | None = None


@dataclass(frozen=True, eq=False)
class Asked:
    """An object that is asked about: its pixels in `region`, HxW bool, which all have the `need` (a code)."""

    object: ExamObject
    need: int
    region: np.ndarray

    @property
    def kind(self) -> int:
        """Its need, apart where a fault has turned it (see `needs.NAMES`)."""
        return int(kinds(np.array(self.need), np.array(CODES[self.object.built])))


@dataclass(frozen=True, eq=False)
class ExamPicture:
    """A picture with its maps, HxW uint8 each: `need` after faults, `number` of the object (0: none), `fault`."""

    sample: Sample
    need: np.ndarray
    number: np.ndarray
    fault: np.ndarray
    objects: tuple[ExamObject, ...]

    @property
    def image(self) -> RGBDImage:
        return RGBDImage(self.sample.colour, self.sample.depth)

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """The objects of which `LEAST` pixels or more can be seen, `PURE` of them with one need, in their order."""
        found = []
        for one in self.objects:
            seen = (self.number == one.number) & (self.need != NOT_ASKED) & (self.sample.label != VOID)
            counts = np.bincount(self.need[seen], minlength=len(NEEDS))
            need, total = int(counts.argmax()), int(counts.sum())
            if total >= LEAST and counts[need] >= PURE * total:
                found.append(Asked(one, need, seen & (self.need == need)))
        return tuple(found)

    @cached_property
    def aim(self) -> np.ndarray:
        """HxW int64: the class of the object that is asked about at each of its pixels, `VOID` elsewhere."""
        aim = np.full(self.number.shape, VOID, np.int64)
        for one in self.asked:
            aim[one.region] = one.object.index
        return aim


class ExamFolder:
    """The test pictures of an exam, the first `limit` of them; raises DataError for a folder that is none.

    `pair` are the two classes of what needs both modalities, `seed` that of the rendering, `source` and `limits` what
    dataset.json says of the pictures.
    """

    def __init__(self, root: Path, limit: int | None = None) -> None:
        self.root, self._about = root, _about(root)
        for kind in MAPS:
            if not (root / kind).is_dir():
                raise DataError(f"'{root}' holds no {kind}/; expected an exam, as `vizlab scenes exam` renders it.")
        self.folder = RGBDFolder(root, "test", limit)
        if not self.folder.labelled:
            raise DataError(f"'{root}' holds no label40/; expected an exam, as `vizlab scenes exam` renders it.")
        self.pair = _pair(root, self._about)
        self._digests: dict[int, str] = {}
        self.seed = self._about.get("seed")
        self.source, self.limits = self.folder.manifest.source, self.folder.manifest.limits

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.folder.names)

    def __len__(self) -> int:
        return len(self.folder)

    def read(self, index: int) -> ExamPicture:
        """The picture at `index`. Raises DataError if a file is damaged or does not fit the others."""
        sample = self.folder.read(index)
        maps = {kind: self._map(kind, sample) for kind in MAPS}
        objects = _objects(self.root, self._about["objects"].get(sample.name, []))
        return ExamPicture(sample, maps["need"], maps["object"], maps["fault"], objects)

    def digest(self, index: int) -> str:
        """SHA-256 of everything that is read of a picture: its files, and what dataset.json says of its objects.

        It is taken once, however many networks ask.
        """
        if index not in self._digests:
            self._digests[index] = self._digest(index)
        return self._digests[index]

    def _digest(self, index: int) -> str:
        name, found = self.names[index], hashlib.sha256()
        for kind in ("rgb", "depth", "label40", *MAPS):
            for path in sorted((self.root / kind).glob(f"{name}.*")):
                found.update(path.read_bytes())
        found.update(repr((self._about["objects"].get(name), self.pair)).encode())
        return found.hexdigest()

    def _map(self, kind: str, sample: Sample) -> np.ndarray:
        """HxW uint8."""
        where = f"{self.root}/{kind}/{sample.name}.png"
        try:
            file = read_file(self.root / kind / f"{sample.name}.png", "colour", DEFAULT_LIMITS)
            values = open_picture(file, DEFAULT_LIMITS).decode()
        except InputError as err:
            raise DataError(f"Map '{kind}' of picture '{sample.name}' in '{self.root}': {err}") from err
        if values.dtype != np.uint8 or values.shape != sample.label.shape:
            found = f"{'x'.join(map(str, values.shape))} {values.dtype.name}"
            size = "x".join(map(str, sample.label.shape))
            raise DataError(f"'{where}' is {found}; expected {size} uint8 as the picture's size asks: render it again.")
        if values.size and values.max() >= MAPS[kind]:
            raise DataError(f"'{where}' holds {values.max()}; expected 0 to {MAPS[kind] - 1}: render it again.")
        return values


def _about(root: Path) -> Mapping[str, Any]:
    """What dataset.json says of the exam."""
    about = read_values(root).get("exam")
    if not isinstance(about, dict) or about.get("version") != VERSION or not isinstance(about.get("objects"), dict):
        raise DataError(
            f"'{root / FILE}' describes no exam of version {VERSION}; expected what `vizlab scenes exam` wrote."
        )
    if about.get("needs") != WRITTEN:
        raise DataError(
            f"'{root / FILE}' gives the codes of needs as {one_line(about.get('needs'), 120)}; expected "
            f"{', '.join(f'{code} {need}' for code, need in WRITTEN.items())}: render it again."
        )
    return about


def _pair(root: Path, about: Mapping[str, Any]) -> tuple[int, int]:
    try:
        first, second = (int(one) for one in about["xor"]["classes"])
    except (KeyError, TypeError, ValueError) as err:
        raise DataError(f"'{root / FILE}' does not name the two classes of what needs both; render it again.") from err
    return first, second


def _objects(root: Path, listed: Any) -> tuple[ExamObject, ...]:
    try:
        found = tuple(
            ExamObject(
                int(one["number"]), str(one["need"]), int(one["class"]), str(one["what"]), one.get("pattern"),
                one.get("raised"),
            )
            for one in listed
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise DataError(f"'{root / FILE}' describes an object of the exam in another way; render it again.") from err
    wrong = [one for one in found if one.built not in CODES or not 0 <= one.index < len(NYU40_CLASSES)]
    if wrong:
        raise DataError(
            f"'{root / FILE}' gives an object the need '{wrong[0].built[:40]}' and the class {wrong[0].index}; "
            f"expected one of {', '.join(CODES)} and 0 to {len(NYU40_CLASSES) - 1}: render it again."
        )
    return found
