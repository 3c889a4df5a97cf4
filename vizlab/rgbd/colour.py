"""Colour pictures as HxWx3 uint8, whatever they were stored as."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vizlab.errors import InputError
from vizlab.rgbd.channels import looks_like_a_map
from vizlab.rgbd.files import EXPECTED
from vizlab.rgbd.pictures import Picture, load
from vizlab.rgbd.stored import StoredArrays

_BITS = (8, 10, 12, 14, 16)  # that cameras count in, also where a file has room for 16
_OVERSHOOT = 1.1  # what resampling makes of colour from 0 to 1
_LAMPS = 32.0  # below this the brightest of a picture from 0 to 255 would be black


def decode_colour(picture: Picture) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The pixels of `picture`, upright, HxWx3 uint8, and a sentence for each thing that was changed to get there.

    Transparent pixels are laid over white, grey is repeated, more bits are cut to 8. Raises InputError if it is
    damaged, or one channel of more than 8 bits.
    """
    if picture.is_deep:
        raise InputError(
            f"{picture.file.name} is {picture.summary}, as depth is; expected {EXPECTED['colour']}: give it as depth, "
            "or save it as an 8-bit picture if it is a photograph."
        )
    notes = []
    if picture.pages:
        notes.append(f"{picture.file.name} holds more than one picture; the first was read.")
    if picture.mode in ("1", "L", "LA"):
        notes.append(f"{picture.file.name} is grey; its one channel was used for red, green and blue.")
    if picture.has_deep_channels:
        values, name = picture.decode(), picture.file.name
        light = values.dtype.kind == "f" and _is_light(values)
        pixels, more = _from_light(values, name) if light else _eight_bits(values, name, None)
        return pixels, (*notes, *more)
    image, more = _opaque(load(picture), picture.file.name)
    return picture.upright(np.array(image)), (*notes, *more)


def decode_colour_array(opened: StoredArrays) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """The same for an `opened` file of numbers. Raises InputError if it holds no colour, or none that can be told."""
    if opened.colour is None:
        raise InputError(opened.no_colour)
    values, name = opened.colour.decode(), opened.file.name
    grey = (f"{name} is grey; its one channel was used for red, green and blue.",) if values.ndim == 2 else ()
    if values.dtype.kind == "f" and (opened.linear or _is_light(values)):
        return _from_light(values, name)
    pixels, notes = _eight_bits(values, name, opened.top)
    return pixels, (*grey, *notes)


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


def _eight_bits(values: NDArray, name: str, top: int | None) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """`values` (HxW or HxWxC, counts or floats) as HxWx3 uint8, alpha applied or left out.

    `top` is the value of full brightness, None where it has to be told from the values.
    """
    notes: tuple[str, ...] = ()
    values = values[..., None] if values.ndim == 2 else values
    colour = values[..., :3] if values.shape[2] > 2 else values[..., :1]
    if values.dtype != np.uint8 or top not in (None, 255):
        full, notes = (top, ()) if top else _full_brightness(colour, name)
        colour = _scaled(colour, full)
    colour = np.repeat(colour, 3, axis=2) if colour.shape[2] == 1 else colour
    if values.shape[2] in (2, 4):
        colour, more = _laid_over_white(colour, values[..., -1], name)
        notes = (*notes, *more)
    return np.ascontiguousarray(colour), notes


def _scaled(colour: NDArray, full: float) -> NDArray[np.uint8]:
    """0..`full` as 0..255; counts of more bits are cut, not rounded, so that 257 x stays x."""
    if colour.dtype.kind in "iu" and full > 255 and (int(full) + 1) & int(full) == 0:
        return (colour.clip(0, int(full)) >> (int(full).bit_length() - 8)).astype(np.uint8)
    return (np.nan_to_num(colour.astype(np.float32) / np.float32(full)).clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _full_brightness(colour: NDArray, name: str) -> tuple[float, tuple[str, ...]]:
    """The value of `colour` (of the file `name`) that means full brightness, and a sentence on how it was told."""
    finite = colour[np.isfinite(colour)] if colour.dtype.kind == "f" else colour
    least, most = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    if least < 0 or most > 65535:
        raise InputError(
            f"{name} holds colour from {least:.3g} to {most:.3g}, as after normalisation; expected 0..255, or 0..1 as "
            "floats: undo the normalisation (times the deviation, plus the mean) and save it again."
        )
    if colour.dtype.kind == "f" and most <= 255:
        full = 1.0 if most <= _OVERSHOOT else 255.0
        return full, (f"{name} holds floats up to {most:.3g}; they were taken as colour from 0 to {full:g}.",)
    bits = next(bits for bits in _BITS if most < 2**bits)
    kept = ", of which the upper 8 were kept" if bits > 8 else ""
    if bits == 16:
        return 65535, (f"{name} has 16 bits per channel{kept}.",)
    return 2**bits - 1, (
        f"{name} has room for more than {bits} bits per channel, but its largest value is {most:g}: its values were "
        f"taken as {bits}-bit ones{kept}.",
    )


def _is_light(values: NDArray) -> bool:
    """Whether floats (HxW or HxWxC) are neither 0..1 nor 0..255: light, of which 1 is white and lamps are more."""
    colour = values[..., :3] if values.ndim == 3 else values
    finite = colour[np.isfinite(colour)]
    return bool(finite.size and finite.min() >= 0 and _OVERSHOOT < finite.max() < _LAMPS)


def _from_light(values: NDArray, name: str) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Linear light (HxW or HxWx3 floats, 1 is white) by sRGB's curve (IEC 61966-2-1), brighter light cut at white."""
    light = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=1.0, neginf=0.0).clip(0, 1)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.power(light, 1 / 2.4, dtype=np.float32) - 0.055)
    pixels = (curve * 255 + 0.5).astype(np.uint8)
    pixels = np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels[..., :3]
    return np.ascontiguousarray(pixels), (
        f"{name} holds linear light; it was cut at 1.0 and brought to a screen's colours with the curve of sRGB.",
    )


def _laid_over_white(colour: NDArray[np.uint8], alpha: NDArray, name: str) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """`colour` (HxWx3) over white by integer `alpha` (HxW), which is left out where it is no opacity."""
    if alpha.dtype.kind not in "u" or looks_like_a_map(alpha):
        return colour, (_ignored(name),)
    opacity = alpha[..., None].astype(np.float32) / np.iinfo(alpha.dtype).max
    seen_through = float(np.mean(opacity < 1))
    if not seen_through:
        return colour, ()
    return (255 + opacity * (colour - np.float32(255)) + 0.5).astype(np.uint8), (_seen_through(name, seen_through),)


def _opaque(image: Image.Image, name: str) -> tuple[Image.Image, tuple[str, ...]]:
    """`image` as RGB, and a sentence if it was not fully opaque."""
    if not image.has_transparency_data:
        return image.convert("RGB"), ()
    image = image.convert("RGBA")
    alpha = np.asarray(image.getchannel("A"))
    if looks_like_a_map(alpha):
        return image.convert("RGB"), (_ignored(name),)
    seen_through = float(np.mean(alpha < 255))
    if not seen_through:
        return image.convert("RGB"), ()
    white = Image.new("RGBA", image.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, image).convert("RGB"), (_seen_through(name, seen_through),)


def _ignored(name: str) -> str:
    return f"The fourth channel of {name} holds many values, as depth does: it was not taken as transparency."


def _seen_through(name: str, share: float) -> str:
    return f"{name} is transparent in {100 * share:.1f} % of its pixels; white was put behind."
