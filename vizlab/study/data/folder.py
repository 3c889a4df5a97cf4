"""Reading a data folder, picture by picture. The layout is described in `vizlab.study.data`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from vizlab.errors import DataError, InputError
from vizlab.geometry import KINECT_V1, Intrinsics, assumed_intrinsics, normals_from_depth
from vizlab.rgbd import Encoding, detect_unit, parse_unit, read_rgbd
from vizlab.rgbd.domains import with_domains
from vizlab.rgbd.files import read_file
from vizlab.rgbd.image import OWN_FIELDS
from vizlab.rgbd.limits import DEFAULT_LIMITS
from vizlab.rgbd.pictures import open_picture
from vizlab.study.data.manifest import read_manifest
from vizlab.tasks import NYU40_CLASSES, VOID

SUFFIXES = {
    "rgb": (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"),
    "depth": (".png", ".tif", ".tiff", ".npy", ".npz"),
    "label40": (".png",),
}
DOMAINS = ("texture", "light", "normals", "edges")
"""Folders of further pictures of the same views, 8-bit, by the names that image translation gives them."""
HELD_OUT, KEPT = "held-out", "kept"
"""Splits of the pictures of train.txt: those held out for every choice, and the rest, which is learned from."""
_SURE = 0.9  # confidence from which a detected unit is believed over the layout's own, millimetres
_LOOKED_AT = 5  # pictures from which the unit is detected


@dataclass(frozen=True)
class Sample:
    """One picture: colour HxWx3 uint8 (RGB), depth HxW float32 metres (NaN unknown), label HxW uint8 (255 void).

    `camera` took the picture; `normals` are derived with it. `measured` HxW bool is where the depth was measured,
    or None for everywhere; a network may see the rest, but nothing is compared with it. `domains` are further pictures
    of the same view by name, HxWx3 uint8 each.
    """

    name: str
    colour: np.ndarray
    depth: np.ndarray
    label: np.ndarray
    camera: Intrinsics
    measured: np.ndarray | None = None
    domains: Mapping[str, np.ndarray] = field(default_factory=dict)

    def picture(self, name: str) -> np.ndarray:
        """HxWx3 uint8: the domain of that name, `rgb` being the colour."""
        return self.colour if name == "rgb" else self.domains[name]

    @cached_property
    def depth_normals(self) -> np.ndarray:
        """HxWx3 float32, derived from the whole depth when first asked for (`geometry.NORMALS_METHOD`)."""
        return normals_from_depth(self.depth, self.camera)

    @property
    def normals(self) -> np.ndarray:
        """What normals are compared with: `depth_normals`, never measured themselves, NaN where the depth was not."""
        normals = self.depth_normals
        return normals if self.measured is None else np.where(self.measured[..., None], normals, np.float32(np.nan))

    @property
    def reference_depth(self) -> np.ndarray:
        """What depth is compared with: HxW float32 metres, NaN where unknown or not measured."""
        return self.depth if self.measured is None else np.where(self.measured, self.depth, np.float32(np.nan))


def further(names: Sequence[str]) -> tuple[str, ...]:
    """Those of the pictures `names` that lie in folders of their own, beside colour and depth."""
    return tuple(name for name in dict.fromkeys(names) if name not in OWN_FIELDS)


def domains_in(root: Path) -> tuple[str, ...]:
    """The folders of further pictures beside colour, depth and labels, sorted by name."""
    known = {*SUFFIXES, "label13", "need", "object", "fault"}
    beside = sorted(path for path in root.iterdir() if path.is_dir() and path.name not in known)
    return tuple(path.name for path in beside if _files(path, SUFFIXES["rgb"]))


class RGBDFolder:
    """One split of a data folder, read from disk sample by sample: train, test, or a part of train (`held_out`).

    `names` of its pictures; `labelled` is False where there is no label40/, so that every label is void; `unit` of
    the depth; `manifest` is what dataset.json says; `notes` says in sentences what was assumed. `domains` are the
    folders of further pictures that are read with each. Raises DataError for a folder that is incomplete.
    """

    def __init__(self, root: Path, split: str, limit: int | None = None, domains: Sequence[str] = ()) -> None:
        self.root, self.manifest, self.domains = root, read_manifest(root), tuple(domains)
        suffixes = SUFFIXES | dict.fromkeys(self.domains, SUFFIXES["rgb"])
        self._files = {kind: _files(root / kind, known) for kind, known in suffixes.items()}
        self.labelled = (root / "label40").is_dir()
        names, listed = _names(root, split, list(self._files["rgb"]))
        self.names = names[:limit]
        self._check_complete(f"{_list_of(split)}.txt" if listed else "rgb/")
        self.unit, doubt = self._depth_unit(listed)
        without_labels = "There is no label40/: every pixel counts as void, and semantic segmentation has no figures."
        without_lists = f"There is no train.txt or test.txt: every picture was taken as '{split}'."
        notes = (doubt, "" if self.labelled else without_labels, "" if listed else without_lists)
        self.notes = tuple(filter(None, notes))

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Sample]:
        return (self.read(index) for index in range(len(self)))

    def read(self, index: int) -> Sample:
        """The picture at `index`, depth and normals at the colour's size. Raises DataError if a file is damaged."""
        name = self.names[index]
        try:
            image = read_rgbd(self._files["rgb"][name], self._files["depth"][name], depth_unit=self.unit.name)
            image = with_domains(image, {domain: self._files[domain][name] for domain in self.domains})
            label = self._label(name, image.size)
        except InputError as err:
            raise DataError(f"Picture '{name}' in '{self.root}': {err}") from err
        assert image.colour is not None
        assert image.depth is not None
        # Copies, since those of an RGBDImage are read-only and torch warns about such arrays.
        colour, depth = image.colour.copy(), image.depth.copy()
        region = self.manifest.measured
        measured = None if region is None else region.scaled_to(image.size).mask()
        pictures = {domain: pixels.copy() for domain, pixels in image.domains.items()}
        return Sample(name, colour, depth, label, self.camera(image.size), measured, pictures)

    def camera(self, size: tuple[int, int]) -> Intrinsics:
        """The camera that normals are derived with, for pictures of `size` (H, W)."""
        if self.manifest.camera is not None:
            return self.manifest.camera.scaled_to(size)
        is_four_to_three = size[0] * 4 == size[1] * 3
        return KINECT_V1.scaled_to(size) if is_four_to_three else assumed_intrinsics(size)

    def _check_complete(self, source: str) -> None:
        if not self.names:
            raise DataError(f"'{self.root / source}' names no picture; expected at least one.")
        kinds = [kind for kind in self._files if kind != "label40" or self.labelled]
        missing = [
            f"{kind}/{name}{SUFFIXES.get(kind, ('.png',))[0]}"
            for kind in kinds
            for name in self.names
            if name not in self._files[kind]
        ]
        if missing:
            raise DataError(f"'{self.root}' lacks {len(missing)} of the files its {source} names, first {missing[0]}.")

    def _depth_unit(self, listed: bool) -> tuple[Encoding, str]:
        """The depth's unit, one for the whole folder, and a sentence if it is not what dataset.json or the layout say.

        Detected from several pictures at once: a single one can mislead, and a unit that changes from picture to
        picture would go unnoticed.
        """
        given, millimetres = parse_unit(self.manifest.depth_unit), parse_unit("mm")
        assert millimetres is not None
        if given is not None:
            return given, ""
        chosen = self.names[:: -(-len(self.names) // _LOOKED_AT)]
        try:
            unit = detect_unit(np.concatenate([_counts(self._files["depth"][name]) for name in chosen])[None])
        except InputError as err:
            raise DataError(f"In '{self.root / 'depth'}': {err}") from err
        way_out = "if that is wrong, put its depth_unit into dataset.json."
        sure = unit.confidence >= _SURE
        # A folder with lists follows the layout, whose unit is millimetres; any other is read as `read_rgbd` reads.
        encoding = unit.encoding if sure or not listed else millimetres
        if sure and encoding == millimetres:
            return encoding, ""
        looks = f"its numbers look most like {unit.encoding.label}, with a confidence of {100 * unit.confidence:.0f} %"
        return encoding, f"The depth was taken to be in {encoding.label} ({looks}); {way_out}"

    def _label(self, name: str, size: tuple[int, int]) -> np.ndarray:
        if not self.labelled:
            return np.full(size, VOID, np.uint8)
        file = read_file(self._files["label40"][name], "colour", DEFAULT_LIMITS)
        label = open_picture(file, DEFAULT_LIMITS).decode()
        if label.dtype != np.uint8 or label.shape != size:
            found = f"{'x'.join(map(str, label.shape))} {label.dtype.name}"
            raise DataError(
                f"'{self.root}/label40/{file.name}' is {found}; expected {size[0]}x{size[1]} uint8 as the colour "
                "picture's size asks: export it as an 8-bit picture with one channel."
            )
        stray = label[(label >= len(NYU40_CLASSES)) & (label != VOID)]
        if stray.size:
            raise DataError(
                f"'{self.root}/label40/{file.name}' holds the class {stray[0]}; expected 0 to "
                f"{len(NYU40_CLASSES) - 1}, or {VOID} for void."
            )
        return label


def _files(folder: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """The folder's pictures by name, sorted; hidden files are none."""
    if not folder.is_dir():
        return {}
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in suffixes or path.name.startswith("."):
            continue
        if path.stem in found:
            raise DataError(f"'{folder}' holds both {found[path.stem].name} and {path.name}; remove one of them.")
        found[path.stem] = path
    return found


def held_out(position: int) -> bool:
    """Whether the picture at `position` of train.txt, from 0, is never learned from: 41st to 50th of every hundred.

    Blocks of ten, since neighbours in a list often show one room; one in every hundred, so no part of a list is spared.
    """
    return 40 <= position % 100 < 50


def _list_of(split: str) -> str:
    """The list that names the pictures of a split, among others."""
    return "train" if split in (HELD_OUT, KEPT) else split


def _names(root: Path, split: str, present: list[str]) -> tuple[list[str], bool]:
    """The names of `split`, and whether a listing gave them; without any listing, all that are `present` in rgb/."""
    if split != _list_of(split):
        names, listed = _names(root, _list_of(split), present)
        chosen = [name for index, name in enumerate(names) if held_out(index) == (split == HELD_OUT)]
        if not chosen:
            raise DataError(
                f"'{root}' has {len(names)} pictures to train on, and of those the 41st to 50th of every hundred are "
                "held out: too few for that; expected 41 or more."
            )
        return chosen, listed
    listing = root / f"{split}.txt"
    if listing.is_file():
        return [line.strip() for line in listing.read_text(errors="replace").splitlines() if line.strip()], True
    if not present or any((root / f"{other}.txt").is_file() for other in ("train", "test")):
        raise DataError(
            f"'{root}' holds no {split}.txt. Expected a data folder with rgb/, depth/, label40/, train.txt and "
            "test.txt, or one of pictures in rgb/ and depth/ without either list; give its path with --data."
        )
    return present, False


def _counts(path: Path) -> np.ndarray:
    """A sample of the known numbers in a depth file, as stored."""
    depth = read_rgbd(None, path, depth_unit=1.0)  # one metre a count: float32 holds every 16-bit count exactly
    assert depth.depth is not None
    assert depth.record.depth is not None
    known = depth.depth[np.isfinite(depth.depth)]
    kind = np.float32 if depth.record.depth.dtype.startswith("float") else np.int64
    return known[:: max(1, known.size // 40_000)].astype(kind)
