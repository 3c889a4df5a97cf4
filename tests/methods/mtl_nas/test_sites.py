"""Earlier stages of the other network as sources of their own: on the map, in experiments, in what is said."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.methods.vgg_networks import vgg_model
from vizlab.core.changes import Do
from vizlab.core.model import Model
from vizlab.core.site import Intervention, fusion_modules, intervening
from vizlab.core.trace import FusionTrace
from vizlab.core.trace_file import load_trace
from vizlab.core.tracer import trace
from vizlab.experiments.interventions.edges import edges_of, idle_edges
from vizlab.experiments.modalities.streams import stream_forwards
from vizlab.methods.mtl_nas.about import METHOD
from vizlab.methods.mtl_nas.network import incoming
from vizlab.rgbd import RGBDImage
from vizlab.views.flow import flow


@pytest.fixture(scope="module")
def searched() -> Model:
    return vgg_model("mtl-nas-vgg16")


@pytest.fixture(scope="module")
def traced(searched: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(searched, small_rgbd)


def test_features_come_from_at_most_three_stages_of_one_block() -> None:
    """By blocks of 2, 2, 3, 3 and 3 convolutions."""
    expected = [[0], [0, 1], [2], [2, 3], [4], [4, 5], [4, 5, 6], [7], [7, 8], [7, 8, 9], [10], [10, 11], [10, 11, 12]]
    assert [incoming(stage) for stage in range(13)] == expected


def test_the_map_has_a_lane_for_each_task_and_a_band_for_each_stage(traced: FusionTrace) -> None:
    found = flow(traced)
    assert [stream["name"] for stream in found["streams"]] == ["semseg", "normals"]
    site = next(one for one in found["sites"] if one["name"] == "paths.conv4_3.semseg")
    assert [(e["source"], e["lane"]) for e in site["edges"]] == [
        ("normals at conv4_1", "normals"), ("normals at conv4_2", "normals"), ("normals", "normals"),
    ]  # fmt: skip
    assert sum(len(one["edges"]) for one in found["sites"]) == 48
    assert "the normals at conv4_1" in site["edges"][0]["sentence"]


def test_closed_connections_bring_and_weigh_nothing(searched: Model, traced: FusionTrace) -> None:
    modules = fusion_modules(searched.network)
    idle = idle_edges(searched)
    assert 0 < len(idle) < 48
    for one in flow(traced)["sites"]:
        for edge in one["edges"]:
            closed = not modules[one["name"]].sends(edge["target"], edge["source"])
            assert closed == (edge["share"] == 0), one["name"]
            assert closed == (edge["fixed"] == 0), one["name"]
    assert {(e.site, e.target, e.source) for e in idle} == {
        (name, t, s) for name, m in modules.items() for t, s in m.edges() if not m.sends(t, s)
    }
    assert len(edges_of(searched)) == 48


def test_what_an_edge_weighs_is_its_block_among_the_open_ones(traced: FusionTrace) -> None:
    site = traced.sites["paths.conv3_3.normals"]
    weight, scale, is_open = (site.weights[name][0] for name in ("weight", "scale", "open"))
    blocks = np.split(weight.astype(float) * scale[:, None], 4, axis=1)
    norms = [np.sqrt((block**2).sum()) * bool(one) for block, one in zip(blocks, is_open, strict=True)]
    for source in range(1, 4):
        titles = {name: name for name in site.site.sources}
        found = METHOD.edge_weight(site, 0, source, titles)
        assert found is not None
        assert found.value == pytest.approx(norms[source] / sum(norms))


def test_a_note_counts_what_is_closed(traced: FusionTrace) -> None:
    for site in traced.sites.values():
        closed = int((~site.weights["open"][0]).sum())
        note = METHOD.site_note(site, 0)
        assert (f"{closed} of {len(site.site.sources) - 1} connections closed" in note) == (closed > 0)
        assert all(site.site.sources[i] in note for i in np.flatnonzero(~site.weights["open"][0]))


def test_two_streams_play_though_there_are_many_sources(searched: Model, small_rgbd: RGBDImage) -> None:
    found = stream_forwards(searched, small_rgbd, replacements=["cut"])
    assert set(found.players) == {"semseg", "normals"}
    assert "normals" not in found.whole, "of pictures of normals there is no reference"
    nobody = found.outputs["cut"][frozenset()]["semseg"]
    with intervening(Intervention(cross=False)):
        apart = searched.forward(searched.preprocess(small_rgbd))["semseg"]
    torch.testing.assert_close(nobody, apart)
    assert not torch.allclose(nobody, found.whole["semseg"])


def test_a_saved_trace_knows_whose_stage_a_source_is(traced: FusionTrace, tmp_path: Path) -> None:
    traced.save(tmp_path / "trace.npz")
    again = load_trace(tmp_path / "trace.npz")
    assert [site.site for site in again.sites.values()] == [site.site for site in traced.sites.values()]
    assert flow(again) == flow(traced)


def test_one_stage_is_cut_by_its_name(searched: Model, traced: FusionTrace, small_rgbd: RGBDImage) -> None:
    name, module = next(
        (n, m) for n, m in fusion_modules(searched.network).items() if len(m.edges()) == 3 and m.sends(*m.edges()[0])
    )
    target, source = module.edges()[0]
    change = Do(name, target, source, "cut")
    cut = trace(searched, small_rgbd, intervention=[change])
    at = cut.sites[name].site.sources.index(source)
    assert cut.sites[name].share[0, at] == 0
    assert traced.sites[name].share[0, at] != 0
