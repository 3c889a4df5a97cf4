"""The backbones of compact networks by name, and the architectures that a method has on them: one table for all."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Builder
from vizlab.core.network import FusionNetwork
from vizlab.methods.parts.inverted_residual import Group, InvertedResidualLayout

SAME_PADDING = "same_padding"
"""The option of a configuration that says how strided convolutions are padded: 1 as TensorFlow does, 0 symmetrically.

Padding belongs to the weights that a training starts from. Without the option it is the one that the backbone was
published with: symmetric in torchvision's MobileNetV2, TensorFlow's in EfficientNet-Lite.
"""

MOBILENET_V2 = InvertedResidualLayout(
    "MobileNetV2",  # table 2 of the paper; its 1x1 to 1280 channels only serves the classifier
    (
        Group(1, 16, 1, 1), Group(6, 24, 2, 2), Group(6, 32, 3, 2), Group(6, 64, 4, 2), Group(6, 96, 3, 1),
        Group(6, 160, 3, 2), Group(6, 320, 1, 1),
    ),
)  # fmt: skip
_EFFICIENTNET = (
    Group(1, 16, 1, 1), Group(6, 24, 2, 2), Group(6, 40, 2, 2, 5), Group(6, 80, 3, 2), Group(6, 112, 3, 1, 5),
    Group(6, 192, 4, 2, 5), Group(6, 320, 1, 1),
)  # fmt: skip


def efficientnet_lite(number: int, width: float, depth: float) -> InvertedResidualLayout:
    """EfficientNet-Lite: EfficientNet-B0 (Tan & Le, ICML 2019, table 1) without squeeze-excitation, ReLU6 for swish.

    Channels times `width` become the nearest multiple of 8, blocks times `depth` are rounded up. The stem keeps its 32
    channels, the first and the last group their one block.
    """
    ends = (_EFFICIENTNET[0], _EFFICIENTNET[-1])
    groups = tuple(
        replace(
            group,
            channels=8 * round(group.channels * width / 8),
            blocks=group.blocks if group in ends else math.ceil(group.blocks * depth),
        )
        for group in _EFFICIENTNET
    )
    return InvertedResidualLayout(f"EfficientNet-Lite{number}", groups, eps=1e-3, same_padding=True)


COMPACT = {
    "mobilenetv2": MOBILENET_V2,
    "efficientnet-lite0": efficientnet_lite(0, 1.0, 1.0),
    "efficientnet-lite2": efficientnet_lite(2, 1.1, 1.2),
}
"""By what ends the name of an architecture."""


def compact_architectures(
    prefix: str, build: Callable[[InvertedResidualLayout, NetworkConfig], FusionNetwork]
) -> dict[str, Builder]:
    """Builders by architecture, `prefix` before the backbone's name.

    `build` is given the layout with the padding that the configuration asks for, and the other options. A padding that
    is neither 0 nor 1 raises ValueError.
    """
    return {f"{prefix}{name}": partial(_build, build, layout) for name, layout in COMPACT.items()}


def _build(
    build: Callable[[InvertedResidualLayout, NetworkConfig], FusionNetwork],
    layout: InvertedResidualLayout,
    config: NetworkConfig,
) -> FusionNetwork:
    others = dict(config.options)
    same = others.pop(SAME_PADDING, int(layout.same_padding))
    if same not in (0, 1):
        raise ValueError(f"the option {SAME_PADDING} is {same!r}; expected 0 or 1")
    return build(replace(layout, same_padding=bool(same)), replace(config, options=others))
