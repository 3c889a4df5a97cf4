"""Depth carried from one pinhole camera to another, against closed forms."""

import numpy as np
import pytest

from tests.rgbd.rgbd_rooms import photograph
from vizlab.errors import InputError
from vizlab.rgbd import read_rgbd, rgbd_from_arrays
from vizlab.rgbd.cameras import Cameras, Pinhole, register

EYE = Pinhole(fx=100.0, fy=100.0, cx=31.5, cy=23.5)  # 64x48, principal point in the middle
SIZE = (48, 64)
UNTURNED = np.eye(3).tolist()


def wall(metres: float = 2.0) -> np.ndarray:
    return np.full(SIZE, metres, np.float32)


def turned_about_y(degrees: float) -> list[list[float]]:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [[c, 0, s], [0, 1, 0], [-s, 0, c]]


def test_one_camera_for_both_changes_nothing():
    depth = np.random.default_rng(0).uniform(1, 3, SIZE).astype(np.float32)
    depth[5:9, 5:9] = np.nan
    np.testing.assert_allclose(register(depth, Cameras(EYE, EYE), SIZE), depth, rtol=1e-6)


def test_a_baseline_moves_by_the_disparity():
    """A camera 0.1 m to the right sees everything fx * b / z = 100 * 0.1 / 2 = 5 pixels further left."""
    depth = wall()
    depth[:, 30] = 1.0  # disparity 10
    seen = register(depth, Cameras.from_motion(EYE, EYE, UNTURNED, (-0.1, 0, 0)), SIZE)
    assert np.flatnonzero(seen[0] == 1).tolist() == [20]
    assert (seen[:, :20] == 2).all()
    assert np.isnan(seen[:, 25]).all()  # the column behind the near one: no one measured it
    assert np.isnan(seen[:, 59:]).all()  # 64 - 5: beyond what the depth camera saw
    assert (seen[:, 26:59] == 2).all()


def test_the_nearest_surface_wins():
    depth = wall(4.0)
    depth[10, 40] = 1.0  # disparity 8; the wall's is 2: column 34's wall and this land on column 32
    seen = register(depth, Cameras.from_motion(EYE, EYE, UNTURNED, (-0.08, 0, 0)), SIZE)
    assert seen[10, 32] == 1.0
    assert seen[11, 32] == 4.0


def test_distances_are_those_from_the_colour_camera():
    seen = register(wall(), Cameras.from_motion(EYE, EYE, UNTURNED, (0, 0, 0.5)), SIZE)
    np.testing.assert_allclose(seen[~np.isnan(seen)], 2.5)
    assert np.isnan(seen[0, 0])  # the wall is 2 / 2.5 as large
    assert not np.isnan(seen[24, 32])


def test_a_longer_lens_magnifies_without_gaps():
    """Twice the focal length and twice the pixels: each pixel of depth becomes 2x2."""
    tele = Pinhole(200.0, 200.0, 63.5, 47.5)  # the same view, sampled twice as finely
    depth = 1 + np.arange(48 * 64, dtype=np.float32).reshape(SIZE) / 1000
    seen = register(depth, Cameras(tele, EYE), (96, 128))
    np.testing.assert_allclose(seen, np.kron(depth, np.ones((2, 2))), rtol=1e-6)


def test_what_comes_nearer_grows_without_gaps():
    """Half as far off, twice as large: the wall fills the picture, though its pixels lie two apart."""
    seen = register(wall(2.0), Cameras.from_motion(EYE, EYE, UNTURNED, (0, 0, -1)), SIZE)
    np.testing.assert_allclose(seen, np.ones(SIZE))


def test_a_shorter_lens_keeps_the_nearest_of_the_pixels_that_share_one():
    wide = Pinhole(50.0, 50.0, 15.5, 11.5)
    depth = wall(3.0)
    depth[0, 1] = 1.0
    seen = register(depth, Cameras(wide, EYE), (24, 32))
    assert not np.isnan(seen).any()
    assert seen[0, 0] == 1.0 or seen[0, 1] == 1.0
    assert (seen == 1).sum() == 1


def test_a_turned_camera_sees_the_point_where_geometry_puts_it():
    """A point on depth's axis, 2 m off, lies 10 degrees right of an axis that turned 10 degrees left."""
    depth = np.full(SIZE, np.nan, np.float32)
    eye = Pinhole(100.0, 100.0, 31.0, 23.0)
    depth[23, 31] = 2.0
    seen = register(depth, Cameras.from_motion(eye, eye, turned_about_y(10), (0, 0, 0)), SIZE)
    row, column = np.argwhere(~np.isnan(seen))[0]
    assert (row, column) == (23, round(31 + 100 * np.tan(np.radians(10))))
    assert seen[row, column] == pytest.approx(2 * np.cos(np.radians(10)))


def test_what_lies_behind_the_colour_camera_is_not_seen():
    depth = wall(1.0)
    depth[:, :32] = 3.0
    seen = register(depth, Cameras.from_motion(EYE, EYE, UNTURNED, (0, 0, -2)), SIZE)
    assert set(np.unique(seen[~np.isnan(seen)])) == {1.0}


def test_reading_with_cameras_says_so_and_how_much_is_missing():
    cameras = Cameras.from_motion(EYE, EYE, UNTURNED, (-0.1, 0, 0))
    image = rgbd_from_arrays(photograph(SIZE), wall(), depth_unit="m", depth_kind="depth", cameras=cameras)
    assert image.size == SIZE
    assert image.record.depth.alignment == (
        "Depth was carried by the given cameras into the colour camera's view, the nearest surface winning; "
        "8 % of it has no depth."  # 5 of 64 columns
    )


def test_cameras_see_the_colour_as_stored_and_depth_is_then_turned_upright_with_it(save_colour, tmp_path):
    """EXIF 6 asks for a clockwise turn: what lies right in the sensor's frame comes to lie below."""
    depth = wall()
    depth[10, 50] = 1.5
    np.save(tmp_path / "depth.npy", depth)
    colour, cameras = save_colour(SIZE, 6), Cameras.from_motion(EYE, EYE, UNTURNED, (-0.06, 0, 0))  # disparity 4 or 3
    image = read_rgbd(colour, tmp_path / "depth.npy", depth_unit="m", depth_kind="depth", cameras=cameras)
    assert image.size == (64, 48)
    assert np.argwhere(image.depth == 1.5).tolist() == [[46, 48 - 1 - 10]]


def test_cameras_and_a_way_to_align_exclude_each_other():
    with pytest.raises(InputError, match="Both cameras and align='crop' were given"):
        rgbd_from_arrays(photograph(SIZE), wall(), align="crop", cameras=Cameras(EYE, EYE))


def test_cameras_that_look_elsewhere_are_refused():
    away = Cameras.from_motion(EYE, EYE, turned_about_y(90), (0, 0, 0))
    with pytest.raises(InputError, match="carry no pixel of the depth into the colour picture; expected focal lengths"):
        rgbd_from_arrays(photograph(SIZE), wall(), depth_unit="m", cameras=away)


def test_millimetres_between_cameras_or_other_focal_lengths_are_told_by_their_effect():
    with pytest.raises(InputError, match="a pixel of depth 100 pixels of colour wide; expected up to 32"):
        register(wall(), Cameras(Pinhole(10_000.0, 10_000.0, 32.0, 24.0), EYE), SIZE)


@pytest.mark.parametrize("values", [(0, 1, 1, 1), (1, -1, 1, 1), (1, 1, np.nan, 1), (np.inf, 1, 1, 1)])
def test_cameras_that_are_none_are_refused(values):
    with pytest.raises(InputError, match="expected finite numbers in pixels, focal lengths above 0"):
        Pinhole(*values)


@pytest.mark.parametrize(
    ("motion", "words"),
    [
        (np.eye(3).tolist(), "has shape 3x3 and is no rigid motion"),
        ((2 * np.eye(4)).tolist(), "is no rigid motion"),
        (np.diag([2.0, 1, 1, 1]).tolist(), "is no rigid motion"),
        (np.diag([-1.0, 1, 1, 1]).tolist(), "mirrors space"),
        ([["a"]], "is no matrix of numbers"),
        ([[1, 0], [0]], "is no matrix of numbers"),
    ],
)
def test_motions_that_are_none_are_refused(motion, words):
    with pytest.raises(InputError, match=words):
        Cameras(EYE, EYE, tuple(map(tuple, motion)))
