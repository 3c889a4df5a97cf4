"""Parts read as a sum, with gates or without: shares, energies, outside maps and constants from their definitions."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import (
    Add,
    Wrap,
    adapted,
    assert_defined,
    inputs_of,
    mixings,
    picture,
    seeded,
    visible,
)
from vizlab import FusionSite, Gated, Sum, argument, output_of, stored


class Biased(nn.Module):
    """a + b + bias, in place in what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        a += b
        a += self.bias[:, None, None]
        return a


class Laterals(nn.Module):
    """left(a) + right(b), the sum written into what `left` returned."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        y = self.left(a)
        y += self.right(b)
        return y


class Inline(nn.Module):
    """The sum stands in the network's own forward, and an in-place ReLU takes it."""

    def __init__(self) -> None:
        super().__init__()
        self.fuse = Laterals()
        self.relu, self.head = nn.ReLU(inplace=True), nn.Conv2d(3, 5, 1)

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        return self.head(self.relu(self.fuse.left(rgb) + self.fuse.right(depth)))


class Three(nn.Module):
    """a + b + third(a, b), the third from a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.third = Product()

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b + self.third(a, b)


class Product(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a * b - 1


class Gate(nn.Module):
    """(1 - g) a + g b with a gate of `channels` from both, which changes b in place after use."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Conv2d(6, channels, 1), nn.Sigmoid())

    def forward(self, a: Tensor, *, b: Tensor) -> Tensor:
        gate = self.gate(torch.cat([a, b], 1))
        return (1 - gate) * a + b.mul_(gate)


class ByName(Wrap):
    """Calls its fusion with keywords."""

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        return self.head(self.relu(self.fuse(rgb, b=depth.clone())))


SUM = Sum({"rgb": 0, "depth": 1})
LATERAL = Sum({"rgb": "fuse.left", "depth": "fuse.right"})


def parts_of(name: str, module: nn.Module, rgb: Tensor, depth: Tensor) -> dict[str, Tensor]:
    """The closed form of each toy's contributions."""
    if name in ("lateral", "inline"):
        fuse = module.fuse
        return {"rgb": fuse.left(rgb), "depth": fuse.right(depth)}  # type: ignore[union-attr,operator]
    third = {"both": rgb * depth - 1} if name == "three" else {}
    return {"rgb": rgb, "depth": depth, **third}


CASES: dict[str, tuple[Callable[[], nn.Module], FusionSite]] = {
    "plain": (lambda: Wrap(Add()), FusionSite("fuse", {"rgb": SUM})),
    "into depth": (lambda: Wrap(Add()), FusionSite("fuse", {"depth": SUM}, name="other")),
    "biased": (
        lambda: Wrap(Biased()),
        FusionSite("fuse", {"rgb": Sum({"rgb": 0, "depth": 1}, constant=stored("fuse.bias"))}),
    ),
    "lateral": (lambda: Wrap(Laterals()), FusionSite("fuse", {"rgb": LATERAL})),
    "inline": (Inline, FusionSite("relu", {"rgb": LATERAL}, at="input")),
    "three": (
        lambda: Wrap(Three()),
        FusionSite("fuse", {"rgb": Sum({"rgb": 0, "depth": 1, "both": "fuse.third"})}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_shares_energies_and_outside_maps_are_those_of_the_parts(name: str) -> None:
    """Over the picture alone: 12 of 112 columns are padding, where the parts differ from the rest."""
    make, site = CASES[name]
    module = seeded(make())
    model, rgbd = adapted(module, [site]), picture()
    inputs = inputs_of(model, rgbd)
    parts = {s: visible(part) for s, part in parts_of(name, module, **inputs).items()}
    trace = vizlab.trace(model, rgbd)
    assert trace.framing.padded == (96, 112)
    assert_defined(trace, site.title, next(iter(site.targets)), parts)


def test_a_constant_is_shown_as_one_and_belongs_to_no_stream() -> None:
    module = seeded(Wrap(Biased()))
    model = adapted(module, [CASES["biased"][1]])
    mixing = mixings(model, inputs_of(model, picture()))["fuse", "rgb"]
    assert mixing.constant is not None
    assert torch.equal(mixing.constant, module.fuse.bias)  # type: ignore[union-attr]
    total = sum(part.value for part in mixing.parts) + mixing.constant[:, None, None]
    assert torch.allclose(total, mixing.output, atol=1e-6)


def test_a_stream_that_does_not_vary_has_no_share() -> None:
    trace = vizlab.trace(adapted(seeded(Wrap(Add())), [CASES["plain"][1]]), picture(depth=2.0))
    site = trace.sites["fuse"]
    assert site.share is not None
    assert site.outside is not None
    assert site.energy is not None
    np.testing.assert_allclose(site.share, [[1, 0]], atol=1e-6)
    np.testing.assert_allclose(site.outside, 0, atol=1e-6)
    np.testing.assert_allclose(site.energy[0, 1], 4.0, rtol=1e-6)


def test_where_nothing_varies_no_share_is_defined() -> None:
    dull = picture(depth=2.0)
    dull = vizlab.RGBDImage(np.zeros_like(dull.colour), dull.depth)
    site = vizlab.trace(adapted(seeded(Wrap(Add())), [CASES["plain"][1]]), dull).sites["fuse"]
    assert np.isnan(site.share).all()  # type: ignore[arg-type]
    assert np.isnan(site.cross_share).all()


def test_a_target_that_sends_nothing_takes_all_from_others() -> None:
    module = seeded(Wrap(Add()))
    model, rgbd = adapted(module, [FusionSite("fuse", {"fused": SUM})]), picture()
    parts = {s: visible(x) for s, x in inputs_of(model, rgbd).items()}
    trace = vizlab.trace(model, rgbd)
    assert trace.sites["fuse"].site.sources == ("rgb", "depth", "fused")
    assert_defined(trace, "fuse", "fused", parts)
    np.testing.assert_allclose(trace.sites["fuse"].cross_share, 1, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_gate_weights_its_source_and_its_mean_map_is_kept(channels: int) -> None:
    """Both streams are gated; the gate of the target's own stream is none between streams, and is not kept."""
    module = seeded(ByName(Gate(channels)))
    gates = {"rgb": output_of("fuse.gate").then(lambda g: 1 - g), "depth": "fuse.gate"}
    reading = Gated({"rgb": 0, "depth": argument("b")}, gates=gates)
    model, rgbd = adapted(module, [FusionSite("fuse", {"rgb": reading})]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    gate = module.fuse.gate(torch.cat([rgb, depth], 1))  # type: ignore[union-attr,operator]
    trace = vizlab.trace(model, rgbd)
    assert_defined(trace, "fuse", "rgb", {"rgb": visible((1 - gate) * rgb), "depth": visible(gate * depth)})
    kept = trace.sites["fuse"].gates
    assert kept is not None
    assert np.isnan(kept[0, 0]).all()
    np.testing.assert_allclose(kept[0, 1], visible(gate).mean(0), rtol=1e-5)


def test_gates_may_be_stored_numbers_as_in_a_cross_stitch_unit() -> None:
    """y[t] = sum_s alpha[t, s] x[s] for two targets in a tuple: one alpha for each channel, one alpha for all."""

    class Stitch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.alpha, self.beta = nn.Parameter(torch.zeros(3)), nn.Parameter(torch.zeros(()))

        def forward(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
            return a + self.alpha[:, None, None] * b, b + self.beta * a

    class Last(Wrap):
        def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
            a, b = self.fuse(rgb, depth)
            return self.head(a) + self.head(b)

    module = seeded(Last(Stitch()))
    into_rgb = Gated({"rgb": 0, "depth": 1}, gates={"depth": stored("fuse.alpha")})
    into_depth = Gated({"rgb": 0, "depth": 1}, gates={"rgb": stored("fuse.beta")})
    model, rgbd = adapted(module, [FusionSite("fuse", {"rgb": into_rgb, "depth": into_depth})]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    alpha, beta = module.fuse.alpha[:, None, None], module.fuse.beta  # type: ignore[union-attr,index]
    trace = vizlab.trace(model, rgbd)
    assert_defined(trace, "fuse", "rgb", {"rgb": visible(rgb), "depth": visible(alpha * depth)})
    assert_defined(trace, "fuse", "depth", {"rgb": visible(beta * rgb), "depth": visible(depth)})


@pytest.mark.parametrize("side", [1, 7])
def test_a_gate_for_each_place_or_channel_is_spread_over_the_rest(side: int) -> None:
    """Squeeze-and-excitation's (B, C, 1, 1) and (B, C), a spatial gate's (B, 1, H, W)."""

    class Excite(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            gate = b.mean((2, 3), keepdim=True).sigmoid() if side == 1 else b.mean(1, keepdim=True).sigmoid()
            return a + gate * b

    flat = argument(1).then(lambda b: b.mean((2, 3)).sigmoid())
    spatial = argument(1).then(lambda b: b.mean(1, keepdim=True).sigmoid())
    reading = Gated({"rgb": 0, "depth": 1}, gates={"depth": flat if side == 1 else spatial})
    model, rgbd = adapted(seeded(Wrap(Excite())), [FusionSite("fuse", {"rgb": reading})]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    gated = Excite()(torch.zeros_like(rgb), depth)
    assert_defined(vizlab.trace(model, rgbd), "fuse", "rgb", {"rgb": visible(rgb), "depth": visible(gated)})
