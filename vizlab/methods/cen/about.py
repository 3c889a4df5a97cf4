"""What vizlab knows about CEN."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vizlab.core.config import IMAGENET, METRES, SIGNED, SIGNED_LOG_DEPTH, NetworkConfig
from vizlab.core.method import Citation, Control, Effect, Fixed, Learning, Method, Origin, Published
from vizlab.core.network import FusionNetwork
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.cen import pix2pix
from vizlab.methods.cen.apart import as_networks
from vizlab.methods.cen.files import SEGMENTATION, TRANSLATION
from vizlab.methods.cen.network import THRESHOLD, cen_compact, cen_resnet, exchanged_of_eligible
from vizlab.methods.cen.sparsity import exchange_least, shrink_eligible, start_scales
from vizlab.methods.parts import other_files
from vizlab.methods.parts.compact import compact_architectures
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.stream_ensemble import weights_of_streams
from vizlab.methods.parts.tasks import tasks_of
from vizlab.tasks import Task

DEPTHS = (50, 101, 152)
"""ResNets made of bottlenecks, at whose second norm the released code exchanges."""
_PAPER = "Wang et al., NeurIPS 2020"


def _threshold(config: NetworkConfig) -> float:
    released = pix2pix.THRESHOLD if config.architecture == "cen-pix2pix" else THRESHOLD
    return released if config.threshold is None else config.threshold


def _own_threshold(config: NetworkConfig) -> float | None:
    """A CEN of one task and one input has a single stream, which has nobody to exchange with."""
    return _threshold(config) if len(config.tasks) * len(config.inputs) > 1 else None


def _compact(layout: InvertedResidualLayout, config: NetworkConfig) -> FusionNetwork:
    return cen_compact(config.inputs, tasks_of(config), _threshold(config), layout=layout, **config.options)


def _resnet(depth: int, config: NetworkConfig) -> FusionNetwork:
    return cen_resnet(depth, config.inputs, tasks_of(config), _threshold(config), **config.options)


def _pix2pix(config: NetworkConfig) -> FusionNetwork:
    (name,) = config.tasks
    return pix2pix.cen_pix2pix(config.inputs, Task(name, 3), _threshold(config), **config.options)


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.cen import charts, feature_maps, history_charts, ledger

    return {
        "exchange_ledger": ledger.exchange_ledger,
        "ledger_colorscale": ledger.ledger_colorscale,
        "exchange_fractions": charts.exchange_fractions,
        "exchange_history": history_charts.exchange_history,
        "exchange_groups": feature_maps.exchange_groups,
        "gamma_curves": charts.gamma_curves,
        "scale_film": history_charts.scale_film,
        "scale_map": history_charts.scale_map,
        "threshold_curve": charts.threshold_curve,
    }


def _tab() -> type:
    from vizlab.methods.cen.tab import ExchangeTab

    return ExchangeTab


def _site_note(site: SiteTrace, target: int) -> str:
    count = int(site.weights["exchanged"][target].sum())
    return f"{count} of {site.site.channels} channels are exchanged here."


def _edge_weight(site: SiteTrace, target: int, source: int, titles: Mapping[str, str]) -> Fixed:
    """The exchanged part of the target's channels; where a channel becomes the mean of several, an equal part each."""
    from vizlab.views.formatting import percent_words, whose

    exchanged, channels = int(site.weights["exchanged"][target].sum()), site.site.channels
    others, owner = len(site.site.sources) - 1, whose(titles[site.site.targets[target]])
    value = exchanged / channels / others
    if not exchanged:
        return Fixed(0.0, f"None of {owner} {channels} channels here is exchanged")
    of_all = f"{percent_words(exchanged / channels)} of {owner} channels here are exchanged ({exchanged} of {channels})"
    if others == 1:
        return Fixed(value, of_all, they=True)
    part = f"so that {percent_words(value)} count for {titles[site.site.sources[source]]}"
    return Fixed(value, f"{of_all}, each for the mean of the {others} others, {part}")


def _summary(trace: FusionTrace) -> Mapping[str, Any]:
    from vizlab.methods.cen.numbers import exchange_summary
    from vizlab.views.ensemble import ensemble_words, weights_by_task

    if not trace.sites:
        return {}
    found = exchange_summary(trace)
    return {
        "exchange": {
            "fraction": found.fraction,
            "eligible_fraction": found.eligible_fraction,
            "statement": found.statement,
        },
        "ensemble": {"weights": weights_by_task(trace), "statement": ensemble_words(trace)},
    }


METHOD = Method(
    family="cen",
    title="CEN",
    sentence="CEN (Wang et al., NeurIPS 2020 and TPAMI 2023): streams share their convolutions, keep norms of their "
    "own, and take each other's channels where a channel's scale is small.",
    alone="A baseline: one task from one input by the backbone and decoder of CEN, with nothing to exchange.",
    architectures={
        **compact_architectures("cen-", _compact),
        **{f"cen-resnet{depth}": partial(_resnet, depth) for depth in DEPTHS},
        "cen-pix2pix": _pix2pix,
    },
    files=(SEGMENTATION, TRANSLATION),
    others=other_files.CEN,
    controls=(
        Control(
            name="threshold",
            title="exchange threshold",
            own=_own_threshold,
            absent="exchanges no channels",
            effect=Effect("exchanged", "exchanges", "eligible channels", "exchange off", exchanged_of_eligible),
        ),
    ),
    without={"threshold": 0.0},
    kinds={"exchange": "channel exchange after a norm: channels with a small scale are replaced by the other streams'"},
    citation=Citation("ensemble: CEN, NeurIPS 2020, section 3", "https://arxiv.org/abs/2011.05005"),
    literature=(
        Published(
            ("rgb", "depth"), "CEN, ResNet-101", "ensemble, single scale", _PAPER,
            {"semseg": {"mIoU": 51.1, "mean accuracy": 62.8, "pixel accuracy": 76.2}},
        ),
        Published(
            ("rgb", "depth"), "CEN, ResNet-152", "ensemble, single scale", _PAPER,
            {"semseg": {"mIoU": 51.6, "mean accuracy": 64.4, "pixel accuracy": 77.0}},
        ),
    ),
    origins=(
        Origin(
            "Wang et al., NeurIPS 2020", "https://arxiv.org/abs/2011.05005", "the authors’ code, in PyTorch",
            "MIT, over a non-commercial header of its RefineNet", "segmentation and image translation",
        ),
        Origin(
            "Wang et al., TPAMI 2023", "https://arxiv.org/abs/2112.02252",
            name="between tasks, between tasks and modalities, and in cycles, as we read the paper",
        ),
    ),
    examples=(
        NetworkConfig(
            "cen-mobilenetv2", ("semseg",), ("rgb", "depth"), normalisation={"rgb": IMAGENET, "depth": METRES}
        ),
        NetworkConfig(
            "cen-pix2pix", ("image",), ("rgb", "depth"), working_size=(256, 256), options={"filters": 2},
            normalisation={"rgb": SIGNED, "depth": SIGNED_LOG_DEPTH},
        ),
    ),
    learning=Learning(
        after_step=shrink_eligible,
        start=start_scales,
        as_networks=as_networks,
        exchange_least=exchange_least,
        ensemble=weights_of_streams,
    ),
    views=_views,
    charts=("exchange_ledger", "exchange_fractions", "threshold_curve"),
    tab=_tab,
    site_note=_site_note,
    edge_weight=_edge_weight,
    summary=_summary,
    rank=0,
)  # fmt: skip
