"""How a colour camera fails. Colour is HxWx3 uint8, sRGB as files hold it."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.errors import InputError
from vizlab.experiments.corruptions.corruption import Level, scaled_pixels
from vizlab.rgbd import RGBDImage

Colour = NDArray[np.uint8]
_FINE = 8
"""A kernel is drawn so many times finer than pixels, so that radii between two whole pixels differ."""


def exposed(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """`stops` more light (less where negative), each twice as much: in linear light, clipped at white."""
    light = _linear(_unit(rgbd)) * 2.0 ** level["stops"]
    return _stored(_encoded(np.clip(light, 0, 1)))


def _linear(stored: NDArray[np.float32]) -> NDArray[np.float64]:
    """Light out of sRGB values, both 0..1 (IEC 61966-2-1)."""
    return np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)


def _encoded(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `_linear`."""
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)


def flat(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """`kept` (0..1) of the contrast: each channel's distance from its mean over the picture times that."""
    pixels = _unit(rgbd)
    mean = pixels.mean((0, 1), dtype=np.float64)
    return _stored(mean + (pixels - mean) * level["kept"])


def defocused(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """Every point becomes a disc with a radius of `radius` pixels (of 480)."""
    return _blurred(rgbd, disc(scaled_pixels(level["radius"], rgbd.size[0])))


def moved(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """Every point becomes a line `length` pixels (of 480) long, in a direction given by chance."""
    angle = random.uniform(0, math.pi)
    return _blurred(rgbd, line(scaled_pixels(level["length"], rgbd.size[0]), angle))


def disc(radius: float) -> NDArray[np.float32]:
    """A square kernel of odd side that sums to 1: how much of each pixel lies within `radius` of the middle."""
    reach = math.ceil(radius + 0.5)
    along = (np.arange((2 * reach + 1) * _FINE) + 0.5) / _FINE - reach - 0.5
    inside = (along[:, None] ** 2 + along[None] ** 2 <= max(radius, 0.5) ** 2).astype(np.float32)
    kernel = inside.reshape(2 * reach + 1, _FINE, 2 * reach + 1, _FINE).mean((1, 3))
    return np.asarray(kernel / kernel.sum(), np.float32)


def line(length: float, angle: float) -> NDArray[np.float32]:
    """A square kernel of odd side that sums to 1: a line through the middle, `angle` radians from the x axis."""
    reach = math.ceil(length / 2) + 1
    count = max(2, math.ceil(length * _FINE))
    places = ((np.arange(count) + 0.5) / count - 0.5) * length
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    x, y = reach + places * math.cos(angle), reach + places * math.sin(angle)
    for dx in (0, 1):
        for dy in (0, 1):  # each place is shared among the four pixels around it
            column, row = np.floor(x).astype(int) + dx, np.floor(y).astype(int) + dy
            np.add.at(kernel, (row, column), (1 - np.abs(x - column)) * (1 - np.abs(y - row)))
    return np.asarray(kernel / kernel.sum(), np.float32)


def _blurred(rgbd: RGBDImage, kernel: NDArray[np.float32]) -> Colour:
    # Convolution, where OpenCV correlates: both kernels are their own mirror image.
    return _stored(cv2.filter2D(_unit(rgbd), -1, kernel, borderType=cv2.BORDER_REFLECT_101))


def gaussian(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """Normal noise of standard deviation `deviation` (white is 1), in each pixel and channel."""
    pixels = _unit(rgbd)
    return _stored(pixels + level["deviation"] * random.standard_normal(pixels.shape))


def shot(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """Few photons: Poisson counts, of which white has `photons`, in each pixel and channel."""
    return _stored(random.poisson(_unit(rgbd) * level["photons"]) / level["photons"])


def jpeg(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """Compressed as JPEG at `quality` (0..100) and decoded."""
    assert rgbd.colour is not None
    done, file = cv2.imencode(".jpg", rgbd.colour[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(level["quality"])])
    if not done:
        raise InputError(f"A picture of {rgbd.size[1]}x{rgbd.size[0]} cannot be a JPEG; make it smaller.")
    return np.asarray(cv2.imdecode(file, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def grey(rgbd: RGBDImage, level: Level, random: np.random.Generator) -> Colour:
    """`lost` (0..1) of the colour: a mixture with the picture's luma (ITU-R BT.601)."""
    pixels = _unit(rgbd)
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None]
    return _stored(pixels + (luma - pixels) * level["lost"])


def _unit(rgbd: RGBDImage) -> NDArray[np.float32]:
    """Colour in 0..1."""
    assert rgbd.colour is not None
    return rgbd.colour.astype(np.float32) / np.float32(255)


def _stored(pixels: NDArray) -> Colour:
    return np.asarray(np.round(np.clip(pixels, 0, 1) * 255), np.uint8)
