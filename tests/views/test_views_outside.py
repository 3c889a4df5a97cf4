"""Maps of what came from other streams: where their cells lie, what each layer shows, what is said beside it."""

from dataclasses import replace

import numpy as np
import pytest

from vizlab import views
from vizlab.core.framing import Framing
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.rgbd import RGBDImage
from vizlab.views.outside import LAYERS, NOT_ADDITIVE, Layer
from vizlab.views.palettes import coloured
from vizlab.views.panels import placed

TRACES = ["cen_trace", "multitask_trace", "multimodal_multitask_trace", "nddr_trace", "mti_trace"]
SITE = "features.9.conv.1.1"
KINECT = Framing((480, 640), (240, 320), (256, 320))
"""Of eight rows of cells at stride 32 the last shows the picture in its upper half."""


def with_site(trace: FusionTrace, name: str = SITE, **values: object) -> FusionTrace:
    """The trace with other values at one site."""
    return replace(trace, sites={**trace.sites, name: replace(trace.sites[name], **values)})  # type: ignore[arg-type]


def test_cells_are_drawn_where_they_look() -> None:
    """64 rows of the picture a cell, but the last one, of which only 32 are in the picture."""
    values = np.arange(80, dtype=np.float32).reshape(8, 10)
    drawn = placed(values, KINECT, (8, 10), 640)
    assert drawn.shape == (480, 640)
    for row, column in np.ndindex(8, 10):
        part = drawn[64 * row : 64 * row + 64, 64 * column : 64 * column + 64]
        assert part.shape == (32 if row == 7 else 64, 64)
        assert (part == values[row, column]).all()


def test_cells_are_drawn_where_they_look_in_a_thumbnail() -> None:
    drawn = placed(np.arange(80).reshape(8, 10), KINECT, (8, 10), 160)
    assert np.bincount(drawn[:, 0]).tolist()[::10] == [16] * 7 + [8]


def test_what_lies_beyond_the_last_cell_is_drawn_as_that() -> None:
    """239 rows are 7.47 cells: the eighth shows less than half of itself, and does not count."""
    framing = Framing((239, 320), (239, 320), (256, 320))
    drawn = placed(np.arange(70).reshape(7, 10), framing, (8, 10), 320)
    assert np.bincount(drawn[:, 0]).tolist()[::10] == [32] * 6 + [47]


def test_an_older_trace_spreads_its_cells_evenly() -> None:
    drawn = placed(np.arange(80).reshape(8, 10), KINECT, None, 640)
    assert np.bincount(drawn[:, 0]).tolist()[::10] == [60] * 8


def test_smooth_cells_have_their_values_at_their_centres() -> None:
    values = np.array([[0, 1], [2, 4]], np.float32)
    framing = Framing((3, 4), (3, 4), (4, 4))  # cells of 2x2, the lower ones cut off after their first row
    drawn = placed(values, framing, (2, 2), 4, smooth=True)
    # Pixels lie 0.25 and 0.75 of the way between the centres, at 1 and 3; outside of them nothing changes.
    rows = np.array([[0, 0.25, 0.75, 1], [0.5, 0.8125, 1.4375, 1.75], [1.5, 1.9375, 2.8125, 3.25]])
    np.testing.assert_allclose(drawn, rows)


def test_maps_of_pictures_keep_their_channels() -> None:
    assert placed(np.zeros((8, 10, 3), np.uint8), KINECT, (8, 10), 160).shape == (120, 160, 3)


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("name", TRACES)
def test_strip_has_every_site_and_target_on_one_scale(name: str, layer: Layer, request: pytest.FixtureRequest) -> None:
    trace = request.getfixturevalue(name)
    panels = views.outside_strip(trace, layer=layer)
    expected = [f"{layer}/{n}/{t}" for n, s in trace.sites.items() for t in s.site.targets]
    assert [p.key for p in panels] == expected
    assert {p.image.shape for p in panels} == {(120, 160, 3)}
    assert len({p.legend for p in panels if p.legend is not None}) == 1
    rows = max(len(s.site.targets) for s in trace.sites.values())
    assert sum(p.image.nbytes for p in panels) < 1.25e6 * rows
    plain = [p for p in panels if p.legend is None]
    assert all("no share is defined" in p.caption for p in plain)


def test_each_layer_draws_its_own_map_of_its_own_target(cen_trace: FusionTrace) -> None:
    site = cen_trace.sites[SITE]
    assert site.outside is not None
    assert site.received is not None
    for index, (target, other) in enumerate((("rgb", 1), ("depth", 0))):
        maps = {"outside": site.outside[index], "received": site.received[index, other].astype(np.float32)}
        for layer, values in maps.items():
            (panel,) = [p for p in views.outside_strip(cen_trace, target, layer) if f"/{SITE}/" in p.key]  # type: ignore[arg-type]
            high = views.outside_scale(cen_trace, layer)  # type: ignore[arg-type]
            expected = coloured(placed(values, cen_trace.framing, site.grid, 160), 0, high, "magma")
            np.testing.assert_array_equal(panel.image, expected)
            assert isinstance(panel.legend, views.ColourBar)
            assert (panel.legend.high, panel.legend.label) == (high, LAYERS[layer].label)  # type: ignore[index]


def test_of_several_senders_the_squares_are_added(multitask_trace: FusionTrace) -> None:
    """The target's own part is no part of it."""
    site = multitask_trace.sites[SITE]
    received = np.zeros_like(site.received)
    received[0, 0], received[0, 1], received[0, 2] = 100, 3, 4
    shown = with_site(multitask_trace, received=received)
    shown = replace(shown, sites={SITE: shown.sites[SITE]})
    assert views.outside_scale(shown, "received") == 5
    assert (views.outside_strip(shown, "semseg", "received")[0].image == views.colormap("magma")[255]).all()


def test_the_scale_is_the_98th_percentile_over_maps_that_count_alike(cen_trace: FusionTrace) -> None:
    small, large = (cen_trace.sites[n] for n in (SITE, "features.1.conv.0.1"))
    sites = {
        "a": replace(small, outside=np.zeros((2, 2, 2), np.float32)),
        "b": replace(large, outside=np.linspace(0, 1, 20000, dtype=np.float32).reshape(2, 100, 100)),
    }
    # Half of all values are 0; the upper 2 % of all are the upper 4 % of the second site's.
    assert views.outside_scale(replace(cen_trace, sites=sites)) == pytest.approx(0.96, abs=0.011)
    assert views.outside_scale(replace(cen_trace, sites={"a": sites["a"]})) == 0.01


def test_map_over_the_photo_or_over_depth(nddr_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    for rgbd in (small_rgbd, RGBDImage(None, small_rgbd.depth)):
        panel = views.outside_over_photo(nddr_trace, rgbd, "nddr.stage1", "depth")
        assert panel.image.shape == (90, 120, 3)
        assert panel.legend == views.outside_strip(nddr_trace)[0].legend
        assert "cells" in panel.caption
    with pytest.raises(TraceError, match="no target 'rgb'"):
        views.outside_over_photo(nddr_trace, small_rgbd, "nddr.stage1", "rgb")


def test_the_photo_shows_through_where_the_map_is_dark(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    outside = np.zeros_like(cen_trace.sites[SITE].outside)
    outside[0, :, 4:] = 1
    shown = with_site(cen_trace, outside=outside)
    both = [views.outside_over_photo(shown, small_rgbd, SITE, target).image for target in ("rgb", "depth")]
    edge = int(3.5 * shown.framing.cell(shown.sites[SITE].grid)[1])  # type: ignore[arg-type]
    same = (both[0] == both[1]).all((0, 2))
    assert same[:edge].all()  # up to the centre of the last dark column
    assert not same[edge + 2 :].any()


def test_captions_say_share_and_where_it_is_taken(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    shares = np.array([[0.75, 0.25], [0.0625, 0.9375]], np.float32)
    after, means = np.array([0.5, 0.125], np.float32), np.array([0.951, 0.26], np.float32)
    shown = with_site(cen_trace, share=shares, share_after=after, outside_mean=means)
    caption = views.outside_over_photo(shown, small_rgbd, SITE, "rgb").caption
    assert "25.0 % of the variance came from other streams before the activation, 50.0 % after it." in caption
    assert "Not in this map: 95.1 % of the energy" in caption
    assert caption.endswith(f"; computed in {shown.environment['precision']}.")
    caption = views.outside_over_photo(shown, small_rgbd, SITE, "depth").caption
    assert "6.2 % of the variance came from other streams before the activation, 12.5 % after it." in caption
    assert "Not in this map: 26.0 % of the energy" in caption
    caption = views.outside_over_photo(with_site(shown, share_after=None), small_rgbd, SITE, "rgb").caption
    assert "25.0 % of the variance came from other streams, before any activation that follows." in caption
    received = views.outside_over_photo(shown, small_rgbd, SITE, "rgb", "received").caption
    assert "mean included" in received
    assert "variance" not in received
    assert "Not in this map" not in received


def test_nothing_that_came_is_told_from_nothing_that_varies(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    site = cen_trace.sites[SITE]
    even = with_site(cen_trace, outside=np.zeros_like(site.outside))
    assert "Nothing came" not in views.outside_over_photo(even, small_rgbd, SITE, "rgb").caption
    nothing = with_site(even, energy=np.array([[1, 0], [2, 1]], np.float32))
    for layer in LAYERS:
        assert "Nothing came" in views.outside_over_photo(nothing, small_rgbd, SITE, "rgb", layer).caption
        assert "Nothing came" not in views.outside_over_photo(nothing, small_rgbd, SITE, "depth", layer).caption


@pytest.mark.parametrize("layer", LAYERS)
def test_sites_that_do_not_add_say_so(mti_trace: FusionTrace, small_rgbd: RGBDImage, layer: Layer) -> None:
    panel = views.outside_over_photo(mti_trace, small_rgbd, "fpm_scale_1", "depth", layer)
    assert panel.caption == NOT_ADDITIVE


def test_a_site_without_maps_is_not_taken_for_one_that_does_not_add(
    cen_trace: FusionTrace, small_rgbd: RGBDImage
) -> None:
    """Traces from before have no second layer."""
    old = with_site(cen_trace, received=None)
    assert views.outside_over_photo(old, small_rgbd, SITE, "rgb").legend is not None
    panel = views.outside_over_photo(old, small_rgbd, SITE, "rgb", "received")
    assert panel.legend is None
    assert "trace the picture again" in panel.caption
    assert NOT_ADDITIVE not in panel.caption
