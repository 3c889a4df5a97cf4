"""VGG-16 networks of NDDR-CNN's authors written out by the stored tensors' names alone, for networks of any width.

Pools and resizes are written from their definitions, pixel by pixel of the output; nothing of vizlab is used.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
BLOCKS = ((1, 2), (2, 2), (4, 3), (8, 3), (8, 3))
"""Channels, in widths, and convolutions of each block."""
STARTS = (0, 2, 4, 7, 10)
"""The first of the thirteen convolutions in each block."""


def convolutions(width: int) -> list[tuple[int, int, int, int]]:
    """Block and number, both from 1, channels in and out."""
    found, cin = [], 3
    for block, (times, count) in enumerate(BLOCKS, 1):
        for number in range(1, count + 1):
            found.append((block, number, cin, times * width))
            cin = times * width
    return found


def random_values(shapes: Shapes, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights that keep features alive through all layers."""
    rng = np.random.default_rng(seed)
    values = {}
    for name, shape in shapes.items():
        if len(shape) == 4:
            fan_in = np.prod(shape[:3]) if name.endswith("weights") else np.prod(shape[1:])
            values[name] = rng.normal(0, 2 / np.sqrt(fan_in), shape)
        elif name.endswith(("variance", "var", "gamma")) or (len(shape) == 1 and name.endswith("weight")):
            values[name] = rng.uniform(0.5, 1.5, shape)
        else:
            values[name] = rng.normal(0, 0.3, shape)
    return {name: np.asarray(value, np.float32) for name, value in values.items()}


# TensorFlow's variables.


def _layer(scope: str, *shape: int) -> Shapes:
    norms = {f"{scope}/BatchNorm/{leaf}": (shape[-1],) for leaf in ("beta", "gamma", "moving_mean", "moving_variance")}
    return {f"{scope}/weights": shape, **norms}


def _head(scope: str, width: int, outputs: int) -> Shapes:
    full = 16 * width
    last = {f"{scope}/fc8_voc12/weights": (1, 1, full, outputs), f"{scope}/fc8_voc12/biases": (outputs,)}
    return {**_layer(f"{scope}/fc6", 3, 3, 8 * width, full), **_layer(f"{scope}/fc7", 1, 1, full, full), **last}


def _trunk(scope: Callable[[int], str], width: int) -> Shapes:
    shapes: Shapes = {}
    for block, number, cin, cout in convolutions(width):
        shapes |= _layer(f"{scope(block)}/conv{block}/conv{block}_{number}", 3, 3, cin, cout)
    return shapes


def variables(kind: str, shortcut: bool, width: int = 4, outputs: Sequence[int] = (40, 3)) -> Shapes:
    """Names and shapes of "nddr", "shared" or "single" as the authors' program saves them."""
    every, shapes = sum(times for times, _ in BLOCKS) * width, Shapes()
    if kind == "nddr":
        for task, count in enumerate(outputs, 1):
            shapes |= _trunk(lambda block, task=task: f"vgg_16_{task}_{block}", width)  # type: ignore[misc]
            shapes |= _head(f"vgg_16_{task}_6", width, count)
            for site, (times, _) in enumerate(BLOCKS, 1):
                shapes |= _layer(f"nddr_{site}/nddr_{site}_n{task}", 1, 1, 2 * times * width, times * width)
            shapes |= _layer(f"nddr_shortcut_{task}", 1, 1, every, 8 * width) if shortcut else {}
        return shapes
    shapes = _trunk(lambda block: "vgg_16", width)
    shapes |= _layer("vgg_16/shortcuts", 1, 1, every, 8 * width) if shortcut else {}
    if kind == "single":
        return shapes | _head("vgg_16", width, outputs[0])
    for task, count in enumerate(outputs, 1):
        shapes |= _head(f"vgg_16_{task}_6", width, count)
    return shapes


class Variables:
    """The forward of a network from TensorFlow's variables, one picture (1, 3, H, W) in float64."""

    def __init__(self, values: Mapping[str, np.ndarray]) -> None:
        self.values = {name: torch.from_numpy(np.asarray(value, np.float64)) for name, value in values.items()}

    def layer(self, scope: str, x: Tensor, dilation: int = 1) -> Tensor:
        weight = self.values[f"{scope}/weights"].permute(3, 2, 0, 1)
        y = F.conv2d(x, weight, padding=dilation * (weight.shape[-1] // 2), dilation=dilation)
        part = {n: self.values[f"{scope}/BatchNorm/{n}"] for n in ("gamma", "beta", "moving_mean", "moving_variance")}
        return normed(y, part["gamma"], part["beta"], part["moving_mean"], part["moving_variance"])

    def block(self, scope: str, block: int, x: Tensor) -> Tensor:
        for number in range(1, BLOCKS[block - 1][1] + 1):
            x = self.layer(f"{scope}/conv{block}/conv{block}_{number}", x, 2 if block == 5 else 1)
        x = pool_same(x, 2 if block < 4 else 1, torch.amax)
        return pool_same(x, 1, torch.mean) if block == 5 else x

    def head(self, scope: str, x: Tensor, size: Sequence[int]) -> Tensor:
        x = self.layer(f"{scope}/fc7", self.layer(f"{scope}/fc6", x, 12))
        weight, bias = self.values[f"{scope}/fc8_voc12/weights"], self.values[f"{scope}/fc8_voc12/biases"]
        return resize_from_corner(F.conv2d(x, weight.permute(3, 2, 0, 1), bias), size)

    def shortcut(self, scope: str, stages: Sequence[Tensor]) -> Tensor:
        size = stages[-1].shape[-2:]
        return self.layer(scope, torch.cat([resize_from_corner(x, size) for x in stages], 1))

    def nddr(self, image: Tensor) -> list[Tensor]:
        streams, stages = [image, image], list[list[Tensor]]()
        for site in range(1, 6):
            own = [self.block(f"vgg_16_{task}_{site}", site, x) for task, x in enumerate(streams, 1)]
            streams = [self.layer(f"nddr_{site}/nddr_{site}_n{task}", torch.cat(own, 1)) for task in (1, 2)]
            stages.append(streams)
        if "nddr_shortcut_1/weights" in self.values:
            streams = [self.shortcut(f"nddr_shortcut_{t + 1}", [stage[t] for stage in stages]) for t in (0, 1)]
        size = image.shape[-2:]
        return [self.head(f"vgg_16_{task}_6", x, size) for task, x in enumerate(streams, 1)]

    def baseline(self, image: Tensor) -> list[Tensor]:
        x, stages, size = image, list[Tensor](), image.shape[-2:]
        for block in range(1, 6):
            x = self.block("vgg_16", block, x)
            stages.append(x)
        x = self.shortcut("vgg_16/shortcuts", stages) if "vgg_16/shortcuts/weights" in self.values else x
        heads = ["vgg_16"] if "vgg_16/fc6/weights" in self.values else ["vgg_16_1_6", "vgg_16_2_6"]
        return [self.head(scope, x, size) for scope in heads]


def normed(y: Tensor, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """A batch norm of epsilon 1e-3 and a ReLU."""
    a, b, m, v = (part[:, None, None] for part in (scale, shift, mean, variance))
    return ((y - m) / (v + 1e-3).sqrt() * a + b).clamp(min=0)


def pool_same(x: Tensor, stride: int, reduce: Callable[..., Tensor]) -> Tensor:
    """Over the real pixels of each 3x3 window, where TensorFlow's SAME padding puts them."""
    rows, columns = (_windows(side, stride) for side in x.shape[-2:])
    lines = [torch.stack([reduce(x[..., r, c], dim=(-2, -1)) for c in columns], -1) for r in rows]
    return torch.stack(lines, -2)


def _windows(side: int, stride: int) -> list[slice]:
    count = -(-side // stride)
    before = max((count - 1) * stride + 3 - side, 0) // 2
    starts = [i * stride - before for i in range(count)]
    return [slice(max(0, start), min(side, start + 3)) for start in starts]


def resize_from_corner(x: Tensor, size: Sequence[int]) -> Tensor:
    """TensorFlow 1: the source of pixel i is i * in / out, its upper neighbour at most the last pixel."""
    for axis, length in zip((-2, -1), size, strict=True):
        before = x.shape[axis]
        place = torch.arange(length, dtype=torch.float64) * before / length
        low = place.floor().long()
        shape = (-1, 1) if axis == -2 else (-1,)
        part = (place - low).reshape(shape)
        high = x.index_select(axis, (low + 1).clamp(max=before - 1))
        x = x.index_select(axis, low) * (1 - part) + high * part
    return x


# PyTorch's tensors.


def tensors(stages: int, fusion: str, width: int = 4, outputs: Sequence[int] = (40, 3)) -> Shapes:
    """Names and shapes of two networks of 5 or 13 stages that meet by "nddr", "scalar", "nas" or not at all ("")."""
    shapes: Shapes = {}
    for net, count in zip(("net1", "net2"), outputs, strict=True):
        for index, (block, number, cin, cout) in enumerate(convolutions(width)):
            stage, place = stage_place(stages, index, block, number)
            shapes |= _pair(
                f"{net}.stages.{stage}.feature.{place}", f"{net}.stages.{stage}.feature.{place + 1}", cout, cin, 3
            )
        fc6, fc7, fc8 = (0, 4, 8) if stages == 5 else (2, 6, 10)
        shapes |= _pair(f"{net}.head.{fc6}", f"{net}.head.{fc6 + 1}", 16 * width, 8 * width, 3)
        shapes |= _pair(f"{net}.head.{fc7}", f"{net}.head.{fc7 + 1}", 16 * width, 16 * width, 1)
        shapes |= {f"{net}.head.{fc8}.weight": (count, 16 * width, 1, 1), f"{net}.head.{fc8}.bias": (count,)}
    widths = [cout for *_, cout in convolutions(width)] if stages == 13 else [times * width for times, _ in BLOCKS]
    for site, channels in enumerate(widths):
        for task in (1, 2):
            unit = f"nddrs.nddrs.{site}"
            if fusion == "nddr":
                shapes |= _pair(f"{unit}.conv{task}", f"{unit}.bn{task}", channels, 2 * channels, 1)
            elif fusion == "scalar":
                shapes |= {f"{unit}.a{task}{other}": () for other in (1, 2)}
            elif fusion == "nas":
                path = f"paths.net{task}_paths.{site}"
                shapes |= _pair(f"{path}.conv", f"{path}.bn", channels, channels * (1 + len(allowed(site))), 1)
    if fusion == "nas":
        shapes |= {"net1_alphas": (13, 13), "net2_alphas": (13, 13), "path_costs": (24,)}
    return shapes


def stage_place(stages: int, index: int, block: int, number: int) -> tuple[int, int]:
    """Where a convolution stands: stage and place in it."""
    if stages == 5:
        return block - 1, 3 * (number - 1)
    return index, {2: 2, 4: 2, 7: 2, 10: 1}.get(index, 0)


def allowed(stage: int) -> list[int]:
    """From which stages of the other network a stage may take features."""
    start = max(first for first in STARTS if first <= stage)
    return [j for j in range(start, stage + 1) if stage - j < 3]


def _pair(conv: str, norm: str, cout: int, cin: int, kernel: int) -> Shapes:
    leaves = ("weight", "bias", "running_mean", "running_var")
    return {f"{conv}.weight": (cout, cin, kernel, kernel), **{f"{norm}.{leaf}": (cout,) for leaf in leaves}}


class Tensors:
    """The forward of a network from PyTorch's tensors, one picture (1, 3, H, W) in float64."""

    def __init__(self, values: Mapping[str, np.ndarray], stages: int) -> None:
        self.values = {name: torch.from_numpy(np.asarray(value, np.float64)) for name, value in values.items()}
        self.stages = stages

    def forward(self, image: Tensor, fusion: str, supernet: bool = False, shared: bool = False) -> list[Tensor]:
        """What both tasks' networks give; with `shared` both heads read the first one's trunk."""
        streams, history = [image, image], list[list[Tensor]]()
        for stage in range(self.stages):
            own = [self.stage(f"net{1 if shared else t + 1}", stage, x) for t, x in enumerate(streams)]
            history.append(own)
            streams = self.mixed(stage, history, fusion, supernet)
        return [self.head(f"net{t + 1}", x, image.shape[-2:]) for t, x in enumerate(streams)]

    def mixed(self, stage: int, history: Sequence[Sequence[Tensor]], fusion: str, supernet: bool) -> list[Tensor]:
        own = history[stage]
        if fusion == "nddr":
            both, unit = torch.cat(list(own), 1), f"nddrs.nddrs.{stage}"
            return [self.layer(f"{unit}.conv{t}", f"{unit}.bn{t}", both) for t in (1, 2)]
        if fusion == "scalar":
            a = {ts: self.values[f"nddrs.nddrs.{stage}.a{ts}"] for ts in ("11", "22", "12", "21")}
            return [a["11"] * own[0] + a["21"] * own[1], a["12"] * own[0] + a["22"] * own[1]]
        if fusion == "nas":
            return [self.path(stage, t, history, supernet) for t in (0, 1)]
        return list(own)

    def path(self, stage: int, task: int, history: Sequence[Sequence[Tensor]], supernet: bool) -> Tensor:
        alphas = self.values[f"net{task + 1}_alphas"]
        is_open = [supernet or float(alphas[stage, j]) > 0 for j in allowed(stage)]
        coming = [history[j][1 - task] * keep for j, keep in zip(allowed(stage), is_open, strict=True)]
        name = f"paths.net{task + 1}_paths.{stage}"
        return self.layer(f"{name}.conv", f"{name}.bn", torch.cat([history[stage][task], *coming], 1))

    def layer(self, conv: str, norm: str, x: Tensor, dilation: int = 1) -> Tensor:
        weight = self.values[f"{conv}.weight"]
        y = F.conv2d(x, weight, padding=dilation * (weight.shape[-1] // 2), dilation=dilation)
        return normed(y, *(self.values[f"{norm}.{n}"] for n in ("weight", "bias", "running_mean", "running_var")))

    def stage(self, net: str, stage: int, x: Tensor) -> Tensor:
        if self.stages == 13:
            if stage in (2, 4, 7):
                x = pool_after_zeros(x)
            elif stage == 10:
                x = pool_same(x, 1, torch.amax)
            place = {2: 2, 4: 2, 7: 2, 10: 1}.get(stage, 0)
            name = f"{net}.stages.{stage}.feature"
            return self.layer(f"{name}.{place}", f"{name}.{place + 1}", x, 2 if stage >= 10 else 1)
        for number in range(BLOCKS[stage][1]):
            name = f"{net}.stages.{stage}.feature"
            x = self.layer(f"{name}.{3 * number}", f"{name}.{3 * number + 1}", x, 2 if stage == 4 else 1)
        if stage < 3:
            return pool_after_zeros(x)
        x = pool_same(x, 1, torch.amax)
        return pool_same(x, 1, torch.mean) if stage == 4 else x

    def head(self, net: str, x: Tensor, size: Sequence[int]) -> Tensor:
        shift = 0
        if self.stages == 13:
            x, shift = pool_same(pool_same(x, 1, torch.amax), 1, torch.mean), 2
        x = self.layer(f"{net}.head.{shift}", f"{net}.head.{shift + 1}", x, 12)
        x = self.layer(f"{net}.head.{shift + 4}", f"{net}.head.{shift + 5}", x)
        y = F.conv2d(x, self.values[f"{net}.head.{shift + 8}.weight"], self.values[f"{net}.head.{shift + 8}.bias"])
        return F.interpolate(y, size=tuple(size), mode="bilinear", align_corners=True)


def pool_after_zeros(x: Tensor) -> Tensor:
    """A row and a column of zeros at the end, then the largest of each 3x3 at every second place."""
    padded = torch.zeros(*x.shape[:2], x.shape[2] + 1, x.shape[3] + 1, dtype=x.dtype)
    padded[..., :-1, :-1] = x
    rows, columns = (range(0, side - 2, 2) for side in padded.shape[-2:])
    lines = [torch.stack([padded[..., r : r + 3, c : c + 3].amax((-2, -1)) for c in columns], -1) for r in rows]
    return torch.stack(lines, -2)
