"""Colour bars of charts: which there are, their ends, ticks and titles."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from vizlab.report.chart_marks import Spec, colour_table, plain_text
from vizlab.views.formatting import in_form

INK = "#202020"
SHORT = 6
"""Letters of a title that stands over a bar; a longer one stands along it."""


def bars_of(data: Sequence[Spec], layout: Spec) -> list[tuple[Mapping[str, Any], Spec]]:
    """The colour map (with its ends) and the bar that shows it; nothing where there is none."""
    found: list[tuple[Mapping[str, Any], Spec]] = []
    for name in sorted(filter(None, {trace.get("coloraxis") for trace in data})):
        spec = layout[name]
        if spec.get("showscale", True) and spec.get("colorbar"):
            found.append((spec, spec["colorbar"]))
    for trace in data:
        own = trace if trace["type"] == "heatmap" and not trace.get("coloraxis") else trace.get("marker") or {}
        if own.get("colorbar") and own.get("showscale", True):
            found.append((own, own["colorbar"]))
    return found[:1]


def is_flat(bar: Spec) -> bool:
    """Whether a bar lies below the plots."""
    return bool(bar.get("orientation") == "h")


def draw_bar(axes: Axes, table: Mapping[str, Any], bar: Spec, size: float, points: float) -> None:
    """The colours from low to high, with ticks and title; `size` of letters in points, `points` of a pixel."""
    flat, (low, high) = is_flat(bar), ends_of(table)
    colours = colour_table(table["colorscale"])
    picture = colours[None] if flat else colours[::-1, None]
    axes.imshow(picture, aspect="auto", extent=(low, high, 0, 1) if flat else (0, 1, low, high))
    side, empty = (axes.xaxis, axes.yaxis) if flat else (axes.yaxis, axes.xaxis)
    empty.set_visible(False)
    if not flat:
        axes.yaxis.tick_right()
    _ticks(side, bar, (low, high))
    axes.tick_params(labelsize=size, length=2, width=points, labelcolor=INK, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    _title(axes, plain_text((bar.get("title") or {}).get("text") or ""), flat, size)


def _ticks(side: Any, bar: Spec, ends: tuple[float, float]) -> None:
    if bar.get("tickvals") is not None:
        words = bar.get("ticktext")
        pairs = list(zip(bar["tickvals"], bar["tickvals"] if words is None else words, strict=True))
        inside = [(value, word) for value, word in pairs if ends[0] <= value <= ends[1]]
        side.set_ticks([value for value, _ in inside], [plain_text(str(word)) for _, word in inside])
    elif bar.get("tickformat"):
        side.set_major_formatter(FuncFormatter(lambda value, _: written(value, bar)))


def _title(axes: Axes, words: str, flat: bool, size: float) -> None:
    style: dict[str, Any] = {"fontsize": size, "color": INK}
    if flat:
        axes.set_xlabel(words, labelpad=1, **style)
    elif len(words) <= SHORT:
        axes.set_title(words, pad=3, **style)
    else:
        axes.yaxis.set_label_position("right")
        axes.set_ylabel(words, labelpad=2, **style)


def ends_of(table: Mapping[str, Any]) -> tuple[float, float]:
    """The numbers at the ends of a colour map, whether a heat map's own, an axis' or markers'."""
    low = table["zmin"] if table.get("zmin") is not None else table["cmin"]
    high = table["zmax"] if table.get("zmax") is not None else table["cmax"]
    return float(low), float(high)


def written(value: float, spec: Mapping[str, Any]) -> str:
    """A number at a tick as Plotly's format has it: per cent, decimals, or as it is."""
    form = str(spec.get("tickformat") or "")
    known = form.endswith("%") or (form[:1] == "." and form[-1:] in "fge")
    return in_form(value, form if known else "g")
