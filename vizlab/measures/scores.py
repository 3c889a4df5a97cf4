"""A prediction held against its reference: the figures that stand beside it wherever it is shown or written."""

import numpy as np

from vizlab.core.predictions import DepthPrediction, MapPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.measures.metrics import depth_error, normals_error, semseg_score
from vizlab.measures.probability_maps import edge_score, saliency_score


def scores(prediction: Prediction, truth: np.ndarray, task: str = "") -> dict[str, float]:
    """By name, for one picture: `accuracy` of the pixels and `miou` (0..1), `rmse` and `aligned_rmse` (metres), mean
    `angle` (degrees), `f` and `iou` of saliency, `f` of edges (0..1), as far as the task has them; `truth` is the
    reference's map of that `task` and size.
    """
    if isinstance(prediction, SemsegPrediction):
        named = semseg_score(prediction.label, truth)
        return {"accuracy": named.accuracy, "miou": named.miou}
    if isinstance(prediction, DepthPrediction):
        error = depth_error(prediction.value, truth)
        return {"rmse": error.rmse, "aligned_rmse": error.aligned_rmse}
    if isinstance(prediction, NormalsPrediction):
        return {"angle": normals_error(prediction.value, truth).mean}
    if isinstance(prediction, MapPrediction) and task == "sal":
        found = saliency_score(prediction.value, truth)
        return {"f": found.f, "iou": found.iou}
    if isinstance(prediction, MapPrediction) and task == "edge":
        return {"f": edge_score(prediction.value, truth).f}
    return {}
