"""The files of MTL-NAS: a network that was searched and the supernet, which differ in settings beside the tensors."""

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat, State
from vizlab.errors import CheckpointError, UnsaidError
from vizlab.methods.mtl_nas.network import incoming
from vizlab.methods.parts.other_files import having
from vizlab.methods.parts.vgg import CONVOLUTIONS
from vizlab.methods.parts.vgg_files import pytorch_config, pytorch_source, pytorch_unused, said, stage_places

SEARCHED, SUPERNET = "mtl-nas-vgg16", "mtl-nas-supernet-vgg16"


def _arrange(state: State) -> State:
    """The alphas of both tasks, (13, 13) by stage and stage of the other task, cut into those of each path."""
    arranged = dict(state)
    for number in (1, 2):
        alphas = arranged.pop(f"net{number}_alphas", None)
        if alphas is None:
            continue
        count = len(CONVOLUTIONS)
        if tuple(alphas.shape) != (count, count):
            raise CheckpointError(f"its alphas are {tuple(alphas.shape)}; expected those of {count} stages.")
        arranged |= {f"net{number}_alphas.{stage}": alphas[stage, incoming(stage)] for stage in range(count)}
    return arranged


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    architecture = _architecture(clues)
    config, assumed = pytorch_config(architecture, state)
    if config.options["stages"] != len(CONVOLUTIONS):
        raise CheckpointError(f"it has {config.options['stages']} stages; expected {len(CONVOLUTIONS)}.")
    if architecture == SEARCHED:
        assumed["connections"] = "those whose alpha is above 0 (the authors' hard evaluation)"
    return config, assumed


def _architecture(clues: Clues) -> str:
    given = clues.given.get("architecture")
    if given in (SEARCHED, SUPERNET):
        return str(given)
    supernet = said(clues, "MODEL.SUPERNET")
    if supernet is None:
        raise UnsaidError(
            "it does not say whether connections count as the search left them or all alike, as in the supernet, whose "
            "tensors have the same names (the authors' cfg beside them does)",
            "architecture",
            (SEARCHED, SUPERNET),
        )
    return SUPERNET if supernet else SEARCHED


def _source(key: str, config: NetworkConfig) -> str:
    if not key.startswith("paths."):
        return pytorch_source(key, config)
    _, stage, task, rest = key.split(".", 3)
    number, place = config.tasks.index(task) + 1, stage_places(config)[stage]
    if rest == "alpha":
        return f"net{number}_alphas.{place}"
    _, index, leaf = rest.split(".")  # layer.0.weight
    return f"paths.net{number}_paths.{place}.{('conv', 'bn')[int(index)]}.{leaf}"


def _unused(key: str) -> bool:
    return pytorch_unused(key) or key.partition(".")[0] in ("net1_alphas", "net2_alphas")


MTL_NAS = PublishedFormat(
    "a network of MTL-NAS", having(r"net1\.stages\.", r"paths\.net1_paths\."), _describe, _source, _unused, _arrange
)
