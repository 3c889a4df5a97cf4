"""What vizlab knows about TokenFusion."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Citation, Control, Learning, Method, Origin, Published
from vizlab.core.network import FusionNetwork
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.methods.parts import other_files
from vizlab.methods.parts.compact import compact_architectures
from vizlab.methods.parts.inverted_residual import InvertedResidualLayout
from vizlab.methods.parts.stream_ensemble import weights_of_streams
from vizlab.methods.parts.tasks import tasks_of
from vizlab.methods.token_fusion.compact import token_fusion_compact
from vizlab.methods.token_fusion.exchange import THRESHOLD
from vizlab.methods.token_fusion.files import SEGMENTATION, TRANSLATION
from vizlab.methods.token_fusion.network import MIT, token_fusion_mit
from vizlab.methods.token_fusion.sparsity import score_networks, score_size
from vizlab.methods.token_fusion.translation import GENERATORS, token_fusion_translation
from vizlab.tasks import Task

_PAPER = "https://arxiv.org/abs/2204.08721"
_LICENCE = "MIT, over NVIDIA's non-commercial one for the mix transformer"


def _threshold(config: NetworkConfig) -> float:
    return THRESHOLD if config.threshold is None else config.threshold


def _mit(size: str, config: NetworkConfig) -> FusionNetwork:
    (task,) = tasks_of(config)
    return token_fusion_mit(size, config.inputs, task, _threshold(config), **config.options)


def _translation(size: str, config: NetworkConfig) -> FusionNetwork:
    (name,) = config.tasks
    return token_fusion_translation(size, config.inputs, Task(name, 3), _threshold(config), **config.options)


def _compact(layout: InvertedResidualLayout, config: NetworkConfig) -> FusionNetwork:
    (task,) = tasks_of(config)
    return token_fusion_compact(config.inputs, task, _threshold(config), layout, **config.options)


def _views() -> Mapping[str, Callable[..., Any]]:
    from vizlab.methods.token_fusion import charts, maps

    of_picture = ("tokens_given_up", "token_scores", "tokens_given_up_over_blocks")
    return {**{name: getattr(charts, name) for name in _CHARTS}, **{name: getattr(maps, name) for name in of_picture}}


def _tab() -> type:
    from vizlab.methods.token_fusion.tab import TokenTab

    return TokenTab


def _site_note(site: SiteTrace, target: int) -> str:
    """Nothing at a site holds for every picture: what is said is of this one."""
    from vizlab.methods.token_fusion.exchange import GIVEN_UP

    if GIVEN_UP not in site.extras:
        return ""
    given_up = site.extras[GIVEN_UP][target]
    some = f"{int(given_up.sum()):,} of {given_up.size:,}"
    return f"In this picture {some} tokens are given up here; in another one they are others."


def _summary(trace: FusionTrace) -> Mapping[str, Any]:
    from vizlab.methods.token_fusion.numbers import statement, stream_tokens
    from vizlab.views.ensemble import ensemble_words, weights_by_task

    if not trace.sites:
        return {}
    streams = {one.target: {"given_up": one.given_up, "tokens": one.tokens} for one in stream_tokens(trace)}
    return {
        "tokens": {"streams": streams, "statement": statement(trace)},
        "ensemble": {"weights": weights_by_task(trace), "statement": ensemble_words(trace)},
    }


_CHARTS = ("token_shares", "token_score_spread")

METHOD = Method(
    family="token-fusion",
    title="TokenFusion",
    sentence="TokenFusion (Wang et al., CVPR 2022): two streams share a transformer but for its norms; a token whose "
    "score is small is replaced by the other stream's, anew for every picture.",
    architectures={
        **compact_architectures("token-fusion-", _compact),
        **{f"token-fusion-mit-{size}": partial(_mit, size) for size in MIT},
        **{f"token-fusion-translation-{size}": partial(_translation, size) for size in GENERATORS},
    },
    files=(SEGMENTATION, TRANSLATION),
    others=other_files.MIX_TRANSFORMERS,
    controls=(Control("threshold", "exchange threshold", _threshold, "exchanges no tokens"),),
    without={"threshold": 0.0},
    origins=(
        Origin("Wang et al., TokenFusion, CVPR 2022", _PAPER, "yikaiw/TokenFusion", _LICENCE, "mix transformers"),
        Origin("vizlab's own, after that paper", _PAPER, name="on MobileNetV2 and EfficientNet-Lite"),
    ),
    examples=(
        NetworkConfig("token-fusion-mobilenetv2", ("semseg",), ("rgb", "depth")),
        NetworkConfig("token-fusion-mit-b0", ("semseg",), ("rgb", "depth")),
        NetworkConfig("token-fusion-translation-b0", ("image",), ("rgb", "depth")),
    ),
    kinds={"token exchange": "tokens, each weighed by its score; those with a small one are replaced"},
    citation=Citation("ensemble: TokenFusion, CVPR 2022", _PAPER),
    literature=(
        Published(
            ("rgb", "depth"), "TokenFusion, SegFormer-B3", "ensemble, single scale", "Wang et al., CVPR 2022",
            {"semseg": {"mIoU": 54.8, "mean accuracy": 67.5, "pixel accuracy": 78.7}},
        ),
    ),
    learning=Learning(fusion_modules=score_networks, penalty=score_size, ensemble=weights_of_streams),
    views=_views,
    charts=_CHARTS,
    tab=_tab,
    site_note=_site_note,
    note_of_picture=True,
    summary=_summary,
    rank=5,
)  # fmt: skip
