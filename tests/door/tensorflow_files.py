"""Checkpoints as TensorFlow's savers leave them (V2: an index table and shards of values), written from the format.

Blocks of sorted keys that share prefixes with the key before them, restart points, protobuf entries, masked CRC-32C of
every block and every variable.
"""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import google_crc32c
import numpy as np

MAGIC = 0xDB4775248B80FB57
FOOTER = 48
DTYPES = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "complex64": 8, "int64": 9, "bool": 10,
    "float16": 19,
}  # fmt: skip
"""TensorFlow's numbers for NumPy's types."""
Items = Sequence[tuple[bytes, bytes]]


def write_checkpoint(
    folder: Path,
    arrays: Mapping[str, np.ndarray],
    prefix: str = "model.ckpt-20000",
    shards: int = 1,
    block_size: int = 4096,
) -> Path:
    """Write the variables, one shard after the other, and the text file `checkpoint`; returns the path of the .index.

    A block of the index is closed when what is in it takes `block_size` bytes, before anything is shared.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = sorted(arrays, key=str.encode)
    items = [(b"", header(shards))]
    places = np.array_split(np.array(names, object), shards)
    for shard, own in enumerate(places):
        with (folder / f"{prefix}.data-{shard:05d}-of-{shards:05d}").open("wb") as file:
            for name in own:
                array, offset = np.asarray(arrays[name]), file.tell()
                data = array.tobytes()
                file.write(data)
                items.append((name.encode(), entry(DTYPES[array.dtype.name], array.shape, shard, offset, data)))
    index = folder / f"{prefix}.index"
    index.write_bytes(table(items, block_size))
    (folder / "checkpoint").write_text(f'model_checkpoint_path: "{prefix}"\nall_model_checkpoint_paths: "{prefix}"\n')
    return index


def table(items: Items, block_size: int = 4096, restart_every: int = 16) -> bytes:
    """A sorted string table: data blocks, an empty metaindex, the index of the blocks, and the footer."""
    written, index, waiting, size = b"", [], list[tuple[bytes, bytes]](), 0
    for i, item in enumerate(items):
        waiting.append(item)
        size += len(item[0]) + len(item[1])
        if i == len(items) - 1 or size >= block_size:
            written, handle = with_block(written, block(waiting, restart_every))
            index.append((item[0], handle))
            waiting, size = [], 0
    written, metaindex = with_block(written, block([]))
    written, place = with_block(written, block(index, 1))
    return written + footer(metaindex + place)


def footer(handles: bytes) -> bytes:
    return handles.ljust(FOOTER - 8, b"\0") + struct.pack("<Q", MAGIC)


def with_block(before: bytes, contents: bytes, compression: int = 0) -> tuple[bytes, bytes]:
    """The file with that block after what is written `before`, and the block's handle."""
    stored = contents + bytes([compression])
    handle = varint(len(before)) + varint(len(contents))
    return before + stored + struct.pack("<I", masked_crc(stored)), handle


def block(items: Items, restart_every: int = 16) -> bytes:
    """Entries, each with what its key does not share with the one before, and the restart points after them."""
    written, before, restarts = b"", b"", []
    for i, (key, value) in enumerate(items):
        shared = 0
        if i % restart_every == 0:
            restarts.append(len(written))
        else:
            shared = next((n for n in range(len(before)) if before[: n + 1] != key[: n + 1]), len(before))
        written += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    return written + b"".join(struct.pack("<I", place) for place in (*restarts, len(restarts)))


def header(shards: int, big_endian: bool = False) -> bytes:
    """What the empty key holds: the number of shards, the order of bytes, and a version."""
    return number(1, shards) + number(2, big_endian) + message(3, number(1, 1))


def entry(dtype: int, shape: Sequence[int], shard: int, offset: int, data: bytes, crc: int | None = None) -> bytes:
    """What a variable's name holds; fields that are zero are left out."""
    dimensions = b"".join(message(2, number(1, size)) for size in shape)
    crc = masked_crc(data) if crc is None else crc
    place = number(3, shard) + number(4, offset) + number(5, len(data))
    return number(1, dtype) + message(2, dimensions) + place + varint(6 << 3 | 5) + struct.pack("<I", crc)


def number(field: int, value: int) -> bytes:
    """A protobuf field with an integer; negative ones take ten bytes."""
    return varint(field << 3) + varint(value % 2**64) if value else b""


def message(field: int, inside: bytes) -> bytes:
    """A protobuf field with a message or a string."""
    return varint(field << 3 | 2) + varint(len(inside)) + inside


def varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first, the highest bit set on all but the last."""
    digits = []
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])


def masked_crc(data: bytes) -> int:
    """A CRC-32C, turned right by 15 bits, plus a constant."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32
