"""One pixel's neighbours by the definitions, pair by pair, and where they lie in the picture."""

import math

import numpy as np
import pytest

from vizlab.core.framing import Framing
from vizlab.errors import InputError
from vizlab.measures.affinity_maps import LabelMaps
from vizlab.measures.pixel_affinity import AffinityParameters, pair_agreements
from vizlab.measures.pixel_neighbours import (
    DIFFERENT,
    SIMILAR,
    UNKNOWN,
    cell_at,
    pixel_neighbours,
    place_of,
)

SIZE = (9, 12)
PARAMETERS = AffinityParameters(kernel=3, dilations=(2, 4, 6), depth=0.1, normals=20)


@pytest.fixture(scope="module")
def maps() -> LabelMaps:
    """Two input pixels a cell; some cells of every map are unknown."""
    generator = np.random.default_rng(0)
    label = generator.integers(0, 3, SIZE).astype(np.uint8)
    depth = generator.uniform(1, 1.5, SIZE).astype(np.float32)
    normals = generator.normal(0, 0.3, (*SIZE, 3)) + np.array([0, 0, -1])
    normals = (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32)
    label[1, 2], depth[3, 3], normals[6, 6] = 255, np.nan, np.nan
    return LabelMaps("final", {"semseg": label, "depth": depth, "normals": normals}, stride=2.0)


def by_hand(maps: LabelMaps, task: str, a: tuple[int, int], b: tuple[int, int]) -> int:
    """The definition, for one pair of cells."""
    if not (0 <= b[0] < SIZE[0] and 0 <= b[1] < SIZE[1]):
        return UNKNOWN
    first, second = maps.maps[task][a], maps.maps[task][b]
    if task == "semseg":
        known, alike = 255 not in (first, second), first == second
    elif task == "depth":
        known, alike = not math.isnan(first + second), abs(first - second) <= 0.1 * max(first, second)
    else:
        known = not math.isnan(float(first @ second))
        alike = known and math.degrees(math.acos(min(1.0, float(first @ second)))) < 20
    return UNKNOWN if not known else SIMILAR if alike else DIFFERENT


def test_every_neighbour_of_every_cell_by_the_definition(maps: LabelMaps) -> None:
    for row, column in np.ndindex(SIZE):
        found = pixel_neighbours(maps, row, column, PARAMETERS)
        assert [one.task for one in found] == ["semseg", "depth", "normals"]
        for one in found:
            assert (one.origin, one.row, one.column) == ("final", row, column)
            assert one.dilations.tolist() == [2, 4, 6]
            for at, step in enumerate((1, 2, 3)):
                around = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if (dy, dx) != (0, 0)]
                expected = {(row + dy * step, column + dx * step) for dy, dx in around}
                cells = list(zip(one.rows[at].tolist(), one.columns[at].tolist(), strict=True))
                assert len(cells) == 8
                assert set(cells) == expected
                states = [by_hand(maps, one.task, (row, column), cell) for cell in cells]
                assert one.state[at].tolist() == states
                assert one.counts()[at] == (states.count(SIMILAR), 8 - states.count(UNKNOWN))


def test_all_pixels_together_are_pixel_affinity(maps: LabelMaps) -> None:
    """Each pair is met from both ends: similar shares are those that the affinity of two tasks reports."""
    (first, *_) = pair_agreements(LabelMaps("final", {k: maps.maps[k] for k in ("semseg", "depth")}, 2.0), PARAMETERS)
    both = np.zeros((3, 4), int)
    for row, column in np.ndindex(SIZE):
        semseg, depth, _ = pixel_neighbours(maps, row, column, PARAMETERS)
        known = (semseg.state != UNKNOWN) & (depth.state != UNKNOWN)
        a, b = (semseg.state == SIMILAR) & known, (depth.state == SIMILAR) & known
        both += np.stack([known.sum(1), a.sum(1), b.sum(1), (a == b)[..., :].sum(1, where=known)], axis=1)
    np.testing.assert_array_equal(both[:, 0], 2 * first.pairs)
    np.testing.assert_allclose(both[:, 1] / both[:, 0], first.similar[0])
    np.testing.assert_allclose(both[:, 2] / both[:, 0], first.similar[1])
    np.testing.assert_allclose(both[:, 3] / both[:, 0], first.raw)


def test_an_unknown_pixel_has_no_known_neighbour(maps: LabelMaps) -> None:
    semseg, *_ = pixel_neighbours(maps, 1, 2, PARAMETERS)
    assert (semseg.state == UNKNOWN).all()
    assert semseg.counts() == ((0, 0),) * 3


def test_a_larger_kernel_reaches_farther(maps: LabelMaps) -> None:
    one, *_ = pixel_neighbours(maps, 4, 6, AffinityParameters(kernel=5, dilations=(2,)))
    assert one.state.shape == (1, 24)
    assert (np.abs(one.rows - 4).max(), np.abs(one.columns - 6).max()) == (2, 2)


def test_cells_outside_are_refused(maps: LabelMaps) -> None:
    for place in ((-1, 0), (9, 0), (0, 12)):
        with pytest.raises(InputError, match="has 9x12 cells from"):
            pixel_neighbours(maps, *place, PARAMETERS)


def test_cells_and_places_go_there_and_back(maps: LabelMaps) -> None:
    """18x24 input pixels show a picture of 36x72: a cell is 4 pixels high and 6 wide."""
    framing = Framing((36, 72), (18, 24), (32, 32))
    assert cell_at(maps, framing, (0, 0)) == (0, 0)
    assert cell_at(maps, framing, (7, 11)) == (1, 1)
    assert cell_at(maps, framing, (8, 12)) == (2, 2)
    assert cell_at(maps, framing, (35, 71)) == (8, 11)
    assert place_of(maps, framing, (2, 3)) == (10, 21)
    for row, column in np.ndindex(SIZE):
        y, x = place_of(maps, framing, (row, column))
        assert cell_at(maps, framing, (y - 0.5, x - 0.5)) == (row, column)


def test_a_cell_that_sticks_out_is_reached_at_the_edge(maps: LabelMaps) -> None:
    framing = Framing((17, 23), (17, 23), (32, 32))
    assert cell_at(maps, framing, (16, 22)) == (8, 11)
