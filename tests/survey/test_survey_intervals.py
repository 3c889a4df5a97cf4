"""Intervals against closed forms, brute force and SciPy."""

import math

import numpy as np
import pytest
from scipy import stats

from vizlab.measures.ranks import ranks
from vizlab.study.survey import intervals
from vizlab.study.survey.intervals import (
    Estimate,
    bands,
    draw,
    mean,
    miou,
    partial_spearman,
    ratio,
    rmse,
    spearman,
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def repeated(rows: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The rows of one resample, written out."""
    return np.repeat(rows, times.astype(int), axis=0)


def test_a_resample_has_as_many_pictures_and_the_seed_decides_which() -> None:
    draws = draw(9, 50, seed=4)
    assert (draws.sum(1) == 9).all()
    np.testing.assert_array_equal(draws, draw(9, 50, seed=4))
    assert (draws != draw(9, 50, seed=5)).any()


def test_the_mean_and_its_standard_error(rng: np.random.Generator) -> None:
    """Of many resamples the spread is that of the mean, s / sqrt(n), and the interval about 1.96 of it each way."""
    rows = rng.normal(5, 2, 400)
    found = mean(rows, draw(400, 4000))
    error = rows.std() / math.sqrt(400)
    assert found.value == pytest.approx(rows.mean())
    assert found.resampled.std() == pytest.approx(error, rel=0.05)
    assert found.low == pytest.approx(rows.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(rows.mean() + 1.96 * error, abs=0.1 * error)


def test_the_interval_is_the_middle_95_percent() -> None:
    found = Estimate.of(np.asarray(0.0), np.arange(201.0))
    assert (float(found.low), float(found.high)) == (5.0, 195.0)


def test_unknown_rows_are_left_out(rng: np.random.Generator) -> None:
    rows = rng.normal(size=(30, 2))
    rows[4, 0] = np.nan
    draws = draw(30, 20)
    found = mean(rows, draws)
    assert found.value[0] == pytest.approx(np.nanmean(rows[:, 0]))
    for resample, times in enumerate(draws):
        np.testing.assert_allclose(found.resampled[resample], np.nanmean(repeated(rows, times), 0))


def test_nothing_known_is_nothing_and_no_warning() -> None:
    found = mean(np.full((5, 2), np.nan), draw(5, 10))
    assert np.isnan(found.value).all()
    assert np.isnan(found.low).all()
    assert np.isnan(found.high).all()


def test_a_ratio_of_sums_is_no_mean_of_ratios(rng: np.random.Generator) -> None:
    above, below = rng.uniform(1, 9, 12), rng.uniform(1, 9, 12)
    draws = draw(12, 7)
    found = ratio(above, below, draws)
    assert found.value == pytest.approx(above.sum() / below.sum())
    for resample, times in enumerate(draws):
        assert found.resampled[resample] == pytest.approx((above * times).sum() / (below * times).sum())


def test_rmse_over_all_pixels_of_the_set() -> None:
    squares, pixels = np.array([4.0, 12.0]), np.array([1, 3])
    assert rmse(squares, pixels, draw(2, 3)).value == pytest.approx(2.0)


def test_miou_from_added_counts(rng: np.random.Generator) -> None:
    """Classes that do not occur in the labels of a resample do not count in it, whatever was said."""
    counts = rng.integers(1, 20, (6, 3, 4))
    counts[:, 0] = np.minimum(counts[:, 0], np.minimum(counts[:, 1], counts[:, 2]))
    counts[:, :2, 3] = 0  # never labelled, often predicted
    counts[1:, :2, 2] = 0  # labelled in the first picture alone
    draws = draw(6, 40)
    assert (draws[:, 0] == 0).any()
    found = miou(counts, draws)

    def by_hand(total: np.ndarray) -> float:
        each = [total[0, k] / (total[1, k] + total[2, k] - total[0, k]) for k in range(4) if total[1, k] > 0]
        return 100 * sum(each) / len(each)

    assert found.value == pytest.approx(by_hand(counts.sum(0)))
    for resample, times in enumerate(draws):
        assert found.resampled[resample] == pytest.approx(by_hand(repeated(counts, times).sum(0)))
    assert intervals.accuracy(counts, draws).value == pytest.approx(100 * counts[:, 0].sum() / counts[:, 1].sum())
    assert np.isnan(intervals.iou(counts, draws).value[3])


def test_further_axes_stay(rng: np.random.Generator) -> None:
    counts = rng.integers(1, 5, (4, 2, 3, 6))
    draws = draw(4, 5)
    both = miou(counts, draws)
    assert both.value.shape == (2,)
    for place in range(2):
        one = miou(counts[:, place], draws)
        assert both.value[place] == pytest.approx(float(one.value))
        np.testing.assert_allclose(both.resampled[:, place], one.resampled)


def test_ranks_are_scipys(rng: np.random.Generator) -> None:
    values = rng.integers(0, 5, (3, 11)).astype(float)
    np.testing.assert_array_equal(ranks(values), stats.rankdata(values, axis=1))


def test_spearman_is_scipys_in_every_resample(rng: np.random.Generator) -> None:
    effect, share = rng.normal(size=(8, 12)) + np.arange(12), rng.normal(size=(8, 12)) + np.arange(12) ** 1.2
    draws = draw(8, 25)
    found = spearman(effect, share, draws)
    assert found.value == pytest.approx(stats.spearmanr(effect.mean(0), share.mean(0)).statistic)
    for resample, times in enumerate(draws):
        expected = stats.spearmanr(repeated(effect, times).mean(0), repeated(share, times).mean(0)).statistic
        assert found.resampled[resample] == pytest.approx(expected)
    assert found.low <= found.value <= found.high


def test_an_edge_without_a_share_is_left_out(rng: np.random.Generator) -> None:
    effect, share = rng.normal(size=(5, 7)), rng.normal(size=(5, 7))
    share[:, 2] = np.nan
    kept = np.delete(np.arange(7), 2)
    found = spearman(effect, share, draw(5, 3))
    assert found.value == pytest.approx(stats.spearmanr(effect.mean(0)[kept], share.mean(0)[kept]).statistic)


def test_what_does_not_vary_has_no_rank_correlation() -> None:
    found = spearman(np.ones((4, 5)), np.arange(20.0).reshape(4, 5), draw(4, 6))
    assert np.isnan(found.value)
    assert np.isnan(found.low)


def test_partial_correlation_of_residuals(rng: np.random.Generator) -> None:
    """By its other definition: the correlation of what a regression on the third one's ranks leaves of both."""
    position = np.arange(15.0)
    effect = rng.normal(size=(6, 15)) + 0.3 * position
    share = rng.normal(size=(6, 15)) + 0.2 * position
    found = partial_spearman(effect, share, position, draw(6, 4))
    a, b, c = (stats.rankdata(values) for values in (effect.mean(0), share.mean(0), position))
    left = [values - np.polyval(np.polyfit(c, values, 1), c) for values in (a, b)]
    assert found.value == pytest.approx(np.corrcoef(*left)[0, 1])


def test_a_difference_is_paired(rng: np.random.Generator) -> None:
    """Two rows that differ by a constant differ by it in every resample, however wide each one's interval is."""
    rows, draws = rng.normal(0, 10, 50), draw(50, 30)
    apart = mean(rows + 1, draws).minus(mean(rows, draws))
    assert apart.low == pytest.approx(1)
    assert apart.high == pytest.approx(1)


def test_bands_hold_every_picture_once() -> None:
    values = np.array([3.0, 1.0, np.nan, 2.0, 6.0, 5.0, 4.0])
    found = bands(values, 3)
    assert [label for label, _ in found] == ["1 to 2.67", "2.67 to 4.33", "4.33 to 6"]
    np.testing.assert_array_equal(sum(which.astype(int) for _, which in found), np.isfinite(values).astype(int))
    assert [values[which].tolist() for _, which in found] == [[1, 2], [3, 4], [6, 5]]
    assert [label for label, _ in bands(np.zeros(4))] == ["0"]
    assert bands(np.full(3, np.nan)) == []


def test_no_edges_have_no_figures_and_no_correlation() -> None:
    draws = draw(5, 20)
    assert mean(np.zeros((5, 0)), draws).low.shape == (0,)
    nothing = spearman(np.zeros((5, 0)), np.zeros((5, 0)), draws)
    assert [math.isnan(float(x)) for x in (nothing.value, nothing.low, nothing.high)] == [True] * 3


def test_an_edge_that_is_not_known_is_left_out_of_a_correlation(rng: np.random.Generator) -> None:
    """And one that never varies has none, without a warning."""
    first, second = rng.normal(size=(12, 5)), rng.normal(size=(12, 5))
    draws = draw(12, 20)
    first[:, 2] = np.nan
    found = spearman(first, second, draws)
    kept = [0, 1, 3, 4]
    assert found.value == spearman(first[:, kept], second[:, kept], draws).value
    assert math.isnan(float(spearman(np.zeros((12, 5)), second, draws).value))
