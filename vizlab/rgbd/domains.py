"""Further pictures of a scene, by the names under which networks take them: given as files or arrays, or derived."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError, one_line
from vizlab.rgbd.colour import check_colour_array
from vizlab.rgbd.derived import DERIVATIONS, derive
from vizlab.rgbd.image import RGBDImage, check_domain_name
from vizlab.rgbd.limits import DEFAULT_LIMITS, Limits
from vizlab.rgbd.opened import colour_of, open_file
from vizlab.rgbd.record import ReadRecord
from vizlab.rgbd.shrink import shrink

Given = str | os.PathLike[str] | NDArray
"""A file, an array (HxWx3 or HxW uint8), or the name of what is derived (see `DERIVATIONS`)."""

MOST = 8
"""No network known takes more than four."""
SAME_SHAPE = 0.01
"""How far the aspects of two pictures of one view may differ: by rounding, not by a crop."""


@dataclass(frozen=True)
class _Read:
    """One picture, where it comes from, and what was done to it."""

    pixels: NDArray[np.uint8]
    source: str
    notes: tuple[str, ...] = ()


def with_domains(rgbd: RGBDImage | None, domains: Mapping[str, Given], limits: Limits = DEFAULT_LIMITS) -> RGBDImage:
    """`rgbd` with further pictures of the same view, by name; None where there are these pictures alone.

    Files are read as colour pictures are. A name of `DERIVATIONS` ("shading") derives the domain from the colour and
    depth of `rgbd`; a file that is called like one is given as "./shading". All are brought to one size, that of `rgbd`
    or else of the first: a picture of the same shape is scaled, of another shape it is refused, since nobody knows what
    was cut off. What `rgbd` has under the same name is replaced. The record says where each comes from. Raises
    InputError with a sentence for the user.
    """
    if len(domains) > MOST:
        raise InputError(f"{len(domains)} further pictures are given; expected {MOST} at most.")
    for name in domains:
        check_domain_name(name)
    read = {name: _read(rgbd, name, given, limits) for name, given in domains.items()}
    if not read:
        if rgbd is None:
            raise InputError("No picture was given; expected a colour picture, a depth map or a domain.")
        return rgbd
    size = next(iter(read.values())).pixels.shape[:2] if rgbd is None else rgbd.size
    fitted = {name: _fitted(one, name, (size[0], size[1])) for name, one in read.items()}
    before = ReadRecord() if rgbd is None else rgbd.record
    record = replace(
        before,
        warnings=(*before.warnings, *(note for one in fitted.values() for note in one.notes)),
        domains={**before.domains, **{name: one.source for name, one in fitted.items()}},
    )
    pixels = {name: one.pixels for name, one in fitted.items()}
    if rgbd is None:
        return RGBDImage(record=record, domains=pixels)
    return replace(rgbd, record=record, domains={**rgbd.domains, **pixels})


def given_domains(pairs: Sequence[str]) -> dict[str, Given]:
    """Domains by name out of "NAME=FILE" or "NAME=shading", as a command line has them. Raises InputError."""
    found: dict[str, Given] = {}
    for pair in pairs:
        name, equals, source = pair.partition("=")
        if not equals or not source or name in found:
            raise InputError(
                f"'{one_line(pair, 60)}' names no further picture; expected NAME=FILE once for each name, or NAME= and "
                f"one of {', '.join(DERIVATIONS)}."
            )
        found[name] = source
    return found


def _read(rgbd: RGBDImage | None, name: str, given: Given, limits: Limits) -> _Read:
    if isinstance(given, np.ndarray):
        return _Read(check_colour_array(given), "array")
    if isinstance(given, str) and given in DERIVATIONS:
        if rgbd is None:
            raise InputError(f"The domain '{name}' cannot be derived: there is no picture to derive {given} from.")
        return _Read(derive(rgbd, given), f"derived: {DERIVATIONS[given].sentence}")
    pixels, notes = colour_of(open_file(given, "colour", limits))
    smaller, _, shrunk = shrink(pixels, None, limits)
    assert smaller is not None
    return _Read(smaller, Path(given).name, (*notes, *(shrunk if rgbd is None else ())))


def _fitted(one: _Read, name: str, size: tuple[int, int]) -> _Read:
    """The picture at `size` (H, W); raises InputError where its shape is another."""
    height, width = one.pixels.shape[:2]
    if (height, width) == size:
        return one
    if abs(np.log((width / height) / (size[1] / size[0]))) > SAME_SHAPE:
        raise InputError(
            f"The picture for '{name}' ({one.source}) is {width}x{height}, but the others are {size[1]}x{size[0]}: "
            "another shape, so that they cannot show the same view pixel on pixel; crop them alike."
        )
    shrinks = size[0] * size[1] < height * width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(one.pixels, (size[1], size[0]), interpolation=how), np.uint8)
    note = f"The picture for '{name}' was scaled from {width}x{height} to {size[1]}x{size[0]}, the size of the others."
    return _Read(scaled, one.source, (*one.notes, note))
