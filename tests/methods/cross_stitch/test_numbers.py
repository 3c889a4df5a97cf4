"""Means, drift and sentences of alphas against closed forms."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from tests.methods.cross_stitch.networks import STAGES, TASKS
from vizlab.core.registry import methods
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.cross_stitch.network import CrossStitchUnit
from vizlab.methods.cross_stitch.numbers import (
    cross_stitch_sites,
    effective_ranks,
    farthest,
    row_sentence,
    signed,
    statement,
    strongest,
    strongest_channels,
    unit_alphas,
    unit_at,
)
from vizlab.methods.cross_stitch.stage_panel import channels_html, ranks_html

Changing = Callable[[np.ndarray], None]


def with_units(trace: FusionTrace, tasks: tuple[str, ...] = TASKS, **changes: Changing) -> FusionTrace:
    """The trace with fresh units of 4 channels after each named stage; each change edits its stage's alphas."""
    sites = {}
    for stage, change in changes.items():
        unit = CrossStitchUnit(tasks, 4)
        site = unit.describe_site(f"cross_stitch.{stage}")
        alpha = unit.static_weights()["alpha"]
        change(alpha)
        sites[site.name] = SiteTrace(site, None, None, None, None, {"alpha": alpha})
    return replace(trace, sites=sites)


def leave(alpha: np.ndarray) -> None:
    """A stage as it began."""


def give(target: str, source: str, values: float | list[float]) -> Changing:
    def change(alpha: np.ndarray) -> None:
        alpha[TASKS.index(target), TASKS.index(source)] = values

    return change


def test_a_fresh_network_has_not_drifted(stitched_trace: FusionTrace) -> None:
    trace = with_units(stitched_trace, stage1=leave, stage2=leave)
    start = np.where(np.eye(3, dtype=bool), 0.9, 0.1)
    for unit in unit_alphas(trace):
        np.testing.assert_allclose(unit.mean, start, atol=1e-6)
        np.testing.assert_allclose(unit.start, start, atol=1e-6)
        np.testing.assert_allclose(unit.drift, 0, atol=1e-6)
    assert statement(trace) == (
        "Nowhere are alphas 0.005 or more from their assumed start (0.9 own, 0.1 others), on average over channels: "
        "hardly learnt."
    )


def test_drift_does_not_cancel_between_channels(stitched_trace: FusionTrace) -> None:
    """Two channels rise by 0.2 and two fall by 0.2: the mean stays, the drift does not."""
    trace = with_units(stitched_trace, stage1=give("depth", "semseg", [0.3, 0.3, -0.1, -0.1]))
    (unit,) = unit_alphas(trace)
    assert unit.channels == 4
    assert unit.mean[1, 0] == pytest.approx(0.1, abs=1e-6)
    assert unit.drift[1, 0] == pytest.approx(0.2, abs=1e-6)
    assert unit.drift[0, 1] == pytest.approx(0, abs=1e-6)


def test_another_start_can_be_assumed(stitched_trace: FusionTrace) -> None:
    """0.8 and 0.05, as for PASCAL; zero as a start gives a number, not a gap."""
    trace = with_units(stitched_trace, stage1=leave)
    own = np.eye(3, dtype=bool)
    (unit,) = unit_alphas(trace, alpha=0.8, beta=0.05)
    np.testing.assert_allclose(unit.drift, np.where(own, 0.1, 0.05), atol=1e-6)
    (unit,) = unit_alphas(trace, alpha=1, beta=0)
    np.testing.assert_allclose(unit.drift, 0.1, atol=1e-6)


def test_alphas_of_a_traced_network(stitched_trace: FusionTrace) -> None:
    units = unit_alphas(stitched_trace)
    assert [unit.stage for unit in units] == list(STAGES)
    for unit in units:
        alpha = stitched_trace.sites[unit.site].weights["alpha"].astype(np.float64)
        start = np.where(np.eye(3, dtype=bool), 0.9, 0.1)
        np.testing.assert_allclose(unit.mean, alpha.mean(-1), atol=1e-5)
        np.testing.assert_allclose(unit.drift, np.abs(alpha - start[..., None]).mean(-1), atol=1e-5)
        assert {a.dtype for a in (unit.alpha, unit.mean, unit.start, unit.drift)} == {np.dtype(np.float32)}


def test_sentences_name_the_true_extremes(stitched_trace: FusionTrace) -> None:
    """Own channels may drift farthest, but only what crosses counts as strongest; a minus is kept."""
    changes = {"stage1": give("depth", "depth", 0.2), "stage2": give("normals", "semseg", -0.5)}
    trace = with_units(stitched_trace, **changes, stage3=give("semseg", "normals", 0.4))
    units = unit_alphas(trace)
    most, far = strongest(units), farthest(units)
    assert most is not None
    assert (most.stage, most.target, most.source, most.value) == ("stage2", "normals", "semseg", -0.5)
    assert (far.stage, far.target, far.source) == ("stage1", "depth", "depth")
    assert far.value == pytest.approx(0.7, abs=1e-6)
    assert statement(trace) == (
        "Strongest between tasks: semseg → normals after stage2, mean alpha −0.50. Farthest from the assumed start "
        "(0.9 own, 0.1 others): depth → depth after stage1, off by 0.70 on average over its channels."
    )


def test_extremes_of_a_traced_network(stitched_trace: FusionTrace) -> None:
    """By brute force over stages, targets and sources."""
    found = {
        (unit.stage, target, source): (unit.mean[t, s], unit.drift[t, s])
        for unit in unit_alphas(stitched_trace)
        for t, target in enumerate(TASKS)
        for s, source in enumerate(TASKS)
    }
    most, far = strongest(unit_alphas(stitched_trace)), farthest(unit_alphas(stitched_trace))
    assert most is not None
    between = {key: abs(mean) for key, (mean, _) in found.items() if key[1] != key[2]}
    assert (most.stage, most.target, most.source) == max(between, key=between.__getitem__)
    assert (far.stage, far.target, far.source) == max(found, key=lambda key: found[key][1])


def test_a_single_task_has_nobody_to_take_from(stitched_trace: FusionTrace) -> None:
    def shrink(alpha: np.ndarray) -> None:
        alpha -= 0.4

    trace = with_units(stitched_trace, tasks=("depth",), stage1=shrink)
    assert strongest(unit_alphas(trace)) is None
    assert statement(trace).startswith("Farthest from the assumed start (0.9 own, 0.1 others): depth → depth")


def test_the_note_of_a_site_lists_a_targets_row(stitched_trace: FusionTrace) -> None:
    trace = with_units(stitched_trace, stage1=give("depth", "normals", [-0.25, -0.15, -0.2, -0.2]))
    site = trace.sites["cross_stitch.stage1"]
    assert row_sentence(site, 1) == "Mean alpha: 0.90 own, 0.10 from semseg, −0.20 from normals."
    method = methods()["cross-stitch"]
    assert method.site_note(site, 0) == "Mean alpha: 0.90 own, 0.10 from depth, 0.10 from normals."


def test_the_summary_is_by_stage(stitched_trace: FusionTrace) -> None:
    found = methods()["cross-stitch"].summary(stitched_trace)["cross_stitch"]
    assert list(found["stages"]) == list(STAGES)
    assert found["statement"] == statement(stitched_trace)
    last = unit_alphas(stitched_trace)[-1]
    np.testing.assert_array_equal(found["stages"]["stage5"]["mean_alpha"], last.mean)
    np.testing.assert_array_equal(found["stages"]["stage5"]["drift"], last.drift)


def test_signs_are_written_where_there_are_any() -> None:
    assert [signed(v) for v in (0.126, -0.126, -0.001, 0.0)] == ["0.13", "−0.13", "0.00", "0.00"]


def test_other_families_and_unknown_sites_get_a_sentence(stitched_trace: FusionTrace, nddr_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="needs a trace of a cross-stitch network"):
        cross_stitch_sites(nddr_trace)
    with pytest.raises(TraceError, match=r"no cross-stitch unit 'stage1'; this network has cross_stitch\.stage1"):
        unit_at(stitched_trace, "stage1")


def test_two_tasks_have_a_strongest_pair_and_one_has_none(stitched_trace: FusionTrace) -> None:
    two = strongest(unit_alphas(with_units(stitched_trace, ("semseg", "depth"), stage1=leave)))
    assert two is not None
    assert two.value == pytest.approx(0.1)
    assert strongest(unit_alphas(with_units(stitched_trace, ("semseg",), stage1=leave))) is None


def known(alpha: np.ndarray) -> None:
    """Depth takes one channel of normals, two alike of semseg (one against it), and its own as 3 : 1 : 0 : 0."""
    alpha[1, 2] = [0, 0, 0.4, 0]
    alpha[1, 0] = [0.2, -0.2, 0, 0]
    alpha[1, 1] = [0.9, 0.3, 0, 0]


def test_effective_ranks_of_diagonal_blocks(stitched_trace: FusionTrace) -> None:
    unit = unit_at(with_units(stitched_trace, stage1=known), "cross_stitch.stage1")
    three_to_one = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    expected = np.array([[4, 4, 4], [2, three_to_one, 1], [4, 4, 4]])
    np.testing.assert_allclose(effective_ranks(unit), expected, rtol=1e-5)


def test_strongest_channels_by_magnitude(stitched_trace: FusionTrace) -> None:
    unit = unit_at(with_units(stitched_trace, stage1=known), "cross_stitch.stage1")
    found = strongest_channels(unit, "depth", ["semseg", "normals"], 3)
    assert [(c.source, c.channel) for c in found] == [("normals", 2), ("semseg", 0), ("semseg", 1)]
    assert [c.alpha for c in found] == pytest.approx([0.4, 0.2, -0.2])
    (own,) = strongest_channels(unit, "depth", ["depth"], 1)
    assert (own.channel, own.alpha) == (0, pytest.approx(0.9))
    with pytest.raises(TraceError, match="has no task 'edge'"):
        strongest_channels(unit, "depth", ["edge"], 1)


def test_the_stage_in_numbers(stitched_trace: FusionTrace) -> None:
    trace = with_units(stitched_trace, stage1=known)
    ranks = ranks_html(trace, "cross_stitch.stage1")
    assert '<th scope="row">into depth task</th><td>2.0</td><td>1.8</td><td>1.0</td>' in ranks
    assert "out of 4, the channels of a task" in ranks
    taken = channels_html(trace, "cross_stitch.stage1", "depth")
    assert "<td>0</td><td>0.900</td><td>normals 2</td><td>0.400</td>" in taken
    assert "<td>semseg 1</td><td>−0.200</td>" in taken
    assert "+0 more" in taken
