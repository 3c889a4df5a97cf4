"""The files of single-task and shared-encoder networks in the multi-task code base; our names follow theirs."""

import re
from collections.abc import Callable, Collection, Mapping

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, PublishedFormat
from vizlab.errors import CheckpointError, UnsaidError, one_line
from vizlab.methods.parts.hrnet_files import hrnet_layout, hrnet_named, is_hrnet
from vizlab.methods.parts.published_files import (
    OUTPUT_STRIDE,
    STRIDE_WORDS,
    TASK_ORDER,
    State,
    distinct,
    known_tasks,
    multi_task_config,
    resnet_depth,
    width,
)

SINGLE, SHARED = "reference-single", "reference-shared"
"""How the names of architectures begin."""
_OF_ONE_OUTPUT = ("depth", "sal", "edge")
_TOLD_BY_OUTPUTS = {7: "human_parts", 3: "normals"}
_CLASSES = ("semseg", "human_parts")
"""Tasks with an output for each class."""


def _recognise(head: str) -> Callable[[Collection[str]], bool]:
    first = re.compile(head + r"\.(0\.convs\.0\.0|last_layer\.0)\.weight")  # DeepLab's and HRNet's

    def recognise(keys: Collection[str]) -> bool:
        return any(first.match(key) for key in keys) and any(key.startswith("backbone.") for key in keys)

    return recognise


def _describe_single(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    outputs = _outputs(state, "decoder")
    task, why = single_task(outputs, clues)
    return _described(SINGLE, state, clues, {task: outputs}, {"tasks": f"{task} ({why})"})


def _describe_shared(state: State, clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
    tasks = known_tasks(distinct(state, r"decoders\.(\w+)\."))
    return _described(SHARED, state, clues, {task: _outputs(state, f"decoders.{task}") for task in tasks}, {})


def _described(
    kind: str, state: State, clues: Clues, found: Mapping[str, int], assumed: dict[str, str]
) -> tuple[NetworkConfig, dict[str, str]]:
    """The configuration for the tasks `found` with their numbers of outputs."""
    if is_hrnet(state):
        backbone, options = hrnet_named(hrnet_layout(state))
    else:
        backbone, options = f"resnet{resnet_depth(state)}", {"output_stride": OUTPUT_STRIDE}
        assumed["output_stride"] = STRIDE_WORDS
    config = multi_task_config(f"{kind}-{backbone}", tuple(found), found, clues, assumed, options=options)
    return config, assumed


def _outputs(state: State, head: str) -> int:
    last = f"{head}.last_layer.3.weight"
    return width(state, last if last in state else f"{head}.4.weight")


def single_task(outputs: int, clues: Clues) -> tuple[str, str]:
    """The task of a network with so many outputs, whose file does not name it, and what tells it.

    That is what was given, else the number of outputs, else the nearest folder with a task's name: the authors' program
    writes to DATA/BACKBONE/single_task/TASK. Raises CheckpointError where what was given has not so many outputs, and
    UnsaidError where nothing tells.
    """
    given = clues.given.get("tasks")
    if given is not None and len(given) == 1:
        return _fitting(str(given[0]), outputs), "given"
    if outputs != 1:
        return _TOLD_BY_OUTPUTS.get(outputs, "semseg"), f"its network has {outputs} outputs"
    for folder in clues.folders:
        if folder in _OF_ONE_OUTPUT:
            return folder, f"the folder {folder!r}"
    raise UnsaidError(
        "its one output may be depth, saliency (sal) or edges (edge), and neither it nor a folder of that name says "
        "which",
        "tasks",
        [(task,) for task in _OF_ONE_OUTPUT],
    )


def _fitting(task: str, outputs: int) -> str:
    expected = {**dict.fromkeys(_OF_ONE_OUTPUT, 1), "normals": 3}.get(task)
    if task in TASK_ORDER and (expected == outputs or (task in _CLASSES and outputs > 1)):
        return task
    has = "1 output" if outputs == 1 else f"{outputs} outputs"
    raise CheckpointError(f"its one task cannot be '{one_line(task, 40)}', since it has {has}.")


FILES = (
    PublishedFormat(
        "a single-task network of the multi-task code base",
        _recognise("decoder"),
        _describe_single,
        lambda key, config: key,
    ),
    PublishedFormat(
        "a network with a shared encoder of the multi-task code base",
        _recognise(r"decoders\.\w+"),
        _describe_shared,
        lambda key, config: key,
    ),
)
