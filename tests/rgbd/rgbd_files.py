"""Tiny files of each container, made by its definition or by the library that writes it elsewhere."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from vizlab.rgbd import Limits
from vizlab.rgbd.opened import depth_of, open_file


def depth_in(path: Path, data: bytes) -> np.ndarray:
    """What is read as depth from `data`, before any unit: HxW as stored."""
    path.write_bytes(data)
    return depth_of(open_file(path, "depth", Limits()))[0]


def slope(size: tuple[int, int] = (5, 7), dtype: str = "u2") -> np.ndarray:
    """HxW numbers of which no two are alike, so that a wrong order of rows, columns or bytes shows."""
    return (np.arange(size[0] * size[1]).reshape(size) * 29 + 1003).astype(dtype)


def picture(values: np.ndarray, container: str = "PNG", **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, container, **options)
    return stream.getvalue()


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(header: tuple[int, int, int, int, int], stream: bytes, extra: bytes = b"") -> bytes:
    """A PNG of (width, height, bits, colour type, interlace) around a pixel `stream`, still to be packed."""
    width, height, bits, kind, interlace = header
    ihdr = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, interlace)
    chunks = (png_chunk(b"IHDR", ihdr), extra, png_chunk(b"IDAT", zlib.compress(stream)), png_chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def saved(save, *args, **options) -> bytes:
    """What `save`, a function like numpy.save, writes to a stream."""
    stream = io.BytesIO()
    save(stream, *args, **options)
    return stream.getvalue()


def exr(folder: Path, channels: dict[str, np.ndarray]) -> bytes:
    import OpenEXR

    path = folder / "written.exr"
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, channels) as file:
        file.write(str(path))
    return path.read_bytes()


def hdf5(arrays: dict[str, np.ndarray], user_block: bytes = b"", **options) -> bytes:
    """An HDF5 file, behind a user block of 512 bytes that starts with `user_block` if there is one."""
    import h5py

    stream = io.BytesIO()
    with h5py.File(stream, "w", userblock_size=512 if user_block else 0) as file:
        for name, values in arrays.items():
            file.create_dataset(name, data=values, **options)
    data = stream.getvalue()
    return user_block.ljust(512) + data[512:] if user_block else data


def ros(values: np.ndarray, a: float = 0.0, b: float = 0.0) -> bytes:
    return struct.pack("<iff", 0, a, b) + picture(values)
