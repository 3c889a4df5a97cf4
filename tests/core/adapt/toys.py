"""Small networks as their owners might have them, and the definitions of shares and outside maps written out."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import vizlab
from vizlab.core.config import Normalisation
from vizlab.core.site import FusionModule, Mixing, observing
from vizlab.rgbd import RGBDImage

AS_THEY_ARE = Normalisation((0.0,) * 3, (1.0,) * 3)
SIZE = (96, 100)
"""Of the picture, and of the working size: nothing is scaled. Multiples of 16 pad it to 96x112."""
PADDED = (96, 112)


class Wrap(nn.Module):
    """`fuse` gets colour and depth, three channels each; an in-place ReLU and a 1x1 convolution make five classes."""

    def __init__(self, fuse: nn.Module) -> None:
        super().__init__()
        self.fuse = fuse
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Conv2d(3, 5, 1)

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        return self.head(self.relu(self.fuse(rgb, depth)))


class Add(nn.Module):
    """The plainest site: a + b."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


def picture(depth: float | None = None, size: tuple[int, int] = SIZE) -> RGBDImage:
    """Random colour and depth in metres, or the same `depth` everywhere."""
    random = np.random.default_rng(5)
    colour = random.integers(0, 255, (*size, 3), dtype=np.uint8)
    metres = random.uniform(1, 4, size) if depth is None else np.full(size, depth)
    return RGBDImage(colour, metres.astype(np.float32))


def adapted(module: nn.Module, sites: Sequence[vizlab.FusionSite], **changes: Any) -> vizlab.Model:
    """`module` on colour and depth as they are, a picture of `SIZE` neither enlarged nor reduced."""
    given: dict[str, Any] = {
        "inputs": {"rgb": AS_THEY_ARE, "depth": AS_THEY_ARE},
        "outputs": ["semseg"],
        "working_size": SIZE,
        "multiple": 16,
    }
    return vizlab.adapt(module, sites=sites, **{**given, **changes})


def seeded(module: nn.Module) -> nn.Module:
    """`module` with all parameters and running statistics drawn anew from one seed."""
    source = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            if tensor.is_floating_point():
                values = torch.randn(tensor.shape, generator=source)
                tensor.copy_(values.abs() + 0.5 if "var" in name else values)
    return module.eval()


def inputs_of(model: vizlab.Model, rgbd: RGBDImage) -> dict[str, Tensor]:
    """What the owner's module gets, (1, 3, 96, 112)."""
    return {name: x.contiguous() for name, x in model.preprocess(rgbd).items()}


def visible(x: Tensor) -> np.ndarray:
    """The picture's part of a full-size map: (C, 96, 100) float64."""
    assert tuple(x.shape[-2:]) == PADDED
    return x[0, :, : SIZE[0], : SIZE[1]].detach().double().numpy()


def shares(parts: Mapping[str, np.ndarray]) -> dict[str, float]:
    """`share[s] = sum_ch Cov_px(c[s], y) / sum_ch Var_px(y)`, `y = sum_s c[s]`; parts are (C, h, w) float64."""
    y = sum(parts.values())
    assert isinstance(y, np.ndarray)
    variance = sum(channel.var() for channel in y)
    return {s: sum(np.cov(a.ravel(), b.ravel(), bias=True)[0, 1] for a, b in zip(c, y, strict=True)) / variance
            for s, c in parts.items()}  # fmt: skip


def energies(parts: Mapping[str, np.ndarray]) -> dict[str, float]:
    """The mean square of each part over pixels and channels."""
    return {source: float((c**2).mean()) for source, c in parts.items()}


def outside(parts: Mapping[str, np.ndarray], target: str) -> np.ndarray:
    """Per pixel, the root mean square over channels of what came from others, centred, over that of the output."""
    y = sum(parts.values())
    others = sum((c for s, c in parts.items() if s != target), start=np.zeros_like(y))
    centred = [x - x.mean((1, 2), keepdims=True) for x in (others, y)]
    return np.sqrt((centred[0] ** 2).mean(0)) / np.sqrt((centred[1] ** 2).mean())


def assert_defined(trace: vizlab.FusionTrace, site: str, target: str, parts: Mapping[str, np.ndarray]) -> None:
    """The trace holds, of one target of a site, what the definitions say of these parts."""
    found = trace.sites[site]
    row, sources = found.site.targets.index(target), found.site.sources
    assert found.share is not None
    assert found.energy is not None
    assert found.outside is not None
    for measured, expected in ((found.share[row], shares(parts)), (found.energy[row], energies(parts))):
        np.testing.assert_allclose(measured, [expected.get(s, 0.0) for s in sources], rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(found.outside[row], outside(parts, target), rtol=1e-3, atol=1e-4)
    own = shares(parts).get(target, 0.0)
    assert abs(float(found.cross_share[row]) - (1 - own)) < 1e-4


def mixings(model: vizlab.Model, inputs: Mapping[str, Tensor]) -> dict[tuple[str, str], Mixing]:
    """What each site shows for each target in one watched forward, by their names; copied."""
    found = {}

    def observe(module: FusionModule, mixing: Mixing) -> None:
        copies = [type(part)(part.source, part.value.clone(), part.channels) for part in mixing.parts]
        found[module.site.name, module.site.targets[mixing.target]] = Mixing(
            mixing.target, mixing.output.clone(), copies, mixing.constant, mixing.own, mixing.own_is_rest, mixing.gates
        )

    with observing(observe):
        model.forward(inputs)
    return found


def hooks_on(module: nn.Module) -> int:
    """How many hooks of any kind there are on `module` and everything in it."""
    kinds = [name for name in vars(module) if "hooks" in name]
    return sum(len(getattr(m, kind)) for m in module.modules() for kind in kinds if isinstance(getattr(m, kind), dict))
