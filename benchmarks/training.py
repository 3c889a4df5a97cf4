"""A training step of the compact CEN as it is against one that computes the same in a slower way, as ratios of times.

python -m benchmarks.training [--batch 4] [--repeats 3]

`strided slices` leaves what a strided depthwise convolution takes of a dense one strided: norms then walk over it
pixel by pixel, forwards and backwards. `in place` lets ReLU6 write over what its gradient wants, so that autograd
copies it first.
"""

import argparse
from collections.abc import Callable
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.measure import time_ratio
from vizlab.core.config import IMAGENET, METRES, NetworkConfig
from vizlab.methods.parts import inverted_residual
from vizlab.methods.parts.strided import StridedConv
from vizlab.study.training.module import FusionTraining
from vizlab.study.training.recipe import Recipe

CEN = NetworkConfig(
    "cen-mobilenetv2", ("semseg",), ("rgb", "depth"), normalisation={"rgb": IMAGENET, "depth": METRES}, threshold=0.02
)


def make_step(batch_size: int) -> Callable[[], None]:
    """Forward, losses and backward of a batch, in bfloat16; a fifth of the channels are exchanged."""
    torch.manual_seed(0)
    recipe = Recipe("benchmark", CEN, {"semseg": 1.0}, epochs=1)
    training = FusionTraining(recipe, 1)
    training.network.train()
    for name, scale in training.network.named_parameters():
        if name.endswith("weight") and scale.ndim == 2:  # the norms of the streams
            scale.data[torch.rand_like(scale) < 0.2] = 0.001
    size = (batch_size, 1, *recipe.crop)
    batch = {
        "rgb": torch.rand(size).expand(-1, 3, -1, -1),
        "depth_input": torch.rand(size) * 5,
        "label": torch.randint(0, 40, (batch_size, *recipe.crop)),
    }

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            loss, _ = training.learn(batch)
        loss.backward()
        training.zero_grad()

    return step


def as_strided(conv: StridedConv, x: Tensor) -> Tensor:
    """`StridedConv.forward` at a padding that is symmetric, without its last step."""
    stride = conv.stride[0]
    if stride == 1 or conv.groups == 1:
        return torch.nn.Conv2d.forward(conv, x)
    y = F.conv2d(x, conv.weight, conv.bias, 1, conv.padding, conv.dilation, conv.groups)
    return y[..., ::stride, ::stride]


def in_place(_: torch.nn.ReLU6, x: Tensor) -> Tensor:
    return F.relu6(x, inplace=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=4, help="pictures a step")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    step = make_step(arguments.batch)
    for name, target, slower in (
        ("strided slices", StridedConv, as_strided),
        ("in place", inverted_residual.ReLU6, in_place),
    ):

        def changed(target: type = target, slower: Callable[..., Tensor] = slower) -> None:
            with patch.object(target, "forward", slower):
                step()

        ratio, seconds = time_ratio(changed, step, arguments.repeats)
        print(f"{name:15} / as it is: {ratio:.2f} (as it is {seconds:.2f} s for {arguments.batch} pictures)")


if __name__ == "__main__":
    main()
