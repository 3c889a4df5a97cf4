"""The files of MTAN in the multi-task code base: our names follow theirs."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.methods.parts.published_files import (
    OUTPUT_STRIDE,
    STRIDE_WORDS,
    State,
    distinct,
    known_tasks,
    multi_task_config,
    resnet_depth,
    width,
)


def _recognise(keys: Collection[str]) -> bool:
    return all(any(key.startswith(prefix) for key in keys) for prefix in ("attention_1.", "refine_1."))


def _describe(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    tasks = known_tasks(distinct(state, r"heads\.(\w+)\."))
    found = {task: width(state, f"heads.{task}.4.weight") for task in tasks}
    assumed = {"tasks": f"{', '.join(tasks)} (the order of the authors' code)", "output_stride": STRIDE_WORDS}
    options = {"output_stride": OUTPUT_STRIDE}
    config = multi_task_config(f"mtan-resnet{resnet_depth(state)}", tasks, found, clues, assumed, options=options)
    return config, assumed


MTAN = PublishedFormat("an MTAN", _recognise, _describe, lambda key, config: key)
