"""The tasks of a configuration, with their widths."""

from collections.abc import Sequence
from dataclasses import replace

from vizlab.core.config import NetworkConfig
from vizlab.tasks import Task, nyu_task


def tasks_of(config: NetworkConfig, names: Sequence[str] | None = None) -> list[Task]:
    """The tasks called `names` (the network's own if not given) as NYUv2 or the configuration defines them."""
    tasks = [nyu_task(name, config.semseg_channels) for name in (config.tasks if names is None else names)]
    return [replace(t, channels=config.task_channels.get(t.name, t.channels)) for t in tasks]
