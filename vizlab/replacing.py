"""Files that are there whole or not at all: written beside their place, then put into it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vizlab.errors import VizlabError, one_line


@contextmanager
def replacing(path: str | os.PathLike[str], error: type[VizlabError]) -> Iterator[BinaryIO]:
    """A file to write bytes to, which takes the place of `path` when the block ends well.

    Until then, and after anything raised in the block, `path` is what it was. Raises `error`, with a sentence, where
    the disk is full or the folder cannot be written to.
    """
    target = Path(os.path.realpath(path))  # a link stays one
    own = f".{target.name}.{os.getpid()}-{threading.get_ident()}.part"
    # A device or a pipe has no place to be put into.
    written = target if target.exists() and not target.is_file() else target.with_name(own)
    try:
        with written.open("wb") as file:
            yield file
            file.flush()
            if written is not target:
                # Some file systems find out only here that there is no room.
                os.fsync(file.fileno())
        if written is not target:
            written.replace(target)
    except OSError as err:
        raise error(
            f"'{Path(path).name}' cannot be written ({one_line(err.strerror or err)}); what was there before is as it "
            "was. Make room, or choose a folder that exists and can be written to."
        ) from err
    finally:
        if written is not target:
            written.unlink(missing_ok=True)


def made_folder(path: str | os.PathLike[str], error: type[VizlabError]) -> Path:
    """The folder `path`, made with those above it where it is not there. Raises `error`, with a sentence, where it
    cannot be."""
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise error(
            f"The folder '{folder.name or folder}' cannot be made ({one_line(err.strerror or err)}). Make room, or "
            "choose a folder that can be made and written to."
        ) from err
    return folder


def replace_bytes(path: str | os.PathLike[str], data: bytes, error: type[VizlabError]) -> None:
    """Write `data` as the file `path`, as `replacing` does."""
    with replacing(path, error) as file:
        file.write(data)


def replace_text(path: str | os.PathLike[str], text: str, error: type[VizlabError]) -> None:
    """Write `text`, in UTF-8, as the file `path`, as `replacing` does."""
    replace_bytes(path, text.encode(), error)
