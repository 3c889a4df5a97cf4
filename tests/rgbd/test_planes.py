"""What planes give away: rooms of closed form, as depth, as inverse depth and as lengths of rays."""

import numpy as np
import pytest

from benchmarks.rooms import rooms
from benchmarks.units import with_holes
from tests.rgbd.rgbd_sensors import box, desk
from vizlab.rgbd.planes import FIELDS_OF_VIEW, looks_inverse, ray_field_of_view, ray_over_depth

SIZE = (120, 160)

MADE = {"box": box(), "desk": desk(), "made-up room": next(rooms(1, SIZE, seed=1))}


@pytest.mark.parametrize("scene", MADE)
@pytest.mark.parametrize("scale", [1, 1000, 1e-3])
def test_depth_is_depth_in_any_unit(scene, scale):
    assert not looks_inverse(MADE[scene] * scale)
    assert ray_field_of_view(MADE[scene] * scale) is None


@pytest.mark.parametrize("scene", MADE)
@pytest.mark.parametrize(("scale", "shift"), [(1, 0), (1000, 0), (60, 5)])
def test_reciprocals_are_inverse_up_to_a_factor_and_a_little_shift(scene, scale, shift):
    assert looks_inverse(scale / MADE[scene] + shift)


def test_inverse_needs_numbers_that_grow_downwards():
    """Straight numbers that shrink towards the lower edge are depth that was made by hand, or lies on its head."""
    assert not looks_inverse(1 / MADE["desk"][::-1])
    assert not looks_inverse(np.linspace(4, 1, SIZE[0])[:, None] * np.ones((1, SIZE[1])))


def test_rates_over_rooms():
    """Over 30 rooms with and without holes: no depth is doubted, most of what is inverse is found."""
    made = list(rooms(30, SIZE))
    seen = [*made, *(with_holes(metres, seed) for seed, metres in enumerate(made))]
    assert sum(looks_inverse(metres) for metres in seen) == 0
    assert sum(ray_field_of_view(metres) is not None for metres in seen) == 0
    assert np.mean([looks_inverse(1 / metres) for metres in seen]) > 0.8


@pytest.mark.parametrize("field_of_view", [50, 60, 70, 80, 90])
def test_rays_give_their_field_of_view_away(field_of_view):
    metres = box(field_of_view=field_of_view)
    found = ray_field_of_view(metres * ray_over_depth(SIZE, field_of_view))
    assert found in FIELDS_OF_VIEW
    assert abs(found - field_of_view) <= 5
    holed = with_holes(metres * ray_over_depth(SIZE, field_of_view))
    assert abs(ray_field_of_view(holed) - field_of_view) <= 5


def test_rays_of_made_up_rooms():
    """Whatever the lens of the picture: a ray over depth is that of the field of view that was chosen."""
    for metres in rooms(8, (120, 160), seed=3):
        found = ray_field_of_view(metres * ray_over_depth(SIZE, 75))
        assert found is not None
        assert abs(found - 75) <= 10


def test_rays_over_depth_by_pythagoras():
    """At the middle 1; at the middle of the right edge 1/cos of half the field of view; in a corner with both sides."""
    ratios = ray_over_depth((300, 400), 90)
    assert ratios.shape == (300, 400)
    assert ratios[149:151, 199:201] == pytest.approx(1, abs=1e-5)
    assert ratios[149, 399] == pytest.approx(np.sqrt(2), rel=2e-3)
    assert ratios[0, 0] == pytest.approx(np.sqrt(1 + 1 + (3 / 4) ** 2), rel=3e-3)
    np.testing.assert_allclose(ratios, ratios[::-1, ::-1])
    assert ray_over_depth((10, 400), 60)[5, 399] == pytest.approx(1 / np.cos(np.radians(30)), rel=2e-3)


def test_a_small_map_says_nothing_of_rays():
    """A ray's length and depth are too much alike over few pixels."""
    assert ray_field_of_view(box((90, 120)) * ray_over_depth((90, 120), 70)) is not None
    assert ray_field_of_view(box((88, 120)) * ray_over_depth((88, 120), 70)) is None


@pytest.mark.parametrize(
    "values",
    [
        np.full(SIZE, np.nan),
        np.full(SIZE, 2.0),
        np.full((1, 1), 2.0),
        np.full((1, 400), 2.0),
        np.where(np.arange(19_200).reshape(SIZE) == 7, 2.0, np.nan),
        np.random.default_rng(0).uniform(1, 5, SIZE),
        10 ** np.random.default_rng(0).uniform(-300, 300, SIZE),
        np.where(np.random.default_rng(0).uniform(size=SIZE) < 0.05, 1 / box(), np.nan),
    ],
    ids=["unknown", "constant", "1x1", "a row", "one pixel", "noise", "any exponent", "sparse"],
)
def test_what_holds_no_planes_says_nothing(values):
    """Warnings of numpy are errors here."""
    assert not looks_inverse(values)
    assert ray_field_of_view(values) is None
