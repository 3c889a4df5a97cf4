"""What vizlab knows about sum fusion: the entry point names METHOD."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Method
from vizlab.core.trace import SiteTrace
from vizlab.methods.parts.tasks import tasks_of
from vizlab_sum_fusion.network import STREAMS, SumFusion


def _build(config: NetworkConfig) -> SumFusion:
    if config.inputs != STREAMS:
        raise ValueError(f"its inputs are {', '.join(config.inputs)}; expected {', '.join(STREAMS)}")
    return SumFusion(tasks_of(config), **config.options)


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab_sum_fusion.charts import sum_weights  # drawing is imported when it is wanted

    return {"sum_weights": sum_weights}


def _tab() -> type:
    from vizlab_sum_fusion.tab import SumFusionTab

    return SumFusionTab


def _site_note(site: SiteTrace, target: int) -> str:
    return f"A channel of depth counts {float(np.abs(site.weights['weight']).mean()):.2f} on average here."


METHOD = Method(
    family="sum-fusion",
    title="Sum fusion",
    sentence="Sum fusion: a backbone for colour and one for depth; after every stage the features of depth are added, "
    "each channel with a weight of its own (after FuseNet, Hazirbas et al., ACCV 2016, which adds them as they are).",
    architectures={"sum-fusion-mobilenetv2": _build},
    kinds={"sum": "the features of depth, weighted by channel, added to those of colour"},
    views=_views,
    charts=("sum_weights",),
    tab=_tab,
    site_note=_site_note,
)
