"""How predictions are scored, as the papers count.

semseg: one confusion matrix over all labelled pixels; depth: root mean square over all valid pixels of the set;
normals: angles against normals derived from depth. Predictions are compared at the pictures' own size.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torchmetrics import MeanSquaredError
from torchmetrics.classification import MulticlassConfusionMatrix

from vizlab.core.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.study.data import Sample
from vizlab.tasks import VOID

ANGLE_BINS = np.linspace(0, 180, 3601)


class SemsegScores:
    """mIoU, mean accuracy and pixel accuracy in percent, over classes that occur in the labels."""

    def __init__(self, classes: int) -> None:
        self._matrix = MulticlassConfusionMatrix(classes, ignore_index=VOID)

    def add(self, prediction: Prediction, sample: Sample) -> None:
        assert isinstance(prediction, SemsegPrediction)
        self._matrix.update(torch.from_numpy(prediction.label).long(), torch.from_numpy(sample.label).long())

    def result(self) -> dict[str, float]:
        matrix = self._matrix.compute().double()
        correct, labelled, predicted = matrix.diag(), matrix.sum(1), matrix.sum(0)
        present = labelled > 0
        iou = correct / (labelled + predicted - correct)
        return {
            "mIoU": float(iou[present].mean()) * 100,
            "mean accuracy": float((correct / labelled)[present].mean()) * 100,
            "pixel accuracy": float(correct.sum() / labelled.sum()) * 100,
        }


class DepthScores:
    """RMSE in metres over all pixels whose depth was measured."""

    def __init__(self) -> None:
        self._rmse = MeanSquaredError(squared=False)

    def add(self, prediction: Prediction, sample: Sample) -> None:
        assert isinstance(prediction, DepthPrediction)
        depth = sample.reference_depth
        known = np.isfinite(depth)
        self._rmse.update(torch.from_numpy(prediction.value[known]), torch.from_numpy(depth[known]))

    def result(self) -> dict[str, float]:
        return {"RMSE": float(self._rmse.compute())}


class NormalsScores:
    """Mean and median angle in degrees and the shares in percent below 11.25, 22.5 and 30 degrees.

    The median and the shares are read off a histogram with bins of 0.05 degrees.
    """

    def __init__(self) -> None:
        self._counts, self._sum = np.zeros(len(ANGLE_BINS) - 1), 0.0

    def add(self, prediction: Prediction, sample: Sample) -> None:
        assert isinstance(prediction, NormalsPrediction)
        normals = sample.normals
        known = np.isfinite(normals).all(-1)
        cosine = np.sum(prediction.value[known] * normals[known], axis=-1)
        angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
        self._counts += np.histogram(angle, ANGLE_BINS)[0]
        self._sum += float(angle.sum(dtype=np.float64))

    def result(self) -> dict[str, float]:
        share = np.cumsum(self._counts) / self._counts.sum()
        below = {
            f"within {limit:g}": float(share[np.searchsorted(ANGLE_BINS, limit) - 1]) * 100
            for limit in (11.25, 22.5, 30)
        }
        median = float(ANGLE_BINS[int(np.searchsorted(share, 0.5)) + 1])
        return {"mean angle": self._sum / self._counts.sum(), "median angle": median, **below}


class Tally:
    """The scores of all outputs of a network, picture by picture; `classes` is the width of its semseg outputs."""

    def __init__(self, classes: int) -> None:
        self._classes = classes
        self._by_output: dict[str, SemsegScores | DepthScores | NormalsScores] = {}

    def add(self, predictions: Mapping[str, Prediction], sample: Sample) -> None:
        """Score one picture's predictions, by output name; semseg only where the picture has a label."""
        labelled = bool((sample.label != VOID).any())
        for name, prediction in predictions.items():
            if isinstance(prediction, SemsegPrediction) and not labelled:
                continue
            scores = self._by_output.get(name) or self._by_output.setdefault(name, self._start(prediction))
            scores.add(prediction, sample)

    def result(self) -> dict[str, dict[str, float]]:
        """Scores by output name, e.g. `semseg/ensemble` to {"mIoU": ...}."""
        return {name: scores.result() for name, scores in self._by_output.items()}

    def _start(self, prediction: Prediction) -> SemsegScores | DepthScores | NormalsScores:
        if isinstance(prediction, SemsegPrediction):
            return SemsegScores(self._classes)
        return DepthScores() if isinstance(prediction, DepthPrediction) else NormalsScores()
