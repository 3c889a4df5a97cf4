"""What a network that makes pictures of pictures took, made and exchanged, as HTML."""

import math

import numpy as np

from vizlab.core.outputs import Output
from vizlab.core.registry import methods
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.measures.picture_error import picture_error
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.html import badge, heading, image_tag, panel_figure, tag, words
from vizlab.page.kit.images import THUMBNAIL_SIDE
from vizlab.page.kit.strips import strip
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import SAME, SHARE, STRIP_SENTENCE, THIS
from vizlab.rgbd import RGBDImage
from vizlab.views import image_panel
from vizlab.views.figures import stream_title
from vizlab.views.panels import Panel, percent

TASK = "image"
"""The task of networks that make pictures."""
TOOK, MADE = "What each stream takes", "What each stream makes of it, and all together"
COMPARED = (
    "Each is held against the photograph: L1 is the mean absolute difference in percent of the range, PSNR in dB of "
    "the mean square. A network that was not trained to give photographs may be far off and right."
)


def is_translation(trace: FusionTrace) -> bool:
    """Whether pictures are all that the network gives."""
    return trace.model.tasks == (TASK,)


def thumbnail(pixels: np.ndarray, title: str) -> str:
    """A small picture with its title, HxWx3 uint8."""
    panel = image_panel(pixels, title)
    caption = tag("figcaption", words(title, "vz-caption"))
    return tag("figure", image_tag(panel, 2 * THUMBNAIL_SIDE) + caption, "vz-panel")


def results_html(analysis: Analysis, trace: FusionTrace) -> str:
    """Inputs, every stream's picture, the ensemble and the photograph; then what was exchanged, site by site."""
    rgbd = analysis.picture.rgbd
    marks = [mark for mark in (assumed_badge(trace),) if mark]
    took = heading(TOOK, f"{trace.model.name} on {analysis.picture.title}.", badges=marks)
    made = heading(MADE, COMPARED if compares(rgbd, trace) else "")
    pictures = took + _row(input_panels(rgbd, trace)) + made + _row(output_panels(rgbd, trace))
    return pictures + exchange_html(trace)


def compares(rgbd: RGBDImage, trace: FusionTrace) -> bool:
    """Whether there is a photograph that the network did not see."""
    return rgbd.colour is not None and "rgb" not in trace.model.inputs


def input_panels(rgbd: RGBDImage, trace: FusionTrace) -> list[Panel]:
    """The picture of each input of the network, with where it comes from."""
    panels = []
    for name in trace.model.inputs:
        if name in rgbd.domains:
            panels.append(image_panel(rgbd.domains[name], name, _sentence(rgbd.record.domains.get(name, ""))))
        elif name == "rgb" and rgbd.colour is not None:
            panels.append(image_panel(rgbd.colour, name, "The colour picture."))
    return panels


def output_panels(rgbd: RGBDImage, trace: FusionTrace) -> list[Panel]:
    """The picture of each stream, of all together, and the photograph where the network did not see it."""
    photograph = rgbd.colour if compares(rgbd, trace) else None
    weights = _weights(trace)
    panels = []
    for name, prediction in trace.predictions.items():
        output = Output.parse(name)
        if not output.stream and f"{name}/ensemble" in trace.predictions:
            continue  # stands there as the ensemble
        pixels = prediction.value  # type: ignore[union-attr]
        title = output.stream or "picture"
        said = [f"weight {weights[name]:.2f}"] if name in weights else []
        if photograph is not None:
            error = picture_error(pixels, photograph)
            psnr = "equal" if math.isinf(error.psnr) else f"PSNR {error.psnr:.1f} dB"
            said.append(f"L1 {100 * error.l1:.1f} %, {psnr}")
        panels.append(image_panel(pixels, title, "; ".join(said), key=name))
    if photograph is not None:
        panels.append(image_panel(photograph, "photograph", "What they are held against."))
    return panels


def exchange_html(trace: FusionTrace) -> str:
    """The outside maps of all sites, and a table of shares; nothing where streams do not meet."""
    if not trace.sites:
        return heading("What was exchanged", "Nothing: in this network no stream meets another.")
    head = heading("What was exchanged, site by site", f"{STRIP_SENTENCE} {SHARE}", badges=[badge(THIS)])
    return head + tag("div", strip(trace), "vz-strips") + _table(trace)


def _table(trace: FusionTrace) -> str:
    """A row for each site: the share of the other streams in each target, and what its method says of it."""
    targets = list(dict.fromkeys(target for site in trace.sites.values() for target in site.site.targets))
    note = methods()[trace.model.family].site_note if trace.model.family in methods() else None
    noted = note is not None and any(note(s, i) for s in trace.sites.values() for i in range(len(s.site.targets)))
    heads = ["site", *(f"from others into {stream_title(trace, target)}" for target in targets)]
    rows = []
    for name, called in trace_words(trace).items():
        site = trace.sites[name]
        row = [called.label]
        for target in targets:
            if target not in site.site.targets:
                row.append("–")
                continue
            at = site.site.targets.index(target)
            said = note(site, at) if note is not None and noted else ""
            row.append(" · ".join(filter(None, (percent(float(site.cross_share[at])), said))))
        rows.append(row)
    caption = f"Shares are of this picture; counts of channels are the {SAME}." if noted else ""
    return table(heads, rows, "what was exchanged at each site", caption)


def _weights(trace: FusionTrace) -> dict[str, float]:
    """The weight of each stream in its ensemble, by the stream's output."""
    found: dict[str, float] = {}
    for name, weights in trace.weights.items():
        task = Output.parse(name).task
        streams = [n for n in trace.predictions if Output.parse(n).task == task and Output.parse(n).stream]
        streams = [n for n in streams if not Output.parse(n).ensemble]
        if len(streams) == len(weights):
            found |= {n: float(w) for n, w in zip(streams, weights, strict=True)}
    return found


def _row(panels: list[Panel]) -> str:
    return tag("div", "".join(panel_figure(panel) for panel in panels), "vz-pictures")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
