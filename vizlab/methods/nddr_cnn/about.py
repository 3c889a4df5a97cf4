"""What vizlab knows about NDDR-CNN."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from torch import nn

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Fixed, Learning, Method, Origin, Published
from vizlab.core.network import FusionNetwork
from vizlab.core.trace import SiteTrace
from vizlab.methods.nddr_cnn.files import NDDR_CNN
from vizlab.methods.nddr_cnn.network import NDDRLayer, nddr_alexnet, nddr_compact, nddr_resnet, nddr_vgg16
from vizlab.methods.nddr_cnn.vgg_files import VGG_FILES
from vizlab.methods.parts.compact import compact_architectures
from vizlab.methods.parts.concatenating import block_norms
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.resnet import DEPTHS
from vizlab.methods.parts.tasks import tasks_of
from vizlab.methods.parts.vgg_frameworks import PYTORCH, TENSORFLOW, Framework


def _compact(layout: InvertedResidualLayout, config: NetworkConfig) -> FusionNetwork:
    return nddr_compact(tasks_of(config), layout, **config.options)


def _resnet(depth: int, config: NetworkConfig) -> FusionNetwork:
    return nddr_resnet(depth, tasks_of(config), fused=config.stages or None, **config.options)


def _vgg16(framework: Framework, config: NetworkConfig) -> FusionNetwork:
    return nddr_vgg16(tasks_of(config), framework, fused=config.stages or None, **config.options)


def _alexnet(config: NetworkConfig) -> FusionNetwork:
    return nddr_alexnet(tasks_of(config), fused=config.stages or None, **config.options)


def _layers(network: nn.Module) -> Iterable[nn.Module]:
    return (module for module in network.modules() if isinstance(module, NDDRLayer))


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.nddr_cnn import charts

    names = (*_CHARTS, "nddr_matrix", "nddr_spectrum")
    return {name: getattr(charts, name) for name in names}


def _questions() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.nddr_cnn.charts import matrix

    return {"matrix": matrix}


def _tab() -> type:
    from vizlab.methods.nddr_cnn.tab import NDDRTab

    return NDDRTab


def _edge_weight(site: SiteTrace, target: int, source: int, titles: Mapping[str, str]) -> Fixed | None:
    """The Frobenius norm of the source's block, the batch norm's scale applied, over the sum of those of its row."""
    from vizlab.views.norms import part_of_norms

    words = ("block", "has", "blocks", "the batch norm's scale included")
    return part_of_norms(block_norms(site, target), site.site, target, source, titles, words)


_COMPACT = "nddr-cnn-mobilenetv2"
_CHARTS = ("nddr_block_norms", "nddr_drift", "nddr_effective_ranks", "nddr_shares")

METHOD = Method(
    family="nddr-cnn",
    title="NDDR-CNN",
    sentence="NDDR-CNN (Gao et al., CVPR 2019): one network for each task; after every stage a 1x1 convolution mixes "
    "the features of all.",
    architectures={
        **compact_architectures("nddr-cnn-", _compact),
        **{f"nddr-cnn-resnet{depth}": partial(_resnet, depth) for depth in DEPTHS},
        "nddr-cnn-alexnet": _alexnet,
        "nddr-cnn-vgg16": partial(_vgg16, TENSORFLOW),
        "nddr-cnn-vgg16-pytorch": partial(_vgg16, PYTORCH),
    },
    files=(NDDR_CNN, *VGG_FILES),
    kinds={"nddr": "a 1x1 convolution over the concatenated features of all tasks, one for each task"},
    literature=(
        Published(
            ("rgb",), "NDDR-CNN", "backbone and protocol unstated; normals of its own kind", "a third party's listing",
            {"semseg": {"mIoU": 43.3}, "normals": {"mean angle": 14.4}},
        ),
    ),
    origins=(
        Origin(
            "Gao et al., CVPR 2019", "https://arxiv.org/abs/1801.08297",
            "the authors’ code in TensorFlow, and in PyTorch beside MTL-NAS", "none given; Apache 2.0", "on VGG-16",
        ),
        Origin(
            "Vandenhende et al., TPAMI 2021", "https://arxiv.org/abs/2004.13379", "the multi-task code base",
            "CC BY-NC 4.0", "on a ResNet",
        ),
        Origin(
            "Gao et al., CVPR 2019", "https://arxiv.org/abs/1801.08297", name="on AlexNet, as we read the paper",
        ),
    ),
    examples=(NetworkConfig(_COMPACT, ("semseg", "depth"), ("rgb",)),),
    learning=Learning(fusion_modules=_layers),
    views=_views,
    charts=_CHARTS,
    questions=_questions,
    edge_weight=_edge_weight,
    tab=_tab,
    rank=1,
)  # fmt: skip
