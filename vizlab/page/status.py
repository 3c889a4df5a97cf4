"""The read-out of the picture on the left, and the status line at the bottom."""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from vizlab.core.trace import FusionTrace
from vizlab.page.kit.analysis import Analysis, Picture
from vizlab.page.kit.html import badge, image_tag, legend_of, tag, words
from vizlab.page.kit.images import THUMBNAIL_SIDE
from vizlab.page.kit.words import altered_words
from vizlab.rgbd import RGBDImage, Suggestion
from vizlab.rgbd.detection import SURE
from vizlab.views import depth_panel, image_panel
from vizlab.views.panels import Panel, number, percent
from vizlab.views.predictions import depth_range

MEANINGS = {
    "ray": "from ray lengths",
    "inverse": "from inverse depth",
    "relative": "no scale",
    "relative inverse": "from inverse depth, no scale",
    "kinect raw": "from raw Kinect counts",
}
"""What a badge says of depth that was made of something else."""


def readout(shown: Picture) -> str:
    """Thumbnails of what was read, and how it was read."""
    rgbd = shown.rgbd
    figures = "".join(_thumbnail(panel) for panel in _panels(rgbd))
    record = rgbd.record
    lines = [_line("picture", escape(shown.title)), _line("size", f"{rgbd.size[1]} × {rgbd.size[0]}")]
    if record.depth is not None:
        lines += _depth_lines(record.depth)
    elif rgbd.depth is None:
        lines.append(
            _line("depth", "none given: networks that need it run on predicted depth if that is ticked, else not")
        )
    if rgbd.colour is None:
        lines.append(_line("colour", "none given: networks that need it are not run"))
    if record.colour is not None and record.colour.orientation != 1:
        lines.append(_line("colour", "turned upright by its EXIF orientation"))
    lines += [_line(escape(name), escape(source)) for name, source in record.domains.items()]
    warnings = "".join(tag("p", badge("check", "warn") + " " + escape(text), "vz-note") for text in record.warnings)
    read = tag("div", figures, "vz-inputs") + tag("dl", "".join(lines), "vz-readout")
    return read + warnings + _suggestions(record.suggestions)


def _suggestions(suggestions: Sequence[Suggestion]) -> str:
    """A button for each other reading, with what it would give beside it."""
    if not suggestions:
        return ""
    buttons = "".join(
        tag("button", escape(one.label), "vz-reading", type="button", data_reading=json.dumps(dict(one.options)))
        + tag("span", escape(one.reason))
        for one in suggestions
    )
    return tag("p", "Read it as", "vz-note") + tag("div", buttons, "vz-readings")


def _panels(rgbd: RGBDImage) -> list[Panel]:
    panels = []
    if rgbd.colour is not None:
        panels.append(image_panel(rgbd.colour, "colour"))
    if rgbd.depth is not None:
        panels.append(depth_panel(rgbd.depth, "depth", *depth_range([rgbd.depth])))
    return panels + [image_panel(pixels, name) for name, pixels in rgbd.domains.items()]


def _thumbnail(panel: Panel) -> str:
    caption = tag("figcaption", words(panel.title, "vz-title") + legend_of(panel.legend))
    return tag("figure", image_tag(panel, 2 * THUMBNAIL_SIDE) + caption, "vz-panel")


def _depth_lines(depth: Any) -> list[str]:
    mark = ""
    if depth.assumed:
        sure = depth.confidence >= SURE
        mark = " " + badge(f"detected, {100 * depth.confidence:.0f} % sure", "quiet" if sure else "warn")
    if depth.meaning != "depth":
        mark += " " + badge(MEANINGS[depth.meaning], "warn" if depth.meaning.startswith("relative") else "quiet")
    near, far = depth.range_m
    return [
        _line("read as", escape(f"{depth.dtype}, {depth.unit}") + mark),
        _line("range", f"{number(near)} – {number(far, 'm')}, median {number(depth.median_m, 'm')}"),
        _line("holes", percent(depth.holes)),
        _line("aligned", escape(depth.alignment)),
    ]


def _line(name: str, content: str) -> str:
    return tag("dt", name) + tag("dd", content)


def status_line(analysis: Analysis) -> str:
    """One line: which picture, how many networks, how long, every warning; the rest is in a list to open."""
    count = len(analysis.traces)
    devices = {f"{t.environment['device']}, {t.environment['precision']}" for t in analysis.traces.values()}
    parts = [
        tag("b", escape(analysis.picture.title), title=analysis.picture.title),
        tag("span", badge("not run yet", "warn") + " with what is set on the left", "vz-stale-mark", role="status"),
        tag("span", f"{count} network" + ("s" if count != 1 else "")),
        tag("span", f"{number(analysis.seconds, 's')} on {escape(' and '.join(sorted(devices)))}"),
        *(tag("span", _moved(name, before, analysis.traces[name])) for name, before in analysis.unchanged.items()),
    ]
    details = "".join(tag("li", _details(name, trace)) for name, trace in analysis.traces.items())
    shown = tag("details", tag("summary", "details") + tag("ul", details), "vz-warnings vz-details")
    return tag("div", "".join(parts) + shown + _warnings(analysis.warnings), "vz-status")


def _moved(name: str, before: FusionTrace, trace: FusionTrace) -> str:
    """What was altered in one network."""
    return " ".join([escape(name), *(badge(words, "warn") for words in altered_words(before, trace))])


def _details(name: str, trace: FusionTrace) -> str:
    """Checkpoint, time, controls, input size and precision of one network."""
    height, width = trace.framing.padded
    settings = "".join(f", {escape(control)} {value:g}" for control, value in trace.model.settings.items())
    where = escape(f"{trace.environment['device']}, {trace.environment['precision']}")
    digest = tag("code", trace.model.checkpoint_hash[:8], title=f"SHA-256 {trace.model.checkpoint_hash}")
    return f"{escape(name)} {digest} {number(trace.seconds, 's')}{settings}; input {width} × {height}; {where}"


def _warnings(sentences: tuple[str, ...]) -> str:
    if not sentences:
        return tag("span", "no warnings", "vz-quiet-text")
    count = f"{len(sentences)} warning" + ("s" if len(sentences) > 1 else "")
    items = "".join(tag("li", escape(sentence)) for sentence in sentences)
    return tag("details", tag("summary", count) + tag("ul", items), "vz-warnings")
