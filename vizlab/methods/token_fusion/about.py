"""What vizlab knows about TokenFusion."""

from functools import partial

from vizlab.core.config import NetworkConfig
from vizlab.core.method import Control, Method
from vizlab.core.network import FusionNetwork
from vizlab.methods.parts import other_files
from vizlab.methods.parts.tasks import tasks_of
from vizlab.methods.token_fusion.compact import token_fusion_mobilenetv2
from vizlab.methods.token_fusion.exchange import THRESHOLD
from vizlab.methods.token_fusion.files import SEGMENTATION, TRANSLATION
from vizlab.methods.token_fusion.network import MIT, token_fusion_mit
from vizlab.methods.token_fusion.translation import GENERATORS, token_fusion_translation
from vizlab.tasks import Task


def _threshold(config: NetworkConfig) -> float:
    return THRESHOLD if config.threshold is None else config.threshold


def _mit(size: str, config: NetworkConfig) -> FusionNetwork:
    (task,) = tasks_of(config)
    return token_fusion_mit(size, config.inputs, task, _threshold(config), **config.options)


def _translation(size: str, config: NetworkConfig) -> FusionNetwork:
    (name,) = config.tasks
    return token_fusion_translation(size, config.inputs, Task(name, 3), _threshold(config), **config.options)


def _mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    (task,) = tasks_of(config)
    return token_fusion_mobilenetv2(config.inputs, task, _threshold(config), **config.options)


METHOD = Method(
    family="token-fusion",
    title="TokenFusion",
    sentence="TokenFusion (Wang et al., CVPR 2022): two streams share a transformer but for its norms; a token whose "
    "score is small is replaced by the other stream's, anew for every picture.",
    architectures={
        "token-fusion-mobilenetv2": _mobilenetv2,
        **{f"token-fusion-mit-{size}": partial(_mit, size) for size in MIT},
        **{f"token-fusion-translation-{size}": partial(_translation, size) for size in GENERATORS},
    },
    files=(SEGMENTATION, TRANSLATION),
    others=other_files.MIX_TRANSFORMERS,
    controls=(Control("threshold", "exchange threshold", _threshold, "exchanges no tokens"),),
    without={"threshold": 0.0},
    kinds={"token exchange": "tokens, each weighed by its score; those with a small one are replaced"},
    rank=4,
)
