"""The files of cross-stitch networks in two code bases: the multi-task one, whose names ours follow, and MTL-NAS."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.methods.parts.other_files import having
from vizlab.methods.parts.published_files import State, distinct, resnet_per_task
from vizlab.methods.parts.vgg_files import pytorch_config, pytorch_source, pytorch_unused, stage_places


def _recognise(keys: Collection[str]) -> bool:
    return any(key.startswith("cross_stitch.") and ".cross_stitch_unit." in key for key in keys)


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    stages = distinct(state, r"cross_stitch\.(\w+)\.cross_stitch_unit\.")
    return resnet_per_task(state, "cross-stitch", stages, "sums", clues)


CROSS_STITCH = PublishedFormat("a cross-stitch network", _recognise, _describe, lambda key, config: key)


def _describe_vgg(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    return pytorch_config("cross-stitch-vgg16", state)


def _source_vgg(key: str, config: NetworkConfig) -> str:
    if not key.startswith("cross_stitch."):
        return pytorch_source(key, config)
    _, stage, _, target, source, _ = key.split(".")
    numbers = (config.tasks.index(source) + 1, config.tasks.index(target) + 1)
    return "nddrs.nddrs.{}.a{}{}".format(stage_places(config)[stage], *numbers)


CROSS_STITCH_VGG = PublishedFormat(
    "a cross-stitch network on VGG-16 of the MTL-NAS code base",
    having(r"net1\.stages\.", r"nddrs\.nddrs\.\d+\.a11"),
    _describe_vgg,
    _source_vgg,
    pytorch_unused,
)
