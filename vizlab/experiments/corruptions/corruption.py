"""What a corruption is: data about it, and one pure function from a picture to a broken one."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage

Modality = Literal["rgb", "depth"]
Level = Mapping[str, float]
"""The parameters at one severity, by name."""
Change = Callable[[RGBDImage, Level, np.random.Generator], np.ndarray]
"""The changed modality alone: HxWx3 uint8 colour, or HxW float32 depth in metres with NaN where unknown."""

SEVERITIES = (1, 2, 3, 4, 5)
CLEAN = 0
"""The severity at which nothing is broken."""


@dataclass(frozen=True)
class Corruption:
    """One way in which a sensor fails.

    `levels` are its parameters from severity 1 to 5, or of one level alone where it has no degrees; `words` says them,
    with the parameters' names in braces; `title` is a few words, for a list. `change` is pure, and of the random
    generator it is given it always draws the same numbers first, whatever the level: so what is missing at one
    severity is missing at the next. `drops` says that nothing of the modality is left; `source` whose numbers
    they are.
    """

    name: str
    modality: Modality
    title: str
    levels: tuple[Level, ...]
    words: str
    change: Change
    drops: bool = False
    source: str = ""

    @property
    def graded(self) -> bool:
        """Whether it has degrees; else every severity is the same."""
        return len(self.levels) > 1

    def level(self, severity: int) -> Level:
        """The parameters at that severity, 1 to 5; raises InputError for any other."""
        if severity not in SEVERITIES:
            raise InputError(f"The severity is {severity!r}; expected a whole number from 1 to 5.")
        return self.levels[severity - 1] if self.graded else self.levels[0]

    def parameters(self, severity: int) -> str:
        """The parameters in words, such as "25 % of the pixels missing, at random"; ASCII, as files have them."""
        return self.words.format(**self.level(severity)).replace("%", " %").replace("  %", " %")

    def __call__(self, rgbd: RGBDImage, severity: int, seed: int = 0) -> RGBDImage:
        """`rgbd` with this modality broken; the other one, and the size, stay. The record says what was done.

        The same seed gives the same picture. Raises InputError where the picture lacks the modality, where nothing of
        the depth would be left, and for a severity that is none.
        """
        level = self.level(severity)
        if seed < 0:
            raise InputError(f"The seed is {seed}; expected a whole number of 0 or more.")
        if self.modality not in rgbd.modalities:
            raise InputError(
                f"'{self.name}' breaks {self.modality}, but the picture has only {' and '.join(rgbd.modalities)}; "
                f"give {'a depth map' if self.modality == 'depth' else 'a colour picture'} as well."
            )
        random = np.random.default_rng((seed, zlib.crc32(self.name.encode())))
        changed = self.change(rgbd, level, random)
        if self.modality == "depth" and np.isnan(changed).all():
            raise InputError(
                f"'{self.name}' at severity {severity} leaves no known depth in this picture; choose a lower severity."
            )
        said = f"{self.modality} was broken on purpose: {self.parameters(severity)} (seed {seed})."
        record = replace(rgbd.record, warnings=(*rgbd.record.warnings, said))
        if self.modality == "depth":
            return replace(rgbd, depth=changed, record=record)
        return replace(rgbd, colour=changed, record=record)


def levels(**by_name: tuple[float, ...]) -> tuple[Level, ...]:
    """One mapping a severity out of the values of each parameter in turn."""
    return tuple(dict(zip(by_name, values, strict=True)) for values in zip(*by_name.values(), strict=True))


def scaled_pixels(pixels: float, height: int) -> float:
    """Pixels of a picture 480 tall, in one that is `height` tall: a fault spans the same angle at any size."""
    return pixels * height / 480
