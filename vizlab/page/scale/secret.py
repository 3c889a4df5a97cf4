"""The secret by which results get keys that nobody guesses: a process' own, or one that several pages share."""

import os
import secrets
import stat
from pathlib import Path

from vizlab.errors import InputError

BYTES = 32
"""Of a secret that is made; one that is read may be longer."""


def secret_of(file: Path | None) -> bytes:
    """A new secret, or what `file` holds; who comes first writes it, readable by this user alone (mode 600).

    With the same secret two pages give the same question the same key, and so does a page that was started again.
    Raises InputError for a file that others may read, that is too short, or that cannot be read or made.
    """
    if file is None:
        return secrets.token_bytes(BYTES)
    try:
        _made(file)
        with file.open("rb") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            found = opened.read(4096)
    except OSError as err:
        raise InputError(
            f"The secret cannot be read from '{file}' ({err.strerror}); name a file, or one to be made in a folder "
            "that this user may write to."
        ) from err
    if os.name == "posix" and mode & 0o077:
        raise InputError(f"Others than its owner may read the secret in '{file}' (mode {mode:o}): chmod 600 it.")
    if len(found) < BYTES:
        raise InputError(
            f"The secret in '{file}' has {len(found)} bytes; expected {BYTES} or more. Remove it for a new one."
        )
    return found


def _made(file: Path) -> None:
    """The file, with a new secret if it is not there; of several that make it at once the first one's stays."""
    if file.exists():
        return
    fresh = file.with_name(f".{file.name}-{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(secrets.token_bytes(BYTES))
        os.link(fresh, file)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
