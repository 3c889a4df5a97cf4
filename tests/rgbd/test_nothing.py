"""What stands for nothing by its size: the sentinels of renderers and cameras, and what only looks like one."""

import numpy as np
import pytest

from tests.rgbd.rgbd_sensors import counts, room, street, table_top
from vizlab.rgbd import rgbd_from_arrays
from vizlab.rgbd.nothing import beyond_all_others, describe
from vizlab.rgbd.units import known_mask

SIZE = (60, 80)


def nothing_in(raw: np.ndarray) -> np.ndarray:
    return beyond_all_others(raw, known_mask(raw))


def sky(share: float = 0.12) -> np.ndarray:
    """True in the upper rows, a `share` of the picture."""
    return np.arange(SIZE[0])[:, None] < np.full((1, SIZE[1]), round(share * SIZE[0]))


SENTINELS = {
    "Blender": (1e10, "float32"),
    "Unreal": (1e9, "float64"),
    "the largest half": (65504, "float32"),
    "a far plane at 1000": (1000, "float32"),
    "a far plane at 100": (100, "float16"),
    "65535 as a millionth less": (65534.9, "float64"),
    "saturated millimetres": (65.535, "float32"),
    "ten metres in millimetres": (10_000, "uint16"),
    "a million": (1_000_000, "int32"),
}


@pytest.mark.parametrize("share", [0.02, 0.12, 0.45])
@pytest.mark.parametrize("name", SENTINELS)
def test_a_number_far_beyond_all_others_is_nothing(name, share):
    sentinel, dtype = SENTINELS[name]
    metres = room(SIZE, 1)
    scene = metres.astype(dtype) if dtype.startswith("float") else counts(metres, 1000).astype(dtype)
    scene[sky(share)] = sentinel
    np.testing.assert_array_equal(nothing_in(scene), sky(share))
    image = rgbd_from_arrays(depth=scene)
    np.testing.assert_array_equal(np.isnan(image.depth), sky(share))
    shown = f"{float(np.array(sentinel, dtype)):.6g}"
    assert f"{100 * sky(share).mean():.1f} % of the depth is {shown}, far beyond the rest" in " ".join(
        image.record.warnings
    )
    assert image.record.depth.encoding == ("m" if dtype.startswith("float") else "mm")


@pytest.mark.parametrize("sentinel", [1e10, 1e9, 65504, 1000])
def test_most_of_the_picture_may_be_nothing(sentinel):
    """As around one thing alone, rendered before an empty background."""
    scene = np.where(sky(0.8), sentinel, room(SIZE)).astype(np.float32)
    np.testing.assert_array_equal(np.isnan(rgbd_from_arrays(depth=scene).depth), sky(0.8))


def test_below_zero_is_nothing_without_a_sentence():
    scene = np.where(sky(), -1, room(SIZE)).astype(np.float32)
    image = rgbd_from_arrays(depth=scene)
    np.testing.assert_array_equal(np.isnan(image.depth), sky())
    assert image.record.warnings == ()


def test_the_maximum_repeated_on_a_plateau():
    """A half more than the next lower, on one pixel in five hundred: both are needed."""
    scene = np.linspace(1, 4, SIZE[0] * SIZE[1]).reshape(SIZE)
    for factor, pixels, found in [(1.51, 10, True), (1.49, 10, False), (1.51, 9, False), (19.9, 9, False)]:
        plateau = scene.copy()
        plateau.flat[-pixels:] = plateau.flat[-pixels - 1] * factor
        assert nothing_in(plateau).sum() == (pixels if found else 0)
    one = scene.copy()
    one[3, 4] = 20 * 4.01  # twenty times as far needs no plateau
    np.testing.assert_array_equal(np.argwhere(nothing_in(one)), [[3, 4]])


def test_65_535_metres_need_no_gap():
    """65535 millimetres, the end of 16 bits, divided by 1000 before it was saved."""
    scene = np.linspace(1, 60, SIZE[0] * SIZE[1]).reshape(SIZE).astype(np.float32)
    scene[sky()] = 65.535
    np.testing.assert_array_equal(nothing_in(scene), sky())
    scene[sky()] = 65.0
    assert not nothing_in(scene).any()


@pytest.mark.parametrize(
    "scene",
    [
        np.linspace(4, 1.2, 60)[:, None].clip(0, 3) * np.ones((1, 80)),  # a floor that ends at a wall 3 m away
        np.where(np.arange(60)[:, None] < 20, 4.0, np.linspace(3.9, 1, 60)[:, None]) * np.ones((1, 80)),
        room(SIZE),
        table_top(SIZE),
        np.nan_to_num(street()),
        np.full(SIZE, 2.0),
        np.where(np.arange(60)[:, None] < 1, 0.1, 2.0) * np.ones((1, 80)),  # one row of nearer pixels, by a fault
        np.ones((1, 1)),
        np.array([[1.0, 50.0]]),
        np.zeros((2, 2)),
    ],
    ids=["floor to wall", "wall behind", "room", "table", "street", "constant", "near row", "1x1", "two", "none"],
)
def test_what_is_a_scene_stays(scene):
    if scene.size > 2:
        assert not nothing_in(scene).any()
        assert not nothing_in((scene * 1000).astype(np.uint16)).any()
    assert nothing_in(scene).sum() <= 1


def test_only_measurements_are_looked_at():
    scene = room(SIZE)
    scene[:10] = 5000.0
    known = ~sky(10 / 60)
    assert not beyond_all_others(scene, known).any()


def test_the_sentence_says_how_much_and_which():
    raw = np.ones((40, 50))
    some = np.zeros((40, 50), bool)
    some[0, :40] = True
    raw[some] = 1e10
    assert describe(raw, some) == "2.0 % of the depth is 1e+10, far beyond the rest, and was taken as unknown."
    raw[0, 0] = 123456.7
    assert describe(raw, some).startswith("2.0 % of the depth is 123457 or more, far")
    one = np.zeros((40, 50), bool)
    one[1, 1] = True
    assert describe(raw, one).startswith("Less than 0.1 % of the depth is 1, far")
