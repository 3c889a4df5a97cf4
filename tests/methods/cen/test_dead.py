"""Exchanges that bring nothing: the giver's scale is below the threshold as well. By hand, and in a real file."""

import numpy as np
import pytest

from tests.methods.cen.gammas import site, with_sites
from vizlab.core.trace import FusionTrace
from vizlab.methods.cen.numbers import dead_swaps, exchange_summary, threshold_curve

TASKS = ("semseg", "depth", "normals")
# Exchanged and dead channels of cen-mobilenetv2-nyuv2, both directions, counted from the file without vizlab.
BUNDLED = {0.0: (0, 0), 0.02: (1884, 34), 0.2: (3416, 866), 0.5: (6970, 4574)}


def at(trace: FusionTrace, gammas: dict[str, np.ndarray], threshold: float) -> FusionTrace:
    return with_sites(trace, *(site(g, threshold, name) for name, g in gammas.items()), threshold=threshold)


def test_dead_are_those_that_both_streams_give_away(cen_trace: FusionTrace) -> None:
    #                  alive  alive  dead   kept   dead (zero, negative)
    gamma = np.array([[0.001, 0.5, 0.019, 1, 0.0], [0.5, 0.001, 0.001, 1, -0.01]])
    found = site(gamma)
    assert dead_swaps(found).tolist() == [False, False, True, False, True]
    summary = exchange_summary(with_sites(cen_trace, found, site(np.ones((2, 5)), name="b")))
    assert [(r.target, r.exchanged, r.dead) for r in summary.sites] == [
        ("rgb", 3, 2), ("depth", 3, 2), ("rgb", 0, 0), ("depth", 0, 0),
    ]  # fmt: skip
    assert (summary.exchanged, summary.dead) == (6, 4)
    assert "4 of these 6 exchanges are dead: the giver's scale is below 0.02, too." in summary.statement


def test_of_several_givers_all_must_be_below(cen_trace: FusionTrace) -> None:
    """With the mean of two others, one of them with a scale brings something."""
    gamma = np.array([[0.01, 0.01, 0.01], [0.01, 0.01, 1], [0.01, 1, 1]])
    summary = exchange_summary(with_sites(cen_trace, site(gamma, streams=TASKS)))
    assert [(r.exchanged, r.dead) for r in summary.sites] == [(3, 1), (2, 1), (1, 1)]
    assert "3 of these 6 exchanges are dead: every giver's scale is below 0.02, too." in summary.statement


def test_where_nothing_is_dead_nothing_is_said(cen_trace: FusionTrace) -> None:
    summary = exchange_summary(with_sites(cen_trace, site(np.array([[0.001, 1], [1, 0.001]]))))
    assert summary.dead == 0
    assert "dead" not in summary.statement


@pytest.mark.parametrize("threshold", BUNDLED)
def test_the_bundled_networks_dead_exchanges(
    cen_trace: FusionTrace, bundled: dict[str, np.ndarray], threshold: float
) -> None:
    assert len(bundled) == 17
    summary = exchange_summary(at(cen_trace, bundled, threshold))
    assert (summary.exchanged, summary.dead) == BUNDLED[threshold]


def test_the_preview_counts_what_a_run_would(cen_trace: FusionTrace, bundled: dict[str, np.ndarray]) -> None:
    channels = sum(g.shape[1] for g in bundled.values())
    curve = threshold_curve(at(cen_trace, bundled, 0.02), np.array(list(BUNDLED)))
    expected = [dead / (2 * channels) for _, dead in BUNDLED.values()]  # of each of two targets
    np.testing.assert_allclose(curve.dead, expected, rtol=1e-5)
