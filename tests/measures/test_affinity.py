"""Pixel affinity against counts by hand: pairs, thresholds, rates, kappa, dilations, thinning."""

import time
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from vizlab.measures import pixel_affinity
from vizlab.measures.affinity_maps import LabelMaps
from vizlab.measures.pixel_affinity import AffinityParameters, PairAgreement, pair_agreements

VOID = 255
NAN = np.float32(np.nan)


def neighbours(size: tuple[int, int], reach: int, step: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Every two pixels that lie in one dilated kernel about the first, each two once."""
    pixels = list(product(range(size[0]), range(size[1])))
    for (y, x), (v, u) in product(pixels, pixels):
        down, across = v - y, u - x
        inside = max(abs(down), abs(across)) <= reach * step and down % step == across % step == 0
        if inside and (v, u) > (y, x):
            yield (y, x), (v, u)


def similar(task: str, a: np.ndarray, b: np.ndarray, parameters: AffinityParameters) -> bool | None:
    """By the definition of each task; None where one of the two pixels is unknown."""
    if task == "semseg":
        return None if VOID in (int(a), int(b)) else int(a) == int(b)
    if np.isnan(a).any() or np.isnan(b).any():
        return None
    if task == "depth":
        return abs(float(a) - float(b)) <= parameters.depth * max(float(a), float(b))
    angle = np.degrees(np.arccos(np.clip(np.dot(a.astype(float), b.astype(float)), -1, 1)))
    return bool(angle < parameters.normals)


def table_by_hand(maps: dict[str, np.ndarray], tasks: tuple[str, str], step: int, p: AffinityParameters) -> np.ndarray:
    """2x2: first similar or not, by second similar or not."""
    counts = np.zeros((2, 2), int)
    first, second = (maps[task] for task in tasks)
    for here, there in neighbours(first.shape[:2], p.kernel // 2, step):
        a, b = similar(tasks[0], first[here], first[there], p), similar(tasks[1], second[here], second[there], p)
        if a is not None and b is not None:
            counts[int(a), int(b)] += 1
    return counts


def agrees(found: PairAgreement, index: int, counts: np.ndarray) -> None:
    """The textbook's formulas of a 2x2 table, at one dilation."""
    n = counts.sum()
    observed = np.trace(counts) / n
    chance = (counts.sum(0) * counts.sum(1)).sum() / n**2
    assert found.pairs[index] == n
    assert found.raw[index] == pytest.approx(observed)
    assert found.given_first[index] == pytest.approx(counts[1, 1] / counts[1].sum())
    assert found.given_second[index] == pytest.approx(counts[1, 1] / counts[:, 1].sum())
    assert found.kappa[index] == pytest.approx((observed - chance) / (1 - chance))
    np.testing.assert_allclose(found.similar[:, index], [counts[1].sum() / n, counts[:, 1].sum() / n])


def random_maps(size: tuple[int, int] = (9, 11), seed: int = 0) -> dict[str, np.ndarray]:
    """Maps that agree in part, with holes of each of their own, and values on both sides of every threshold."""
    generator = np.random.default_rng(seed)
    label = generator.integers(0, 3, size).astype(np.uint8)
    depth = (1 + label * 0.1 + generator.uniform(0, 0.2, size)).astype(np.float32)
    tilt = np.radians(label * 10 + generator.uniform(0, 20, size))
    turn = generator.uniform(0, 2, size)
    normals = np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), -np.cos(tilt)], -1).astype(np.float32)
    label[4, 3:6], depth[2, 4:7], normals[5:7, 1] = VOID, NAN, NAN
    return {"semseg": label, "depth": depth, "normals": normals}


@pytest.mark.parametrize("kernel", [3, 5])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_every_number_agrees_with_a_loop_over_pairs(step: int, kernel: int) -> None:
    maps = random_maps(seed=step)
    parameters = AffinityParameters(kernel=kernel, dilations=(step,), depth=0.08, normals=11)
    found = pair_agreements(LabelMaps("reference", maps), parameters)
    assert [(a.first, a.second) for a in found] == [("semseg", "depth"), ("semseg", "normals"), ("depth", "normals")]
    for agreement in found:
        counts = table_by_hand(maps, (agreement.first, agreement.second), step, parameters)
        assert counts.min() > 0
        assert counts[0, 1] != counts[1, 0]  # else the two conditional rates could change places unseen
        agrees(agreement, 0, counts)


def test_all_dilations_are_counted_apart() -> None:
    maps = random_maps(seed=5)
    parameters = AffinityParameters(dilations=(4, 1, 2))
    found = pair_agreements(LabelMaps("reference", maps), parameters)[0]
    np.testing.assert_array_equal(found.dilations, [1, 2, 4])
    for index, step in enumerate((1, 2, 4)):
        agrees(found, index, table_by_hand(maps, ("semseg", "depth"), step, parameters))


@pytest.mark.parametrize(("kernel", "step"), [(3, 1), (3, 2), (5, 1), (5, 2)])
def test_each_pair_of_the_kernel_is_counted_once(kernel: int, step: int) -> None:
    """A kernel of k x k has (k*k - 1) / 2 directions; each fits (H - |dy|) * (W - |dx|) times."""
    ones = {"semseg": np.zeros((7, 9), np.uint8), "depth": np.ones((7, 9), np.float32)}
    (found,) = pair_agreements(LabelMaps("reference", ones), AffinityParameters(kernel, (step,)))
    reach = range(-(kernel // 2), kernel // 2 + 1)
    both_ways = sum((7 - abs(dy) * step) * (9 - abs(dx) * step) for dy in reach for dx in reach if (dy, dx) != (0, 0))
    assert found.pairs[0] == both_ways / 2
    assert found.pairs.dtype == np.int64


def test_a_dilation_that_does_not_fit_is_undefined() -> None:
    maps = {"semseg": np.zeros((3, 4), np.uint8), "depth": np.ones((3, 4), np.float32)}
    (found,) = pair_agreements(LabelMaps("scale 3", maps), AffinityParameters(dilations=(2, 8)))
    assert list(found.pairs) == [1 * 4 + 3 * 2 + 2 * (1 * 2), 0]
    for values in (found.raw, found.kappa, found.given_first, found.given_second):
        assert np.isnan(values[1])


def test_thresholds_are_relative_to_the_farther_pixel_and_in_degrees() -> None:
    """1 m and 1.05 m differ by 4.8 % of the farther one, 5 % of the nearer one; 14.9 and 15.1 degrees."""
    depth = np.array([[1, 1.0525], [1, 1.0527]], np.float32)
    tilt = np.radians([[0, 14.9], [0, 15.1]])
    normals = np.stack([np.sin(tilt), 0 * tilt, -np.cos(tilt)], -1).astype(np.float32)
    for row, near in ((0, 1), (1, 0)):
        maps = {"depth": depth[row : row + 1], "normals": normals[row : row + 1]}
        (found,) = pair_agreements(LabelMaps("reference", maps), AffinityParameters(dilations=(1,)))
        np.testing.assert_array_equal(found.similar[:, 0], [near, near])


def test_depths_that_differ_by_the_threshold_are_similar_and_angles_are_not() -> None:
    """1 m and 2 m differ by half of the farther one; what faces the same way differs by no less than 0 degrees."""
    maps = {"depth": np.array([[1, 2]], np.float32), "normals": np.full((1, 2, 3), (0, 0, -1), np.float32)}
    parameters = AffinityParameters(dilations=(1,), depth=0.5, normals=0)
    (found,) = pair_agreements(LabelMaps("reference", maps), parameters)
    np.testing.assert_array_equal(found.similar[:, 0], [1, 0])


def test_kappa_is_one_for_equal_maps_and_about_zero_for_independent_ones() -> None:
    generator = np.random.default_rng(0)
    label = generator.integers(0, 2, (80, 80)).astype(np.uint8)
    same = pair_agreements(LabelMaps("final", {"semseg": label, "depth": label + np.float32(1)}))[0]
    np.testing.assert_allclose(same.kappa, 1)
    other = generator.integers(1, 3, (80, 80)).astype(np.float32)
    independent = pair_agreements(LabelMaps("final", {"semseg": label, "depth": other}))[0]
    np.testing.assert_allclose(independent.kappa, 0, atol=0.06)
    assert (independent.raw > 0.4).all()


def test_unknown_pixels_count_nowhere() -> None:
    depth = np.ones((6, 6), np.float32)
    normals = np.tile(np.array([0, 0, -1], np.float32), (6, 6, 1))
    normals[:, 3:] = np.nan
    maps = LabelMaps("reference", {"depth": depth, "normals": normals})
    (found,) = pair_agreements(maps, AffinityParameters(dilations=(1,)))
    # A 6x3 grid: 6*2 across, 5*3 down, 2 * 5*2 diagonal.
    assert found.pairs[0] == 12 + 15 + 20
    assert found.raw[0] == 1
    assert np.isnan(found.kappa[0])


def test_two_void_pixels_are_not_of_one_class() -> None:
    label = np.full((4, 4), VOID, np.uint8)
    (found,) = pair_agreements(LabelMaps("reference", {"semseg": label, "depth": np.ones((4, 4), np.float32)}))
    assert not found.pairs.any()


@pytest.mark.parametrize(
    ("stride", "start", "expected"),
    [
        (1, 0, [1, 2, 4, 8, 16, 32, 64]),
        (4, 0, [4, 8, 16, 32, 64]),
        (8, 0, [8, 16, 32, 64]),
        (32, 0, [32, 64]),
        (1, 8, [8, 16, 32, 64]),
        (5, 0, [5, 10, 15, 30, 65]),  # of 4, 8, 16, 32 and 64: what comes nearest in whole steps
    ],
)
def test_dilations_are_whole_steps_of_the_grid_in_input_pixels(
    stride: float, start: float, expected: list[float]
) -> None:
    maps = {"semseg": np.zeros((70, 70), np.uint8), "depth": np.ones((70, 70), np.float32)}
    (found,) = pair_agreements(LabelMaps("final", maps, stride, start))
    np.testing.assert_array_equal(found.dilations, expected)


def test_distances_within_a_cell_are_not_compared() -> None:
    """Not even as the nearest that there is: at stride 4 nothing is 1 or 2 pixels apart."""
    assert pair_agreements(LabelMaps("final", random_maps(), stride=4), AffinityParameters(dilations=(1, 2))) == ()


def test_three_quarters_of_a_cell_are_taken_for_one() -> None:
    (found, *_) = pair_agreements(LabelMaps("final", random_maps(), stride=4), AffinityParameters(dilations=(2, 3)))
    np.testing.assert_array_equal(found.dilations, [4])


def test_one_step_of_a_coarse_grid_is_one_of_its_own_cells() -> None:
    """At stride 4 the dilation of 8 pixels is two cells."""
    maps = random_maps(seed=7)
    parameters = AffinityParameters(dilations=(4, 8))
    found = pair_agreements(LabelMaps("final", maps, stride=4), parameters)[0]
    for index, step in enumerate((1, 2)):
        agrees(found, index, table_by_hand(maps, ("semseg", "depth"), step, parameters))


def test_pairs_that_depend_on_each_other_are_left_out() -> None:
    dependent = frozenset({("depth", "normals")})
    found = pair_agreements(LabelMaps("reference", random_maps(), dependent=dependent))
    assert [(a.first, a.second) for a in found] == [("semseg", "depth"), ("semseg", "normals")]
    np.testing.assert_array_equal(found[0].kappa, pair_agreements(LabelMaps("reference", random_maps()))[0].kappa)
    maps = {name: value for name, value in random_maps().items() if name != "semseg"}
    assert pair_agreements(LabelMaps("reference", maps, dependent=dependent)) == ()


def test_large_maps_lose_pairs_but_no_distance() -> None:
    """Stripes of one pixel: neighbours down are alike, across and diagonal never, on every grid.

    Were every second pixel dropped before pairs are made, all would be alike.
    """
    for size in ((60, 80), (300, 310), (480, 640), (481, 1300), (240, 1300), (1300, 240)):
        stripes = np.broadcast_to(np.arange(size[1]) % 2, size)
        maps = {"semseg": stripes.astype(np.uint8), "depth": (1 + stripes).astype(np.float32)}
        (found,) = pair_agreements(LabelMaps("reference", maps), AffinityParameters(dilations=(1, 2)))
        np.testing.assert_allclose(found.similar[:, 0], 0.25, atol=0.01)
        np.testing.assert_allclose(found.similar[:, 1], 1)
        assert found.pairs.max() <= 4 * 240 * 320


def test_thinned_pairs_are_every_second_of_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a loop: pixels of every second row and column of the overlap, each with its whole neighbour."""
    monkeypatch.setattr(pixel_affinity, "MAX_ROWS", 6)
    monkeypatch.setattr(pixel_affinity, "MAX_COLUMNS", 8)
    maps = random_maps((11, 15), seed=3)
    parameters = AffinityParameters(dilations=(1,), depth=0.08)
    (found,) = pair_agreements(LabelMaps("final", {k: maps[k] for k in ("semseg", "depth")}), parameters)
    counts = np.zeros((2, 2), int)
    for dy, dx in ((0, 1), (1, -1), (1, 0), (1, 1)):
        for y, x in product(range(0, 11 - dy, 2), range(max(0, -dx), 15 - max(0, dx), 2)):
            here, there = (y, x), (y + dy, x + dx)
            a, b = (similar(k, maps[k][here], maps[k][there], parameters) for k in ("semseg", "depth"))
            if a is not None and b is not None:
                counts[int(a), int(b)] += 1
    agrees(found, 0, counts)


def test_large_maps_are_quick() -> None:
    maps = random_maps((480, 640))
    started = time.process_time()
    assert len(pair_agreements(LabelMaps("final", maps))) == 3
    assert time.process_time() - started < 1  # takes 0.1 s on an idle core; the bound only catches a loop over pixels
