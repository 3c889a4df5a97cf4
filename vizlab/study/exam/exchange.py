"""Explanations by what streams send each other: what came to an object's place, and what changes there without it.

Both are of a stream that takes one modality and predicts by itself; of an ensemble of such streams they say nothing.
"""

from collections.abc import Iterable

import numpy as np
import torch

from vizlab.core.model import Model
from vizlab.core.pixels import cropped
from vizlab.core.site import NO_INTERVENTION, Site, intervening
from vizlab.core.tracer import trace
from vizlab.experiments.interventions.edges import Edge, cutting, edges_of
from vizlab.study.exam.explanations import Explained, Sitting, contrast, over_cells, streams

RECEIVED, CUT = "received", "effect of the exchange"


def modality(stream: str, model: Model) -> str:
    """The modality that a stream takes, "rgb" of "rgb" and of "semseg/rgb"; empty where it takes none alone."""
    last = stream.rpartition("/")[2]
    return last if last in model.inputs else ""


def crossing(model: Model) -> list[Edge]:
    """The edges on which what comes is from a stream of another modality, and from no other."""
    sites = {site.name: site for site in model.sites}
    return [edge for edge in edges_of(model) if _crosses(edge, sites[edge.site], model)]


def _crosses(edge: Edge, site: Site, model: Model) -> bool:
    own = modality(edge.target, model)
    sources = [edge.source] if edge.source else [source for source in site.sources if source != edge.target]
    senders = {modality(site.sender(source), model) for source in sources}
    return bool(own) and own not in senders and "" not in senders


def received(sitting: Sitting) -> list[Explained]:
    """The contrast of what came to an object's place from streams of either modality, one's own included.

    Of each source that is the map `received` of a trace (root mean square over channels, relative to the site's
    output), the mean over the object's pixels, then over the sites.
    """
    of_streams, found = streams(sitting.model, sitting.outputs), []
    if not of_streams or not crossing(sitting.model):
        return []
    traced = trace(sitting.model, sitting.image)
    regions = [one.region for one in sitting.asked]
    for output, own in of_streams.items():
        sums = {name: np.zeros(len(regions)) for name in ("rgb", "depth")}
        for site in traced.sites.values():
            target = next((t for t in site.site.targets if t in (own, output)), None)
            if site.received is None or target is None:
                continue
            maps = site.received[site.site.targets.index(target)]
            for source, values in zip(site.site.sources, maps, strict=True):
                name = modality(site.site.sender(source), sitting.model)
                if name and site.grid is not None:
                    cell = sitting.framing.cell(site.grid)
                    sums[name] += over_cells(values.astype(np.float64), regions, cell)
        found.append(Explained(RECEIVED, "", output, contrast(sums["rgb"], sums["depth"])))
    return found


def effect(sitting: Sitting) -> list[Explained]:
    """How far a stream's answer at an object's place is from what it is with all exchange between modalities cut.

    That is the total variation of the class probabilities, 0..1, the mean over the object's pixels. Nothing is taken
    for all of the stream's own modality, 1 for all of the other: `points` of the stream of colour are from -1 at 0 to 1
    at 1, those of the stream of depth the other way round.
    """
    of_streams, edges = streams(sitting.model, sitting.outputs), crossing(sitting.model)
    if not of_streams or not edges:
        return []
    model = sitting.model
    with model.lock, intervening(cutting(NO_INTERVENTION, edges)):
        cut = model.forward(model.preprocess(sitting.image, sitting.framing))
    found = []
    for output, own in of_streams.items():
        with torch.inference_mode():
            before, after = (
                cropped(y, sitting.framing).softmax(1).cpu() for y in (sitting.outputs[output], cut[output])
            )
            moved = (0.5 * (before - after).abs().sum(1))[0].double().numpy()
        cell = sitting.framing.cell((cut[output].shape[-2], cut[output].shape[-1]))
        share = over_cells(moved, [one.region for one in sitting.asked], cell)
        found.append(Explained(CUT, "", output, (2 * share - 1) * (1 if own == "rgb" else -1)))
    return found


def undefined(model: Model, outputs: Iterable[str]) -> str:
    """Why a network of both modalities with these outputs has no explanation of this kind; empty where it has."""
    if not streams(model, outputs):
        return f"No stream of {model.name} that takes one modality predicts by itself."
    return "" if crossing(model) else f"No stream of {model.name} receives anything of another modality alone."
