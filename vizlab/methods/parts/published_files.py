"""How names and shapes are read off the tensors of published files."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues, State
from vizlab.errors import CheckpointError, one_line
from vizlab.tasks import DATA_SETS, NYU40_CLASSES, nyu_task

Key = TypeVar("Key")
Value = TypeVar("Value")

TASK_ORDER = ("semseg", "human_parts", "sal", "normals", "edge", "depth")
"""The order in which the multi-task code base concatenates; it is not in the tensors."""


def width(state: State, key: str) -> int:
    """The first dimension of the tensor `key`."""
    if key not in state or state[key].ndim == 0:
        raise CheckpointError(f"it lacks the tensor '{key}', from which the network's size is read.")
    return int(state[key].shape[0])


def distinct(state: State, pattern: str) -> list[str]:
    """What the pattern's group matches at the start of the keys, each once, in the file's order."""
    found = (re.match(pattern, key) for key in state)
    return list(dict.fromkeys(match[1] for match in found if match))


def pick(options: Mapping[Key, Value], found: Key, what: str) -> Value:
    """The option for what was found in the tensors."""
    if found not in options:
        known = ", ".join(str(value) for value in options.values())
        raise CheckpointError(f"its {what} is none that vizlab builds (of {known}).")
    return options[found]


def known_tasks(names: Collection[str]) -> tuple[str, ...]:
    """The names in the authors' order."""
    unknown = [name for name in names if name not in TASK_ORDER]
    if unknown or not names:
        raise CheckpointError(
            f"its tasks are {one_line(', '.join(names), 120) or 'none'}; expected some of {', '.join(TASK_ORDER)}."
        )
    return tuple(name for name in TASK_ORDER if name in names)


def task_widths(widths: Mapping[str, int]) -> tuple[int, dict[str, int]]:
    """The number of semseg classes, and the widths of the tasks that differ from NYUv2's."""
    classes = widths.get("semseg", len(NYU40_CLASSES))
    return classes, {name: n for name, n in widths.items() if n != nyu_task(name, classes).channels}


def nyu_classes(count: int, assumed: dict[str, str]) -> tuple[str, ...]:
    """The classes of the data set for which that number is usual (NYUv2, SUN RGB-D, PASCAL), noted; none for others."""
    if count not in DATA_SETS:
        return ()
    data, names = DATA_SETS[count]
    assumed["classes"] = f"{data}'s {count} classes, since there are {count}"
    return names


PASCAL_CLASSES = 21
"""Of PASCAL's segmentation, the background among them."""
_NYUD, _PASCAL = ((480, 640), "NYUv2"), ((512, 512), "PASCAL")


def multi_task_input(widths: Mapping[str, int], clues: Clues, assumed: dict[str, str]) -> tuple[int, int]:
    """The size (H, W) to which the multi-task code base resizes, by data set; what is assumed of the input is noted.

    The data set is told by the tasks and their `widths` or, where both have such tasks, by the names of the folders.
    """
    size, data = _data_set(widths, clues)
    assumed["normalisation"] = "RGB as for ImageNet (the authors' code)"
    assumed["working_size"] = f"{size[0]}x{size[1]} ({data})"
    return size


def multi_task_config(
    architecture: str,
    tasks: Sequence[str],
    widths: Mapping[str, int],
    clues: Clues,
    assumed: dict[str, str],
    *,
    options: Mapping[str, int],
    senders: Sequence[str] = (),
    stages: Sequence[str] = (),
) -> NetworkConfig:
    """The configuration of a network of the multi-task code base; what of it is assumed is noted.

    `widths` are the numbers of outputs by task, those of tasks that only send among them.
    """
    classes, other_widths = task_widths(widths)
    return NetworkConfig(
        architecture,
        tasks=tuple(tasks),
        inputs=("rgb",),
        auxiliary_tasks=tuple(senders),
        semseg_channels=classes,
        classes=nyu_classes(classes, assumed) if "semseg" in tasks else (),
        working_size=multi_task_input(widths, clues, assumed),
        options=options,
        task_channels=other_widths,
        stages=tuple(stages),
    )


def _data_set(widths: Mapping[str, int], clues: Clues) -> tuple[tuple[int, int], str]:
    if "human_parts" in widths or "sal" in widths or widths.get("semseg") == PASCAL_CLASSES:
        return _PASCAL
    if "depth" in widths or "semseg" in widths:
        return _NYUD
    words = {"nyu": _NYUD, "pascal": _PASCAL}
    named = (data for folder in clues.folders for word, data in words.items() if word in folder.lower())
    return next(named, _NYUD)


OUTPUT_STRIDE = 8
"""Of the dilated backbones in the multi-task code base."""
STRIDE_WORDS = f"{OUTPUT_STRIDE} (the authors' dilated backbone)"
# (bottlenecks, blocks in layer3) to the depth of the ResNet.
_RESNETS = {(False, 2): 18, (False, 6): 34, (True, 6): 50, (True, 23): 101, (True, 36): 152}


def resnet_depth(state: State, prefix: str = "backbone.") -> int:
    """The depth of the ResNet whose tensors' names begin with `prefix`; raises CheckpointError for other blocks."""
    blocks = len(distinct(state, rf"{re.escape(prefix)}layer3\.(\d+)\."))
    found = f"{prefix}layer1.0.conv3.weight" in state, blocks
    return pick(_RESNETS, found, "number of blocks in layer3 of a ResNet")


def resnet_per_task(
    state: State, family: str, stages: Sequence[str], joins: str, clues: Clues = Clues()
) -> tuple[NetworkConfig, dict[str, str]]:
    """The configuration, and what of it is assumed, of a file with one dilated ResNet and DeepLab head per task.

    `family` begins the architecture's name, `stages` are those that fuse, `joins` says what the order of tasks decides.
    Raises CheckpointError for tensors of another network.
    """
    tasks = known_tasks(distinct(state, r"heads\.(\w+)\."))
    depth = resnet_depth(state, f"backbone.{tasks[0]}.")
    found = {task: width(state, f"heads.{task}.4.weight") for task in tasks}
    assumed = {
        "tasks": f"{', '.join(tasks)} (the order in which the authors' code {joins})",
        "output_stride": STRIDE_WORDS,
    }
    options = {"output_stride": OUTPUT_STRIDE}
    config = multi_task_config(f"{family}-resnet{depth}", tasks, found, clues, assumed, options=options, stages=stages)
    return config, assumed
