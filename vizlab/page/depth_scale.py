"""The scale of a picture's depth against that of networks which predict it from colour alone.

Such a network knows how large rooms are. It cannot say what a count means, but it can question a unit, and it can give
depth without a scale one, as a guess that is marked as such.
"""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from vizlab.core.predictions import DepthPrediction
from vizlab.core.trace import FusionTrace
from vizlab.measures.metrics import depth_error
from vizlab.rgbd import ENCODINGS, RGBDImage

DOUBTFUL = 1.75
"""Times: a bundled network's median depth was within 0.76 to 1.72 times the sensor's on 60 pictures of NYUv2's test
split."""


def predicted_without_depth(traces: Mapping[str, FusionTrace]) -> dict[str, DepthPrediction]:
    """By model name, the depth that networks predicted which saw no depth; none that puts things behind the camera."""
    blind = {name: trace for name, trace in traces.items() if "depth" not in trace.model.inputs}
    found = {name: trace.predictions.get("depth") for name, trace in blind.items()}
    return {
        name: depth
        for name, depth in found.items()
        if isinstance(depth, DepthPrediction) and np.median(depth.value) > 0
    }


def unit_question(rgbd: RGBDImage, traces: Mapping[str, FusionTrace]) -> str | None:
    """A sentence where networks see a scene of quite another size than a detected unit makes; None where they do not.

    It names the encoding in use under which both would agree best.
    """
    record = rgbd.record.depth
    predicted = predicted_without_depth(traces)
    if rgbd.depth is None or record is None or not record.assumed or record.meaning != "depth" or not predicted:
        return None
    factor = math.exp(np.mean([-math.log(depth_error(p.value, rgbd.depth).scale) for p in predicted.values()]))
    if 1 / DOUBTFUL < factor < DOUBTFUL or not math.isfinite(factor):
        return None
    wanted = record.metres_per_count * factor
    fits = min(
        (one for one in ENCODINGS if not one.rotated), key=lambda one: abs(math.log(one.metres_per_count / wanted))
    )
    other = f"{fits.label} would agree better" if fits.name != record.encoding else "no unit in use would agree better"
    return (
        f"{' and '.join(predicted)}, which saw no depth, put{'s' if len(predicted) == 1 else ''} the scene at "
        f"{factor:.2g} times the distance that the depth has in {record.unit}, its detected unit; {other}: check the "
        "unit."
    )


def is_without_scale(rgbd: RGBDImage) -> bool:
    """Whether the picture's depth has no scale of its own."""
    return rgbd.record.depth is not None and rgbd.record.depth.meaning.startswith("relative")


def with_predicted_scale(rgbd: RGBDImage, source: str, prediction: DepthPrediction) -> RGBDImage:
    """Depth without a scale, given that of the network `source`: their medians over known pixels agree."""
    assert rgbd.depth is not None
    factor = 1 / depth_error(prediction.value, rgbd.depth).scale
    warnings = (*rgbd.record.warnings, scale_sentence(source, factor))
    record = replace(rgbd.record, warnings=warnings)
    return replace(rgbd, depth=(rgbd.depth * factor).astype(np.float32), record=record)


def scale_sentence(source: str, factor: float) -> str:
    """What is said wherever a network's prediction gave depth its scale."""
    return f"Depth without a scale was multiplied by {factor:.3g} to agree with what {source} predicts from colour."
