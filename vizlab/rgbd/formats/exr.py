"""OpenEXR, of depth (one channel, or one named for it) and of colour (linear light in R, G and B)."""

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.choice import of_many
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged, library
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays, max_unpacked, too_large

_WHAT = "an OpenEXR file"
# Blender writes Z or Depth.V (Depth.Z before 2.8), Unreal a layer with "depth" in R, others V, Y or D.
_DEPTH = ("Z", "depth", "depth.V", "depth.R", "depth.X", "depth.Y", "distance", "V", "Y", "D")
_ASK = "export it with one channel named Z"
_POINTS = "{} holds X, Y and Z of points; Z was read as depth, which it is only if they are in the camera's own frame."


def open_exr(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the headers of an OpenEXR `file`. Raises InputError if it is damaged, deep, or over `limits`.

    Of several parts the first is read. The library's newer interface, of files on disk, since the older one of streams
    crashes on names that are no text.
    """
    openexr = library("OpenEXR", file, _WHAT)
    size, names = _checked(file, _headers(openexr, file), limits)
    chosen = {**_depth_channel(names), **_colour_channels(names)} or {name: [name] for name in names}
    entries = [
        Entry(name, (*size, len(parts)), np.dtype("f4"), _loader(openexr, file, parts, size))
        for name, parts in chosen.items()
    ]
    points = (_POINTS.format(file.name),) if {"X", "Y", "Z"} <= set(names) else ()
    return replace(of_many(file, _WHAT, entries, _ASK, limits), linear=True, notes=points)


def _headers(openexr: Any, file: StoredFile) -> list[dict[str, Any]]:
    with _on_disk(file) as path:
        try:
            return [part.header for part in openexr.File(path, separate_channels=True, header_only=True).parts]
        except Exception as err:  # RuntimeError, TypeError and UnicodeDecodeError on damaged files
            raise damaged(file, _WHAT, err) from err


def _checked(file: StoredFile, headers: list[dict[str, Any]], limits: Limits) -> tuple[tuple[int, int], list[str]]:
    """(height, width) and the names of the channels of the first part, all parts being within `limits`."""
    try:
        size = _size(headers[0])
        # A channel of fewer samples than pixels, as luminance and chroma have, is left out.
        names = [channel.name for channel in headers[0]["channels"] if channel.xSampling == channel.ySampling == 1]
        needed = sum(math.prod(_size(header)) * len(header["channels"]) * 4 for header in headers)
        deep = any("deep" in str(header["type"]) for header in headers)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as err:
        raise damaged(file, _WHAT, err) from err
    if deep:
        raise InputError(f"{file.name} is a deep OpenEXR file, of many samples a pixel; expected a flat one: {_ASK}.")
    limits.check_pixels(file.name, size)
    if needed > max_unpacked(limits):  # the library unpacks all of it, whatever is asked for
        raise InputError(too_large(file.name, needed, limits))
    return size, names


def _size(header: dict[str, Any]) -> tuple[int, int]:
    """(height, width) of the data window, which includes both of its corners."""
    least, most = header["dataWindow"]
    return int(most[1]) - int(least[1]) + 1, int(most[0]) - int(least[0]) + 1


@contextmanager
def _on_disk(file: StoredFile) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "read.exr"
        path.write_bytes(file.data)
        yield str(path)


def _depth_channel(names: list[str]) -> dict[str, list[str]]:
    """The channel that is depth: the only one, or the one with the likeliest name, whatever layer it is in."""
    if len(names) == 1:
        return {names[0]: names}
    for wanted in _DEPTH:
        for name in names:
            if f".{name}".lower().endswith(f".{wanted}".lower()):
                return {"depth": [name]}
    return {}


def _colour_channels(names: list[str]) -> dict[str, list[str]]:
    """R, G and B, at the top or in the first layer that has them."""
    for name in sorted(names, key=lambda name: (name.count("."), name)):
        layer = name[:-1]
        if name.endswith("R") and {layer + "G", layer + "B"} <= set(names):
            return {"rgb": [layer + letter for letter in "RGB"]}
    return {}


def _loader(openexr: Any, file: StoredFile, names: list[str], size: tuple[int, int]) -> Callable[[], NDArray]:
    """What reads the channels of `names`, HxWxC in their own type: halves, floats or unsigned integers."""

    def load() -> NDArray:
        with _on_disk(file) as path:
            try:
                channels = openexr.File(path, separate_channels=True).parts[0].channels
                return np.stack([channels[name].pixels.reshape(size) for name in names], axis=-1)
            except Exception as err:  # as above
                raise damaged(file, _WHAT, err) from err

    return load
