"""What a change of a network's exchange did to a prediction."""

import cv2
import numpy as np

from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.views.panels import ColourBar, Panel, number, percent
from vizlab.views.predictions import map_panel

TITLE = "what changed"
_GREY, _CHANGED = 70, (213, 94, 0)


def change_panel(before: Prediction, after: Prediction, colour: np.ndarray | None) -> Panel:
    """Where two predictions of one task and size differ.

    Classes: the pixels of another class, over the greyed photograph `colour` (HxWx3 uint8, or None). Normals: the
    angle between them, 0..60 degrees. Anything else: after minus before, its channels' mean, centred at zero.
    """
    if isinstance(before, SemsegPrediction):
        assert isinstance(after, SemsegPrediction)
        return _classes(before.label != after.label, colour)
    assert not isinstance(after, SemsegPrediction)
    if isinstance(before, NormalsPrediction):
        return _angle(before.value, after.value)
    difference = after.value.astype(np.float32) - before.value
    unit = "m" if isinstance(before, DepthPrediction) else ""
    return _difference(difference if difference.ndim == 2 else difference.mean(2), unit)


def _classes(changed: np.ndarray, colour: np.ndarray | None) -> Panel:
    if colour is None:
        base = np.full((*changed.shape, 3), _GREY, np.uint8)
    else:
        base = np.repeat(cv2.cvtColor(np.ascontiguousarray(colour), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    image = np.where(changed[..., None], np.array(_CHANGED, np.uint8), base)
    return Panel(image, TITLE, f"{percent(float(changed.mean()))} of the pixels changed class.", key="changed")


def _angle(before: np.ndarray, after: np.ndarray) -> Panel:
    angle = np.degrees(np.arccos(np.clip((before * after).sum(-1), -1, 1)))
    bar = ColourBar(0, 60, "°", "magma", "angle between before and after")
    return map_panel(angle, TITLE, bar, f"Turned by {number(float(angle.mean()))}° on average.", "changed")


def _difference(values: np.ndarray, unit: str) -> Panel:
    size = np.abs(values)
    end = max(0.01, float(f"{np.percentile(size, 95):.1g}"))
    bar = ColourBar(-end, end, unit, "diverging", "after − before")
    return map_panel(values, TITLE, bar, f"Changed by {number(float(size.mean()), unit)} on average.", "changed")
