"""What an effect says against NumPy on the network's own outputs, and against the metrics of its two traces."""

import numpy as np
import pytest
import torch
from scipy.special import log_softmax

import vizlab
from tests.conftest import make_model
from tests.experiments.linear_fusion import P, inputs_of, linear_model, linear_picture, rms, weighted
from vizlab.core.changes import Change, intervention_of
from vizlab.core.site import intervening
from vizlab.experiments.interventions.effect import Bench
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="module")
def wide(small_rgbd: RGBDImage) -> RGBDImage:
    """A picture that lies in the input with a margin."""
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    return RGBDImage(small_rgbd.colour[:62].copy(), small_rgbd.depth[:62].copy())


@pytest.fixture(scope="module")
def tasks(wide: RGBDImage) -> vizlab.Model:
    """Streams for semseg, depth and normals; distances are above 0, and no class wins everywhere."""
    model = make_model("nddr-cnn")
    plain = model.forward(model.preprocess(wide))
    for task, shift in (("semseg", -plain["semseg"].mean((0, 2, 3))), ("depth", torch.tensor(3.0))):
        last = [m for m in model.network.heads[task].modules() if isinstance(m, torch.nn.Conv2d)][-1]  # type: ignore[index,union-attr]
        assert last.bias is not None
        with torch.no_grad():
            last.bias += shift
    return model


def outputs(model: vizlab.Model, rgbd: RGBDImage, changes: list[Change]) -> dict[str, np.ndarray]:
    """By name, (C, h, w) float64, without the cells that show padding."""
    framing = model.frame(rgbd.size)
    with intervening(intervention_of(model, changes, framing)):
        found = model.forward(model.preprocess(rgbd, framing))
    cropped = {}
    for name, y in found.items():
        height, width = framing.visible((y.shape[2], y.shape[3]))
        assert (height, width) != tuple(y.shape[2:])
        cropped[name] = y[0, :, :height, :width].double().numpy()
    return cropped


def changes_of(model: vizlab.Model) -> list[Change]:
    site = model.sites[0]
    return [vizlab.cut(site.name, target) for target in site.targets]


def test_figures_are_those_of_the_raw_outputs(tasks: vizlab.Model, wide: RGBDImage) -> None:
    changes = changes_of(tasks)
    before, after = (outputs(tasks, wide, listed) for listed in ([], changes))
    effect = vizlab.intervene(tasks, wide, changes)

    p, q = (log_softmax(found["semseg"], 0) for found in (before, after))
    kl = (np.exp(p) * (p - q)).sum(0)
    was, now = p.argmax(0), q.argmax(0)
    semseg = effect.outputs["semseg"]
    np.testing.assert_allclose(semseg.map, kl, rtol=1e-2, atol=1e-5)
    assert effect.kl == pytest.approx(kl.mean(), rel=1e-3)
    assert effect.flipped == pytest.approx((was != now).mean())
    assert effect.flipped > 0
    pairs = {(int(a), int(b)): 0 for a, b in zip(was[was != now], now[was != now], strict=True)}
    for a, b in zip(was[was != now], now[was != now], strict=True):
        pairs[int(a), int(b)] += 1
    assert {(a, b): n for a, b, n in semseg.flips} == pairs
    assert [n for *_, n in semseg.flips] == sorted(pairs.values(), reverse=True)

    metres = np.maximum(before["depth"], 0) - np.maximum(after["depth"], 0)
    assert effect.rms == pytest.approx(rms(metres), rel=1e-3)
    assert effect.rms > 1e-4
    u, v = (found["normals"] / np.linalg.norm(found["normals"], axis=0) for found in (before, after))
    angle = np.degrees(np.arccos(np.clip((u * v).sum(0), -1, 1)))
    assert effect.angle == pytest.approx(angle.mean(), rel=1e-2)
    assert effect.angle > 0.01
    assert effect.outputs["normals"].map.shape == angle.shape


def test_metrics_are_those_of_both_traces(tasks: vizlab.Model, wide: RGBDImage) -> None:
    label = np.random.default_rng(3).integers(0, 40, wide.size).astype(np.uint8)
    truth = Reference(label=label).completed(wide)
    effect = vizlab.intervene(tasks, wide, changes_of(tasks), truth=truth)
    plain = vizlab.trace(tasks, wide)
    changed = vizlab.trace(tasks, wide, intervention=changes_of(tasks))
    for task, reference in truth.maps().items():
        was, now = (scores(trace.predictions[task], reference) for trace in (plain, changed))
        assert effect.outputs[task].metrics == {name: (was[name], now[name]) for name in was}
        assert was != now
    assert set(effect.outputs["semseg"].metrics) == {"accuracy", "miou"}
    assert not vizlab.intervene(tasks, wide, changes_of(tasks)).outputs["semseg"].metrics


def test_an_edge_of_a_linear_network_in_closed_form() -> None:
    model, rgbd = linear_model(), linear_picture()
    _, b = inputs_of(model, rgbd)
    effect = vizlab.intervene(model, rgbd, [vizlab.cut("first", target="rgb", source="depth")])
    assert effect.rms == pytest.approx(rms(weighted(P * b)), rel=1e-4)
    np.testing.assert_allclose(effect.outputs["depth"].map, np.abs(weighted(P * b)), atol=1e-4)
    assert np.isnan([effect.kl, effect.flipped, effect.angle]).all()
    assert effect.to_dict()["kl"] is None
    assert np.isnan(effect.outputs["depth"].share_flipped)


def test_streams_and_their_ensemble_each_have_an_effect(small_rgbd: RGBDImage) -> None:
    model = make_model("cen-multimodal-multitask")
    site = model.sites[3].name
    effect = vizlab.intervene(model, small_rgbd, [vizlab.cut(site)])
    assert set(effect.outputs) == set(outputs_named(model))
    assert set(effect.answers) == {"semseg", "normals"}
    assert effect.kl == effect.outputs["semseg/ensemble"].size
    assert effect.angle == effect.outputs["normals/ensemble"].size


def outputs_named(model: vizlab.Model) -> list[str]:
    return [f"{task.name}/{stream}" for task in model.tasks for stream in (*model.inputs, "ensemble")]


def test_a_bench_at_other_settings_holds_against_these(small_rgbd: RGBDImage) -> None:
    """Before is the network at these settings, and a change is made on top of them."""
    model = make_model("cen")
    site = model.sites[2].name
    bench = Bench(model, small_rgbd, settings={"threshold": 0.6})
    effect = bench.intervene([vizlab.cut(site)])
    before = vizlab.trace(model, small_rgbd, threshold=0.6)
    after = vizlab.trace(model, small_rgbd, threshold=0.6, intervention=[vizlab.cut(site)])
    for found, expected in ((effect.before, before), (effect.after, after)):
        for name, prediction in expected.predictions.items():
            np.testing.assert_array_equal(found.predictions[name].confidence, prediction.confidence)  # type: ignore[union-attr]
    assert effect.kl > 0
