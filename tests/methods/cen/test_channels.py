"""Channels of a site by groups, in order, and how alike their gammas are: against closed forms and hand counts."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from tests.methods.cen.gammas import site, with_sites
from vizlab import views
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.cen.channels import (
    channel_groups,
    channels_of,
    exchange_site,
    gamma_likeness,
    likeness_words,
    most_exchanging,
)
from vizlab.methods.cen.groups import group_codes
from vizlab.views import ColourBar, Panel
from vizlab.views.palettes import coloured
from vizlab.views.panels import placed

GAMMA = np.array([[0.01, 1.0, 0.5, -0.002, 0.7, 0.3], [0.4, -0.003, 0.2, 0.01, 0.1, 0.6]])
"""rgb exchanges 0 and 3, depth 1 and 3: 3 is dead; 2, 4 and 5 are kept."""


def known() -> SiteTrace:
    """The site of these gammas with maps, strengths before and after, no two alike."""
    one = site(GAMMA)
    generator = np.random.default_rng(0)
    groups = len(np.unique(group_codes(one.weights["exchanged"])))
    features = generator.normal(0, 1, (2, groups, 6, 8)).astype(np.float16)
    had = np.where(one.weights["exchanged"], [[1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, 16]], np.nan).astype(np.float32)
    power = np.array([[8, 7, 6, 5, 4, 3], [18, 17, 26, 15, 14, 13]], np.float32)
    return replace(one, extras={"features": features, "had": had}, power=power, grid=(6, 8))


def test_groups_come_as_in_the_paper() -> None:
    """γ of rgb ≈ 0, γ of depth ≈ 0, both, and last what both keep; each with its own maps."""
    one = known()
    found = channel_groups(one)
    assert [(g.exchanged, g.channels.tolist()) for g in found] == [
        (("rgb",), [0]),
        (("depth",), [1]),
        (("rgb", "depth"), [3]),
        ((), [2, 4, 5]),
    ]
    for group, place in zip(found, (1, 2, 3, 0), strict=True):  # kept by rising code: none, rgb, depth, both
        np.testing.assert_array_equal(group.features, one.extras["features"][:, place])


def test_every_channel_is_in_one_group_whatever_the_streams() -> None:
    generator = np.random.default_rng(1)
    gamma = generator.choice([0.0, 0.5], (4, 64))
    found = channel_groups(site(gamma, streams=("a", "b", "c", "d")))
    assert sorted(c for group in found for c in group.channels) == list(range(64))
    for group in found:
        for channel in group.channels:
            assert [s for s, g in zip("abcd", gamma[:, channel], strict=True) if g == 0] == list(group.exchanged)
    sizes = [len(group.exchanged) for group in found]
    assert sizes[:-1] == sorted(sizes[:-1])
    assert sizes[-1] == 0
    assert all(group.features is None for group in found)


def test_what_a_channel_had_and_goes_on_with() -> None:
    rgb, depth = (channels_of(known(), name) for name in ("rgb", "depth"))
    assert rgb.had.tolist() == [1, 7, 6, 4, 4, 3]
    assert rgb.got.tolist() == [8, 7, 6, 5, 4, 3]
    assert depth.had.tolist() == [18, 12, 26, 14, 14, 13]
    assert rgb.exchanged.tolist() == [True, False, False, True, False, False]
    assert depth.dead.tolist() == [False, False, False, True, False, False]
    assert rgb.eligible.tolist() == [True, True, True, False, False, False]
    np.testing.assert_allclose(depth.gamma, np.abs(GAMMA), rtol=1e-6)
    with pytest.raises(TraceError, match="has no target 'normals'; it has rgb, depth"):
        channels_of(known(), "normals")


def test_orders() -> None:
    """By hand: |γ| of rgb .01 1 .5 .002 .7 .3; of depth .4 .003 .2 .01 .1 .6."""
    rgb, depth = (channels_of(known(), name) for name in ("rgb", "depth"))
    assert rgb.ordered().tolist() == [3, 0, 5, 2, 4, 1]
    assert depth.ordered("gamma").tolist() == [1, 3, 4, 2, 0, 5]
    assert depth.ordered("got").tolist() == [2, 0, 1, 3, 4, 5]
    assert rgb.ordered("change").tolist() == [0, 3, 1, 2, 4, 5]  # 8, 1.25, then what stayed
    assert rgb.ordered("index").tolist() == list(range(6))


def test_an_older_trace_knows_gammas_alone() -> None:
    found = channels_of(site(GAMMA), "rgb")
    assert np.isnan(found.had).all()
    assert np.isnan(found.got).all()
    assert found.ordered("got").tolist() == list(range(6))


def test_likeness_against_closed_forms() -> None:
    rising = np.arange(1, 7) / 10
    (same,) = gamma_likeness(site(np.stack([rising, -2 * rising])))
    assert (same.first, same.second) == ("rgb", "depth")
    assert (same.pearson, same.spearman) == pytest.approx((1, 1))
    (bent,) = gamma_likeness(site(np.stack([rising, rising**5])))
    assert bent.spearman == pytest.approx(1)
    assert bent.pearson == pytest.approx(np.corrcoef(rising, rising**5)[0, 1], abs=1e-5)
    assert bent.pearson < 0.95
    (flat,) = gamma_likeness(site(np.stack([rising, np.ones(6)])))
    assert math.isnan(flat.pearson)
    assert math.isnan(flat.spearman)


def test_equal_gammas_share_their_rank() -> None:
    """Ranks 1.5 1.5 3 4 against 1 2 3.5 3.5: by hand 4 / sqrt(4.5 * 4.5)."""
    (found,) = gamma_likeness(site(np.array([[0.1, 0.1, 0.2, 0.3], [0.1, 0.2, 0.4, 0.4]])))
    assert found.spearman == pytest.approx(4 / 4.5)


def test_likeness_is_of_each_two_streams_and_said() -> None:
    gamma = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.1, 0.2, 0.3]])
    found = gamma_likeness(site(gamma, streams=("a", "b", "c")))
    assert [(f.first, f.second, round(f.pearson, 6)) for f in found] == [("a", "b", -1), ("a", "c", 1), ("b", "c", -1)]
    text = likeness_words(found)
    assert "|γ| of a and b: correlation −1.00, of their ranks −1.00." in text
    assert "|γ| of a and c: correlation 1.00" in text


def test_the_site_shown_first_exchanges_most_that_is_alive(cen_trace: FusionTrace) -> None:
    dead = site(np.full((2, 4), 0.001), name="dead")  # all exchanged, all dead
    some = site(np.array([[0.001, 1, 1, 1], [1, 1, 1, 1]]), name="some")
    more = site(np.array([[0.001, 1, 1, 1], [1, 1, 1, 0.002]]), name="more")
    assert most_exchanging(with_sites(cen_trace, dead, some, more, some)) == "more"
    assert most_exchanging(with_sites(cen_trace, dead, replace(dead, site=replace(dead.site, name="b")))) == "dead"


def test_pictures_of_groups(cen_trace: FusionTrace) -> None:
    """Streams down, groups across; every map less its own mean on one range about 0; what it says is of its map."""
    one = known()
    trace = with_sites(cen_trace, one)
    grid = views.exchange_groups(trace, "a")
    near_zero = ("γ of rgb ≈ 0: 1 of 6", "γ of depth ≈ 0: 1 of 6", "γ of both ≈ 0: 1 of 6")
    assert grid.columns == (*near_zero, "kept by both: 3 of 6")
    assert [task for task, _ in grid.rows] == ["rgb", "depth"]
    everywhere = []
    for row, (stream, cells) in enumerate(grid.rows):
        for cell, place, name in zip(cells, (1, 2, 3, 0), ("rgb", "depth", "rgb+depth", "kept"), strict=True):
            assert isinstance(cell, Panel)
            assert isinstance(cell.legend, ColourBar)
            values = one.extras["features"][row, place].astype(np.float32)
            centred = values - values.mean()
            everywhere.append(np.abs(centred).ravel())
            low, high = cell.legend.low, cell.legend.high
            assert low == -high
            drawn = coloured(placed(centred, trace.framing, (6, 8), 240), low, high, "diverging")
            assert np.mean(np.abs(cell.image.astype(int) - drawn)) < 0.1
            assert cell.key == f"features/a/{stream}/{name}"
            mean, deviation = (float(n.replace("−", "-")) for n in re.findall(r"[−\d.]*\d", cell.caption))
            assert (mean, deviation) == pytest.approx((values.mean(), values.std()), rel=0.01, abs=1e-3)
    assert high == pytest.approx(np.percentile(np.concatenate(everywhere), 99), rel=0.1)


def test_a_flat_map_looks_flat(cen_trace: FusionTrace) -> None:
    one = known()
    features = one.extras["features"].copy()
    features[0, 1] = -3  # far from 0, the same everywhere
    grid = views.exchange_groups(with_sites(cen_trace, replace(one, extras={**one.extras, "features": features})), "a")
    flat = grid.rows[0][1][0]
    assert isinstance(flat, Panel)
    assert np.ptp(flat.image, axis=(0, 1)).max() == 0
    assert flat.image[0, 0].min() > 240  # the middle of the range, white
    assert flat.caption == "Mean −3.00, deviation 0."


def test_what_cannot_be_drawn_says_why(cen_trace: FusionTrace, nddr_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="holds no feature maps; trace the picture again"):
        views.exchange_groups(with_sites(cen_trace, site(GAMMA)), "a")
    with pytest.raises(TraceError, match="no exchange site 'b'; this network has a"):
        exchange_site(with_sites(cen_trace, site(GAMMA)), "b")
    with pytest.raises(TraceError, match="exchanges no channels"):
        views.gamma_curves(nddr_trace, "a")


def test_curves_are_sorted_gammas(cen_trace: FusionTrace) -> None:
    figure = views.gamma_curves(with_sites(cen_trace, site(GAMMA)), "a")
    rgb, depth = figure.data
    assert (rgb.name, depth.name) == ("rgb", "depth")
    np.testing.assert_allclose(rgb.y, [0.002, 0.01, 0.3, 0.5, 0.7, 1], rtol=1e-6)
    np.testing.assert_allclose(depth.customdata, [0.003, 0.01, 0.1, 0.2, 0.4, 0.6], rtol=1e-6)
    np.testing.assert_allclose(rgb.x, np.arange(1, 7) / 6, rtol=1e-6)
    assert figure.layout.yaxis.type == "log"
    (line,) = figure.layout.shapes
    assert line.y0 == line.y1 == 0.02
    text = " ".join(re.sub("<[^>]*>", " ", figure.layout.title.text).split())
    assert likeness_words(gamma_likeness(site(GAMMA))) in text
    assert "Dashed: the threshold, 0.02." in text


def test_gammas_of_zero_have_a_place_on_the_log_axis(cen_trace: FusionTrace) -> None:
    gamma = GAMMA.copy()
    gamma[0, 0] = 0
    figure = views.gamma_curves(with_sites(cen_trace, site(gamma)), "a")
    assert figure.data[0].y[0] == pytest.approx(0.0002)
    assert figure.data[0].customdata[0] == 0
    assert "under 0.0002 is drawn there" in " ".join(re.sub("<[^>]*>", " ", figure.layout.title.text).split())
    without = views.gamma_curves(with_sites(cen_trace, site(gamma, 0.0), threshold=0.0), "a")
    assert not without.layout.shapes
    assert "Dashed" not in without.layout.title.text
