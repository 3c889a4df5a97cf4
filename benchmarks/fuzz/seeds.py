"""The valid files that are changed: as small as their kinds allow, so that most changes meet something that counts."""

import io
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import OpenEXR
import pillow_heif
import scipy.io
import tifffile
import torch
from PIL import Image
from safetensors.torch import save

SIZE = (12, 16)
CHECKPOINT = Path(__file__).parents[2] / "checkpoints" / "cen-mobilenetv2-nyuv2.safetensors"


def pictures() -> dict[str, bytes]:
    """Colour and depth by kind."""
    colour = np.indices((*SIZE, 3)).sum(0).astype(np.uint8) * 5
    counts = (np.indices(SIZE).sum(0) * 50 + 800).astype(np.uint16)
    metres = (counts / 1000).astype(np.float32)
    return {**_by_pillow(colour, counts, metres), **_arrays(colour, counts, metres), **_containers(counts, metres)}


def checkpoints() -> dict[str, bytes]:
    """Weights by kind: safetensors, PyTorch's archives and its older files, with and without wrappers; one is real."""
    state = {f"layer{number}.weight": torch.full((3, 2), float(number)) for number in range(4)}
    wrapped = {"epoch": 3, "best": 0.5, "state_dict": {f"module.{key}": value for key, value in state.items()}}
    return {
        "own": CHECKPOINT.read_bytes(),
        "safetensors": save(state, {"format": "pt"}),
        "zip": _written(torch.save, wrapped),
        "legacy": _written(torch.save, wrapped, _use_new_zipfile_serialization=False),
        "bare": _written(torch.save, state),
        "tar": _written(torch.save, {"segmenter": state, "epoch_start": 1}, pickle_protocol=4),
    }


def _by_pillow(colour: np.ndarray, counts: np.ndarray, metres: np.ndarray) -> dict[str, bytes]:
    alpha = np.dstack([colour, colour[..., 0]])
    grey = colour[..., 0]
    exif = Image.Exif()
    exif[274] = 6
    return {
        "jpeg": _picture(colour, "JPEG", exif=exif),
        "png": _picture(colour, "PNG", exif=exif),
        "png rgba": _picture(alpha, "PNG"),
        "png depth": _picture(counts, "PNG"),
        "webp": _picture(colour, "WEBP", lossless=True),
        "tiff": _picture(colour, "TIFF", compression="tiff_lzw"),
        "tiff depth": _picture(counts, "TIFF", compression="tiff_adobe_deflate"),
        "tiff float": _picture(metres, "TIFF"),
        "tiff half": _written(tifffile.imwrite, metres.astype("f2")),
        "tiff double": _written(tifffile.imwrite, metres.astype("f8")),
        "tiff deep": _written(tifffile.imwrite, np.dstack([colour.astype("u2") * 257, counts]), photometric="rgb"),
        "gif": _picture(grey, "GIF"),
        "bmp": _picture(colour, "BMP"),
        "avif": _picture(colour, "AVIF"),
        "heic": _written(pillow_heif.from_pillow(Image.fromarray(colour)).save),
        "png deep": _deep_png(counts),
    }


def _arrays(colour: np.ndarray, counts: np.ndarray, metres: np.ndarray) -> dict[str, bytes]:
    fields = np.zeros(SIZE, [("depth", "f4"), ("rgb", "u1", 3)])
    fields["depth"] = metres
    return {
        "npy depth": _written(np.save, metres),
        "npy colour": _written(np.save, colour / 255),
        "npy fields": _written(np.save, fields),
        "npz": _written(np.savez_compressed, depth=metres, rgb=colour, K=np.eye(3)),
        "npz stored": _written(np.savez, depth=counts),
        "matlab 5": _written(scipy.io.savemat, {"depths": metres, "rgb": colour}, do_compression=True),
        "matlab 5 plain": _written(scipy.io.savemat, {"depth": metres, "K": np.eye(3), "s": {"a": 1}}),
        "hdf5": _hdf5({"dataset": metres.astype("f2")}),
        "hdf5 packed": _hdf5({"a/depth": counts, "rgb": colour}, compression="gzip", chunks=True),
        "matlab 7.3": b"MATLAB 7.3 MAT-file".ljust(512) + _hdf5({"depths": metres.T}, user_block=512)[512:],
    }


def _containers(counts: np.ndarray, metres: np.ndarray) -> dict[str, bytes]:
    height, width = SIZE
    size = f"{width} {height}\n".encode()
    words = " ".join(map(str, counts.ravel())).encode()
    return {
        "pfm": b"Pf\n" + size + b"-1.0\n" + metres.tobytes(),
        "pgm": b"P5\n" + size + b"65535\n" + counts.astype(">u2").tobytes(),
        "plain pgm": b"P2\n" + size + b"9999\n" + words,
        "ppm": b"P6\n" + size + b"255\n" + bytes(height * width * 3),
        "colmap": f"{width}&{height}&1&".encode() + metres.tobytes(),
        "sintel": b"PIEH" + struct.pack("<ii", width, height) + metres.tobytes(),
        "ros": struct.pack("<iff", 0, 0, 0) + _picture(counts, "PNG"),
        "ros floats": struct.pack("<iff", 0, 10100, -1009) + _picture(counts, "PNG"),
        "exr": _exr({"Z": metres}),
        "exr colour": _exr({letter: metres / 4 for letter in "RGB"} | {"Z": metres.astype("f2")}),
    }


def _picture(values: np.ndarray, container: str, **options: Any) -> bytes:
    return _written(Image.fromarray(values).save, container, **options)


def _written(save: Callable[..., Any], *values: Any, **options: Any) -> bytes:
    """What `save`, of whichever order of arguments, writes to a stream."""
    stream = io.BytesIO()
    order = (*values, stream) if save is torch.save else (stream, *values)
    save(*order, **options)
    return stream.getvalue()


def _deep_png(counts: np.ndarray) -> bytes:
    """16-bit RGB, which Pillow does not write."""
    rows = b"".join(b"\x00" + np.repeat(row, 3).astype(">u2").tobytes() for row in counts)
    header = struct.pack(">IIBBBBB", counts.shape[1], counts.shape[0], 16, 2, 0, 0, 0)
    chunks = (b"IHDR" + header, b"IDAT" + zlib.compress(rows), b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


def _hdf5(arrays: dict[str, np.ndarray], user_block: int = 0, **options: Any) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w", userblock_size=user_block) as file:
        for name, values in arrays.items():
            file.create_dataset(name, data=values, **options)
    return stream.getvalue()


def _exr(channels: dict[str, np.ndarray]) -> bytes:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.exr"
        with OpenEXR.File(header, {name: np.ascontiguousarray(plane) for name, plane in channels.items()}) as file:
            file.write(str(path))
        return path.read_bytes()
