"""Sites between transformers' tokens: (B, N, C) over a grid, with or without tokens that have no place."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import Wrap, adapted, assert_defined, inputs_of, picture, seeded, visible
from vizlab import FusionSite, Gated, Projected, Replaced, Sum, argument, stored
from vizlab.core.adapt.readings import Reading
from vizlab.core.site import Intervention, intervening

GRID = (96, 112)
"""One token a pixel of the padded input."""


class AsTokens(Wrap):
    """`fuse` gets (B, `skip` + H*W, 3), row by row, or (B, H, W, 3) where `flat` is off; what it gives becomes maps."""

    def __init__(self, fuse: nn.Module, skip: int = 0, flat: bool = True) -> None:
        super().__init__(fuse)
        self.skip, self.flat = skip, flat

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        tokens = self.fuse(self.tokens(rgb), self.tokens(depth))
        if self.flat:
            tokens = tokens[:, self.skip :].reshape(1, *rgb.shape[-2:], 3)
        return self.head(tokens.permute(0, 3, 1, 2))

    def tokens(self, x: Tensor) -> Tensor:
        grid = x.permute(0, 2, 3, 1)
        if not self.flat:
            return grid
        return torch.cat([x.new_full((1, self.skip, 3), 9.0), grid.flatten(1, 2)], 1)


class GatedTokens(nn.Module):
    """a + g b + bias, a gate for each token."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.bias = nn.Linear(3, 1), nn.Parameter(torch.zeros(3))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + self.gate(b) * b + self.bias


class Concatenated(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.proj = nn.Linear(6, 3)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.proj(torch.cat([a, b], -1))


class Fused(nn.Module):
    """Tokens of the first stream whose first channel is below 0.5 are the second's (as TokenFusion does)."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.where(a[..., :1] < 0.5, b, a)


GATED = Gated({"rgb": 0, "depth": 1}, gates={"depth": "fuse.gate"}, constant=stored("fuse.bias"))
MASKS = {
    "(B, N)": argument(0).then(lambda a: a[..., 0] < 0.5),
    "(N,)": argument(0).then(lambda a: a[0, ..., 0] < 0.5),
    "(B, N, 1)": argument(0).then(lambda a: a[..., :1] < 0.5),
}


@pytest.mark.parametrize(("skip", "flat"), [(0, True), (2, True), (0, False)])
@pytest.mark.parametrize("given", ["grid", "side"])
def test_gated_tokens(skip: int, flat: bool, given: str) -> None:
    module = seeded(AsTokens(GatedTokens(), skip, flat))
    site = FusionSite("fuse", {"rgb": GATED}, tokens=GRID if given == "grid" else 1, skip=skip)
    model, rgbd = adapted(module, [site]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    gate = module.fuse.gate(depth.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)  # type: ignore[union-attr,operator]
    trace = vizlab.trace(model, rgbd)
    assert_defined(trace, "fuse", "rgb", {"rgb": visible(rgb), "depth": visible(gate * depth)})
    kept = trace.sites["fuse"].gates
    assert kept is not None
    np.testing.assert_allclose(kept[0, 1], visible(gate)[0], rtol=1e-4, atol=1e-5)


def test_a_linear_layer_over_tokens() -> None:
    module = seeded(AsTokens(Concatenated()))
    reading = Projected({"rgb": 3, "depth": 3})
    model, rgbd = adapted(module, [FusionSite("fuse.proj", {"rgb": reading}, tokens=1)]), picture()
    weight = module.fuse.proj.weight  # type: ignore[union-attr]
    mixed = [
        torch.einsum("oc,bchw->bohw", block, x)
        for block, x in zip(weight.split(3, 1), inputs_of(model, rgbd).values(), strict=True)  # type: ignore[operator]
    ]
    parts = {"rgb": visible(mixed[0]), "depth": visible(mixed[1])}
    assert_defined(vizlab.trace(model, rgbd), "fuse.proj", "rgb", parts)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("flat", [True, False])
def test_replaced_tokens(mask: str, flat: bool) -> None:
    reading = Replaced({"rgb": 0, "depth": 1}, mask=MASKS[mask], per="token")
    module = seeded(AsTokens(Fused(), flat=flat))
    model, rgbd = adapted(module, [FusionSite("fuse", {"rgb": reading}, tokens=1)]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    low, zero = (rgb[:, :1] < 0.5).expand_as(rgb), torch.zeros(())
    parts = {"rgb": visible(rgb.where(~low, zero)), "depth": visible(depth.where(low, zero))}
    assert_defined(vizlab.trace(model, rgbd), "fuse", "rgb", parts)


@pytest.mark.parametrize("shape", ["(C,)", "(B, C)"])
def test_channels_of_tokens_may_be_replaced(shape: str) -> None:
    class Channels(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return torch.cat([b[..., :1], a[..., 1:]], -1)

    chosen = torch.tensor([True, False, False])
    mask = argument(0).then(lambda a: chosen if shape == "(C,)" else chosen[None])
    site = FusionSite("fuse", {"rgb": Replaced({"rgb": 0, "depth": 1}, mask=mask)}, tokens=1)
    model, rgbd = adapted(seeded(AsTokens(Channels())), [site]), picture()
    rgb, depth = (visible(x) for x in inputs_of(model, rgbd).values())
    at = chosen.numpy()[:, None, None]
    assert_defined(vizlab.trace(model, rgbd), "fuse", "rgb", {"rgb": rgb * ~at, "depth": depth * at})


@pytest.mark.parametrize(("reading", "skip"), [(GATED, 2), (Sum({"rgb": 0, "depth": 1}), 0)])
def test_cut_tokens_keep_their_form(reading: Reading, skip: int) -> None:
    """What has no place is cut as well: the owner's module goes on with as many tokens as before."""

    class Plain(nn.Module):
        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return a + b

    module = seeded(AsTokens(GatedTokens() if reading is GATED else Plain(), skip))
    model = adapted(module, [FusionSite("fuse", {"rgb": reading}, tokens=1, skip=skip)])
    inputs = inputs_of(model, picture())
    with intervening(Intervention(cross=False)):
        cut = model.forward(inputs)["semseg"]
    own = inputs["rgb"]
    if reading is GATED:
        own = own + module.fuse.bias[:, None, None]  # type: ignore[union-attr,index]
    assert torch.allclose(cut, module.head(own), atol=1e-5)  # type: ignore[operator]
