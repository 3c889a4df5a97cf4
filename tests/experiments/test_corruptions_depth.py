"""Broken depth against closed forms: what a share, a step, a factor and a shift must be."""

import itertools

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.experiments.corruptions import CORRUPTIONS, SEVERITIES, corrupted
from vizlab.experiments.corruptions.depth import steps
from vizlab.rgbd import RGBDImage
from vizlab.rgbd.kinect import BASELINE, FOCAL_AT_480


def wall(distance: float, size: tuple[int, int] = (240, 320)) -> RGBDImage:
    return RGBDImage(np.full((*size, 3), 200, np.uint8), np.full(size, distance, np.float32))


def broken(rgbd: RGBDImage, name: str, severity: int, seed: int = 0) -> np.ndarray:
    depth = corrupted(rgbd, name, severity, seed).depth
    assert depth is not None
    return depth


@pytest.mark.parametrize(("severity", "share"), [(2, 0.25), (3, 0.5), (4, 0.75)])
def test_so_many_pixels_are_missing(severity: int, share: float) -> None:
    """The three shares of the definition; 76,800 draws have a standard deviation under 0.002."""
    depth = broken(wall(2.0), "depth-missing", severity)
    assert np.isnan(depth).mean() == pytest.approx(share, abs=0.008)
    assert (depth[~np.isnan(depth)] == 2).all()


def test_what_is_missing_stays_missing_as_it_gets_worse() -> None:
    gone = [np.isnan(broken(wall(2.0), "depth-missing", severity)) for severity in SEVERITIES]
    for before, after in itertools.pairwise(gone):
        assert (after | ~before).all()


@pytest.mark.parametrize("distance", [1.0, 2.0, 4.0])
def test_noise_in_metres_grows_with_the_square_of_distance(distance: float) -> None:
    """dz = z^2 dd / (F B), where d is disparity and its noise 0.07 px at severity 1, twice that at severity 2."""
    for severity, times in ((1, 1), (2, 2)):
        deviation = float(broken(wall(distance), "depth-noise", severity).std())
        expected = distance**2 * 0.07 * times / (FOCAL_AT_480 * BASELINE)
        assert deviation == pytest.approx(expected, rel=0.06)


def test_what_a_sensor_would_see_beyond_its_range_is_unknown() -> None:
    depth = broken(wall(7.8), "depth-noise", 5)
    assert 0.2 < np.isnan(depth).mean() < 0.7
    assert np.nanmax(depth) <= 8


@pytest.mark.parametrize(("severity", "step"), [(1, 0.25), (3, 1.0), (5, 4.0)])
def test_disparity_is_a_whole_number_of_steps(severity: int, step: float) -> None:
    ramp = np.tile(np.linspace(0.6, 7.5, 320, dtype=np.float32), (240, 1))
    depth = broken(RGBDImage(None, ramp), "depth-steps", severity)
    in_steps = FOCAL_AT_480 * BASELINE / depth / step
    np.testing.assert_allclose(in_steps, np.round(in_steps), atol=1e-3)
    off = np.abs(FOCAL_AT_480 * BASELINE / depth - FOCAL_AT_480 * BASELINE / ramp)
    assert off.max() <= step / 2 + 1e-3


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("depth-near", (0.98, 0.96, 0.94, 0.92, 0.9)),
        ("depth-far", (1.02, 1.04, 1.06, 1.08, 1.1)),
        ("depth-unit", (10,) * 5),
    ],
)
def test_every_distance_is_multiplied(name: str, factors: tuple[float, ...], small_rgbd: RGBDImage) -> None:
    assert small_rgbd.depth is not None
    for severity, factor in zip(SEVERITIES, factors, strict=True):
        expected = small_rgbd.depth * np.float32(factor)
        np.testing.assert_array_equal(broken(small_rgbd, name, severity), expected)


@pytest.mark.parametrize(("severity", "at_480"), [(1, 2), (3, 8), (5, 32)])
def test_depth_lies_to_the_right_of_colour(severity: int, at_480: int) -> None:
    """Half as many pixels in a picture 240 tall; what nothing moved to is unknown."""
    ramp = np.tile(np.linspace(1, 5, 320, dtype=np.float32), (240, 1))
    by = at_480 // 2
    depth = broken(RGBDImage(None, ramp), "depth-shifted", severity)
    np.testing.assert_array_equal(depth[:, by:], ramp[:, :-by])
    assert np.isnan(depth[:, :by]).all()


def test_a_narrow_picture_keeps_a_column_of_depth() -> None:
    assert np.isfinite(broken(wall(2.0, (480, 5)), "depth-shifted", 5)).any()


def test_holes_lie_along_steps_and_on_dark_surfaces() -> None:
    """Severity 3 at a height of 480: within 6 px of the two columns beside the step, and below a grey of 48."""
    colour = np.full((480, 640, 3), 200, np.uint8)
    colour[400:, :100], colour[400:, 100:200] = 47, 48
    depth = np.full((480, 640), 2.0, np.float32)
    depth[:, 320:] = 3.0
    gone = np.isnan(broken(RGBDImage(colour, depth), "depth-holes", 3))
    assert (np.flatnonzero(gone[100]) == np.arange(320 - 1 - 6, 320 + 1 + 6)).all()
    assert gone[400:, :100].all()
    assert not gone[400:, 100:200].any()


def test_depth_alone_has_holes_along_steps_only(small_rgbd: RGBDImage) -> None:
    alone = RGBDImage(None, small_rgbd.depth)
    gone = np.isnan(broken(alone, "depth-holes", 1)) & ~np.isnan(alone.depth)  # type: ignore[arg-type]
    assert 0 < gone.mean() < 0.5


@pytest.mark.parametrize(("far", "found"), [(2.19, False), (2.21, True)])
def test_a_step_is_a_tenth_of_the_distance(far: float, found: bool) -> None:
    depth = np.full((20, 20), 2.0, np.float32)
    depth[:, 10:] = far
    assert steps(depth).any() == found


def test_a_hole_is_no_step() -> None:
    depth = np.full((20, 20), 2.0, np.float32)
    depth[5:9, 5:9] = np.nan
    assert not steps(depth).any()


def test_depth_that_is_lost_altogether_is_refused() -> None:
    dark = RGBDImage(np.zeros((20, 20, 3), np.uint8), np.full((20, 20), 2.0, np.float32))
    with pytest.raises(InputError, match="'depth-holes' at severity 1 leaves no known depth"):
        corrupted(dark, "depth-holes", 1)


@pytest.mark.parametrize("name", [name for name, one in CORRUPTIONS.items() if one.modality == "depth"])
def test_depth_is_never_nothing_in_metres(name: str, small_rgbd: RGBDImage) -> None:
    """Unknown is NaN; a zero would be a distance."""
    for severity in SEVERITIES:
        depth = broken(small_rgbd, name, severity)
        assert (depth[np.isfinite(depth)] > 0).all()
