"""Edges of colour and depth: found, compared under every turn, shift and scale, and silent where nothing is wrong."""

import numpy as np
import pytest
from PIL import Image

from tests.rgbd.rgbd_boxes import boxes, middle
from vizlab import bundled
from vizlab.rgbd.agreement import FLIPS, agreement, find_better, flipped, shift_map, zoomed
from vizlab.rgbd.edges import WORKING_SIDE, Edges, colour_edges, depth_edges, working_size
from vizlab.rgbd.placement import Placement

TURNS = {"mirrored": np.s_[:, ::-1], "upside down": np.s_[::-1], "turned 180": np.s_[::-1, ::-1]}
SEEDS = range(4)


def better(colour: np.ndarray, depth: np.ndarray):
    """The finding for depth stretched to the colour's size."""
    size = colour.shape[:2]
    depth = Placement.centred(depth.shape, size, size).sample(depth, size)
    return find_better(colour_edges(colour), depth_edges(depth))


def step(direction: str, size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """0 and 1 on either side of the middle, across `direction`."""
    rows, columns = np.indices(size)
    where = {"right": columns, "down": rows, "diagonal": columns + rows - size[0] // 2}[direction]
    limit = {"right": size[1], "down": size[0], "diagonal": size[1]}[direction]
    return (where >= limit // 2).astype(float)


@pytest.mark.parametrize(("direction", "angle"), [("right", 0.0), ("down", np.pi), ("diagonal", np.pi / 2)])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_edges_angle_is_twice_the_gradients_and_knows_no_sign(direction, angle, sign):
    grey = (120 + 80 * sign * (step(direction) - 0.5)).astype(np.uint8)
    for edges in (colour_edges(np.repeat(grey[..., None], 3, -1)), depth_edges(grey.astype(np.float32))):
        strongest = edges.lines[np.unravel_index(np.abs(edges.lines * edges.known).argmax(), edges.known.shape)]
        assert abs(strongest * np.exp(-1j * angle) - abs(strongest)) < 0.05 * abs(strongest)


def test_depth_counts_by_its_ratio_not_by_its_metres():
    near, far = (
        depth_edges(1 + step("right").astype(np.float32)),
        depth_edges(10 + 10 * step("right").astype("float32")),
    )
    np.testing.assert_allclose(near.lines, far.lines, atol=1e-5)


def test_unknown_depth_is_not_believed_and_makes_no_edge():
    depth = np.full((96, 128), 2.0, np.float32)
    depth[30:60, 40:80] = np.nan
    edges = depth_edges(depth)
    assert not edges.known[32:58, 42:78].any()
    assert edges.known[10:25, 10:30].all()
    assert np.abs(edges.lines).max() < 1e-3


def test_the_border_is_left_out():
    known = colour_edges(boxes()[0]).known
    assert known.shape == (120, 160)
    assert known.sum() == (120 - 2 * 5) * (160 - 2 * 5)  # 3 % of 160 at each side


def test_the_grid_keeps_the_shape_and_never_enlarges():
    assert working_size((480, 640)) == (120, WORKING_SIDE)
    assert working_size((640, 480)) == (WORKING_SIDE, 120)
    assert working_size((60, 80)) == (60, 80)


def test_agreement_is_one_with_itself_and_minus_one_where_every_edge_is_turned_by_a_right_angle():
    edges = depth_edges(boxes()[1])
    assert agreement(edges, edges) == pytest.approx(1, abs=1e-5)
    assert agreement(edges, Edges(-edges.lines, edges.known)) == pytest.approx(-1, abs=1e-5)


@pytest.mark.parametrize("turn", FLIPS[1:])
def test_edges_turn_as_the_picture_does(turn):
    depth = boxes()[1][:120, :160]  # the grid itself, so that sampling cannot differ
    found, wanted = flipped(depth_edges(depth), turn), depth_edges(depth[TURNS[turn]])
    np.testing.assert_allclose(found.lines, wanted.lines, atol=1e-4)
    np.testing.assert_array_equal(found.known, wanted.known)


def test_the_shift_map_is_the_agreement_at_each_shift():
    """Against the plain definition: move the edges by hand, correlate where both are known."""
    colour, depth = (make(part[:60, :100]) for make, part in zip((colour_edges, depth_edges), boxes(), strict=True))
    found = shift_map(colour, depth, 6)
    for down, right in [(0, 0), (3, -5), (-6, 6), (-2, -1)]:
        moved = Edges(*(np.roll(part, (down, right), (0, 1)) for part in (depth.lines, depth.known)))
        assert found[6 + down, 6 + right] == pytest.approx(agreement(colour, moved), abs=1e-4)


def test_zoomed_edges_lie_where_a_magnified_picture_has_them():
    depth = boxes()[1]
    assert agreement(depth_edges(middle(depth, 1.25)), zoomed(depth_edges(depth), 1.25)) > 0.75
    assert agreement(depth_edges(middle(depth, 1.25)), depth_edges(depth)) < 0.3


@pytest.mark.parametrize("seed", SEEDS)
def test_a_right_pair_is_left_alone(seed):
    colour, depth = boxes(seed)
    assert agreement(colour_edges(colour), depth_edges(depth)) > 0.5
    assert better(colour, depth) is None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_depth_is_found(seed, turn):
    colour, depth = boxes(seed)
    found = better(colour, depth[TURNS[turn]])
    assert (found.turn, found.shift, found.zoom) == (turn, (0.0, 0.0), 1.0)
    assert found.agreement > found.now + 0.3


@pytest.mark.parametrize(("down", "right"), [(0, 16), (0, -12), (10, 0), (-14, 20)])
def test_a_moved_depth_is_found_with_the_shift_that_undoes_it(down, right):
    """Depth's content lies `down` and `right` of where it belongs, in pixels of 240x320."""
    colour, depth = boxes(1)
    found = better(colour, np.roll(depth, (down, right), (0, 1)))
    assert (found.turn, found.zoom) == ("none", 1.0)
    np.testing.assert_allclose(np.multiply(found.shift, (240, 320)), (-down, -right), atol=1.0)


@pytest.mark.parametrize("factor", [1.2, 1.4])
def test_another_field_of_view_is_found_with_its_ratio(factor):
    colour, depth = boxes(2)
    assert better(middle(colour, factor), depth).zoom == pytest.approx(factor, rel=0.03)
    assert better(colour, middle(depth, factor)).zoom == pytest.approx(1 / factor, rel=0.03)


def test_holes_at_every_edge_hide_neither_agreement_nor_a_mirror():
    colour, depth = boxes(3)
    steps = np.maximum(np.abs(np.gradient(depth, axis=0)), np.abs(np.gradient(depth, axis=1))) > 0.05
    depth[steps | np.roll(steps, 2, 1)] = np.nan
    assert better(colour, depth) is None
    assert better(colour, depth[:, ::-1]).turn == "mirrored"


def test_pictures_without_edges_say_nothing():
    flat, ramp = np.full((120, 160, 3), 90, np.uint8), np.linspace(1, 3, 120 * 160, dtype=np.float32).reshape(120, 160)
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 255, (120, 160, 3), dtype=np.uint8)
    for colour in (flat, noise):
        for depth in (ramp, boxes()[1][::2, ::2], rng.uniform(1, 4, (120, 160)).astype(np.float32)):
            assert better(colour, depth) is None


def test_what_is_too_small_or_hardly_known_has_no_agreement():
    colour, depth = boxes(0, (60, 80))
    assert agreement(colour_edges(colour), depth_edges(depth)) is None
    colour, depth = boxes()
    depth[:, 60:] = np.nan
    assert agreement(colour_edges(colour), depth_edges(depth)) is None
    strip = np.zeros((4, 2000, 3), np.uint8), np.ones((4, 2000), np.float32)
    assert better(*strip) is None


@pytest.mark.parametrize("folder", sorted(bundled.folder("scenes").glob("*/")), ids=lambda folder: folder.name)
def test_the_bundled_scenes_agree_and_their_mirror_images_do_not(folder):
    colour = np.array(Image.open(folder / "rgb.jpg"))
    depth = np.array(Image.open(folder / "depth.png"), np.float32) / 1000
    depth[depth == 0] = np.nan
    assert better(colour, depth) is None
    assert {turn: better(colour, depth[where]).turn for turn, where in TURNS.items()} == {turn: turn for turn in TURNS}
