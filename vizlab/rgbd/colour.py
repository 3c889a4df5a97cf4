"""Colour pictures as HxWx3 uint8, whatever they were stored as."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vizlab.errors import InputError
from vizlab.rgbd.pictures import Picture, load


def decode_colour(picture: Picture) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The pixels of `picture`, upright, HxWx3 uint8, and a sentence for each thing that was changed to get there.

    Transparent pixels are laid over white, grey is repeated, 16 bits are cut to 8. Raises InputError if damaged.
    """
    notes = []
    if picture.pages:
        notes.append(f"{picture.file.name} holds more than one picture; the first was read.")
    if picture.bits > 8:
        notes.append(f"{picture.file.name} has {picture.bits} bits per channel; the upper 8 were kept.")
    if picture.mode in ("1", "L", "LA"):
        notes.append(f"{picture.file.name} is grey; its one channel was used for red, green and blue.")
    image, seen_through = _opaque(load(picture))
    if seen_through:
        notes.append(f"{picture.file.name} is transparent in {seen_through:.1%} of its pixels; white was put behind.")
    return picture.upright(np.array(image)), tuple(notes)


def check_colour_array(colour: NDArray) -> NDArray[np.uint8]:
    """`colour` from Python (HxWx3, HxWx1 or HxW uint8) as HxWx3 uint8. Raises InputError for any other."""
    if colour.dtype != np.uint8:
        raise InputError(
            f"The colour array holds {colour.dtype.name}; expected uint8 from 0 to 255: scale and convert it, "
            "for example (255 * colour).astype('uint8')."
        )
    if colour.ndim == 2:
        colour = colour[..., None]
    if colour.ndim != 3 or colour.shape[2] not in (1, 3) or colour.size == 0:
        shape = "x".join(map(str, colour.shape))
        raise InputError(f"The colour array has the shape {shape}; expected HxWx3: drop alpha or move the channels.")
    return np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour


def _opaque(image: Image.Image) -> tuple[Image.Image, float]:
    """`image` as RGB, and the share of its pixels that were not fully opaque."""
    if not image.has_transparency_data:
        return image.convert("RGB"), 0.0
    image = image.convert("RGBA")
    seen_through = float(np.mean(np.asarray(image.getchannel("A")) < 255))
    if seen_through:
        white = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(white, image)
    return image.convert("RGB"), seen_through
