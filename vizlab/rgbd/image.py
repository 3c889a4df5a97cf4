"""RGBDImage: one picture as every model, view and report gets it."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.rgbd.record import ReadRecord


@dataclass(frozen=True, eq=False)
class RGBDImage:
    """Colour and depth of one view, either of which may be missing, pixel on pixel; validated and immutable.

    colour: HxWx3 uint8, 0..255, RGB. depth: HxW float32, metres, positive, NaN = unknown. record: how they were read.
    Raises InputError if an array breaks that. Two images hold the same picture if their `digest` agrees.
    """

    colour: NDArray[np.uint8] | None = None
    depth: NDArray[np.float32] | None = None
    record: ReadRecord = field(default_factory=ReadRecord)

    def __post_init__(self) -> None:
        if self.colour is None and self.depth is None:
            raise InputError("An RGB-D image needs a colour picture, a depth map or both; neither was given.")
        if self.colour is not None:
            _check_colour(self.colour)
            object.__setattr__(self, "colour", _frozen(self.colour))
        if self.depth is not None:
            _check_depth(self.depth)
            object.__setattr__(self, "depth", _frozen(self.depth))
        if self.colour is not None and self.depth is not None and self.colour.shape[:2] != self.depth.shape:
            raise InputError(
                f"Depth is {self.depth.shape[1]}x{self.depth.shape[0]} but colour is {self.colour.shape[1]}x"
                f"{self.colour.shape[0]}; expected one size: read_rgbd and rgbd_from_arrays align them."
            )

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        pixels = self.depth if self.colour is None else self.colour
        assert pixels is not None
        return pixels.shape[0], pixels.shape[1]

    @property
    def modalities(self) -> tuple[str, ...]:
        """What is there, of "rgb" and "depth", in this order."""
        present = {"rgb": self.colour, "depth": self.depth}
        return tuple(name for name, pixels in present.items() if pixels is not None)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over both arrays, as hex: the same numbers give the same digest, whatever file they came from."""
        digest = hashlib.sha256()
        for name, pixels in (("colour", self.colour), ("depth", self.depth)):
            if pixels is not None:
                digest.update(f"{name} {pixels.dtype.name} {pixels.shape}\n".encode())
                digest.update(pixels.data)
        return digest.hexdigest()


def _check_colour(colour: NDArray) -> None:
    if not isinstance(colour, np.ndarray) or colour.dtype != np.uint8 or colour.ndim != 3 or colour.shape[2] != 3:
        raise InputError(f"The colour is {_describe(colour)}; expected an HxWx3 uint8 array.")
    if colour.size == 0:
        raise InputError("The colour array has no pixels; expected at least one.")


def _check_depth(depth: NDArray) -> None:
    if not isinstance(depth, np.ndarray) or depth.dtype != np.float32 or depth.ndim != 2:
        raise InputError(f"The depth is {_describe(depth)}; expected an HxW float32 array in metres.")
    if depth.size == 0 or np.isnan(depth).all():
        raise InputError(
            "The depth has no known pixel; expected distances in metres. Leave depth out to use colour alone."
        )
    if np.isinf(depth).any() or (depth <= 0).any():
        raise InputError(
            "The depth holds infinite, zero or negative distances; expected NaN where unknown: rgbd_from_arrays "
            "does that."
        )


def _describe(value: object) -> str:
    if not isinstance(value, np.ndarray):
        return f"a {type(value).__name__}"
    return f"{'x'.join(map(str, value.shape))} {value.dtype.name}"


def _frozen(pixels: NDArray) -> NDArray:
    """`pixels` contiguous and read-only; copied unless nobody can write to them, so that no caller's array changes."""
    if pixels.flags.writeable or not pixels.flags.owndata or not pixels.flags.c_contiguous:
        pixels = pixels.copy(order="C")
        pixels.setflags(write=False)
    return pixels
