"""The depth sensor model against the closed forms of a structured-light camera."""

import numpy as np
import pytest

from vizlab.rgbd.kinect import BASELINE, FOCAL_AT_480, SUBPIXEL
from vizlab.scenes.materials import metal
from vizlab.scenes.sensor import kinect_depth, shadows

FACING = np.tile(np.array([0, 0, -1], np.float32), (120, 160, 1))
FULL_ECHO = np.ones((120, 160), np.float32)


def wall(distance: float) -> np.ndarray:
    return np.full((120, 160), distance, np.float32)


def measure(depth: np.ndarray, echo: np.ndarray = FULL_ECHO, seed: int = 0) -> np.ndarray:
    return kinect_depth(depth, FACING, echo, np.random.default_rng(seed))


@pytest.mark.parametrize("distance", [1.0, 2.0, 4.0])
def test_steps_grow_with_the_square_of_distance(distance: float) -> None:
    """One disparity step d = 1/8 pixel is z^2 d / (f b) metres: 2.9 mm at 1 m, 46 mm at 4 m."""
    levels = np.unique(measure(wall(distance)))
    step = 1000 * distance**2 / SUBPIXEL / (FOCAL_AT_480 * BASELINE)
    np.testing.assert_allclose(np.diff(levels), step, rtol=0.15, atol=1)


def test_noise_grows_with_the_square_of_distance() -> None:
    near, far = (measure(wall(distance)).astype(float).std() for distance in (1.5, 4.5))
    assert 6 < far / near < 13


def test_depth_is_unbiased() -> None:
    assert measure(wall(2.0)).mean() == pytest.approx(2000, abs=6)


@pytest.mark.parametrize("distance", [0.3, 9.5])
def test_nothing_is_seen_out_of_range(distance: float) -> None:
    assert (measure(wall(distance)) == 0).all()


def test_glass_and_mirrors_give_holes() -> None:
    echo = FULL_ECHO.copy()
    echo[:, :80] = 0
    seen = measure(wall(2.0), echo) > 0
    assert not seen[:, :80].any()
    assert seen[:, 80:].all()


def test_near_things_cast_a_shadow_on_their_left() -> None:
    """The shadow of an edge is as wide as the disparities differ: f b (1/1.0 - 1/3.0), 7.25 pixels at this size."""
    depth = wall(3.0)
    depth[:, 80:120] = 1.0
    dark = shadows(depth)
    width = dark[60].sum()
    assert dark[60, 80 - width : 80].all()
    assert width == pytest.approx(FOCAL_AT_480 / 4 * BASELINE * (1 - 1 / 3), abs=2)


def test_unknown_depth_stays_a_hole() -> None:
    depth = wall(2.0)
    depth[10:20, 10:20] = np.nan
    assert (measure(depth)[10:20, 10:20] == 0).all()


def test_same_generator_same_depth() -> None:
    assert np.array_equal(measure(wall(3.0), seed=4), measure(wall(3.0), seed=4))


@pytest.mark.parametrize(("distance", "seen"), [(1.0, True), (6.0, False)])
def test_dark_surfaces_vanish_with_distance(distance: float, seen: bool) -> None:
    """A black object returns a fiftieth of the pattern, and light falls off with the square of the distance."""
    share = (measure(wall(distance), FULL_ECHO * 0.02) > 0).mean()
    assert share > 0.99 if seen else share < 0.01


def test_bright_surfaces_are_seen_as_far_as_it_reaches() -> None:
    assert (measure(wall(5.0)) > 0).all()


def test_surfaces_seen_at_a_grazing_angle_give_holes() -> None:
    """The left half is turned sideways: near the optical axis it is seen edge-on."""
    normals = FACING.copy()
    normals[:, :80] = (1.0, 0.0, 0.0)
    seen = kinect_depth(wall(4.0), normals, FULL_ECHO * 0.3, np.random.default_rng(0)) > 0
    assert seen[:, 80:].mean() > 0.99
    assert seen[:, 74:80].mean() < 0.1


def test_shiny_metal_is_seen_from_the_front_only() -> None:
    """Head-on it mirrors the pattern back; turned by 75 degrees it throws most of it elsewhere."""
    echo = FULL_ECHO * metal().echo * 0.7
    angle = np.radians(75)
    turned = np.tile(np.array([np.sin(angle), 0, -np.cos(angle)], np.float32), (120, 160, 1))
    front, side = (kinect_depth(wall(2.5), normals, echo, np.random.default_rng(0)) > 0 for normals in (FACING, turned))
    assert front.mean() > 0.95
    assert side[:, 60:100].mean() < 0.5


def test_shadows_lie_on_one_side_only() -> None:
    depth = wall(3.0)
    depth[:, 80:120] = 1.0
    assert not shadows(depth)[:, 122:].any()
