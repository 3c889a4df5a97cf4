"""Pixel affinity against counts by hand, and MTI-Net's shares in order."""

import time
from itertools import product

import numpy as np
import pytest

from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.measures.pixel_affinity import AffinityParameters, pair_agreements, thinned, trace_affinity
from vizlab.methods.mti_net.numbers import scale_shares


def by_hand(label: np.ndarray, depth: np.ndarray, dilation: int, tolerance: float) -> tuple[float, float]:
    """Raw agreement and P(depth similar | same class) over all pairs of a 3x3 kernel, each pair once."""
    height, width = label.shape
    pairs = []
    for y, x, (dy, dx) in product(range(height), range(width), [(0, 1), (1, -1), (1, 0), (1, 1)]):
        v, u = y + dy * dilation, x + dx * dilation
        if v < height and 0 <= u < width and 255 not in (label[y, x], label[v, u]):
            near = abs(depth[y, x] - depth[v, u]) <= tolerance * max(depth[y, x], depth[v, u])
            pairs.append((label[y, x] == label[v, u], bool(near)))
    a, b = np.array(pairs).T
    return float((a == b).mean()), float(b[a].mean())


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_rates_agree_with_a_loop(dilation: int) -> None:
    generator = np.random.default_rng(dilation)
    label = generator.integers(0, 2, (9, 11)).astype(np.uint8)
    label[0, :3] = 255
    depth = (1 + label % 2 * 0.2 + generator.uniform(0, 0.1, label.shape)).astype(np.float32)
    parameters = AffinityParameters(dilations=(dilation,), depth=0.05)
    (found,) = pair_agreements({"semseg": label, "depth": depth}, "reference", label.shape, parameters)
    raw, given = by_hand(label, depth, dilation, 0.05)
    assert found.raw[0] == pytest.approx(raw)
    assert found.given_first[0] == pytest.approx(given)


def test_kappa_is_one_for_equal_maps_and_about_zero_for_independent_ones() -> None:
    generator = np.random.default_rng(0)
    label = generator.integers(0, 2, (80, 80)).astype(np.uint8)
    same = pair_agreements({"semseg": label, "depth": label + np.float32(1)}, "final", (80, 80))[0]
    np.testing.assert_allclose(same.kappa, 1)
    other = generator.integers(1, 3, (80, 80)).astype(np.float32)
    independent = pair_agreements({"semseg": label, "depth": other}, "final", (80, 80))[0]
    np.testing.assert_allclose(independent.kappa, 0, atol=0.06)
    assert (independent.raw > 0.4).all()


def test_unknown_pixels_count_nowhere() -> None:
    depth = np.ones((6, 6), np.float32)
    normals = np.tile(np.array([0, 0, -1], np.float32), (6, 6, 1))
    normals[:, 3:] = np.nan
    parameters = AffinityParameters(dilations=(1,))
    (found,) = pair_agreements({"depth": depth, "normals": normals}, "reference", (6, 6), parameters)
    # A 6x3 grid: 6*2 across, 5*3 down, 2 * 5*2 diagonal.
    assert found.pairs[0] == 12 + 15 + 20
    assert found.raw[0] == 1
    assert np.isnan(found.kappa[0])


def test_scales_are_compared_on_their_own_grid(mti_trace: FusionTrace) -> None:
    found = trace_affinity(mti_trace)
    origins = {a.origin: a for a in found if (a.first, a.second) == ("semseg", "depth")}
    assert list(origins) == ["final", "scale 0", "scale 1", "scale 2", "scale 3"]
    assert origins["final"].dilations[0] == 1
    assert origins["scale 3"].dilations[0] > 16
    assert len(found) == 3 * len(origins)


def test_large_maps_are_thinned_and_quick() -> None:
    generator = np.random.default_rng(0)
    maps = {
        "semseg": generator.integers(0, 5, (480, 640)).astype(np.uint8),
        "depth": generator.uniform(1, 3, (480, 640)).astype(np.float32),
        "normals": generator.uniform(-1, 1, (480, 640, 3)).astype(np.float32),
    }
    assert thinned(maps["depth"]).shape == (240, 320)
    started = time.process_time()
    assert len(pair_agreements(maps, "final", (480, 640))) == 3
    assert time.process_time() - started < 1  # takes 0.03 s on an idle core; the bound only catches a loop over pixels


def test_one_task_is_refused(cen_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="multi-task model"):
        trace_affinity(cen_trace)


def test_shares_come_finest_first_with_the_mean_gates(mti_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    shares = scale_shares(mti_trace)
    assert [s.stage for s in shares] == ["scale 0", "scale 1", "scale 2", "scale 3"]
    for share in shares:
        np.testing.assert_allclose(share.share.sum(1), 1, atol=1e-4)
        own = np.eye(3, dtype=bool)
        assert np.isnan(share.gate[own]).all()
        assert ((share.gate[~own] > 0) & (share.gate[~own] < 1)).all()
    with pytest.raises(TraceError, match="MTI-Net"):
        scale_shares(cen_trace)
