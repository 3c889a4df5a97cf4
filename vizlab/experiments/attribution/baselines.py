"""What the picture is compared with: pictures that lack what colour, or depth, says about this scene."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, get_args

import cv2
import numpy as np

from vizlab.errors import InputError, one_line
from vizlab.rgbd import RGBDImage

ColourBaseline = Literal["mean colour", "blurred", "black", "unchanged"]
DepthBaseline = Literal["median plane", "unknown", "unchanged"]
BLUR = 0.05
"""Standard deviation of the blur, of the picture's longer side."""

WORDS = {
    "mean colour": "every pixel in the picture's mean colour",
    "blurred": f"the picture blurred (Gaussian, standard deviation {100 * BLUR:.0f} % of the longer side)",
    "black": "black",
    "median plane": "a plane at the picture's median depth",
    "unknown": "all depth but the picture's rim unknown, filled from the nearest known pixel as a reader fills holes",
    "unchanged": "as it is",
}
"""What each baseline is, in words. No depth of 0 m is among them: that would be a distance, and the nearest one."""


@dataclass(frozen=True)
class Baselines:
    """The name of a baseline for each modality; "unchanged" attributes nothing to that modality."""

    rgb: ColourBaseline = "mean colour"
    depth: DepthBaseline = "median plane"

    def __post_init__(self) -> None:
        for modality, name, kind in (("rgb", self.rgb, ColourBaseline), ("depth", self.depth, DepthBaseline)):
            if name not in get_args(kind):
                known = ", ".join(get_args(kind))
                raise InputError(f"'{one_line(name, 60)}' is no baseline for {modality}; expected one of {known}.")

    def words(self, modality: str) -> str:
        """Such as "a plane at the picture's median depth"; for a further picture what is done to colour."""
        return WORDS[self.depth if modality == "depth" else self.rgb]

    def picture(self, rgbd: RGBDImage, modalities: Collection[str]) -> RGBDImage:
        """`rgbd` with those modalities, of the ones it has, replaced by their baselines; domains by that of colour."""
        colour, depth = rgbd.colour, rgbd.depth
        if colour is not None and "rgb" in modalities:
            colour = _colour(colour, self.rgb)
        if depth is not None and "depth" in modalities:
            depth = _depth(depth, self.depth)
        domains = {n: _colour(pixels, self.rgb) if n in modalities else pixels for n, pixels in rgbd.domains.items()}
        return replace(rgbd, colour=colour, depth=depth, domains=domains)


def _colour(colour: np.ndarray, name: ColourBaseline) -> np.ndarray:
    """HxWx3 uint8."""
    if name == "unchanged":
        return colour
    if name == "black":
        return np.zeros_like(colour)
    if name == "mean colour":
        return np.broadcast_to(colour.mean((0, 1)).round().astype(np.uint8), colour.shape).copy()
    sigma = max(BLUR * max(colour.shape[:2]), 0.5)
    return np.asarray(cv2.GaussianBlur(colour, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.uint8)


def _depth(depth: np.ndarray, name: DepthBaseline) -> np.ndarray:
    """HxW float32, metres."""
    if name == "unchanged":
        return depth
    if name == "median plane":
        return np.full_like(depth, np.nanmedian(depth))
    kept = np.full_like(depth, np.nan)
    for rim in ((0, slice(None)), (-1, slice(None)), (slice(None), 0), (slice(None), -1)):
        kept[rim] = depth[rim]
    if np.isnan(kept).all():
        raise InputError("All of the depth's rim is unknown, so nothing can be filled from it; take 'median plane'.")
    return kept
