"""What a file is that holds no weights, by its first bytes."""

HEAD = 512
"""How many of its first bytes tell what a file is."""
_STARTS = (
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes weights"),
    (
        b"\x93NUMPY",
        "a NumPy array (.npy) without names or, if it holds a dictionary, a pickle, which could run code and is not "
        "opened; save its arrays by name with numpy.savez('weights.npz', **arrays)",
    ),
    (b"GGUF", "a GGUF file of a language model"),
    (b"\x1f\x8b", "compressed by gzip; unpack it first"),
    (b"BZh", "compressed by bzip2; unpack it first"),
    (b"\xfd7zXZ\x00", "compressed by xz; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x89PNG", "a picture (PNG), which is no weights file"),
    (b"\xff\xd8\xff", "a picture (JPEG), which is no weights file"),
)


def known_kind(head: bytes) -> str:
    """What the file is, in words that go on after "NAME is"; empty where its first bytes, `head`, do not tell."""
    for start, words in _STARTS:
        if head.startswith(start):
            return words
    if head[257:262] == b"ustar":
        return "a tar archive; unpack it and give the weights in it"
    if head.lstrip()[:9].lower() in (b"<!doctype", b"<html><he", b"<html lan", b"<html>\n<h"):
        return "a text file: a web page, such as a download that needs a login leaves"
    if head and all(byte >= 32 or byte in b"\t\n\r" for byte in head):
        return "a text file"
    return ""
