"""Wrong files: each gets a sentence that says what was found, what was expected and the way out."""

import contextlib
import io
import re
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.rgbd.rgbd_rooms import counts, photograph, room
from vizlab.errors import InputError
from vizlab.rgbd import Limits, read_rgbd, rgbd_from_arrays


def picture(mode: str = "RGB", container: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(photograph()).convert(mode).save(stream, container, **options)
    return stream.getvalue()


def depth_picture(values: np.ndarray | None = None) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(counts(room(), "mm") if values is None else values).save(stream, "PNG")
    return stream.getvalue()


def array(values: np.ndarray, **options) -> bytes:
    stream = io.BytesIO()
    np.save(stream, values, **options)
    return stream.getvalue()


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name.replace("_npy", ".npy"), data)
    return stream.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that only announces its pixels: decoding it would fail, and otherwise than for its size."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = b"IDAT" + zlib.compress(b"")
    chunks = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (header, end, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def array_header(shape: tuple[int, ...], dtype: str = "<f4") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


COLOUR = {
    "text": (b"not a picture at all\n", "is a text file"),
    "empty": (b"", r"is empty \(0 bytes\)"),
    "noise": (bytes(range(200, 250)), "no kind of file that is known"),
    "damaged heic": (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "starts like a HEIC"),
    "damaged avif": (b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00", "starts like an AVIF"),
    "a HEIF by its second brand": (b"\x00\x00\x00\x18ftypMiHB\x00\x00\x00\x00mif1heic", "starts like a HEIC"),
    "pickle": (b"\x80\x04\x95\x00\x00", "pickle, which is never loaded"),
    "truncated png": (picture()[:120], "cut off"),
    "truncated jpeg": (picture(container="JPEG")[:-200], "cut off"),
    "truncated webp": (picture(container="WEBP")[:-20], "cut off"),
    "truncated tiff": (picture(container="TIFF", compression="tiff_lzw")[:-200], "cut off"),
    "only a signature": (b"\x89PNG\r\n\x1a\n", "cut off"),
    "only a tiff signature": (b"II*\x00", "cut off"),
    "bomb": (png_header(13000, 13000), r"announces 13000x13000 pixels \(169.0 million\); at most 25 million"),
    "larger bomb": (png_header(60000, 60000), "announces 60000x60000"),
    "depth": (depth_picture(), "16-bit single-channel PNG, as depth is"),
    "array": (array(photograph()[..., 0].astype(np.float32)), "NumPy array .* expected a colour picture"),
}

DEPTH = {
    "text": (b"1.0, 2.0\n", "is a text file; expected depth as 16-bit PNG"),
    "8-bit grey": (
        picture("L"),
        "8-bit grey PNG, whose 8 bits are too coarse .*; expected depth as 16-bit",
    ),
    "8-bit palette": (picture("P"), "8-bit palette PNG"),
    "jpeg": (picture(container="JPEG"), "8-bit colour JPEG"),
    "truncated png": (depth_picture()[:-100], "cut off"),
    "all holes": (depth_picture(np.zeros((4, 6), np.uint16)), "no measurement"),
    "all saturated": (depth_picture(np.full((4, 6), 65535, np.uint16)), "no measurement"),
    "all nan": (array(np.full((4, 6), np.nan, np.float32)), "no measurement"),
    "8-bit array": (array(np.ones((4, 6), np.uint8)), "8-bit numbers"),
    "booleans": (array(np.ones((4, 6), bool)), "type bool"),
    "complex": (array(np.ones((4, 6), complex)), "type complex128"),
    "objects": (array(np.array([[{}]], dtype=object), allow_pickle=True), "Python objects"),
    "colour array": (
        array(np.arange(72, dtype=np.uint16).reshape(4, 6, 3)),
        "which looks like colour: its channels differ",
    ),
    "vector": (array(np.ones(7, np.uint16)), "shape 7; expected HxW"),
    "scalar": (array(np.float32(2)), "holds a single number; expected HxW"),
    "no pixels": (array(np.ones((0, 6), np.uint16)), "announces 6x0 pixels"),
    "truncated npy": (array(room())[:-100], "cut off"),
    "npy bomb": (array_header((200_000, 200_000)), "announces 200000x200000"),
    "fat elements": (array_header((10, 10), "|V1000000000"), "type |V1000000000"),
    "other zip": (archive(readme=b"hello"), "a zip archive of 1 files, readme the first, none of them"),
    "two arrays": (
        archive(a_npy=array(room()), b_npy=array(room())),
        r"2 arrays .* \(a, b\).*named 'depth'",
    ),
    "objects in npz": (archive(depth_npy=array(np.array([None]), allow_pickle=True)), "Python objects"),
    "npz bomb": (archive(depth_npy=array_header((50_000, 50_000))), "announces 50000x50000"),
    "truncated npz": (archive(depth_npy=array(room()))[:-60], "cut off"),
}


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow, of the truncated TIFF
@pytest.mark.parametrize("case", COLOUR)
def test_wrong_colour_files(tmp_path, case):
    data, words = COLOUR[case]
    check_refusal(tmp_path, data, words, "colour")


@pytest.mark.parametrize("case", DEPTH)
def test_wrong_depth_files(tmp_path, case):
    data, words = DEPTH[case]
    check_refusal(tmp_path, data, words, "depth")


def check_refusal(folder, data, words, role):
    path = folder / "given.png"
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as refusal:
        read_rgbd(**{role: path})
    check_sentence(str(refusal.value), folder)
    assert "given.png" in str(refusal.value)


def check_sentence(message, folder):
    assert str(folder) not in message
    assert message.endswith(".")
    assert "expected" in message or "at most" in message
    assert len(message) < 400
    assert "\n" not in message


def test_missing_files_and_folders(tmp_path):
    for path, words in ((tmp_path / "nowhere.png", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(InputError, match=words) as refusal:
            read_rgbd(path)
        check_sentence(str(refusal.value), tmp_path.parent)


def test_a_path_that_no_system_accepts():
    with pytest.raises(InputError):
        read_rgbd("a\x00b.png")
    with pytest.raises(InputError):
        read_rgbd("x" * 5000)


def test_arrays_are_sent_to_their_own_door():
    with pytest.raises(InputError, match=r"given as depth is a ndarray; expected .* rgbd_from_arrays"):
        read_rgbd(depth=room())


def test_swapped_files_are_named(tmp_path):
    (tmp_path / "a.png").write_bytes(depth_picture())
    (tmp_path / "b.jpg").write_bytes(picture(container="JPEG"))
    with pytest.raises(InputError, match=r"look swapped: a\.png.*b\.jpg.*exchange them"):
        read_rgbd(tmp_path / "a.png", tmp_path / "b.jpg")
    np.save(tmp_path / "a.npy", room())
    with pytest.raises(InputError, match="look swapped"):
        read_rgbd(tmp_path / "a.npy", tmp_path / "b.jpg")


def test_nothing_given():
    for call in (read_rgbd, rgbd_from_arrays):
        with pytest.raises(InputError, match="was given; expected"):
            call()


def test_an_npz_member_is_measured_before_it_is_unpacked(tmp_path):
    (tmp_path / "d.npz").write_bytes(archive(depth_npy=bytes(2_000_000)))
    with pytest.raises(InputError, match=r"unpacks to 2 MB, more than a picture of 0.1 million pixels needs"):
        read_rgbd(depth=tmp_path / "d.npz", limits=Limits(max_pixels=100_000))


def test_limits_can_be_moved(tmp_path):
    (tmp_path / "view.png").write_bytes(picture())
    size = len(picture())
    assert read_rgbd(tmp_path / "view.png", limits=Limits(max_bytes=size, max_pixels=48 * 64)).size == (48, 64)
    with pytest.raises(InputError, match=r"at most .* are read: save it smaller, or give read_rgbd limits= with more "):
        read_rgbd(tmp_path / "view.png", limits=Limits(max_bytes=size - 1))
    with pytest.raises(InputError, match=r"announces 64x48 .*, or give read_rgbd limits= with more max_pixels"):
        read_rgbd(tmp_path / "view.png", limits=Limits(max_pixels=48 * 64 - 1))
    with pytest.raises(InputError, match="expected positive numbers"):
        Limits(max_bytes=0)


def test_pillows_own_limit_neither_warns_nor_decides(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    (tmp_path / "view.png").write_bytes(picture())
    assert read_rgbd(tmp_path / "view.png").size == (48, 64)
    assert not recwarn.list


def test_names_are_printable_and_short(tmp_path):
    path = tmp_path / ("line\nbreak" + "x" * 150 + ".txt")
    path.write_text("text")
    with pytest.raises(InputError) as refusal:
        read_rgbd(path)
    assert re.match(r"line\?breakx+…x+\.txt is a text file", str(refusal.value))


@pytest.mark.filterwarnings("ignore")  # Pillow also warns of what it gives up on
@pytest.mark.parametrize("seed", range(40))
def test_damage_anywhere_is_an_input_error_or_harmless(tmp_path, seed):
    """Flipped bytes must never surface as anything but InputError."""
    rng = np.random.default_rng(seed)
    sources = [
        picture(),
        picture(container="JPEG"),
        picture(container="WEBP"),
        picture(container="TIFF"),
        depth_picture(),
        array(room()),
        archive(depth_npy=array(room())),
    ]
    for number, source in enumerate(sources):
        data = np.frombuffer(source, np.uint8).copy()
        data[rng.integers(4, min(len(data), 300), 3)] = rng.integers(0, 256, 3)
        path = tmp_path / str(number)
        path.write_bytes(data.tobytes())
        with contextlib.suppress(InputError):
            read_rgbd(**{"colour" if number < 4 else "depth": path})
