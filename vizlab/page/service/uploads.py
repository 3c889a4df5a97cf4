"""What users have uploaded: whose it is, how much they may, and when it goes.

A visitor is here the address that requests come from. Files lie by their content, so that several may have sent the
same one, which is there once: it counts for each of them until sessions of his named it and ended, and for who names it
without having sent it. It goes when its sessions have ended, or when nobody has named it for long; results are drawn
from what was read of it, not from it.
"""

import contextlib
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from vizlab.errors import InputError

GRACE = 30.0
"""Seconds a session may be gone before its files are: connections break and are made anew."""
UNNAMED_KEPT = 3600.0
"""Seconds that a file is kept which no session that is there has named; so are files made to be downloaded."""

BROKEN_OFF = 120.0
"""Seconds without a byte after which a file that is being received counts as broken off."""
KEPT_FREE = 200_000_000
"""Bytes of the disk that uploads leave to everything else."""
DISK_FULL = "This page's disk is full; its operator has to make room."
_DIGEST = re.compile("[0-9a-f]{64}")
"""Of its content: what the folder is called in which Gradio puts a file."""


@dataclass
class _Held:
    """A file: its bytes, the sessions that named it with their visitors, and when it was last sent or named.

    `awaited` are the visitors who sent it and have not named it yet, with when they did.
    """

    size: int
    sessions: dict[str, str] = field(default_factory=dict)
    awaited: dict[str, float] = field(default_factory=dict)
    seen: float = 0.0

    def counts_for(self, visitor: str) -> bool:
        return visitor in self.awaited or visitor in self.sessions.values()


class Uploads:
    """The files below `folder`, at most `of_one` bytes of one visitor and `of_all` in all. Safe from several threads.

    `now` gives seconds from any point in time.
    """

    def __init__(self, folder: Path, of_one: int, of_all: int, now: Callable[[], float] = time.time) -> None:
        self.folder, self.of_one, self.of_all = folder, of_one, of_all
        self._now = now
        self._files: dict[Path, _Held] = {}
        self._coming: dict[str, int] = {}  # bytes that are being sent, by visitor
        self._open: dict[str, int] = {}  # connections of sessions that are there
        self._gone: dict[str, float] = {}  # when the others went
        self._lock = threading.Lock()

    @property
    def total_bytes(self) -> int:
        """Bytes of all files that were uploaded and are still there."""
        with self._lock:
            return sum(held.size for held in self._files.values())

    @property
    def sessions(self) -> int:
        """How many pages are open."""
        with self._lock:
            return len(self._open)

    def coming(self, visitor: str, size: int) -> None:
        """`visitor` is about to send `size` bytes more; raises InputError where that is more than fits."""
        with self._lock:
            own = sum(held.size for held in self._files.values() if held.counts_for(visitor))
            total = sum(held.size for held in self._files.values()) + sum(self._coming.values())
            if own + self._coming.get(visitor, 0) + size > self.of_one:
                raise InputError(
                    f"Your files take {_mb(own)} MB on this page, and these would take {_mb(size)} MB more, of "
                    f"{_mb(self.of_one)} MB that it keeps for one visitor; close pages you no longer use, and wait "
                    "a minute."
                )
            if total + size > self.of_all:
                raise InputError(
                    f"This page holds {_mb(total)} MB of files of all its visitors, of {_mb(self.of_all)} MB that it "
                    "has room for; come back when some of them have left."
                )
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # who tidies temporary files may have taken it
            if shutil.disk_usage(self.folder).free < size + sum(self._coming.values()) + KEPT_FREE:
                raise InputError(DISK_FULL)
            self._coming[visitor] = self._coming.get(visitor, 0) + size

    def came(self, visitor: str, size: int, paths: Iterable[str]) -> None:
        """What `coming` was said of has come, as these files, or as none where it failed."""
        with self._lock:
            left = self._coming.get(visitor, 0) - size
            self._coming = {name: n for name, n in {**self._coming, visitor: left}.items() if n > 0}
            for path in map(Path, paths):
                if self.folder in path.parents and path.is_file():
                    held = self._files.setdefault(path, _Held(path.stat().st_size))
                    held.awaited[visitor] = held.seen = self._now()

    def named(self, session: str, visitor: str, text: str) -> None:
        """`session` of that visitor sent `text`, which makes the files its own that it names."""
        digests = set(_DIGEST.findall(text))
        with self._lock:
            for path, held in self._files.items():
                if path.parent.name in digests:
                    held.sessions[session], held.seen = visitor, self._now()
                    held.awaited.pop(visitor, None)

    def opened(self, session: str) -> None:
        """A page of that session is connected."""
        with self._lock:
            self._open[session] = self._open.get(session, 0) + 1
            self._gone.pop(session, None)

    def closed(self, session: str) -> None:
        """It is no longer; `sweep` removes its files after a while."""
        with self._lock:
            self._open[session] = self._open.get(session, 1) - 1
            if self._open[session] <= 0:
                del self._open[session]
                self._gone[session] = self._now()

    def sweep(self) -> int:
        """Remove what nobody needs any more; how many files that were."""
        now = self._now()
        with self._lock:
            ended = {session for session, since in self._gone.items() if now - since >= GRACE}
            for session in ended:
                del self._gone[session]
            old = [path for path, held in self._files.items() if self._is_old(held, ended, now)]
            for path in old:
                del self._files[path]
            known = set(self._files)
        removed = sum(map(_removed, old))
        for path in list(_files_below(self.folder)):
            received = path.parent == self.folder  # under a name of its own until it is complete
            if path not in known and _age(path) > (BROKEN_OFF if received else UNNAMED_KEPT):
                removed += _removed(path)
        return removed

    def _is_old(self, held: _Held, ended: set[str], now: float) -> bool:
        """Whether its sessions have ended and nobody else sent it, or it has none and was sent long ago."""
        had = bool(ended & held.sessions.keys())
        held.sessions = {session: visitor for session, visitor in held.sessions.items() if session not in ended}
        held.awaited = {visitor: since for visitor, since in held.awaited.items() if now - since <= UNNAMED_KEPT}
        here = any(session in self._open or session in self._gone for session in held.sessions)
        return not here and ((had and not held.sessions and not held.awaited) or now - held.seen > UNNAMED_KEPT)


def _files_below(folder: Path) -> Iterable[Path]:
    for where, _, names in os.walk(folder):
        yield from (Path(where) / name for name in names)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _removed(path: Path) -> int:
    """1 if there was something to remove. A file has a folder of its own, named by its content."""
    there = path.is_file()
    path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another file of the same content, under another name
        path.parent.rmdir()
    return int(there)


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f}".removesuffix(".0")
