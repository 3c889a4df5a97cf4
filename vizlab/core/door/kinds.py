"""What a file is that holds no weights, by its first bytes, its last ones or its name."""

import re
from pathlib import Path

_STARTS = (
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes weights"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"GGUF", "a GGUF file of a language model"),
    (b"\x1f\x8b", "compressed by gzip; unpack it first"),
    (b"BZh", "compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ\x00", "compressed by xz; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x89PNG", "a picture (PNG), which is no weights file"),
    (b"\xff\xd8\xff", "a picture (JPEG), which is no weights file"),
)
_TABLE_END = bytes.fromhex("57fb808b247547db")  # of TensorFlow's .index files
_TENSORFLOW = re.compile(r".*\.(index|meta|data-\d{5}-of-\d{5})")
_TENSORFLOW_SAYS = (
    "part of a TensorFlow checkpoint, which vizlab does not read; convert its variables to a PyTorch state dict"
)


def kind_of(path: Path, head: bytes) -> str:
    """What the file is, in words that go on after "NAME is"; `head` are its first 512 bytes, or all it has."""
    for start, words in _STARTS:
        if head.startswith(start):
            return words
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it and give the weights in it"
    if head.startswith(b"model_checkpoint_path:") or _TENSORFLOW.fullmatch(path.name) or _tail(path) == _TABLE_END:
        return _TENSORFLOW_SAYS
    if head.lstrip()[:9].lower() in (b"<!doctype", b"<html><he", b"<html lan", b"<html>\n<h"):
        return "a text file: a web page, such as a download that needs a login leaves"
    if all(byte >= 32 or byte in b"\t\n\r" for byte in head):
        return "a text file"
    return "no weights file"


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(_TABLE_END), 0))
        return file.read()
