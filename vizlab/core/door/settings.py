"""What a file does not say can be given: overriding and checking a network's configuration."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from vizlab.core.config import NetworkConfig, Normalisation
from vizlab.core.registry import checked, method_of, methods
from vizlab.errors import InputError
from vizlab.tasks import TaskName

TASK_NAMES = get_args(TaskName)
PIXEL_LIMIT = 25_000_000
"""The largest working size, in pixels."""


def override(
    config: NetworkConfig, assumed: Mapping[str, str], given: Mapping[str, Any]
) -> tuple[NetworkConfig, dict[str, str]]:
    """The configuration with the given settings in it, and what is still assumed.

    `given` maps fields of the configuration, or "output_stride", to values; None means not given. Raises ValueError
    with a sentence for what cannot be.
    """
    settings = {name: value for name, value in given.items() if value is not None}
    left = {name: why for name, why in assumed.items() if name not in settings}
    if "output_stride" in settings:
        if "output_stride" not in config.options:
            raise ValueError(f"output_stride= is given, but {config.architecture} has no dilated backbone")
        settings["options"] = {**config.options, "output_stride": int(settings.pop("output_stride"))}
    _place_controls(config, settings)
    if "normalisation" in settings:
        settings["normalisation"] = {**config.normalisation, **settings["normalisation"]}
    for name in ("tasks", "auxiliary_tasks", "inputs", "classes", "working_size"):
        if name in settings:
            settings[name] = tuple(settings[name])
    for name in ("tasks", "auxiliary_tasks"):
        _check_same(name, getattr(config, name), settings.get(name))
    if "inputs" in settings and len(settings["inputs"]) != len(config.inputs):
        raise ValueError(f"inputs= names {len(settings['inputs'])} inputs, but the file holds {len(config.inputs)}")
    if "inputs" in settings:
        settings["normalisation"] = _renamed(config, settings)
    changed = replace(config, **settings)
    check_config(changed)
    return changed, left


def _renamed(config: NetworkConfig, settings: Mapping[str, Any]) -> dict[str, Normalisation]:
    """Normalisation by the new names of the inputs: a stream keeps its own unless the new name has one already."""
    own = {new: config.normalisation[old] for old, new in zip(config.inputs, settings["inputs"], strict=True)
           if old in config.normalisation}  # fmt: skip
    return {**own, **settings.get("normalisation", config.normalisation)}


def check_config(config: NetworkConfig) -> None:
    """Raise ValueError with a sentence unless the values make sense; shapes are checked against the tensors later."""
    size = config.working_size
    if len(size) != 2 or not all(isinstance(n, int) and n > 0 for n in size) or math.prod(size) > PIXEL_LIMIT:
        raise ValueError(f"the working size is {size}; expected (height, width) of at most {PIXEL_LIMIT} pixels")
    try:
        checked(method_of(config).own_settings(config))
    except InputError as err:
        raise ValueError(str(err).rstrip(".")) from err
    for name in ("tasks", "auxiliary_tasks", "inputs", "classes", "stages"):
        values = getattr(config, name)
        if not all(isinstance(v, str) for v in values) or len(set(values)) != len(values):
            raise ValueError(f"{name} are {values}; expected distinct names")
    unknown = [t for t in (*config.tasks, *config.auxiliary_tasks) if t not in TASK_NAMES]
    if unknown or not config.tasks:
        raise ValueError(f"the tasks are {config.tasks}; expected some of {', '.join(TASK_NAMES)}")
    if config.auxiliary_tasks and not set(config.tasks) <= set(config.auxiliary_tasks):
        raise ValueError(f"auxiliary tasks are {config.auxiliary_tasks}; expected all of {config.tasks} among them")
    if config.classes and len(config.classes) != config.semseg_channels:
        raise ValueError(f"{len(config.classes)} classes are named, but the network has {config.semseg_channels}")
    _check_normalisation(config)


def _place_controls(config: NetworkConfig, settings: dict[str, Any]) -> None:
    """The values of the method's controls are fields of the configuration or, where it has no such field, options."""
    fields = {field.name for field in dataclasses.fields(NetworkConfig)}
    known = method_of(config).own_settings(config)
    for control in (c for method in methods().values() for c in method.controls if c.name in settings):
        if control.name not in known:
            raise ValueError(f"{control.name}= is given, but this {config.architecture} {control.absent}")
    for name in [name for name in settings if name not in fields]:
        if name not in known:
            raise ValueError(f"{name}= is no setting of a {config.architecture}")
        settings["options"] = {**settings.get("options", config.options), name: settings.pop(name)}


def _check_same(name: str, found: tuple[str, ...], given: tuple[str, ...] | None) -> None:
    # A single task's name is nowhere in the tensors; of several, only the order is open.
    if given is not None and (len(given) != len(found) or (len(found) > 1 and set(given) != set(found))):
        raise ValueError(f"{name}= gives {', '.join(given)}, but the file holds {', '.join(found) or 'none'}")


def _check_normalisation(config: NetworkConfig) -> None:
    for name, normal in config.normalisation.items():
        numbers = (*normal.mean, *normal.std, normal.log_counts)
        if not all(math.isfinite(v) for v in numbers) or not all(normal.std) or normal.log_counts < 0:
            raise ValueError(f"the normalisation of {name} is {normal}; expected finite means and non-zero deviations")
