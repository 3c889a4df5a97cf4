"""What vizlab knows about MTAN."""

from functools import partial

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Method
from vizlab.core.network import FusionNetwork
from vizlab.methods.mtan.files import MTAN
from vizlab.methods.mtan.network import KIND, mtan_mobilenetv2, mtan_resnet
from vizlab.methods.parts.resnet import DEPTHS
from vizlab.methods.parts.tasks import tasks_of


def _mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    return mtan_mobilenetv2(tasks_of(config), **config.options)


def _resnet(depth: int, config: NetworkConfig) -> FusionNetwork:
    return mtan_resnet(depth, tasks_of(config), **config.options)


METHOD = Method(
    family="mtan",
    title="MTAN",
    sentence="MTAN (Liu et al., CVPR 2019): one network for all tasks; at every stage each task selects from its "
    "features by a mask of its own. Tasks send each other nothing.",
    architectures={
        "mtan-mobilenetv2": _mobilenetv2,
        **{f"mtan-resnet{depth}": partial(_resnet, depth) for depth in DEPTHS},
    },
    files=(MTAN,),
    kinds={
        KIND: "a mask for each task on features that all share: nothing comes from another task, so no cross-stream "
        "share is defined"
    },
    rank=5,
)
