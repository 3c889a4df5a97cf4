"""Framing and normalisation: scaled uniformly, padded, never stretched."""

import numpy as np
import pytest
import torch

from vizlab.core.config import IMAGENET, IMAGENET_MEAN, IMAGENET_STD, METRES, SIGNED, NetworkConfig
from vizlab.core.door.settings import override
from vizlab.core.framing import Framing, frame
from vizlab.core.preprocess import preprocess
from vizlab.errors import IncompatibleInputError
from vizlab.rgbd import RGBDImage

CPU = torch.device("cpu")
CONFIG = NetworkConfig(
    "cen-mobilenetv2", ("semseg",), ("rgb", "depth"), normalisation={"rgb": IMAGENET, "depth": METRES}
)


@pytest.mark.parametrize(
    ("size", "multiple", "content", "padded"),
    [
        ((480, 640), 32, (240, 320), (256, 320)),
        ((640, 480), 32, (320, 240), (320, 256)),
        ((240, 320), 8, (240, 320), (240, 320)),
        ((60, 80), 32, (240, 320), (256, 320)),
        ((1, 10_000), 32, (3, 27_713), (32, 27_744)),
    ],
)
def test_frame(size, multiple, content, padded):
    assert frame(size, (240, 320), multiple) == Framing(size, content, padded)


def test_aspect_is_kept_to_half_a_pixel():
    rng = np.random.default_rng(0)
    for height, width in rng.integers(50, 4000, (200, 2)):
        found = frame((int(height), int(width)), (240, 320), 32)
        scale = (240 * 320 / (height * width)) ** 0.5
        assert abs(found.content[0] - height * scale) <= 0.5
        assert abs(found.content[1] - width * scale) <= 0.5
        assert all(side % 32 == 0 for side in found.padded)
        assert all(0 <= p - c < 32 for p, c in zip(found.padded, found.content, strict=True))


def test_translation_pads_to_256():
    assert frame((480, 640), (256, 256), 256).padded == (256, 512)


def picture(size=(60, 80)):
    colour = np.zeros((*size, 3), np.uint8)
    colour[..., 0], colour[..., 2] = 255, 51
    depth = np.full(size, 2.5, np.float32)
    depth[:10] = np.nan
    return RGBDImage(colour, depth)


def test_values_are_normalised_and_holes_filled():
    framing = frame((60, 80), (30, 40), 32)
    inputs = preprocess(picture(), CONFIG, framing, CPU)
    assert {name: x.shape for name, x in inputs.items()} == {"rgb": (1, 3, 32, 64), "depth": (1, 3, 32, 64)}
    assert all(x.dtype == torch.float32 for x in inputs.values())
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in inputs.values())
    expected = (np.array([1.0, 0.0, 0.2]) - IMAGENET_MEAN) / IMAGENET_STD
    np.testing.assert_allclose(inputs["rgb"][0, :, 5, 5], expected, rtol=1e-5)
    assert (inputs["depth"] == 2.5).all()


def test_padding_repeats_the_last_row_and_column():
    rng = np.random.default_rng(0)
    rgbd = RGBDImage(rng.integers(0, 256, (33, 41, 3), np.uint8), rng.uniform(1, 9, (33, 41)).astype(np.float32))
    framing = frame((33, 41), (33, 41), 32)
    inputs = preprocess(rgbd, CONFIG, framing, CPU)
    assert framing == Framing((33, 41), (33, 41), (64, 64))
    np.testing.assert_array_equal(inputs["depth"][0, 0, :33, :41], rgbd.depth)
    np.testing.assert_array_equal(inputs["depth"][0, 2, 33:, :41], np.tile(rgbd.depth[-1], (31, 1)))
    np.testing.assert_array_equal(inputs["rgb"][..., 41:], inputs["rgb"][..., 40:41].expand(-1, -1, -1, 23))


def test_depth_is_never_averaged():
    depth = np.ones((64, 64), np.float32)
    depth[:, 31:] = 9
    found = preprocess(RGBDImage(np.zeros((64, 64, 3), np.uint8), depth), CONFIG, frame((64, 64), (24, 24), 8), CPU)
    assert set(found["depth"].unique().tolist()) == {1.0, 9.0}


def test_signed_pictures_span_minus_one_to_one():
    config = NetworkConfig("cen-pix2pix", ("image",), ("rgb", "depth"), normalisation={"rgb": SIGNED})
    inputs = preprocess(picture(), config, frame((60, 80), (60, 80), 4), CPU)
    assert inputs["rgb"].min() == -1
    assert inputs["rgb"].max() == 1


@pytest.mark.parametrize("missing", ["rgb", "depth"])
def test_missing_modality(missing):
    whole = picture()
    rgbd = RGBDImage(None if missing == "rgb" else whole.colour, None if missing == "depth" else whole.depth)
    with pytest.raises(IncompatibleInputError, match=r"needs a .* but the upload has only a"):
        preprocess(rgbd, CONFIG, frame((60, 80), (30, 40), 32), CPU)


def test_one_modality_is_enough_for_a_network_that_needs_one():
    config = NetworkConfig("mti-net-mobilenetv2", ("semseg",), ("rgb",))
    rgbd = RGBDImage(picture().colour)
    assert set(preprocess(rgbd, config, frame((60, 80), (30, 40), 32), CPU)) == {"rgb"}


def test_streams_that_no_picture_has():
    config = NetworkConfig("cen-pix2pix", ("image",), ("input0", "input1"))
    with pytest.raises(IncompatibleInputError, match=r"takes input0 and input1.*inputs="):
        preprocess(picture(), config, frame((60, 80), (256, 256), 256), CPU)


def test_a_domain_is_scaled_and_normalised_as_colour_is():
    rng = np.random.default_rng(2)
    colour = rng.integers(0, 256, (60, 80, 3), np.uint8)
    rgbd = RGBDImage(colour, domains={"light": colour, "texture": colour[::-1].copy()})
    config = NetworkConfig("cen-pix2pix", ("image",), ("light", "rgb", "texture"), normalisation=dict.fromkeys(
        ("light", "rgb", "texture"), SIGNED))  # fmt: skip
    inputs = preprocess(rgbd, config, frame((60, 80), (30, 40), 32), CPU)
    assert torch.equal(inputs["light"], inputs["rgb"])
    assert not torch.equal(inputs["texture"], inputs["rgb"])


def test_renamed_inputs_keep_their_normalisation():
    """A translation file calls its streams by number; whoever names them means the same network."""
    config = NetworkConfig(
        "cen-pix2pix", ("image",), ("input0", "input1"), threshold=0.02,
        normalisation={"input0": SIGNED, "input1": SIGNED, "depth": METRES}, options={"filters": 4},
    )  # fmt: skip
    changed, _ = override(config, {}, {"inputs": ("texture", "depth")})
    assert changed.normalisation["texture"] == SIGNED
    assert changed.normalisation["depth"] == METRES
