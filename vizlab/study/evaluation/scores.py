"""How predictions are scored, as the papers count.

semseg: one confusion matrix over all labelled pixels; depth: root mean square over all valid pixels of the set;
normals: angles against normals derived from depth; image: pixels against the picture that was to be made, and, where
Inception's weights are at hand, FID and KID. Predictions are compared at the pictures' own size.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torchmetrics import MeanAbsoluteError, MeanSquaredError
from torchmetrics.classification import MulticlassConfusionMatrix
from torchmetrics.image import StructuralSimilarityIndexMeasure

from vizlab.core.outputs import Output
from vizlab.core.predictions import DepthPrediction, ImagePrediction, NormalsPrediction, Prediction, SemsegPrediction
from vizlab.study.data import Sample
from vizlab.study.evaluation.distances import inception_distances
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


class ImageScores:
    """How far made pictures are from the pictures `target` that were to be made, of 8 bits both.

    "L1" is the mean absolute error in percent of the range, "PSNR" in dB of the mean square error, both over all pixels
    of the set; "SSIM" (Wang et al., 2004; a Gaussian window of 1.5 pixels) the mean of the pictures'. "FID" and "KID"
    (times 100, as they are mostly printed) only where Inception's weights are at hand.
    """

    def __init__(self, target: str = "rgb") -> None:
        self._target = target
        self._absolute, self._square = MeanAbsoluteError(), MeanSquaredError()
        self._similarity = StructuralSimilarityIndexMeasure(data_range=255.0)
        self._distances = inception_distances()

    def add(self, prediction: Prediction, sample: Sample) -> None:
        assert isinstance(prediction, ImagePrediction)
        truth = sample.picture(self._target)
        made, real = (torch.from_numpy(p).permute(2, 0, 1)[None].float() for p in (prediction.value, truth))
        for metric in (self._absolute, self._square, self._similarity):
            metric.update(made.contiguous(), real.contiguous())
        if self._distances is not None:
            self._distances.add(prediction.value, truth)

    def result(self) -> dict[str, float]:
        square = max(float(self._square.compute()), 1e-10)  # 148 dB stand for a copy
        found = {
            "L1": float(self._absolute.compute()) / 255 * 100,
            "PSNR": 10 * math.log10(255**2 / square),
            "SSIM": float(torch.as_tensor(self._similarity.compute())),
        }
        distances = None if self._distances is None else self._distances.result()
        return found if distances is None else found | {"FID": distances.frechet, "KID": distances.kernel * 100}


TaskScores = SemsegScores | DepthScores | NormalsScores | ImageScores


class Tally:
    """The scores of all outputs of a network, picture by picture.

    `classes` is the width of its semseg outputs, `target` the picture that its task image makes.
    """

    def __init__(self, classes: int, target: str = "rgb") -> None:
        self._classes, self._target = classes, target
        self._by_output: dict[str, TaskScores] = {}

    def add(self, predictions: Mapping[str, Prediction], sample: Sample) -> None:
        """Score one picture's predictions, by output name; semseg only where the picture has a label."""
        labelled = bool((sample.label != VOID).any())
        for name, prediction in predictions.items():
            if isinstance(prediction, SemsegPrediction) and not labelled:
                continue
            if isinstance(prediction, ImagePrediction) and Output.parse(name).task != "image":
                continue  # a picture of something else (see `FusionNetwork.pictured`) has no reference
            scores = self._by_output.get(name) or self._by_output.setdefault(name, self._start(prediction))
            scores.add(prediction, sample)

    def result(self) -> dict[str, dict[str, float]]:
        """Scores by output name, e.g. `semseg/ensemble` to {"mIoU": ...}."""
        return {name: scores.result() for name, scores in self._by_output.items()}

    def _start(self, prediction: Prediction) -> TaskScores:
        if isinstance(prediction, SemsegPrediction):
            return SemsegScores(self._classes)
        if isinstance(prediction, ImagePrediction):
            return ImageScores(self._target)
        return DepthScores() if isinstance(prediction, DepthPrediction) else NormalsScores()
