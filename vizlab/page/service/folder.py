"""A folder of this process alone for what users upload and what is made for them; gone when the process is.

Beside the folder lies a file that the process holds locked. The kernel lets go of the lock however the process ends,
so that the next one can tell what was left over from what is in use.
"""

import os
import secrets
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO

from vizlab.errors import InputError

try:
    import fcntl
except ImportError:  # Windows: folders are private by themselves, and what is left over there stays
    fcntl = None  # type: ignore[assignment]

VARIABLE = "GRADIO_TEMP_DIR"
"""Where Gradio looks for the folder, whenever it makes a component or an app."""
_READ_ONCE = ("gradio.route_utils", "gradio.routes", "gradio.mcp")
"""Modules of Gradio that look when they are imported: assistants' files would come to lie outside of the folder."""
_PREFIX, _LOCK = "page-", ".lock"


class PrivateFolder:
    """A new folder below `base`, readable by its owner alone (mode 700). Folders of dead processes there are removed.

    Without `base` it is below a folder of this user in the system's place for temporary files. Raises InputError where
    none can be made.
    """

    def __init__(self, base: Path | None = None) -> None:
        self.base = _own_base() if base is None else base
        try:
            self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.left_over = remove_left_over(self.base)
            self.path, self._lock = _made(self.base)
        except OSError as err:
            raise InputError(
                f"No folder for uploads can be made in '{self.base}' ({err.strerror}); set {VARIABLE} to a folder that "
                "this user may write to."
            ) from err

    def remove(self) -> None:
        """Remove it with everything in it. Done twice, it does nothing."""
        if self._lock.closed:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        _lock_of(self.path).unlink(missing_ok=True)
        self._lock.close()


class UploadFolder(PrivateFolder):
    """The folder for what Gradio is sent in this process, below the one that GRADIO_TEMP_DIR names, if it names any."""

    def __init__(self) -> None:
        self._before = os.environ.get(VARIABLE)
        given = None if not self._before else Path(self._before)
        if given is not None and _is_made(given):  # by an earlier page of this process
            given = given.parent
        super().__init__(given)
        os.environ[VARIABLE] = str(self.path)
        for name in _READ_ONCE:
            if name in sys.modules:
                vars(sys.modules[name])["DEFAULT_TEMP_DIR"] = str(self.path)

    def remove(self) -> None:
        """Remove it, and let Gradio look where it did before."""
        super().remove()
        if os.environ.get(VARIABLE) == str(self.path):
            del os.environ[VARIABLE]
            os.environ.update({} if self._before is None else {VARIABLE: self._before})


def _is_made(path: Path) -> bool:
    return path.name.startswith(f"{_PREFIX}{os.getpid()}-")


def remove_left_over(base: Path) -> int:
    """Remove the folders that processes left which are gone; how many there were. Others' things are not touched."""
    if fcntl is None:
        return 0
    found = 0
    for lock in base.glob(f"{_PREFIX}*{_LOCK}"):
        try:
            with lock.open("r+") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(lock.with_name(lock.name.removesuffix(_LOCK)), ignore_errors=True)
                lock.unlink(missing_ok=True)
                found += 1
        except OSError:  # in use, somebody else's, or gone meanwhile
            continue
    return found


def _made(base: Path) -> tuple[Path, IO[str]]:
    """A new folder and its lock, which is held before the folder is there."""
    while True:
        path = base / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}"
        held = _lock_of(path).open("x")
        if fcntl is not None:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                mine = os.fstat(held.fileno()).st_nlink > 0
            except OSError:  # somebody who removes left-overs has it
                mine = False
            if not mine:
                held.close()
                continue
        path.mkdir(mode=0o700)
        path.chmod(0o700)  # whatever the process' umask is
        return path, held


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + _LOCK)


def _own_base() -> Path:
    """The same for every process of this user, and nobody else's; a new one where somebody else has the name."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    base = Path(tempfile.gettempdir()) / f"vizlab-{user}"
    try:
        base.mkdir(mode=0o700, exist_ok=True)
        known = base.lstat()
    except OSError:
        return Path(tempfile.mkdtemp(prefix="vizlab-"))
    own = stat.S_ISDIR(known.st_mode) and (not hasattr(os, "getuid") or known.st_uid == user)
    if not own or (fcntl is not None and known.st_mode & 0o077):
        return Path(tempfile.mkdtemp(prefix="vizlab-"))
    return base
