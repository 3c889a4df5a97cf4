"""Areas and rank correlations against brute force: pair by pair, and by repeating what a resample repeats."""

import numpy as np
import pytest
from scipy import stats

from vizlab.study.exam.ranking import auc, spearman, weighted_ranks
from vizlab.study.survey.intervals import draw


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(8)


def brute_area(scores: np.ndarray, positive: np.ndarray) -> float:
    won, pairs = 0.0, 0
    for up in scores[positive]:
        for down in scores[~positive]:
            won += 1 if up > down else 0.5 if up == down else 0
            pairs += 1
    return won / pairs if pairs else np.nan


def objects(rng: np.random.Generator, count: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores with many ties, which are positive, and of which of 9 pictures."""
    return rng.integers(0, 5, count) / 4, rng.random(count) < 0.4, rng.integers(0, 9, count)


def test_area_pair_by_pair(rng: np.random.Generator) -> None:
    scores, positive, picture = objects(rng)
    found = auc(scores, positive, picture, draw(9, 50))
    assert float(found.value) == pytest.approx(brute_area(scores, positive))
    for times, value in zip(draw(9, 50), found.resampled, strict=True):
        again = np.repeat(np.arange(len(scores)), times[picture].astype(int))
        assert value == pytest.approx(brute_area(scores[again], positive[again]))
    assert float(found.low) == pytest.approx(np.percentile(found.resampled, 2.5))
    assert float(found.high) == pytest.approx(np.percentile(found.resampled, 97.5))


@pytest.mark.parametrize(("scores", "area"), [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([1, 1, 1, 1], 0.5)])
def test_area_of_what_is_known(scores: list[float], area: float) -> None:
    positive, picture = np.array([False, False, True, True]), np.arange(4)
    assert auc(np.array(scores, float), positive, picture, draw(4, 20)).value == area


def test_area_without_one_of_the_kinds_is_undefined() -> None:
    found = auc(np.arange(3.0), np.ones(3, bool), np.arange(3), draw(3, 20))
    assert np.isnan(found.value)
    assert np.isnan(found.low)


def test_what_has_no_score_is_left_out(rng: np.random.Generator) -> None:
    scores, positive, picture = objects(rng)
    scores[::7] = np.nan
    known = np.isfinite(scores)
    found = auc(scores, positive, picture, draw(9, 20))
    assert float(found.value) == pytest.approx(brute_area(scores[known], positive[known]))
    rho = spearman(scores, positive.astype(float), picture, draw(9, 20))
    assert float(rho.value) == pytest.approx(stats.spearmanr(scores[known], positive[known]).statistic)


def test_rank_correlation_is_that_of_repeated_objects(rng: np.random.Generator) -> None:
    scores, _, picture = objects(rng)
    truth = rng.integers(-1, 2, len(scores)).astype(float)
    found = spearman(scores, truth, picture, draw(9, 50))
    assert float(found.value) == pytest.approx(stats.spearmanr(scores, truth).statistic)
    for times, value in zip(draw(9, 50), found.resampled, strict=True):
        again = np.repeat(np.arange(len(scores)), times[picture].astype(int))
        assert value == pytest.approx(stats.spearmanr(scores[again], truth[again]).statistic)


def test_rank_correlation_of_a_constant_is_undefined() -> None:
    found = spearman(np.full(6, 0.3), np.arange(6.0), np.arange(6), draw(6, 20))
    assert np.isnan(found.value)


def test_ranks_of_repeated_values(rng: np.random.Generator) -> None:
    values, times = rng.integers(0, 4, 12) / 3, rng.integers(0, 3, (5, 12)).astype(float)
    for row, ranks in zip(times.astype(int), weighted_ranks(values, times), strict=True):
        expected = stats.rankdata(np.repeat(values, row))
        np.testing.assert_allclose(np.repeat(ranks, row), expected)
