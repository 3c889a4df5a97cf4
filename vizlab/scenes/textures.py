"""Procedural textures as arrays: colours are HxWx3 uint8 sRGB, reliefs HxW float32 in [0, 1]; all of them tile."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Map = NDArray[np.float32]
Colour = tuple[float, float, float]


def noise(rng: np.random.Generator, size: int = 512, slope: float = 1.6, stretch: float = 1.0, low: float = 2.0) -> Map:
    """Tileable random map, mean 0 and deviation 1, with a 1/f^slope spectrum.

    stretch: how much longer its features are along x than along y; low: cycles per tile below which it is flat.
    """
    fy = np.fft.fftfreq(size)[:, None] * size
    fx = np.fft.rfftfreq(size)[None] * size * stretch
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    spectrum *= 1 / (low**2 + fx**2 + fy**2) ** (slope / 2)
    spectrum[0, 0] = 0
    field = np.fft.irfft2(spectrum, s=(size, size))
    return np.asarray(field / field.std(), dtype=np.float32)


def blended(share: Map, stops: Sequence[Colour]) -> Map:
    """HxWx3 float colours in [0, 1]: `share` in [0, 1] run through equally spaced colour stops."""
    table = np.array(stops, dtype=np.float32)
    where = np.linspace(0, 1, len(table))
    clipped = np.clip(share, 0, 1)
    return np.stack([np.interp(clipped, where, table[:, channel]) for channel in range(3)], -1).astype(np.float32)


def as_image(colours: np.ndarray) -> Image:
    """Float colours in [0, 1] to uint8."""
    return np.round(np.clip(colours, 0, 1) * 255).astype(np.uint8)


def shaded(colour: Colour, amount: float) -> Colour:
    """A colour made lighter (amount > 1) or darker."""
    red, green, blue = (min(channel * amount, 1.0) for channel in colour)
    return red, green, blue


def plain(rng: np.random.Generator, colour: Colour, variation: float = 0.03, size: int = 256) -> Image:
    """One colour with the faint clouds and specks that paint and plaster have."""
    relief = 0.7 * noise(rng, size, 1.8) + 0.3 * noise(rng, size, 0.3)
    return as_image(np.asarray(colour, np.float32) * (1 + variation * relief[..., None]))


def wood(rng: np.random.Generator, dark: Colour, light: Colour, size: int = 512, rings: int = 7) -> Image:
    """Boards cut along the grain, which runs along x."""
    v = np.linspace(0, 1, size, endpoint=False, dtype=np.float32)[:, None]
    warp = noise(rng, size, 2.0, stretch=5)
    ring = 0.5 + 0.5 * np.sin(2 * np.pi * (rings * v + 0.55 * warp))
    pores = noise(rng, size, 0.5, stretch=28)
    share = 0.55 + 0.22 * (ring**1.5 - 0.5) + 0.11 * pores + 0.12 * noise(rng, size, 1.5, stretch=9)
    return as_image(blended(share, [shaded(dark, 0.8), dark, light, shaded(light, 1.08)]))


def planks(
    rng: np.random.Generator, dark: Colour, light: Colour, rows: int = 10, size: int = 1024
) -> tuple[Image, Map]:
    """A wooden floor: rows of boards with staggered joints along x, and its relief (grooves are 0)."""
    source = wood(rng, dark, light, size, rings=18).astype(np.float32) / 255
    colour, relief = np.empty_like(source), np.ones((size, size), np.float32)
    edges = np.round(np.linspace(0, size, rows + 1)).astype(int)
    for top, bottom in pairwise(edges):
        start = int(rng.integers(size))
        cuts = np.sort((start + np.array([0, size // 2 + int(rng.integers(-size // 6, size // 6))])) % size)
        x = np.arange(size)
        board = np.searchsorted(cuts, x, side="right") % 2
        for which in range(2):
            strip = np.roll(source, (int(rng.integers(size)), int(rng.integers(size))), (0, 1))[top:bottom]
            tone = rng.normal(1, 0.07) * (1 + rng.normal(0, 0.015, 3))
            colour[top:bottom][:, board == which] = (strip * tone)[:, board == which]
        relief[top : top + 2] = 0
        for cut in cuts:
            relief[top:bottom, np.arange(cut, cut + 2) % size] = 0
    colour *= (0.45 + 0.55 * cv2.blur(relief, (3, 3)))[..., None]
    return as_image(colour), relief


def tiles(
    rng: np.random.Generator, colour: Colour, grout: Colour, count: int = 4, size: int = 1024, mottling: float = 1.0
) -> tuple[Image, Map]:
    """Square tiles, count x count in the picture, and their relief (joints are 0); mottling: 1 for stone."""
    pitch = size // count
    x = np.arange(size) % pitch
    joint = (np.minimum(x, pitch - x) < max(pitch // 64, 2)).astype(np.float32)
    joints = cv2.GaussianBlur(np.maximum(joint[:, None], joint[None]), (5, 5), 0)
    tone = np.kron(rng.normal(1, 0.045 * mottling, (count, count)), np.ones((pitch, pitch)))
    tone = np.pad(tone, ((0, size - tone.shape[0]), (0, size - tone.shape[1])), mode="edge").astype(np.float32)
    clouds = 0.17 * noise(rng, size, 1.5) + 0.07 * noise(rng, size, 0.6)
    stone = 0.5 + np.float32(mottling) * clouds
    body = blended(stone, [shaded(colour, 0.75), colour, shaded(colour, 1.15)]) * tone[..., None]
    mixed = body * (1 - joints[..., None]) + np.asarray(grout, np.float32) * joints[..., None]
    return as_image(mixed), (1 - joints).astype(np.float32)


def carpet(rng: np.random.Generator, colour: Colour, size: int = 1024) -> tuple[Image, Map]:
    """Cut pile: fine grain, soft tracks; and its relief."""
    grain = noise(rng, size, 0.55, low=60)
    relief = np.clip(0.5 + 0.2 * grain, 0, 1)
    tone = 1 + 0.12 * grain + 0.025 * noise(rng, size, 1.7)
    return as_image(np.asarray(colour, np.float32) * tone[..., None]), relief.astype(np.float32)


def weave(rng: np.random.Generator, colour: Colour, threads: int = 90, size: int = 512) -> tuple[Image, Map]:
    """Coarse upholstery cloth, and its relief."""
    phase = np.arange(size, dtype=np.float32) / size * threads * 2 * np.pi
    relief = 0.5 + 0.25 * np.sin(phase)[:, None] * np.sin(phase)[None] + 0.1 * noise(rng, size, 0.6)
    tone = 0.93 + 0.14 * relief + 0.015 * noise(rng, size, 1.6) + 0.05 * noise(rng, size, 0.2)
    return as_image(np.asarray(colour, np.float32) * tone[..., None]), np.clip(relief, 0, 1).astype(np.float32)


def stripes(rng: np.random.Generator, colours: Sequence[Colour], count: int = 6, size: int = 512) -> Image:
    """Woven stripes of uneven width, across x."""
    edges = np.sort(rng.uniform(0, 1, count * 2))
    index = np.searchsorted(edges, np.linspace(0, 1, size, endpoint=False)) % len(colours)
    band = np.asarray(colours, np.float32)[index][None]
    return as_image(np.repeat(band, size, 0) * (1 + 0.05 * noise(rng, size, 0.3))[..., None])


def plaid(rng: np.random.Generator, colours: Sequence[Colour], count: int = 4, size: int = 512) -> Image:
    """A checked blanket: the mean of stripes in both directions."""
    bands = stripes(rng, colours, count, size).astype(np.float32) / 255
    crossed = 0.5 * bands + 0.5 * bands.transpose(1, 0, 2)
    return as_image(crossed * (1 + 0.04 * noise(rng, size, 0.3))[..., None])


def damask(rng: np.random.Generator, ground: Colour, figure: Colour, size: int = 512) -> Image:
    """Printed ornament: mirrored noise cut at a level, which reads as leaves and scrolls."""
    field = cv2.GaussianBlur(noise(rng, size, 1.3, low=7), (0, 0), 3)
    field = field + field[:, ::-1]
    ornament = cv2.GaussianBlur((np.abs(field) > 0.75 * field.std()).astype(np.float32), (0, 0), 1)
    return as_image(blended(ornament, [ground, figure]) * (1 + 0.04 * noise(rng, size, 0.3))[..., None])


def rug(rng: np.random.Generator, ground: Colour, figure: Colour, border: Colour, size: int = 768) -> Image:
    """An oriental-looking rug, drawn once over the whole surface: field, medallion and borders."""
    axis = np.abs(np.linspace(-1, 1, size, dtype=np.float32))
    x, y = np.meshgrid(axis, axis)
    field = noise(rng, size, 1.2, low=14)
    field = field + field[:, ::-1]
    field = np.asarray(cv2.GaussianBlur(field + field[::-1], (0, 0), 2), np.float32)
    motif = (np.abs(field) > field.std()).astype(np.float32)[..., None]
    colours = [np.asarray(colour, np.float32) for colour in (ground, figure, border)]
    picture: np.ndarray = colours[0] * (1 - motif) + colours[1] * motif
    medallion = (x * 1.2 + y < 0.55 + 0.05 * np.sin(14 * np.arctan2(y, x)))[..., None]
    picture = np.where(medallion, colours[2] * (1 - motif) + colours[1] * motif, picture)
    rim = np.maximum(x, y)[..., None]
    picture = np.where(rim > 0.8, colours[2] * (1 - 0.6 * motif) + 0.6 * colours[1] * motif, picture)
    picture = np.where((np.abs(rim - 0.8) < 0.012) | (rim > 0.97), colours[1], picture)
    pile = 1 + 0.09 * noise(rng, size, 0.5, low=50) + 0.05 * noise(rng, size, 1.7)
    return as_image(picture * pile[..., None])
