"""Which maps pixel affinity compares, and on which grid: sampling by hand, strides, what a reference leaves out."""

from dataclasses import replace

import numpy as np
import pytest

from vizlab.core.framing import Framing
from vizlab.core.predictions import (
    DepthPrediction,
    ImagePrediction,
    NormalsPrediction,
    Prediction,
    SemsegPrediction,
)
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.measures.affinity_maps import UNKNOWN_STRIDE, at_cells, compared_maps, final_stride
from vizlab.measures.pixel_affinity import AffinityParameters, trace_affinity
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage

FRAMING = Framing(picture=(48, 64), content=(24, 32), padded=(32, 32))
"""Twice as large as its input, a quarter of which is padding below."""
NAN = np.float32(np.nan)


def predicted(label: np.ndarray, depth: np.ndarray) -> dict[str, Prediction]:
    confidence = np.ones(label.shape, np.float32)
    return {"semseg": SemsegPrediction(label, confidence), "depth": DepthPrediction(depth)}


def maps(size: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    label = generator.integers(0, 2, size).astype(np.uint8)
    return label, (1 + label * 0.04 + generator.uniform(0, 0.04, size)).astype(np.float32)


def enlarged(cells: np.ndarray, by: int, fill: float) -> np.ndarray:
    """Each cell `by` x `by` pixels, of which only the one at its centre has its value."""
    large = np.full((cells.shape[0] * by, cells.shape[1] * by), fill, cells.dtype)
    large[by // 2 :: by, by // 2 :: by] = cells
    return large


@pytest.fixture
def known(mti_trace: FusionTrace) -> FusionTrace:
    """Final predictions at stride 4, initial ones at 4, 8 and 16, all of known maps."""
    label, depth = maps((6, 8), 0)
    final = predicted(enlarged(label, 8, 9), enlarged(depth, 8, 9))
    initial: dict[str, Prediction] = {}
    grids = {"semseg": (8, 8), "depth": (8, 8)}
    for scale, side in enumerate((8, 4, 2)):
        seen = FRAMING.visible((side, side))
        initial |= {f"scale_{scale}/{name}": p for name, p in predicted(*maps(seen, scale + 1)).items()}
        grids |= {f"scale_{scale}/{name}": (side, side) for name in ("semseg", "depth")}
    return replace(mti_trace, predictions=final, initial=initial, framing=FRAMING, grids=grids)


def kappa_by_hand(label: np.ndarray, depth: np.ndarray, step: int) -> float:
    """Of a 3x3 kernel, from the 2x2 table of all pairs."""
    table, (height, width) = np.zeros((2, 2)), label.shape
    for y in range(height):
        for x in range(width):
            for dy, dx in ((0, step), (step, -step), (step, 0), (step, step)):
                v, u = y + dy, x + dx
                if v < height and 0 <= u < width:
                    near = abs(depth[y, x] - depth[v, u]) <= 0.05 * max(depth[y, x], depth[v, u])
                    table[int(label[y, x] == label[v, u]), int(near)] += 1
    n = table.sum()
    observed, chance = np.trace(table) / n, (table.sum(0) * table.sum(1)).sum() / n**2
    return (observed - chance) / (1 - chance)


def test_final_predictions_are_read_at_the_centres_of_the_networks_own_cells(known: FusionTrace) -> None:
    final = compared_maps(known, None)[0]
    label, depth = maps((6, 8), 0)
    assert (final.origin, final.stride, final.start) == ("final", 4, 0)
    np.testing.assert_array_equal(final.maps["semseg"], label)
    np.testing.assert_array_equal(final.maps["depth"], depth)


def test_kappa_by_scale_and_dilation_agrees_with_a_loop(known: FusionTrace) -> None:
    """Every origin at every dilation that it has: the whole way from a trace to the line."""
    found = {a.origin: a for a in trace_affinity(known, None, AffinityParameters(dilations=(1, 2, 4, 8, 16)))}
    assert list(found) == ["final", "scale 0", "scale 1", "scale 2"]
    strides = {"final": 4, "scale 0": 4, "scale 1": 8, "scale 2": 16}
    sizes = {"final": (6, 8), "scale 0": (6, 8), "scale 1": (3, 4), "scale 2": (2, 2)}
    for seed, (origin, stride) in enumerate(strides.items()):
        dilations = [d for d in (4, 8, 16) if d >= stride]
        np.testing.assert_array_equal(found[origin].dilations, dilations)
        for dilation, kappa in zip(dilations, found[origin].kappa, strict=True):
            assert kappa == pytest.approx(kappa_by_hand(*maps(sizes[origin], seed), dilation // stride), nan_ok=True)


def test_nothing_below_the_networks_own_stride_is_shown(mti_trace: FusionTrace) -> None:
    found = {a.origin: a.dilations[0] for a in trace_affinity(mti_trace)}
    assert found == {"final": 4, "scale 0": 4, "scale 1": 8, "scale 2": 16, "scale 3": 32}
    assert final_stride(mti_trace) == 4


def test_a_network_that_predicts_every_input_pixel_begins_at_one(mti_trace: FusionTrace) -> None:
    whole = dict.fromkeys(("semseg", "depth", "normals"), mti_trace.framing.padded)
    fine = replace(mti_trace, grids=whole, initial={})
    assert [a.dilations[0] for a in trace_affinity(fine)] == [1, 1, 1]
    assert compared_maps(fine, None)[0].maps["depth"].shape == mti_trace.framing.content
    assert final_stride(fine) == 1


def test_tasks_of_two_strides_meet_at_the_coarser(mti_trace: FusionTrace) -> None:
    mixed = replace(mti_trace, grids={**mti_trace.grids, "depth": (12, 16)})
    assert compared_maps(mixed, None)[0].maps["semseg"].shape == (12, 16)
    assert final_stride(mixed) == 8


@pytest.mark.parametrize("coarse", [(25, 16), (12, 33)])
def test_the_coarser_grid_is_that_of_fewer_cells(mti_trace: FusionTrace, coarse: tuple[int, int]) -> None:
    """Of 24x32, 25x16 and 12x33, whichever has the fewer rows or columns."""
    mixed = replace(mti_trace, grids={**mti_trace.grids, "depth": coarse})
    assert final_stride(mixed) == mti_trace.framing.padded[0] / coarse[0]


def test_a_picture_of_normals_is_not_compared(known: FusionTrace) -> None:
    """A network that translates pictures predicts colours."""
    shape = (*known.framing.picture, 3)
    for kind, expected in ((ImagePrediction, {"semseg", "depth"}), (NormalsPrediction, {"semseg", "depth", "normals"})):
        given = {**known.predictions, "normals": kind(np.zeros(shape, np.float32))}
        assert set(compared_maps(replace(known, predictions=given), None)[0].maps) == expected


def test_older_normals_alone_have_their_stride(known: FusionTrace) -> None:
    """Of 6x8 cells that show 24x32 pixels of an input of 32x32; the third axis is none of the grid's."""
    initial = {"scale_0/normals": NormalsPrediction(np.zeros((6, 8, 3), np.float32))}
    found = compared_maps(replace(known, initial=initial, grids={}), None)[-1]
    assert (found.origin, found.stride, list(found.maps)) == ("scale 0", 4, ["normals"])


def test_an_older_trace_is_compared_from_the_coarsest_known_stride_on(known: FusionTrace) -> None:
    old = replace(known, grids={})
    found = {a.origin: a.dilations[0] for a in trace_affinity(old)}
    assert final_stride(old) is None
    assert found["final"] == UNKNOWN_STRIDE == 8
    assert (found["scale 0"], found["scale 1"]) == (4, 8)  # though three quarters of their rows are left


def test_the_reference_is_read_at_input_pixels(known: FusionTrace) -> None:
    """The picture is twice as large: pixels 1, 3, 5, ... lie at the centres."""
    label, depth = maps((48, 64), 8)
    reference = compared_maps(known, {"semseg": label, "depth": depth})[0]
    assert (reference.origin, reference.stride) == ("reference", 1)
    np.testing.assert_array_equal(reference.maps["depth"], depth[1::2, 1::2])
    np.testing.assert_array_equal(reference.maps["semseg"], label[1::2, 1::2])


@pytest.mark.parametrize("picture", [(3, 4), (24, 32), (37, 51)])
def test_cells_of_any_picture_take_the_pixel_at_their_centre(picture: tuple[int, int]) -> None:
    """By hand, also where a picture is smaller than the input that it was enlarged to."""
    framing = Framing(picture, (24, 32), (32, 32))
    values = np.arange(picture[0] * picture[1]).reshape(picture)
    found = at_cells(values, (16, 16), framing)
    assert found.shape == (12, 16)
    for row in range(12):
        for column in range(16):
            y = min(int((row + 0.5) * 2 * picture[0] / 24), picture[0] - 1)
            x = min(int((column + 0.5) * 2 * picture[1] / 32), picture[1] - 1)
            assert found[row, column] == values[y, x]


def test_a_cell_that_is_half_padding_takes_the_last_row() -> None:
    """Two cells of 16 rows, of which 24 show the picture: the centre of the second lies on its lower edge."""
    values = np.arange(48 * 64).reshape(48, 64)
    np.testing.assert_array_equal(at_cells(values, (2, 32), FRAMING)[:, 0], [values[16, 1], values[47, 1]])


def test_normals_are_sampled_whole() -> None:
    values = np.random.default_rng(0).uniform(-1, 1, (48, 64, 3))
    np.testing.assert_array_equal(at_cells(values, (8, 8), FRAMING), values[4::8, 4::8])


def test_a_depth_is_not_compared_with_its_own_derivative(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    label = np.zeros(small_rgbd.size, np.uint8)
    derived = Reference(label=label).completed(small_rgbd)
    assert derived.dependent == {("depth", "normals")}
    pairs = [(a.first, a.second) for a in trace_affinity(mti_trace, derived) if a.origin == "reference"]
    assert pairs == [("semseg", "depth"), ("semseg", "normals")]


def test_exact_normals_are_compared(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    derived = Reference().completed(small_rgbd)
    notes = dict.fromkeys(("depth", "normals"), "exact, rendered")
    exact = Reference(depth=derived.depth, normals=derived.normals, notes=notes).completed(small_rgbd)
    assert exact.dependent == frozenset()
    pairs = [(a.first, a.second) for a in trace_affinity(mti_trace, exact) if a.origin == "reference"]
    assert pairs == [("depth", "normals")]


def test_an_upload_has_no_line_where_nothing_else_is_known(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    found = trace_affinity(mti_trace, Reference().completed(small_rgbd))
    assert {a.origin for a in found} == {"final", "scale 0", "scale 1", "scale 2", "scale 3"}


def test_one_task_is_refused_whatever_the_reference_holds(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    full = Reference(label=np.zeros(small_rgbd.size, np.uint8)).completed(small_rgbd)
    for reference in (None, full, full.maps()):
        with pytest.raises(TraceError, match="multi-task model"):
            trace_affinity(cen_trace, reference)
