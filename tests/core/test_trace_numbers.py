"""The numbers of a trace against their definitions: of every model, site and target, from what the sites show."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch

import vizlab
from tests.conftest import make_model
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import FusionModule, Mixing, observing
from vizlab.rgbd import RGBDImage


def full(part_value: torch.Tensor, channels: torch.Tensor | None, like: torch.Tensor) -> torch.Tensor:
    if channels is None:
        return part_value
    return torch.zeros_like(like).index_copy(1, channels, part_value)


def test_contributions_sum_to_the_output_less_its_constant(model: Model, small_rgbd: RGBDImage) -> None:
    """Against what the module computes unwatched, not against what it reports."""
    unwatched: dict[str, list[torch.Tensor]] = {}
    watched: dict[tuple[str, int], torch.Tensor] = {}

    def keep(module: FusionModule) -> Callable[..., None]:
        def hook(_: object, __: object, output: object) -> None:
            unwatched[module.site.name] = per_target(module, output)

        return hook

    def observe(module: FusionModule, mixing: Mixing) -> None:
        parts = [(p.source, full(p.value, p.channels, mixing.output)) for p in mixing.parts]
        total = sum((value for _, value in parts), start=torch.zeros_like(mixing.output))
        if mixing.own_is_rest:
            named = mixing.parts[0].channels
            assert named is not None
            total = total + mixing.output.index_fill(1, named, 0)
        if mixing.constant is not None:
            total = total + mixing.constant[:, None, None]
        watched[module.site.name, mixing.target] = total.clone()

    modules = [m for m in model.network.modules() if isinstance(m, FusionModule) and hasattr(m, "site")]
    handles = [m.register_forward_hook(keep(m)) for m in modules]
    inputs = model.preprocess(small_rgbd)
    try:
        model.forward(inputs)
    finally:
        for handle in handles:
            handle.remove()
    with observing(observe):
        model.forward(inputs)

    additive = [s for s in model.sites if s.additive]
    assert {name for name, _ in watched} == {s.name for s in additive}
    for site in additive:
        for target in range(len(site.targets)):
            expected, total = unwatched[site.name][target], watched[site.name, target]
            if site.kind == "nddr":  # the layer ends in its ReLU; the sum stands before it
                total = total.relu()
            assert torch.allclose(total, expected, atol=1e-4 * max(1.0, float(expected.std()))), (site.name, target)


def per_target(module: FusionModule, output: object) -> list[torch.Tensor]:
    if isinstance(output, dict):
        return [output[t].clone() for t in module.site.targets]
    if isinstance(output, list):
        return [y.clone() for y in output]
    assert isinstance(output, torch.Tensor)
    return [y.clone() for y in output.chunk(len(module.site.targets))]


def rows_by_definition(mixing: Mixing, sources: int, framing: Framing) -> dict[str, np.ndarray]:
    """Share, energy, outside map and what was received of each source, the long way, in float64 over all channels."""
    height, width = (
        math.floor(side * c / p + 0.5)
        for side, c, p in zip(mixing.output.shape[-2:], framing.content, framing.padded, strict=True)
    )
    added = torch.zeros(sources, *mixing.output.shape[1:], dtype=torch.float64)
    for part in mixing.parts:
        added[part.source] += full(part.value, part.channels, mixing.output)[0].double()
    if mixing.own_is_rest:
        named = mixing.parts[0].channels
        assert named is not None
        added[mixing.own] = mixing.output[0].double().index_fill(0, named, 0)
    added = added[..., :height, :width].flatten(2)  # source, channel, pixel
    rest, y = added - added.mean(2, keepdim=True), added.sum(0)
    others = [s for s in range(sources) if s != mixing.own]
    deviation, came = y - y.mean(1, keepdim=True), rest[others].sum(0).square().mean(0)
    return {
        "share": ((rest * deviation).mean(2).sum(1) / deviation.square().mean(1).sum()).numpy(),
        "energy": added.square().mean((1, 2)).numpy(),
        "outside": (came / deviation.square().mean()).sqrt().view(height, width).numpy(),
        "received": (added.square().mean(1) / y.square().mean()).sqrt().view(sources, height, width).numpy(),
    }


def test_every_number_is_under_its_site_and_target(model: Model, small_rgbd: RGBDImage) -> None:
    """At another size than the padded one: the last row of the coarsest cells is half padding."""
    framing = model.frame(small_rgbd.size, (80, 107))
    assert framing.content != framing.padded
    expected: dict[tuple[str, int], dict[str, np.ndarray]] = {}

    def observe(module: FusionModule, mixing: Mixing) -> None:
        rows = rows_by_definition(mixing, len(module.site.sources), framing)
        expected[module.site.name, mixing.target] = rows

    with observing(observe):
        model.forward(model.preprocess(small_rgbd, framing))
    traced = vizlab.trace(model, small_rgbd, working_size=(80, 107))
    assert traced.framing == framing
    assert len(expected) == sum(len(s.targets) for s in model.sites if s.additive)
    for (name, target), rows in expected.items():
        site = traced.sites[name]
        for key, row in rows.items():
            found = getattr(site, key)[target]
            atol = 2e-3 if key == "received" else 1e-4
            np.testing.assert_allclose(found, row, atol=atol * max(1, float(row.max())), err_msg=f"{name} {key}")
        assert site.share[target].sum() == pytest.approx(1, abs=1e-4)  # type: ignore[index]
        own = site.site.sources.index(site.site.targets[target])
        assert site.cross_share[target] == pytest.approx(1 - rows["share"][own], abs=1e-4)


def test_a_site_knows_its_whole_grid(model: Model, small_rgbd: RGBDImage) -> None:
    traced = vizlab.trace(model, small_rgbd, working_size=(80, 107))
    for site in traced.sites.values():
        if not site.site.additive:
            assert site.grid is None
            continue
        assert site.grid is not None
        assert site.outside is not None
        assert site.outside.shape[1:] == traced.framing.visible(site.grid)
        strides = [p / n for p, n in zip(traced.framing.padded, site.grid, strict=True)]
        assert strides[0] == strides[1] in (2, 4, 8, 16, 32)


@pytest.mark.parametrize("family", ["cen", "cen-multitask"])
def test_the_share_after_the_activation_of_an_exchange(family: str, small_rgbd: RGBDImage) -> None:
    """From what a hook sees behind the ReLU6, split by the channels that were exchanged."""
    model = make_model(family)
    after: dict[str, torch.Tensor] = {}
    handles = []
    for path, module in model.network.named_modules():
        if isinstance(module, torch.nn.Sequential) and any(hasattr(m, "site") for m in module.children()):
            (site,) = [m.site.name for m in module.children() if hasattr(m, "site")]
            hook = partial(lambda name, _, __, y: after.update({name: y.clone()}), site)
            handles.append(module.register_forward_hook(hook))
            assert type(list(module.children())[-1]).__name__ == "ReLU6", path
    traced = vizlab.trace(model, small_rgbd)
    for handle in handles:
        handle.remove()
    assert set(after) == set(traced.sites)
    for name, site in traced.sites.items():
        height, width = site.outside.shape[1:]  # type: ignore[union-attr]
        for target, y in enumerate(after[name].chunk(len(site.site.targets))):
            variance = y[0, :, :height, :width].double().flatten(1).var(1, correction=0).numpy()
            exchanged = variance[site.weights["exchanged"][target]].sum()
            assert site.share_after[target] == pytest.approx(exchanged / variance.sum(), rel=1e-4)  # type: ignore[index]


@pytest.mark.parametrize("family", ["nddr-cnn", "mti-net"])
def test_there_is_no_share_after_what_streams_add_up(family: str, small_rgbd: RGBDImage) -> None:
    assert all(s.share_after is None for s in vizlab.trace(make_model(family), small_rgbd).sites.values())


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "mti-net"])
def test_how_much_of_what_came_is_its_mean(family: str, small_rgbd: RGBDImage) -> None:
    """outside_mean is the mean's energy over the mean's and the rest's, of what other streams sent, by hand."""
    network = make_model(family)
    framing, expected = network.frame(small_rgbd.size), {}

    def observe(module: FusionModule, mixing: Mixing) -> None:
        height, width = framing.visible((mixing.output.shape[-2], mixing.output.shape[-1]))
        parts = [full(p.value, p.channels, mixing.output) for p in mixing.parts if p.source != mixing.own]
        came = sum(parts, start=torch.zeros_like(mixing.output))[0, :, :height, :width].double().flatten(1)
        mean = came.mean(1).square().sum()
        rest = came.var(1, unbiased=False).sum()
        expected[module.site.name, mixing.target] = float(mean / (mean + rest))

    with observing(observe):
        network.forward(network.preprocess(small_rgbd))
    traced = vizlab.trace(network, small_rgbd)
    for (name, target), value in expected.items():
        found = traced.sites[name].outside_mean
        assert found is not None
        assert found.dtype == np.float32
        assert found[target] == pytest.approx(value, abs=1e-4), name
