"""Where depth lies under the colour picture: a scale and an offset, sampled to the nearest pixel."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_PLACE = re.compile(rf"(?:scale\s+{_NUMBER})?\s*(?:offset\s+{_NUMBER}\s*,\s*{_NUMBER})?")
_LARGEST_SCALE = 64.0  # a depth map of 64 pixels fills 4K then; what is beyond is a slip of the pen
_ROUNDING = 1e-9  # so that a position meant to be whole does not fall to the pixel before


@dataclass(frozen=True)
class Placement:
    """Colour pixel i shows depth pixel floor((i + 0.5) / scale + offset); all pairs are (rows, columns).

    `scale` is in colour pixels per depth pixel; `offset` in depth's own pixels, from depth's first pixel to where the
    colour picture's first begins: positive where the colour begins inside the depth.
    """

    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def centred(cls, depth: tuple[int, ...], scaled: tuple[int, int], colour: tuple[int, int]) -> "Placement":
        """Depth enlarged to the size `scaled`, its centre on that of the colour; sizes are (height, width).

        A surplus that cannot be halved leaves the odd pixel at the end.
        """
        scale = (scaled[0] / depth[0], scaled[1] / depth[1])
        starts = [(middle - new) // 2 for middle, new in zip(scaled, colour, strict=True)]
        return cls(scale, (starts[0] / scale[0], starts[1] / scale[1]))

    def sample(self, depth: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
        """Depth (HxW float32) under a colour picture of `size` (height, width); NaN where depth does not reach.

        Only the samples needed are taken: a sliver scaled to the longer side could be enormous before it is cropped.
        """
        targets, sources = [], []
        for old, new, scale, offset in zip(depth.shape, size, self.scale, self.offset, strict=True):
            source = np.floor((np.arange(new) + 0.5) / scale + offset + _ROUNDING).astype(int)
            inside = (source >= 0) & (source < old)
            targets.append(np.flatnonzero(inside))
            sources.append(source[inside])
        sampled = np.full(size, np.nan, np.float32)
        sampled[np.ix_(*targets)] = depth[np.ix_(*sources)]
        return sampled

    def moved(self, shift: tuple[float, float], zoom: float, size: tuple[int, int]) -> "Placement":
        """Depth magnified by `zoom` about the centre of the colour picture, then moved down and right by `shift`.

        `shift` is (rows, columns) in colour pixels and `size` the colour picture's (height, width).
        """
        offsets = [
            offset + (edge / 2 * (1 - 1 / zoom) - move / zoom) / scale
            for offset, edge, move, scale in zip(self.offset, size, shift, self.scale, strict=True)
        ]
        return Placement((self.scale[0] * zoom, self.scale[1] * zoom), (offsets[0], offsets[1]))

    @property
    def overall_scale(self) -> float:
        """One scale for both axes, their geometric mean."""
        return (self.scale[0] * self.scale[1]) ** 0.5

    def text(self) -> str:
        """The words that `parse_placement` reads: one scale for both axes, offset in columns and rows."""
        scale = self.overall_scale
        rows, columns = self.offset
        place = f"offset {_plain(columns)},{_plain(rows)}"
        return place if abs(scale - 1) < 5e-4 else f"scale {scale:.3f} {place}"


def parse_placement(text: str) -> tuple[float, tuple[float, float] | None] | None:
    """(scale, (rows, columns) of offset or None: centred) of "scale S", "offset X,Y" or both; None if it is neither."""
    found = _PLACE.fullmatch(text.strip())
    if found is None or not found[0]:
        return None
    scale = 1.0 if found[1] is None else float(found[1])
    if not 1 / _LARGEST_SCALE <= scale <= _LARGEST_SCALE:
        return None
    return scale, None if found[2] is None else (float(found[3]), float(found[2]))


def _plain(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"
