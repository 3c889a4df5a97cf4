"""The layout of an HRNet, read off the tensors of a file."""

import re

from vizlab.core.published import State
from vizlab.methods.parts.hrnet import SMALL_W18, STRIDES, HRNetLayout
from vizlab.methods.parts.published_files import distinct, width


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


def layout_words(layout: HRNetLayout) -> str:
    """How the layout is called: "HRNet-W48", "HRNet-W18 (small)"."""
    return f"HRNet-W{layout.channels[0]}" + (" (small)" if layout == SMALL_W18 else "")
