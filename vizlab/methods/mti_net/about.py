"""What vizlab knows about MTI-Net."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Method, Origin, Published
from vizlab.core.network import FusionNetwork
from vizlab.methods.mti_net.files import MTI_NET, PREFIX
from vizlab.methods.mti_net.network import mti_compact, mti_hrnet, mti_resnet_fpn
from vizlab.methods.parts import distillation, other_files
from vizlab.methods.parts.compact import compact_architectures
from vizlab.methods.parts.hrnet import HRNetLayout
from vizlab.methods.parts.hrnet_files import hrnet_architectures
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.tasks import tasks_of
from vizlab.tasks import Task

FPN_DEPTHS = (18, 50)
"""Of the ResNets under our feature pyramid; the paper does not say which it took for which data set."""
_PAPER, _URL = "Vandenhende et al., ECCV 2020", "https://arxiv.org/abs/2001.06902"
_COMPACT = "mti-net-mobilenetv2"


def _compact(layout: InvertedResidualLayout, config: NetworkConfig) -> FusionNetwork:
    return mti_compact(*_tasks(config), layout)


def _hrnet(layout: HRNetLayout, config: NetworkConfig) -> FusionNetwork:
    return mti_hrnet(*_tasks(config), layout)


def _resnet_fpn(depth: int, config: NetworkConfig) -> FusionNetwork:
    tasks, senders = _tasks(config)
    return mti_resnet_fpn(depth, tasks, senders, **config.options)


def _tasks(config: NetworkConfig) -> tuple[list[Task], list[Task]]:
    """Those that receive, and those that send."""
    return tasks_of(config), tasks_of(config, config.auxiliary_tasks or config.tasks)


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.mti_net.pixel_groups import pixel_groups
    from vizlab.views.distillation import PUBLIC
    from vizlab.views.initial import initial_predictions

    return {**PUBLIC, "initial_predictions": initial_predictions, "pixel_groups": pixel_groups}


def _tab() -> type:
    from vizlab.methods.mti_net.tab import AffinitiesTab

    return AffinitiesTab


METHOD = Method(
    family="mti-net",
    title="MTI-Net",
    sentence="MTI-Net (Vandenhende et al., ECCV 2020): tasks predict at four scales, and refine each other's features "
    "at each of them.",
    architectures={
        **compact_architectures(PREFIX, _compact),
        **hrnet_architectures(PREFIX, _hrnet),
        **{f"mti-net-resnet{depth}-fpn": partial(_resnet_fpn, depth) for depth in FPN_DEPTHS},
    },
    files=(MTI_NET,),
    others=other_files.BACKBONES,
    kinds={
        distillation.KIND: distillation.WORDS,
        "propagation": "one representation of all tasks' features, handed to every task: not a sum",
    },
    order_words="propagation from coarse to fine, then the four parallel distillation units",
    side_by_side=frozenset({distillation.KIND}),
    origins=(
        Origin(
            _PAPER, _URL, "on an HRNet in the authors’ multi-task code base (Vandenhende et al., 2021)", "CC BY-NC 4.0"
        ),
        Origin(_PAPER, _URL, name="on a ResNet, its feature pyramid our reading that no file of the authors fits"),
    ),
    examples=(NetworkConfig(_COMPACT, ("semseg", "depth", "normals"), ("rgb",)),),
    literature=(
        Published(
            ("rgb",), "MTI-Net, HRNet-18", "semseg and depth", _PAPER,
            {"semseg": {"mIoU": 35.1}, "depth": {"RMSE": 0.620}},
        ),
        Published(
            ("rgb",), "MTI-Net, HRNet-18", "with edges and normals", _PAPER,
            {"semseg": {"mIoU": 37.5}, "depth": {"RMSE": 0.607}},
        ),
        Published(("rgb",), "MTI-Net, HRNet-48", "", _PAPER, {"semseg": {"mIoU": 49.0}, "depth": {"RMSE": 0.529}}),
    ),
    views=_views,
    charts=("affinity_shares",),
    tab=_tab,
    rank=2,
)  # fmt: skip
