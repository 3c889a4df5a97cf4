"""What is below the threshold: nothing below 0, and not what equals it."""

import numpy as np
import pytest
import torch

import vizlab
from tests.conftest import make_model
from tests.methods.cen.gammas import site, with_sites
from vizlab.core.site import Intervention, Site, intervening
from vizlab.core.trace import FusionTrace
from vizlab.methods.cen.numbers import exchange_summary, threshold_curve
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.rgbd import RGBDImage

ABOVE = float(np.nextafter(np.float32(0.02), np.float32(1)))
BELOW = float(np.nextafter(np.float32(0.02), np.float32(0)))
GAMMA = [[0.0, -0.02, 0.02, BELOW], [-0.0, ABOVE, -BELOW, 1.0]]
EXCHANGED = {
    0.0: [[False] * 4, [False] * 4],
    BELOW: [[True, False, False, False], [True, False, False, False]],
    0.02: [[True, False, False, True], [True, False, True, False]],
    ABOVE: [[True, True, True, True], [True, False, True, False]],
}


def norm(threshold: float) -> StreamNorm:
    made = StreamNorm(4, ("rgb", "depth"), threshold)
    made.weight.data = torch.tensor(GAMMA)
    made.site = Site("a", "exchange", ("rgb", "depth"), ("rgb", "depth"), 4, "stage1")
    return made.eval()


@pytest.mark.parametrize("threshold", EXCHANGED)
def test_the_network_exchanges_what_is_strictly_below(threshold: float) -> None:
    assert norm(threshold).exchanged().tolist() == EXCHANGED[threshold]
    with intervening(Intervention(settings={"threshold": threshold})):
        assert norm(0.5).exchanged().tolist() == EXCHANGED[threshold]


@pytest.mark.parametrize("threshold", EXCHANGED)
def test_what_is_not_below_stays_as_it_is(threshold: float) -> None:
    x = torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(0))
    made = norm(threshold)
    made.bias.data = torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8]])
    kept = norm(0.0)
    kept.bias.data = made.bias.data
    mixed, own = made(x), kept(x)
    for target, row in enumerate(EXCHANGED[threshold]):
        for channel, exchanged in enumerate(row):
            source = 1 - target if exchanged else target
            assert torch.equal(mixed[target, channel], own[source, channel])


def test_the_curve_counts_alike(cen_trace: FusionTrace) -> None:
    trace = with_sites(cen_trace, site(np.array(GAMMA)))
    curve = threshold_curve(trace, np.array(list(EXCHANGED)))
    order = np.argsort(list(EXCHANGED))
    for place, index in enumerate(order):
        threshold = list(EXCHANGED)[index]
        rows = np.array(EXCHANGED[threshold])
        np.testing.assert_array_equal(curve.per_site[0, :, place], rows.mean(1))
        assert curve.dead[place] == rows.all(0).mean()
        summary = exchange_summary(with_sites(cen_trace, site(np.array(GAMMA), threshold), threshold=threshold))
        assert [r.exchanged for r in summary.sites] == rows.sum(1).tolist()


def test_gammas_of_exactly_zero_are_not_below_zero(cen_trace: FusionTrace, bundled: dict[str, np.ndarray]) -> None:
    """Training drove 1,746 of the bundled network's scales to 0 itself."""
    assert sum(int((g == 0).sum()) for g in bundled.values()) == 1746
    sites = [site(g, 0.0, name) for name, g in bundled.items()]
    trace = with_sites(cen_trace, *sites, threshold=0.0)
    assert exchange_summary(trace).exchanged == 0
    curve = threshold_curve(trace, np.array([0.0, 1e-30]))
    channels = sum(g.shape[1] for g in bundled.values())
    assert (curve.fraction[:, 0] == 0).all()
    assert round(float(curve.fraction[:, 1].sum() * channels)) == 1746


def test_at_zero_nothing_comes_from_outside(small_rgbd: RGBDImage) -> None:
    model = make_model("cen")
    for module in model.network.modules():
        if isinstance(module, StreamNorm) and module.threshold is not None:
            module.weight.data[module.weight.abs() < 0.02] = 0
    trace = vizlab.trace(model, small_rgbd, threshold=0.0)
    for found in trace.sites.values():
        assert not found.weights["exchanged"].any()
        assert not found.outside.any()  # type: ignore[union-attr]
        np.testing.assert_allclose(found.share_after, 0)
