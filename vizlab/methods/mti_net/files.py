"""The files of MTI-Net in the authors' multi-task code base: our names follow theirs."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.methods.parts.hrnet_files import hrnet_layout, hrnet_named
from vizlab.methods.parts.published_files import (
    State,
    distinct,
    known_tasks,
    multi_task_config,
    width,
)

PREFIX = "mti-net-"
"""Begins the name of an architecture, before its HRNet's."""


def _recognise(keys: Collection[str]) -> bool:
    return any(key.startswith("distillation_scale_") for key in keys)


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    tasks = known_tasks(distinct(state, r"heads\.(\w+)\."))
    senders = known_tasks(distinct(state, r"scale_0\.decoders\.(\w+)\."))
    backbone, options = hrnet_named(hrnet_layout(state))
    found = {task: width(state, f"scale_0.decoders.{task}.weight") for task in senders}
    assumed = {
        "tasks": f"{', '.join(tasks)} (the order of the authors' code)",
        "auxiliary_tasks": f"{', '.join(senders)} (the order in which the authors' code concatenates)",
    }
    config = multi_task_config(PREFIX + backbone, tasks, found, clues, assumed, options=options, senders=senders)
    return config, assumed


MTI_NET = PublishedFormat("an MTI-Net", _recognise, _describe, lambda key, config: key)
