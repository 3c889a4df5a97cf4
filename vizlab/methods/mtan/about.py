"""What vizlab knows about MTAN."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Method, Origin
from vizlab.core.network import FusionNetwork
from vizlab.core.trace import FusionTrace
from vizlab.methods.mtan.files import MTAN
from vizlab.methods.mtan.network import KIND, mtan_compact, mtan_resnet
from vizlab.methods.parts.compact import compact_architectures
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.resnet import DEPTHS
from vizlab.methods.parts.tasks import tasks_of


def _compact(layout: InvertedResidualLayout, config: NetworkConfig) -> FusionNetwork:
    return mtan_compact(tasks_of(config), layout, **config.options)


def _resnet(depth: int, config: NetworkConfig) -> FusionNetwork:
    return mtan_resnet(depth, tasks_of(config), **config.options)


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.mtan import charts

    return {name: getattr(charts, name) for name in (*_CHARTS, "mask_panels")}


def _tab() -> type:
    from vizlab.methods.mtan.tab import MasksTab

    return MasksTab


def _summary(trace: FusionTrace) -> Mapping[str, Any]:
    from vizlab.methods.mtan.numbers import layer_masks, statement

    stages = {
        layer.stage: {"mean_mask": layer.means, "channels_kept": layer.kept, "overlap": layer.overlap}
        for layer in layer_masks(trace)
    }
    return {"mtan": {"stages": stages, "statement": statement(trace)}}


_COMPACT = "mtan-mobilenetv2"
_CHARTS = ("mask_overlaps", "mask_channels")

METHOD = Method(
    family="mtan",
    title="MTAN",
    sentence="MTAN (Liu et al., CVPR 2019): one network for all tasks; at every stage each task selects from its "
    "features by a mask of its own. Tasks send each other nothing.",
    architectures={
        **compact_architectures("mtan-", _compact),
        **{f"mtan-resnet{depth}": partial(_resnet, depth) for depth in DEPTHS},
    },
    files=(MTAN,),
    kinds={
        KIND: "a mask for each task on features that all share: nothing comes from another task, so no cross-stream "
        "share is defined"
    },
    origins=(
        Origin(
            "Liu et al., CVPR 2019", "https://arxiv.org/abs/1803.10704",
            "on a ResNet in the multi-task code base (Vandenhende et al., 2021); not on the paper’s SegNet",
            "CC BY-NC 4.0",
        ),
    ),
    examples=(NetworkConfig(_COMPACT, ("semseg", "depth", "normals"), ("rgb",)),),
    views=_views,
    charts=_CHARTS,
    tab=_tab,
    summary=_summary,
    rank=6,
)  # fmt: skip
