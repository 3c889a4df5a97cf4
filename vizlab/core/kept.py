"""A forward of which everything before a site is kept, so that a change there costs only what comes after it.

Nothing of a network has to be known for that. Whatever a forward does, it does by calls of torch, in the same order
every time. The first run counts these calls; where it reaches a site it copies the tensors that are still alive, since
only these can be used later. The next run answers its first calls from what is kept, computing nothing, and goes on
with the copies from the call at which the site began. So what follows is computed by the very same calls on the very
same numbers.

All of it belongs to the thread that runs the forward; nothing is left on the network.
"""

import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from vizlab.core.site import passing

LIMIT = 1 << 30
"""Bytes that all copies of one forward may take."""

Outputs = Mapping[str, Tensor]
Forward = Callable[[], Outputs]


class DivergedError(RuntimeError):
    """A run called torch in another order than the one that was kept: it cannot be gone on with."""


@dataclass(frozen=True)
class _Kept:
    """The `number`-th tensor of a forward."""

    number: int


@dataclass(frozen=True)
class _Call:
    """Which function was called, and what it returned, with `_Kept` in place of tensors."""

    name: str
    returned: Any


@dataclass
class _Copy:
    """A storage as it was, and how one tensor lay in it."""

    storage: Tensor
    size: torch.Size
    stride: tuple[int, ...]
    offset: int
    bytes: int

    def tensor(self, fresh: dict[int, Tensor]) -> Tensor:
        """The tensor on a new copy of the storage, which tensors that shared one share again."""
        key = id(self.storage)
        if key not in fresh:
            fresh[key] = self.storage.clone()
        return fresh[key].as_strided(self.size, self.stride, self.offset)


@dataclass
class _Mark:
    """Where a site began: after how many calls, and the tensors alive there by number."""

    calls: int
    copies: dict[int, _Copy]


@dataclass
class Kept:
    """One forward, run once; `outputs` are what it gave. Made by `keep`."""

    outputs: Outputs
    _calls: list[_Call] = field(repr=False)
    _marks: dict[str, _Mark] = field(repr=False)
    _order: tuple[str, ...] = ()
    sound: bool = True

    @property
    def bytes(self) -> int:
        """Of all copies together, each counted once."""
        copies = (copy for mark in self._marks.values() for copy in mark.copies.values())
        return sum({id(copy.storage): copy.bytes for copy in copies}.values())

    def before(self, sites: Collection[str]) -> str | None:
        """The last kept site that a forward reaches before all of `sites`, or the first of these; None for none."""
        order = list(self._order)
        first = min((order.index(site) for site in sites if site in order), default=None)
        if first is None or not self.sound:
            return None
        return next((site for site in reversed(order[: first + 1]) if site in self._marks), None)

    @contextmanager
    def going_on(self, sites: Collection[str]) -> Iterator[None]:
        """Within the block, the same forward starts where the first of `sites` begins; whole if that is not kept.

        Raises DivergedError if it turns out not to be the same forward.
        """
        site = self.before(sites)
        if site is None:
            with passing(_Apart()):
                yield
            return
        replay = _Replay(self._calls, self._marks[site], site)
        with passing(replay), replay:
            yield


def keep(forward: Forward, sites: Collection[str] | None = None, limit: int = LIMIT, sound: bool | None = None) -> Kept:
    """Run `forward` once, keeping what is needed to go on from each of `sites` (None: all), within `limit` bytes.

    Where the copies would take more, every second site is let go: runs for these start at an earlier one. `sound` is
    whether it can be gone on with at all, where another forward of the same network has shown that; None tries it.
    """
    recording = _Recording(sites, limit)
    with passing(recording), recording:
        outputs = forward()
    kept = Kept(outputs, recording.calls, recording.marks, tuple(recording.order))
    kept.sound = _goes_on(kept, forward) if sound is None else sound
    return kept


def _goes_on(kept: Kept, forward: Forward) -> bool:
    """Whether the forward, gone on with at the last kept site, gives the same again to the bit.

    A network may do things that torch does not show (compiled code, functions of its own): its forwards run whole.
    """
    if not kept._marks:
        return False
    try:
        with kept.going_on([list(kept._marks)[-1]]):
            again = forward()
    except Exception:
        return False
    return all(torch.equal(again[name], y) or _both_nan(again[name], y) for name, y in kept.outputs.items())


def _both_nan(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(torch.isclose(a, b, rtol=0, atol=0, equal_nan=True).all())


class _Apart:
    """A whole forward whose sites compute their parts one by one, as those that are gone on with do."""

    replaying = False

    def reached(self, site: str) -> None:
        """Nothing to note."""


class _Recording(TorchFunctionMode):
    """Counts calls, and copies what is alive where a site begins."""

    replaying = False

    def __init__(self, sites: Collection[str] | None, limit: int) -> None:
        super().__init__()
        self.calls: list[_Call] = []
        self.marks: dict[str, _Mark] = {}
        self.order: list[str] = []
        self._wanted, self._limit = sites, limit
        self._numbers: dict[int, int] = {}
        self._alive: dict[int, weakref.ref[Tensor]] = {}
        self._count = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self.calls.append(_Call(_name(func), _mapped(result, self._noted)))
        return result

    def reached(self, site: str) -> None:
        if site in self.order:
            return
        self.order.append(site)
        if self._wanted is None or site in self._wanted:
            with torch._C.DisableTorchFunction():
                self._mark(site)

    def _noted(self, tensor: Tensor) -> _Kept:
        """The tensor's number; one that was seen before, changed in place meanwhile, keeps it."""
        key = id(tensor)
        known = self._numbers.get(key)
        if known is not None and known in self._alive and self._alive[known]() is tensor:
            return _Kept(known)
        self._numbers[key] = self._count
        self._alive[self._count] = weakref.ref(tensor)
        self._count += 1
        return _Kept(self._count - 1)

    def _mark(self, site: str) -> None:
        alive = {number: tensor for number, ref in self._alive.items() if (tensor := ref()) is not None}
        self._alive = {number: weakref.ref(tensor) for number, tensor in alive.items()}
        last = next(reversed(self.marks.values()), None)
        self.marks[site] = _Mark(len(self.calls), _copies(alive, last.copies if last else {}))
        while sum(_sizes(self.marks).values()) > self._limit and self.marks:
            self.marks = dict(list(self.marks.items())[1::2])


def _sizes(marks: Mapping[str, _Mark]) -> dict[int, int]:
    return {id(copy.storage): copy.bytes for mark in marks.values() for copy in mark.copies.values()}


def _copies(alive: Mapping[int, Tensor], before: Mapping[int, _Copy]) -> dict[int, _Copy]:
    """A copy of each tensor; those that share memory share its copy, those that did not change that of `before`."""
    together: dict[int, list[int]] = {}
    for number, tensor in alive.items():
        together.setdefault(tensor.untyped_storage().data_ptr(), []).append(number)
    copies: dict[int, _Copy] = {}
    for numbers in together.values():
        first = alive[numbers[0]]
        if len(numbers) == 1 and _is_dense(first):
            copies[numbers[0]] = _alone(first, before.get(numbers[0]))
            continue
        storages: dict[torch.dtype, Tensor] = {}
        for number in numbers:
            tensor = alive[number]
            if tensor.dtype not in storages:
                whole = tensor.new_empty(0).set_(tensor.untyped_storage())
                storages[tensor.dtype] = whole.clone()
            held = storages[tensor.dtype]
            copies[number] = _Copy(held, tensor.shape, tensor.stride(), int(tensor.storage_offset()), held.nbytes)
    return copies


def _alone(tensor: Tensor, before: _Copy | None) -> _Copy:
    if before is not None and before.size == tensor.shape and before.offset == 0 and before.stride == tensor.stride():
        held = before.storage.as_strided(before.size, before.stride)
        if torch.equal(held, tensor):
            return before
    flat = torch.empty(tensor.numel(), dtype=tensor.dtype, device=tensor.device)
    flat.as_strided(tensor.shape, tensor.stride()).copy_(tensor)
    return _Copy(flat, tensor.shape, tensor.stride(), 0, flat.nbytes)


def _is_dense(tensor: Tensor) -> bool:
    """Whether its numbers fill as much memory as they need, in whatever order of axes."""
    return torch.ops.aten.is_non_overlapping_and_dense(tensor)


class _Replay(TorchFunctionMode):
    """Answers the calls before a mark from what is kept, and computes all that follow."""

    def __init__(self, calls: list[_Call], mark: _Mark, site: str) -> None:
        super().__init__()
        self._calls, self._until, self._site, self._next = calls, mark.calls, site, 0
        fresh: dict[int, Tensor] = {}
        self._tensors = {number: copy.tensor(fresh) for number, copy in mark.copies.items()}
        # Until the site itself is reached, not its last call before: what ran until then has nothing to show.
        self.replaying = True

    def reached(self, site: str) -> None:
        if site == self._site and self._next == self._until:
            self.replaying = False

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if not self.replaying:
            return func(*args, **(kwargs or {}))
        if self._next == self._until:
            raise DivergedError(f"call {self._next} is of {_name(func)}, and was the first of {self._site}")
        call = self._calls[self._next]
        if call.name != _name(func):
            raise DivergedError(f"call {self._next} is of {_name(func)}, and was of {call.name}")
        self._next += 1
        # Most calls give one tensor; there are a thousand of them.
        return self._tensor(call.returned) if type(call.returned) is _Kept else _mapped(call.returned, self._tensor)

    def _tensor(self, kept: _Kept) -> Tensor:
        # What was gone by then is only handed to calls that are not made.
        return self._tensors.get(kept.number, _NOBODY)


_NOBODY = torch.empty(0)


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """`value` with every tensor, or what stands for one, changed; in tuples, lists and dicts as well."""
    if isinstance(value, Tensor | _Kept):
        return change(value)
    if isinstance(value, torch.Size):
        return value
    if isinstance(value, tuple):
        items = [_mapped(item, change) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, list):
        return [_mapped(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    return value


def _name(func: Callable[..., Any]) -> str:
    found = getattr(func, "__name__", None)
    return str(func) if found is None else found
