"""What the charts of NDDR layers draw, and that what they say of it holds."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from tests.methods.nddr_cnn.layers import block, layer_site, noisy, with_layers
from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError, TraceError
from vizlab.methods.nddr_cnn import charts, tab
from vizlab.methods.nddr_cnn.numbers import nddr_blocks
from vizlab.views.shares import NOT_AN_EFFECT


def words(figure: go.Figure) -> str:
    """Title and notes on one line."""
    text = figure.layout.title.text
    for piece in ("<b>", "</b>", "</span>"):
        text = text.replace(piece, "")
    return " ".join(text.replace("<br><span style='font-size:12px'>", " ").split())


@pytest.fixture
def moved(nddr_trace: FusionTrace) -> FusionTrace:
    """Two layers; in the second every diagonal weight moved by 0.22."""

    def move(weight: np.ndarray) -> None:
        for target in range(3):
            for source in range(3):
                block(weight, target, source)[...] += 0.22 * np.eye(6, dtype=np.float32)

    return with_layers(nddr_trace, layer_site(5, noisy), layer_site(6, move, "stage2"))


def test_drift_is_absolute_unless_asked(moved: FusionTrace) -> None:
    """Blocks that went equally far have one colour, not one nine times the other."""
    figure = views.nddr_drift(moved)
    for heat, blocks in zip(figure.data, nddr_blocks(moved), strict=True):
        np.testing.assert_allclose(heat.z, blocks.drift)
    np.testing.assert_allclose(figure.data[1].z, 0.22, rtol=1e-5)
    assert figure.layout.coloraxis.colorbar.title.text == "‖W − W₀‖ / √channels"
    assert "relative" not in words(figure)
    for part in ("Drift from the initial diagonal", "0.9 I own, 0.1 I others", "assumed", "same for every picture"):
        assert part in words(figure)


def test_relative_drift_says_so_everywhere(moved: FusionTrace) -> None:
    figure = views.nddr_drift(moved, relative=True)
    for heat, blocks in zip(figure.data, nddr_blocks(moved), strict=True):
        np.testing.assert_allclose(heat.z, blocks.relative_drift)
    assert figure.layout.coloraxis.colorbar.title.text == "‖W − W₀‖ / ‖W₀‖"
    assert "relative to each block's start" in words(figure)
    assert "same movement shows 9 times as large off the diagonal" in words(figure)
    off, on = figure.data[1].z[0][1], figure.data[1].z[0][0]
    assert off / on == pytest.approx(9, rel=1e-5)


@pytest.mark.parametrize("relative", [False, True])
def test_the_scale_of_drift_ends_at_the_largest(moved: FusionTrace, relative: bool) -> None:
    figure = views.nddr_drift(moved, relative)
    assert figure.layout.coloraxis.cmin == 0
    assert figure.layout.coloraxis.cmax == pytest.approx(max(np.max(heat.z) for heat in figure.data))


def test_block_norms_compare_between_widths(moved: FusionTrace) -> None:
    figure, scaled = views.nddr_block_norms(moved), views.nddr_block_norms(moved, scaled=True)
    for index, blocks in enumerate(nddr_blocks(moved)):
        np.testing.assert_allclose(figure.data[index].z, blocks.norm / np.sqrt(blocks.channels), rtol=1e-6)
        np.testing.assert_allclose(scaled.data[index].z, blocks.scaled_norm / np.sqrt(blocks.channels), rtol=1e-6)
    np.testing.assert_allclose(figure.data[1].z, np.where(np.eye(3, dtype=bool), 1.12, 0.32), rtol=1e-5)
    assert "the assumed start is 0.9 on the diagonal and 0.1 off it" in words(figure)
    assert "start" not in words(scaled)  # the norm's scale is another for every channel
    assert "weights × γ/σ" in words(scaled)


def test_shares_beyond_one_are_not_clipped(nddr_trace: FusionTrace) -> None:
    name, site = next(iter(nddr_trace.sites.items()))
    share = np.array([[1.4, -0.5, 0.1], [0.2, 0.3, 0.5], [0, 0, 1]], np.float32)
    changed = replace(nddr_trace, sites={**nddr_trace.sites, name: replace(site, share=share)})
    figure = views.nddr_shares(changed)
    np.testing.assert_array_equal(figure.data[0].z, share)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == pytest.approx((-1.4, 1.4))
    assert views.nddr_shares(nddr_trace).layout.coloraxis.cmax == 1


def test_shares_are_not_called_effects(nddr_trace: FusionTrace) -> None:
    for figure in (views.nddr_shares(nddr_trace), views.share_matrix(nddr_trace, "nddr.stage1")):
        assert NOT_AN_EFFECT in words(figure)


def test_a_trace_without_shares_says_so(nddr_trace: FusionTrace) -> None:
    name, site = next(iter(nddr_trace.sites.items()))
    without = replace(nddr_trace, sites={**nddr_trace.sites, name: replace(site, share=None)})
    with pytest.raises(TraceError, match=r"'nddr-cnn' holds no shares; trace the picture again"):
        views.nddr_shares(without)


def test_the_matrix_states_what_it_shows(moved: FusionTrace) -> None:
    said = {"weight": "weights as stored", "scaled": "weights × γ/σ", "drift": "change from the assumed start"}
    for show, part in said.items():
        figure = charts.matrix(moved, "nddr.stage1", show)
        assert part in words(figure)
        assert list(figure.layout.yaxis.ticktext) == ["semseg", "depth", "normals"]
        assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # targets from top to bottom
    with pytest.raises(InputError, match="expected weight, scaled or drift"):
        charts.matrix(moved, "nddr.stage1", "norm")


def test_a_pooled_matrix_says_how_many_weights_a_cell_has(nddr_trace: FusionTrace) -> None:
    """96 channels a task: 288 a side, in cells of two."""
    assert "strongest of 2×2 weights" in words(views.nddr_matrix(nddr_trace, "nddr.stage4"))
    assert "strongest of" not in words(views.nddr_matrix(nddr_trace, "nddr.stage1"))


def test_the_tab_shows_absolute_drift_where_it_says_longest(moved: FusionTrace) -> None:
    views_of_tab: list[Callable[..., go.Figure]] = [chart.view for chart in tab.CHARTS]
    assert views_of_tab == [
        charts.nddr_block_norms, charts.nddr_drift, charts.nddr_effective_ranks, charts.nddr_shares,
    ]  # fmt: skip
    sentence = tab.CHARTS[1].sentence
    assert "look where it is longest" in sentence
    drawn = tab.CHARTS[1].view(moved)
    blocks = nddr_blocks(moved)
    longest = max(float(b.drift.max()) for b in blocks)
    assert drawn.layout.coloraxis.cmax == pytest.approx(longest)
