"""EXIF orientation: the one rule for every picture, colour or depth."""

import numpy as np
from numpy.typing import NDArray

UPRIGHT = 1

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


def upright_size(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    """The (height, width) that `upright` gives to a picture stored with `size`."""
    return (size[1], size[0]) if orientation >= 5 else size


def describe(orientation: int) -> str:
    """What `upright` does, as the end of a sentence."""
    return _SENTENCES.get(orientation, "left as stored")
