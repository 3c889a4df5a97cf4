"""The files of NDDR-CNN in the authors' multi-task code base: `nddr.<stage>.layer.<task>.{0,1}`."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.methods.parts.published_files import State, distinct, resnet_per_task

_STAGE_NAMES = {"layer1_without_conv": "layer1"}


def _recognise(keys: Collection[str]) -> bool:
    return any(key.startswith("nddr.") and ".layer." in key for key in keys)


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    stages = [_STAGE_NAMES.get(name, name) for name in distinct(state, r"nddr\.(\w+)\.layer\.")]
    return resnet_per_task(state, "nddr-cnn", stages, "concatenates", clues)


def _sources(key: str, config: NetworkConfig) -> str:
    for theirs, ours in _STAGE_NAMES.items():
        key = key.replace(f"nddr.{ours}.", f"nddr.{theirs}.")
    return key


NDDR_CNN = PublishedFormat("an NDDR-CNN", _recognise, _describe, _sources)
