"""Tasks, their outputs and the classes of NYUv2 in the field's usual order."""

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


@dataclass(frozen=True)
class Task:
    """One output of a network.

    `channels` is the width of its last convolution: classes for semseg, 1 for depth, 3 for normals.
    """

    name: str
    channels: int
    unit: str = ""


def nyu_task(name: str, classes: int = 40) -> Task:
    """The task of that name as NYUv2 defines it: depth in metres, normals as unit vectors in the camera frame."""
    known = {
        "semseg": Task("semseg", classes),
        "human_parts": Task("human_parts", classes),
        "depth": Task("depth", 1, "m"),
        "normals": Task("normals", 3),
        "edge": Task("edge", 1),
        "sal": Task("sal", 2),
    }
    return known[name]
