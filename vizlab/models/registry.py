"""From a configuration to a network: one builder per architecture."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from vizlab.errors import CheckpointError
from vizlab.models.cen import THRESHOLD, cen_mobilenetv2, cen_resnet
from vizlab.models.config import NetworkConfig
from vizlab.models.mti_net import mti_hrnet18, mti_mobilenetv2
from vizlab.models.nddr import nddr_mobilenetv2, nddr_resnet
from vizlab.models.network import FusionNetwork
from vizlab.models.pix2pix import THRESHOLD as TRANSLATION_THRESHOLD
from vizlab.models.pix2pix import cen_pix2pix
from vizlab.models.resnet import DEPTHS
from vizlab.tasks import Task, nyu_task

Builder = Callable[[NetworkConfig], FusionNetwork]


def _tasks(config: NetworkConfig, names: tuple[str, ...]) -> list[Task]:
    tasks = [nyu_task(name, config.semseg_channels) for name in names]
    return [replace(t, channels=config.task_channels.get(t.name, t.channels)) for t in tasks]


def _threshold(config: NetworkConfig, released: float) -> float:
    return released if config.threshold is None else config.threshold


def _cen_mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    tasks = _tasks(config, config.tasks)
    return cen_mobilenetv2(config.inputs, tasks, _threshold(config, THRESHOLD), **config.options)


def _cen_resnet(depth: int, config: NetworkConfig) -> FusionNetwork:
    tasks = _tasks(config, config.tasks)
    return cen_resnet(depth, config.inputs, tasks, _threshold(config, THRESHOLD), **config.options)


def _cen_pix2pix(config: NetworkConfig) -> FusionNetwork:
    (name,) = config.tasks
    threshold = _threshold(config, TRANSLATION_THRESHOLD)
    return cen_pix2pix(config.inputs, Task(name, 3), threshold, **config.options)


def _nddr_mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    return nddr_mobilenetv2(_tasks(config, config.tasks), **config.options)


def _nddr_resnet(depth: int, config: NetworkConfig) -> FusionNetwork:
    return nddr_resnet(depth, _tasks(config, config.tasks), fused=config.stages or None, **config.options)


def _mti_mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    return mti_mobilenetv2(_tasks(config, config.tasks), _tasks(config, config.auxiliary_tasks or config.tasks))


def _mti_hrnet18(config: NetworkConfig) -> FusionNetwork:
    return mti_hrnet18(_tasks(config, config.tasks), _tasks(config, config.auxiliary_tasks or config.tasks))


ARCHITECTURES: dict[str, Builder] = {
    "cen-mobilenetv2": _cen_mobilenetv2,
    **{f"cen-resnet{depth}": partial(_cen_resnet, depth) for depth in (50, 101, 152)},  # bottlenecks only
    "cen-pix2pix": _cen_pix2pix,
    "nddr-cnn-mobilenetv2": _nddr_mobilenetv2,
    **{f"nddr-cnn-resnet{depth}": partial(_nddr_resnet, depth) for depth in DEPTHS},
    "mti-net-mobilenetv2": _mti_mobilenetv2,
    "mti-net-hrnet18": _mti_hrnet18,
}


def build_network(config: NetworkConfig) -> FusionNetwork:
    """The network of that configuration with fresh weights, in evaluation mode."""
    try:
        builder = ARCHITECTURES[config.architecture]
    except KeyError as err:
        known = ", ".join(sorted(ARCHITECTURES))
        raise CheckpointError(f"Architecture '{config.architecture}' is unknown; vizlab builds {known}.") from err
    return builder(config).eval()
