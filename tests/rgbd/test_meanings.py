"""What the numbers may measure besides depth: recognised, said, and converted only as somebody asks for."""

from pathlib import Path

import numpy as np
import pytest

from tests.rgbd.rgbd_sensors import box, counts, desk, kinect, room, with_hole
from vizlab.errors import InputError
from vizlab.rgbd import read_rgbd, rgbd_from_arrays
from vizlab.rgbd.meanings import TYPICAL_MEDIAN, parse_meaning
from vizlab.rgbd.planes import ray_over_depth

SIZE = (120, 160)
FIELD_OF_VIEW = 70


def kinect_raw(metres: np.ndarray) -> np.ndarray:
    """11-bit disparities of a Kinect v1, 2047 where unknown, by the formula of OpenKinect's "Imaging Information"."""
    disparities = np.round((3.3309495161 - 1 / metres) / 0.0030711016)
    return np.nan_to_num(disparities, nan=2047).astype(np.uint16)


def shades(metres: np.ndarray) -> np.ndarray:
    """0..255: 8 bits of depth, far bright."""
    return np.round(255 * (metres - metres.min()) / np.ptp(metres))


def stretched(metres: np.ndarray, highest: int) -> np.ndarray:
    return np.round(highest * (metres - metres.min()) / np.ptp(metres)).astype(np.uint16)


RAYS = box(SIZE, FIELD_OF_VIEW) * ray_over_depth(SIZE, FIELD_OF_VIEW)
LIKE = {
    # name: (numbers, words of the sentence, what is offered)
    "inverse floats": (1 / room(SIZE), "inverse depth or disparity", ["relative inverse", "depth"]),
    "MiDaS": (200 + 3000 / box(SIZE), "inverse depth or disparity", ["relative inverse", "depth"]),
    "disparity": (
        (256 * 0.1 * 900 / box(SIZE)).clip(0, 65000).astype(np.uint16), "inverse depth or disparity",
        ["relative inverse", "depth"],
    ),
    "ray length": (RAYS.astype(np.float32), "lengths of rays", ["ray", "depth"]),
    "ray length in millimetres": ((1000 * RAYS).astype(np.uint16), "lengths of rays", ["ray", "depth"]),
    "8 bits times 257": (
        (257 * shades(room(SIZE))).astype(np.uint16), "multiples of 257: an 8-bit picture",
        ["relative", "relative inverse"],
    ),
    "8 bits times 256": (
        (256 * shades(room(SIZE))).astype(np.int32), "multiples of 256: an 8-bit picture",
        ["relative", "relative inverse"],
    ),
    "8 bits of 60000": (
        np.round(60000 / 255 * shades(room(SIZE))).astype(np.uint16), "multiples of 235.294: an 8-bit picture",
        ["relative", "relative inverse"],
    ),
    "8 bits kept in 16": (
        shades(room(SIZE)).astype(np.uint16), "end below 256, as in an 8-bit picture", ["relative", "relative inverse"],
    ),
    "0 to 1": ((room(SIZE) / 10).astype(np.float32), "stays within 0..1", ["relative"]),
    "0 to 255": ((room(SIZE) / room(SIZE).max() * 255).astype(np.float32), "ends at 255.0", ["relative"]),
    "stretched to 60000": (stretched(room(SIZE), 60000), "up to 60000", ["relative"]),
    "stretched to 65534": (stretched(room(SIZE), 65534), "up to 65534", ["relative"]),
    "stretched to 65535": (stretched(room(SIZE), 65535), "up to 65481", ["relative"]),
    "Kinect v1 counts": (kinect_raw(with_hole(room(SIZE))), "raw 11-bit disparities of a Kinect v1", ["kinect raw"]),
}  # fmt: skip
DEPTH = {
    "a room": room(SIZE).astype(np.float32),
    "a box": (1000 * box(SIZE)).astype(np.uint16),
    "a desk": (5000 * desk(SIZE)).astype(np.uint16),
    "a Kinect's": counts(kinect(room((240, 320))), 1000),
    "SUN RGB-D beyond 8.192 m": (lambda n: ((n << 3) | (n >> 13)).astype(np.uint16))(counts(2.5 * room(SIZE), 1000)),
    "whole metres": (1000 * np.round(9 * room(SIZE))).astype(np.uint16),
    "10 mm": counts(np.round(room(SIZE), 2), 1000),
    "up to 2047 mm": np.minimum(counts(room(SIZE), 1000), 2047),
    "one number": np.full(SIZE, 200, np.uint16),
}


def kinds(record) -> list[str]:
    return [dict(suggestion.options).get("depth_kind") for suggestion in record.suggestions]


@pytest.mark.parametrize("name", LIKE)
def test_what_is_no_depth_is_said_and_offered(name):
    numbers, words, offered = LIKE[name]
    record = rgbd_from_arrays(depth=numbers).record
    assert words in " ".join(record.warnings)
    assert [kind for kind in kinds(record) if kind] == offered
    assert record.depth.confidence < 0.9 or "ray" in offered
    assert record.depth.meaning == "depth"  # nothing is converted unasked


@pytest.mark.parametrize("name", DEPTH)
def test_depth_is_not_doubted(name):
    assert not any(kinds(rgbd_from_arrays(depth=DEPTH[name]).record))


@pytest.mark.parametrize("name", LIKE)
def test_whoever_says_that_it_is_depth_hears_no_doubt(name):
    numbers, words, _ = LIKE[name]
    record = rgbd_from_arrays(depth=numbers, depth_kind="depth").record
    assert words not in " ".join(record.warnings)
    assert not any(kinds(record))
    assert record.depth.meaning == "depth"


@pytest.mark.parametrize("name", LIKE)
def test_each_reading_on_offer_can_be_read_and_says_what_it_did(name):
    numbers, words, _ = LIKE[name]
    for suggestion in rgbd_from_arrays(depth=numbers).record.suggestions:
        options = dict(suggestion.options)
        image = rgbd_from_arrays(depth=numbers, **options)
        if "depth_kind" not in options:
            continue
        assert image.record.depth.meaning == options["depth_kind"]
        assert words not in " ".join(image.record.warnings)
        if "relative" in options["depth_kind"]:
            assert "without a scale" in suggestion.label
            assert image.record.depth.median_m == pytest.approx(TYPICAL_MEDIAN, rel=1e-3)
            assert "without a scale" in " ".join(image.record.warnings)


@pytest.mark.parametrize("name", ["0 to 1", "0 to 255", "stretched to 60000", "8 bits kept in 16", "8 bits times 257"])
def test_a_unit_settles_what_is_only_a_matter_of_scale(name):
    """0..1 of 10 m, as a simulator writes it: whoever knows the ten metres knows that it is depth."""
    numbers, words, _ = LIKE[name]
    record = rgbd_from_arrays(depth=numbers, depth_unit="10 m").record
    assert words not in " ".join(record.warnings)
    if name == "0 to 1":
        assert record.depth.median_m == pytest.approx(np.median(room(SIZE)))
        assert record.warnings == ()


@pytest.mark.parametrize("name", ["inverse floats", "ray length", "Kinect v1 counts"])
def test_a_unit_settles_nothing_of_what_is_measured(name):
    numbers, words, _ = LIKE[name]
    assert words in " ".join(rgbd_from_arrays(depth=numbers, depth_unit="mm").record.warnings)


def test_relative_depth_keeps_its_ratios():
    image = rgbd_from_arrays(depth=0.1 * box(SIZE), depth_kind="relative")
    np.testing.assert_allclose(image.depth, box(SIZE) * TYPICAL_MEDIAN / np.median(box(SIZE)), rtol=1e-6)
    assert "only their ratios do" in image.record.warnings[0]


def test_relative_inverse_depth_is_one_over_it():
    image = rgbd_from_arrays(depth=(20 / box(SIZE)).astype(np.float32), depth_kind="relative inverse")
    np.testing.assert_allclose(image.depth, box(SIZE) * TYPICAL_MEDIAN / np.median(box(SIZE)), rtol=1e-5)
    assert "1/x" in image.record.warnings[0]


@pytest.mark.parametrize("kind", ["relative", "relative inverse", "kinect raw"])
def test_readings_without_a_unit_pay_no_heed_to_one(kind):
    """The page keeps the unit that was chosen before; counts of a Kinect in "mm" are counts all the same."""
    numbers = kinect_raw(with_hole(room(SIZE)))
    with_unit, without = (rgbd_from_arrays(depth=numbers, depth_kind=kind, depth_unit=unit) for unit in ("mm", None))
    np.testing.assert_array_equal(with_unit.depth, without.depth)


def test_inverse_depth_needs_its_scale_and_is_one_over_it():
    """Disparities in 1/256 pixels of a camera with f b = 200 pixel metres: 1/m a count is 1/(256*200)."""
    numbers = np.round(256 * 200 / box(SIZE)).astype(np.int32)
    image = rgbd_from_arrays(depth=numbers, depth_kind="inverse", depth_unit=f"1/{256 * 200}")
    np.testing.assert_allclose(image.depth, box(SIZE), rtol=1e-3)
    assert (image.record.depth.meaning, image.record.depth.unit) == ("inverse", f"{1 / (256 * 200):g}/m")
    with pytest.raises(InputError, match=r"Inverse depth has no unit.*'relative inverse'"):
        rgbd_from_arrays(depth=numbers, depth_kind="inverse")


@pytest.mark.parametrize("field_of_view", [70, "70", "70.0", np.float32(70)])
def test_rays_become_depth_by_their_field_of_view(field_of_view):
    """Pythagoras there, division back: in a box of closed form, a wall ahead is 6 m away wherever it is seen."""
    image = rgbd_from_arrays(depth=RAYS, depth_kind="ray", field_of_view=field_of_view)
    np.testing.assert_allclose(image.depth, box(SIZE, FIELD_OF_VIEW), rtol=1e-6)
    assert "for a field of view of 70 degrees" in image.record.warnings[0]
    assert image.record.depth.meaning == "ray"
    assert image.record.depth.range_m[1] == pytest.approx(6)


def test_the_field_of_view_on_offer_is_about_the_right_one():
    (ray, _) = rgbd_from_arrays(depth=RAYS).record.suggestions
    assert ray.label == "convert from ray length (70°)"
    assert dict(ray.options) == {"depth_kind": "ray", "field_of_view": "70"}


def test_rays_need_a_field_of_view_that_a_camera_may_have():
    for wrong, found in [(None, "No field of view was given"), ("0", "is 0°"), (180, "is 180°"), ("nan", "is nan°")]:
        with pytest.raises(InputError, match=f"{found}; lengths of rays.*field_of_view in degrees"):
            rgbd_from_arrays(depth=RAYS, depth_kind="ray", field_of_view=wrong)
    with pytest.raises(InputError, match="expected degrees, such as 60"):
        rgbd_from_arrays(depth=RAYS, depth_kind="ray", field_of_view="wide")


def test_kinect_counts_become_metres_by_the_formula():
    """Counts 400, 800 and 1000 by hand; 2047, what lies behind the camera or 533 m ahead, is unknown."""
    numbers = np.array([[400, 800, 1000, 2047, 1090, 1084]], np.uint16)
    image = rgbd_from_arrays(depth=numbers, depth_kind="kinect raw")
    expected = [1 / (3.3309495161 - 0.0030711016 * count) for count in (400, 800, 1000)]
    np.testing.assert_allclose(image.depth[0, :3], expected, rtol=1e-6)
    assert expected == pytest.approx([0.4756, 1.1439, 3.8486], abs=1e-3)
    assert np.isnan(image.depth[0, 3:]).all()


def test_a_room_comes_back_from_kinect_counts():
    metres = with_hole(room(SIZE))
    image = rgbd_from_arrays(depth=kinect_raw(metres), depth_kind="kinect raw")
    np.testing.assert_allclose(image.depth, metres, rtol=0.01, equal_nan=True)


def test_a_reading_that_leaves_nothing_is_refused():
    with pytest.raises(InputError, match="gives no distance if its numbers are read as 'kinect raw'; expected"):
        rgbd_from_arrays(depth=np.full((4, 6), 2000, np.uint16), depth_kind="kinect raw")


@pytest.mark.parametrize("name", ["distance_to_camera_0001.npy", "scene/depth_meters/a.npy", "Euclidean.npy"])
def test_a_name_that_says_rays_is_believed_enough_to_ask(tmp_path, name):
    path = Path(tmp_path / name)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, box(SIZE).astype(np.float32))
    record = read_rgbd(depth=path).record
    (warning,) = record.warnings
    assert "lengths of rays" in warning
    assert name in warning
    assert kinds(record) == ["ray", "depth"]
    options = dict(record.suggestions[0].options)
    np.testing.assert_allclose(read_rgbd(depth=path, **options).depth, box(SIZE) / ray_over_depth(SIZE, 60), rtol=1e-6)
    assert read_rgbd(depth=path, **dict(record.suggestions[1].options)).record.warnings == ()


def test_kinds_are_named_where_a_word_means_none():
    assert parse_meaning("relative inverse") == "relative inverse"
    with pytest.raises(
        InputError, match="depth_kind is 'disparity'; expected one of 'auto', 'depth', 'ray', 'inverse'"
    ):
        rgbd_from_arrays(depth=room(SIZE), depth_kind="disparity")
