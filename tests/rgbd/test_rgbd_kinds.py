"""Files of kinds that are not read: named, with the way out that fits them."""

import io
import struct
import zipfile

import numpy as np
import pytest

from tests.rgbd.rgbd_files import saved
from vizlab.errors import InputError, one_line
from vizlab.rgbd import read_rgbd
from vizlab.rgbd.kinds import container_of


def archive(*names: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, b"content")
    return stream.getvalue()


def dng(tag: int = 50706, value: int = 0x00000401) -> bytes:
    """A little-endian TIFF whose first directory holds `tag`, DNGVersion by itself, and the size of a preview."""
    entries = [(256, 4, 1, 16), (257, 4, 1, 12), (tag, 1 if tag == 50706 else 4, 4 if tag == 50706 else 1, value)]
    body = b"".join(
        tag.to_bytes(2, "little")
        + kind.to_bytes(2, "little")
        + count.to_bytes(4, "little")
        + value.to_bytes(4, "little")
        for tag, kind, count, value in entries
    )
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries)) + body + bytes(4)


NAMED = {
    "jpeg xl": (b"\xff\x0a\xfb\x06", "a JPEG XL picture.*export it as PNG or JPEG"),
    "jpeg xl in boxes": (b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", "a JPEG XL picture"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "a Git LFS pointer.*git lfs pull"),
    "web page": (b"\n<!DOCTYPE html><html>", "a web page .*download the file itself"),
    "record3d": (archive("metadata", "rgbd/0.depth", "rgbd/0.jpg"), r"a Record3D recording \(.r3d\).*LZFSE"),
    "weights": (archive("archive/data.pkl", "archive/data/0"), "a PyTorch file"),
    "dng": (dng(), "a DNG, a raw photograph.*export it as PNG or JPEG"),
    "cr3": (b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01", r"raw photograph \(CR3\)"),
    "a raw of another maker": (dng(254, 1), "whose first picture is only a preview"),
    "cr2": (b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(4) + dng(273, 1)[8:], r"raw photograph \(CR2\)"),
    "pictures in a zip": (archive("a.png", "b.png"), "a zip archive of 2 files, a.png the first"),
    "rvl": (bytes(12) + struct.pack("<ii", 640, 480) + b"\x12" * 100, "compressedDepth message packed with RVL"),
    "z16 of 640x480": (b"\xeb\x0f" * 640 * 480, r"without a header.*640x480 of 16 bits.*'<u2'\).reshape\(480, 640\)"),
    "floats of 256x192": (b"\xeb\x0f\x01\x40" * 256 * 192, r"256x192 of 32 bits.*'<f4'\).reshape\(192, 256\)"),
    "bag": (b"#ROSBAG V2.0\n", "a ROS bag"),
    "azure kinect": (b"\x1a\x45\xdf\xa3\x01", "a Matroska video"),
    "movie": (b"\x00\x00\x00\x20ftypqt  \x00\x00\x00\x00", "a video"),
    "cloud": (b"ply\nformat ascii 1.0\n", "a point cloud"),
    "gzip": (b"\x1f\x8b\x08\x00", "unpack it first"),
    "pickle": (b"\x80\x04\x95", "a Python pickle, which is never loaded"),
    "noise": (bytes(range(200, 250)), "no kind of file that is known here"),
    "a pickled array": (saved(np.save, np.array([{}], object), allow_pickle=True), "holds Python objects"),
}


@pytest.mark.parametrize("role", ["colour", "depth"])
@pytest.mark.parametrize("case", NAMED)
def test_the_kind_is_named_with_its_way_out(tmp_path, case, role):
    data, words = NAMED[case]
    (tmp_path / "given").write_bytes(data)
    with pytest.raises(InputError, match=f"^given (is|holds) .*{words.removeprefix('holds ')}") as refusal:
        read_rgbd(**{role: tmp_path / "given"})
    said = str(refusal.value)
    assert "expected" in said
    assert len(said) < 420
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("data", "container"),
    [
        (b"BM" + bytes(12) + b"\x28\x00\x00\x00", "BMP"),
        (b"BMW is a carmaker, this is text", None),
        (b"P5 7 5 255\n", "PGM"),
        (b"P5x", None),
        (b"640&480&1&", "COLMAP"),
        (b"MATLAB 7.3 MAT-file", "MATLAB 7.3"),
        (bytes(12) + b"\x89PNG\r\n\x1a\n", "ROS compressedDepth"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "AVIF"),
        (b"", None),
    ],
)
def test_a_container_is_told_by_its_first_bytes(data, container):
    assert container_of(data) == container


def test_no_sentence_repeats_more_than_a_line_of_a_file(tmp_path):
    """Names of arrays, of fields and of types are a file's own words, and can be of any length."""
    long = "x" * 60_000
    members = {f"{long}{number}": np.ones((4, 6)) for number in range(3)}
    fields = np.zeros((4, 6), [(f"{'f' * 3000}{number}", "f4") for number in range(3)])
    for data in (saved(np.savez, **members), saved(np.save, fields)):
        (tmp_path / "d").write_bytes(data)
        with pytest.raises(InputError) as refusal:
            read_rgbd(depth=tmp_path / "d")
        assert len(str(refusal.value)) < 420


@pytest.mark.parametrize(
    ("text", "line"),
    [("a\nb\t c\x00", "a b c"), ("x" * 10, "x" * 10), ("x" * 11, "x" * 9 + "…"), (" \n", "")],
)
def test_one_line(text, line):
    assert one_line(text, 10) == line
