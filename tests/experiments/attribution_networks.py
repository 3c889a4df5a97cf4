"""A two-layer linear network that fuses two streams, and its attributions written out."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.config import NetworkConfig, Normalisation
from vizlab.core.method import Method
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule, Site, Way, declare_sites
from vizlab.rgbd import RGBDImage
from vizlab.tasks import Task

STREAMS = ("rgb", "depth")
SIZE = (6, 8)
UNIT = Normalisation((0.0,) * 3, (1.0,) * 3)


class Fuse(FusionModule):
    """y[t] = sum_s W[t, s] x[s] at each pixel, W[t, s] 4x3; a ReLU in place may follow."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Parameter(torch.randn(2, 2, 4, 3, generator=torch.Generator().manual_seed(1)))

    def describe_site(self, name: str) -> Site:
        return Site(name, "sum", STREAMS, STREAMS, 4, "only")

    def own_parts(self) -> tuple[Way, ...]:
        return tuple((name, name) for name in STREAMS)

    def static_weights(self) -> dict[str, np.ndarray]:
        return {}

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        return [self._received(t, features) for t in range(2)]

    def _received(self, target: int, features: list[Tensor]) -> Tensor:
        total = torch.zeros(())
        for source, x in enumerate(features):
            make = partial(F.conv2d, x, self.mix[target, source][..., None, None])
            arrived = self.arriving(STREAMS[target], STREAMS[source], make)
            if arrived.part is not None:
                total = total + arrived.part
        return total


class Linear(FusionNetwork):
    """depth = sum_t v[t] y[t]; with `relu` an in-place ReLU between. Sides are padded to multiples of 4: 6x8 to 8x8."""

    inputs, multiple = STREAMS, 4
    tasks = (Task("depth", 1, "m"),)

    def __init__(self, relu: bool = False, kernel: int = 1) -> None:
        super().__init__()
        self.fuse = Fuse()
        source = torch.Generator().manual_seed(2)
        self.heads = nn.Parameter(torch.randn(2, 4, kernel, kernel, generator=source))
        self.relu = nn.ReLU(inplace=True) if relu else nn.Identity()
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        fused = [self.relu(y) for y in self.fuse([inputs[name] for name in STREAMS])]
        pad = self.heads.shape[-1] // 2
        answers = [F.conv2d(y, v[None], padding=pad) for y, v in zip(fused, self.heads, strict=True)]
        return {"depth": answers[0] + answers[1]}

    def slope(self, source: int, target: int | None = None) -> np.ndarray:
        """(3,): by how much the output of a pixel grows with each channel of an input there (kernel 1)."""
        targets = range(2) if target is None else [target]
        rows = [self.heads[t, :, 0, 0] @ self.fuse.mix[t, source] for t in targets]
        return torch.stack(rows).sum(0).detach().double().numpy()


def model_of(network: FusionNetwork, task: str = "depth", classes: tuple[str, ...] = ()) -> Model:
    config = NetworkConfig("toy", (task,), STREAMS, classes=classes, working_size=SIZE,
                           normalisation={"rgb": UNIT, "depth": UNIT})  # fmt: skip
    return Model(network, config, "toy", precision="float32", method=Method("toy", "Toy", ""))


def noise(seed: int = 0, size: tuple[int, int] = SIZE) -> RGBDImage:
    """Colour in 0..255, depth in 1..3 m."""
    random = np.random.default_rng(seed)
    colour = random.integers(0, 256, (*size, 3)).astype(np.uint8)
    return RGBDImage(colour, random.uniform(1, 3, size).astype(np.float32))


def changed(rgbd: RGBDImage) -> Mapping[str, np.ndarray]:
    """(H, W, 3) float64 by modality: the picture less its mean colour (of 256 steps) and its median depth."""
    assert rgbd.colour is not None
    assert rgbd.depth is not None
    mean = rgbd.colour.mean((0, 1)).round()
    depth = np.repeat((rgbd.depth - np.median(rgbd.depth))[..., None], 3, 2).astype(float)
    return {"rgb": (rgbd.colour - mean) / 255, "depth": depth}
