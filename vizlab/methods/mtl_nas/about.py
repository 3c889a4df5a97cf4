"""What vizlab knows about MTL-NAS."""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
from torch import nn

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Fixed, Learning, Method, Origin
from vizlab.core.network import FusionNetwork
from vizlab.core.trace import SiteTrace
from vizlab.methods.mtl_nas.files import MTL_NAS, SEARCHED, SUPERNET
from vizlab.methods.mtl_nas.network import KIND, MTLNAS, Path
from vizlab.methods.parts.concatenating import block_norms
from vizlab.methods.parts.tasks import tasks_of


def _build(searched: bool, config: NetworkConfig) -> FusionNetwork:
    options = {name: value for name, value in config.options.items() if name != "stages"}
    return MTLNAS(tasks_of(config), searched, **options)


def _paths(network: nn.Module) -> Iterable[nn.Module]:
    return (module for module in network.modules() if isinstance(module, Path))


def _edge_weight(site: SiteTrace, target: int, source: int, titles: Mapping[str, str]) -> Fixed | None:
    """As of any concatenation, closed connections having no weight."""
    from vizlab.views.norms import part_of_norms

    norms = np.where(site.weights["open"][target], block_norms(site, target), 0)
    words = ("block", "has", "blocks", "the batch norm's scale included, 0 where the connection is closed")
    return part_of_norms(norms, site.site, target, source, titles, words)


def _site_note(site: SiteTrace, target: int) -> str:
    """Which connections the search left open."""
    incoming = list(zip(site.site.sources[1:], site.weights["open"][target][1:], strict=True))
    closed = [source for source, is_open in incoming if not is_open]
    if not closed:
        return f"All {len(incoming)} connections are open." if len(incoming) > 1 else "The connection is open."
    return f"{len(closed)} of {len(incoming)} connections closed: from {', '.join(closed)}."


METHOD = Method(
    family="mtl-nas",
    title="MTL-NAS",
    sentence="MTL-NAS (Gao et al., CVPR 2020): one network for each of two tasks; after every convolution a 1x1 "
    "convolution mixes in the other's features of this and the last stages, on connections that a search chose.",
    architectures={SEARCHED: partial(_build, True), SUPERNET: partial(_build, False)},
    files=(MTL_NAS,),
    kinds={
        KIND: "a 1x1 convolution over a task's own features and the other task's of this stage and up to two before it"
    },
    origins=(
        Origin(
            "Gao et al., MTL-NAS, CVPR 2020", "https://arxiv.org/abs/2003.14058", "the MTL-NAS code base", "Apache 2.0"
        ),
    ),
    learning=Learning(fusion_modules=_paths),
    site_note=_site_note,
    edge_weight=_edge_weight,
    rank=4,
)
