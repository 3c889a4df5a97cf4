"""Block statistics of NDDR layers against closed forms, and pooling for display."""

from dataclasses import replace

import numpy as np
import pytest

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.nddr_cnn.network import NDDRLayer
from vizlab.methods.nddr_cnn.numbers import nddr_blocks, nddr_site, pooled_matrix


def layer_site(trace: FusionTrace, channels: int = 7, noise: float = 0.0) -> SiteTrace:
    """A fresh layer of three tasks as a traced site, with `noise` on every weight and scale 2."""
    layer = NDDRLayer(("semseg", "depth", "normals"), channels)
    site = layer.describe_site("nddr.stage1")
    weight = layer.static_weights()["weight"]
    weight = weight + noise * np.random.default_rng(0).standard_normal(weight.shape).astype(np.float32)
    return SiteTrace(site, None, None, None, None, {"weight": weight, "scale": np.full((3, channels), 2, np.float32)})


def test_a_fresh_layer_has_not_drifted(nddr_trace: FusionTrace) -> None:
    site = layer_site(nddr_trace)
    (blocks,) = nddr_blocks(replace(nddr_trace, sites={site.site.name: site}))
    start = np.where(np.eye(3, dtype=bool), 0.9, 0.1)
    np.testing.assert_allclose(blocks.drift, 0, atol=1e-6)
    np.testing.assert_allclose(blocks.diagonal, start, atol=1e-6)
    np.testing.assert_allclose(blocks.norm, start * np.sqrt(7), rtol=1e-6)
    np.testing.assert_allclose(blocks.scaled_norm, 2 * blocks.norm, rtol=1e-6)


def test_drift_is_relative_to_each_block_and_undefined_where_it_starts_at_zero(nddr_trace: FusionTrace) -> None:
    site = layer_site(nddr_trace)
    (blocks,) = nddr_blocks(replace(nddr_trace, sites={site.site.name: site}), alpha=1.0, beta=0.0)
    np.testing.assert_allclose(np.diag(blocks.drift), 0.1, atol=1e-6)
    assert np.isnan(blocks.drift[~np.eye(3, dtype=bool)]).all()


def test_pooling_keeps_the_diagonal_and_the_signs(nddr_trace: FusionTrace) -> None:
    site = layer_site(nddr_trace, channels=50, noise=0.01)
    whole, small = pooled_matrix(site), pooled_matrix(site, limit=30)
    assert whole.values.shape == (150, 150)
    assert whole.step == 1
    assert small.values.shape == (30, 30)
    assert small.step == 5
    np.testing.assert_allclose(np.abs(small.values[:10, :10]).max(0), 0.9, atol=0.05)
    assert (pooled_matrix(site, "drift").values < 0).any()
    assert np.abs(pooled_matrix(site, limit=30, pooling="mean").values).max() < 0.3


def test_matrix_rows_are_targets_and_columns_sources(nddr_trace: FusionTrace) -> None:
    site = nddr_site(nddr_trace, "nddr.stage1")
    matrix, weight = pooled_matrix(site).values, site.weights["weight"]
    channels = site.site.channels
    np.testing.assert_array_equal(matrix[channels : 2 * channels], weight[1])


def test_no_matrix_is_larger_than_promised(nddr_trace: FusionTrace) -> None:
    for name in nddr_trace.sites:
        assert max(pooled_matrix(nddr_site(nddr_trace, name)).values.shape) <= 165


def test_unknown_sites_and_families_are_refused(nddr_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match=r"nddr\.stage1"):
        nddr_site(nddr_trace, "stage1")
    with pytest.raises(TraceError, match="needs a trace of an NDDR-CNN"):
        nddr_blocks(cen_trace)
