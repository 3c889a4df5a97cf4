"""Shares, gates and messages of distillation units: in order, by their own task, as the formulas say."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.conftest import make_model
from tests.methods.mti_net.units import SOURCES, TARGETS, unit, with_units
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import TraceError
from vizlab.measures.distillation import correlation, distillation_sites, messages, statement, unit_shares
from vizlab.methods.parts.distillation import DistillationUnit
from vizlab.rgbd import RGBDImage


def test_scales_come_finest_first(mti_trace: FusionTrace) -> None:
    """Though a forward meets the coarsest first."""
    assert [s.stage for s in unit_shares(mti_trace)] == ["scale 0", "scale 1", "scale 2", "scale 3"]
    coarse_first = with_units(mti_trace, unit(1), unit(0))
    assert [s.site.stage for s in distillation_sites(coarse_first)] == ["scale 0", "scale 1"]
    assert [m.stage for m in messages(coarse_first)] == ["scale 0"] * 4 + ["scale 1"] * 4


def test_shares_and_mean_gates_stand_with_their_own_tasks(mti_trace: FusionTrace) -> None:
    """Against loops; every gate has a mean of its own, so no two can change places."""
    units = [unit(0), unit(1)]
    for found, one in zip(unit_shares(with_units(mti_trace, *units)), units, strict=True):
        assert (found.site, found.targets, found.sources) == (one.site.name, TARGETS, SOURCES)
        assert one.gates is not None
        np.testing.assert_array_equal(found.share, one.share)
        for t, target in enumerate(TARGETS):
            for s, source in enumerate(SOURCES):
                values = [float(v) for row in one.gates[t, s] for v in row]
                expected = math.nan if source == target else sum(values) / len(values)
                assert found.gate[t, s] == pytest.approx(expected, nan_ok=True, rel=1e-5)


def test_there_is_a_message_from_every_other_task(mti_trace: FusionTrace) -> None:
    """By target, then by source, with the maps and the share of that pair."""
    one = unit(0)
    assert one.gates is not None
    assert one.received is not None
    assert one.share is not None
    found = messages(with_units(mti_trace, one))
    pairs = [("semseg", "depth"), ("semseg", "edge"), ("depth", "semseg"), ("depth", "edge")]
    assert [(m.target, m.source) for m in found] == pairs
    for message in found:
        t, s = TARGETS.index(message.target), SOURCES.index(message.source)
        assert message.strength is not None
        np.testing.assert_array_equal(message.gate, one.gates[t, s])
        np.testing.assert_array_equal(message.strength, one.received[t, s])
        assert message.strength.dtype == np.float32  # float16 would overflow in sums over pixels
        assert message.share == one.share[t, s]
        assert message.mean_gate == pytest.approx(one.gates[t, s].mean(), rel=1e-5)
        expected = np.corrcoef(one.received[t, s].ravel(), one.gates[t, s].ravel())[0, 1]
        assert message.correlation == pytest.approx(expected, abs=1e-4)


def test_correlation_against_closed_forms() -> None:
    rising = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert correlation(rising, 5 + 2 * rising) == pytest.approx(1)
    assert correlation(rising, 3 - rising) == pytest.approx(-1)
    assert correlation(np.array([[0, 1], [0, 1.0]]), np.array([[0, 0], [1, 1.0]])) == pytest.approx(0)
    assert correlation(np.array([1.0, 2, 3]), np.array([1.0, 3, 2])) == pytest.approx(0.5)
    assert math.isnan(correlation(rising, np.ones_like(rising)))
    large = 1e4 + rising
    assert correlation(large, rising) == pytest.approx(1)


def test_older_and_cut_traces(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    """Without strengths there are gates; with the tasks cut apart there is no message."""
    old = with_units(mti_trace, replace(unit(0), received=None, share=None))
    for message in messages(old):
        assert message.strength is None
        assert math.isnan(message.correlation)
        assert math.isnan(message.share)
        assert 0 < message.mean_gate < 1
    cut = trace(make_model("mti-net"), small_rgbd, cross=False)
    assert messages(cut) == ()
    for found in unit_shares(cut):
        np.testing.assert_allclose(found.share, np.eye(3), atol=1e-6)
        assert np.isnan(found.gate).all()


def test_maps_of_a_traced_network_follow_the_formula(small_rgbd: RGBDImage) -> None:
    """conv(F_a) * sigmoid(conv'(F_a)) by the network's own weights, from the features that enter each unit."""
    model = make_model("mti-net")
    entered: dict[str, dict[str, Tensor]] = {}

    def keep(module: DistillationUnit, inputs: tuple[dict[str, Tensor]]) -> None:
        entered[module.site.name] = {task: y.clone() for task, y in inputs[0].items()}

    units = {m.site.name: m for m in model.network.modules() if isinstance(m, DistillationUnit)}
    handles = [m.register_forward_pre_hook(keep) for m in units.values()]
    try:
        found = messages(trace(model, small_rgbd))
    finally:
        for handle in handles:
            handle.remove()
    assert len(found) == 4 * 3 * 2
    for message in found:
        sent, gate, whole = by_hand(units[message.site], entered[message.site], message.target, message.source)
        strength = sent.square().mean(0).sqrt() / whole.square().mean().sqrt()
        np.testing.assert_allclose(message.gate, gate.mean(0), rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(message.strength, strength, rtol=2e-3, atol=1e-4)  # kept as float16


@torch.inference_mode()
def by_hand(
    unit_: DistillationUnit, features: dict[str, Tensor], target: str, source: str
) -> tuple[Tensor, Tensor, Tensor]:
    """The message, its gate, and all that the target has then; (C, h, w) each. The picture fills the input."""
    parts = {}
    for name in unit_.auxiliary:
        if name != target:
            weights = unit_.self_attention[target][name].state_dict()  # type: ignore[index]
            gate = torch.sigmoid(F.conv2d(features[name], weights["attention.0.weight"], padding=1))
            parts[name] = (F.conv2d(features[name], weights["conv.weight"], padding=1) * gate, gate)
    whole = features[target] + sum(sent for sent, _ in parts.values())
    sent, gate = parts[source]
    return sent[0], gate[0], whole[0]


def test_other_families_are_refused(cen_trace: FusionTrace) -> None:
    for question in (distillation_sites, unit_shares, messages):
        with pytest.raises(TraceError, match="no distillation unit; this view needs a trace of a network whose tasks"):
            question(cen_trace)


def test_rows_of_shares_sum_to_one(mti_trace: FusionTrace) -> None:
    for found in unit_shares(mti_trace):
        np.testing.assert_allclose(found.share.sum(1), 1, atol=1e-4)


def test_a_unit_without_numbers_has_unknown_ones(mti_trace: FusionTrace) -> None:
    (found,) = unit_shares(with_units(mti_trace, replace(unit(0), share=None, gates=None)))
    for values in (found.share, found.gate):
        assert values.shape == (len(TARGETS), len(SOURCES))
        assert values.dtype == np.float32
        assert np.isnan(values).all()


def test_correlation_sees_a_small_variation_on_a_large_mean() -> None:
    """In float32 the mean of 16,000 numbers about 1000 is off by more than they vary."""
    generator = np.random.default_rng(0)
    noise = generator.normal(0, 1e-3, (127, 129)).astype(np.float32)
    large = np.float32(1000) + noise
    expected = np.corrcoef(large.astype(np.float64).ravel(), noise.astype(np.float64).ravel())[0, 1]
    assert correlation(large, noise) == pytest.approx(expected, rel=1e-9)


def test_the_statement_names_the_largest_share(mti_trace: FusionTrace) -> None:
    """Among messages alone: what a task keeps of its own is none."""
    one, other = unit(0), unit(1)
    share = np.array([[0.2, 0.7, 0.1], [0.3, 0.6, 0.1]], np.float32)
    trace_ = with_units(mti_trace, replace(one, share=share), replace(other, share=share / 2))
    said = "The strongest message goes from depth to semseg at scale 0: 70.0 % of the variance of what semseg then has"
    assert statement(trace_) == f"{said} there."
    assert "No shares" in statement(with_units(mti_trace, replace(one, gates=None)))
