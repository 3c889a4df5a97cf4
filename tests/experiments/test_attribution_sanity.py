"""The sanity check, and insertion and deletion curves."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.conftest import make_model
from tests.experiments.attribution_networks import SIZE, Linear, changed, model_of, noise
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.attribution import Baselines, Target, attribute, box, curves, sanity_check
from vizlab.experiments.attribution.problem import pose
from vizlab.experiments.attribution.sanity import FUSION, SanityCheck, Shuffled, layers_from_output, shuffle, shuffles
from vizlab.rgbd import RGBDImage

REGION = box(SIZE, (2, 1), (5, 3))


def test_shuffling_keeps_the_values() -> None:
    layer = nn.Conv2d(3, 4, 3)
    before = {name: p.detach().clone() for name, p in layer.named_parameters()}
    shuffle([layer], torch.Generator().manual_seed(0))
    for name, parameter in layer.named_parameters():
        assert not torch.equal(parameter, before[name])
        assert torch.equal(parameter.detach().flatten().sort().values, before[name].flatten().sort().values)


def test_weights_of_one_name_and_shape_are_shuffled_among_one_another() -> None:
    """A unit of four factors, each the same in all channels: only the pool of all four can be told apart."""
    unit = nn.ModuleList(nn.PReLU(8, init=value) for value in (0.9, 0.1, 0.1, 0.9))
    shuffle([unit], torch.Generator().manual_seed(0), recurse=True)
    assert all(0 < (part.weight == 0.9).float().mean() < 1 for part in unit)
    assert sum(int((part.weight == 0.9).sum()) for part in unit) == 16


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "mti-net"])
def test_the_cascade_starts_at_the_output(family: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    problem = pose(model, small_rgbd, Target("semseg", box((90, 120), (30, 40), (60, 70))), Baselines())
    order = layers_from_output(problem)
    own = {name for name, module in model.network.named_modules() if name and list(module.parameters(recurse=False))}
    assert set(order) <= own
    assert len(order) == len(set(order)) >= 0.95 * len(own)  # a coarsest scale may propagate to no one
    first = next(name for name, module in model.network.named_modules() if isinstance(module, nn.Conv2d))
    assert order[-1] == first
    state = dict(problem.network.state_dict())
    for what, count, network in shuffles(problem, 0):
        moved = {name.rpartition(".")[0] for name, x in network.state_dict().items() if not torch.equal(x, state[name])}
        if what == FUSION:
            assert moved
            assert all(any(m.startswith(s) for s in sites(model)) for m in moved)
        else:
            assert moved <= set(order[:count])
    assert all(torch.equal(x, state[name]) for name, x in problem.network.state_dict().items())


def sites(model: object) -> list[str]:
    from vizlab.core.site import FusionModule

    modules = model.network.named_modules()  # type: ignore[attr-defined]
    return [name for name, module in modules if isinstance(module, FusionModule) and hasattr(module, "site")]


def test_the_check_of_a_network(small_rgbd: RGBDImage) -> None:
    model, target = make_model("cen"), Target("semseg", box((90, 120), (30, 40), (60, 70)), 5)
    given = {"steps": 4, "working_size": (48, 64)}
    found = sanity_check(model, small_rgbd, target, **given)  # type: ignore[arg-type]
    assert [one.what for one in found.shuffled][-2:] == ["all layers", FUSION]
    plain = attribute(model, small_rgbd, target, **given)  # type: ignore[arg-type]
    for name, values in plain.maps.items():
        np.testing.assert_allclose(found.maps[name], values, rtol=1e-4, atol=1e-7)
    known = sanity_check(model, small_rgbd, target, known=plain, **given)  # type: ignore[arg-type]
    for one, other in zip(known.shuffled, found.shuffled, strict=True):
        assert one.correlation == pytest.approx(other.correlation, abs=1e-3)
        assert all(-1 <= c <= 1 for c in one.correlation.values())
        assert one.value != plain.value


def test_a_map_that_no_weight_decides_is_found_out() -> None:
    """With all weights equal, shuffling changes nothing: the correlation is 1, and the words say so."""
    network = Linear()
    with torch.no_grad():
        network.heads.fill_(0.5)
        network.fuse.mix.fill_(0.3)
    found = sanity_check(model_of(network), noise(), Target("depth", REGION), steps=2)
    assert all(c == pytest.approx(1) for one in found.shuffled for c in one.correlation.values())
    assert "the map of rgb and depth stays alike" in found.words


def test_its_words_hold_for_its_numbers() -> None:
    zero = {"rgb": np.zeros((1, 1), np.float32), "depth": np.zeros((1, 1), np.float32)}
    every = Shuffled("all layers", 3, zero, {"rgb": 0.1, "depth": 0.6}, 0.0)
    fusion = Shuffled(FUSION, 1, zero, {"rgb": 0.2, "depth": -0.3}, 0.0)
    found = SanityCheck("m", zero, (every, fusion), 0)
    assert "the map of depth stays alike" in found.words
    assert found.words.endswith("With only the fusion weights shuffled none stays alike.")
    none = SanityCheck("m", zero, (replace(every, correlation={"rgb": 0.1, "depth": float("nan")}),), 0)
    assert none.words.startswith("With all weights shuffled no map stays alike")
    assert "fusion" not in none.words


def test_curves_of_a_linear_network_are_sums_in_order() -> None:
    """Deleting the pixels of highest attribution first takes them off the value one after the other."""
    network, rgbd = Linear(), noise()
    found = curves(model_of(network), rgbd, Target("depth", REGION), steps=2, points=49)
    mean = REGION / REGION.sum()
    for source, (name, moved) in enumerate(changed(rgbd).items()):
        worth = np.sort((mean * (moved @ network.slope(source))).ravel())[::-1]
        curve = found.by_modality[name]
        value = found.attribution.value
        gone = np.concatenate([[0], np.cumsum(worth)])
        np.testing.assert_allclose(curve.deletion, value - gone, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(curve.insertion, value - worth.sum() + gone, rtol=1e-4, atol=1e-5)
        assert curve.areas["deletion"] == pytest.approx(np.trapezoid(value - gone, dx=1 / 48), rel=1e-4)
        assert (
            curve.areas["deletion"]
            < curve.areas["random_deletion"]
            < curve.areas["random_insertion"] + abs(worth).sum()
        )
        assert curve.areas["insertion"] > curve.areas["random_insertion"]
        for ends in (curve.random_deletion, curve.random_insertion):
            assert sorted(np.round(ends[[0, -1]], 4)) == sorted(np.round([value, value - worth.sum()], 4))


def test_curves_are_refused_and_stopped_like_the_others() -> None:
    with pytest.raises(InputError, match="Grad-CAM gives no map of a modality's pixels"):
        curves(model_of(Linear()), noise(), Target("depth", REGION), "grad-cam")

    def stop(done: float, what: str) -> None:
        if what == "insertion and deletion" and done > 0.5:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        curves(model_of(Linear()), noise(), Target("depth", REGION), step=stop)


def test_a_modality_that_stays_has_no_curve() -> None:
    found = curves(
        model_of(Linear()), noise(), Target("depth", REGION), baselines=Baselines(depth="unchanged"), steps=2
    )
    assert set(found.by_modality) == {"rgb"}
    assert found.attribution.totals["depth"] == 0
