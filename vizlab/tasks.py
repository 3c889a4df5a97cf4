"""Tasks, their outputs and the classes of the usual data sets in the field's order."""

from dataclasses import dataclass
from typing import Literal

TaskName = Literal["semseg", "depth", "normals", "edge", "human_parts", "sal", "image"]
"""The names the multi-task literature uses; `image` is the output of image translation."""

VOID = 255
"""The label value of pixels that belong to no class and count nowhere."""

NYU40_CLASSES: tuple[str, ...] = (
    "wall", "floor", "cabinet", "bed", "chair", "sofa", "table", "door", "window", "bookshelf",
    "picture", "counter", "blinds", "desk", "shelves", "curtain", "dresser", "pillow", "mirror", "floor mat",
    "clothes", "ceiling", "books", "refridgerator", "television", "paper", "towel", "shower curtain", "box",
    "whiteboard", "person", "night stand", "toilet", "sink", "lamp", "bathtub", "bag", "otherstructure",
    "otherfurniture", "otherprop",
)  # fmt: skip
"""The 40 classes of Gupta et al. (CVPR 2013) with zero-based indices, spelled as the data set spells them."""
SUNRGBD37_CLASSES: tuple[str, ...] = NYU40_CLASSES[:37]
"""SUN RGB-D's 37 (Song et al., CVPR 2015): NYUv2's in the same order but for the last three, spelled as NYUv2 does."""
PASCAL21_CLASSES: tuple[str, ...] = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
"""PASCAL VOC's 20 after the background, spelled as the data set spells them."""
HUMAN_PARTS: tuple[str, ...] = ("background", "head", "torso", "upper arm", "lower arm", "upper leg", "lower leg")
"""The parts of people that multi-task networks tell apart on PASCAL, after the background."""
SALIENCY_CLASSES: tuple[str, ...] = ("background", "salient")
"""Of networks that predict saliency as two classes, not as one probability."""

DATA_SETS: dict[int, tuple[str, tuple[str, ...]]] = {
    len(NYU40_CLASSES): ("NYUv2", NYU40_CLASSES),
    len(SUNRGBD37_CLASSES): ("SUN RGB-D", SUNRGBD37_CLASSES),
    len(PASCAL21_CLASSES): ("PASCAL", PASCAL21_CLASSES),
}
"""The data set that a number of semseg classes is usual for, and their names."""


def same_classes(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether an index means the same in both lists, as far as both go; True where one has no names."""
    common = min(len(one), len(other))
    return one[:common] == other[:common]


def class_names(task: str, semseg: tuple[str, ...]) -> tuple[str, ...]:
    """The names of a task's classes by index, given those of semseg; empty where they have none or are not known."""
    return {"semseg": semseg, "human_parts": HUMAN_PARTS, "sal": SALIENCY_CLASSES}.get(task, ())


@dataclass(frozen=True)
class Task:
    """One output of a network.

    `channels` is the width of its last convolution: classes for semseg and human parts, 1 for depth, edges and
    saliency (a logit), 3 for normals.
    """

    name: str
    channels: int
    unit: str = ""


def nyu_task(name: str, classes: int = 40) -> Task:
    """The task of that name as NYUv2 or PASCAL defines it, `classes` being semseg's.

    Depth is in metres, normals are unit vectors in the camera frame.
    """
    known = {
        "semseg": Task("semseg", classes),
        "human_parts": Task("human_parts", len(HUMAN_PARTS)),
        "depth": Task("depth", 1, "m"),
        "normals": Task("normals", 3),
        "edge": Task("edge", 1),
        "sal": Task("sal", 1),
    }
    return known[name]
