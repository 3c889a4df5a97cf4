"""Block statistics of NDDR layers against loops over their weights and closed forms, and pooling for display."""

import math

import numpy as np
import pytest

from tests.methods.nddr_cnn.layers import TASKS, block, layer_site, noisy, with_layers
from vizlab.core.site import Site
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.nddr_cnn.numbers import NDDRBlocks, nddr_blocks, nddr_site, nddr_sites, pooled_matrix, statement

OWN = np.eye(3, dtype=bool)


def only(trace: FusionTrace, alpha: float = 0.9, beta: float = 0.1) -> NDDRBlocks:
    (blocks,) = nddr_blocks(trace, alpha, beta)
    return blocks


def length(values: list[float]) -> float:
    return math.sqrt(sum(value * value for value in values))


def test_every_block_agrees_with_a_loop_over_its_weights(nddr_trace: FusionTrace) -> None:
    """All three tasks' blocks differ, so none can stand in another's place."""
    site = layer_site(5, noisy)
    found = only(with_layers(nddr_trace, site))
    weight, scale = site.weights["weight"].astype(float), site.weights["scale"].astype(float)
    assert (found.site, found.stage, found.tasks, found.channels) == ("nddr.stage1", "stage1", TASKS, 5)
    for t in range(3):
        for s in range(3):
            part, start = block(weight, t, s), 0.9 if t == s else 0.1
            cells = [(i, j, float(part[i, j])) for i in range(5) for j in range(5)]
            moved = length([w - (start if i == j else 0) for i, j, w in cells])
            assert found.norm[t, s] == pytest.approx(length([w for _, _, w in cells]), rel=1e-5)
            assert found.scaled_norm[t, s] == pytest.approx(length([w * scale[t, i] for i, _, w in cells]), rel=1e-5)
            assert found.diagonal[t, s] == pytest.approx(sum(w for i, j, w in cells if i == j) / 5, rel=1e-5)
            assert found.drift[t, s] == pytest.approx(moved / math.sqrt(5), rel=1e-5)
            assert found.relative_drift[t, s] == pytest.approx(moved / (start * math.sqrt(5)), rel=1e-5)
    arrays = (found.norm, found.scaled_norm, found.diagonal, found.drift, found.relative_drift)
    assert {values.dtype for values in arrays} == {np.dtype(np.float32)}
    for values in (found.norm, found.scaled_norm, found.drift):
        assert len(np.unique(values.round(4))) == 9


@pytest.mark.parametrize("channels", [4, 7, 64])
def test_blocks_that_went_equally_far_drifted_equally(nddr_trace: FusionTrace, channels: int) -> None:
    """Every diagonal weight moved by 0.2, whatever it began with and however many there are."""

    def move(weight: np.ndarray) -> None:
        for target in range(3):
            for source in range(3):
                block(weight, target, source)[...] += 0.2 * np.eye(channels, dtype=np.float32)

    found = only(with_layers(nddr_trace, layer_site(channels, move)))
    np.testing.assert_allclose(found.drift, 0.2, rtol=1e-5)
    np.testing.assert_allclose(found.relative_drift, np.where(OWN, 0.2 / 0.9, 2.0), rtol=1e-5)
    np.testing.assert_allclose(found.diagonal, np.where(OWN, 1.1, 0.3), rtol=1e-5)


def test_the_longest_drift_is_the_block_that_went_farthest(nddr_trace: FusionTrace) -> None:
    """An own block that moved by 0.5 against one of another's that moved by 0.1: relative drift says the reverse."""

    def move(weight: np.ndarray) -> None:
        block(weight, 1, 1)[...] -= 0.5 * np.eye(6, dtype=np.float32)
        block(weight, 0, 2)[...] += 0.1 * np.eye(6, dtype=np.float32)

    found = only(with_layers(nddr_trace, layer_site(6, move)))
    assert np.unravel_index(found.drift.argmax(), (3, 3)) == (1, 1)
    assert np.unravel_index(found.relative_drift.argmax(), (3, 3)) == (0, 2)


def test_movement_off_the_diagonal_counts(nddr_trace: FusionTrace) -> None:
    """One weight between two channels: its length over the square root of the channels."""

    def move(weight: np.ndarray) -> None:
        block(weight, 2, 0)[1, 3] = 0.6

    found = only(with_layers(nddr_trace, layer_site(9, move)))
    expected = np.zeros((3, 3))
    expected[2, 0] = 0.2
    np.testing.assert_allclose(found.drift, expected, atol=1e-6)


def test_a_fresh_layer_has_not_drifted(nddr_trace: FusionTrace) -> None:
    found = only(with_layers(nddr_trace, layer_site()))
    start = np.where(OWN, 0.9, 0.1)
    np.testing.assert_array_equal(found.drift, np.zeros((3, 3)))  # not even by the rounding of 0.9 and 0.1
    np.testing.assert_array_equal(found.relative_drift, np.zeros((3, 3)))
    np.testing.assert_allclose(found.diagonal, start, atol=1e-6)
    np.testing.assert_allclose(found.norm, start * np.sqrt(7), rtol=1e-6)


def test_another_start_can_be_assumed(nddr_trace: FusionTrace) -> None:
    """With 1 and 0 the drift of a fresh layer is 0.1 everywhere; relative drift is undefined where nothing began."""
    found = only(with_layers(nddr_trace, layer_site()), alpha=1.0, beta=0.0)
    assert (found.alpha, found.beta) == (1, 0)
    np.testing.assert_allclose(found.drift, 0.1, atol=1e-6)
    np.testing.assert_allclose(np.diag(found.relative_drift), 0.1, atol=1e-6)
    assert np.isnan(found.relative_drift[~OWN]).all()


def test_the_scaled_norm_is_that_of_what_the_layer_adds(nddr_trace: FusionTrace) -> None:
    """Against energies: for white features of unit energy a part's mean square is its block's squared norm / C."""
    site = layer_site(8, noisy)
    found = only(with_layers(nddr_trace, site))
    features = np.random.default_rng(1).standard_normal((8, 200_000)).astype(np.float32)
    for t, s in ((0, 1), (2, 0), (1, 1)):
        added = site.weights["scale"][t][:, None] * (block(site.weights["weight"], t, s) @ features)
        assert found.scaled_norm[t, s] == pytest.approx(math.sqrt(8 * np.square(added).mean()), rel=0.02)


def test_stages_come_in_network_order(nddr_trace: FusionTrace) -> None:
    assert [b.stage for b in nddr_blocks(nddr_trace)] == [f"stage{k}" for k in range(1, 6)]
    assert [s.site.name for s in nddr_sites(nddr_trace)] == list(nddr_trace.sites)


@pytest.mark.parametrize("kind", ["weight", "scaled", "drift"])
def test_the_whole_matrix_is_what_it_says(nddr_trace: FusionTrace, kind: str) -> None:
    """Rows target channels, columns source channels; scaled by the target channel; drift less 0.9 I or 0.1 I."""
    site = layer_site(5, noisy)
    matrix = pooled_matrix(site, kind)  # type: ignore[arg-type]
    expected = site.weights["weight"].astype(float).reshape(15, 15)
    if kind == "scaled":
        expected = expected * site.weights["scale"].reshape(15)[:, None]
    if kind == "drift":
        start = np.kron(np.where(OWN, 0.9, 0.1), np.eye(5))
        expected = expected - start
    assert (matrix.step, matrix.cells, matrix.tasks) == (1, 5, TASKS)
    np.testing.assert_allclose(matrix.values, expected, atol=1e-6)
    assert matrix.largest == pytest.approx(np.abs(expected).max(), rel=1e-5)
    assert matrix.values.dtype == np.float32


@pytest.mark.parametrize("pooling", ["extreme", "mean"])
def test_cells_pool_their_own_block_only(pooling: str) -> None:
    """7 channels in cells of 3: two whole cells and one of a single channel, never across a task's boundary."""
    site = layer_site(7, noisy)
    matrix = pooled_matrix(site, limit=7, pooling=pooling)  # type: ignore[arg-type]
    assert (matrix.step, matrix.cells) == (3, 3)
    assert matrix.values.shape == (9, 9)
    for t in range(3):
        for s in range(3):
            part = block(site.weights["weight"], t, s)
            for i in range(3):
                for j in range(3):
                    cell = part[3 * i : 3 * i + 3, 3 * j : 3 * j + 3]
                    expected = cell.mean() if pooling == "mean" else max(cell.ravel(), key=abs)
                    assert matrix.values[3 * t + i, 3 * s + j] == pytest.approx(expected, rel=1e-5)


def test_squares_of_large_weights_do_not_overflow(nddr_trace: FusionTrace) -> None:
    def raise_all(weight: np.ndarray) -> None:
        weight[...] = 1e25  # squared beyond float32

    found = only(with_layers(nddr_trace, layer_site(4, raise_all)))
    np.testing.assert_allclose(found.norm, 4e25, rtol=1e-6)


def test_a_matrix_is_of_stored_weights_by_their_extremes_unless_said() -> None:
    site = layer_site(7, noisy)
    plain = pooled_matrix(site, limit=7).values
    np.testing.assert_array_equal(plain, pooled_matrix(site, "weight", 7, "extreme").values)
    assert not np.allclose(plain, pooled_matrix(site, "drift", 7, "extreme").values)


@pytest.mark.parametrize(("channels", "step"), [(160, 1), (161, 2)])
def test_of_more_than_160_channels_some_are_pooled(channels: int, step: int) -> None:
    names = ("semseg",)
    site = Site("nddr.stage1", "nddr", names, names, channels, "stage1")
    weight = np.arange(channels**2, dtype=np.float32).reshape(1, channels, channels)
    matrix = pooled_matrix(SiteTrace(site, None, None, None, None, {"weight": weight}))
    assert (matrix.step, matrix.cells) == (step, -(-channels // step))
    assert matrix.values[-1, -1] == weight.max()


def test_no_matrix_is_larger_than_promised(nddr_trace: FusionTrace) -> None:
    for name in nddr_trace.sites:
        assert max(pooled_matrix(nddr_site(nddr_trace, name)).values.shape) <= 165


def test_unknown_sites_and_families_are_refused(nddr_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match=r"nddr\.stage1"):
        nddr_site(nddr_trace, "stage1")
    with pytest.raises(TraceError, match="needs a trace of an NDDR-CNN"):
        nddr_blocks(cen_trace)


def test_the_statement_names_the_heaviest_and_the_farthest(nddr_trace: FusionTrace) -> None:
    """Of two stages: semseg takes 0.5 I from normals in the second, where depth's own block moved by 0.7 I."""

    def move(weight: np.ndarray) -> None:
        block(weight, 0, 2)[...] = 0.5 * np.eye(6, dtype=np.float32)
        block(weight, 1, 1)[...] += 0.7 * np.eye(6, dtype=np.float32)

    text = statement(with_layers(nddr_trace, layer_site(4), layer_site(6, move, "stage2")))
    assert "between two tasks: normals → semseg after stage 2, norm / √channels 0.50 against 0.1 at" in text
    assert "Farthest from the assumed start: depth → depth after stage 2, 0.70." in text
