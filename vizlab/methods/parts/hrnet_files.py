"""HRNets in configurations: their layout is read off the tensors of a file, and has a name or stands in the options."""

import re
from collections.abc import Callable
from functools import partial

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Builder
from vizlab.core.network import FusionNetwork
from vizlab.core.published import State
from vizlab.methods.parts.hrnet import NAMED, STRIDES, HRNetLayout
from vizlab.methods.parts.published_files import distinct, width

OTHER = "hrnet"
"""What ends the name of an architecture whose HRNet has no name: its layout stands in the options."""


def is_hrnet(state: State, prefix: str = "backbone.") -> bool:
    """Whether the tensors whose names begin with `prefix` are an HRNet's."""
    return f"{prefix}stage4.0.branches.0.0.conv1.weight" in state


def hrnet_layout(state: State, prefix: str = "backbone.") -> HRNetLayout:
    """Widths and depths of the HRNet whose tensors' names begin with `prefix`.

    Raises CheckpointError where a tensor is missing from which one is read.
    """
    before = re.escape(prefix)

    def count(names: str) -> int:
        return len(distinct(state, before + names))

    return HRNetLayout(
        tuple(width(state, f"{prefix}stage4.0.branches.{j}.0.conv1.weight") for j in range(len(STRIDES))),
        count(r"layer1\.(\d+)\."),
        tuple(count(rf"stage{stage}\.(\d+)\.") for stage in (2, 3, 4)),
        tuple(count(rf"stage{stage}\.0\.branches\.0\.(\d+)\.") for stage in (2, 3, 4)),
        width(state, f"{prefix}layer1.0.conv1.weight"),
    )


def hrnet_named(layout: HRNetLayout) -> tuple[str, dict[str, int]]:
    """What ends the name of an architecture on that HRNet, and the options it takes there: none where it has a name."""
    name = next((name for name, known in NAMED.items() if known == layout), None)
    return (OTHER, layout.to_options()) if name is None else (name, {})


def hrnet_architectures(
    prefix: str, build: Callable[[HRNetLayout, NetworkConfig], FusionNetwork]
) -> dict[str, Builder]:
    """Builders by architecture, `prefix` before the HRNet's name: those that have one, and any other by its options."""

    def other(config: NetworkConfig) -> FusionNetwork:
        return build(HRNetLayout.from_options(config.options), config)

    return {**{f"{prefix}{name}": partial(build, layout) for name, layout in NAMED.items()}, f"{prefix}{OTHER}": other}
