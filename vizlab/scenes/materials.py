"""Surface materials: what a part looks like to the colour camera, and how well a depth sensor sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from vizlab.scenes import textures
from vizlab.scenes.textures import Colour, Image, Map

Finish = Literal["solid", "mirror", "thin", "glow"]


@dataclass(frozen=True, eq=False)
class Material:
    """One surface.

    colour: one sRGB colour in [0, 1], or a texture (HxWx3: uint8 sRGB; float32 is linear and for "glow" only);
    tile: metres one texture covers along (u, v), 1 for textures drawn once over the surface;
    relief: HxW bump map in [0, 1] over the same tile, `relief_depth` metres deep;
    finish: "thin" lets light through (cloth), "glow" emits `radiance` x colour;
    echo: share of a depth sensor's infrared pattern that comes back to it, on top of the colour's own darkness.
    """

    colour: Colour | Image | Map
    tile: tuple[float, float] = (1.0, 1.0)
    roughness: float = 0.65
    specular: float = 0.35
    metallic: float = 0.0
    relief: Map | None = None
    relief_depth: float = 0.0
    finish: Finish = "solid"
    radiance: float = 0.0
    echo: float = 1.0


def paint(rng: np.random.Generator, colour: Colour, roughness: float = 0.75) -> Material:
    """Wall paint."""
    return Material(textures.plain(rng, colour, 0.012), (1.7, 1.7), roughness, 0.25)


def lacquer(rng: np.random.Generator, colour: Colour, roughness: float = 0.35) -> Material:
    """Painted furniture, door leaves, appliances."""
    return Material(textures.plain(rng, colour, 0.01), (0.9, 0.9), roughness, 0.45)


def timber(rng: np.random.Generator, dark: Colour, light: Colour, roughness: float = 0.38) -> Material:
    """Varnished wood, grain along u."""
    return Material(textures.wood(rng, dark, light), (1.3, 0.65), roughness, 0.45)


def parquet(rng: np.random.Generator, dark: Colour, light: Colour) -> Material:
    """A boarded floor; boards run along u."""
    image, relief = textures.planks(rng, dark, light)
    return Material(image, (2.2, 1.3), 0.32, 0.45, relief=relief, relief_depth=0.0015)


def flagstones(rng: np.random.Generator, colour: Colour, grout: Colour, edge: float = 0.4) -> Material:
    """Glazed floor tiles of `edge` metres."""
    image, relief = textures.tiles(rng, colour, grout)
    return Material(image, (4 * edge, 4 * edge), 0.22, 0.5, relief=relief, relief_depth=0.002)


def wall_tiles(rng: np.random.Generator, colour: Colour, size: tuple[float, float] = (0.15, 0.15)) -> Material:
    """Plainly glazed tiles of width x height metres."""
    image, relief = textures.tiles(rng, colour, textures.shaded(colour, 0.78), 8, mottling=0.35)
    return Material(image, (8 * size[0], 8 * size[1]), 0.2, 0.5, relief=relief, relief_depth=0.0015)


def carpeting(rng: np.random.Generator, colour: Colour) -> Material:
    """Wall-to-wall carpet."""
    image, relief = textures.carpet(rng, colour)
    return Material(image, (1.6, 1.6), 0.95, 0.1, relief=relief, relief_depth=0.006)


def cloth(rng: np.random.Generator, colour: Colour, scale: float = 0.35) -> Material:
    """Woven upholstery."""
    image, relief = textures.weave(rng, colour)
    return Material(image, (scale, scale), 0.9, 0.12, relief=relief, relief_depth=0.0012)


def printed(image: Image, tile: float) -> Material:
    """Cloth with a printed or woven pattern that repeats every `tile` metres."""
    return Material(image, (tile, tile), 0.9, 0.12)


def leather(rng: np.random.Generator, colour: Colour) -> Material:
    """Smooth hide with fine creases."""
    relief = np.clip(0.5 + 0.2 * textures.noise(rng, 512, 1.0, low=12), 0, 1).astype(np.float32)
    image = textures.plain(rng, colour, 0.05, 512)
    return Material(image, (0.5, 0.5), 0.36, 0.5, relief=relief, relief_depth=0.003, echo=0.8)


def metal(colour: Colour = (0.72, 0.71, 0.69), roughness: float = 0.28) -> Material:
    """Brushed metal; it throws much of a sensor's pattern elsewhere."""
    return Material(colour, roughness=roughness, metallic=1.0, echo=0.06)


def plastic(colour: Colour, roughness: float = 0.4) -> Material:
    """Moulded plastic or glazed ceramic."""
    return Material(colour, roughness=roughness, specular=0.5)


def glossy_black() -> Material:
    """A switched-off screen: a depth sensor gets nothing back."""
    return Material((0.02, 0.02, 0.023), roughness=0.12, specular=0.5, echo=0.0)


def mirror() -> Material:
    """Silvered glass."""
    return Material((0.92, 0.93, 0.92), finish="mirror", echo=0.0)


def sheer(rng: np.random.Generator, colour: Colour) -> Material:
    """Curtain cloth that lets some light through."""
    return Material(textures.weave(rng, colour, 120)[0], (0.35, 0.35), 0.9, 0.1, finish="thin")


def glow(colour: Colour | Map, radiance: float, echo: float = 1.0) -> Material:
    """A surface that gives off light: lamp shades, bulbs, the view in a window."""
    return Material(colour, finish="glow", radiance=radiance, echo=echo)


def artwork(image: Image, gloss: float = 0.5) -> Material:
    """A picture drawn once over its surface."""
    return Material(image, roughness=gloss, specular=0.4)
