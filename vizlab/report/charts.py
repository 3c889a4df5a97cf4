"""Charts for paper: what the page draws with Plotly, drawn again with matplotlib from the same description.

Every method's charts go this way, so a chart in a paper has the numbers and colours of the page. What is known are
heat maps, lines, markers and bars on any grid of axes, lines, boxes and notes on them, colour bars and a legend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from vizlab.errors import InputError
from vizlab.report.chart_bars import bars_of, draw_bar, is_flat, written
from vizlab.report.chart_marks import (
    Spec,
    add_annotation,
    add_bar,
    add_heatmap,
    add_scatter,
    add_shape,
    plain_text,
    text_lines,
    unpacked,
)
from vizlab.report.saving import Width, inches

PER_INCH = 128.0
"""Pixels of a chart in an inch of paper: its letters of 12 pixels are 6.75 points."""
POINTS = 72 / PER_INCH
SIZE, TITLE_SIZE, LETTER, LINE_HEIGHT = 12, 14, 6.6, 17
INK, QUIET = "#202020", "#606060"
BAR_ROOM = 74


def chart(plotly: Any, width: Width = "single") -> Figure:
    """A Plotly figure of vizlab's views as a matplotlib figure, "single", "double" or so many inches wide.

    Its height is that of the page's chart, in proportion. Raises InputError for a kind of mark that is not known.
    """
    described: Spec = unpacked(plotly.to_plotly_json())
    return _Chart(described["data"], described["layout"], inches(width)).draw()


@dataclass(frozen=True)
class _Box:
    """Where the plots stand, in pixels from the top left."""

    left: float
    top: float
    right: float
    bottom: float


class _Chart:
    """One drawing; positions in pixels of the page's chart."""

    def __init__(self, data: Sequence[Spec], layout: Spec, width: float) -> None:
        self.data, self.layout = data, layout
        self.wide = width * PER_INCH
        self.notes = _wrapped(text_lines(layout["title"]["text"]), self.wide - 16)
        names = [trace for trace in data if trace.get("name") and trace.get("showlegend", True) is not False]
        self.named = names if layout.get("showlegend") else []
        self.legend = self._legend_lines()
        self.tall = float(layout["height"]) + self._grown
        self.figure = Figure(figsize=(width, self.tall / PER_INCH))
        self.box = self._plot_box()
        self.axes: dict[str, Axes] = {}

    @property
    def _top(self) -> float:
        """Room above the plots: as the page has it, less its lines, plus ours."""
        headings = any(note.get("yanchor") == "bottom" for note in self.layout.get("annotations", ()))
        return 26 + LINE_HEIGHT * len(self.notes) + (24 if headings else 6)

    @property
    def _bottom(self) -> float:
        bars = [bar for _, bar in self._bars() if is_flat(bar)]
        return 50 + LINE_HEIGHT * len(self.legend) + (48 if bars else 0)

    @property
    def _grown(self) -> float:
        margin = self.layout["margin"]
        return self._top + self._bottom - margin["t"] - margin["b"]

    def _plot_box(self) -> _Box:
        first = [name for name in self._axis_names("y") if self._domain(name, "y", other=True)[0] < 0.01]
        labels = [label for name in first for label in self._labels(name)]
        titled = any((self.layout[name].get("title") or {}).get("text") for name in first)
        turned = any(self.layout[name].get("tickangle") == -90 for name in first)
        left = 10 + (14 if turned else LETTER * max(map(len, labels), default=5)) + (20 if titled else 0)
        upright = [bar for _, bar in self._bars() if not is_flat(bar)]
        return _Box(left, self._top, self.wide - (BAR_ROOM if upright else 24), self.tall - self._bottom)

    def draw(self) -> Figure:
        """Title and notes, plots, legend, colour bars."""
        self._title()
        for trace in self.data:
            self._trace(trace)
        for shape in self.layout.get("shapes", ()):
            add_shape(self._on(shape["xref"], shape["yref"]), shape, POINTS)
        for note in self.layout.get("annotations", ()):
            self._note(note)
        for letter in ("x", "y"):
            self._match(letter)
            for name in self._axis_names(letter):
                self._axis(name, letter)
        self._legend()
        for table, bar in self._bars():
            self._bar(table, bar)
        return self.figure

    def _title(self) -> None:
        for index, (words, bold) in enumerate(self.notes):
            size = TITLE_SIZE if bold else SIZE
            self._text(
                8, 20 + LINE_HEIGHT * index, words, size, INK if bold else QUIET, weight="bold" if bold else None
            )

    def _text(self, x: float, y: float, words: str, size: float, ink: str, **more: Any) -> None:
        self.figure.text(x / self.wide, 1 - y / self.tall, words, fontsize=size * POINTS, color=ink, **more)

    def _trace(self, trace: Spec) -> None:
        axes = self._axes_of(trace.get("xaxis", "x"), trace.get("yaxis", "y"))
        kind = trace["type"]
        if kind == "heatmap":
            shared = self.layout.get(trace["coloraxis"]) if trace.get("coloraxis") else None
            add_heatmap(axes, trace, shared or trace, POINTS)
        elif kind in ("scatter", "scattergl"):
            add_scatter(axes, trace, POINTS, self._offset(trace))
        elif kind == "bar":
            add_bar(axes, trace, self._offset(trace), self._bar_width())
        else:
            raise InputError(f"A chart with marks of kind '{kind}' cannot be drawn for paper; known: heat maps, "
                             "lines, markers, bars.")  # fmt: skip

    def _groups(self) -> list[str]:
        return list(dict.fromkeys(t["offsetgroup"] for t in self.data if t.get("offsetgroup")))

    def _bar_width(self) -> float:
        return (1 - self.layout.get("bargap", 0.2)) / max(1, len(self._groups()))

    def _offset(self, trace: Spec) -> float:
        """Where a group of bars, or of markers on them, stands beside the middle."""
        groups, width = self._groups(), self._bar_width()
        if trace.get("offsetgroup") not in groups:
            return 0.0
        return (groups.index(trace["offsetgroup"]) - (len(groups) - 1) / 2) * width

    def _axis_names(self, letter: str) -> list[str]:
        return [name for name in self.layout if name.startswith(f"{letter}axis")]

    def _domain(self, name: str, letter: str, other: bool = False) -> tuple[float, float]:
        """The part 0..1 of the plot's side that an axis takes; `other`: that of the axis it stands at."""
        spec = self.layout.get(name, {})
        if other:
            anchor = spec.get("anchor", "x" if letter == "y" else "y")
            spec = self.layout.get(anchor[0] + "axis" + anchor[1:], {})
        low, high = spec.get("domain", (0.0, 1.0))
        return float(low), float(high)

    def _axes_of(self, x: str, y: str) -> Axes:
        key = f"{x}/{y}"
        if key not in self.axes:
            (x0, x1), (y0, y1) = self._domain(f"xaxis{x[1:]}", "x"), self._domain(f"yaxis{y[1:]}", "y")
            box = self.box
            across, down = box.right - box.left, box.bottom - box.top
            place = (
                (box.left + x0 * across) / self.wide, 1 - (box.bottom - y0 * down) / self.tall,
                (x1 - x0) * across / self.wide, (y1 - y0) * down / self.tall,
            )  # fmt: skip
            axes = self.axes[key] = self.figure.add_axes(place)
            self._start(axes, self.layout.get(f"xaxis{x[1:]}", {}), self.layout.get(f"yaxis{y[1:]}", {}))
        return self.axes[key]

    def _start(self, axes: Axes, x: Spec, y: Spec) -> None:
        for side, spec in (("x", x), ("y", y)):
            if spec.get("type") == "log":
                getattr(axes, f"set_{side}scale")("log")
            if spec.get("showgrid", True):
                axes.grid(True, axis=side, color="#d9d9d9", lw=POINTS, zorder=0)  # type: ignore[arg-type]
        axes.set_axisbelow(True)
        for name, spine in axes.spines.items():
            spine.set(color="#b0b0b0", lw=POINTS, visible=name in ("left", "bottom"))
        axes.tick_params(labelsize=SIZE * POINTS, length=2, width=POINTS, color="#b0b0b0", labelcolor=INK, pad=2)

    def _on(self, xref: str, yref: str) -> tuple[Axes, str, str]:
        """The plot a shape stands on, and on each side whether it counts in data or in the plot's own 0..1."""
        x, y = (ref.split(" ")[0] for ref in (xref, yref))
        found = next((axes for key, axes in self.axes.items() if _fits(key, x, y)), next(iter(self.axes.values())))
        kinds = ["plot" if " domain" in ref or ref == "paper" else "data" for ref in (xref, yref)]
        return found, kinds[0], kinds[1]

    def _note(self, note: Spec) -> None:
        xref, yref = note.get("xref", "x"), note.get("yref", "y")
        if xref == "paper" and yref == "paper":
            box = self.box
            x = box.left + note["x"] * (box.right - box.left)
            y = box.bottom - note["y"] * (box.bottom - box.top) - 3
            align = {"va": "bottom" if note.get("yanchor") == "bottom" else "center"}
            self._text(x, y, plain_text(note["text"]), SIZE, INK, ha=note.get("xanchor", "center"), **align)
            return
        axes, x_kind, y_kind = self._on(xref, yref)
        log = {side: self.layout.get(f"{ref.split(' ')[0][0]}axis{ref.split(' ')[0][1:]}", {}).get("type") == "log"
               for side, ref in (("x", xref), ("y", yref)) if ref != "paper"}  # fmt: skip
        add_annotation(axes, note, (x_kind, y_kind), (log.get("x", False), log.get("y", False)), POINTS)

    def _labels(self, name: str) -> list[str]:
        """The texts at the ticks of an axis as far as they are known beforehand."""
        spec = self.layout[name]
        if spec.get("ticktext") is not None:
            return [plain_text(str(text)) for text in spec["ticktext"]]
        if spec.get("labelalias"):
            return [str(text) for text in spec["labelalias"].values()]
        letter, number = name[0], name[5:]
        used = [t for t in self.data if t.get(f"{letter}axis", letter) == letter + number and t.get(letter) is not None]
        return [str(v) for t in used for v in t[letter] if isinstance(v, str)]

    def _match(self, letter: str) -> None:
        """Axes that belong together reach as far as the farthest of them."""
        groups: dict[str, list[Axes]] = {}
        for key, axes in self.axes.items():
            ref = key.split("/")["xy".index(letter)]
            spec = self.layout.get(f"{letter}axis{ref[1:]}", {})
            groups.setdefault(spec.get("matches", ref), []).append(axes)
        for group in groups.values():
            ends = [end for axes in group for end in getattr(axes, f"get_{letter}lim")()]
            for axes in group:
                getattr(axes, f"set_{letter}lim")(min(ends), max(ends))

    def _axis(self, name: str, letter: str) -> None:
        """Range, ticks and title of every plot on that axis."""
        spec, ref = self.layout[name], letter + name[5:]
        for key, axes in self.axes.items():
            if ref not in key.split("/"):
                continue
            side = axes.xaxis if letter == "x" else axes.yaxis
            self._ticks(spec, side, letter)
            self._limits(spec, axes, letter)
            title = (spec.get("title") or {}).get("text")
            if title:
                getattr(axes, f"set_{letter}label")(plain_text(title), fontsize=SIZE * POINTS, color=INK, labelpad=2)
            if spec.get("showticklabels") is False:
                axes.tick_params(axis=letter, labelbottom=False, labelleft=False)  # type: ignore[arg-type]

    def _limits(self, spec: Spec, axes: Axes, letter: str) -> None:
        ends = spec.get("range")
        if ends is not None:
            known = [10**end if spec.get("type") == "log" else end for end in ends]
            getattr(axes, f"set_{letter}lim")(*known)
        elif spec.get("autorange") == "reversed":
            low, high = sorted(getattr(axes, f"get_{letter}lim")())
            getattr(axes, f"set_{letter}lim")(high, low)
        elif spec.get("rangemode") == "tozero":
            getattr(axes, f"set_{letter}lim")(0, None)

    def _ticks(self, spec: Spec, side: Any, letter: str) -> None:
        if spec.get("tickvals") is not None:
            values = [float(v) for v in spec["tickvals"]]
            alias = spec.get("labelalias") or {}
            texts = spec.get("ticktext")
            words = texts if texts is not None else [alias.get(f"{v:g}", written(v, spec)) for v in values]
            turned = {"rotation": 90, "va": "center"} if spec.get("tickangle") == -90 and letter == "y" else {}
            side.set_ticks(values, [plain_text(str(word)) for word in words], **turned)
            side.set_minor_locator(NullLocator())
        elif spec.get("tickformat") or spec.get("type") == "log":
            side.set_major_formatter(FuncFormatter(lambda value, _: written(value, spec)))
            side.set_minor_formatter(NullFormatter())

    def _legend_lines(self) -> list[list[Spec]]:
        """Traces by line of the legend."""
        lines: list[list[Spec]] = []
        room = 0.0
        for trace in self.named:
            need = LETTER * len(trace["name"]) + 44
            if not lines or room + need > self.wide - 16:
                lines.append([])
                room = 0.0
            lines[-1].append(trace)
            room += need
        return lines

    def _legend(self) -> None:
        for index, line in enumerate(self.legend):
            handles = [self._handle(trace) for trace in line]
            y = (LINE_HEIGHT * (len(self.legend) - index - 1) + 4) / self.tall
            self.figure.legend(
                handles, [trace["name"] for trace in line], loc="lower left", bbox_to_anchor=(6 / self.wide, y),
                ncols=len(line), frameon=False, fontsize=SIZE * POINTS, borderpad=0, borderaxespad=0,
                handlelength=1.8, columnspacing=1.2, handletextpad=0.5,
            )  # fmt: skip

    def _handle(self, trace: Spec) -> Any:
        every = [artist for axes in self.axes.values() for artist in axes.get_children()]
        return next(artist for artist in every if getattr(artist, "vizlab_trace", None) is trace)

    def _bars(self) -> list[tuple[Mapping[str, Any], Spec]]:
        return bars_of(self.data, self.layout)

    def _bar(self, table: Mapping[str, Any], bar: Spec) -> None:
        """Beside the plots, or below them where it lies flat."""
        box, length, flat = self.box, float(bar.get("len", 1)), is_flat(bar)
        across, down = box.right - box.left, box.bottom - box.top
        left = box.left + (1 - length) / 2 * across if flat else box.right + 10
        bottom = self.tall - box.bottom + (-62 if flat else (1 - length) / 2 * down)
        wide, tall = (length * across, 10) if flat else (10, length * down)
        place = (left / self.wide, bottom / self.tall, wide / self.wide, tall / self.tall)
        draw_bar(self.figure.add_axes(place), table, bar, SIZE * POINTS, POINTS)


def _fits(key: str, x: str, y: str) -> bool:
    across, down = key.split("/")
    return x in (across, "paper") and y in (down, "paper")


def _wrapped(lines: Sequence[tuple[str, bool]], pixels: float) -> list[tuple[str, bool]]:
    """Notes in as many lines as the width asks for; the page breaks them for a phone."""
    titles = [line for line in lines if line[1]]
    found: list[tuple[str, bool]] = []
    for words, bold in (*titles, (" ".join(words for words, bold in lines if not bold), False)):
        most, line = int(pixels / (8.6 if bold else LETTER)), ""
        for word in words.split():
            if line and len(line) + 1 + len(word) > most:
                found.append((line, bold))
                line = ""
            line = f"{line} {word}".strip()
        found += [(line, bold)] if line else []
    return found
