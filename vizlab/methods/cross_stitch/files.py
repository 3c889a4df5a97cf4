"""The files of cross-stitch networks in the authors' multi-task code base; our names follow theirs."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import PublishedFormat
from vizlab.methods.parts.published_files import State, distinct, known_tasks, nyu_classes, pick, task_widths, width

# (bottlenecks, blocks in layer3) to the depth of the ResNet.
_DEPTHS = {(False, 2): 18, (False, 6): 34, (True, 6): 50, (True, 23): 101, (True, 36): 152}
OUTPUT_STRIDE = 8


def _recognise(keys: Collection[str]) -> bool:
    return any(key.startswith("cross_stitch.") and ".cross_stitch_unit." in key for key in keys)


def _describe(state: State) -> tuple[NetworkConfig, dict[str, str]]:
    tasks = known_tasks(distinct(state, r"heads\.(\w+)\."))
    classes, widths = task_widths({task: width(state, f"heads.{task}.4.weight") for task in tasks})
    assumed = {
        "tasks": f"{', '.join(tasks)} (the order in which the authors' code sums)",
        "output_stride": f"{OUTPUT_STRIDE} (the authors' dilated backbone)",
        "normalisation": "RGB as for ImageNet (the authors' code)",
        "working_size": "480x640 (NYUv2)",
    }
    config = NetworkConfig(
        f"cross-stitch-resnet{_depth(state, tasks[0])}",
        tasks=tasks,
        inputs=("rgb",),
        semseg_channels=classes,
        classes=nyu_classes(classes, assumed) if "semseg" in tasks else (),
        working_size=(480, 640),
        options={"output_stride": OUTPUT_STRIDE},
        task_channels=widths,
        stages=tuple(distinct(state, r"cross_stitch\.(\w+)\.cross_stitch_unit\.")),
    )
    return config, assumed


def _depth(state: State, task: str) -> int:
    blocks = len(distinct(state, rf"backbone\.{task}\.layer3\.(\d+)\."))
    bottlenecks = f"backbone.{task}.layer1.0.conv3.weight" in state
    return pick(_DEPTHS, (bottlenecks, blocks), "number of blocks in layer3 of a ResNet")


CROSS_STITCH = PublishedFormat("a cross-stitch network", _recognise, _describe, lambda key, config: key)
