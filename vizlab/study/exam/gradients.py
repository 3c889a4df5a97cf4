"""Explanations by gradients: how much of the logit of an object's class is attributed to each modality.

What is explained is the network's answer: the mean logit of an object's class over its pixels is attributed to all
pixels of both modalities, against each of the sitting's baselines.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from vizlab.experiments.attribution.attributing import computed
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.methods import METHODS, Options
from vizlab.experiments.attribution.private import run
from vizlab.experiments.attribution.problem import Problem
from vizlab.experiments.attribution.target import settle
from vizlab.study.exam.explanations import Explained, Sitting, contrast

INPUT, INTEGRATED = "gradient x input", "integrated gradients"
TOTAL, SIZE = "total", "size"
"""Of a modality's map: the sum of its values, or of their absolute values."""


def gradient_x_input(sitting: Sitting) -> list[Explained]:
    """One gradient for each object."""
    return _attributed(sitting, INPUT)


def integrated_gradients(sitting: Sitting) -> list[Explained]:
    """As many gradients for each object as the sitting has `steps`."""
    return _attributed(sitting, INTEGRATED)


def _attributed(sitting: Sitting, name: str) -> list[Explained]:
    output, options, found = sitting.answer, Options(steps=sitting.steps), []
    for baselines, posed in zip(sitting.baselines, sitting.problems, strict=True):
        maps = [computed(METHODS[name], problem, options) for problem in _of_objects(sitting, posed)]
        for kind, amount in ((TOTAL, np.sum), (SIZE, lambda values: np.abs(values).sum())):
            rgb, depth = (
                np.array([amount(one[modality].astype(np.float64)) for one in maps]) for modality in ("rgb", "depth")
            )
            found.append(Explained(name, _variant(kind, baselines), output, contrast(rgb, depth)))
    return found


def _of_objects(sitting: Sitting, posed: Problem) -> Iterator[Problem]:
    """The problem that was posed of a picture, asked of each object: network and inputs are the same for all."""
    with torch.no_grad():
        outputs = run(posed.network, dict(zip(posed.names, posed.inputs, strict=True)))
    for one in sitting.asked:
        quantity = settle(sitting.target(one), sitting.model, posed.framing, outputs)
        # Its values with picture and baseline would take forwards, and nobody asks for them.
        yield replace(posed, quantity=quantity, value=float("nan"), before=float("nan"))


def _variant(kind: str, baselines: Baselines) -> str:
    """ "total", with the baselines' names where they are not the usual ones."""
    return kind if baselines == Baselines() else f"{kind}, {baselines.rgb} and {baselines.depth}"
