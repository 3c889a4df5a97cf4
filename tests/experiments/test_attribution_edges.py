"""Conductance of edges: of a linear network known exactly, and adding up over cuts of the others."""

import numpy as np
import pytest

from tests.conftest import make_model
from tests.experiments.attribution_networks import SIZE, STREAMS, Linear, changed, model_of, noise
from tests.experiments.modality_networks import picture, two_inputs
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.attribution import Target, attribute, box, conductance
from vizlab.rgbd import RGBDImage

REGION = box(SIZE, (2, 1), (5, 3))


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_a_linear_network_sends_what_its_weights_say(batch: int) -> None:
    """Edge s -> t carries v[t] W[t, s] (x[s] - b[s]), mean over the region."""
    network, rgbd = Linear(), noise()
    found = conductance(model_of(network), rgbd, Target("depth", REGION), steps=5, batch=batch)
    moved = list(changed(rgbd).values())
    assert {(f.site, f.target, f.source) for f in found.flows} == {("fuse", t, s) for t in STREAMS for s in STREAMS}
    for flow in found.flows:
        source, target = STREAMS.index(str(flow.source)), STREAMS.index(flow.target)
        expected = REGION / REGION.sum() * (moved[source] @ network.slope(source, target))
        assert flow.value == pytest.approx(expected.sum(), rel=1e-3, abs=1e-5)
        np.testing.assert_allclose(flow.map, expected, rtol=1e-3, atol=1e-5)
        assert found.share(flow) == pytest.approx(flow.value / found.difference)
    assert sum(f.value for f in found.flows) == pytest.approx(found.difference, rel=1e-3)  # they cross a cut
    strongest = found.strongest(1)[0]
    assert strongest.cross
    assert abs(strongest.value) == max(abs(f.value) for f in found.flows if f.cross)


def test_it_adds_up_with_a_kink_in_between() -> None:
    network, rgbd = Linear(relu=True), noise()
    found = conductance(model_of(network), rgbd, Target("depth", REGION), steps=200)
    assert sum(f.value for f in found.flows) == pytest.approx(found.difference, abs=1e-3)
    by_modality = attribute(model_of(network), rgbd, Target("depth", REGION), steps=200).totals
    for source in STREAMS:  # what a stream sends is what its modality is worth, where nothing lies before
        sent = sum(f.value for f in found.flows if f.source == source)
        assert sent == pytest.approx(by_modality[source], abs=2e-3)


def test_distillation_at_all_scales_is_a_cut(small_rgbd: RGBDImage) -> None:
    """Heads take distilled features and nothing else: own and others' parts of all scales sum to the difference."""
    model = make_model("mti-net")
    target = Target("semseg", box((90, 120), (30, 40), (60, 70)), 5, "logit")
    found = conductance(model, small_rgbd, target, steps=64, working_size=(48, 64))
    through = sum(f.value for f in found.flows if f.site.startswith("distillation"))
    assert through == pytest.approx(found.difference, rel=0.02)
    others = [f.value for f in found.flows if f.site.startswith("distillation") and f.target != "semseg"]
    assert len(others) == 4 * 2 * 3
    assert not any(others)  # what other tasks receive never reaches this head


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "cen-multimodal-multitask"])
def test_every_edge_on_which_something_comes_is_there(family: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    target = Target("semseg", box((90, 120), (30, 40), (60, 70)), 5)
    found = conductance(model, small_rgbd, target, steps=2, working_size=(48, 64))
    sites = [f.site for f in found.flows]
    assert set(sites) == {s.name for s in model.sites}
    assert sites == sorted(sites, key=[s.name for s in model.sites].index)
    assert all(np.isfinite(f.value) for f in found.flows)
    assert any(f.value for f in found.flows)


def test_it_is_refused_and_stopped_like_the_others() -> None:
    model = two_inputs(lambda red, depth: {"depth": red + depth})
    with pytest.raises(InputError, match="No stream of toy sends another one anything"):
        conductance(model, picture(), Target("depth", REGION))

    def stop(done: float, what: str) -> None:
        if done > 0:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        conductance(model_of(Linear()), noise(), Target("depth", REGION), step=stop)
