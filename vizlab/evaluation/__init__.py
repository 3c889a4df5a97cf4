"""Figures of networks over a data folder: how they are counted, what they cost, what they are compared with."""

from vizlab.evaluation.run import Figures, evaluate, evaluate_thresholds
from vizlab.evaluation.scores import DepthFigures, NormalsFigures, SemsegFigures

__all__ = [
    "DepthFigures", "Figures", "NormalsFigures", "SemsegFigures", "evaluate", "evaluate_thresholds",
]  # fmt: skip
