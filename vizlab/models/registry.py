"""From a configuration to a network: one builder per architecture."""

from collections.abc import Callable

from vizlab.errors import CheckpointError
from vizlab.models.cen import THRESHOLD, cen_mobilenetv2
from vizlab.models.config import NetworkConfig
from vizlab.models.mti_net import mti_mobilenetv2
from vizlab.models.nddr import nddr_mobilenetv2
from vizlab.models.network import FusionNetwork
from vizlab.tasks import Task, nyu_task

Builder = Callable[[NetworkConfig], FusionNetwork]


def _tasks(config: NetworkConfig, names: tuple[str, ...]) -> list[Task]:
    return [nyu_task(name, config.semseg_channels) for name in names]


def _cen_mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    (task,) = _tasks(config, config.tasks)
    threshold = THRESHOLD if config.threshold is None else config.threshold
    return cen_mobilenetv2(config.inputs, task, threshold, **config.options)


def _nddr_mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    return nddr_mobilenetv2(_tasks(config, config.tasks), **config.options)


def _mti_mobilenetv2(config: NetworkConfig) -> FusionNetwork:
    return mti_mobilenetv2(_tasks(config, config.tasks), _tasks(config, config.auxiliary_tasks or config.tasks))


ARCHITECTURES: dict[str, Builder] = {
    "cen-mobilenetv2": _cen_mobilenetv2,
    "nddr-cnn-mobilenetv2": _nddr_mobilenetv2,
    "mti-net-mobilenetv2": _mti_mobilenetv2,
}


def build_network(config: NetworkConfig) -> FusionNetwork:
    """The network of that configuration with fresh weights, in evaluation mode."""
    try:
        builder = ARCHITECTURES[config.architecture]
    except KeyError as err:
        known = ", ".join(sorted(ARCHITECTURES))
        raise CheckpointError(f"Architecture '{config.architecture}' is unknown; vizlab builds {known}.") from err
    return builder(config).eval()
