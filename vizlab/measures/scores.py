"""A prediction held against its reference: the figures that stand beside it wherever it is shown or written."""

import numpy as np

from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.measures.metrics import depth_error, normals_error, semseg_score


def scores(prediction: Prediction, truth: np.ndarray) -> dict[str, float]:
    """By name, for one picture: `accuracy` of the pixels and `miou` (0..1), `rmse` and `aligned_rmse` (metres), mean
    `angle` (degrees), as far as the task has them; `truth` is the reference's map of that task and size.
    """
    if isinstance(prediction, SemsegPrediction):
        named = semseg_score(prediction.label, truth)
        return {"accuracy": named.accuracy, "miou": named.miou}
    if isinstance(prediction, DepthPrediction):
        error = depth_error(prediction.value, truth)
        return {"rmse": error.rmse, "aligned_rmse": error.aligned_rmse}
    if isinstance(prediction, NormalsPrediction):
        return {"angle": normals_error(prediction.value, truth).mean}
    return {}
