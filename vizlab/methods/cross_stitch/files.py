"""The files of cross-stitch networks in the authors' multi-task code base; our names follow theirs."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.methods.parts.published_files import State, distinct, resnet_per_task


def _recognise(keys: Collection[str]) -> bool:
    return any(key.startswith("cross_stitch.") and ".cross_stitch_unit." in key for key in keys)


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    stages = distinct(state, r"cross_stitch\.(\w+)\.cross_stitch_unit\.")
    return resnet_per_task(state, "cross-stitch", stages, "sums")


CROSS_STITCH = PublishedFormat("a cross-stitch network", _recognise, _describe, lambda key, config: key)
