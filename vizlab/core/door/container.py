"""From a file to named tensors, whatever wrote it, without running anything that is in it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vizlab.core.door import header
from vizlab.core.door.kinds import kind_of
from vizlab.core.door.nested import named_tensors, plain_settings
from vizlab.core.door.pickled import read_archive, read_legacy
from vizlab.core.published import Plain
from vizlab.core.registry import registry
from vizlab.errors import CheckpointError, one_line

_HEAD = 512


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


def read_file(path: Path) -> Contents:
    """The tensors of a safetensors file or of one that torch.save wrote; CheckpointError for anything else."""
    name = path.name
    head = _head(path)
    if not head:
        raise CheckpointError(f"{name} is empty; {expected()}. Copy or download it again.")
    if head[8:9] == b"{":
        return Contents(*header.read_safetensors(path, expected()))
    if head.startswith(b"PK"):
        return _of_objects(read_archive(path, expected()), name)
    if head.startswith(b"\x80"):  # a pickle, as torch.save wrote them before version 1.6
        return _of_objects(read_legacy(path), name)
    raise CheckpointError(f"{name} is {kind_of(path, head)}; {expected()}. If it was downloaded, download it again.")


def _of_objects(loaded: Any, name: str) -> Contents:
    return Contents(named_tensors(loaded, name, expected()), settings=plain_settings(loaded, name))


def _head(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise CheckpointError(f"{path.name} is a folder or a device, not a file; {expected()}.")
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError as err:
        raise CheckpointError(f"{path.name} cannot be read ({err.strerror}); {expected()}.") from err


def file_hash(path: Path) -> str:
    """SHA-256 of the file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
