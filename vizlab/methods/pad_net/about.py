"""What vizlab knows about PAD-Net."""

from collections.abc import Callable, Mapping
from typing import Any

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Method, Origin
from vizlab.core.network import FusionNetwork
from vizlab.methods.pad_net.files import PAD_NET, PREFIX
from vizlab.methods.pad_net.network import WIDTH, pad_compact, pad_hrnet
from vizlab.methods.parts import distillation
from vizlab.methods.parts.compact import compact_architectures
from vizlab.methods.parts.hrnet import HRNetLayout
from vizlab.methods.parts.hrnet_files import hrnet_architectures
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.tasks import tasks_of
from vizlab.tasks import Task

_COMPACT = "pad-net-mobilenetv2"


def _compact(layout: InvertedResidualLayout, config: NetworkConfig) -> FusionNetwork:
    tasks, senders = _tasks(config)
    return pad_compact(tasks, senders, layout, **config.options)


def _hrnet(layout: HRNetLayout, config: NetworkConfig) -> FusionNetwork:
    tasks, senders = _tasks(config)
    return pad_hrnet(tasks, senders, layout, config.options.get("width", WIDTH))


def _tasks(config: NetworkConfig) -> tuple[list[Task], list[Task]]:
    """Those that receive, and those that send."""
    return tasks_of(config), tasks_of(config, config.auxiliary_tasks or config.tasks)


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.views.distillation import PUBLIC
    from vizlab.views.initial import initial_predictions

    return {**PUBLIC, "initial_predictions": initial_predictions}


def _tab() -> type:
    from vizlab.methods.pad_net.tab import DistillationTab

    return DistillationTab


METHOD = Method(
    family="pad-net",
    title="PAD-Net",
    sentence="PAD-Net (Xu et al., CVPR 2018): tasks are predicted once, tell each other through gates what they found, "
    "and are predicted again.",
    architectures={**compact_architectures(PREFIX, _compact), **hrnet_architectures(PREFIX, _hrnet)},
    files=(PAD_NET,),
    kinds={distillation.KIND: distillation.WORDS},
    origins=(
        Origin(
            "Xu et al., CVPR 2018", "https://arxiv.org/abs/1805.04409",
            "on an HRNet in the multi-task code base (Vandenhende et al., 2021); not on the paper’s ResNet",
            "CC BY-NC 4.0",
        ),
    ),
    examples=(NetworkConfig(_COMPACT, ("semseg", "depth", "normals"), ("rgb",)),),
    views=_views,
    charts=("affinity_shares",),
    tab=_tab,
    rank=5,
)  # fmt: skip
