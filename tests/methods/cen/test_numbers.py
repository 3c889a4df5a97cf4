"""Exchanged shares against counts by hand, the threshold curve, and the sentence on networks that exchange little."""

from dataclasses import replace

import numpy as np
import pytest

from tests.methods.cen.gammas import site, with_sites
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.methods.cen import numbers
from vizlab.methods.cen.numbers import exchange_summary, gamma_correlation, threshold_curve, threshold_of


def test_counts_follow_the_code_and_the_eligible_half_apart(cen_trace: FusionTrace) -> None:
    # rgb: one small gamma in its own half, two in the other; depth: none.
    gamma = np.array([[0.01, 1, 1, 1, -0.001, 0.0, 1, 1], np.linspace(1, 2, 8)])
    summary = exchange_summary(with_sites(cen_trace, site(gamma)))
    to_rgb, to_depth = summary.sites
    assert (to_rgb.source, to_rgb.target) == ("depth", "rgb")
    assert to_rgb.fraction == 3 / 8
    assert to_rgb.eligible_fraction == 1 / 4
    assert to_depth.fraction == 0
    assert summary.fraction == 3 / 16
    assert summary.eligible_fraction == 1 / 8


def test_curve_meets_the_counts_at_the_threshold_of_the_run(cen_trace: FusionTrace) -> None:
    summary, threshold = exchange_summary(cen_trace), threshold_of(cen_trace)
    curve = threshold_curve(cen_trace, np.array([0, threshold, 10.0]))
    directions = np.array([r.fraction for r in summary.sites]).reshape(len(curve.sites), len(curve.targets))
    np.testing.assert_allclose(curve.per_site[:, :, 1], directions, atol=1e-6)
    np.testing.assert_allclose(curve.fraction.mean(0)[[0, 2]], [0, 1])
    np.testing.assert_allclose(curve.eligible_fraction[:, 1].mean(), summary.eligible_fraction, atol=1e-6)


def test_curve_never_falls_and_is_small(cen_trace: FusionTrace) -> None:
    curve = threshold_curve(cen_trace)
    assert curve.thresholds.shape == (101,)
    assert curve.thresholds[[0, 1, -1]].tolist() == [0, np.float32(1e-4), 1]
    np.testing.assert_allclose(np.diff(np.log10(curve.thresholds[1:])), 4 / 99, rtol=1e-4)
    assert (np.diff(curve.fraction) >= 0).all()
    assert curve.per_site.nbytes < 20_000


def test_says_when_little_is_exchanged_and_gammas_look_alike(cen_trace: FusionTrace) -> None:
    gamma = np.random.default_rng(0).uniform(0.5, 1.5, (2, 64))
    gamma[1] = gamma[0] * 1.01
    summary = exchange_summary(with_sites(cen_trace, site(gamma)))
    assert summary.little
    assert summary.alike
    assert "Little is exchanged" in summary.statement
    assert "look alike" in summary.statement


def test_says_when_the_exchange_was_off(cen_trace: FusionTrace) -> None:
    off = replace(cen_trace, changes={"threshold": None, "cross": False})
    assert exchange_summary(off).statement == "The exchange was switched off for this run."


def test_all_that_is_to_say_is_said(cen_trace: FusionTrace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal gammas: r is exactly 1, which is as much as it takes to look alike where that is asked for."""
    monkeypatch.setattr(numbers, "ALIKE", 1.0)
    gamma = np.full((2, 8), 1.0)
    gamma[:, 0] = 0.01
    assert exchange_summary(with_sites(cen_trace, site(gamma))).statement == (
        "12.5 % of all channels (12.5 % of the eligible ones) are exchanged below 0.02. 2 of these 2 exchanges are "
        "dead: the giver's scale is below 0.02, too. The streams' gammas look alike (r = 1.00): training hardly drove "
        "them apart."
    )


def test_one_in_a_hundred_is_not_little(cen_trace: FusionTrace) -> None:
    gamma = np.random.default_rng(0).uniform(0.5, 1.5, (2, 50))
    gamma[0, 0] = 0.01
    summary = exchange_summary(with_sites(cen_trace, site(gamma)))
    assert summary.fraction == numbers.LITTLE
    assert not summary.little
    assert summary.statement.startswith("1.0 % of all channels")


def test_correlation_is_taken_within_sites() -> None:
    generator = np.random.default_rng(1)
    # Two sites of different scale, independent streams: pooled they would correlate almost fully.
    sites = tuple(site(generator.uniform(0, 0.1, (2, 200)) + offset) for offset in (0.5, 5.0))
    assert abs(gamma_correlation(sites)) < 0.15
    assert gamma_correlation((site(np.ones((2, 8))),)) == 1


def test_correlation_of_sites_is_weighed_by_their_channels() -> None:
    """Two channels that rise together, six that do not: (2 - 6) / 8; with three streams every pair once."""
    up, rising = np.array([[1.0, 2], [3, 5]]), np.arange(1.0, 7)
    assert gamma_correlation((site(up), site(np.stack([rising, -1 / rising])))) == pytest.approx(
        (2 + 6 * np.corrcoef(rising, 1 / rising)[0, 1]) / 8
    )
    assert gamma_correlation((site(up), site(np.stack([rising, 7 - rising])))) == pytest.approx(-0.5)
    three = np.stack([rising, 2 * rising, 7 - rising])
    assert gamma_correlation((site(three, streams=("rgb", "depth", "heat")),)) == pytest.approx((1 - 1 - 1) / 3)


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_constant_gammas_that_differ_are_left_out(order: slice) -> None:
    flat, rising = np.full(4, 0.3), np.arange(1.0, 5)
    assert np.isnan(gamma_correlation((site(np.stack([flat, rising])[order]),)))
    assert np.isnan(gamma_correlation((site(np.stack([flat, 2 * flat])),)))
    assert gamma_correlation((site(np.stack([flat, rising])[order]), site(np.stack([rising, 5 - rising])))) == (
        pytest.approx(-1)
    )


def test_a_trace_that_says_no_threshold_has_the_released_codes(cen_trace: FusionTrace) -> None:
    silent = replace(cen_trace, model=replace(cen_trace.model, settings={}))
    assert threshold_of(silent) == 0.02
    assert threshold_curve(silent).current == exchange_summary(silent).threshold == 0.02


def test_other_families_are_refused(nddr_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="needs a trace of a CEN"):
        exchange_summary(nddr_trace)


def test_rows_name_their_site_stage_and_every_giver(cen_trace: FusionTrace) -> None:
    gamma = np.ones((3, 6))
    found = exchange_summary(with_sites(cen_trace, site(gamma, name="b", streams=("rgb", "depth", "heat"))))
    assert [(r.site, r.stage, r.target, r.source) for r in found.sites] == [
        ("b", "stage1", "rgb", "depth+heat"),
        ("b", "stage1", "depth", "rgb+heat"),
        ("b", "stage1", "heat", "rgb+depth"),
    ]


def test_an_eligible_fraction_of_a_single_channel(cen_trace: FusionTrace) -> None:
    """One channel, which is eligible for the first stream alone: half of nothing is not a half."""
    curve = threshold_curve(with_sites(cen_trace, site(np.array([[0.01], [1.0]]))), np.array([0.02]))
    np.testing.assert_array_equal(curve.eligible_fraction, [[1.0], [0.0]])
    arrays = (curve.thresholds, curve.fraction, curve.eligible_fraction, curve.per_site, curve.dead)
    assert {values.dtype for values in arrays} == {np.dtype(np.float32)}
    summary = exchange_summary(with_sites(cen_trace, site(np.array([[0.01], [1.0]]))))
    assert summary.eligible_fraction == 1
    assert np.isnan(summary.sites[1].eligible_fraction)
