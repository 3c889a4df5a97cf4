"""The kinds of objects of an exam, and what is said of them; `scenes.exam.needs` has the codes of the maps."""

import numpy as np

from vizlab.scenes.exam.needs import BOTH, DEPTH, EITHER, NEEDS, RGB

RGB_TURNED, DEPTH_TURNED = len(NEEDS), len(NEEDS) + 1
"""Codes, beside those of the needs, of what needs one modality since a fault of a sensor took the other."""
NAMES: tuple[str, ...] = (*NEEDS, "rgb, by a fault", "depth, by a fault")
"""Of kinds, by code."""
SAID: dict[str, str] = {
    "rgb": "flat things, such as pictures, rugs and screens: the depth with and without them is the same",
    "depth": "furniture in the colours of what is behind it: the colour picture with and without it is the same",
    "both": "slabs that bear one of two patterns and stand out or lie flush: the class is the exclusive or of the two",
    "either": "furniture as it is, in both modalities",
    "rgb, by a fault": "furniture of either kind whose depth is lost to a fault",
    "depth, by a fault": "furniture of either kind whose colour is lost to a fault",
    "none": "whatever cannot be told any more, since a fault of a sensor took the modality that was needed",
    "not asked": "the rest of the room",
}
"""What each kind is made of."""
SIGNED: dict[int, int] = {RGB: -1, BOTH: 0, EITHER: 0, DEPTH: 1}
"""Where an explanation should point, from -1, all colour, to 1, all depth, of what needs what it was built to need."""
CHANCE = 0.5
"""Of telling apart the two classes of `both`, which count alike, by one answer for all; of an area under the curve."""


def kinds(need: np.ndarray, built: np.ndarray) -> np.ndarray:
    """The kind, by code, of what needs `need` and was built to need `built` (codes; arrays of one shape)."""
    turned = need != built
    return np.select([turned & (need == RGB), turned & (need == DEPTH)], [RGB_TURNED, DEPTH_TURNED], need)
