"""What the authors of the three methods published for their full-size networks, as facts to read, not to compare with.

They were measured at other resolutions, on other backbones and partly by other protocols than this project's.
"""

from dataclasses import dataclass

from vizlab.evaluation.results import ByOutput

NOT_COMPARABLE = "measured by others at other resolutions and on other backbones, not comparable"


@dataclass(frozen=True)
class Published:
    """Figures of NYUv2's test split by task, in the units of our own.

    `family` and `inputs` are a network's, `setting` is in words.
    """

    family: str
    inputs: tuple[str, ...]
    name: str
    setting: str
    source: str
    figures: ByOutput


_CEN = "Wang et al., NeurIPS 2020"
_MTI = "Vandenhende et al., ECCV 2020"

PUBLISHED = (
    Published(
        "cen", ("rgb", "depth"), "CEN, ResNet-101", "ensemble, single scale", _CEN,
        {"semseg": {"mIoU": 51.1, "mean accuracy": 62.8, "pixel accuracy": 76.2}},
    ),
    Published(
        "cen", ("rgb", "depth"), "CEN, ResNet-152", "ensemble, single scale", _CEN,
        {"semseg": {"mIoU": 51.6, "mean accuracy": 64.4, "pixel accuracy": 77.0}},
    ),
    Published(
        "nddr-cnn", ("rgb",), "NDDR-CNN", "backbone and protocol unstated; normals of its own kind",
        "a third party's listing",
        {"semseg": {"mIoU": 43.3}, "normals": {"mean angle": 14.4}},
    ),
    Published(
        "mti-net", ("rgb",), "MTI-Net, HRNet-18", "semseg and depth", _MTI,
        {"semseg": {"mIoU": 35.1}, "depth": {"RMSE": 0.620}},
    ),
    Published(
        "mti-net", ("rgb",), "MTI-Net, HRNet-18", "with edges and normals", _MTI,
        {"semseg": {"mIoU": 37.5}, "depth": {"RMSE": 0.607}},
    ),
    Published("mti-net", ("rgb",), "MTI-Net, HRNet-48", "", _MTI, {"semseg": {"mIoU": 49.0}, "depth": {"RMSE": 0.529}}),
)  # fmt: skip
