"""A convolution or linear layer over a concatenation: its blocks by source, its bias and a norm's shift as constant."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import Wrap, adapted, assert_defined, inputs_of, mixings, picture, seeded, visible
from vizlab import FusionSite, Projected
from vizlab.core.site import Intervention, intervening

WIDTHS = {"rgb": 3, "depth": 3}


class Concatenated(nn.Module):
    """conv([a, b]), then a norm and an in-place activation where there are such."""

    def __init__(self, conv: nn.Module, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.conv = conv
        self.norm = nn.Identity() if norm is None else norm
        self.act = nn.ReLU(inplace=True)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(torch.cat([a, b], 1))))


LAYERS = {
    "1x1 with bias": lambda: nn.Conv2d(6, 3, 1),
    "1x1 without": lambda: nn.Conv2d(6, 3, 1, bias=False),
    "3x3, padded by reflection": lambda: nn.Conv2d(6, 3, 3, padding=1, padding_mode="reflect"),
}
NORMS = {
    "no norm": lambda: None,
    "norm": lambda: nn.BatchNorm2d(3),
    "norm without weights": lambda: nn.BatchNorm2d(3, affine=False),
}


def site(norm: str) -> FusionSite:
    return FusionSite("fuse.conv", {"rgb": Projected(WIDTHS, norm=None if norm == "no norm" else "fuse.norm")})


def affine(norm: nn.Module) -> tuple[Tensor, Tensor]:
    """gamma/sigma and beta - gamma*mu/sigma, from what the norm does to zeros and ones."""
    zero, one = norm(torch.zeros(1, 3, 1, 1)), norm(torch.ones(1, 3, 1, 1))
    return (one - zero).flatten(), zero.flatten()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("norm", NORMS)
def test_each_source_adds_what_its_block_makes_of_it(layer: str, norm: str) -> None:
    """The layer fed with one stream and zeros for the other, less its bias, times the norm's scale."""
    module = seeded(Wrap(Concatenated(LAYERS[layer](), NORMS[norm]())))
    model, rgbd = adapted(module, [site(norm)]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    conv, zero = module.fuse.conv, torch.zeros_like(rgb)  # type: ignore[union-attr]
    scale, shift = affine(module.fuse.norm)  # type: ignore[union-attr,arg-type]
    bias = torch.zeros(3) if conv.bias is None else conv.bias  # type: ignore[union-attr]
    alone = [conv(torch.cat(pair, 1)) - bias[:, None, None] for pair in ((rgb, zero), (zero, depth))]  # type: ignore[operator]
    parts = [visible(scale[:, None, None] * part) for part in alone]
    assert_defined(vizlab.trace(model, rgbd), "fuse.conv", "rgb", dict(zip(("rgb", "depth"), parts, strict=True)))
    constant = mixings(model, inputs_of(model, rgbd))["fuse.conv", "rgb"].constant
    assert constant is not None
    assert torch.allclose(constant, scale * bias + shift, atol=1e-5)


def test_cut_only_its_own_block_and_the_constant_are_left() -> None:
    module = seeded(Wrap(Concatenated(nn.Conv2d(6, 3, 1), nn.BatchNorm2d(3))))
    model = adapted(module, [site("norm")])
    inputs = inputs_of(model, picture())
    with intervening(Intervention(cross=False)):
        cut = model.forward(inputs)["semseg"]
    lone = module.fuse.norm(module.fuse.conv(torch.cat([inputs["rgb"], torch.zeros_like(inputs["rgb"])], 1)))  # type: ignore[union-attr,operator]
    expected = module.head(lone.relu())  # type: ignore[operator]
    assert torch.allclose(cut, expected, atol=1e-5)


def test_one_convolution_for_each_target_is_one_site() -> None:
    """As an NDDR layer: both streams concatenated, a convolution for each."""

    class Each(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rgb, self.depth = nn.Conv2d(6, 3, 1), nn.Conv2d(6, 3, 1)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            both = torch.cat([a, b], 1)
            return self.rgb(both).relu_() + self.depth(both).relu_()

    module = seeded(Wrap(Each()))
    targets = {t: Projected(WIDTHS, conv=f"fuse.{t}") for t in ("rgb", "depth")}
    model, rgbd = adapted(module, [FusionSite("fuse", targets)]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    trace = vizlab.trace(model, rgbd)
    for target in ("rgb", "depth"):
        weight = module.get_submodule(f"fuse.{target}").weight  # type: ignore[union-attr]
        parts = {s: visible(nn.functional.conv2d(x, w)) for s, x, w in zip(
            ("rgb", "depth"), (rgb, depth), weight.split(3, 1), strict=True)}  # type: ignore[operator]  # fmt: skip
        assert_defined(trace, "fuse", target, parts)


def test_the_norms_of_the_blocks_are_kept_with_the_trace() -> None:
    module = seeded(Wrap(Concatenated(nn.Conv2d(6, 3, 1), nn.BatchNorm2d(3))))
    weights = vizlab.trace(adapted(module, [site("norm")]), picture()).sites["fuse.conv"].weights
    scale, _ = affine(module.fuse.norm)  # type: ignore[union-attr,arg-type]
    scaled = (module.fuse.conv.weight * scale[:, None, None, None]).detach().numpy()  # type: ignore[union-attr,operator]
    expected = [np.sqrt((scaled[:, block] ** 2).sum()) for block in (slice(0, 3), slice(3, 6))]
    np.testing.assert_allclose(weights["rgb/block_norm"], expected, rtol=1e-5)
