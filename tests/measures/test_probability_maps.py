"""Scores of saliency and edges against counts by hand and by brute force."""

import itertools
import math

import numpy as np
import pytest

from vizlab.core.predictions import MapPrediction, SemsegPrediction
from vizlab.errors import InputError
from vizlab.measures.probability_maps import THRESHOLDS, edge_score, saliency_score
from vizlab.measures.scores import scores
from vizlab.tasks import VOID


def f_measure(precision: float, recall: float, beta_squared: float) -> float:
    below = beta_squared * precision + recall
    return (1 + beta_squared) * precision * recall / below if below else 0.0


def test_saliency_by_hand() -> None:
    """Of four salient pixels two at 0.9, one at 0.6, one at 0.1; others at 0.6, 0.1, 0.1; one at 0.9 does not count."""
    probability = np.array([[0.9, 0.9, 0.6, 0.1], [0.6, 0.1, 0.1, 0.9]], np.float32)
    reference = np.array([[1, 1, 1, 1], [0, 0, 0, VOID]], np.uint8)
    found = saliency_score(probability, reference)
    at_high, at_middle = f_measure(1, 2 / 4, 0.3), f_measure(3 / 4, 3 / 4, 0.3)
    assert found.f == pytest.approx(max(at_high, at_middle))
    assert found.f == pytest.approx(at_high)  # with a beta of 1 the other one would win
    assert (found.precision, found.recall) == (1, 0.5)
    assert 0.6 < found.threshold <= 0.9
    assert found.iou == pytest.approx(3 / 5)  # above 0.1: three right, one too many, one missed
    assert f_measure(3 / 4, 3 / 4, 1) > f_measure(1, 2 / 4, 1)


def brute_edges(probability: np.ndarray, reference: np.ndarray, reach: float) -> float:
    """The largest F over the thresholds, pixel by pixel."""
    best = 0.0
    true = list(zip(*np.nonzero(reference == 1), strict=True))
    for threshold in THRESHOLDS:
        marked = list(zip(*np.nonzero((probability >= threshold) & (reference != VOID)), strict=True))
        near = lambda one, others: any(math.dist(one, other) <= reach for other in others)  # noqa: E731
        if marked:
            precision = np.mean([near(one, true) for one in marked])
            recall = np.mean([near(one, marked) for one in true])
            best = max(best, f_measure(float(precision), float(recall), 1.0))
    return best


@pytest.mark.parametrize("tolerance", [0.0, 0.05, 0.1])
def test_edges_by_brute_force(tolerance: float) -> None:
    rng = np.random.default_rng(4)
    probability = rng.random((14, 19)).astype(np.float32) ** 3
    reference = (rng.random((14, 19)) < 0.1).astype(np.uint8)
    reference[:3, :4] = VOID
    found = edge_score(probability, reference, tolerance)
    assert found.f == pytest.approx(brute_edges(probability, reference, tolerance * math.hypot(14, 19)))


def test_an_edge_one_pixel_off_is_found_within_the_tolerance() -> None:
    reference = np.zeros((60, 80), np.uint8)
    reference[:, 40] = 1
    for off, right in ((0, 1.0), (1, 0.0), (2, 0.0)):
        probability = np.zeros((60, 80), np.float32)
        probability[:, 40 + off] = 0.9
        assert edge_score(probability, reference, 0.0).f == right
    assert edge_score(probability, reference, 0.02).f == 1  # two pixels of a hundred
    assert edge_score(probability, reference, 0.019).f == 0


def test_nothing_marked_is_undefined() -> None:
    nothing, half = np.zeros((4, 4), np.uint8), np.full((4, 4), 0.5, np.float32)
    for score, reference in itertools.product((saliency_score, edge_score), (nothing, nothing + VOID)):
        assert math.isnan(score(half, reference).f)
    assert saliency_score(half * 0, nothing + 1).f == 0
    with pytest.raises(InputError, match="4x4 but its reference is 3x4"):
        edge_score(half, nothing[:3])


def test_scores_by_task() -> None:
    probability = np.array([[0.9, 0.1]], np.float32)
    marked = np.array([[1, 0]], np.uint8)
    assert scores(MapPrediction(probability), marked, "sal") == {"f": 1, "iou": 1}
    assert scores(MapPrediction(probability), marked, "edge") == {"f": 1}
    assert scores(MapPrediction(probability), marked) == {}
    parts = SemsegPrediction(np.array([[1, 2]], np.uint8), probability)
    assert scores(parts, np.array([[1, 3]], np.uint8), "human_parts") == {"accuracy": 0.5, "miou": 0.5}
