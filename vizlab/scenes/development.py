"""From linear radiance to a photograph: denoising guided by geometry, exposure, tone curve, lens and sensor traits."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vizlab.scenes.path_tracing import Geometry
from vizlab.scenes.textures import Image, Map

REST = np.float32(0.02)
"""Added to a reflectance before light is divided by it: black things would make of their last shine a blaze."""
GREY = np.float32(0.3)
"""The reflectance that every surface has in a picture of light alone, about a room's average."""


def denoised(colour: Map, variance: Map, albedo: Map, geometry: Geometry, radius: int = 6) -> Map:
    """Non-local means on the light that falls on surfaces, kept inside surfaces of one plane and one reflectance.

    colour, variance, albedo: HxWx3 float32, linear; radius: pixels. After Rousselle et al. (2012): a difference
    counts only as far as the noise does not explain it.
    """
    # Dividing the reflectance out leaves light alone, which is smooth: textures are not touched by the filter.
    base = albedo + REST
    light = without_specks(colour / base)
    noise = (variance / base**2).mean(-1)
    # The variance of eight passes is itself noisy: a pixel counts as at least as noisy as its neighbourhood.
    calm = cv2.medianBlur(noise, 5)
    noise = np.maximum(calm, cv2.blur(np.minimum(noise, 4 * calm), (5, 5))) + 1e-8
    shape = (geometry.points.astype(np.float32), geometry.normals.astype(np.float32))
    first = _mean_of_alike(light, (light.mean(-1), noise, *shape), radius)
    # The first result shows what is alike far better than the noisy picture did: decide once more, average wider.
    guides = (first.mean(-1), noise * 0.06, *shape)
    return _mean_of_alike(first, guides, radius, step=2, patch=3) * base


def _mean_of_alike(light: Map, guides: tuple[Map, ...], radius: int, step: int = 1, patch: int = 5) -> Map:
    """Each pixel of `light` averaged with those around it that `guides` show to be alike.

    radius: reach in steps of `step` pixels; patch: pixels across over which likeness is judged.
    """
    # A pixel counts little in its own favour: a speck on an edge would otherwise keep to itself.
    own = np.float32(0.03)
    total, weights = light * own, np.full(light.shape[:2], own)
    for dy in range(0, step * radius + 1, step):
        for dx in range(-step * radius, step * radius + 1, step):
            if dy == 0 and dx <= 0:
                continue
            # One weight serves both ends of a pair of pixels, so half the window is enough.
            here, there = _overlap(light.shape, dy, dx)
            weight = _likeness([guide[here] for guide in guides], [guide[there] for guide in guides], patch)
            total[here] += light[there] * weight[..., None]
            total[there] += light[here] * weight[..., None]
            weights[here] += weight
            weights[there] += weight
    mean = total / weights[..., None]
    # What found nothing alike takes the median around it.
    lonely = weights < 0.6
    return np.where(lonely[..., None], cv2.medianBlur(mean, 3), mean)


Window = tuple[slice, slice]


def _overlap(shape: tuple[int, ...], dy: int, dx: int) -> tuple[Window, Window]:
    """The two windows of a picture that lie (dy, dx) apart, dy >= 0."""
    height, width = shape[:2]
    here = (slice(0, height - dy), slice(max(-dx, 0), width - max(dx, 0)))
    there = (slice(dy, height), slice(max(dx, 0), width - max(-dx, 0)))
    return here, there


def _likeness(here: list[Map], there: list[Map], patch: int) -> Map:
    """HxW weights in [0, 1] for pairs of pixels, from (light, noise, points, normals) at both ends."""
    both = here[1] + there[1]
    gap = ((here[0] - there[0]) ** 2 - both) / (1e-6 + 0.5 * both)
    unlike = cv2.blur(np.clip(gap, -4, 40), (patch, patch))
    # Two centimetres off each other's plane is another surface.
    off_plane = np.abs(np.einsum("ijk,ijk->ij", there[2] - here[2], here[3])) / 0.02
    bend = (1 - np.einsum("ijk,ijk->ij", here[3], there[3])) * 12
    return np.exp(-np.maximum(unlike, 0) - off_plane - bend).astype(np.float32)


def without_specks(light: Map) -> Map:
    """Single bright pixels brought down to their neighbourhood: what is left of fireflies."""
    calm = cv2.medianBlur(light, 5)
    return np.minimum(light, 2 * calm + 0.02)


def bloom(colour: Map, strength: float = 0.045) -> Map:
    """Stray light around windows and lamps, as a cheap lens has it."""
    size = colour.shape[0]
    bright = np.minimum(colour, np.float32(np.percentile(colour, 99.5) * 2))
    wide = cv2.GaussianBlur(bright, (0, 0), size / 22) * 0.4 + cv2.GaussianBlur(bright, (0, 0), size / 90) * 0.6
    return (colour * (1 - strength) + wide * strength).astype(np.float32)


def encoded(linear: NDArray[np.floating]) -> Map:
    """sRGB's encoding of linear values in [0, 1]."""
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 1e-9) ** (1 / 2.4) - 0.055)
    return curve.astype(np.float32)


def toned(colour: Map) -> Map:
    """Linear to display: a film-like curve with a soft shoulder, then the sRGB encoding; [0, 1]."""
    # Narkowicz's fit of the ACES curve, applied to a slightly dimmed picture.
    x = colour * 0.75
    curve = np.clip(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0, 1)
    return encoded(curve)


def white_balance(colour: Map, strength: float = 0.6) -> Map:
    """Gains (3,) of part of an automatic white balance (grey world): lamps stay warm, but less so than their light."""
    means = np.clip(np.percentile(colour, 80, axis=(0, 1)), 1e-4, None)
    return ((means.mean() / means) ** strength).astype(np.float32)


def metered(colour: Map, stops: float = 0.0, key: float = 0.2) -> Map:
    """Gains (3,) by which a camera takes linear `colour`: white balance, and an exposure that brings the log-mean
    luminance to `key`, plus `stops`."""
    gains = white_balance(colour)
    luminance = (colour * gains) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    mean = float(np.exp(np.log(np.clip(luminance, 1e-4, None)).mean()))
    return (gains * (key / mean * 2.0**stops)).astype(np.float32)


def developed(colour: Map, stops: float, rng: np.random.Generator) -> Image:
    """A denoised linear picture as the camera would store it: HxWx3 uint8 sRGB."""
    height, width = colour.shape[:2]
    hazy = bloom(colour)
    picture = toned(hazy * metered(hazy, stops))
    # The tone curve makes colours richer than a webcam's are.
    picture = 0.86 * picture + 0.14 * picture.mean(-1, keepdims=True)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    picture *= (1 - 0.1 * (x**2 + y**2) ** 1.2 / 2.3)[..., None].astype(np.float32)
    # A Kinect's small lens is never quite sharp, and its grain is a pixel or two wide.
    soft = cv2.GaussianBlur(picture, (0, 0), 0.45 * height / 480 + 1e-3)
    grain = cv2.GaussianBlur(rng.standard_normal((height, width, 3)), (0, 0), 0.6)
    return np.round(np.clip(soft + 0.007 * grain, 0, 1) * 255).astype(np.uint8)


def light_alone(colour: Map, albedo: Map, stops: float) -> Image:
    """The room as if every surface were the same grey, HxWx3 uint8 sRGB, taken as `developed` takes the photograph.

    colour: denoised linear radiance; albedo: diffuse reflectance. Radiance over reflectance is the light that falls on
    a matt surface, exactly; on shiny ones it also holds what they mirror, and on lamps and mirrors, whose reflectance
    counts as 1, it is their radiance. A colour that a surface hardly reflects says little of the light there, so that
    its light is drawn to that of all colours. Neither lens nor grain: a photograph's come after the light.
    """
    grey = colour.sum(-1, keepdims=True) / (albedo.sum(-1, keepdims=True) + 3 * REST)
    light = (colour + REST * grey) / (albedo + REST) * GREY
    return np.round(toned(light * metered(bloom(colour), stops)) * 255).astype(np.uint8)


def texture_alone(albedo: Map) -> Image:
    """Diffuse reflectance as a picture without any light, HxWx3 uint8 sRGB; lamps, windows and mirrors are white."""
    return np.round(np.clip(encoded(albedo), 0, 1) * 255).astype(np.uint8)
