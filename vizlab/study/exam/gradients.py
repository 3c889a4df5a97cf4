"""Explanations by gradients: how much of the logit of an object's class is attributed to each modality."""

import numpy as np

from vizlab.experiments.attribution.attributing import computed
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.methods import METHODS, Options
from vizlab.experiments.attribution.problem import pose
from vizlab.experiments.attribution.target import Target
from vizlab.study.exam.explanations import Explained, Sitting, contrast
from vizlab.study.survey.config import batch_on

INPUT, INTEGRATED = "gradient x input", "integrated gradients"
TOTAL, SIZE = "total", "size"
"""Of a modality's map: the sum of its values, or of their absolute values."""


def attributions(sitting: Sitting) -> list[Explained]:
    """Of the network's answer; without integrated gradients where the sitting's `steps` are 0. The mean logit of an
    object's class over its pixels is attributed to all pixels of both modalities, against the picture's mean colour and
    a plane at its median depth."""
    output = list(sitting.outputs)[-1]
    names = (INPUT, INTEGRATED) if sitting.steps else (INPUT,)
    sums = np.zeros((len(sitting.asked), len(names), 2, 2))
    for place, one in enumerate(sitting.asked):
        target = Target(output, one.region, one.object.index, "logit")
        problem = pose(sitting.model, sitting.image, target, Baselines(), batch=batch_on(sitting.model.device.type))
        for row, name in enumerate(names):
            maps = computed(METHODS[name], problem, Options(steps=max(1, sitting.steps)))
            for column, modality in enumerate(("rgb", "depth")):
                values = maps[modality].astype(np.float64)
                sums[place, row, :, column] = values.sum(), np.abs(values).sum()
    return [
        Explained(name, variant, output, contrast(sums[:, row, kind, 0], sums[:, row, kind, 1]))
        for row, name in enumerate(names)
        for kind, variant in enumerate((TOTAL, SIZE))
    ]
