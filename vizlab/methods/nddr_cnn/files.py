"""The files of NDDR-CNN in the authors' multi-task code base: `nddr.<stage>.layer.<task>.{0,1}`."""

from collections.abc import Collection

from vizlab.core.config import NetworkConfig
from vizlab.core.published import PublishedFormat
from vizlab.methods.parts.published_files import State, distinct, known_tasks, nyu_classes, pick, task_widths, width

# (bottlenecks, blocks in layer3) to the depth of the ResNet.
_DEPTHS = {(False, 2): 18, (False, 6): 34, (True, 6): 50, (True, 23): 101, (True, 36): 152}
_STAGE_NAMES = {"layer1_without_conv": "layer1"}
OUTPUT_STRIDE = 8


def _recognise(keys: Collection[str]) -> bool:
    return any(key.startswith("nddr.") and ".layer." in key for key in keys)


def _describe(state: State) -> tuple[NetworkConfig, dict[str, str]]:
    tasks = known_tasks(distinct(state, r"heads\.(\w+)\."))
    first = f"backbone.{tasks[0]}"
    blocks = len(distinct(state, rf"{first}\.layer3\.(\d+)\."))
    bottlenecks = f"{first}.layer1.0.conv3.weight" in state
    depth = pick(_DEPTHS, (bottlenecks, blocks), "number of blocks in layer3 of a ResNet")
    classes, widths = task_widths({task: width(state, f"heads.{task}.4.weight") for task in tasks})
    stages = tuple(_STAGE_NAMES.get(name, name) for name in distinct(state, r"nddr\.(\w+)\.layer\."))
    assumed = {
        "tasks": f"{', '.join(tasks)} (the order in which the authors' code concatenates)",
        "output_stride": f"{OUTPUT_STRIDE} (the authors' dilated backbone)",
        "normalisation": "RGB as for ImageNet (the authors' code)",
        "working_size": "480x640 (NYUv2)",
    }
    config = NetworkConfig(
        f"nddr-cnn-resnet{depth}",
        tasks=tasks,
        inputs=("rgb",),
        semseg_channels=classes,
        classes=nyu_classes(classes, assumed) if "semseg" in tasks else (),
        working_size=(480, 640),
        options={"output_stride": OUTPUT_STRIDE},
        task_channels=widths,
        stages=stages,
    )
    return config, assumed


def _sources(key: str, config: NetworkConfig) -> str:
    for theirs, ours in _STAGE_NAMES.items():
        key = key.replace(f"nddr.{ours}.", f"nddr.{theirs}.")
    return key


NDDR_CNN = PublishedFormat("an NDDR-CNN", _recognise, _describe, _sources)
