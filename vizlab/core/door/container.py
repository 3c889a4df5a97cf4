"""From a file to named tensors, whatever wrote it, without running anything that is in it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vizlab.core.door import header
from vizlab.core.door.file_sets import CheckpointPath, checkpoint_files, is_index
from vizlab.core.door.kinds import HEAD, known_kind
from vizlab.core.door.nested import named_tensors, plain_settings
from vizlab.core.door.numpy_archive import is_npz, read_npz
from vizlab.core.door.pickled import read_archive, read_legacy
from vizlab.core.door.tensorflow import read_variables, refuse_single
from vizlab.core.door.tensorflow_index import ends_as_table
from vizlab.core.published import Plain
from vizlab.core.registry import registry
from vizlab.errors import CheckpointError, one_line

_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Contents:
    """Tensors by name as stored, dictionaries around them as parts of the names; the text of a safetensors header.

    `settings` are plain values that stand beside the tensors, named likewise.
    """

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Plain] = field(default_factory=dict)


def expected() -> str:
    """What would have been a file of weights, in words."""
    return f"expected a vizlab .safetensors file or a checkpoint that the authors of {registry().titles} published"


def read_file(given: CheckpointPath) -> Contents:
    """The tensors of a checkpoint, whatever of it was given (see `file_sets`); CheckpointError for anything else.

    It may be a safetensors file, one that torch.save wrote, a TensorFlow checkpoint, or arrays by name (.npz).
    """
    files = checkpoint_files(given)
    if is_index(files[0]):
        try:
            return Contents(read_variables(files))
        except OSError as err:
            raise CheckpointError(f"{files[0].name} or its values cannot be read ({err.strerror}).") from err
    return _read_single(files[0])


def _read_single(path: Path) -> Contents:
    name = path.name
    head = _head(path)
    if not head:
        raise CheckpointError(f"{name} is empty; {expected()}. Copy or download it again.")
    if head[8:9] == b"{":
        return Contents(*header.read_safetensors(path, expected()))
    if head.startswith(b"PK"):
        return Contents(read_npz(path)) if is_npz(path) else _of_objects(read_archive(path, expected()), name)
    if head.startswith(b"\x80"):  # a pickle, as torch.save wrote them before version 1.6
        return _of_objects(read_legacy(path), name)
    if ends_as_table(path):
        raise refuse_single(path)
    kind = known_kind(head) or "no weights file"
    raise CheckpointError(f"{name} is {kind}; {expected()}. If it was downloaded, download it again.")


def _of_objects(loaded: Any, name: str) -> Contents:
    return Contents(named_tensors(loaded, name, expected()), settings=plain_settings(loaded, name))


def _head(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise CheckpointError(f"{path.name} is a folder or a device, not a file; {expected()}.")
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as err:
        raise CheckpointError(f"{path.name} cannot be read ({err.strerror}); {expected()}.") from err


def file_hash(given: CheckpointPath) -> str:
    """SHA-256 of the file, as hex; of a checkpoint of several files that of their bytes in a row."""
    digest = hashlib.sha256()
    for path in checkpoint_files(given):
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def read_metadata(path: Path) -> Mapping[str, str]:
    """The text in a safetensors file's header, without its tensors; CheckpointError for any other file."""
    return header.read_metadata(path, expected())


def check_stored(tensors: Mapping[str, Tensor], name: str) -> None:
    """Raise CheckpointError unless every tensor is there in full, as plain numbers.

    A view of few bytes can claim any shape.
    """
    for key, tensor in tensors.items():
        plain = tensor.layout == torch.strided and not tensor.is_quantized and not tensor.is_complex()
        plain = plain and not tensor.is_meta and not tensor.is_nested
        if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            raise CheckpointError(
                f"{name}: tensor '{one_line(key, 80)}' is not stored in full as plain numbers; {expected()}."
            )
