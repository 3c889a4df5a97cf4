"""CEN the plain way, as a yardstick: streams as a Python list, every layer called once per stream.

It runs the weights of our own network, so both compute the same function.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.methods.cen.network import CEN
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.methods.parts.resnet import ResNet

Streams = list[Tensor]


def plain_forward(network: CEN, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    """The outputs of `network` (ResNet encoder) computed stream by stream."""
    encoder = network.encoder
    assert isinstance(encoder, ResNet)
    xs = [inputs[name] for name in network.inputs]
    xs = [F.relu(x, inplace=True) for x in norm(encoder.bn1, [encoder.conv1(x) for x in xs])]
    xs = [F.max_pool2d(x, 3, 2, 1) for x in xs]
    stages = []
    for name in encoder.stage_names[1:]:
        for block in encoder.get_submodule(name):  # type: ignore[union-attr]
            xs = bottleneck(block, xs)
        stages.append(xs)
    logits = [network.decoder([stage[s] for stage in stages]) for s in range(len(xs))]
    task = network.tasks[0].name
    outputs = {f"{task}/{name}": y for name, y in zip(network.inputs, logits, strict=True)}
    weights = network.alpha.softmax(0)
    outputs[f"{task}/ensemble"] = sum((w * y for w, y in zip(weights, logits, strict=True)), start=torch.zeros(()))
    return outputs


def bottleneck(block: torch.nn.Module, xs: Streams) -> Streams:
    ys = [F.relu(y, inplace=True) for y in norm(block.bn1, [block.conv1(x) for x in xs])]  # type: ignore[operator, arg-type]
    ys = [F.relu(y, inplace=True) for y in norm(block.bn2, [block.conv2(y) for y in ys])]  # type: ignore[operator, arg-type]
    ys = norm(block.bn3, [block.conv3(y) for y in ys])  # type: ignore[operator, arg-type]
    if block.downsample is not None:
        xs = norm(block.downsample[1], [block.downsample[0](x) for x in xs])  # type: ignore[index, operator]
    return [F.relu(y + x, inplace=True) for x, y in zip(xs, ys, strict=True)]


def norm(module: StreamNorm, xs: Streams) -> Streams:
    """Private batch norms, then the exchange as the method is usually written: masked copies."""
    ys = [
        F.batch_norm(x, module.running_mean[s], module.running_var[s], module.weight[s], module.bias[s], eps=module.eps)
        for s, x in enumerate(xs)
    ]
    if module.threshold is None:
        return ys
    first, second = ys
    kept = [module.weight[s].abs() >= module.threshold for s in range(2)]
    mixed = [torch.zeros_like(first), torch.zeros_like(second)]
    for own, other, out, keep in ((first, second, mixed[0], kept[0]), (second, first, mixed[1], kept[1])):
        out[:, keep] = own[:, keep]
        out[:, ~keep] = other[:, ~keep]
    return mixed
