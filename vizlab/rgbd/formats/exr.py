"""OpenEXR, of depth (one channel, or one named for it) and of colour (linear light in R, G and B)."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vizlab.rgbd.choice import of_many
from vizlab.rgbd.files import StoredFile
from vizlab.rgbd.formats.extra import damaged, library
from vizlab.rgbd.limits import Limits
from vizlab.rgbd.stored import Entry, StoredArrays

_WHAT = "an OpenEXR file"
_TYPES: dict[str, np.dtype] = {"HALF": np.dtype("f2"), "FLOAT": np.dtype("f4"), "UINT": np.dtype("u4")}
# Blender writes Z or Depth.V (Depth.Z before 2.8), Unreal a layer with "depth" in R, others V, Y or D.
_DEPTH = ("Z", "depth", "depth.V", "depth.R", "depth.X", "depth.Y", "distance", "V", "Y", "D")
_ASK = "export it with one channel named Z"


def open_exr(file: StoredFile, limits: Limits) -> StoredArrays:
    """Read the header of an OpenEXR `file`. Raises InputError if it is damaged, deep, or over `limits`."""
    openexr = library("OpenEXR", file, _WHAT)
    try:
        header = openexr.InputFile(io.BytesIO(file.data)).header()
        window = header["dataWindow"]
        size = (window.max.y - window.min.y + 1, window.max.x - window.min.x + 1)
        # A channel of fewer samples than pixels, as luminance and chroma have, is left out.
        types = {
            name: _TYPES[str(channel.type)]
            for name, channel in header["channels"].items()
            if (channel.xSampling, channel.ySampling) == (1, 1)
        }
    except Exception as err:  # RuntimeError, TypeError, ValueError and KeyError on damaged files
        raise damaged(file, _WHAT, err) from err
    limits.check_pixels(file.name, size)
    chosen = {**_depth_channel(list(types)), **_colour_channels(list(types))} or {name: [name] for name in types}
    entries = [
        Entry(name, (*size, len(parts)), types[parts[0]], _loader(openexr, file, parts, size))
        for name, parts in chosen.items()
    ]
    return replace(of_many(file, _WHAT, entries, _ASK, limits), linear=True)


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


def _loader(openexr: Any, file: StoredFile, channels: list[str], size: tuple[int, int]) -> Callable[[], NDArray]:
    """What reads the numbers of `channels`, HxWxC in their own type."""

    def load() -> NDArray:
        try:
            opened = openexr.InputFile(io.BytesIO(file.data))
            types = [_TYPES[str(opened.header()["channels"][name].type)] for name in channels]
            planes = [
                np.frombuffer(opened.channel(name), dtype).reshape(size)
                for name, dtype in zip(channels, types, strict=True)
            ]
        except Exception as err:  # as above
            raise damaged(file, _WHAT, err) from err
        return np.stack(planes, axis=-1)

    return load
