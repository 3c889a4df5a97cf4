"""Networks of inverted residuals computed tensor by tensor, by torchvision's names, with nothing of our own."""

import re
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

State = Mapping[str, Tensor]


def tf_same(x: Tensor, kernel: int, stride: int) -> Tensor:
    """`x` padded as TensorFlow's documentation says of SAME: ceil(n / stride) results, the smaller half before."""
    sides = []
    for n in (x.shape[-1], x.shape[-2]):
        total = max((-(-n // stride) - 1) * stride + kernel - n, 0)
        sides += [total // 2, total - total // 2]
    return F.pad(x, sides)


def normed(x: Tensor, state: State, conv: str, norm: str, eps: float, stride: int, same: bool) -> Tensor:
    weight = state[f"{conv}.weight"]
    kernel, groups = weight.shape[-1], x.shape[1] // weight.shape[1]
    padded = tf_same(x, kernel, stride) if same else F.pad(x, [kernel // 2] * 4)
    y = F.conv2d(padded, weight, None, stride, groups=groups)
    scale = state[f"{norm}.weight"] / (state[f"{norm}.running_var"] + eps).sqrt()
    return (y - state[f"{norm}.running_mean"][:, None, None]) * scale[:, None, None] + state[f"{norm}.bias"][
        :, None, None
    ]


def efficientnet_features(x: Tensor, state: State, eps: float, same: bool) -> dict[int, Tensor]:
    """The output of every numbered group, by the names of torchvision's EfficientNets; 0 is the stem.

    A group halves the resolution where EfficientNet-B0's does: the second, third, fourth and sixth.
    """
    x = normed(x, state, "features.0.0", "features.0.1", eps, 2, same).clamp(0, 6)
    found = {0: x}
    blocks = sorted({(int(m[1]), int(m[2])) for k in state if (m := re.match(r"features\.(\d+)\.(\d+)\.block\.", k))})
    for group, index in blocks:
        before, name = x, f"features.{group}.{index}.block"
        parts = 1 + max(int(k.split(".")[4]) for k in state if k.startswith(f"{name}."))
        for part in range(parts):
            stride = 2 if part == parts - 2 and index == 0 and group in (2, 3, 4, 6) else 1
            x = normed(x, state, f"{name}.{part}.0", f"{name}.{part}.1", eps, stride, same)
            x = x.clamp(0, 6) if part < parts - 1 else x
        x = before + x if index > 0 else x
        found[group] = x
    return found


def efficientnet_state(groups: list[tuple[int, int, int, int]], stem: int = 32, seed: int = 0) -> dict[str, Tensor]:
    """Random weights by those names; `groups` are (expansion, channels, blocks, kernel)."""
    torch.manual_seed(seed)
    state: dict[str, Tensor] = {}

    def add(conv: str, norm: str, cout: int, cin: int, kernel: int) -> None:
        state[f"{conv}.weight"] = torch.randn(cout, cin, kernel, kernel) / (cin * kernel**2) ** 0.5
        for name, low, high in (("weight", 0.5, 1.5), ("bias", -0.5, 1.5), ("running_mean", -0.2, 0.2)):
            state[f"{norm}.{name}"] = torch.empty(cout).uniform_(low, high)
        state[f"{norm}.running_var"] = torch.empty(cout).uniform_(1e-3, 0.5)  # small, so that eps shows

    add("features.0.0", "features.0.1", stem, 3, 3)
    cin = stem
    for number, (expansion, cout, blocks, kernel) in enumerate(groups):
        for index in range(blocks):
            name, hidden = f"features.{number + 1}.{index}.block", expansion * cin
            shapes = [(hidden, cin, 1)] if expansion > 1 else []
            for part, shape in enumerate([*shapes, (hidden, 1, kernel), (cout, hidden, 1)]):
                add(f"{name}.{part}.0", f"{name}.{part}.1", *shape)
            cin = cout
    return state
