"""Depth in every container and encoding, and what counts as unknown."""

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.rgbd.rgbd_rooms import SIZE, counts, room
from vizlab.errors import InputError
from vizlab.rgbd import detect_unit, parse_unit, read_rgbd, rgbd_from_arrays

ENCODINGS = ("mm", "tum", "0.1mm", "sunrgbd")


@pytest.mark.parametrize("name", ["depth.png", "depth.tiff", "depth.npy", "depth.npz"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_reads_each_encoding_from_each_container(save_depth, encoding, name):
    metres = room()
    metres[:5, :7] = np.nan
    image = read_rgbd(depth=save_depth(counts(metres, encoding), name))
    np.testing.assert_allclose(image.depth, metres, atol=1e-6, equal_nan=True)
    record = image.record.depth
    assert (record.encoding, record.assumed, record.dtype) == (encoding, True, "uint16")
    assert 0.9 <= record.confidence < 1
    assert record.holes == pytest.approx(35 / metres.size)
    assert record.range_m == pytest.approx((np.nanmin(metres), np.nanmax(metres)))
    assert record.median_m == pytest.approx(np.nanmedian(metres))
    assert image.modalities == ("depth",)
    assert image.size == SIZE


@pytest.mark.parametrize(("near", "far"), [(0.6, 1.5), (1, 3), (2, 7), (1, 9.5)])
def test_rotated_bits_are_told_from_plain_counts(near, far):
    detected = detect_unit(counts(room(near=near, far=far), "sunrgbd"))
    assert detected.encoding.name == "sunrgbd"
    assert detected.confidence > 0.9
    assert detect_unit(counts(room(near=near, far=far), "mm")).encoding.name == "mm"


def test_counts_that_were_never_whole_millimetres_are_still_told_apart():
    """Rendered data sets store 1/5000 m without the multiples of five that sensors leave."""
    rendered = np.random.default_rng(0).uniform(1.5, 4, (40, 40))
    assert detect_unit(np.round(rendered * 5000).astype(np.uint16)).encoding.name == "tum"
    assert detect_unit(np.round(rendered * 1000).astype(np.uint16)).encoding.name == "mm"


@pytest.mark.parametrize("count", [3, 3_000_001])
def test_numbers_that_fit_no_room_give_low_confidence_and_a_warning(count):
    values = np.full((8, 8), count, np.int32)
    record = rgbd_from_arrays(depth=values).record
    assert record.depth.confidence < 0.5
    assert any("guess" in warning for warning in record.warnings)


@pytest.mark.parametrize(
    ("unit", "scale"),
    [(0.001, 1e-3), ("mm", 1e-3), ("tum", 2e-4), (0.0002, 2e-4), ("0.1mm", 1e-4), (1.0, 1), ("m", 1), ("0.004", 4e-3)],
)
def test_a_given_unit_wins_over_detection(save_depth, unit, scale):
    path = save_depth(np.full((4, 6), 2000, np.uint16))
    image = read_rgbd(depth=path, depth_unit=unit)
    np.testing.assert_allclose(image.depth, 2000 * scale, rtol=1e-6)
    assert (image.record.depth.assumed, image.record.depth.confidence) == (False, 1.0)
    assert image.record.depth.metres_per_count == pytest.approx(scale)


@pytest.mark.parametrize("unit", ["inches", -1, 0, float("nan"), float("inf"), True, "-0.1"])
def test_units_that_make_no_sense_are_refused(unit):
    with pytest.raises(InputError, match="expected metres per count"):
        parse_unit(unit)


@pytest.mark.parametrize("unit", [None, "", "auto", " Auto "])
def test_no_unit_means_detection(unit):
    assert parse_unit(unit) is None


def test_rotated_bits_need_integers():
    with pytest.raises(InputError, match="16-bit integers"):
        rgbd_from_arrays(depth=room(), depth_unit="sunrgbd")
    wide = counts(room(), "sunrgbd").astype(np.int32)
    assert rgbd_from_arrays(depth=wide, depth_unit="sunrgbd").record.depth.median_m == pytest.approx(np.median(room()))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_are_metres_and_every_kind_of_hole_is_nan(dtype):
    values = room().astype(dtype)
    holes = [0, -1, np.nan, np.inf, -np.inf, np.finfo(dtype).max]
    values[0, : len(holes)] = holes
    image = rgbd_from_arrays(depth=values)
    assert np.isnan(image.depth[0, : len(holes)]).all()
    assert np.isnan(image.depth).sum() == len(holes)
    assert image.record.depth.encoding == "m"
    np.testing.assert_allclose(image.depth[1:], values[1:].astype("float32"))


@pytest.mark.parametrize("dtype", ["uint16", "int16", "int32", "uint32", "int64"])
def test_integer_holes_are_nan(dtype):
    values = counts(room(), "mm").astype(dtype)
    holes = [0, np.iinfo(dtype).max] + ([65535] if dtype != "int16" else []) + ([-4] if dtype[0] == "i" else [])
    values[0, : len(holes)] = holes
    image = rgbd_from_arrays(depth=values)
    assert np.isnan(image.depth[0, : len(holes)]).all()
    assert np.isnan(image.depth).sum() == len(holes)
    assert image.record.depth.encoding == "mm"


def test_float_millimetres_are_recognised():
    record = rgbd_from_arrays(depth=(room() * 1000).astype(np.float32)).record
    assert record.depth.encoding == "mm"
    assert record.depth.median_m == pytest.approx(np.median(room()))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [(48, 64), (3, 5)])
def test_float_tiff(tmp_path, dtype, size):
    """OpenCV writes both widths; Pillow alone would refuse the second."""
    metres = room(size).astype(dtype)
    cv2.imwrite(str(tmp_path / "depth.tif"), metres)
    image = read_rgbd(depth=tmp_path / "depth.tif")
    np.testing.assert_allclose(image.depth, metres.astype(np.float32))
    assert image.record.depth.dtype == dtype


def test_big_endian_numbers(save_depth):
    path = save_depth(counts(room(), "mm").astype(">u2"), "depth.npy")
    assert read_rgbd(depth=path).record.depth.median_m == pytest.approx(np.median(room()))
    Image.fromarray(counts(room(), "mm").astype(">u2")).save(path.with_suffix(".tif"))
    assert read_rgbd(depth=path.with_suffix(".tif")).record.depth.median_m == pytest.approx(np.median(room()))


@pytest.mark.parametrize("shape", [(1, *SIZE), (*SIZE, 1)])
def test_a_lone_channel_axis_is_dropped(save_depth, shape):
    path = save_depth(counts(room(), "mm").reshape(shape), "depth.npy")
    assert read_rgbd(depth=path).size == SIZE


def test_npz_with_one_array_of_any_name(tmp_path):
    np.savez(tmp_path / "d.npz", whatever=counts(room(), "mm"))
    assert read_rgbd(depth=tmp_path / "d.npz").record.depth.encoding == "mm"
    np.savez(tmp_path / "d.npz", rgb=np.zeros((4, 4, 3), np.uint8), depth=counts(room(), "mm"))
    assert read_rgbd(depth=tmp_path / "d.npz").record.depth.encoding == "mm"


def test_depth_scaled_to_one_is_warned_about():
    normalised = (room() / room().max()).astype(np.float32)
    assert any("0..1" in warning for warning in rgbd_from_arrays(depth=normalised).record.warnings)
    assert not rgbd_from_arrays(depth=room().astype(np.float32)).record.warnings


def test_a_unit_that_puts_the_scene_far_away_is_warned_about():
    record = rgbd_from_arrays(depth=counts(room(), "mm"), depth_unit="m").record
    assert any("unusual" in warning for warning in record.warnings)


def test_mostly_unknown_depth_is_warned_about():
    values = counts(room(), "mm")
    values[:30] = 0
    assert "62 % of the depth is unknown." in rgbd_from_arrays(depth=values).record.warnings


def test_the_first_page_of_several_is_read(tmp_path):
    pages = [Image.fromarray(counts(room(near=near), "mm")) for near in (1, 2)]
    pages[0].save(tmp_path / "pages.tif", save_all=True, append_images=pages[1:])
    image = read_rgbd(depth=tmp_path / "pages.tif")
    np.testing.assert_allclose(image.depth, room(near=1), atol=1e-6)
    assert "more than one picture" in image.record.warnings[0]
