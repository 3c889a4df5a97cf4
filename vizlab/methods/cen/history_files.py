"""Reading a training's scales: the authors' translation program keeps them once an epoch, a list of tensors a file.

The list holds the weights of the encoder's norms in the order of their names, of all streams at one level before those
of the next: conv1 of stream 0, conv1 of stream 1, ..., conv2 of stream 0. Names and number of streams are not in it;
the widths, which double from level to level until they are eight times the first, give both.
"""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from vizlab.core.door import SUFFIXES
from vizlab.core.door.container import check_stored, read_file
from vizlab.errors import CheckpointError, InputError, one_line
from vizlab.methods.cen.history import ScaleHistory, SiteHistory

Given = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
FOLDER = "insnorm_params"
"""Where the authors' program puts these files, and how their names begin."""
MOST_FILES, MOST_BYTES = 5000, 8_000_000
"""How many epochs are read, and how large a file of one may be: the published network's have 60 kB."""
MOST_NUMBERS = 20_000_000
"""Of all files together."""
_EXCHANGING = range(2, 8)  # the levels after whose norms channels are exchanged
_GROWS = 4  # levels with widths f, 2f, 4f, 8f; further ones have 8f


def read_history(given: Given) -> ScaleHistory:
    """The scales in these files, one an epoch, or in a folder of them; the number in a name is its epoch.

    Raises InputError or CheckpointError with a sentence for what is no such file, or does not go with the others.
    """
    files = _by_epoch(_files(given))
    read = {epoch: _scales(path) for epoch, path in files.items()}
    epochs = sorted(read)
    first = read[epochs[0]]
    for epoch in epochs:
        if [len(row) for row in read[epoch]] != [len(row) for row in first]:
            raise InputError(
                f"{files[epoch].name} and {files[epochs[0]].name} hold scales of two networks ({_widths(read[epoch])} "
                f"and {_widths(first)}); give the files of one training."
            )
    if sum(map(len, first)) * len(epochs) > MOST_NUMBERS:
        raise InputError(f"These {len(epochs)} files hold more than {MOST_NUMBERS:,} scales; give fewer of them.")
    streams, start = _layout([len(row) for row in first], files[epochs[0]].name)
    norms = []
    for level in range(len(first) // streams):
        rows = slice(level * streams, (level + 1) * streams)
        gamma = np.stack([np.stack(read[epoch][rows]) for epoch in epochs])
        norms.append(SiteHistory(f"conv{start + level}.insnorm_conv", gamma, start + level in _EXCHANGING))
    return ScaleHistory(tuple(epochs), tuple(f"input{i}" for i in range(streams)), tuple(norms))


def _files(given: Given) -> list[Path]:
    """The files that are meant: of a folder those that are named alike, also one folder further in."""
    if not isinstance(given, str | os.PathLike):
        return [Path(one) for one in given]
    path = Path(given)
    if not path.is_dir():
        return [path]
    inner = path / FOLDER
    folder = inner if inner.is_dir() else path
    found = [one for one in folder.iterdir() if one.suffix in SUFFIXES and _epoch(one) is not None]
    named = [one for one in found if one.name.startswith(FOLDER)]
    if not named:
        raise InputError(
            f"The folder '{one_line(folder.name, 60)}' holds no files such as {FOLDER}_012.pth, in which CEN's image "
            "translation keeps the scales of an epoch."
        )
    return named


def _by_epoch(files: Sequence[Path]) -> dict[int, Path]:
    if not files:
        raise InputError(f"No file was given; expected {FOLDER}_000.pth and those of further epochs, or their folder.")
    if len(files) > MOST_FILES:
        raise InputError(f"{len(files):,} files were given; at most {MOST_FILES:,} epochs are read.")
    found: dict[int, Path] = {}
    for path in files:
        epoch = _epoch(path)
        if epoch is None and len(files) == 1:
            epoch = 0
        if epoch is None:
            raise InputError(
                f"'{one_line(path.name, 80)}' does not say of which epoch it is; expected names like {FOLDER}_012.pth."
            )
        if epoch in found:
            raise InputError(
                f"{one_line(found[epoch].name, 80)} and {one_line(path.name, 80)} are both of epoch {epoch}; give the "
                "files of one training."
            )
        found[epoch] = path
    return found


def _epoch(path: Path) -> int | None:
    """The last number in the name, before its ending."""
    numbers = re.findall(r"\d+", path.name.partition(".")[0])
    return int(numbers[-1][-9:]) if numbers else None


def _scales(path: Path) -> list[np.ndarray]:
    """The list in one file, (C,) float32 each."""
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise InputError(
            f"{path.name} has {path.stat().st_size:,} bytes, more than the scales of an epoch have; {_EXPECTED}."
        )
    tensors = read_file(path).tensors
    if not all(name.isdecimal() for name in tensors):
        raise InputError(f"{path.name} holds tensors by name, such as '{_first(tensors)}'; {_EXPECTED}.")
    check_stored(tensors, path.name)
    rows = [tensors[str(place)] for place in range(len(tensors)) if str(place) in tensors]
    if len(rows) != len(tensors) or any(row.ndim != 1 or not row.is_floating_point() or not len(row) for row in rows):
        raise InputError(f"{path.name} holds other things than scales, one number a channel; {_EXPECTED}.")
    found = [row.float().numpy() for row in rows]
    if not all(np.isfinite(row).all() for row in found):
        raise InputError(f"{path.name} holds scales that are no finite numbers: that training went astray.")
    return found


_EXPECTED = f"expected a list of the encoder's scales, as CEN's image translation writes to {FOLDER}"


def _first(names: Iterable[str]) -> str:
    return one_line(next(name for name in names if not name.isdecimal()), 60)


def _layout(widths: Sequence[int], name: str) -> tuple[int, int]:
    """How many streams there are, and the first level that is in the list."""
    streams = next((at for at, width in enumerate(widths) if width != widths[0]), len(widths))
    levels = list(widths[::streams])
    regular = len(widths) % streams == 0 and all(width == levels[at // streams] for at, width in enumerate(widths))
    growing = next((at for at in range(1, len(levels)) if levels[at] == levels[at - 1]), len(levels))
    start = 1 + _GROWS - growing
    as_built = [levels[0] * min(2**at, 2 ** (growing - 1)) for at in range(len(levels))]
    if not regular or levels != as_built or growing < 2 or start < 1 or start + len(levels) > 9:
        raise CheckpointError(
            f"{name} holds scales of {_listed(widths)} channels, which is no encoder of CEN's image translation; "
            f"{_EXPECTED}."
        )
    return streams, start


def _widths(rows: Sequence[np.ndarray]) -> str:
    return f"{len(rows)} norms of {sum(map(len, rows)):,} channels"


def _listed(widths: Sequence[int]) -> str:
    return one_line(", ".join(map(str, widths)), 80)
