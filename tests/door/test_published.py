"""What is read off names and shapes, for networks beside those of the golden numbers; shapes only, no memory."""

import pytest
import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.published import Clues
from vizlab.core.registry import build_network, methods
from vizlab.methods.cen.files import SEGMENTATION, TRANSLATION
from vizlab.methods.mti_net.files import MTI_NET
from vizlab.methods.nddr_cnn.files import NDDR_CNN
from vizlab.tasks import NYU40_CLASSES, PASCAL21_CLASSES, SUNRGBD37_CLASSES

ALL_STAGES = ("conv", "layer1", "layer2", "layer3", "layer4")
PASCAL = ("semseg", "human_parts", "sal", "normals", "edge")


def published(architecture, tasks, inputs=("rgb",), **more):
    return NetworkConfig(architecture, tasks, inputs, working_size=(480, 640), **more)


CASES = {
    "cen-r101": (SEGMENTATION, published("cen-resnet101", ("semseg",), ("rgb", "depth"), classes=NYU40_CLASSES)),
    "cen-r152-sun": (
        SEGMENTATION,
        published("cen-resnet152", ("semseg",), ("rgb", "depth"), semseg_channels=37, classes=SUNRGBD37_CLASSES),
    ),
    "cen-3-streams": (
        SEGMENTATION,
        published("cen-resnet50", ("semseg",), ("rgb", "depth", "input2"), semseg_channels=19),
    ),
    "translation-4": (
        TRANSLATION,
        published("cen-pix2pix", ("image",), ("input0", "input1", "input2", "input3"), options={"filters": 64}),
    ),
    "nddr-r50-3-tasks": (
        NDDR_CNN,
        published(
            "nddr-cnn-resnet50",
            ("semseg", "normals", "depth"),
            classes=NYU40_CLASSES,
            options={"output_stride": 8},
            stages=ALL_STAGES,
        ),
    ),
    "nddr-some-stages": (
        NDDR_CNN,
        published("nddr-cnn-resnet18", ("normals", "depth"), options={"output_stride": 8}, stages=("conv", "layer3")),
    ),
    "mti-auxiliary": (
        MTI_NET,
        published(
            "mti-net-hrnet18",
            ("semseg", "depth"),
            auxiliary_tasks=("semseg", "normals", "edge", "depth"),
            classes=NYU40_CLASSES,
        ),
    ),
    "mti-pascal": (
        MTI_NET,
        published("mti-net-hrnet18", PASCAL, auxiliary_tasks=PASCAL, semseg_channels=21, classes=PASCAL21_CLASSES),
    ),
}


def authors_state(known, config):
    """The network's tensors, without memory, under the names and in the shapes the authors' file would have."""
    with torch.device("meta"):
        network = build_network(config)
        state = {}
        for key, tensor in network.state_dict().items():
            if key.endswith("num_batches_tracked"):
                continue
            source = known.sources(key, config)
            state |= {source: tensor} if isinstance(source, str) else dict(zip(source, tensor, strict=True))
    return network, state


@pytest.mark.parametrize("case", CASES)
def test_configuration_is_read_off(case):
    known, config = CASES[case]
    _, state = authors_state(known, config)
    assert [f for method in methods().values() for f in method.files if f.recognise(state.keys())] == [known]
    found, assumed = known.describe(state, Clues())
    for field in ("architecture", "tasks", "inputs", "auxiliary_tasks", "semseg_channels", "classes", "stages"):
        assert getattr(found, field) == getattr(config, field), field
    assert dict(found.options) == dict(config.options)
    assert dict(found.task_channels) == dict(config.task_channels)
    assert {"normalisation", "working_size"} <= set(assumed)


@pytest.mark.parametrize("case", CASES)
def test_names_are_unique(case):
    known, config = CASES[case]
    network, state = authors_state(known, config)
    streams = len(config.inputs) if known in (SEGMENTATION, TRANSLATION) else 1
    norms = sum(p.ndim == 2 for k, p in network.state_dict().items() if streams > 1)
    counted = sum(not k.endswith("num_batches_tracked") for k in network.state_dict())
    assert len(state) == counted + norms * (streams - 1)


def test_layer1_has_the_authors_name():
    known, config = CASES["nddr-r50-3-tasks"]
    _, state = authors_state(known, config)
    assert "nddr.layer1_without_conv.layer.depth.0.weight" in state
    assert state["nddr.layer1_without_conv.layer.depth.0.weight"].shape == (256, 3 * 256, 1, 1)
