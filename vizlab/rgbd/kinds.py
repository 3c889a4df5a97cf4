"""What a file is by its first bytes: the containers that are read, and the names of those that are not.

A kind that people do bring and that is not read has its name and its own way out here, so that the refusal helps.
"""

import re
from dataclasses import dataclass

_CONTAINERS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"II+\x00": "TIFF",
    b"MM\x00+": "TIFF",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"\x93NUMPY": "npy",
    b"PK\x03\x04": "npz",
    b"PK\x05\x06": "npz",
    b"\x76\x2f\x31\x01": "OpenEXR",
    b"\x89HDF\r\n\x1a\n": "HDF5",
    b"MATLAB 7.3": "MATLAB 7.3",
    b"MATLAB 5.0": "MATLAB 5",
    b"PIEH": "Sintel",
}
_NETPBM = re.compile(rb"(P[2356]|P[fF])[\s#]")
_COLMAP = re.compile(rb"\d{1,6}&\d{1,6}&\d{1,6}&")
_PNG = b"\x89PNG\r\n\x1a\n"
_ROS_HEADER = 12  # bytes before the PNG of a compressedDepth message
_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")


@dataclass(frozen=True)
class Kind:
    """A kind that is not read: `what` completes "… is", `way_out` is what to do about it."""

    what: str
    way_out: str = "convert it or choose another file"


_SAVE_NPY = "convert it with its own tools and save the depth in metres as .npy, or as a 16-bit PNG"
_EXPORT_PICTURE = "export it as PNG or JPEG"
_FRAME = "extract one frame of colour and depth with the maker's tools"

_REFUSED = {
    b"\xff\x0a": Kind("a JPEG XL picture", _EXPORT_PICTURE),
    b"\x00\x00\x00\x0cJXL ": Kind("a JPEG XL picture", _EXPORT_PICTURE),
    b"\x00\x00\x00\x0cjP  ": Kind("a JPEG 2000 picture", _EXPORT_PICTURE),
    b"\xff\x4f\xff\x51": Kind("a JPEG 2000 picture", _EXPORT_PICTURE),
    b"#?R": Kind("a Radiance HDR picture", "export it as OpenEXR or PNG"),
    b"8BPS": Kind("a Photoshop file", _EXPORT_PICTURE),
    b"%PDF": Kind("a PDF", _EXPORT_PICTURE),
    b"FUJIFILM": Kind("a camera's raw photograph (RAF)", "develop it and export it as PNG or JPEG"),
    b"P1": Kind("a black-and-white PBM", _EXPORT_PICTURE),
    b"P4": Kind("a black-and-white PBM", _EXPORT_PICTURE),
    b"P7": Kind("a PAM", "save it as PGM, PPM or PNG"),
    b"\x1f\x8b": Kind("a gzip archive", "unpack it first"),
    b"7z\xbc\xaf": Kind("a 7-Zip archive", "unpack it first"),
    b"Rar!": Kind("a RAR archive", "unpack it first"),
    b"BZh": Kind("a bzip2 archive", "unpack it first"),
    b"\xfd7zXZ": Kind("an xz archive", "unpack it first"),
    b"\x28\xb5\x2f\xfd": Kind("a Zstandard archive", "unpack it first"),
    b"ply\n": Kind("a point cloud (PLY)", "render it into a depth picture with the camera's intrinsics"),
    b"ply\r": Kind("a point cloud (PLY)", "render it into a depth picture with the camera's intrinsics"),
    b"# .PCD": Kind("a point cloud (PCD)", "render it into a depth picture with the camera's intrinsics"),
    b"#ROSBAG": Kind("a ROS bag (RealSense records these too)", _FRAME),
    b"\x89MCAP0": Kind("an MCAP recording (ROS 2)", _FRAME),
    b"\x1a\x45\xdf\xa3": Kind("a Matroska video (Azure Kinect records these)", _FRAME),
    b"PAR1": Kind("a Parquet table", _SAVE_NPY),
    b"CDF\x01": Kind("a NetCDF file", _SAVE_NPY),
    b"CDF\x02": Kind("a NetCDF file", _SAVE_NPY),
    b"SIMPLE  =": Kind("a FITS file", _SAVE_NPY),
    b"SQLite format 3": Kind("a database (SQLite)", _SAVE_NPY),
    b"version https://git-lfs": Kind(
        "a Git LFS pointer, a few lines of text in place of the file", "fetch the file itself with git lfs pull"
    ),
    b"\x7fELF": Kind("a program"),
    b"MZ": Kind("a program"),
}
_PICKLE = Kind(
    "a Python pickle, which is never loaded since it can run code",
    "load it where you trust it and save the depth with numpy.save",
)
_WEB_PAGE = Kind("a web page (a download that failed)", "download the file itself")
_TEXT = Kind("a text file", "convert numbers in text with numpy.loadtxt and numpy.save, or choose another file")


def container_of(data: bytes) -> str | None:
    """The container of `data` by its first bytes, one of those that are read; None for any other."""
    for magic, container in _CONTAINERS.items():
        if data.startswith(magic):
            return container
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[4:8] == b"ftyp":
        return _heif_container(data)
    if data[_ROS_HEADER : _ROS_HEADER + len(_PNG)] == _PNG:
        return "ROS compressedDepth"
    if _is_bmp(data):
        return "BMP"
    if found := _NETPBM.match(data[:8]):
        return {b"P2": "PGM", b"P5": "PGM", b"P3": "PPM", b"P6": "PPM"}.get(found[1], "PFM")
    return "COLMAP" if _COLMAP.match(data[:24]) else None


def refused_kind(data: bytes, size: int) -> Kind:
    """What `data`, of no container that is read, is; `size` of the file in bytes."""
    for magic, kind in _REFUSED.items():
        if data.startswith(magic):
            return kind
    if data[4:12] == b"ftypcrx ":
        return Kind("a camera's raw photograph (CR3)", "develop it and export it as PNG or JPEG")
    if data[4:8] == b"ftyp":
        return Kind("a video (MP4 or MOV)", _FRAME)
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return _PICKLE
    if _is_rvl(data):
        return Kind(
            "by its header a ROS compressedDepth message packed with RVL",
            "republish the topic with png as its format, or save the uncompressed depth as a 16-bit PNG",
        )
    head = data[:512]
    if head.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return _WEB_PAGE
    if b"\x00" not in head and _is_text(head):
        return _TEXT
    return _headerless(size) or Kind(
        f"no kind of file that is known here (it starts with the bytes {data[:4].hex(' ')})"
    )


def _heif_container(data: bytes) -> str | None:
    """HEIF's box of brands: its main one, and those it says it is compatible with."""
    length = min(max(int.from_bytes(data[:4], "big"), 16), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, length, 4))]
    if any(brand in _AVIF_BRANDS for brand in brands):
        return "AVIF"
    return "HEIC" if any(brand in _HEIF_BRANDS for brand in brands) else None


def _is_rvl(data: bytes) -> bool:
    """Whether zeros and then a picture's width and height stand where compressedDepth has them before RVL's words."""
    width, height = (int.from_bytes(data[at : at + 4], "little") for at in (_ROS_HEADER, _ROS_HEADER + 4))
    return data[:4] == bytes(4) and len(data) > 64 and 64 <= width <= 8192 and 64 <= height <= 8192


def _is_bmp(data: bytes) -> bool:
    """Two letters are too few to go by: the header's length, a small number, follows at byte 14."""
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in (12, 40, 52, 56, 64, 108, 124)


# Sizes (width, height) that depth sensors give, for files that are nothing but numbers.
_SENSOR_SIZES = (
    *((640, 480), (320, 240), (1280, 720), (848, 480), (640, 360), (480, 270), (424, 240), (1024, 768)),
    *((512, 424), (640, 576), (320, 288), (512, 512), (1024, 1024), (256, 192), (224, 172), (1920, 1080), (160, 120)),
)


def _headerless(size: int) -> Kind | None:
    for width, height in _SENSOR_SIZES:
        for bytes_each, dtype in ((2, "<u2"), (4, "<f4")):
            if size == width * height * bytes_each:
                return Kind(
                    f"bare numbers without a header, by its size {width}x{height} of {8 * bytes_each} bits (as "
                    "librealsense writes .raw)",
                    f"load it with numpy.fromfile(file, '{dtype}').reshape({height}, {width}) and save it as .npy",
                )
    return None


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", errors="ignore")  # a character may be cut at the end of the head
    lost = len(head) - len(text.encode())
    return lost <= 3 and all(c.isprintable() or c in "\r\n\t\f\ufeff" for c in text)
