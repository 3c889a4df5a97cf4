"""Users and their passwords, of which the file keeps only salted hashes (scrypt).

    python -m vizlab.page.guard.passwords NAME >> users.txt

asks for a password and prints the line for it: NAME:scrypt:N:R:P:SALT:HASH, both in hexadecimal digits. Empty lines
and those that begin with # are left out.
"""

import argparse
import getpass
import hashlib
import hmac
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vizlab.errors import InputError, VizlabError

N, R, P = 2**14, 8, 1
"""16 MB and some 50 ms for every try."""
LONGEST = 1000
"""Characters of a password that are looked at; who sends more is refused."""
_MEMORY = 128 * 1024 * 1024


@dataclass(frozen=True)
class Hashed:
    """A password nobody can read here; `n`, `r` and `p` are scrypt's."""

    salt: bytes
    digest: bytes
    n: int = N
    r: int = R
    p: int = P

    @classmethod
    def of(cls, password: str) -> "Hashed":
        """With a new salt."""
        salt = secrets.token_bytes(16)
        return cls(salt, _scrypt(password, salt, N, R, P))

    def fits(self, password: str) -> bool:
        """Whether that is the password; it takes the same time whether it is or not."""
        return hmac.compare_digest(_scrypt(password, self.salt, self.n, self.r, self.p), self.digest)

    def written(self) -> str:
        """As the file has it, behind the user's name."""
        return f"scrypt:{self.n}:{self.r}:{self.p}:{self.salt.hex()}:{self.digest.hex()}"


NOBODYS = Hashed(b"\0" * 16, b"\0" * 32)
"""Tried for who is not in the file, so that an unknown name takes as long as a wrong password."""


class Users:
    """By name. `know` answers whether name and password belong together."""

    def __init__(self, users: Mapping[str, Hashed]) -> None:
        self._users = dict(users)

    def __len__(self) -> int:
        return len(self._users)

    def know(self, name: str, password: str) -> bool:
        """Takes some 50 ms, whether either is right or not."""
        found = self._users.get(name)
        fits = (found or NOBODYS).fits(password[:LONGEST])
        return fits and found is not None and len(password) <= LONGEST


def read_users(path: Path) -> Users:
    """The users of a file. Raises InputError for a file that cannot be read, an empty one, or a line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        raise InputError(f"--auth names '{path}', which cannot be read; expected a file of users.") from err
    users: dict[str, Hashed] = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            name, hashed = _read(line, path, number)
            if name in users:
                raise InputError(f"{path}, line {number}: '{name[:40]}' is there twice; leave one of the lines out.")
            users[name] = hashed
    if not users:
        raise InputError(f"{path} names no user; python -m vizlab.page.guard.passwords NAME prints a line for one.")
    return Users(users)


def _read(line: str, path: Path, number: int) -> tuple[str, Hashed]:
    try:
        name, kind, n, r, p, salt, digest = line.strip().split(":")
        hashed = Hashed(bytes.fromhex(salt), bytes.fromhex(digest), int(n), int(r), int(p))
        if kind != "scrypt" or not name or len(hashed.digest) != 32 or len(hashed.salt) < 16:
            raise ValueError
        hashed.fits("")  # which scrypt refuses for numbers that cannot be
    except ValueError as err:
        raise InputError(
            f"{path}, line {number} is no user; python -m vizlab.page.guard.passwords NAME prints a line for one."
        ) from err
    return name, hashed


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(errors="surrogatepass"), salt=salt, n=n, r=r, p=p, maxmem=_MEMORY, dklen=32)


def main(argv: list[str] | None = None) -> None:
    """Ask for a password and print the line for the file; where the input is no terminal, its first line is it."""
    parser = argparse.ArgumentParser(prog="python -m vizlab.page.guard.passwords", description=main.__doc__)
    parser.add_argument("name", help="the user's name, without a colon")
    name = parser.parse_args(argv).name
    try:
        print(f"{_named(name)}:{Hashed.of(_asked(name)).written()}")
    except VizlabError as err:
        sys.exit(f"vizlab: {err}")


def _named(name: str) -> str:
    if not name.strip() or name != name.strip() or any(c in name for c in ":#\n\r"):
        raise InputError(f"'{name[:40]}' is no user's name; expected one without colon, # or spaces around it.")
    return name


def _asked(name: str) -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass(f"password of {name}: ")
        if getpass.getpass("once more: ") != password:
            raise InputError("The two are not the same; try again.")
    if len(password) < 8 or len(password) > LONGEST:
        raise InputError(f"The password has {len(password)} characters; expected 8 or more.")
    return password


if __name__ == "__main__":
    main()
