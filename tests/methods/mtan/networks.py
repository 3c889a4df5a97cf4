"""The MTANs of these tests."""

from vizlab.core.config import NetworkConfig
from vizlab.tasks import NYU40_CLASSES

TASKS = ("semseg", "depth", "normals")
STAGES = ("stage1", "stage2", "stage3", "stage4", "stage5")
COMPACT = NetworkConfig(
    "mtan-mobilenetv2", TASKS, ("rgb",), classes=NYU40_CLASSES, working_size=(96, 128), options={"width": 16}
)


def resnet(depth: int) -> NetworkConfig:
    """Of two tasks, as in the multi-task code base."""
    return NetworkConfig(f"mtan-resnet{depth}", ("semseg", "depth"), ("rgb",), options={"output_stride": 8})
