"""Marks of a Plotly description as matplotlib's: heat maps, lines, markers, bars, shapes, notes."""

import base64
import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

Spec = Mapping[str, Any]
_DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3))}
_STEPS = {"hv": "steps-post", "vh": "steps-pre", "hvh": "steps-mid"}
_SYMBOLS = {
    "circle": "o", "square": "s", "diamond": "D", "cross": "P", "x": "X", "triangle-up": "^", "triangle-down": "v",
    "star": "*", "line-ns": "|", "line-ew": "_",
}  # fmt: skip


def unpacked(value: Any) -> Any:
    """Plotly's description with its packed arrays as NumPy's."""
    if isinstance(value, Mapping):
        if "bdata" in value:
            flat = np.frombuffer(base64.b64decode(value["bdata"]), np.dtype(value["dtype"]).newbyteorder("<"))
            shape = [int(side) for side in str(value.get("shape") or len(flat)).split(",")]
            return flat.reshape(shape)
        return {key: unpacked(one) for key, one in value.items()}
    return [unpacked(one) for one in value] if isinstance(value, list | tuple) else value


def plain_text(text: str) -> str:
    """Plotly's markup without its marks."""
    return html.unescape(re.sub(r"<[^>]+>", "", text.replace("<br>", "\n")))


def text_lines(text: str) -> list[tuple[str, bool]]:
    """The lines of a title and whether each is bold."""
    lines = text.replace("</span>", "").split("<br>")
    return [(plain_text(line), "<b>" in line) for line in lines]


def colour(text: Any) -> Any:
    """A colour of CSS as matplotlib takes it."""
    found = re.fullmatch(r"rgba?\(([^)]+)\)", str(text).strip())
    if found is None:
        return text
    parts = [float(part) for part in found[1].split(",")]
    return (*(part / 255 for part in parts[:3]), *(parts[3:] or [1.0]))


def colour_table(scale: Sequence[Sequence[Any]], count: int = 256) -> np.ndarray:
    """(count, 4) RGBA 0..1 of a colour scale: positions 0..1 and colours, straight between them."""
    at = np.array([float(position) for position, _ in scale])
    stops = np.array([to_rgba(colour(text)) for _, text in scale])
    places = np.linspace(0, 1, count)
    return np.stack([np.interp(places, at, stops[:, c]) for c in range(4)], axis=1)


def add_heatmap(axes: Axes, trace: Spec, scale: Spec, points: float) -> None:
    """Cells in their colours; nothing where there is no number. `scale` has the colours and their ends."""
    z = np.asarray(trace["z"], float)
    rows, columns = z.shape
    x, y = _edges(axes, trace, "x", columns), _edges(axes, trace, "y", rows)
    low = scale["zmin"] if scale.get("zmin") is not None else scale["cmin"]
    high = scale["zmax"] if scale.get("zmax") is not None else scale["cmax"]
    table = colour_table(scale["colorscale"])
    span = (high - low) or 1.0
    index = np.clip(np.nan_to_num((z - low) / span) * 255 + 0.5, 0, 255).astype(int)
    image = table[index]
    image[~np.isfinite(z), 3] = 0
    gap = {"edgecolors": "white", "lw": float(trace["xgap"]) * points} if trace.get("xgap") else {}
    if gap:
        for row, column in np.ndindex(rows, columns):
            corner = (float(x[column]), float(y[row]))
            size = (x[column + 1] - x[column], y[row + 1] - y[row])
            axes.add_patch(Rectangle(corner, *size, facecolor=image[row, column], edgecolor="white", lw=gap["lw"]))
        axes.update_datalim([(x[0], y[0]), (x[-1], y[-1])])
        axes.margins(0)
        axes.autoscale_view()
    else:
        extent = (float(x[0]), float(x[-1]), float(y[-1]), float(y[0]))
        axes.imshow(image, extent=extent, aspect="auto", interpolation="nearest", zorder=1)
    _numbers(axes, trace, x, y, points)


def _edges(axes: Axes, trace: Spec, side: str, count: int) -> np.ndarray:
    """Where `count` cells begin and end; categories stand at 0, 1, 2, ... with their names at the ticks."""
    given = trace.get(side)
    if given is None:
        first, step = float(trace.get(f"{side}0", 0)), float(trace.get(f"d{side}", 1))
        return first + step * (np.arange(count + 1) - 0.5)
    if any(isinstance(value, str) for value in given):
        getattr(axes, f"set_{side}ticks")(range(count), [str(value) for value in given])
        return np.arange(count + 1) - 0.5
    middles = np.asarray(given, float)
    if count == 1:
        return middles[0] + np.array([-0.5, 0.5])
    inner = (middles[1:] + middles[:-1]) / 2
    return np.concatenate([[2 * middles[0] - inner[0]], inner, [2 * middles[-1] - inner[-1]]])


def _numbers(axes: Axes, trace: Spec, x: np.ndarray, y: np.ndarray, points: float) -> None:
    """The texts on the cells, in their own ink."""
    if trace.get("text") is None or "text" not in str(trace.get("texttemplate", "")):
        return
    size = float((trace.get("textfont") or {}).get("size", 12)) * points
    for row, words in enumerate(trace["text"]):
        for column, word in enumerate(words):
            if word:
                ink = re.search(r"color:(#\w+)", str(word))
                at = ((x[column] + x[column + 1]) / 2, (y[row] + y[row + 1]) / 2)
                axes.text(*at, plain_text(str(word)), fontsize=size, color=ink[1] if ink else "black", ha="center",
                          va="center", clip_on=True)  # fmt: skip


def add_scatter(axes: Axes, trace: Spec, points: float, offset: float = 0.0) -> None:
    """Lines and markers; `offset` moves markers beside the middle of their group."""
    if trace.get("x") is None or trace.get("y") is None:
        return
    x, y = (np.array([np.nan if v is None else v for v in trace[side]], float) for side in ("x", "y"))
    if trace.get("orientation") == "h":
        y = y + offset
    elif offset:
        x = x + offset
    mode, line, marker = trace.get("mode", "lines"), trace.get("line") or {}, trace.get("marker") or {}
    ink = colour(line.get("color") or _single(marker.get("color")) or "#404040")
    look: dict[str, Any] = {"color": ink, "alpha": trace.get("opacity", 1.0)}
    look["linestyle"] = _DASHES.get(line.get("dash", "solid"), "-") if "lines" in mode else ""
    look["lw"] = float(line.get("width", 2)) * points
    look["drawstyle"] = _STEPS.get(line.get("shape", ""), "default")
    if "markers" in mode:
        look |= _marker(marker, ink, points)
    (drawn,) = axes.plot(x, y, zorder=3, clip_on=trace.get("cliponaxis", True) is not False, **look)
    drawn.vizlab_trace = trace  # type: ignore[attr-defined]


def _single(value: Any) -> Any:
    """A colour that all marks share; None where each has its own."""
    return value if isinstance(value, str) else None


def _marker(marker: Spec, ink: Any, points: float) -> dict[str, Any]:
    symbol = str(marker.get("symbol", "circle"))
    open_ = symbol.endswith("-open")
    edge = float((marker.get("line") or {}).get("width", 1.5 if open_ else 0)) * points
    face = "none" if open_ else _single(marker.get("color")) or ink
    size = float(marker.get("size", 6)) if np.isscalar(marker.get("size", 6)) else 6.0
    return {
        "marker": _SYMBOLS.get(symbol.removesuffix("-open"), "o"), "markersize": size * points,
        "markerfacecolor": colour(face), "markeredgecolor": ink, "markeredgewidth": edge,
    }  # fmt: skip


def add_bar(axes: Axes, trace: Spec, offset: float, width: float) -> None:
    """Bars along either side."""
    flat = trace.get("orientation") == "h"
    places, lengths = (trace["y"], trace["x"]) if flat else (trace["x"], trace["y"])
    at = np.arange(len(places)) if any(isinstance(p, str) for p in places) else np.asarray(places, float)
    draw = axes.barh if flat else axes.bar
    ink = colour(_single((trace.get("marker") or {}).get("color")) or "#404040")
    drawn = draw(at + offset, np.asarray(lengths, float), width, color=ink, zorder=2)
    if any(isinstance(p, str) for p in places):
        getattr(axes, f"set_{'y' if flat else 'x'}ticks")(at, [str(p) for p in places])
    if drawn.patches:
        drawn.patches[0].vizlab_trace = trace  # type: ignore[attr-defined]


def add_shape(on: tuple[Axes, str, str], shape: Spec, points: float) -> None:
    """A line or a box; each of its sides counts in data or in the plot's own 0..1."""
    axes, x_kind, y_kind = on
    line = shape.get("line") or {}
    style = _DASHES.get(line.get("dash", "solid"), "-")
    transform = _transform(axes, x_kind, y_kind)
    width, ink = float(line.get("width", 1)) * points, colour(line.get("color", "#808080"))
    (x0, x1), (y0, y1) = ((float(shape[f"{side}0"]), float(shape[f"{side}1"])) for side in ("x", "y"))
    if shape["type"] == "line":
        axes.add_line(Line2D((x0, x1), (y0, y1), color=ink, lw=width, ls=style, transform=transform, zorder=2.5))
        return
    fill = colour(shape["fillcolor"]) if shape.get("fillcolor") else "none"
    box = Rectangle(
        (x0, y0), x1 - x0, y1 - y0, facecolor=fill, edgecolor=ink, lw=width, transform=transform, zorder=2.5
    )
    box.set_clip_on(False)
    axes.add_patch(box)


def _transform(axes: Axes, x_kind: str, y_kind: str) -> Any:
    if x_kind == y_kind:
        return axes.transData if x_kind == "data" else axes.transAxes
    return axes.get_xaxis_transform() if x_kind == "data" else axes.get_yaxis_transform()


def add_annotation(axes: Axes, note: Spec, kinds: tuple[str, str], log: tuple[bool, bool], points: float) -> None:
    """A text at a place; on a logarithmic axis Plotly gives the exponent."""
    x, y = float(note["x"]), float(note["y"])
    x = 10**x if log[0] and kinds[0] == "data" else x
    y = 10**y if log[1] and kinds[1] == "data" else y
    size = float((note.get("font") or {}).get("size", 12)) * points
    anchors = {"top": "top", "bottom": "bottom", "middle": "center"}
    bold = "bold" if "<b>" in note["text"] else "normal"
    axes.text(
        x, y, plain_text(note["text"]), fontsize=size, fontweight=bold, transform=_transform(axes, *kinds),
        ha=note.get("xanchor", "center").replace("auto", "center"), va=anchors.get(note.get("yanchor", ""), "center"),
        color="#404040", clip_on=False,
    )  # fmt: skip
