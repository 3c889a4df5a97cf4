"""Predictions as pictures, one panel each."""

from collections.abc import Sequence

import cv2
import numpy as np

from vizlab.core.predictions import SemsegPrediction
from vizlab.measures.metrics import DepthError, NormalsError
from vizlab.tasks import VOID
from vizlab.views.palettes import Palette, class_colours, coloured, hex_of
from vizlab.views.panels import ColourBar, LegendItem, Panel, number, percent, reduced

LEGEND_CLASSES, LEGEND_SHARE = 12, 0.003
"""A legend lists at most so many classes, the largest first, and none that covers less of the picture."""

NORMALS_LEGEND = (
    LegendItem("faces right", "#FF8080"),
    LegendItem("faces up", "#80FF80"),
    LegendItem("faces the camera", "#8080FF"),
    LegendItem("unknown", "#808080"),
)


def image_panel(image: np.ndarray, title: str, caption: str = "", key: str = "") -> Panel:
    """A picture as it is: HxWx3 uint8 RGB."""
    return Panel(reduced(image, smooth=True).copy(), title, caption, key=key)


def semseg_panel(
    prediction: SemsegPrediction,
    classes: Sequence[str],
    title: str,
    palette: Palette = "voc",
    caption: str = "",
    key: str = "",
) -> Panel:
    """The class of every pixel; the legend lists the largest classes with their share of the picture."""
    text = caption or f"Mean confidence {percent(float(prediction.confidence.mean()))}."
    return label_panel(prediction.label, classes, title, palette, text, key)


def label_panel(
    label: np.ndarray, classes: Sequence[str], title: str, palette: Palette = "voc", caption: str = "", key: str = ""
) -> Panel:
    """A label map HxW uint8 (class index, 255 void) in the palette's colours."""
    image = class_colours(palette, classes)[reduced(label)]
    return Panel(image, title, caption, class_legend(label, classes, palette), key)


def class_legend(label: np.ndarray, classes: Sequence[str], palette: Palette = "voc") -> tuple[LegendItem, ...]:
    """The classes of a label map, largest first; small ones are summed up."""
    counts = np.bincount(label.ravel(), minlength=256)
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]
    shown = [i for i in order[:LEGEND_CLASSES] if counts[i] >= LEGEND_SHARE * label.size]
    rest = order[len(shown) :]
    colours = class_colours(palette, classes)
    items = [LegendItem(_class_name(i, classes), hex_of(colours[i]), counts[i] / label.size) for i in shown]
    if rest:
        share = float(counts[rest].sum() / label.size)
        items.append(
            LegendItem("1 smaller class" if len(rest) == 1 else f"{len(rest)} smaller classes", "#808080", share)
        )
    return tuple(items)


def confidence_panel(prediction: SemsegPrediction, title: str, caption: str = "", key: str = "") -> Panel:
    """The probability of the predicted class, always on 0..1."""
    text = caption or f"Mean confidence {percent(float(prediction.confidence.mean()))}; dark is unsure."
    return map_panel(prediction.confidence, title, ColourBar(0, 1, "", "cividis", "confidence"), text, key)


def map_panel(values: np.ndarray, title: str, bar: ColourBar, caption: str = "", key: str = "") -> Panel:
    """Any HxW map of numbers on the range, unit and colours of `bar`; NaN is grey."""
    return Panel(coloured(reduced(values), bar.low, bar.high, bar.colormap), title, caption, bar, key)


def marked_panel(value: np.ndarray, task: str, caption: str = "", key: str = "") -> Panel:
    """What a reference marks, HxW uint8: 1 marked, 0 not, 255 unknown."""
    marked = np.where(value == VOID, np.nan, value.astype(np.float32))
    return map_panel(marked, "reference", ColourBar(0, 1, "", "cividis", task), caption, key)


def depth_panel(value: np.ndarray, title: str, low: float, high: float, caption: str = "", key: str = "") -> Panel:
    """Depth HxW in metres on `low`..`high`: give all panels of a row one range. Grey is unknown."""
    return map_panel(value, title, ColourBar(low, high, "m", "viridis", "depth"), caption, key)


def depth_error_panel(
    error: DepthError, title: str, limit: float | None = None, caption: str = "", key: str = ""
) -> Panel:
    """Signed error in metres, centred at zero: orange is predicted too far, purple too near. `limit` ends the scale."""
    end = error_limit([error]) if limit is None else limit
    text = caption or "Orange: predicted too far; purple: too near; grey: unknown."
    return map_panel(error.error, title, ColourBar(-end, end, "m", "diverging", "prediction − reference"), text, key)


def error_limit(errors: Sequence[DepthError]) -> float:
    """The end of a common error scale in metres: the 95th percentile of all magnitudes, to one digit, at least 0.1."""
    return limit_of([e.error for e in errors])


def limit_of(errors: Sequence[np.ndarray]) -> float:
    """The same for maps of errors in metres, NaN where unknown."""
    known = [np.abs(e[np.isfinite(e)])[::7] for e in errors]
    values = np.concatenate([k for k in known if k.size] or [np.zeros(1)])
    return max(0.1, float(f"{np.percentile(values, 95):.1g}"))


def normals_panel(value: np.ndarray, title: str, caption: str = "", key: str = "") -> Panel:
    """Unit normals HxWx3 (x right, y down, z forward) as colours: red right, green up, blue towards the camera."""
    small = reduced(value)
    pixels = (small * np.array([1, -1, -1], np.float32) + 1) * 127.5
    known = np.isfinite(small).all(-1)
    image = np.where(known[..., None], np.nan_to_num(pixels, nan=128).round(), 128).astype(np.uint8)
    return Panel(image, title, caption, NORMALS_LEGEND, key)


def normals_error_panel(error: NormalsError, title: str, caption: str = "", key: str = "") -> Panel:
    """The angle to the reference, always on 0..60 degrees."""
    shares = " / ".join(percent(w) for w in error.within)
    text = caption or f"Mean {number(error.mean)}°, median {number(error.median)}°; {shares} below 11.25 / 22.5 / 30°."
    return map_panel(error.error, title, ColourBar(0, 60, "°", "magma", "angle to the reference"), text, key)


def depth_range(values: Sequence[np.ndarray]) -> tuple[float, float]:
    """A common colour range in metres: 1st to 99th percentile of all known values, rounded to 0.1 m outwards."""
    known = [v[::4, ::4][np.isfinite(v[::4, ::4])] for v in values]
    joined = np.concatenate([k for k in known if k.size] or [np.array([0.0, 1.0])])
    low, high = np.percentile(joined, [1, 99])
    low, high = np.floor(low * 10) / 10, np.ceil(high * 10) / 10
    return float(low), float(max(high, low + 0.1))


def greyed(image: np.ndarray) -> np.ndarray:
    """A photograph in greys, HxWx3 uint8, darkened enough for colours to show on it."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return np.repeat((grey * 0.7 + 20).astype(np.uint8)[..., None], 3, axis=2)


def _class_name(index: int, classes: Sequence[str]) -> str:
    if index == VOID:
        return "void"
    return classes[index] if index < len(classes) else f"class {index}"
