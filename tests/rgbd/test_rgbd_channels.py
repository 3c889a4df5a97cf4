"""Depth and colour that share a file, a channel or a byte."""

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.rgbd.rgbd_files import depth_in, exr, picture, png, saved, slope
from tests.rgbd.rgbd_rooms import photograph, room
from vizlab.errors import InputError
from vizlab.rgbd import read_rgbd
from vizlab.rgbd.channels import depth_channel

MILLIMETRES = np.round(room() * 1000).astype(np.uint16)


def encoded(values: np.ndarray, suffix: str) -> bytes:
    """HxWxC in RGB(A) order, written by OpenCV, which takes BGR(A)."""
    return cv2.imencode(suffix, values[..., [2, 1, 0, 3][: values.shape[2]]])[1].tobytes()


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_three_equal_channels_of_sixteen_bits_are_one_depth(tmp_path, suffix):
    data = encoded(np.repeat(slope()[..., None], 3, axis=2), suffix)
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), slope())


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_the_fourth_channel_beside_colour_is_depth(tmp_path, suffix):
    data = encoded(np.dstack([photograph().astype(np.uint16) * 257, MILLIMETRES]), suffix)
    np.testing.assert_array_equal(depth_in(tmp_path / "d", data), MILLIMETRES)
    colour = read_rgbd(tmp_path / "d")
    np.testing.assert_array_equal(colour.colour, photograph())
    assert any("many values, as depth does" in warning for warning in colour.record.warnings)


@pytest.mark.parametrize("dtype", ["f4", "u2"])
def test_four_channels_of_an_array(tmp_path, dtype):
    values = np.dstack([photograph() / 255 if dtype == "f4" else photograph().astype("u2") * 257, MILLIMETRES])
    np.testing.assert_array_equal(depth_in(tmp_path / "d", saved(np.save, values.astype(dtype))), MILLIMETRES)
    read = read_rgbd(tmp_path / "d")
    np.testing.assert_array_equal(read.colour, photograph())


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 1)])
def test_one_channel_is_depth_as_it_is(shape):
    """A damaged TIFF may announce three channels and hold one."""
    depth, notes = depth_channel(slope().reshape(shape), "d", "a TIFF")
    np.testing.assert_array_equal(depth, slope())
    assert notes == ()


def test_sixteen_bit_colour_is_no_depth(tmp_path):
    for opaque in (photograph(), np.dstack([photograph(), np.full((48, 64), 255, np.uint8)])):
        with pytest.raises(InputError, match="looks like colour: its channels differ"):
            depth_in(tmp_path / "d", encoded(opaque.astype(np.uint16) * 257, ".png"))


@pytest.mark.parametrize("clear", [0, 1])
def test_grey_and_alpha_of_sixteen_bits(tmp_path, clear):
    """Alpha of 0 marks what is unknown; where all of it is 0 it means nothing."""
    alpha = np.full((5, 7), 65535 if clear else 0, np.uint16)
    alpha[0, 0] = 0
    rows = np.stack([slope(), alpha], axis=-1).astype(">u2")
    found = depth_in(tmp_path / "d", png((7, 5, 16, 4, 0), b"".join(b"\x00" + row.tobytes() for row in rows)))
    assert found[0, 0] == (0 if clear else slope()[0, 0])
    np.testing.assert_array_equal(found.ravel()[1:], slope().ravel()[1:])


def test_depth_in_alpha_does_not_wash_the_colour_out(tmp_path):
    alpha = (room() * 60).astype(np.uint8)
    alpha[:10] = 0
    (tmp_path / "c.png").write_bytes(picture(np.dstack([photograph(), alpha])))
    read = read_rgbd(tmp_path / "c.png")
    np.testing.assert_array_equal(read.colour, photograph())
    assert "it was not taken as transparency" in read.record.warnings[0]


def test_a_soft_mask_is_still_transparency(tmp_path):
    """Opaque in the middle and clear outside, with a seam of many values between them."""
    distance = np.abs(np.arange(64) - 32.0)
    alpha = np.tile((255 * (22 - distance).clip(0, 4) / 4).astype(np.uint8), (48, 1))
    (tmp_path / "c.png").write_bytes(picture(np.dstack([photograph(), alpha])))
    read = read_rgbd(tmp_path / "c.png")
    assert (read.colour[:, 0] == 255).all()
    np.testing.assert_array_equal(read.colour[:, 32], photograph()[:, 32])


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_depth_packed_into_three_bytes_is_named(tmp_path, order):
    """CARLA's documentation: normalised = (R + G * 256 + B * 65536) / (256 ** 3 - 1), 1000 m at 1."""
    number = (room((60, 80)) / 1000 * (256**3 - 1)).astype(np.int64)
    packed = np.stack([number & 255, number >> 8 & 255, number >> 16], axis=-1).astype(np.uint8)[..., order]
    (tmp_path / "d.png").write_bytes(picture(packed))
    with pytest.raises(InputError, match="spread over the bytes of red, green and blue, as CARLA"):
        read_rgbd(depth=tmp_path / "d.png")


def test_millimetres_in_two_bytes_are_named_too(tmp_path):
    """High byte in red and low byte in green, as viewers without 16 bits write it."""
    number = np.round(room((60, 80), near=0.7, far=1.5) * 4000).astype(np.int64)
    packed = np.stack([number >> 8, number & 255, 0 * number], axis=-1).astype(np.uint8)
    (tmp_path / "d.png").write_bytes(picture(packed))
    with pytest.raises(InputError, match="spread over the bytes"):
        read_rgbd(depth=tmp_path / "d.png")


def test_a_photograph_given_as_depth_is_not_called_packed(tmp_path):
    rng = np.random.default_rng(0)
    noisy = (photograph((60, 80)) + rng.integers(-6, 7, (60, 80, 3))).clip(0, 255).astype(np.uint8)
    for values in (noisy, photograph(), rng.integers(0, 256, (60, 80, 3)).astype(np.uint8)):
        (tmp_path / "d.png").write_bytes(picture(values))
        with pytest.raises(InputError, match="8 bits are too coarse"):
            read_rgbd(depth=tmp_path / "d.png")


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("suffix", [".png", ".tiff", ".npy"])
def test_fewer_bits_in_sixteen_are_not_near_black(tmp_path, bits, suffix):
    """x of 8 bits is x * 2**(bits - 8) of more; the brightest of the photograph is 251 of 255."""
    values = photograph().astype(np.uint16) << (bits - 8)
    data = saved(np.save, values) if suffix == ".npy" else encoded(values, suffix)
    (tmp_path / "c").write_bytes(data)
    read = read_rgbd(tmp_path / "c")
    np.testing.assert_array_equal(read.colour, photograph())
    assert f"taken as {bits}-bit" in read.record.warnings[0]


def test_eight_bits_in_sixteen_are_taken_as_they_are(tmp_path):
    np.save(tmp_path / "c.npy", photograph().astype(np.uint16))
    read = read_rgbd(tmp_path / "c.npy")
    np.testing.assert_array_equal(read.colour, photograph())
    assert "taken as 8-bit ones." in read.record.warnings[0]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(("scale", "dtype"), [(1, "u1"), (1, "f4"), (1 / 255, "f8"), (1 / 255, ">f4"), (257, "<u2")])
def test_colour_arrays_of_every_range_and_order(tmp_path, first, scale, dtype):
    values = (photograph().astype(float) * scale).astype(dtype)
    np.save(tmp_path / "c.npy", np.moveaxis(values, -1, 0) if first else values)
    read = read_rgbd(tmp_path / "c.npy")
    np.testing.assert_array_equal(read.colour, photograph())
    assert ("floats" in "".join(read.record.warnings)) == ("f" in dtype)


def test_normalised_colour_is_refused_with_its_way_back(tmp_path):
    np.save(tmp_path / "c.npy", (photograph() / 255 - 0.45) / 0.22)
    with pytest.raises(InputError, match="as after normalisation"):
        read_rgbd(tmp_path / "c.npy")


@pytest.mark.parametrize("suffix", [".npy", ".tiff"])
def test_light_brighter_than_white_is_not_near_black(tmp_path, suffix):
    """Floats up to 8, as renderers write them: taken as 0 to 255, all of it would be black."""
    values = np.full((4, 6, 3), 1.0, np.float32)
    values[0, 0] = 8
    (tmp_path / "c").write_bytes(saved(np.save, values) if suffix == ".npy" else encoded(values, ".tiff"))
    read = read_rgbd(tmp_path / "c")
    assert (read.colour == 255).all()
    assert "linear light" in read.record.warnings[0]


def test_the_channels_of_exr_are_red_green_and_blue(tmp_path):
    planes = {letter: np.full((5, 7), value, np.float32) for letter, value in zip("RGB", (0, 0.21586, 1), strict=True)}
    (tmp_path / "c.exr").write_bytes(exr(tmp_path, planes))
    assert read_rgbd(tmp_path / "c.exr").colour[0, 0].tolist() == [0, 128, 255]


def test_linear_light_takes_the_curve_of_srgb(tmp_path):
    """IEC 61966-2-1: 0.0031308 is where its two parts meet, 0.21586 is 128 of 255, and 1 is white."""
    light = np.array([[0.0, 0.001, 0.21586, 1.0, 7.0, -1.0, np.nan]], np.float32)
    expected = [0, round(255 * 12.92 * 0.001), 128, 255, 255, 0, 0]
    planes = {letter: np.repeat(light, 5, axis=0) for letter in "RGB"}
    (tmp_path / "c.exr").write_bytes(exr(tmp_path, planes))
    read = read_rgbd(tmp_path / "c.exr")
    np.testing.assert_array_equal(read.colour[0, :, 1], expected)
    assert "linear light" in read.record.warnings[0]


@pytest.mark.parametrize("container", ["BMP", "GIF", "PPM", "AVIF", "HEIF"])
def test_other_colour_containers(tmp_path, container):
    if container == "HEIF":
        import pillow_heif

        stored = saved(pillow_heif.from_pillow(Image.fromarray(photograph())).save, quality=-1)
    else:
        stored = picture(photograph(), container, **({"quality": 100} if container == "AVIF" else {}))
    (tmp_path / "c").write_bytes(stored)
    read = read_rgbd(tmp_path / "c").colour.astype(int)
    tolerance = {"GIF": 40, "AVIF": 8, "HEIF": 8}.get(container, 0)
    assert np.abs(read - photograph()).mean() <= tolerance / 4
    assert np.abs(read - photograph()).max() <= tolerance


def test_the_maximum_of_a_ppm_is_full_brightness(tmp_path):
    """Netpbm's ppm(5): samples run from 0 to Maxval; 1000 of 2000 is half."""
    values = np.full((4, 6, 3), 1000, ">u2")
    (tmp_path / "c").write_bytes(b"P6\n6 4\n2000\n" + values.tobytes())
    assert (read_rgbd(tmp_path / "c").colour == 128).all()
