"""What stored numbers give away: grids, steps of disparity, what stands for nothing, and shapes; all by definition."""

import numpy as np
import pytest

from vizlab.rgbd import Encoding, parse_unit
from vizlab.rgbd.fingerprints import (
    DISPARITY_STEP,
    FEWEST,
    SENSOR_SIZES,
    Layout,
    disparity_step,
    distinct_counts,
    is_visible,
    lies_on_grid,
)

FOCAL, BASELINE = 575.0, 0.075  # of a Kinect v1: pixels and metres
UNITS = {name: parse_unit(name) for name in ("mm", "tum", "0.1mm", "1/512", "1/256", "0.25mm", "1/6553.5")}


def depths(near: float = 0.8, far: float = 6.0, size: int = 40_000) -> np.ndarray:
    return np.random.default_rng(0).uniform(near, far, size)


def kinect(near: float = 0.8, far: float = 6.0) -> np.ndarray:
    """Depths (metres) as a Kinect v1 measures them: from disparities in eighths of a pixel."""
    disparities = np.round(8 * FOCAL * BASELINE / depths(near, far)) / 8
    return FOCAL * BASELINE / disparities


def stored(metres: np.ndarray, unit: Encoding, rounding=np.round) -> np.ndarray:
    return distinct_counts(rounding(metres / unit.metres_per_count))


@pytest.mark.parametrize("rounding", [np.round, np.floor])
@pytest.mark.parametrize(
    ("grid", "unit"), [(0.001, "tum"), (0.001, "0.1mm"), (0.005, "1/512"), (0.005, "1/256"), (0.01, "1/512")]
)
def test_depth_that_went_through_a_grid_lies_on_it(grid, unit, rounding):
    metres = np.round(depths() / grid) * grid
    step = grid / UNITS[unit].metres_per_count
    assert lies_on_grid(stored(metres + 1e-12, UNITS[unit], rounding), step)
    assert not lies_on_grid(stored(depths(), UNITS[unit], rounding), step)


def test_five_millimetres_in_512ths_are_every_2_56_counts():
    """By hand: 0, 2.56, 5.12, ... cut or rounded; one number in fifty that is not among them says no."""
    rounded = np.array([round(2.56 * k) for k in range(400, 600)], float)
    assert lies_on_grid(rounded, 2.56)
    assert lies_on_grid(np.floor(2.56 * np.arange(400, 600)), 2.56)
    off = rounded.copy()
    off[::50] += 1
    assert not lies_on_grid(off, 2.56)
    assert not lies_on_grid(rounded, 2.7)


def test_a_grid_says_something_only_of_enough_numbers_with_gaps():
    assert lies_on_grid(5.0 * np.arange(1, FEWEST + 1), 5)
    assert not lies_on_grid(5.0 * np.arange(1, FEWEST), 5)
    assert not lies_on_grid(np.arange(1, 100.0), 1)
    assert is_visible(0.001, UNITS["tum"])
    assert not is_visible(0.001, UNITS["mm"])
    assert not is_visible(0.002, UNITS["1/512"])  # 1.024 counts
    assert is_visible(0.005, UNITS["1/256"])  # 1.28 counts


@pytest.mark.parametrize("rounding", [np.round, np.floor])
@pytest.mark.parametrize("unit", ["mm", "tum", "0.1mm", "0.25mm", "1/6553.5"])
def test_a_kinects_disparities_keep_their_step_in_any_fine_unit(unit, rounding):
    """1/z = d/(f b), d in eighths of a pixel; in counts of u metres the reciprocals' step is u times that."""
    step = disparity_step(stored(kinect(), UNITS[unit], rounding))
    expected = 1 / (8 * FOCAL * BASELINE)
    assert expected == pytest.approx(DISPARITY_STEP, rel=0.01)
    assert step / UNITS[unit].metres_per_count == pytest.approx(expected, rel=0.03)


def test_steps_that_are_lost_in_rounding_are_passed_over():
    """Nearer than a metre, a Kinect's steps are finer than the millimetres they are kept in."""
    assert disparity_step(stored(kinect(0.45, 3), UNITS["mm"])) == pytest.approx(0.001 * DISPARITY_STEP, rel=0.05)


def slanted() -> np.ndarray:
    """A plane from 1 to 5 m, over 640 columns, whose inverse depth is affine in the column."""
    return np.repeat(1 / np.linspace(1, 1 / 5, 640)[None], 4, axis=0)


@pytest.mark.parametrize("unit", ["mm", "tum", "0.1mm"])
def test_depth_of_no_such_sensor_keeps_no_step(unit):
    assert disparity_step(stored(depths(), UNITS[unit])) is None
    assert disparity_step(stored(np.round(depths() / 0.02) * 0.02, UNITS[unit])) is None
    assert disparity_step(stored(depths(size=300), UNITS[unit])) is None


def test_a_smooth_slanted_plane_is_no_kinects():
    """Its rows have a step of 1/z of their own, which is none of the sensor's: 0.8/639 against 0.0029."""
    step = disparity_step(stored(slanted(), UNITS["0.1mm"]))
    assert step is None or step / 1e-4 != pytest.approx(DISPARITY_STEP, rel=0.4)


def test_a_few_steps_say_nothing():
    farthest = stored(kinect(), UNITS["mm"])[-FEWEST - 1 :]
    assert disparity_step(farthest) == pytest.approx(0.001 * DISPARITY_STEP, rel=0.01)
    assert disparity_step(farthest[1:]) is None
    assert disparity_step(np.array([1000.0])) is None


@pytest.mark.parametrize(("one_in", "keeps"), [(20, True), (6, True), (4, False), (3, False)])
def test_disparities_that_no_pixel_has_are_forgiven_if_they_are_few(one_in, keeps):
    """Reciprocals of whole numbers: 1/n - 1/(n+1) doubled where one is left out; a quarter of them is the most."""
    numbers = np.delete(1 / np.arange(300, 100, -1) * 1e6, np.arange(1, 199, one_in))
    assert disparity_step(np.round(numbers)) == (pytest.approx(1e-6, rel=0.01) if keeps else None)


def test_a_step_and_a_half_is_none():
    """Reciprocals a step, or one and a half, apart in turn, as no sensor's are."""
    reciprocals = 200 + np.cumsum(np.where(np.arange(200) % 5 == 0, 1.5, 1.0))
    assert disparity_step(np.round(1e7 / reciprocals[::-1])) is None


def test_distinct_numbers_are_in_order_and_bounded():
    np.testing.assert_array_equal(distinct_counts(np.array([3, 1, 3, 2], np.uint16)), [1, 2, 3])
    many = distinct_counts(np.arange(30_000, 0, -1))
    assert (len(many), many[0], many[-1]) == (20_000, 1, 20_000)


def picture(zeros: int = 0, saturated: int = 0, size: tuple[int, int] = (100, 100)) -> np.ndarray:
    values = np.full(size, 2000, np.uint16)
    values.flat[:zeros] = 0
    values.flat[zeros : zeros + saturated] = 65535
    return values


@pytest.mark.parametrize(
    ("zeros", "saturated", "nothing"),
    [
        (0, 0, "none"), (50, 0, "none"), (51, 0, "zeros"), (0, 10, "none"), (0, 11, "saturated"), (51, 11, "both"),
        (50, 10, "none"),
    ],
)  # fmt: skip
def test_what_stands_for_nothing(zeros, saturated, nothing):
    layout = Layout.of(picture(zeros, saturated))
    assert layout.nothing == nothing
    assert layout.known == pytest.approx(1 - (zeros + saturated) / 10_000)


@pytest.mark.parametrize(
    ("size", "wide", "sensor"),
    [
        ((375, 1242), True, False),  # KITTI
        ((1242, 375), False, False),
        ((1024, 2048), False, False),  # Cityscapes and panoramas
        ((480, 640), False, True),
        ((640, 480), False, True),  # a telephone held upright, or a Kinect on its side
        ((848, 480), False, True),
        ((192, 256), False, True),
        ((512, 512), False, False),
        ((8, 64), False, False),  # too low for a street
        ((1, 40_000), False, False),
    ],
)
def test_shapes(size, wide, sensor):
    layout = Layout.of(picture(size=size))
    assert (layout.wide, layout.sensor) == (wide, sensor)


def test_sizes_of_sensors_are_given_lying():
    """Kinect v1 and v2, Azure Kinect, RealSenses, Matterport and LiDAR in telephones, by their makers' tables."""
    assert {(480, 640), (424, 512), (576, 640), (720, 1280), (768, 1024), (1024, 1280), (192, 256)} <= SENSOR_SIZES
    assert all(height < width for height, width in SENSOR_SIZES)
