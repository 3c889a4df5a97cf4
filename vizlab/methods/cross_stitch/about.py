"""What vizlab knows about cross-stitch networks."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from torch import nn

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Fixed, Learning, Method, Origin
from vizlab.core.network import FusionNetwork
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.cross_stitch.files import CROSS_STITCH, CROSS_STITCH_VGG
from vizlab.methods.cross_stitch.network import (
    PER_CHANNEL,
    PER_EDGE,
    RESNET_STAGES,
    CrossStitchUnit,
    cross_stitch_compact,
    cross_stitch_resnet,
    cross_stitch_vgg16,
)
from vizlab.methods.parts.compact import compact_architectures
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.resnet import DEPTHS
from vizlab.methods.parts.tasks import tasks_of


def _compact(layout: InvertedResidualLayout, config: NetworkConfig) -> FusionNetwork:
    return cross_stitch_compact(tasks_of(config), layout, **config.options)


def _resnet(depth: int, config: NetworkConfig) -> FusionNetwork:
    stitched = config.stages or RESNET_STAGES
    return cross_stitch_resnet(depth, tasks_of(config), stitched=stitched, **config.options)


def _vgg16(config: NetworkConfig) -> FusionNetwork:
    return cross_stitch_vgg16(tasks_of(config), stitched=config.stages or None, **config.options)


def _units(network: nn.Module) -> Iterable[nn.Module]:
    return (module for module in network.modules() if isinstance(module, CrossStitchUnit))


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.cross_stitch import charts

    names = (*_CHARTS, "cross_stitch_channels")
    return {name: getattr(charts, name) for name in names}


def _tab() -> type:
    from vizlab.methods.cross_stitch.tab import CrossStitchTab

    return CrossStitchTab


def _site_note(site: SiteTrace, target: int) -> str:
    from vizlab.methods.cross_stitch.numbers import row_sentence

    return row_sentence(site, target)


def _edge_weight(site: SiteTrace, target: int, source: int, titles: Mapping[str, str]) -> Fixed | None:
    """The norm over channels of the alphas from the source, over the sum of those from all streams."""
    from vizlab.views.norms import part_of_norms

    norms = np.linalg.norm(site.weights["alpha"][target].astype(float), axis=1)
    words = ("alphas", "have", "", f"each over {site.site.channels} channels")
    return part_of_norms(norms, site.site, target, source, titles, words)


def _summary(trace: FusionTrace) -> Mapping[str, Any]:
    from vizlab.methods.cross_stitch.numbers import statement, unit_alphas

    by_stage = {u.stage: {"mean_alpha": u.mean, "drift": u.drift} for u in unit_alphas(trace)}
    return {"cross_stitch": {"stages": by_stage, "statement": statement(trace)}}


_COMPACT = "cross-stitch-mobilenetv2"
_CHARTS = ("cross_stitch_alphas", "cross_stitch_spread", "cross_stitch_drift", "cross_stitch_shares")

METHOD = Method(
    family="cross-stitch",
    title="Cross-stitch",
    sentence="Cross-stitch networks (Misra et al., CVPR 2016): one network for each task; after every stage each task "
    "takes a weighted sum of all tasks' features.",
    architectures={
        **compact_architectures("cross-stitch-", _compact),
        **{f"cross-stitch-resnet{depth}": partial(_resnet, depth) for depth in DEPTHS},
        "cross-stitch-vgg16": _vgg16,
    },
    files=(CROSS_STITCH, CROSS_STITCH_VGG),
    kinds={
        PER_CHANNEL: "a sum of all tasks' features for each task, weighted per channel",
        PER_EDGE: "a sum of all tasks' features for each task, with one weight for each of them",
    },
    origins=(
        Origin(
            "Misra et al., CVPR 2016", "https://arxiv.org/abs/1604.03539",
            "on a ResNet, weighted per channel, in the multi-task code base (Vandenhende et al., 2021); not on the "
            "paper’s AlexNet", "CC BY-NC 4.0",
        ),
        Origin(
            "Gao et al., CVPR 2020", "https://arxiv.org/abs/2003.14058", "beside MTL-NAS, with one weight an edge",
            "Apache 2.0", "on VGG-16",
        ),
    ),
    examples=(
        NetworkConfig(_COMPACT, ("semseg", "depth"), ("rgb",)),
        NetworkConfig("cross-stitch-vgg16", ("semseg", "normals"), ("rgb",), options={"width": 4}),
    ),
    learning=Learning(fusion_modules=_units),
    views=_views,
    charts=_CHARTS,
    tab=_tab,
    site_note=_site_note,
    edge_weight=_edge_weight,
    summary=_summary,
    rank=3,
)  # fmt: skip
