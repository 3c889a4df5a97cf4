"""A two-layer linear fusion network whose shares, effects and attributions are known in closed form.

Streams a and b are the inputs rgb and depth, w a weight for each channel:

    site "first":   u_a = a + p b,        u_b = b + q a
    site "second":  v_a = u_a + r u_b,    v_b = u_b + s u_a
    answer:         depth = 100 + sum_ch w v_a
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.config import NetworkConfig, Normalisation
from vizlab.core.method import Method
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.site import FusionModule, Mixing, Part, Site, declare_sites
from vizlab.rgbd import RGBDImage
from vizlab.tasks import Task

P, Q, R, S = 0.5, -0.25, 2.0, 0.125
WEIGHTS = (0.5, -1.0, 2.0)


class Sum(FusionModule):
    def __init__(self, from_b: float, from_a: float) -> None:
        super().__init__()
        self.factors = (from_b, from_a)

    def describe_site(self, name: str) -> Site:
        return Site(name, "sum", ("rgb", "depth"), ("rgb", "depth"), 3, name)

    def static_weights(self) -> dict[str, np.ndarray]:
        return {"factors": np.array(self.factors, np.float32)}

    def forward(self, features: Sequence[Tensor]) -> list[Tensor]:
        return [self._mix(target, features) for target in range(2)]

    def _mix(self, target: int, features: Sequence[Tensor]) -> Tensor:
        names, other = ("rgb", "depth"), 1 - target
        parts = [Part(target, features[target])]
        if self.intervention.cross:
            came = self.arriving(names[target], names[other], lambda: self.factors[target] * features[other]).part
            parts += [] if came is None else [Part(other, came)]
        output = sum(part.value for part in parts)
        if self.observer is not None:
            self.observer(self, Mixing(target, output, parts, own=target))
        return output


class Linear(FusionNetwork):
    inputs = ("rgb", "depth")
    tasks = (Task("depth", 1),)
    multiple = 1

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Sum(P, Q), Sum(R, S)
        self.weights = nn.Parameter(torch.tensor(WEIGHTS))
        self.sites = declare_sites(self)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        v = self.second(self.first([inputs["rgb"], inputs["depth"]]))[0]
        return {"depth": 100 + (v * self.weights[:, None, None]).sum(1, keepdim=True)}


def linear_model(size: tuple[int, int] = (6, 8)) -> Model:
    plain = Normalisation((0.0,) * 3, (1.0,) * 3)
    config = NetworkConfig(
        "linear", ("depth",), ("rgb", "depth"), working_size=size, normalisation={"rgb": plain, "depth": plain}
    )
    method = Method("linear", "Linear", "A linear network.", {"linear": lambda config: Linear()})
    return Model(Linear(), config, "linear", precision="float32", method=method, checkpoint_hash="0" * 64)


def linear_picture(size: tuple[int, int] = (6, 8), seed: int = 0) -> RGBDImage:
    rng = np.random.default_rng(seed)
    return RGBDImage(rng.integers(0, 256, (*size, 3), dtype=np.uint8), rng.uniform(1, 3, size).astype(np.float32))


def inputs_of(model: Model, rgbd: RGBDImage) -> tuple[np.ndarray, np.ndarray]:
    """a and b, (3, H, W) float64, as the network sees them."""
    inputs = model.preprocess(rgbd)
    return inputs["rgb"][0].double().numpy(), inputs["depth"][0].double().numpy()


def weighted(x: np.ndarray) -> np.ndarray:
    return np.tensordot(np.array(WEIGHTS), x, 1)


def rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x))))
