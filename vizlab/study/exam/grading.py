"""One network before one picture of an exam: what is kept of that, as plain values."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vizlab.study.exam.accuracy import mark
from vizlab.study.exam.exchange import CUT, RECEIVED, effect, received
from vizlab.study.exam.explanations import SHAPLEY, Explain, Explained, Sitting, explained, shapley
from vizlab.study.exam.folder import Asked
from vizlab.study.exam.gradients import INPUT, INTEGRATED, gradient_x_input, integrated_gradients
from vizlab.study.exam.place import centre

EXPLANATIONS: Mapping[str, Explain] = {
    SHAPLEY: shapley,
    INPUT: gradient_x_input,
    INTEGRATED: integrated_gradients,
    RECEIVED: received,
    CUT: effect,
}
"""By the name of what they give, in the order of tables."""
DIGITS = 6
"""Of scores and shares that are kept."""


def grade(sitting: Sitting, pair: tuple[int, int], explanations: Sequence[str] = tuple(EXPLANATIONS)) -> dict[str, Any]:
    """JSON-ready: "objects" that were asked about, "outputs" by name with their marks, and a list of "explanations".

    Of those there are the ones named. Also how many objects are "described" in the picture, and whether a sensor is
    "broken".
    """
    picture = sitting.picture
    outputs = {name: _marks(sitting, name, pair) for name in sitting.outputs}
    chosen = {name: explain for name, explain in EXPLANATIONS.items() if name in explanations}
    return {
        "objects": [_object(one) for one in picture.asked],
        "described": len(picture.objects),
        "broken": bool(picture.fault.any()),
        "outputs": outputs,
        "explanations": [_explanation(one) for one in explained(sitting, chosen)],
    }


def _marks(sitting: Sitting, name: str, pair: tuple[int, int]) -> dict[str, Any]:
    found = mark(sitting.outputs[name], sitting.picture, pair, sitting.framing)
    return {
        "right": found.right.tolist(),
        "labelled": found.labelled.tolist(),
        "objects": plain(found.objects),
        "pair": plain(found.pair),
    }


def _object(one: Asked) -> dict[str, Any]:
    thing, (row, column) = one.object, plain(centre(one.region))
    return {
        "number": thing.number, "need": one.need, "built": thing.built, "class": thing.index, "what": thing.what,
        "pattern": thing.pattern, "raised": thing.raised, "pixels": int(one.region.sum()),
        "row": row, "column": column,
    }  # fmt: skip


def _explanation(one: Explained) -> dict[str, Any]:
    interaction = None if one.interaction is None else plain(one.interaction)
    return {
        "explanation": one.explanation, "variant": one.variant, "output": one.output, "points": plain(one.points),
        "interaction": interaction,
    }  # fmt: skip


def plain(values: np.ndarray | Sequence[float]) -> list[float | None]:
    """Numbers as JSON has them, with `DIGITS` digits; None for what is undefined."""
    return [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in map(float, values)]
