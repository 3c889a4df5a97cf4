"""Which files a checkpoint consists of, whatever of it was given: one, or the files that TensorFlow makes of each.

TensorFlow writes PREFIX.index, PREFIX.data-00000-of-00001 (or more), PREFIX.meta (the graph, not needed) and a text
file `checkpoint` that names the newest prefix. People give any of them, the prefix, or the folder.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from vizlab.errors import CheckpointError, one_line

StrPath = str | os.PathLike[str]
CheckpointPath = StrPath | Sequence[StrPath]
"""A checkpoint by its path, or by those of files that lie in several folders."""

INDEX = ".index"
PART = r"\.(index|meta|data-\d{5}-of-\d{5})"
"""How TensorFlow's files end."""
_PART = re.compile(f"(?P<prefix>.+){PART}", re.DOTALL)
_LIST = re.compile(rb'model_checkpoint_path: "((?:[^"\\\n]|\\.)+)"')  # of which the first is the newest
_LIST_BYTES = 4096
_ESCAPED = re.compile(rb"\\(?:([0-7]{1,3})|(.))")


def checkpoint_files(given: CheckpointPath) -> tuple[Path, ...]:
    """The files of the checkpoint that was given, the one that says what is in the others first.

    Raises CheckpointError where they are of several checkpoints, or of one whose index is missing. Files of values
    are those that are there; whether they are complete, the index tells.
    """
    paths = [Path(given)] if isinstance(given, str | os.PathLike) else [Path(path) for path in given]
    if not paths:
        raise CheckpointError("No checkpoint is given; expected a file.")
    single = [path for path in paths if not _is_part(path)]
    if len(paths) == 1 and single:
        return (paths[0],)
    if single:
        raise CheckpointError(
            f"{single[0].name} is a checkpoint of its own; give it without {_other(paths, single[0])}."
        )
    prefix = _prefix(paths)
    return _set(prefix, [*paths, *_beside(paths)], paths[0].absolute().name)


def is_index(path: Path) -> bool:
    return path.name.endswith(INDEX)


def _is_part(path: Path) -> bool:
    """Whether it is one of TensorFlow's files, the prefix of some, or a folder."""
    if path.is_dir() or _PART.fullmatch(path.name):
        return True
    if path.is_file():
        return bool(_LIST.match(_start(path)))
    return any(_prefix_of(other) == path.name for other in _inside(path.parent))


def _prefix(paths: Sequence[Path]) -> str:
    """The one checkpoint that is meant: what lists name as the newest, or what all files are of."""
    named = {name for path in paths for name in _named(path)}
    found = named or {name for path in paths for name in _prefixes(path)}
    if len(found) == 1:
        return found.pop()
    what = f"{paths[0].absolute().name} is a folder" if paths[0].is_dir() else "These are files"
    if not found:
        raise CheckpointError(f"{what} without a checkpoint of TensorFlow's in it; give a file of weights.")
    some = one_line(", ".join(sorted(found)), 120)
    raise CheckpointError(f"{what} of several checkpoints ({some}); give one of them.")


def _named(path: Path) -> Iterator[str]:
    """The prefix that a list, or the list in a folder, names as the newest, wherever it was written."""
    path = path / "checkpoint" if path.is_dir() else path
    if path.is_file() and (match := _LIST.match(_start(path))):
        name = _ESCAPED.sub(lambda m: bytes([int(m[1], 8) & 255]) if m[1] else m[2], match[1])
        yield re.split(r"[/\\]", name.decode(errors="replace"))[-1]


def _prefixes(path: Path) -> set[str]:
    if path.is_dir():
        return {name for other in _inside(path) if (name := _prefix_of(other))}
    return {_prefix_of(path) or path.name}


def _set(prefix: str, paths: Iterable[Path], given: str) -> tuple[Path, ...]:
    """The index and the files of values of that prefix among `paths`, of which the first of a name counts.

    Before TensorFlow 0.12 a file without any ending held all.
    """
    found: dict[str, Path] = {}
    for path in paths:
        if prefix in (_prefix_of(path), path.name) and path.is_file():
            found.setdefault(path.name, path)
    index = found.get(prefix + INDEX, found.get(prefix))
    if index is None:
        raise CheckpointError(
            f"{given} belongs to a TensorFlow checkpoint whose {one_line(prefix + INDEX, 80)} is missing; give the "
            ".index and the .data files together, or the folder that holds them."
        )
    return (index, *(found[name] for name in sorted(found) if name.startswith(f"{prefix}.data-")))


def _beside(paths: Iterable[Path]) -> Iterator[Path]:
    """What lies in the same folders, or in those given."""
    for folder in dict.fromkeys(path if path.is_dir() else path.parent for path in paths):
        yield from _inside(folder)


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _prefix_of(path: Path) -> str:
    """The prefix of one of TensorFlow's files by its name, empty for any other."""
    match = _PART.fullmatch(path.name)
    return match["prefix"] if match else ""


def _other(paths: Sequence[Path], one: Path) -> str:
    return one_line(next(path.name for path in paths if path is not one), 80)


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LIST_BYTES)
    except OSError:
        return b""
