"""What vizlab knows about MTL-NAS."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from torch import nn

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Fixed, Learning, Method, Origin
from vizlab.core.network import FusionNetwork
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.mtl_nas.citations import PAPER
from vizlab.methods.mtl_nas.files import MTL_NAS, SEARCHED, SUPERNET
from vizlab.methods.mtl_nas.network import KIND, MTLNAS, Path
from vizlab.methods.parts.tasks import tasks_of


def _build(searched: bool, config: NetworkConfig) -> FusionNetwork:
    options = {name: value for name, value in config.options.items() if name != "stages"}
    return MTLNAS(tasks_of(config), searched, **options)


def _paths(network: nn.Module) -> Iterable[nn.Module]:
    return (module for module in network.modules() if isinstance(module, Path))


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.mtl_nas import charts

    return {name: getattr(charts, name) for name in _CHARTS}


def _tab() -> type:
    from vizlab.methods.mtl_nas.tab import ConnectionsTab

    return ConnectionsTab


def _summary(trace: FusionTrace) -> Mapping[str, Any]:
    from vizlab.methods.mtl_nas.numbers import connections, statement

    opened = {one.target: int(one.is_open[:, 1:].sum()) for one in connections(trace)}
    return {"mtl_nas": {"open": opened, "statement": statement(trace)}}


def _edge_weight(site: SiteTrace, target: int, source: int, titles: Mapping[str, str]) -> Fixed | None:
    """As of any concatenation, closed connections having no weight."""
    from vizlab.methods.mtl_nas.numbers import open_weights
    from vizlab.views.norms import part_of_norms

    words = ("block", "has", "blocks", "the batch norm's scale included, 0 where the connection is closed")
    return part_of_norms(open_weights(site), site.site, target, source, titles, words)


def _site_note(site: SiteTrace, target: int) -> str:
    """Which connections the search left open."""
    incoming = list(zip(site.site.sources[1:], site.weights["open"][target][1:], strict=True))
    closed = [source for source, is_open in incoming if not is_open]
    if not closed:
        return f"All {len(incoming)} connections are open." if len(incoming) > 1 else "The connection is open."
    return f"{len(closed)} of {len(incoming)} connections closed: from {', '.join(closed)}."


_CHARTS = ("connection_weights", "connection_shares")

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
    origins=(Origin("Gao et al., CVPR 2020", PAPER, "the authors’ code, in PyTorch", "Apache 2.0"),),
    examples=(NetworkConfig(SEARCHED, ("semseg", "normals"), ("rgb",), options={"width": 4}),),
    learning=Learning(fusion_modules=_paths),
    views=_views,
    charts=_CHARTS,
    tab=_tab,
    summary=_summary,
    site_note=_site_note,
    edge_weight=_edge_weight,
    rank=4,
)
