"""Charts of NDDR layers and of task affinities: what they hold, how large they are, what they refuse."""

import json
import re
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.measures.pixel_affinity import trace_affinity
from vizlab.measures.reference import Reference
from vizlab.methods.nddr_cnn.numbers import nddr_blocks
from vizlab.rgbd import RGBDImage


def test_matrix_is_centred_and_marks_the_blocks(nddr_trace: FusionTrace) -> None:
    figure = views.nddr_matrix(nddr_trace, "nddr.stage2")
    (heat,) = figure.data
    assert heat.z.shape == (72, 72)
    assert heat.zmin == -heat.zmax
    assert list(figure.layout.xaxis.ticktext) == ["semseg", "depth", "normals"]
    assert [s.x0 for s in figure.layout.shapes if s.x0 == s.x1] == [24, 48]
    assert "same for every picture" in figure.layout.title.text


@pytest.mark.parametrize("show", ["weight", "scaled", "drift"])
def test_the_widest_matrix_fits_the_budget(nddr_trace: FusionTrace, show: str) -> None:
    assert len(views.nddr_matrix(nddr_trace, "nddr.stage5", show).to_json()) < 150_000  # type: ignore[arg-type]


def test_norms_and_drift_show_every_stage(nddr_trace: FusionTrace) -> None:
    blocks = nddr_blocks(nddr_trace)
    norms, drift = views.nddr_block_norms(nddr_trace), views.nddr_drift(nddr_trace)
    relative = views.nddr_drift(nddr_trace, relative=True)
    for index, block in enumerate(blocks):
        np.testing.assert_allclose(norms.data[index].z, block.norm / np.sqrt(block.channels), rtol=1e-5)
        np.testing.assert_allclose(drift.data[index].z, block.drift)
        np.testing.assert_allclose(relative.data[index].z, block.relative_drift)
    assert "assumed" in drift.layout.title.text


def test_share_matrix_works_for_any_additive_site(cen_trace: FusionTrace, mti_trace: FusionTrace) -> None:
    name = "distillation_scale_1"
    figure = views.share_matrix(mti_trace, name)
    site = mti_trace.sites[name]
    np.testing.assert_allclose(figure.data[0].z, site.share)
    assert (tuple(figure.data[0].y), tuple(figure.data[0].x)) == (site.site.targets, site.site.sources)
    assert figure.layout.yaxis.autorange == "reversed"  # the first target on top
    first = next(iter(cen_trace.sites))
    assert list(views.share_matrix(cen_trace, first).data[0].x) == ["rgb", "depth"]
    with pytest.raises(TraceError, match="no share is defined"):
        views.share_matrix(mti_trace, "fpm_scale_1")
    with pytest.raises(TraceError, match="There is no site"):
        views.share_matrix(mti_trace, "scale_9")


def test_affinity_shares_run_from_fine_to_coarse(mti_trace: FusionTrace) -> None:
    figure = views.affinity_shares(mti_trace)
    assert [a.text for a in figure.layout.annotations] == ["scale 0", "scale 1", "scale 2", "scale 3"]
    np.testing.assert_allclose(figure.data[0].z, mti_trace.sites["distillation_scale_0"].share)
    for matrix, axis in zip(figure.data, (figure.layout[f"yaxis{n}"] for n in ("", 2, 3, 4)), strict=True):
        assert (tuple(matrix.y), tuple(matrix.x)) == (("semseg", "depth", "normals"),) * 2
        assert axis.autorange == "reversed"


def test_gates_are_one_panel_per_message(mti_trace: FusionTrace) -> None:
    panels = views.gate_panels(mti_trace)
    assert len(panels) == 4 * 3 * 2
    assert len({p.key for p in panels}) == len(panels)
    assert len({p.legend for p in panels}) == 1
    assert panels[0].key == "gate/distillation_scale_0/semseg/depth"
    assert [p.key.partition("/")[2] for p in views.message_panels(mti_trace)] == [p.key[5:] for p in panels]


def words(figure: go.Figure) -> str:
    """Title and notes on one line."""
    return " ".join(re.sub("<[^>]*>", " ", figure.layout.title.text).split())


@pytest.mark.parametrize("statistic", ["kappa", "raw", "conditional"])
def test_pixel_affinity_states_its_parameters(mti_trace: FusionTrace, small_rgbd: RGBDImage, statistic: str) -> None:
    reference = Reference(label=np.zeros(small_rgbd.size, np.uint8)).completed(small_rgbd)
    figure = views.pixel_affinity(mti_trace, reference, statistic=statistic)  # type: ignore[arg-type]
    assert [a.text for a in figure.layout.annotations] == ["semseg – depth", "semseg – normals", "depth – normals"]
    for part in ("3×3 kernel", "same class", "depth within 5 %", "normals within 15°"):
        assert part in words(figure)
    shown = [t.name for t in figure.data if t.showlegend]
    assert sorted(shown) == sorted(["reference", "final", *(f"initial, scale {k}" for k in range(4))])


def test_pixel_affinity_states_its_pixels(mti_trace: FusionTrace) -> None:
    """The input's, at the working size; and from where on the network has pixels of its own."""
    figure = views.pixel_affinity(mti_trace)
    assert {axis.title.text for axis in figure.select_xaxes()} == {"dilation, input pixels"}
    assert "Pixels are those of the network's input: it saw this picture at 128×96." in words(figure)
    assert "final maps have a cell every 4 pixels: what is nearer is only enlarged" in words(figure)
    assert {line.x[0] for line in figure.data if line.legendgroup == "final"} == {4}
    fine = replace(mti_trace, grids=dict.fromkeys(mti_trace.predictions, mti_trace.framing.padded), initial={})
    assert "enlarged" not in words(views.pixel_affinity(fine))


def test_pixel_affinity_of_an_older_trace_says_what_it_does_not_know(mti_trace: FusionTrace) -> None:
    figure = views.pixel_affinity(replace(mti_trace, grids={}))
    assert "does not say on which grid the network predicted: final predictions are shown from 8 pixels" in words(
        figure
    )
    assert {line.x[0] for line in figure.data if line.legendgroup == "final"} == {8}


def test_pixel_affinity_leaves_a_derived_pair_out_and_says_so(mti_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    derived = Reference(label=np.zeros(small_rgbd.size, np.uint8)).completed(small_rgbd)
    figure = views.pixel_affinity(mti_trace, derived)
    said = "The reference's normals are derived from its depth: it has no line for that pair"
    assert said in words(figure)
    assert {line.xaxis for line in figure.data if line.legendgroup == "reference"} == {"x", "x2"}
    exact = Reference(depth=derived.depth, normals=derived.normals, notes={"normals": "exact, rendered"})
    figure = views.pixel_affinity(mti_trace, exact)
    assert said not in words(figure)
    assert {line.xaxis for line in figure.data if line.legendgroup == "reference"} == {"x3"}


def test_both_conditional_rates_are_drawn(mti_trace: FusionTrace) -> None:
    """Solid: the second task given the first; dotted the reverse."""
    lines = iter(views.pixel_affinity(mti_trace, statistic="conditional").data)
    for agreement in trace_affinity(mti_trace):
        for values, dash in ((agreement.given_first, "solid"), (agreement.given_second, "dot")):
            line = next(lines)
            assert (line.legendgroup, line.line.dash) == (agreement.origin, dash)
            np.testing.assert_allclose(line.y, values, rtol=1e-5)
            np.testing.assert_allclose(line.x, agreement.dilations)
            np.testing.assert_array_equal(line.customdata, agreement.pairs)


def test_pixel_affinity_draws_the_numbers_of_the_analysis(nddr_trace: FusionTrace) -> None:
    figure = views.pixel_affinity(nddr_trace)
    for line, agreement in zip(figure.data, trace_affinity(nddr_trace), strict=True):
        np.testing.assert_allclose(line.y, agreement.kappa, rtol=1e-5)


def test_wrong_families_get_a_sentence(cen_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="no NDDR layer"):
        views.nddr_drift(cen_trace)
    with pytest.raises(TraceError, match="no distillation unit"):
        views.affinity_shares(cen_trace)
    with pytest.raises(TraceError, match="multi-task"):
        views.pixel_affinity(cen_trace)


def test_figures_read_on_dark_and_light(nddr_trace: FusionTrace, mti_trace: FusionTrace) -> None:
    for figure in (views.nddr_drift(nddr_trace), views.pixel_affinity(mti_trace)):
        layout = json.loads(figure.to_json())["layout"]
        assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
        assert layout["font"]["size"] >= 12
        assert len(figure.to_json()) < 30_000
