"""What a pickle would do, read off its instructions before any of them is carried out.

torch's weights-only reader runs no code of a file, but takes what a file announces at its word: `bytearray(n)` or a
storage of n bytes are made before anything is compared, and a tuple of itself, twice at each of forty levels, is
hashed element by element. Here the instructions are followed with numbers in place of objects.
"""

import io
import pickletools
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from dataclasses import dataclass, field
from typing import Any

STREAM_LIMIT = 32_000_000
"""Bytes of instructions; a file of ten thousand tensors has two million."""
# A tensor takes forty instructions and two calls, in a file with its optimiser's moments three times that.
_INSTRUCTIONS, _CALLS = 1_000_000, 100_000
# Objects inside one tuple or one call's arguments, and inside a key, each counted as often as it is reached.
_WEIGHT, _KEY_WEIGHT, _CAP = 1_000_000, 1000, 10**12
_SHORT = 8  # tuples up to this length are followed by value: the ids of storages are

_PUSHES = frozenset((
    "NONE", "NEWTRUE", "NEWFALSE", "BININT", "BININT1", "BININT2", "BINFLOAT", "LONG1", "BINUNICODE", "SHORT_BINSTRING",
    "EMPTY_TUPLE", "EMPTY_LIST", "EMPTY_DICT", "EMPTY_SET",
))  # fmt: skip
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_CALLING = frozenset(("REDUCE", "NEWOBJ", "BUILD"))
_OTHERS = frozenset((
    "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "TUPLE", "MARK", "SETITEM", "SETITEMS", "APPEND", "APPENDS",
    "GLOBAL", "BINPERSID", "PROTO", "STOP",
))  # fmt: skip
_KNOWN = _PUSHES | _TUPLES.keys() | _CALLING | _OTHERS
"""What torch's reader carries out; protocols after 2 have more."""
_OPCODES = {opcode.code.encode("latin1"): opcode for opcode in pickletools.opcodes}
_ITEM_SIZES = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8, "IntStorage": 4,
    "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1, "UntypedStorage": 1,
    "ComplexDoubleStorage": 16, "ComplexFloatStorage": 8, "QUInt8Storage": 1, "QInt8Storage": 1, "QInt32Storage": 4,
}  # fmt: skip


class PickleError(ValueError):
    """The instructions are damaged, or none that a file of weights has; the text goes on after "it"."""


class Name(str):
    """A global a pickle refers to, as "module.name"."""

    __slots__ = ()


@dataclass(eq=False, slots=True)
class _Item:
    """One object: how many are reached through it, and its value where that is a number, a text or a short tuple."""

    weight: int = 1
    value: Any = None


_MARK = _Item(0)


@dataclass
class Instructions:
    """What the instructions of one pickle ask for: `names` they refer to, `storages` (key to bytes) they announce.

    `called` are the names among them that are given arguments; `end` is where the next pickle of a file would begin.
    """

    names: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)
    storages: dict[Any, int] = field(default_factory=dict)
    end: int = 0

    @property
    def announced(self) -> int:
        """Bytes of all storages together."""
        return sum(self.storages.values())


def read_instructions(data: bytes, start: int = 0) -> Instructions:
    """Follow the pickle at `start` of `data`; raises PickleError for one that no file of weights needs."""
    stream = io.BytesIO(data)
    stream.seek(start)
    machine = _Machine()
    try:
        for _ in range(_INSTRUCTIONS):
            opcode = _OPCODES[stream.read(1)]
            if opcode.name not in _KNOWN:
                raise PickleError(f"has an instruction ({opcode.name}) that torch.save does not write")
            machine.step(opcode.name, _argument(opcode, stream))
            if opcode.name == "STOP":
                break
        else:
            raise PickleError("is made of more instructions than any file of weights")
    except PickleError:
        raise
    except (ValueError, IndexError, KeyError, TypeError) as err:
        raise PickleError("is truncated or damaged") from err
    machine.found.end = stream.tell()
    return machine.found


def _argument(opcode: pickletools.OpcodeInfo, stream: io.BytesIO) -> Any:
    if opcode.name == "GLOBAL":
        # As torch reads it: pickletools would take a backslash for an escape.
        return tuple(stream.readline()[:-1].decode() for _ in range(2))
    return opcode.arg.reader(stream) if opcode.arg else None


class _Machine:
    """A pickle machine whose objects are `_Item`s."""

    def __init__(self) -> None:
        self.found = Instructions()
        self._stack: list[_Item] = []
        self._memo: dict[int, _Item] = {}
        self._calls = 0

    def step(self, name: str, argument: Any) -> None:
        """Carry out one instruction, as far as its outcome matters here."""
        if name in _PUSHES:
            self._stack.append(_Item(1, () if name == "EMPTY_TUPLE" else argument))
        elif name in ("BINPUT", "LONG_BINPUT"):
            self._memo[argument] = self._top()
        elif name in ("BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[argument])
        elif name in _TUPLES:
            self._join(self._pop(_TUPLES[name]))
        elif name == "TUPLE":
            self._join(self._pop_to_mark())
        elif name == "MARK":
            self._stack.append(_MARK)
        elif name in ("SETITEMS", "APPENDS"):
            self._put(self._pop_to_mark(), keyed=name == "SETITEMS")
        elif name in ("SETITEM", "APPEND"):
            self._put(self._pop(2 if name == "SETITEM" else 1), keyed=name == "SETITEM")
        elif name in _CALLING:
            self._call(named=name != "BUILD")
        elif name == "GLOBAL":
            self._refer(argument)
        elif name == "BINPERSID":
            self._announce(self._pop(1)[0].value)
        elif name == "PROTO" and argument == 2:
            pass
        elif name == "PROTO":
            raise PickleError(f"was pickled with protocol {argument}, and torch reads weights of protocol 2 only")
        else:  # STOP, with the object that was made
            self._pop(1)

    def _top(self) -> _Item:
        if self._stack[-1] is _MARK:
            raise IndexError("a mark")
        return self._stack[-1]

    def _pop(self, count: int) -> list[_Item]:
        if len(self._stack) < count or any(item is _MARK for item in self._stack[-count:]):
            raise IndexError(count)
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _pop_to_mark(self) -> list[_Item]:
        place = len(self._stack) - 1
        while self._stack[place] is not _MARK:
            place -= 1
            if place < 0:
                raise IndexError(place)
        items = self._stack[place + 1 :]
        del self._stack[place:]
        return items

    def _join(self, items: list[_Item]) -> None:
        weight = _sum(items)
        if weight > _WEIGHT:
            raise PickleError("holds a tuple that refers to itself too often to be data")
        self._stack.append(_Item(1 + weight, tuple(item.value for item in items) if len(items) <= _SHORT else None))

    def _put(self, items: list[_Item], keyed: bool) -> None:
        """Into the list or dictionary below them."""
        if keyed and any(key.weight > _KEY_WEIGHT for key in items[::2]):
            raise PickleError("holds a key that is no name")
        below = self._top()
        below.weight = min(below.weight + _sum(items), _CAP)

    def _call(self, named: bool) -> None:
        """A function with its arguments, or an object with its state: one object less on the stack."""
        self._calls += 1
        if self._calls > _CALLS:
            raise PickleError("makes more objects than any file of weights")
        first, second = self._pop(2)
        if named:
            self._check_call(first.value, second)
        self._stack.append(_Item(min(first.weight + second.weight, _CAP)))

    def _check_call(self, function: Any, arguments: _Item) -> None:
        if not isinstance(function, Name):
            raise PickleError("calls what is not a name")
        if arguments.weight > _WEIGHT:
            raise PickleError("holds objects that refer to themselves too often to be data")
        # Bytes are pickled as text in this encoding; others take time that grows with the square of the length.
        if function == "_codecs.encode" and (
            not isinstance(arguments.value, tuple) or arguments.value[1:] != ("latin1",)
        ):
            raise PickleError("holds text in an encoding that torch.save does not write")
        # It calls its first argument.
        if function == "torch._tensor._rebuild_from_type_v2" and not _rebuilds(arguments.value):
            raise PickleError("calls what is no way to make a tensor")
        self.found.called.add(str(function))

    def _refer(self, argument: tuple[str, str]) -> None:
        module, name = argument
        # As torch does: names of Python 2 stand for those of Python 3.
        module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        found = Name(f"{module}.{name}")
        self.found.names.add(str(found))
        self._stack.append(_Item(1, found))

    def _announce(self, value: Any) -> None:
        """A storage: ("storage", type, key, location, number of items, ...); shared ones count once."""
        if isinstance(value, tuple) and value[:1] == ("module",):
            raise PickleError("stores a class of a network with its source, as torch.save did before version 1.6")
        if isinstance(value, tuple) and len(value) >= 5 and isinstance(value[4], int) and isinstance(value[1], Name):
            size = _ITEM_SIZES.get(value[1].rpartition(".")[2], 1) * max(value[4], 0)
            self.found.storages[value[2]] = max(size, self.found.storages.get(value[2], 0))
        self._stack.append(_Item())


def _rebuilds(arguments: Any) -> bool:
    first = arguments[0] if isinstance(arguments, tuple) and arguments else None
    return isinstance(first, Name) and first.startswith("torch._utils._rebuild_")


def _sum(items: list[_Item]) -> int:
    return sum(item.weight for item in items)
