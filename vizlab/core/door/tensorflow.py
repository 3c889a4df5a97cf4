"""The variables of a TensorFlow checkpoint, without TensorFlow: every value read is held against its checksum."""

import math
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from torch import Tensor

from vizlab.core.door.kinds import HEAD, known_kind
from vizlab.core.door.tensorflow_index import IndexFileError, StoredVariable, checksum, ends_as_table, read_index
from vizlab.errors import CheckpointError, one_line

_TYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}
_OTHER_TYPES = {
    4: "uint8", 5: "int16", 6: "int8", 7: "text", 8: "complex64", 10: "truth values", 14: "bfloat16", 17: "uint16",
    18: "complex128", 19: "float16", 20: "a resource", 21: "a variant", 22: "uint32", 23: "uint64",
}  # fmt: skip
_DIMENSIONS = 32
_SHORTEST = 100  # bytes; a pointer or a page in the place of values has more, and a few of these may look like text
# What optimisers keep beside the variables, at VARIABLE/SLOT or, where they were made in a scope, SCOPE/VARIABLE/SLOT.
_SLOT = re.compile(
    r".*/(Momentum|Adam|AdaMax|Nadam|RMSProp|Adagrad|AdagradDA|Adadelta|Ftrl|Lamb|ExponentialMovingAverage)(_\d+)?"
    r"|(.*/)?beta[12]_power(_\d+)?",
    re.DOTALL,
)


def read_variables(files: Sequence[Path]) -> dict[str, Tensor]:
    """The variables by TensorFlow's names, of TensorFlow's shapes; what optimisers remember is left out.

    `files` are the index and the shards of values, found by their names. Raises CheckpointError.
    """
    index, name = files[0], files[0].name
    if not ends_as_table(index):
        raise CheckpointError(f"{name} {_no_table(index)}.")
    try:
        count, variables = read_index(index)
    except IndexFileError as err:
        raise CheckpointError(f"{name} {err}.") from err
    shards = _shards(files, variables, count)
    kept = set(without_slots(v.name for v in variables))
    if not kept:
        raise CheckpointError(f"{name} names no variables of a network; expected a checkpoint of a trained one.")
    found: dict[str, Tensor] = {}
    for number, shard in shards.items():
        inside = [v for v in variables if v.shard == number]
        found |= _read_shard(shard, inside, kept, name)
    return {v.name: found[v.name] for v in variables if v.name in kept}


def refuse_single(path: Path) -> CheckpointError:
    """What to say of a file that ends as an index does, but has another name."""
    try:
        read_index(path)
    except IndexFileError as err:
        return CheckpointError(f"{path.name}, which ends as the index of a TensorFlow checkpoint does, {err}.")
    return CheckpointError(
        f"{path.name} is the index of a TensorFlow checkpoint under another name, so that its values cannot be found; "
        "name it as it was, ending in .index, beside its .data files."
    )


def without_slots(names: Iterable[str]) -> list[str]:
    """The names without those of what optimisers remember: variables below a variable, or called as such are."""
    known = dict.fromkeys(names)
    return [name for name in known if not _SLOT.fullmatch(name) and name.rpartition("/")[0] not in known]


def _no_table(index: Path) -> str:
    with index.open("rb") as file:
        kind = known_kind(file.read(HEAD))
    if kind:
        return f"is {kind}; expected the index of a TensorFlow checkpoint. If it was downloaded, download it again"
    return "is truncated or damaged (it does not end as the index of a TensorFlow checkpoint does); copy it again"


def _shards(files: Sequence[Path], variables: Iterable[StoredVariable], count: int) -> dict[int, Path]:
    """The files that hold values, by number; CheckpointError where one is not there."""
    index, there = files[0], {path.name: path for path in files[1:]}
    prefix = index.name.removesuffix(".index")
    names = {shard: f"{prefix}.data-{shard:05d}-of-{count:05d}" for shard in sorted({v.shard for v in variables})}
    if not all(shard < count for shard in names):
        raise CheckpointError(f"{index.name} is damaged (a variable lies in no file); copy or download it again.")
    if missing := [name for name in names.values() if name not in there]:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CheckpointError(
            f"{index.name} names the variables of a TensorFlow checkpoint, but their values are missing: expected "
            f"{missing[0]}{more} beside it, or given with it."
        )
    return {shard: there[name] for shard, name in names.items()}


def _read_shard(path: Path, inside: list[StoredVariable], kept: Collection[str], index: str) -> dict[str, Tensor]:
    """Those of the variables in one file of values that are `kept`; what they take is no more than the file."""
    end, size = 0, path.stat().st_size
    found = {}
    with path.open("rb") as file:
        for variable in sorted(inside, key=lambda v: (v.offset, v.size)):
            if variable.offset < end:
                raise CheckpointError(
                    f"{index} is damaged (the values of variables overlap); copy or download it again."
                )
            end = variable.offset + variable.size
            if end > size:
                raise CheckpointError(f"{path.name} {_too_short(file, variable, size)}.")
            if variable.name in kept:
                _check(variable, index)
                found[variable.name] = _values(file, variable, path.name)
    return found


def _check(variable: StoredVariable, index: str) -> None:
    """Raise CheckpointError unless the values are plain numbers that fill the shape."""
    said = one_line(variable.name, 80)
    if variable.dtype not in _TYPES:
        kind = _OTHER_TYPES.get(variable.dtype, f"type {variable.dtype}")
        raise CheckpointError(
            f"{index} holds the variable '{said}' as {kind}; expected float32, float64, int32 or int64. Save the "
            "network's variables alone, or export them by name with numpy.savez."
        )
    # Zeros do not count, so that no shape is too large for an array to have.
    most = math.prod(max(n, 1) for n in variable.shape) * np.dtype(_TYPES[variable.dtype]).itemsize
    size = most if all(variable.shape) else 0
    if len(variable.shape) > _DIMENSIONS or most >= 2**63 or size != variable.size:
        raise CheckpointError(f"{index} is damaged (the shape of '{said}' does not fit its bytes); copy it again.")


def _values(file: BinaryIO, variable: StoredVariable, shard: str) -> Tensor:
    file.seek(variable.offset)
    data = file.read(variable.size)
    if len(data) < variable.size or checksum(data) != variable.checksum:
        said = one_line(variable.name, 80)
        raise CheckpointError(
            f"{shard} is damaged (the values of '{said}' have not the checksum they were stored with) or belongs to "
            "another checkpoint; copy or download it again."
        )
    array = np.ndarray(variable.shape, _TYPES[variable.dtype], data)
    return torch.from_numpy(array.astype(array.dtype.newbyteorder("=")))  # a copy, which may be written to


def _too_short(file: BinaryIO, variable: StoredVariable, size: int) -> str:
    """What a file of values is that ends before the variable's do."""
    file.seek(0)
    if size > _SHORTEST and (kind := known_kind(file.read(HEAD))):
        return f"is {kind}; expected the values of a TensorFlow checkpoint"
    return (
        f"is truncated: it has {size:,} bytes, and '{one_line(variable.name, 80)}' ends at "
        f"{variable.offset + variable.size:,}; copy or download it again"
    )
