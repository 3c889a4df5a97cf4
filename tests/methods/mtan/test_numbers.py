"""Masks in numbers and charts: by brute force, and on masks of known figures."""

import re
from dataclasses import replace

import numpy as np
import pytest

from tests.methods.mtan.networks import STAGES, TASKS
from vizlab import views
from vizlab.core.site import Site
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.mtan.numbers import LayerMasks, correlations, layer_masks, pairs, statement
from vizlab.views import ColourBar, Panel
from vizlab.views.flow import flow
from vizlab.views.outside import NOBODY_SENDS, THUMBNAIL
from vizlab.views.palettes import coloured
from vizlab.views.panels import placed


def site(stage: str, overlap: float, channels: np.ndarray) -> SiteTrace:
    """Masks of two tasks on four channels and 2 x 3 pixels, with that correlation between them."""
    maps = np.stack([np.linspace(0.22, 0.78, 6), np.linspace(0.78, 0.22, 6)]).reshape(2, 2, 3).astype(np.float32)
    extras = {
        "mask": maps,
        "channels": channels.astype(np.float32),
        "overlap": np.array([[1, overlap], [overlap, 1]], np.float32),
    }
    named = Site(f"attention_{stage}", "selection", ("semseg", "depth"), (), 4, stage, additive=False)
    return SiteTrace(named, None, None, None, None, {}, grid=(2, 3), extras=extras)


@pytest.fixture
def known(mask_trace: FusionTrace) -> FusionTrace:
    first = site("layer1", 0.75, np.array([[0.1, 0.5, 0.6, 0.92], [0.2, 0.5, 0.55, 0.7]]))
    second = site("layer2", -0.25, np.array([[0.1, 0.2, 0.3, 0.4], [0.9, 0.8, 0.7, 0.6]]))
    return replace(mask_trace, sites={one.site.name: one for one in (first, second)})


def test_layers_are_those_of_the_trace(mask_trace: FusionTrace) -> None:
    layers = layer_masks(mask_trace)
    assert [layer.stage for layer in layers] == list(STAGES)
    for layer in layers:
        assert layer.tasks == TASKS
        kept = mask_trace.sites[layer.site].extras
        for task in range(3):
            assert layer.kept[task] == sum(value >= 0.5 for value in kept["channels"][task].tolist())
            assert layer.means[task] == pytest.approx(kept["mask"][task].mean(dtype=float), rel=1e-4)
        np.testing.assert_array_equal(layer.alike(), kept["overlap"])
        for over, rows in (("channels", kept["channels"]), ("pixels", kept["mask"].reshape(3, -1))):
            np.testing.assert_allclose(layer.alike(over), np.corrcoef(rows.astype(float)), atol=1e-5)  # type: ignore[arg-type]


def test_a_half_open_channel_is_kept(known: FusionTrace) -> None:
    assert [layer.kept.tolist() for layer in layer_masks(known)] == [[3, 3], [0, 4]]


def test_opposed_maps_have_correlation_minus_one(known: FusionTrace) -> None:
    layer = layer_masks(known)[0]
    np.testing.assert_allclose(layer.alike("pixels"), [[1, -1], [-1, 1]], atol=1e-6)
    assert np.isnan(correlations(np.array([[0.5, 0.5, 0.5], [0.1, 0.2, 0.3]]))[0]).all()


def test_the_sentence_names_the_most_and_the_least_alike(known: FusionTrace) -> None:
    assert [(p.stage, p.value) for p in pairs(layer_masks(known))] == [("layer1", 0.75), ("layer2", -0.25)]
    said = statement(known)
    assert "Most alike are the masks of semseg and depth at layer1 (correlation 0.75)" in said.replace(
        "layer 1", "layer1"
    )
    assert "least alike those of semseg and depth at layer2 (correlation −0.25)." in said.replace("layer 2", "layer2")
    one = replace(known, sites={"attention_layer1": known.sites["attention_layer1"]})
    assert statement(one).startswith("The masks of semseg and depth")
    alone = replace(site("layer1", np.nan, np.ones((2, 4))))
    assert "no two masks" in statement(replace(known, sites={"a": alone}))


def test_maps_are_drawn_cell_by_cell_on_one_range(known: FusionTrace) -> None:
    grid = views.mask_panels(known)
    assert [task for task, _ in grid.rows] == ["semseg", "depth"]
    assert len(grid.columns) == 2
    bar = ColourBar(0.2, 0.8, "", "viridis", "mask, mean over channels")
    for t, (task, cells) in enumerate(grid.rows):
        for layer, cell in zip(layer_masks(known), cells, strict=True):
            assert isinstance(cell, Panel)
            assert cell.key == f"mask/{layer.site}/{task}"
            drawn = placed(layer.maps[t], known.framing, (2, 3), THUMBNAIL)
            np.testing.assert_array_equal(cell.image, coloured(drawn, bar.low, bar.high, bar.colormap))
    assert grid.rows[0][1][0].caption == "Mean 0.53; keeps 3 of 4 channels."  # type: ignore[union-attr]


def test_the_chart_of_overlaps_shows_what_it_says(known: FusionTrace) -> None:
    figure = views.mask_overlaps(known)
    assert [np.asarray(one.z).round(4).tolist() for one in figure.data] == [
        [[1, 0.75], [0.75, 1]], [[1, -0.25], [-0.25, 1]],
    ]  # fmt: skip
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)
    said = re.sub(r"<[^>]*>", " ", figure.layout.title.text)
    assert "over all channels and pixels" in " ".join(said.split())
    assert "send each other nothing" in " ".join(said.split())
    over = views.mask_overlaps(known, "pixels")
    np.testing.assert_allclose(np.asarray(over.data[0].z), [[1, -1], [-1, 1]], atol=1e-6)


def test_histograms_count_channels(known: FusionTrace) -> None:
    figure = views.mask_channels(known)
    assert [line.name for line in figure.data] == ["semseg", "depth task", "semseg", "depth task"]
    for line, layer, task in zip(figure.data, (0, 0, 1, 1), (0, 1, 0, 1), strict=True):
        channels = layer_masks(known)[layer].channels[task]
        assert len(line.x) == 21
        for low, share in zip(line.x[:-1], line.y, strict=False):
            inside = sum(low - 1e-6 <= value < low + 0.05 - 1e-6 for value in channels.tolist())
            assert share == pytest.approx(inside / 4)


def test_other_networks_are_refused(cen_trace: FusionTrace, known: FusionTrace) -> None:
    with pytest.raises(TraceError, match="has no masks; this view needs a trace of an MTAN"):
        views.mask_overlaps(cen_trace)
    (first, *_) = known.sites.values()
    with pytest.raises(TraceError, match="holds no masks; trace the picture again"):
        views.mask_channels(replace(known, sites={"a": replace(first, extras={})}))


def test_no_share_is_drawn_and_it_says_why(mask_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="is sent nothing by other streams: no share is defined"):
        views.share_matrix(mask_trace, "attention_1")
    profile = views.cross_share_profile(mask_trace)
    said = re.sub(r"<[^>]*>", " ", profile.layout.title.text)
    assert "nothing comes from another stream" in " ".join(said.split())
    assert isinstance(layer_masks(mask_trace)[0], LayerMasks)


def test_the_map_joins_no_lanes(mask_trace: FusionTrace) -> None:
    found = flow(mask_trace)
    assert [stream["name"] for stream in found["streams"]] == list(TASKS)
    assert {(site["apart"], len(site["edges"])) for site in found["sites"]} == {(True, 0)}
    assert {site["sentences"]["depth"] for site in found["sites"]} == {NOBODY_SENDS}
    assert "no cross-stream share is defined" in found["sites"][0]["sentences"][""]
