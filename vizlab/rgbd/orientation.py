"""Turning and mirroring: the one rule for every picture, colour or depth, by EXIF or because somebody asks for it."""

import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError

UPRIGHT = 1

# What `turn` of read_rgbd may be, and the EXIF orientation that does the same.
TURNS = {"none": UPRIGHT, "mirrored": 2, "upside down": 4, "turned 180": 3, "turned 90": 6, "turned 270": 8}

_SENTENCES = {
    2: "mirrored left to right",
    3: "turned by 180 degrees",
    4: "mirrored top to bottom",
    5: "mirrored along its diagonal",
    6: "turned by 90 degrees clockwise",
    7: "mirrored along its other diagonal",
    8: "turned by 90 degrees counter-clockwise",
}


def upright(pixels: NDArray, orientation: int) -> NDArray:
    """Bring stored `pixels` (HxW or HxWxC) upright; 5 to 8 exchange height and width, see EXIF 2.3, tag 274."""
    turned = {
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.swapaxes(0, 1),
        6: lambda p: np.rot90(p, -1),
        7: lambda p: np.rot90(p, 2).swapaxes(0, 1),
        8: lambda p: np.rot90(p, 1),
    }.get(orientation)
    return pixels if turned is None else np.ascontiguousarray(turned(pixels))


def check_turn(turn: str) -> None:
    """Raise InputError unless `turn` is one of TURNS."""
    if turn not in TURNS:
        raise InputError(f"turn is {turn!r}; expected one of {', '.join(map(repr, TURNS))} (degrees clockwise).")


def turned(pixels: NDArray, turn: str) -> NDArray:
    """`pixels` (HxW or HxWxC) after one of TURNS: mirrored left to right, upside down (rows reversed), clockwise."""
    return upright(pixels, TURNS[turn])


def both_turns(first: str, second: str) -> str | None:
    """The one of TURNS that does `first`, then `second`; None where none does (a quarter turn, mirrored)."""
    halves = {"none": 0, "mirrored": 1, "upside down": 2, "turned 180": 3}
    if first in halves and second in halves:
        return list(halves)[halves[first] ^ halves[second]]
    degrees = {"none": 0, "turned 90": 90, "turned 180": 180, "turned 270": 270}
    if first in degrees and second in degrees:
        return {angle: turn for turn, angle in degrees.items()}[(degrees[first] + degrees[second]) % 360]
    return None


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """The (height, width) that `upright` gives to a picture stored with `size`."""
    return (size[1], size[0]) if orientation >= 5 else size


def describe(orientation: int) -> str:
    """What `upright` does, as the end of a sentence."""
    return _SENTENCES.get(orientation, "left as stored")
