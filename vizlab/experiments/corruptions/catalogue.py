"""Every corruption, with its parameters at the five severities; a severity's numbers are printed wherever it is shown.

Numbers of colour follow ImageNet-C where it has the corruption (Hendrycks & Dietterich 2019, arXiv 1903.12261; its
blurs are for pictures 224 pixels tall, ours for 480, so spans are larger in pixels and smaller in angle).
"""

from collections.abc import Sequence

from vizlab.errors import InputError
from vizlab.experiments.corruptions import colour, depth, replacing
from vizlab.experiments.corruptions.corruption import Change, Corruption, Modality, levels
from vizlab.rgbd import RGBDImage

IMAGENET_C = "after ImageNet-C (Hendrycks & Dietterich 2019, arXiv 1903.12261)"


def _dropped(modality: Modality, short: str, how: str, change: Change) -> Corruption:
    title = f"{'colour' if modality == 'rgb' else 'depth'} dropped, {short}"
    words = f"nothing of {'colour' if modality == 'rgb' else 'depth'} left, in its place {how}"
    return Corruption(f"{modality}-dropped-{short.split()[0]}", modality, title, ({},), words, change, drops=True)


_ALL = (
    Corruption(
        "depth-missing", "depth", "random pixels missing", levels(share=(0.1, 0.25, 0.5, 0.75, 0.9)),
        "{share:.0%} of the pixels missing, at random", depth.missing,
    ),
    Corruption(
        "depth-holes", "depth", "holes at edges and on dark surfaces",
        levels(reach=(2, 4, 6, 9, 12), grey=(16, 32, 48, 64, 80)),
        "missing within {reach:g} px (of 480) of steps in depth of 10 % and more, and where colour is darker than "
        "{grey:g} of 255", depth.holes,
    ),
    Corruption(
        "depth-noise", "depth", "Kinect noise", levels(times=(1, 2, 4, 8, 16)),
        "{times:g} times the noise of a Kinect (0.07 px of disparity; in metres it grows with the square of the "
        "distance, 1.4 cm at 3 m for one time)", depth.noise,
    ),
    Corruption(
        "depth-steps", "depth", "quantised disparity", levels(pixels=(0.25, 0.5, 1, 2, 4)),
        "disparity in steps of {pixels:g} px (a Kinect's are 0.125 px)", depth.disparity_steps,
    ),
    Corruption(
        "depth-near", "depth", "scaled down", levels(factor=(0.98, 0.96, 0.94, 0.92, 0.9)),
        "every distance times {factor:g}", depth.scaled,
    ),
    Corruption(
        "depth-far", "depth", "scaled up", levels(factor=(1.02, 1.04, 1.06, 1.08, 1.1)),
        "every distance times {factor:g}", depth.scaled,
    ),
    Corruption(
        "depth-shifted", "depth", "shifted against colour", levels(pixels=(2, 4, 8, 16, 32)),
        "depth {pixels:g} px (of 480) to the right of colour", depth.shifted,
    ),
    Corruption(
        "depth-unit", "depth", "wrong unit", ({"factor": 10},), "every distance times {factor:g}", depth.scaled,
    ),
    _dropped("depth", "mean picture", replacing.MEAN, replacing.mean_depth),
    _dropped("depth", "other picture", replacing.OTHER, replacing.other_depth),
    Corruption(
        "rgb-dark", "rgb", "dark", levels(stops=(-1, -2, -3, -4, -5)),
        "exposed by {stops:g} stops, in linear light", colour.exposed,
    ),
    Corruption(
        "rgb-bright", "rgb", "bright", levels(stops=(0.5, 1, 1.5, 2, 3)),
        "exposed by {stops:+g} stops, in linear light, clipped at white", colour.exposed,
    ),
    Corruption(
        "rgb-contrast", "rgb", "low contrast", levels(kept=(0.4, 0.3, 0.2, 0.1, 0.05)),
        "{kept:.0%} of the contrast kept", colour.flat, source=IMAGENET_C,
    ),
    Corruption(
        "rgb-defocus", "rgb", "out of focus", levels(radius=(3, 4, 6, 8, 10)),
        "a disc with a radius of {radius:g} px (of 480) for each point", colour.defocused, source=IMAGENET_C,
    ),
    Corruption(
        "rgb-motion", "rgb", "motion blur", levels(length=(6, 10, 15, 22, 30)),
        "a line {length:g} px long (of 480) for each point", colour.moved,
    ),
    Corruption(
        "rgb-gaussian", "rgb", "Gaussian noise", levels(deviation=(0.08, 0.12, 0.18, 0.26, 0.38)),
        "normal noise in each pixel, standard deviation {deviation:g} of white", colour.gaussian, source=IMAGENET_C,
    ),
    Corruption(
        "rgb-shot", "rgb", "shot noise", levels(photons=(60, 25, 12, 5, 3)),
        "Poisson counts in each pixel, {photons:g} for white", colour.shot, source=IMAGENET_C,
    ),
    Corruption(
        "rgb-jpeg", "rgb", "JPEG", levels(quality=(25, 18, 15, 10, 7)), "JPEG of quality {quality:g}", colour.jpeg,
        source=IMAGENET_C,
    ),
    Corruption(
        "rgb-grey", "rgb", "grey", levels(lost=(0.2, 0.4, 0.6, 0.8, 1)), "{lost:.0%} of the colour lost", colour.grey,
    ),
    _dropped("rgb", "mean picture", replacing.MEAN, replacing.mean_colour),
    _dropped("rgb", "other picture", replacing.OTHER, replacing.other_colour),
)  # fmt: skip

CORRUPTIONS = {one.name: one for one in _ALL}
"""By name, depth first; within a modality, those without degrees last."""


def corruption_named(name: str) -> Corruption:
    """The corruption of that name; raises InputError, naming all, if there is none."""
    if name not in CORRUPTIONS:
        raise InputError(f"There is no corruption '{name[:60]}'; there are {', '.join(CORRUPTIONS)}.")
    return CORRUPTIONS[name]


def fitting(rgbd: RGBDImage, inputs: Sequence[str]) -> tuple[Corruption, ...]:
    """The corruptions of what the picture has and a network with those `inputs` takes."""
    return tuple(one for one in CORRUPTIONS.values() if one.modality in inputs and one.modality in rgbd.modalities)


def corrupted(rgbd: RGBDImage, name: str, severity: int, seed: int = 0) -> RGBDImage:
    """`rgbd` broken by the corruption of that name; see `Corruption.__call__`."""
    return corruption_named(name)(rgbd, severity, seed)
