"""`vizlab eval`: a checkpoint's figures on one split of a data folder, as the papers count them.

semseg: one confusion matrix over all labelled pixels; depth: root mean square over all valid pixels of the set;
normals: angles against normals derived from depth. Predictions are compared at the pictures' own size.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torchmetrics import MeanSquaredError
from torchmetrics.classification import MulticlassConfusionMatrix

from vizlab.data import Sample
from vizlab.models.model import Model
from vizlab.models.site import Intervention, intervening
from vizlab.predictions import DepthPrediction, NormalsPrediction, Prediction, SemsegPrediction, decode
from vizlab.rgbd import RGBDImage
from vizlab.tasks import VOID

ANGLE_BINS = np.linspace(0, 180, 3601)


class SemsegFigures:
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


class DepthFigures:
    """RMSE in metres over all pixels of known depth."""

    def __init__(self) -> None:
        self._rmse = MeanSquaredError(squared=False)

    def add(self, prediction: Prediction, sample: Sample) -> None:
        assert isinstance(prediction, DepthPrediction)
        known = np.isfinite(sample.depth)
        self._rmse.update(torch.from_numpy(prediction.value[known]), torch.from_numpy(sample.depth[known]))

    def result(self) -> dict[str, float]:
        return {"RMSE": float(self._rmse.compute())}


class NormalsFigures:
    """Mean and median angle in degrees and the shares in percent below 11.25, 22.5 and 30 degrees.

    The median and the shares are read off a histogram with bins of 0.05 degrees.
    """

    def __init__(self) -> None:
        self._counts, self._sum = np.zeros(len(ANGLE_BINS) - 1), 0.0

    def add(self, prediction: Prediction, sample: Sample) -> None:
        assert isinstance(prediction, NormalsPrediction)
        known = np.isfinite(sample.normals).all(-1)
        cosine = np.sum(prediction.value[known] * sample.normals[known], axis=-1)
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


@dataclass
class Figures:
    """Figures by output name, e.g. `semseg/ensemble` to {"mIoU": ...}; `pictures` counts what was evaluated."""

    pictures: int = 0
    by_output: dict[str, dict[str, float]] = field(default_factory=dict)


def evaluate(
    model: Model,
    samples: Iterable[Sample],
    *,
    intervention: Intervention = Intervention(),
    progress: Callable[[int], None] | None = None,
) -> Figures:
    """Run `model` over `samples` and score every final output it has."""
    tallies: dict[str, SemsegFigures | DepthFigures | NormalsFigures] = {}
    figures = Figures()
    for sample in samples:
        rgbd = RGBDImage(sample.colour, sample.depth)
        framing = model.frame(rgbd.size)
        with intervening(intervention):
            outputs = model.forward(model.preprocess(rgbd, framing))
        final = {name: y for name, y in outputs.items() if not name.startswith("scale_")}
        for name, prediction in decode(final, framing, aliases=False).items():
            tally = tallies.get(name) or tallies.setdefault(name, _tally(prediction, model))
            tally.add(prediction, sample)
        figures.pictures += 1
        if progress is not None:
            progress(figures.pictures)
    figures.by_output = {name: tally.result() for name, tally in tallies.items()}
    return figures


def _tally(prediction: Prediction, model: Model) -> SemsegFigures | DepthFigures | NormalsFigures:
    if isinstance(prediction, SemsegPrediction):
        return SemsegFigures(model.config.semseg_channels)
    return DepthFigures() if isinstance(prediction, DepthPrediction) else NormalsFigures()
