"""Networks of two modalities and one fusion step whose answers are known exactly."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from vizlab.core.config import METRES, NetworkConfig, Normalisation
from vizlab.core.method import Method
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.rgbd import RGBDImage
from vizlab.tasks import Task

Answer = Callable[[Tensor, Tensor], dict[str, Tensor]]
UNIT = Normalisation((0.0,) * 3, (1.0,) * 3)


class TwoInputs(FusionNetwork):
    """`answer` gets rgb's first channel and depth in metres, (B, 1, H, W) each, and says the outputs."""

    inputs, sites = ("rgb", "depth"), ()

    def __init__(self, answer: Answer, task: Task, multiple: int = 1) -> None:
        super().__init__()
        self.multiple = multiple
        self.tasks, self.answer, self.calls = (task,), answer, 0

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        self.calls += 1
        return self.answer(inputs["rgb"][:, :1], inputs["depth"][:, :1])


def two_inputs(
    answer: Answer, task: str = "depth", channels: int = 1, size: tuple[int, int] = (6, 8), multiple: int = 1
) -> Model:
    config = NetworkConfig("toy", (task,), ("rgb", "depth"), working_size=size,
                           normalisation={"rgb": UNIT, "depth": METRES})  # fmt: skip
    network = TwoInputs(answer, Task(task, channels), multiple)
    return Model(network, config, "toy", precision="float32", method=Method("toy", "Toy", ""))


def picture(seed: int = 0, size: tuple[int, int] = (6, 8)) -> RGBDImage:
    """Noise: colour in 0..255, depth in 1..3 m."""
    random = np.random.default_rng(seed)
    colour = random.integers(0, 256, (*size, 3)).astype(np.uint8)
    return RGBDImage(colour, random.uniform(1, 3, size).astype(np.float32))


def seen(rgbd: RGBDImage) -> tuple[np.ndarray, np.ndarray]:
    """What a `two_inputs` network gets: red in 0..1 and depth in metres."""
    assert rgbd.colour is not None
    assert rgbd.depth is not None
    return rgbd.colour[..., 0] / np.float32(255), rgbd.depth


def as_classes(p: Tensor) -> Tensor:
    """(B, 2, H, W) logits whose softmax is (1 - p, p)."""
    return torch.cat([(1 - p).log(), p.log()], 1)
