"""Depth as CEN's image translation feeds it: log(1 + counts of 1/512 m), 0 to 11.1 as [-1, 1]."""

import json

import numpy as np
import pytest
import torch

from vizlab.core.config import METRES, SIGNED_LOG_DEPTH, NetworkConfig, Normalisation
from vizlab.core.door import load_model
from vizlab.core.framing import frame
from vizlab.core.preprocess import preprocess
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage
from vizlab.study.training.module import normalise


@pytest.fixture(scope="module")
def translation(authors_file):
    return load_model(authors_file("cen_pix2pix_nf8"), "cpu", inputs=("rgb", "depth"))


def fed(model, metres):
    """What one distance becomes on the way into the network."""
    rgbd = RGBDImage(np.zeros((64, 64, 3), np.uint8), np.full((64, 64), metres, np.float32))
    return model.preprocess(rgbd)["depth"]


@pytest.mark.parametrize("counts", [1, 512, 1536, 5120, 65535])
def test_a_count_is_fed_as_the_authors_feed_it(translation, counts):
    x = fed(translation, counts / 512)
    expected = 2 * (np.log(1 + counts) / 11.1) - 1  # their code: log(1 + d) * 255 / 11.1, then x / 127.5 - 1
    torch.testing.assert_close(x, torch.full_like(x, expected), rtol=0, atol=1e-5)


def test_what_16_bits_do_not_hold_is_the_largest_count(translation):
    assert fed(translation, 500.0).max() == fed(translation, 65535 / 512).max() < 1


def test_it_is_said_whose_reading_it_is(translation):
    assert "1/512 m" in translation.assumed["normalisation"]
    assert "authors' translation code" in translation.assumed["normalisation"]


def test_another_reading_can_be_given(authors_file):
    model = load_model(authors_file("cen_pix2pix_nf8"), "cpu", inputs=("rgb", "depth"), normalisation={"depth": METRES})
    assert "normalisation" not in model.assumed
    assert float(fed(model, 3.0).mean()) == pytest.approx(3.0)
    wrong = Normalisation((0.0,) * 3, (1.0,) * 3, log_counts=-1.0)
    with pytest.raises(InputError, match="normalisation of depth"):
        load_model(authors_file("cen_pix2pix_nf8"), "cpu", normalisation={"depth": wrong})


def test_the_reading_survives_json():
    config = NetworkConfig("cen-pix2pix", ("image",), ("depth",), normalisation={"depth": SIGNED_LOG_DEPTH})
    assert NetworkConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    plain = NetworkConfig("cen-pix2pix", ("image",), ("depth",), normalisation={"depth": METRES})
    assert set(plain.to_dict()["normalisation"]["depth"]) == {"mean", "std"}  # as older files have it


def test_training_feeds_what_the_page_feeds(small_rgbd):
    config = NetworkConfig("cen-pix2pix", ("image",), ("depth",), normalisation={"depth": SIGNED_LOG_DEPTH})
    framing = frame(small_rgbd.size, small_rgbd.size, 1)
    x = preprocess(small_rgbd, config, framing, torch.device("cpu"))["depth"]
    plain = NetworkConfig("cen-pix2pix", ("image",), ("depth",), normalisation={"depth": METRES})
    metres = preprocess(small_rgbd, plain, framing, torch.device("cpu"))["depth"]
    torch.testing.assert_close(normalise(metres, SIGNED_LOG_DEPTH), x)
