"""The header of a safetensors file, measured before anything parses it."""

import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from torch import Tensor

from vizlab.errors import CheckpointError, one_line

HEADER_LIMIT = 8_000_000
"""Bytes; a file of two thousand tensors has 200,000."""
_TENSORS = 1  # depth at which a tensor's description opens, and within it lists of numbers
_ESCAPED = re.compile(rb"\\.", re.DOTALL)


def read_safetensors(path: Path, expected: str) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    """Tensors by name and the header's text; raises CheckpointError, saying what was `expected`."""
    check_header(path, expected)
    try:
        with safe_open(path, framework="pt") as opened:
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118
            return tensors, opened.metadata() or {}
    except (SafetensorError, ValueError, RuntimeError, KeyError) as err:
        raise CheckpointError(
            f"{path.name} is a damaged or truncated safetensors file ({one_line(err, 120)}); copy or download it again."
        ) from err


def read_metadata(path: Path, expected: str) -> Mapping[str, str]:
    """The text in the header, without the tensors; raises CheckpointError for any other file."""
    try:
        check_header(path, expected)
        with safe_open(path, framework="pt") as opened:
            return opened.metadata() or {}
    except (SafetensorError, OSError, ValueError, RuntimeError) as err:
        raise CheckpointError(f"{path.name} has no safetensors header; {expected}.") from err


def check_header(path: Path, expected: str) -> None:
    """Raise CheckpointError unless the header is there in full, of a size and depth that tensors need, and JSON."""
    with path.open("rb") as file:
        start = file.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= path.stat().st_size - 8:
            raise CheckpointError(f"{path.name} ends inside its safetensors header; it was cut off. Copy it again.")
        if length > HEADER_LIMIT:
            raise CheckpointError(
                f"{path.name} has a safetensors header of {length:,} bytes; at most {HEADER_LIMIT:,} are read. "
                "Save its tensors again, without other text."
            )
        header = file.read(length)
    try:
        if not _is_flat(header):
            raise ValueError("nested")
        json.loads(header)
    except (ValueError, RecursionError) as err:
        raise CheckpointError(f"{path.name} has a damaged safetensors header; {expected}.") from err


def _is_flat(header: bytes) -> bool:
    """Whether brackets open where a table of tensors has them: {name: {key: [numbers]}}, nothing deeper.

    A parser makes an object for each bracket, a hundred bytes for one; counting them costs less than the file.
    """
    text = np.frombuffer(_ESCAPED.sub(b"", header), np.uint8)
    quotes = text == ord('"')
    text = text[(np.cumsum(quotes) % 2 == 0) & ~quotes]
    opens = (text == ord("{")) | (text == ord("["))
    closes = (text == ord("}")) | (text == ord("]"))
    before = np.cumsum(opens.astype(np.int64) - closes) - opens
    lists = text == ord("[")
    return bool((before[lists] == _TENSORS + 1).all() and (before[opens & ~lists] <= _TENSORS).all())
