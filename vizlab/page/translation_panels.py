"""What a network that makes pictures of pictures took, made and exchanged, as HTML."""

import math

import numpy as np

from vizlab.core.outputs import ENSEMBLE, Output
from vizlab.core.predictions import ImagePrediction
from vizlab.core.registry import methods
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.measures.picture_error import picture_error
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.grid import grid_table
from vizlab.page.kit.html import badge, heading, image_tag, tag, words
from vizlab.page.kit.images import THUMBNAIL_SIDE
from vizlab.page.kit.strips import strip
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import STRIP_SENTENCE, THIS
from vizlab.rgbd import RGBDImage
from vizlab.views import EmptyCell, Grid, depth_panel, image_panel
from vizlab.views.figures import stream_title
from vizlab.views.panels import Panel, percent
from vizlab.views.predictions import depth_range

TASK = "image"
"""The task of networks that make pictures."""
ALL = "all together"
"""The column of the network's answer."""
SENTENCE = (
    "Over each stream’s picture stands what it took. All together is their sum by weights, which are the network’s "
    "own, whatever the picture."
)
COMPARED = (
    "Under each, how far it is from the photograph: L1 is the mean absolute difference in percent of the range, PSNR "
    "is in dB of the mean square. A network that was not trained to give photographs may be far off and right."
)
ROWS = {"takes": "takes", "makes": "makes"}


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
    sentence = f"{SENTENCE} {COMPARED}" if compares(rgbd, trace) else SENTENCE
    marks = [mark for mark in (assumed_badge(trace),) if mark]
    head = heading(f"{trace.model.name} on {analysis.picture.title}", sentence, badges=marks)
    return head + grid_table(pictures(rgbd, trace), ROWS) + exchange_html(trace)


def compares(rgbd: RGBDImage, trace: FusionTrace) -> bool:
    """Whether there is a photograph that the network did not see."""
    return rgbd.colour is not None and "rgb" not in trace.model.inputs


def pictures(rgbd: RGBDImage, trace: FusionTrace) -> Grid:
    """What each stream takes, over what it makes of it; beside them the ensemble, and the photograph."""
    took, made = input_panels(rgbd, trace), output_panels(rgbd, trace)
    columns = list(dict.fromkeys([*took, *made]))
    rows = (
        ("takes", tuple(took.get(name) or EmptyCell("") for name in columns)),
        (
            "makes",
            tuple(made.get(name) or EmptyCell("The network says nothing of this stream alone.") for name in columns),
        ),
    )
    return Grid(tuple(columns), rows)


def input_panels(rgbd: RGBDImage, trace: FusionTrace) -> dict[str, Panel]:
    """The picture of each input of the network by name, with where it comes from."""
    found = {}
    for name in trace.model.inputs:
        if name in rgbd.domains:
            found[name] = image_panel(rgbd.domains[name], name, rgbd.record.domains.get(name, ""))
        elif name == "rgb" and rgbd.colour is not None:
            found[name] = image_panel(rgbd.colour, name, "The colour picture.")
        elif name == "depth" and rgbd.depth is not None:
            found[name] = depth_panel(rgbd.depth, name, *depth_range([rgbd.depth]))
    return found


def output_panels(rgbd: RGBDImage, trace: FusionTrace) -> dict[str, Panel]:
    """By stream the picture it makes, that of all together, and the photograph where the network did not see it."""
    photograph = rgbd.colour if compares(rgbd, trace) else None
    weights = _weights(trace)
    found = {}
    for name, prediction in trace.predictions.items():
        output = Output.parse(name)
        if not isinstance(prediction, ImagePrediction) or f"{name}/{ENSEMBLE}" in trace.predictions:
            continue  # the ensemble stands there under two names
        said = [f"weight {weights[name]:.2f}"] if name in weights else []
        if photograph is not None:
            said.append(_distance(prediction.value, photograph))
        title = ALL if output.answer else output.stream
        found[title] = image_panel(prediction.value, title, "; ".join(said), key=name)
    if photograph is not None:
        found["photograph"] = image_panel(photograph, "photograph")
    return found


def _distance(value: np.ndarray, truth: np.ndarray) -> str:
    error = picture_error(value, truth)
    return f"L1 {100 * error.l1:.1f} %, " + ("equal" if math.isinf(error.psnr) else f"PSNR {error.psnr:.1f} dB")


def exchange_html(trace: FusionTrace) -> str:
    """The outside maps of all sites, and a table of shares; nothing where streams do not meet."""
    if not trace.sites:
        return heading("What was exchanged", "Nothing: in this network no stream meets another.")
    head = heading("What was exchanged, site by site", STRIP_SENTENCE, badges=[badge(THIS)])
    return head + tag("div", strip(trace), "vz-strips") + _table(trace)


def _table(trace: FusionTrace) -> str:
    """A row for each site: the share of the other streams in each target, and what its method says of it."""
    targets = list(dict.fromkeys(target for site in trace.sites.values() for target in site.site.targets))
    heads = ["site", *(f"from others into {stream_title(trace, target)}" for target in targets)]
    rows = [
        [called.label, *(_received(trace, trace.sites[name], target) for target in targets)]
        for name, called in trace_words(trace).items()
    ]
    return table(heads, rows, "what was exchanged at each site", "Shares are of this picture.")


def _received(trace: FusionTrace, site: SiteTrace, target: str) -> str:
    """What one target took from the others there."""
    if target not in site.site.targets:
        return "–"
    at = site.site.targets.index(target)
    method = methods().get(trace.model.family)
    said = "" if method is None else method.site_note(site, at)
    return " · ".join(filter(None, (percent(float(site.cross_share[at])), said)))


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
