"""The files of the baselines on VGG-16 of NDDR-CNN's authors: TensorFlow's variables, and their later PyTorch code."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat, State
from vizlab.errors import UnsaidError
from vizlab.methods.parts.other_files import having, without
from vizlab.methods.parts.published_files import width
from vizlab.methods.parts.vgg import BLOCKS
from vizlab.methods.parts.vgg_files import (
    TENSORFLOW_COLOURS,
    from_tensorflow,
    pytorch_config,
    pytorch_source,
    pytorch_unused,
    said,
    tensorflow_vgg,
    vgg_config,
)
from vizlab.methods.references.vgg import PAIR, SHARED, SHARED_PYTORCH, SINGLE

_TRUNK = {block: "vgg_16" for block, _, _ in BLOCKS}
_FIRST = "vgg_16/conv1/conv1_1/weight"


def _recognise_single(keys: Collection[str]) -> bool:
    return "vgg_16/fc8_voc12/weights" in keys


def _recognise_shared(keys: Collection[str]) -> bool:
    return "vgg_16_1_6/fc8_voc12/weights" in keys and "vgg_16/conv1/conv1_1/weights" in keys


def _describe_single(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    outputs = [width(state, "vgg_16/fc8_voc12/weight")]
    return vgg_config(SINGLE, outputs, width(state, _FIRST), TENSORFLOW_COLOURS, **_shortcut(state))


def _describe_shared(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    outputs = [width(state, f"vgg_16_{number}_6/fc8_voc12/weight") for number in (1, 2)]
    return vgg_config(SHARED, outputs, width(state, _FIRST), TENSORFLOW_COLOURS, **_shortcut(state))


def _shortcut(state: State) -> dict[str, int]:
    return {"shortcut": 1} if "vgg_16/shortcuts/weight" in state else {}


def _variable(key: str, config: NetworkConfig) -> str:
    part, rest = key.split(".", 1)
    if part != "heads":  # backbone.conv1_1.0.weight, shortcut.reduce.0.weight
        return tensorflow_vgg(key if part == "shortcut" else rest, _TRUNK, "", "vgg_16/shortcuts")
    task, rest = rest.split(".", 1)
    head = "vgg_16" if config.architecture == SINGLE else f"vgg_16_{config.tasks.index(task) + 1}_6"
    return tensorflow_vgg(rest, _TRUNK, head, "")


def _describe_two(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    """A trunk of their own or the first one's: the tensors are the same."""
    given = clues.given.get("architecture")
    if given not in (PAIR, SHARED_PYTORCH):
        shared, single = said(clues, "MODEL.SHAREDFEATURE"), said(clues, "MODEL.SINGLETASK")
        if not shared and not single:
            raise UnsaidError(
                "it does not say whether its tasks have a trunk each or share the first one's, which is the same "
                "tensors (the authors' cfg beside them does)",
                "architecture",
                (SHARED_PYTORCH, PAIR),
            )
        given = SHARED_PYTORCH if shared else PAIR
    return pytorch_config(str(given), state)


def _source(key: str, config: NetworkConfig) -> str:
    if config.architecture == PAIR:  # networks.TASK.backbone.conv1_1.0.weight, networks.TASK.heads.TASK.fc6.0.weight
        _, task, part, rest = key.split(".", 3)
        return pytorch_source(f"backbone.{task}.{rest}" if part == "backbone" else f"heads.{rest}", config)
    part, rest = key.split(".", 1)
    return pytorch_source(f"backbone.{config.tasks[0]}.{rest}" if part == "backbone" else key, config)


VGG_FILES: tuple[PublishedFormat, ...] = (
    PublishedFormat(
        "a single-task VGG-16 of NDDR-CNN's code in TensorFlow",
        _recognise_single,
        _describe_single,
        _variable,
        arrange=from_tensorflow,
    ),
    PublishedFormat(
        "a VGG-16 that two tasks share, of NDDR-CNN's code in TensorFlow",
        _recognise_shared,
        _describe_shared,
        _variable,
        arrange=from_tensorflow,
    ),
    PublishedFormat(
        "a baseline on VGG-16 of the MTL-NAS code base",
        without(having(r"net1\.stages\.", r"net2\.head\."), r"nddrs\.nddrs\.", r"paths\."),
        _describe_two,
        _source,
        # A shared trunk is the first network's; the second's is in the file all the same.
        lambda key: pytorch_unused(key) or key.startswith("net2.stages."),
    ),
)
