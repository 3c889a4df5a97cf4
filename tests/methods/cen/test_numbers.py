"""Exchanged shares against counts by hand, the threshold curve, and the sentence on networks that exchange little."""

from dataclasses import replace

import numpy as np
import pytest

from tests.methods.cen.gammas import site, with_sites
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
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
    assert "switched off" in exchange_summary(off).statement


def test_correlation_is_taken_within_sites() -> None:
    generator = np.random.default_rng(1)
    # Two sites of different scale, independent streams: pooled they would correlate almost fully.
    sites = tuple(site(generator.uniform(0, 0.1, (2, 200)) + offset) for offset in (0.5, 5.0))
    assert abs(gamma_correlation(sites)) < 0.15
    assert gamma_correlation((site(np.ones((2, 8))),)) == 1


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
    assert curve.fraction.dtype == curve.eligible_fraction.dtype == curve.per_site.dtype == np.float32
