"""The files of PAD-Net in the authors' multi-task code base: our names follow theirs."""

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

PREFIX = "pad-net-"
"""Begins the name of an architecture, before its HRNet's."""
_HEADS, _UNIT = "initial_task_prediction_heads.", "multi_modal_distillation."


def _recognise(keys: Collection[str]) -> bool:
    return all(any(key.startswith(prefix) for key in keys) for prefix in (_HEADS, _UNIT))


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    tasks = known_tasks(distinct(state, r"heads\.(\w+)\."))
    senders = known_tasks(distinct(state, r"initial_task_prediction_heads\.conv_out\.(\w+)\."))
    channels = width(state, f"{_HEADS}layers.{senders[0]}.1.conv3.weight")
    backbone, layout = hrnet_named(hrnet_layout(state, "backbone.0."))
    found = {task: width(state, f"{_HEADS}conv_out.{task}.weight") for task in senders}
    assumed = {
        "tasks": f"{', '.join(tasks)} (the order of the authors' code)",
        "auxiliary_tasks": f"{', '.join(senders)} (the order of the authors' code)",
    }
    config = multi_task_config(
        PREFIX + backbone, tasks, found, clues, assumed, options={"width": channels, **layout}, senders=senders
    )
    return config, assumed


PAD_NET = PublishedFormat("a PAD-Net", _recognise, _describe, lambda key, config: key)
