"""RGBDImage: one picture as every model, view and report gets it."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError, one_line
from vizlab.rgbd.record import ReadRecord

OWN_FIELDS = {"rgb": "the colour picture", "depth": "the depth map"}
"""What networks take by name that is no further domain."""


@dataclass(frozen=True, eq=False)
class RGBDImage:
    """Colour and depth of one view, either of which may be missing, pixel on pixel; validated and immutable.

    colour: HxWx3 uint8, 0..255, RGB. depth: HxW float32, metres, positive, NaN = unknown. record: how they were read.
    domains: further pictures of the same view by name, HxWx3 uint8 each ("light", "normals", "input0"; see
    `with_domains`); with them, colour and depth may both be missing. Raises InputError if an array breaks that. Two
    images hold the same picture if their `digest` agrees.
    """

    colour: NDArray[np.uint8] | None = None
    depth: NDArray[np.float32] | None = None
    record: ReadRecord = field(default_factory=ReadRecord)
    domains: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.colour is None and self.depth is None and not self.domains:
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
        self._check_domains()

    def _check_domains(self) -> None:
        for name, pixels in self.domains.items():
            check_domain_name(name)
            _check_colour(pixels, f"domain '{name}'")
            if pixels.shape[:2] != self.size:
                raise InputError(
                    f"The domain '{name}' is {pixels.shape[1]}x{pixels.shape[0]} but the picture is {self.size[1]}x"
                    f"{self.size[0]}; expected one size: with_domains brings them to it."
                )
        frozen = {name: _frozen(pixels) for name, pixels in self.domains.items()}
        object.__setattr__(self, "domains", MappingProxyType(frozen))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        pixels = next(pixels for _, pixels in self._arrays())
        return pixels.shape[0], pixels.shape[1]

    @property
    def modalities(self) -> tuple[str, ...]:
        """What is there, of "rgb" and "depth", in this order, then the names of the domains."""
        present = {"rgb": self.colour, "depth": self.depth, **self.domains}
        return tuple(name for name, pixels in present.items() if pixels is not None)

    @property
    def nbytes(self) -> int:
        """What all arrays weigh."""
        return sum(pixels.nbytes for _, pixels in self._arrays())

    def _arrays(self) -> Iterator[tuple[str, NDArray]]:
        """Everything that is there, colour first, then depth; a domain under its name."""
        if self.colour is not None:
            yield "colour", self.colour
        if self.depth is not None:
            yield "depth", self.depth
        yield from ((f"domain {name}", pixels) for name, pixels in self.domains.items())

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all arrays, as hex: the same numbers give the same digest, whatever file they came from."""
        digest = hashlib.sha256()
        for name, pixels in self._arrays():
            digest.update(f"{name} {pixels.dtype.name} {pixels.shape}\n".encode())
            digest.update(pixels.data)
        return digest.hexdigest()


def may_name_domain(name: str) -> bool:
    """Whether a domain may be called so."""
    known = isinstance(name, str) and re.fullmatch(r"\w[\w-]{0,39}", name, re.ASCII)
    return bool(known) and name not in OWN_FIELDS


def check_domain_name(name: str) -> None:
    """Raise InputError unless `name` can name a domain: letters, digits, "_" and "-", and neither "rgb" nor "depth"."""
    if name in OWN_FIELDS:
        raise InputError(f"'{name}' is no further domain; give it as {OWN_FIELDS[name]}.")
    if not may_name_domain(name):
        raise InputError(
            f"'{one_line(name, 60)}' names no domain; expected up to 40 letters, digits, underscores and dashes."
        )


def _check_colour(colour: NDArray, what: str = "colour") -> None:
    if not isinstance(colour, np.ndarray) or colour.dtype != np.uint8 or colour.ndim != 3 or colour.shape[2] != 3:
        raise InputError(f"The {what} is {_describe(colour)}; expected an HxWx3 uint8 array.")
    if colour.size == 0:
        raise InputError(f"The {what} array has no pixels; expected at least one.")


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
