"""A segmentation file of SUN RGB-D: depth is stretched over each picture, as traces in the code have it."""

import json

import numpy as np
import pytest
import torch

from tests.door.authors_files import golden_facts
from vizlab.core.config import METRES, STRETCHED_DEPTH, NetworkConfig, Normalisation
from vizlab.core.framing import frame
from vizlab.core.preprocess import preprocess
from vizlab.core.published import Clues
from vizlab.methods.cen.files import SEGMENTATION
from vizlab.rgbd import RGBDImage, fill_unknown
from vizlab.study.training.module import normalise
from vizlab.tasks import NYU40_CLASSES

CPU = torch.device("cpu")


@pytest.mark.parametrize(("classes", "depth"), [(37, STRETCHED_DEPTH), (40, METRES), (19, METRES)])
def test_the_number_of_classes_tells(classes: int, depth: Normalisation) -> None:
    state = {key: torch.empty(shape, device="meta") for key, shape in golden_facts("cen_refinenet50")["keys"].items()}
    state["clf_conv.module.weight"] = torch.empty((classes, 256, 3, 3), device="meta")
    config, assumed = SEGMENTATION.describe(state, Clues())
    assert config.normalisation["depth"] == depth
    assert config.classes == (NYU40_CLASSES[:classes] if classes > 30 else ())
    assert ("SUN RGB-D" in assumed["normalisation"]) == (classes == 37)
    assert ("classes" in assumed) == (classes != 19)


def config_of(normal: Normalisation) -> NetworkConfig:
    return NetworkConfig("cen-resnet50", ("semseg",), ("depth",), normalisation={"depth": normal})


@pytest.mark.parametrize(("padding", "size"), [(1, (90, 120)), (64, (90, 120))])
def test_depth_is_stretched_over_the_picture(padding: int, size: tuple[int, int], small_rgbd: RGBDImage) -> None:
    """0 at the nearest pixel, 255 at the farthest; a padded margin repeats the border and changes nothing."""
    assert small_rgbd.depth is not None
    framing = frame(small_rgbd.size, size, padding)
    fed = preprocess(small_rgbd, config_of(STRETCHED_DEPTH), framing, CPU)["depth"][0, 0, :90, :120].numpy()
    metres, _ = fill_unknown(small_rgbd.depth)
    expected = (metres - metres.min()) / (metres.max() - metres.min()) * 255
    np.testing.assert_allclose(fed, expected, atol=1e-3)


def test_a_plane_is_zero() -> None:
    flat = RGBDImage(None, np.full((20, 20), 2.5, np.float32))
    fed = preprocess(flat, config_of(STRETCHED_DEPTH), frame((20, 20), (20, 20), 1), CPU)["depth"]
    assert (fed == 0).all()


def test_it_survives_json_and_training_does_the_same(small_rgbd: RGBDImage) -> None:
    config = config_of(STRETCHED_DEPTH)
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert "stretched" not in config_of(METRES).to_dict()["normalisation"]["depth"]  # as older files have it
    framing = frame(small_rgbd.size, small_rgbd.size, 1)
    metres = preprocess(small_rgbd, config_of(METRES), framing, CPU)["depth"]
    both = normalise(torch.cat([metres, 3 * metres + 1]), STRETCHED_DEPTH)
    one = preprocess(small_rgbd, config, framing, CPU)["depth"]
    torch.testing.assert_close(both, torch.cat([one, one]), rtol=1e-4, atol=1e-3)  # each picture by itself
