"""Random changes to bytes, drawn so that headers, lengths and counts are met more often than pixels."""

import zlib

import numpy as np

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1)
_HEAD = 2048  # where headers are, at the start of a file or, in archives, at its end


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """`data` after one to four changes."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        change = _CHANGES[int(rng.integers(len(_CHANGES)))]
        if changed:
            changed = change(changed, rng)
    fixed = bytes(changed)
    return _with_right_sums(fixed) if rng.random() < 0.5 else fixed


def _place(data: bytearray, rng: np.random.Generator) -> int:
    where = rng.random()
    near = min(len(data), _HEAD)
    if where < 0.5:
        return int(rng.integers(near))
    return len(data) - 1 - int(rng.integers(near)) if where < 0.75 else int(rng.integers(len(data)))


def _flip(data: bytearray, rng: np.random.Generator) -> bytearray:
    data[_place(data, rng)] ^= 1 << int(rng.integers(8))
    return data


def _byte(data: bytearray, rng: np.random.Generator) -> bytearray:
    data[_place(data, rng)] = int(rng.integers(256))
    return data


def _number(data: bytearray, rng: np.random.Generator) -> bytearray:
    """A length or a count at its extremes, in either byte order."""
    width = int(rng.choice([2, 4, 8]))
    value = _EXTREMES[int(rng.integers(len(_EXTREMES)))] & ((1 << 8 * width) - 1)
    at = _place(data, rng)
    data[at : at + width] = value.to_bytes(width, "little" if rng.random() < 0.5 else "big")
    return data


def _cut(data: bytearray, rng: np.random.Generator) -> bytearray:
    return data[: _place(data, rng)]


def _leave_out(data: bytearray, rng: np.random.Generator) -> bytearray:
    at = _place(data, rng)
    del data[at : at + int(rng.integers(1, 64))]
    return data


def _repeat(data: bytearray, rng: np.random.Generator) -> bytearray:
    at = _place(data, rng)
    piece = data[at : at + int(rng.integers(1, 64))]
    data[at:at] = piece * int(rng.integers(1, 20))
    return data


def _digits(data: bytearray, rng: np.random.Generator) -> bytearray:
    """A number in words, as in the headers of .npy, PGM and safetensors, made larger or negative."""
    places = [at for at in range(min(len(data), _HEAD)) if chr(data[at]).isdigit()]
    if places:
        at = places[int(rng.integers(len(places)))]
        data[at : at + 1] = (b"99999", b"-1", b"0", b"1e9", b"")[int(rng.integers(5))]
    return data


_CHANGES = (_flip, _byte, _byte, _number, _number, _cut, _leave_out, _repeat, _digits)


def _with_right_sums(data: bytes) -> bytes:
    """The check sums of a PNG's chunks made right again, so that what lies behind them is met."""
    start = data.find(b"\x89PNG\r\n\x1a\n")
    if start < 0:
        return data
    fixed, at = bytearray(data), start + 8
    while at + 12 <= len(fixed):
        end = at + 8 + int.from_bytes(fixed[at : at + 4], "big")
        if end + 4 > len(fixed):
            break
        fixed[end : end + 4] = zlib.crc32(fixed[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(fixed)
