"""NDDR-CNN on AlexNet, which is our reading: no numbers of its authors to hold it against, only what it must be."""

import torch

from tests.methods.vgg_networks import vgg_model
from vizlab.checks import require
from vizlab.core.registry import methods


def test_traces_are_true() -> None:
    model = vgg_model("nddr-cnn-alexnet")
    require(model)
    assert [(site.stage, site.channels) for site in model.sites] == [
        ("conv1", 6), ("conv2", 16), ("conv3", 24), ("conv4", 24), ("conv5", 16),
    ]  # fmt: skip
    outputs = model.forward({"rgb": torch.randn(1, 3, 45, 59)})
    assert {name: tuple(y.shape) for name, y in outputs.items()} == {
        "semseg": (1, 40, 45, 59), "normals": (1, 3, 45, 59),
    }  # fmt: skip


def test_it_is_said_to_be_our_reading() -> None:
    found = [origin for origin in methods()["nddr-cnn"].origins if "AlexNet" in origin.name]
    assert [(origin.name, origin.code) for origin in found] == [("on AlexNet, as we read the paper", "")]


def test_every_stage_is_an_eighth_of_the_picture() -> None:
    network = vgg_model("nddr-cnn-alexnet").network
    features = network.backbone["semseg"](torch.randn(1, 3, 48, 64))
    assert [tuple(x.shape[-2:]) for x in features] == [(6, 8)] * 5
