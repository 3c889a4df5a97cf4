"""What vizlab knows about reference networks."""

from collections.abc import Mapping
from functools import partial

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Builder, Method, Origin
from vizlab.core.network import FusionNetwork
from vizlab.methods.parts.hrnet import HRNetLayout
from vizlab.methods.parts.hrnet_files import hrnet_architectures
from vizlab.methods.parts.resnet import DEPTHS
from vizlab.methods.parts.tasks import tasks_of
from vizlab.methods.references.files import FILES, SHARED, SINGLE
from vizlab.methods.references.network import (
    ReferenceNetwork,
    SharedEncoder,
    SingleTask,
    hrnet_trunk,
    resnet_trunk,
)
from vizlab.methods.references.vgg import VGG_ARCHITECTURES
from vizlab.methods.references.vgg_files import VGG_FILES

_KINDS = {SINGLE: SingleTask, SHARED: SharedEncoder}


def _resnet(kind: type[ReferenceNetwork], depth: int, config: NetworkConfig) -> FusionNetwork:
    return kind(resnet_trunk(depth, **config.options), tasks_of(config))


def _hrnet(kind: type[ReferenceNetwork], layout: HRNetLayout, config: NetworkConfig) -> FusionNetwork:
    return kind(hrnet_trunk(layout), tasks_of(config))


def _architectures() -> Mapping[str, Builder]:
    found: dict[str, Builder] = {}
    for name, kind in _KINDS.items():
        found |= {f"{name}-resnet{depth}": partial(_resnet, kind, depth) for depth in DEPTHS}
        found |= hrnet_architectures(f"{name}-", partial(_hrnet, kind))
    return {**found, **VGG_ARCHITECTURES}


_SENTENCE = (
    "References: networks in which nothing mixes, to hold the others against: one backbone for a single task, or a "
    "backbone that several tasks share and behind which each has a head of its own (Vandenhende et al., TPAMI 2021; on "
    "VGG-16 Gao et al., CVPR 2019)."
)

METHOD = Method(
    family="reference",
    title="References",
    sentence=_SENTENCE,
    alone=_SENTENCE,
    architectures=_architectures(),
    files=(*FILES, *VGG_FILES),
    origins=(
        Origin(
            "Vandenhende et al., TPAMI 2021", "https://arxiv.org/abs/2004.13379", "the authors’ multi-task code base",
            "CC BY-NC 4.0", "on a ResNet or HRNet",
        ),
        Origin(
            "Gao et al., CVPR 2019", "https://arxiv.org/abs/1801.08297", "NDDR-CNN’s code and its successor’s",
            "none given; Apache 2.0", "on VGG-16",
        ),
    ),
    rank=90,
)  # fmt: skip
