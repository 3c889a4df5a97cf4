"""The index of a TensorFlow checkpoint: a sorted table of names, each with what its values are and where they lie.

This is TensorFlow's format since 0.12: LevelDB's table (blocks of keys that share prefixes with the key before them,
each block with a masked CRC-32C) whose values are protocol buffers.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from vizlab.core.door.protobuf import Fields, ProtobufError, bytes_of, fields, integer, varint
from vizlab.errors import one_line

MAGIC = bytes.fromhex("57fb808b247547db")
"""What such a table ends with, TensorFlow's or another program's."""
_FOOTER = 48  # bytes
_TRAILER = 5  # bytes behind each block: how it is compressed, and its checksum
_LONGEST_KEY = 1000
_KEYS = 20_000
_FIRST_FORMAT = b"\x0a"  # its header begins with a message, that of today with the number of shards
Entry = tuple[bytes, bytes]
"""A key and its value."""


class IndexFileError(ValueError):
    """Says what is wrong with an index, in words that go on after its name."""


@dataclass(frozen=True)
class StoredVariable:
    """Where the values of one variable lie: `size` bytes from `offset` on in the file number `shard`.

    `dtype` is TensorFlow's number, `checksum` the values' masked CRC-32C.
    """

    name: str
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int


def ends_as_table(path: Path) -> bool:
    """Whether the file ends as a table does, by its last bytes."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(MAGIC), 0))
        return file.read() == MAGIC


def read_index(path: Path) -> tuple[int, tuple[StoredVariable, ...]]:
    """The number of shards and all variables, sorted by name.

    Only the index itself is read, and nothing is allocated that it does not hold. Raises IndexFileError.
    """
    with path.open("rb") as file:
        try:
            entries = _entries(file)
            shards = _shards(next(entries, None))
            return shards, tuple(_variable(*entry) for entry in entries if not _is_slice(entry[0]))
        except ProtobufError as err:
            raise damaged(str(err)) from err


def checksum(data: bytes) -> int:
    """The CRC-32C as TensorFlow stores it: turned right by 15 bits, plus a constant."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def damaged(why: str) -> IndexFileError:
    return IndexFileError(f"is truncated or damaged ({why}); copy or download it again")


def _entries(file: BinaryIO) -> Iterator[Entry]:
    """All entries in the table's order, which is that of their keys."""
    before, count, end = b"", 0, 0
    for _, handle in _block(file, *_footer(file)):
        offset, place = varint(handle, 0)
        size, _ = varint(handle, place)
        if offset < end:
            raise damaged("its blocks overlap")
        end = offset + size + _TRAILER
        for key, value in _block(file, offset, size):
            if count and key <= before:
                raise damaged("its names are not in order")
            before, count = key, count + 1
            if count > _KEYS:
                raise IndexFileError(f"names more than {_KEYS:,} variables, more than any network here has")
            yield key, value


def _footer(file: BinaryIO) -> tuple[int, int]:
    """Offset and size of the block that says where the others are."""
    file.seek(max(_size(file) - _FOOTER, 0))
    footer = file.read(_FOOTER)
    if len(footer) < _FOOTER or not footer.endswith(MAGIC):
        raise damaged("it does not end as the index of a TensorFlow checkpoint does")
    place = 0
    for _ in range(2):  # of a block of remarks, which is empty
        _, place = varint(footer, place)
    offset, place = varint(footer, place)
    return offset, varint(footer, place)[0]


def _block(file: BinaryIO, offset: int, size: int) -> Iterator[Entry]:
    """The entries of one block."""
    if offset + size + _TRAILER > _size(file) - _FOOTER:
        raise damaged("a block lies beyond its end")
    file.seek(offset)
    stored = file.read(size + 1)
    if checksum(stored) != int.from_bytes(file.read(_TRAILER - 1), "little"):
        raise damaged("a block has not the checksum it was stored with")
    if stored[-1]:
        how = "snappy" if stored[-1] == 1 else f"method {stored[-1]}"
        raise IndexFileError(f"is compressed ({how}), as TensorFlow does not write it; save the checkpoint again")
    return _unpacked(stored[:-1])


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _unpacked(block: bytes) -> Iterator[Entry]:
    restarts = int.from_bytes(block[-4:], "little")
    place, end, key = 0, len(block) - 4 - 4 * restarts, b""
    if end < 0:
        raise damaged("a block is too short")
    while place < end:
        shared, place = varint(block, place)
        own, place = varint(block, place)
        length, place = varint(block, place)
        if shared > len(key) or place + own + length > end:
            raise damaged("a name or its entry is cut off")
        if shared + own > _LONGEST_KEY:
            raise IndexFileError(f"holds a name of {shared + own:,} bytes, longer than any variable has")
        key = key[:shared] + block[place : place + own]
        yield key, block[place + own : place + own + length]
        place += own + length


def _shards(first: Entry | None) -> int:
    """How many files of values there are, by the entry without a name, which is the first."""
    if first is None or first[0]:
        raise IndexFileError(
            "is a table of another program (LevelDB's format), not the index of a TensorFlow checkpoint"
        )
    if first[1].startswith(_FIRST_FORMAT):
        raise IndexFileError(
            "is a checkpoint of TensorFlow before 0.12, which kept all in one file in another format; restore and save "
            "it by a later TensorFlow, or export its variables by name with numpy.savez"
        )
    header = fields(first[1])
    if integer(header, 2):
        raise IndexFileError("was written on a big-endian machine; restore and save it on another one")
    return integer(header, 1)


def _is_slice(key: bytes) -> bool:
    """Whether a key is that of a part of a variable; the whole variable's entry says so too."""
    return key.startswith(b"\0")


def _variable(key: bytes, value: bytes) -> StoredVariable:
    try:
        name = key.decode()
    except UnicodeDecodeError as err:
        raise damaged("a name is no text") from err
    entry = fields(value)
    if 7 in entry:
        raise IndexFileError(
            f"holds the variable '{one_line(name, 80)}' in parts (a partitioned variable); save it whole"
        )
    return StoredVariable(name, integer(entry, 1), _shape(entry), *(integer(entry, number) for number in (3, 4, 5, 6)))


def _shape(entry: Fields) -> tuple[int, ...]:
    shape = fields(b"".join(bytes_of(entry, 2)))
    if integer(shape, 3):
        raise damaged("a variable has no shape")
    return tuple(integer(fields(dimension), 1) for dimension in bytes_of(shape, 2))
