"""What every network must be for its traces to be true; what these take, and how their normals are shown."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.methods.vgg_by_hand import resize_from_corner
from tests.methods.vgg_networks import vgg_model
from vizlab.checks import require
from vizlab.core.config import NetworkConfig, Normalisation
from vizlab.core.grids import GridWatch, resized_from_corner
from vizlab.core.predictions import ImagePrediction, SemsegPrediction
from vizlab.core.tracer import trace
from vizlab.errors import InputError
from vizlab.experiments.conflict.tasks import task_conflicts
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores
from vizlab.methods.parts.vgg_files import BGR_LESS_MEAN
from vizlab.rgbd import RGBDImage


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        ("nddr-cnn-vgg16", {"shortcut": 1}),
        ("cross-stitch-vgg16", {"stages": 13}),
        ("mtl-nas-vgg16", {}),
        ("reference-pair-vgg16", {}),
    ],
)
def test_traces_are_true(architecture: str, options: dict[str, int]) -> None:
    require(vgg_model(architecture, **options))


def test_normals_are_a_picture_and_have_no_reference(small_rgbd: RGBDImage) -> None:
    model = vgg_model("reference-shared-vgg16")
    traced = trace(model, small_rgbd)
    shown = traced.predictions["normals"]
    assert isinstance(traced.predictions["semseg"], SemsegPrediction)
    assert isinstance(shown, ImagePrediction)
    vectors = F.normalize(model.forward(model.preprocess(small_rgbd))["normals"], dim=1)
    assert shown.value.shape == (90, 120, 3)
    assert float(vectors.abs().max()) > 0
    assert scores(shown, np.zeros((90, 120, 3), np.float32)) == {}
    reference = Reference(label=np.ones((90, 120), np.uint8)).completed(small_rgbd)
    with pytest.raises(InputError, match="here that is semseg"):
        task_conflicts(model, small_rgbd, reference)


def test_colours_are_the_vectors_of_length_one() -> None:
    """(3, 0, 4) has length 5; what is negative has no colour."""
    from vizlab.core.framing import Framing
    from vizlab.core.predictions import decode

    y = torch.tensor([3.0, -1e-9, 4.0]).reshape(1, 3, 1, 1).expand(1, 3, 2, 2)
    framing = Framing((2, 2), (2, 2), (2, 2))
    (shown,) = decode({"normals": y}, framing, pictured={"normals"}).values()
    assert isinstance(shown, ImagePrediction)
    assert shown.value[1, 0].tolist() == [153, 0, 204]


def test_channels_come_blue_first(small_rgbd: RGBDImage) -> None:
    """Authors' input: 0-255, blue, green, red, each less its own mean."""
    model = vgg_model("reference-shared-vgg16")
    framing = model.frame((90, 120), (90, 120))
    given = model.preprocess(small_rgbd, framing)["rgb"][0]
    colour = small_rgbd.colour
    assert colour is not None
    means = (104.00698793, 116.66876762, 122.67891434)
    for channel, (mean, own) in enumerate(zip(means, (2, 1, 0), strict=True)):
        np.testing.assert_allclose(given[channel].numpy(), colour[..., own].astype(float) - mean, atol=1e-3)


def test_the_order_of_channels_is_kept_in_files_and_absent_in_old_ones() -> None:
    config = NetworkConfig("reference-shared-vgg16", ("semseg",), ("rgb",), normalisation={"rgb": BGR_LESS_MEAN})
    assert NetworkConfig.from_dict(config.to_dict()).normalisation == {"rgb": BGR_LESS_MEAN}
    plain = Normalisation((0.5,) * 3, (0.5,) * 3)
    values = NetworkConfig("x", ("semseg",), ("rgb",), normalisation={"rgb": plain}).to_dict()
    assert values["normalisation"]["rgb"] == {"mean": plain.mean, "std": plain.std}
    assert NetworkConfig.from_dict(values).normalisation["rgb"].order == "rgb"
    with pytest.raises(ValueError, match="'gbr'; expected 'rgb' or 'bgr'"):
        Normalisation((0.5,) * 3, (0.5,) * 3, order="gbr")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "target"), [((9, 11), (65, 81)), ((6, 7), (6, 7)), ((33, 41), (9, 11)), ((1, 3), (8, 5))]
)
def test_resizing_from_the_corner(size: tuple[int, int], target: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1))
    with GridWatch() as watch:
        found = resized_from_corner(x, target)
    torch.testing.assert_close(found.double(), resize_from_corner(x.double(), target), atol=1e-5, rtol=1e-5)
    larger = target[0] * target[1] > size[0] * size[1]
    assert watch.grid(found) == (size if larger else target)
