"""An analysis as plain values for the API: what was read, predicted, compared and mixed."""

from typing import Any

import numpy as np

from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.core.registry import methods
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.measures.metrics import depth_error, normals_error, semseg_score
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores
from vizlab.page.kit.analysis import Analysis
from vizlab.tasks import class_names
from vizlab.views import class_legend
from vizlab.views.document import plain as views_plain


def summary(analysis: Analysis) -> dict[str, Any]:
    """JSON-ready; undefined numbers are null. `key` is what the other endpoints take."""
    return {
        "key": analysis.key,
        "picture": {
            "title": analysis.picture.title,
            "size": list(analysis.picture.rgbd.size),
            "modalities": list(analysis.picture.rgbd.modalities),
            "digest": analysis.picture.rgbd.digest,
            "record": plain(analysis.picture.rgbd.record.to_dict()),
        },
        "seconds": analysis.seconds,
        "settings": dict(analysis.request.settings),
        "warnings": list(analysis.warnings),
        "skipped": dict(analysis.skipped),
        "models": {name: model_summary(trace, analysis.picture.reference) for name, trace in analysis.traces.items()},
    }


def model_summary(trace: FusionTrace, reference: Reference | None) -> dict[str, Any]:
    """One network: its predictions held against the reference, and its sites in network order."""
    found: dict[str, Any] = {
        "family": trace.model.family,
        "checkpoint": trace.model.checkpoint_hash,
        "settings": dict(trace.model.settings),
        "assumed": dict(trace.model.assumed),
        "environment": dict(trace.environment),
        "seconds": trace.seconds,
        "filled": trace.filled,
        "predictions": {
            name: _prediction(Output.parse(name).task, p, trace, reference) for name, p in trace.predictions.items()
        },
        "sites": {name: site_summary(site) for name, site in trace.sites.items()},
    }
    method = methods().get(trace.model.family)
    return plain(found if method is None else {**found, **method.summary(trace)})


def site_summary(site: SiteTrace) -> dict[str, Any]:
    """Share and energy are target x source; null where a site does not add."""
    return plain(
        {
            "kind": site.site.kind,
            "stage": site.site.stage,
            "targets": list(site.site.targets),
            "sources": list(site.site.sources),
            "channels": site.site.channels,
            "share": site.share,
            "energy": site.energy,
            "cross_share": site.cross_share,
        }
    )


def card_of(model: Model) -> dict[str, Any]:
    """What is known about a network before it runs."""
    return plain(
        {
            "name": model.name,
            "family": model.method.family,
            "architecture": model.config.architecture,
            "checkpoint": model.checkpoint_hash,
            "inputs": list(model.inputs),
            "tasks": [task.name for task in model.tasks],
            "settings": model.settings,
            "working_size": list(model.config.working_size),
            "sites": [site.name for site in model.sites],
            "assumed": dict(model.assumed),
            "card": dict(model.card),
        }
    )


def plain(value: Any) -> Any:
    """As JSON has it, numbers to six digits."""
    return views_plain(value, 6)


def _prediction(task: str, prediction: Prediction, trace: FusionTrace, reference: Reference | None) -> dict[str, Any]:
    held = Reference() if reference is None else reference
    if isinstance(prediction, SemsegPrediction):
        return _semseg(task, prediction, trace, held)
    if isinstance(prediction, DepthPrediction):
        found = {"task": "depth", "median_m": float(np.median(prediction.value))}
        if held.depth is not None:
            error = depth_error(prediction.value, held.depth)
            found |= {"rmse_m": error.rmse, "aligned_rmse_m": error.aligned_rmse, "scale": error.scale}
        return found
    if isinstance(prediction, NormalsPrediction):
        found = {"task": "normals"}
        if held.normals is not None:
            angle = normals_error(prediction.value, held.normals)
            found |= {"mean_degrees": angle.mean, "median_degrees": angle.median}
        return found
    truth = held.maps().get(task)
    measured = {} if truth is None else scores(prediction, truth, task)
    return {"task": "map", "mean": float(np.mean(prediction.value)), **measured}


def _semseg(task: str, prediction: SemsegPrediction, trace: FusionTrace, held: Reference) -> dict[str, Any]:
    items = class_legend(prediction.label, class_names(task, trace.model.classes))
    largest = {item.label: item.share for item in items}
    found: dict[str, Any] = {"task": task, "confidence": float(prediction.confidence.mean()), "largest": largest}
    truth = held.truths(trace.model.classes).get(task)
    if truth is not None:
        score = semseg_score(prediction.label, truth)
        found |= {"pixel_accuracy": score.accuracy, "miou": score.miou}
    return found
