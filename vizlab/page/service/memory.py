"""Memory that is free goes back to the system: glibc keeps it otherwise, several times what the page's cache holds."""

import ctypes
import gc
import math
import sys
import threading
import time
from collections.abc import Callable

_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h."""
ARENAS = 2
"""Places that threads allocate from: each keeps its own free memory, and there are eight a core otherwise."""
AT_MOST_EVERY = 1.0
"""Seconds between two trims; one takes some milliseconds for each 100 MB that are free. Until then a page holds what
a run needed while it ran, in each of its arenas."""


class Memory:
    """Gives free memory back after work, not too often. Where the C library is another one it does nothing."""

    def __init__(self, trim: Callable[[], object] | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._trim = trim or _glibc("malloc_trim")
        self._now = now
        self._last = -math.inf
        self._used = True  # loading took some
        self._lock = threading.Lock()

    def used(self) -> None:
        """Something was computed, and may have freed memory. Gives it back at once if that was not done lately."""
        self._used = True
        self.trim()

    def trim(self) -> bool:
        """Give back what is free, unless nothing was used since, or it was done a moment ago; whether it was done."""
        with self._lock:
            if self._trim is None or not self._used or self._now() - self._last < AT_MOST_EVERY:
                return False
            self._last, self._used = self._now(), False
        self._trim()
        return True


def set_allocator() -> bool:
    """Let all threads share a few places to allocate from; whether this C library can. At the start of a process."""
    mallopt = _glibc("mallopt", _ARENA_MAX, ARENAS)
    return mallopt is not None and bool(mallopt())


def keep_what_is_there() -> None:
    """What this process has made until now stays to its end: the collector of cycles looks at it no more.

    It would now and then, with all threads stopped: a quarter of a second for the half million objects that libraries
    and the page's components are. For a process that does nothing else than to serve the page.
    """
    gc.collect()
    gc.freeze()


def resident_bytes() -> int:
    """What this process has in memory now; 0 where the system does not say (it does on Linux)."""
    try:
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
    except OSError:
        return 0
    import resource  # only where there is a /proc

    return pages * resource.getpagesize()


def _glibc(name: str, *given: int) -> Callable[[], int] | None:
    """A function of glibc with what it is given (0, if nothing); None where that is not the C library."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        function = getattr(library, name)
    except (OSError, AttributeError):
        return None
    return lambda: int(function(*(given or (0,))))
