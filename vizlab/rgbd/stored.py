"""Files of numbers, whatever the container: what each array is by its shape and type, before any of it is decoded."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError, one_line
from vizlab.rgbd.files import Role, StoredFile
from vizlab.rgbd.limits import Limits

_BYTES_A_PIXEL = 16  # four channels of 32 bits, or two of doubles: more is no picture


@dataclass(frozen=True)
class Entry:
    """One array of a file: its name there ("" where it has none), shape, element type and how its numbers are got."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    load: Callable[[], NDArray]

    @property
    def layout(self) -> tuple[int, ...]:
        """The shape without axes of length 1: HxW, HxWxC, CxHxW..., from 1x1xHxW, HxWx1 and the like."""
        return squeezed(self.shape)

    @property
    def is_map(self) -> bool:
        """Whether it is one number a pixel, in a type that can hold depth."""
        return len(self.layout) == 2 and can_hold_depth(self.dtype)

    @property
    def has_channels(self) -> bool:
        """Whether it is HxWx3 or HxWx4 numbers."""
        return len(self.layout) == 3 and self.layout[2] in (3, 4) and self.dtype.kind in "iuf"

    @property
    def is_colour(self) -> bool:
        """Whether it is HxWx3, HxWx4, 3xHxW or, in 8 bits, HxW."""
        channels_first = len(self.layout) == 3 and self.layout[0] == 3 and self.dtype.kind in "iuf"
        grey = len(self.layout) == 2 and self.dtype == np.uint8
        return self.has_channels or channels_first or grey

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) as a picture."""
        shape = self.layout
        if len(shape) == 3 and shape[0] == 3 and not self.has_channels:
            shape = shape[1:]
        return shape[0], shape[1]

    def decode(self) -> NDArray:
        """The numbers, HxW or HxWxC in native byte order."""
        values = self.load()
        values = values.reshape(self.layout).astype(values.dtype.newbyteorder("="), copy=False)
        return np.moveaxis(values, 0, -1) if values.ndim == 3 and values.shape[:2] != self.size else values


@dataclass(frozen=True)
class StoredArrays:
    """An opened file of numbers: headers read and within the limits, data not yet.

    `depth` and `colour` are the arrays to read as such; None where there is none, `no_depth` or `no_colour` saying
    why in a sentence. `what` completes "… is". `linear` where colour is light, not sRGB; `top` is the count that means
    full brightness, where the file says so. `encoding` names the depth's unit where the file is certain of it.
    """

    file: StoredFile
    what: str
    depth: Entry | None
    colour: Entry | None
    no_depth: str = ""
    no_colour: str = ""
    linear: bool = False
    top: int | None = None
    encoding: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def only(self) -> Role | None:
        """What it can serve as, where that is clear from the headers."""
        if self.depth is None:
            return "colour" if self.colour is not None else None
        return "depth" if self.colour is None else None

    @property
    def summary(self) -> str:
        return self.what


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """`shape` without leading, then trailing axes of length 1, down to two axes."""
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def can_hold_depth(dtype: np.dtype) -> bool:
    """Whether numbers of `dtype` are fine enough: integers of 16 bits or more, or floats up to 64 bits."""
    return ((dtype.kind in "iu" and dtype.itemsize > 1) or dtype.kind == "f") and dtype.itemsize <= 8


def check_depth_type(name: str, dtype: np.dtype) -> None:
    """Raise InputError unless `dtype` can hold depth."""
    if dtype.hasobject:
        raise InputError(
            f"{name} holds Python objects, which only a pickle could restore and are never loaded; "
            "expected an HxW array of numbers: save it with numpy.save(..., allow_pickle=False)."
        )
    if dtype.kind in "iu" and dtype.itemsize == 1:
        raise InputError(
            f"{name} holds 8-bit numbers ({dtype.name}), too coarse for depth; expected 16-bit counts or metres "
            "as float32: export the sensor's own values."
        )
    if not can_hold_depth(dtype):
        raise InputError(
            f"{name} holds numbers of type {one_line(dtype, 40)}; expected HxW depth as 16-bit integers or float32: "
            "convert it."
        )


def depth_shape(name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """The (height, width) of depth of `shape`: HxW with any axes of length 1 before or after. Raises InputError."""
    layout = squeezed(shape)
    if len(layout) != 2:
        raise InputError(f"{name} {_wrong_shape(shape)}")
    return layout[0], layout[1]


def why_no_depth(name: str, entry: Entry) -> str:
    """The sentence that refuses `entry` as depth."""
    try:
        check_depth_type(name, entry.dtype)
        depth_shape(name, entry.shape)
    except InputError as err:
        return str(err)
    return f"{name} holds a matrix of {words(entry.shape)}; expected HxW: give depth as one number per pixel."


def why_no_colour(name: str, what: str, entry: Entry) -> str:
    """The sentence that refuses `entry`, of a file that is `what`, as colour."""
    if entry.is_map:
        return (
            f"{name} is {what}, one number a pixel as depth is; expected a colour picture, or an array of "
            "HxWx3: give it as depth, or save it as an 8-bit picture if it is a photograph."
        )
    if entry.dtype.hasobject:
        return f"{name} holds Python objects, which are never loaded; expected colour: save it as HxWx3 numbers."
    return (
        f"{name} has the shape {words(entry.shape)} ({one_line(entry.dtype, 40)}); expected a colour picture, or an "
        "array of HxWx3 or 3xHxW numbers: give one picture."
    )


def check_entry(name: str, entry: Entry, limits: Limits) -> None:
    """Raise InputError if `entry` of the file `name` announces more pixels, or bytes, than `limits` allow."""
    limits.check_pixels(name, entry.size)
    bytes_needed = math.prod(entry.shape) * entry.dtype.itemsize
    if bytes_needed > limits.max_pixels * _BYTES_A_PIXEL:
        raise InputError(too_large(name, bytes_needed, limits))


def too_large(name: str, count: int, limits: Limits) -> str:
    """The sentence for `count` bytes of numbers in the file `name`."""
    return (
        f"{name} unpacks to {count / 1e6:.0f} MB, more than a picture of {limits.max_pixels / 1e6:g} million pixels "
        f"needs, of which at most so many are read: scale it down, or {limits.more_pixels}."
    )


def max_unpacked(limits: Limits) -> int:
    """The bytes that the numbers of one file may take."""
    return limits.max_pixels * _BYTES_A_PIXEL


def words(shape: tuple[int, ...]) -> str:
    """`shape` as in a sentence: "240x320"."""
    return one_line("x".join(map(str, shape)), 60)


def _wrong_shape(shape: tuple[int, ...]) -> str:
    layout = squeezed(shape)
    aside = ""
    if len(layout) == 3 and (layout[-1] in (3, 4) or layout[0] == 3):
        aside = ", which looks like colour"
    elif len(layout) == 3:
        aside = f", as {min(layout[0], layout[-1])} maps on top of one another have"
    found = f"has the shape {words(shape)}{aside}" if shape else "holds a single number"
    return f"{found}; expected HxW: give depth as one number per pixel."
