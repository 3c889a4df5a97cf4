"""What stands for "nothing there" besides 0, NaN and the end of a type's range: numbers far beyond all others."""

import numpy as np
from numpy.typing import NDArray

_FAR_BEYOND = 20.0
"""Times the next lower number: no scene has such a gap above its middle."""
_BEYOND, _REPEATED = 1.5, 0.002
"""A single number at the top, so many times the next lower, in this share of the picture, is no surface."""
_FEWEST = 24
"""Numbers below the top: of fewer, nothing is known of the scene that they would show."""


def beyond_all_others(raw: NDArray, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True where `raw` (HxW, as stored), of which `known` are measurements, stands for nothing by its size.

    Renderers write 1e10, 1e9, 65504, 1000 or the far plane of their camera where they see no surface.
    """
    numbers = np.sort(raw[known])
    if numbers.size < 2:
        return np.zeros(raw.shape, bool)
    upper = np.unique(numbers[numbers.size // 2 :]).astype(float)
    limit = np.inf
    if len(upper) == 1 and len(lower := np.unique(numbers)) > _FEWEST and upper[0] >= _FAR_BEYOND * float(lower[-2]):
        limit = float(lower[-2])  # most of the picture is nothing, as around a single thing
    if len(upper) > 1:
        gaps = np.flatnonzero(upper[1:] / upper[:-1] >= _FAR_BEYOND)
        if gaps.size:
            limit = upper[gaps[0]]
        elif np.mean(raw == upper[-1]) >= _REPEATED and _ends_in_nothing(raw, upper):
            limit = upper[-2]
    return known & (raw > limit)


def _ends_in_nothing(raw: NDArray, upper: NDArray[np.float64]) -> bool:
    saturated_millimetres = raw.dtype.kind == "f" and np.isclose(upper[-1], 65.535, rtol=1e-6)
    return bool(saturated_millimetres or upper[-1] >= _BEYOND * upper[-2])


def describe(raw: NDArray, nothing: NDArray[np.bool_]) -> str:
    """What was taken as nothing, as a sentence."""
    numbers, share = raw[nothing], float(nothing.mean())
    which = f"is {numbers.min():.6g}" if numbers.min() == numbers.max() else f"is {numbers.min():.6g} or more"
    how_much = f"{100 * share:.1f} %" if share >= 0.001 else "Less than 0.1 %"
    return f"{how_much} of the depth {which}, far beyond the rest, and was taken as unknown."
