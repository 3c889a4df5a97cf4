"""Pictures beyond the working bound: scaled down on reading, colour by area and depth by samples, and said."""

import numpy as np
import pytest

from tests.rgbd.rgbd_rooms import counts, photograph, room
from vizlab.errors import InputError
from vizlab.rgbd import Limits, read_rgbd
from vizlab.rgbd.shrink import kept_size, shrink

HALF = Limits(max_kept_pixels=24 * 32)


def test_a_large_pair_is_scaled_down_and_it_is_said(save_colour, save_depth):
    read = read_rgbd(save_colour(), save_depth(counts(room(), "mm")), depth_unit="mm", limits=HALF)
    assert read.size == (24, 32)
    assert "scaled down from 64x48 to 32x24 pixels" in read.record.warnings[-1]
    assert read.record.colour.size == read.record.depth.size == (48, 64)


def test_colour_is_the_mean_of_an_area_and_depth_one_of_its_samples():
    """Of 2x2 pixels the mean for colour; for depth one of the four, where their mean would be a distance of none."""
    colour = photograph()
    near_and_far = np.where(np.indices((48, 64)).sum(0) % 2, np.float32(1), np.float32(5))
    small, depth, _ = shrink(colour, near_and_far, HALF)
    mean = colour.reshape(24, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(small - mean).max() <= 0.5
    assert set(np.unique(depth)) <= {1, 5}


def test_unknown_depth_stays_unknown():
    depth = np.ones((48, 64), np.float32)
    depth[:24] = np.nan
    _, small, _ = shrink(None, depth, HALF)
    np.testing.assert_array_equal(np.isnan(small), np.indices((24, 32))[0] < 12)


def test_within_the_bound_nothing_is_done(save_colour):
    read = read_rgbd(save_colour(), limits=Limits(max_kept_pixels=48 * 64))
    np.testing.assert_array_equal(read.colour, photograph())
    assert read.record.warnings == ()


@pytest.mark.parametrize("size", [(5000, 5000), (1, 25_000_000), (25_000_000, 1), (2000, 2001), (3024, 4032)])
def test_the_kept_size_is_the_largest_in_proportion(size):
    limits = Limits()
    height, width = kept_size(size, limits)
    assert 0 < height * width <= limits.max_kept_pixels
    if min(size) > 1:
        assert height * width > 0.99 * limits.max_kept_pixels
        assert abs(width / height - size[1] / size[0]) < 0.01


def test_a_bound_of_nothing_is_no_bound():
    with pytest.raises(InputError, match="expected positive numbers"):
        Limits(max_kept_pixels=0)
