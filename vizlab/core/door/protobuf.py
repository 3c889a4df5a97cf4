"""Protocol buffers without their description: the numbers and bytes of each field."""

Fields = dict[int, list[int | bytes]]
"""By a field's number, all its values in order: integers, and bytes for messages and texts."""
_LONGEST = 10_000  # bytes; what one becomes takes fifty times as many
_DIGITS = 10  # of seven bits, in a varint of 64
_FIXED = {1: 8, 5: 4}  # bytes, by the kind of field
_VARINT, _BYTES = 0, 2


class ProtobufError(ValueError):
    """The bytes are no protocol buffer, or another one than expected; says why."""


def fields(message: bytes) -> Fields:
    """The fields of a message; those of messages in it are read by another call. Raises ProtobufError."""
    if len(message) > _LONGEST:
        raise ProtobufError(f"an entry is {len(message):,} bytes long")
    found: Fields = {}
    place = 0
    while place < len(message):
        tag, place = varint(message, place)
        value, place = _value(message, place, tag & 7)
        found.setdefault(tag >> 3, []).append(value)
    return found


def varint(data: bytes, place: int) -> tuple[int, int]:
    """The unsigned integer of 64 bits at `place`, seven of them a byte, and the place behind it."""
    value = 0
    for i, byte in enumerate(data[place : place + _DIGITS]):
        value |= (byte & 127) << 7 * i
        if byte < 128:
            if value >= 2**64:
                break
            return value, place + i + 1
    raise ProtobufError("a number is cut off or too large")


def integer(found: Fields, number: int) -> int:
    """The field's integer, the last one where it is there twice; 0 where it is left out."""
    value = found.get(number, [0])[-1]
    if isinstance(value, bytes):
        raise ProtobufError(f"field {number} is no number")
    return value


def bytes_of(found: Fields, number: int) -> list[bytes]:
    """The field's messages or texts, in order."""
    values = [value for value in found.get(number, []) if isinstance(value, bytes)]
    if len(values) < len(found.get(number, [])):
        raise ProtobufError(f"field {number} is a number")
    return values


def _value(message: bytes, place: int, kind: int) -> tuple[int | bytes, int]:
    if kind == _VARINT:
        return varint(message, place)
    if kind == _BYTES:
        size, place = varint(message, place)
    elif kind in _FIXED:
        size = _FIXED[kind]
    else:
        raise ProtobufError("a field is of no known kind")
    value = message[place : place + size]
    if len(value) < size:
        raise ProtobufError("a field is cut off")
    return (value if kind == _BYTES else int.from_bytes(value, "little")), place + size
