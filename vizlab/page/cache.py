"""A cache that knows what its values weigh: results stay on the server, a session keeps only a key."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True)
class _Entry(Generic[V]):
    value: V
    size: int


class ByteCache(Generic[V]):
    """Values by key, the least recently used dropped first; safe from several threads.

    Holds at most `max_bytes`, or the newest value alone where that one is larger: what was just computed can
    always be looked at. `gone` is told the keys of values that had to go.
    """

    def __init__(self, max_bytes: int, gone: Callable[[str], object] = lambda key: None) -> None:
        if max_bytes <= 0:
            raise ValueError(f"max_bytes is {max_bytes}; expected a positive number")
        self.max_bytes = max_bytes
        self._gone = gone
        self._entries: OrderedDict[str, _Entry[V]] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> V | None:
        """The value, which counts as used now; None if it was never there or had to go."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            self._entries.move_to_end(key)
            return entry.value

    def put(self, key: str, value: V, size: int) -> None:
        """Keep `value`, which takes `size` bytes, in place of what `key` held before."""
        with self._lock:
            gone = self._hold(key, value, size)
        self._tell(gone)

    def weigh(self, key: str, size: int) -> None:
        """`key` takes `size` bytes by now, since more hangs on its value; it counts as used. Nothing if it is gone."""
        gone: list[str] = []
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                gone = self._hold(key, entry.value, size)
        self._tell(gone)

    def drop(self, key: str) -> None:
        """Forget `key`, if it is there."""
        with self._lock:
            self._forget(key)

    @property
    def total_bytes(self) -> int:
        with self._lock:
            return self._total

    def __len__(self) -> int:
        with self._lock:
            return len(self._entries)

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._entries

    def _hold(self, key: str, value: V, size: int) -> list[str]:
        """Take it in as the newest; the keys of what had to go for it."""
        self._forget(key)
        self._entries[key] = _Entry(value, size)
        self._total += size
        gone = []
        while self._total > self.max_bytes and len(self._entries) > 1:
            gone.append(next(iter(self._entries)))
            self._forget(gone[-1])
        return gone

    def _tell(self, gone: list[str]) -> None:
        for key in gone:  # outside of the lock: who is told may ask this cache again
            self._gone(key)

    def _forget(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._total -= entry.size
