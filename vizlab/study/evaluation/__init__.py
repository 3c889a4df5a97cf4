"""Scores of networks over a data folder: how they are counted, what they cost, what they are compared with."""

from vizlab.study.evaluation.run import Scores, evaluate, evaluate_control
from vizlab.study.evaluation.scores import DepthScores, NormalsScores, SemsegScores

__all__ = [
    "DepthScores", "NormalsScores", "Scores", "SemsegScores", "evaluate", "evaluate_control",
]  # fmt: skip
