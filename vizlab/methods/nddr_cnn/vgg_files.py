"""The files of NDDR-CNN's own authors, on VGG-16: TensorFlow's variables, and their later PyTorch code (MTL-NAS)."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat, State
from vizlab.methods.parts.other_files import having
from vizlab.methods.parts.published_files import width
from vizlab.methods.parts.vgg import BLOCKS
from vizlab.methods.parts.vgg_files import (
    TENSORFLOW_COLOURS,
    from_tensorflow,
    pytorch_config,
    pytorch_source,
    pytorch_unused,
    stage_places,
    tensorflow_name,
    tensorflow_vgg,
    vgg_config,
)

_PLACES = {block: place for place, (block, _, _) in enumerate(BLOCKS, 1)}


def _recognise_variables(keys: Collection[str]) -> bool:
    return "nddr_1/nddr_1_n1/weights" in keys


def _describe_variables(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    outputs = [width(state, f"vgg_16_{task}_6/fc8_voc12/weight") for task in (1, 2)]
    channels = width(state, "vgg_16_1_1/conv1/conv1_1/weight")
    shortcut = {"shortcut": 1} if "nddr_shortcut_1/weight" in state else {}
    return vgg_config("nddr-cnn-vgg16", outputs, channels, TENSORFLOW_COLOURS, **shortcut)


def _variable(key: str, config: NetworkConfig) -> str:
    part, name, rest = key.split(".", 2)
    if part == "nddr":  # nddr.conv1.layer.semseg.0.weight
        _, task, inside = rest.split(".", 2)
        place = _PLACES[name]
        return tensorflow_name(f"nddr_{place}/nddr_{place}_n{config.tasks.index(task) + 1}", inside)
    number = config.tasks.index(name) + 1
    trunk = {block: f"vgg_16_{number}_{place}" for block, place in _PLACES.items()}
    return tensorflow_vgg(rest, trunk, f"vgg_16_{number}_6", f"nddr_shortcut_{number}")


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    return pytorch_config("nddr-cnn-vgg16-pytorch", state)


def _source(key: str, config: NetworkConfig) -> str:
    if not key.startswith("nddr."):
        return pytorch_source(key, config)
    _, stage, _, task, number, leaf = key.split(".")
    layer = ("conv", "bn")[int(number)]
    return f"nddrs.nddrs.{stage_places(config)[stage]}.{layer}{config.tasks.index(task) + 1}.{leaf}"


VARIABLES = PublishedFormat(
    "an NDDR-CNN on VGG-16 in TensorFlow", _recognise_variables, _describe_variables, _variable, arrange=from_tensorflow
)
SUCCESSOR = PublishedFormat(
    "an NDDR-CNN on VGG-16 of the MTL-NAS code base",
    having(r"net1\.stages\.", r"nddrs\.nddrs\.\d+\.conv1\."),
    _describe,
    _source,
    pytorch_unused,
)
VGG_FILES = (VARIABLES, SUCCESSOR)
