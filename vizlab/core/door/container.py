"""From a file to named tensors, whatever wrote it, without running anything that is in it."""

import hashlib
import json
import pickle
import struct
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from vizlab.core.registry import registry
from vizlab.errors import CheckpointError

_HEADER_LIMIT = 100_000_000
# torch keeps the allow-list in a global that its context manager restores: two threads must not overlap in it.
_unpickling = threading.Lock()


@dataclass(frozen=True)
class Contents:
    """Tensors by name as stored, and the text that a safetensors header carries."""

    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)


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
        return _read_safetensors(path)
    if head.startswith(b"PK"):
        _check_archive(path)
        return Contents(_plain_tensors(_unpickle(path), name))
    if head.startswith(b"\x80"):  # a pickle, as torch.save wrote them before version 1.6
        return Contents(_plain_tensors(_unpickle(path), name))
    kind = "a text file" if _is_text(head) else "no weights file"
    raise CheckpointError(f"{name} is {kind}; {expected()}. If it was downloaded, download it again.")


def _head(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise CheckpointError(f"{path.name} is a folder or a device, not a file; {expected()}.")
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as err:
        raise CheckpointError(f"{path.name} cannot be read ({err.strerror}); {expected()}.") from err


def file_hash(path: Path) -> str:
    """SHA-256 of the file, as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_safetensors(path: Path) -> Contents:
    size = path.stat().st_size
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > min(_HEADER_LIMIT, size - 8):
            raise CheckpointError(f"{path.name} ends inside its safetensors header; it was cut off. Copy it again.")
        try:
            json.loads(file.read(length))
        except (ValueError, RecursionError) as err:
            raise CheckpointError(f"{path.name} has a damaged safetensors header; {expected()}.") from err
    try:
        with safe_open(path, framework="pt") as opened:
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
            return Contents(tensors, opened.metadata() or {})
    except (SafetensorError, ValueError, RuntimeError) as err:
        raise CheckpointError(
            f"{path.name} is a damaged or truncated safetensors file ({err}); copy or download it again."
        ) from err


def read_metadata(path: Path) -> Mapping[str, str]:
    """The text in a safetensors file's header, without its tensors; CheckpointError for any other file."""
    try:
        with safe_open(path, framework="pt") as opened:
            return opened.metadata() or {}
    except (SafetensorError, OSError, ValueError, RuntimeError) as err:
        raise CheckpointError(f"{path.name} has no safetensors header; {expected()}.") from err


def _check_archive(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as err:
        raise CheckpointError(f"{path.name} is a truncated or damaged archive; copy or download it again.") from err
    if not any(entry.filename.endswith("/data.pkl") for entry in entries):
        raise CheckpointError(f"{path.name} is a zip archive, but not one that torch.save wrote; {expected()}.")
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        raise CheckpointError(f"{path.name} is a TorchScript program, not weights; {expected()}.")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        # torch.save never compresses, and a compressed archive could unpack to any size.
        raise CheckpointError(f"{path.name} is a compressed archive; {expected()}. Save it again with torch.save.")


def _numpy_scalars() -> list[Any]:
    """What numpy's scalars need in a pickle, under the names of numpy 1 and 2."""
    scalar = np._core.multiarray.scalar  # type: ignore[attr-defined]
    kinds = [type(np.dtype(code)) for code in "?bBhHiIlLqQefd"]
    names = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar")
    return [*((scalar, name) for name in names), np.dtype, *kinds]


def _unpickle(path: Path) -> Any:
    try:
        with _unpickling, torch.serialization.safe_globals(_numpy_scalars()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as err:
        raise CheckpointError(
            f"{path.name} holds more than weights, or is damaged: {_refused(err)}. Nothing in it was run; expected "
            "tensors and numbers only. Save its state dict alone with torch.save."
        ) from err
    except Exception as err:  # torch raises whatever the damage leads to
        raise CheckpointError(f"{path.name} is truncated or damaged ({_first_line(err)}); download it again.") from err


def _refused(err: Exception) -> str:
    """The name that torch would not load, out of its page-long message."""
    text = str(err)
    for marker in ("Unsupported global: GLOBAL ", "Unsupported class "):
        if marker in text:
            return f"it refers to {text.split(marker)[1].split()[0]}"
    return _first_line(err)


def _first_line(err: Exception) -> str:
    lines = str(err).strip().splitlines()
    return lines[0][:120].rstrip(".") if lines else type(err).__name__


def _plain_tensors(loaded: Any, name: str) -> dict[str, Tensor]:
    """The state dict inside the wrappers the authors save: raw, {'segmenter': ...} or {'model': ...}."""
    state = loaded
    for wrapper in ("segmenter", "model"):
        if isinstance(state, dict) and isinstance(state.get(wrapper), dict):
            state = state[wrapper]
    if not isinstance(state, dict) or not state or not all(isinstance(v, Tensor) for v in state.values()):
        raise CheckpointError(f"{name} holds {_describe(state)}, not a network's tensors by name; {expected()}.")
    if not all(isinstance(k, str) for k in state):
        raise CheckpointError(f"{name} holds tensors without names; {expected()}.")
    for key, tensor in state.items():
        _check_storage(key, tensor, name)
    if all(key.startswith("module.") for key in state):
        return {key.removeprefix("module."): tensor for key, tensor in state.items()}
    return dict(state)


def _check_storage(key: str, tensor: Tensor, name: str) -> None:
    plain = tensor.layout == torch.strided and not tensor.is_quantized and not tensor.is_complex()
    # A view of few bytes can claim any shape; only tensors that are there in full are taken.
    if not plain or tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
        raise CheckpointError(f"{name}: tensor '{key}' is not stored in full as plain numbers; {expected()}.")


def _describe(value: Any) -> str:
    if isinstance(value, dict) and value:
        return f"a dictionary of {', '.join(repr(k) for k in list(value)[:5])}"
    return f"a {type(value).__name__}"


def _is_text(head: bytes) -> bool:
    return all(byte >= 32 or byte in b"\t\n\r" for byte in head)
