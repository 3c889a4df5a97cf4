"""Charts of the channel exchange: what they hold, how large they are, what they refuse."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vizlab import views
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.methods.cen.numbers import exchange_sites, exchange_summary
from vizlab.views.figures import stream_title


def layers(figure: object, coloraxis: str, stream: int | None = None) -> list[Any]:
    """The heat maps of that colour axis, of one stream or of all."""
    maps = [t for t in figure.data if t.type == "heatmap" and t.coloraxis == coloraxis]  # type: ignore[attr-defined]
    axis = "x" if not stream else f"x{stream + 1}"
    return [t for t in maps if stream is None or (t.xaxis or "x") == axis]


def heat_rows(figure: object, stream: int) -> list[np.ndarray]:
    """The rows of |gamma| of one stream, site by site, as the figure holds them."""
    return [row for t in layers(figure, "coloraxis", stream) for row in t.z]


def with_gammas(trace: FusionTrace, threshold: float, *gammas: np.ndarray) -> FusionTrace:
    """A trace of as many sites, with these |gamma| (streams, channels), exchanged at `threshold`."""
    first = next(iter(trace.sites.values()))
    sites = {}
    for index, gamma in enumerate(gammas):
        name, (streams, channels) = f"site{index}", gamma.shape
        eligible = np.arange(channels) * streams // channels == np.arange(streams)[:, None]
        below = np.abs(gamma) < threshold
        weights = {"gamma": gamma.astype(np.float32), "exchanged": below, "eligible": eligible}
        declared = replace(first.site, name=name, channels=channels)
        sites[name] = replace(first, site=declared, weights=weights)
    return replace(trace, sites=sites, model=replace(trace.model, settings={"threshold": threshold}))


def marked(figure: object, stream: int) -> list[list[int]]:
    """Row by row, the places of the grey marks over the map of one stream."""
    rows: dict[int, list[int]] = {}
    for t in layers(figure, "coloraxis2", stream):
        rows |= {t.y0 + i: np.flatnonzero(row).tolist() for i, row in enumerate(t.z)}
    return [rows.get(i, []) for i in range(max(rows, default=-1) + 1)]


def test_ledger_shows_every_channel_of_every_site(cen_trace: FusionTrace) -> None:
    figure = views.exchange_ledger(cen_trace)
    for stream in range(2):
        rows = heat_rows(figure, stream)
        assert len(rows) == 17
        for row, site in zip(rows, exchange_sites(cen_trace), strict=True):
            np.testing.assert_allclose(row, np.abs(site.weights["gamma"][stream]))
    assert figure.layout.yaxis.labelalias["0"] == "1, stage 1"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert "same for every picture" in figure.layout.title.text
    assert "pushed towards 0 in training" in " ".join(figure.layout.title.text.replace("<br>", " ").split())
    # A third of a phone's width is little: beside the stream's name only one word stands above the frame.
    assert {note.text for note in figure.layout.annotations} == {"<b>rgb</b>", "<b>depth</b>", "eligible"}


def test_sorted_ledger_names_the_channels_and_keeps_the_eligible_apart(cen_trace: FusionTrace) -> None:
    figure = views.exchange_ledger(cen_trace, order="sorted")
    site = exchange_sites(cen_trace)[0]
    first = layers(figure, "coloraxis")[0]
    np.testing.assert_allclose(first.z[0], np.abs(site.weights["gamma"][0])[first.customdata[0]])
    assert set(first.customdata[0][:16]) == set(np.flatnonzero(site.weights["eligible"][0]))
    assert (np.diff(first.z[0][:16]) >= 0).all()


@pytest.mark.parametrize("threshold", [0.0, 1e-4, 0.02, 1.0])
def test_ledger_colours_jump_at_the_threshold(threshold: float) -> None:
    scale = views.ledger_colorscale(threshold, 2.0)
    places = [place for place, _ in scale]
    assert places[0] == 0
    assert places[-1] == 1
    assert places == sorted(places)
    if threshold:
        assert sum(abs(float(place) - threshold / 2) < 1e-9 for place in places) == 2


def test_ledger_fits_the_budget(cen_trace: FusionTrace) -> None:
    """With a mark for every dead exchange, of which random scales make many."""
    assert len(views.exchange_ledger(cen_trace, order="sorted").to_json()) < 175_000


def test_dead_exchanges_are_marked_in_the_ledger(cen_trace: FusionTrace) -> None:
    """Both streams give the third channel away, and each gets what the other has no use for."""
    gamma = np.array([[0.001, 1, 0.015, 1], [1, 1, 0.0, 0.01]])
    trace = with_gammas(cen_trace, 0.02, gamma, np.ones((2, 4)))
    figure = views.exchange_ledger(trace)
    assert marked(figure, 0) == marked(figure, 1) == [[2], []]
    assert "Grey: exchanged for a channel whose own scale is below" in figure.layout.title.text.replace("<br>", " ")
    ordered = views.exchange_ledger(trace, order="sorted")
    for stream in range(2):
        first = layers(ordered, "coloraxis", stream)[0]
        assert marked(ordered, stream)[0] == [list(first.customdata[0]).index(2)]
    clear, dead = figure.layout.coloraxis2.colorscale
    assert clear[1] == "rgba(0,0,0,0)"
    used = {colour for _, colour in views.ledger_colorscale(0.02, 2.0)}
    assert dead[1] not in used


def test_where_nothing_is_dead_nothing_is_marked(cen_trace: FusionTrace) -> None:
    figure = views.exchange_ledger(with_gammas(cen_trace, 0.02, np.array([[0.001, 1.0], [1.0, 0.001]])))
    assert marked(figure, 0) == marked(figure, 1) == []
    assert "Grey" not in figure.layout.title.text


def test_bars_are_the_fractions_of_both_directions(cen_trace: FusionTrace) -> None:
    figure, summary = views.exchange_fractions(cen_trace), exchange_summary(cen_trace)
    bars = {t.name: t for t in figure.data if t.type == "bar"}
    assert list(bars) == ["depth → rgb", "rgb → depth"]
    for target, name in (("rgb", "depth → rgb"), ("depth", "rgb → depth")):
        np.testing.assert_allclose(bars[name].x, [r.fraction for r in summary.sites if r.target == target])
        assert bars[name].marker.color == views.stream_colour(target)
    assert summary.statement.split()[0] in figure.layout.title.text


def test_bars_stand_in_network_order_from_the_top(cen_trace: FusionTrace) -> None:
    """Three sites that exchange 1, 2 and 3 of 4 channels into rgb, and none, none and 1 into depth."""
    gammas = [np.ones((2, 4)) for _ in range(3)]
    for index, gamma in enumerate(gammas):
        gamma[0, : index + 1] = 0
    gammas[2][1, 0] = 0
    trace = with_gammas(cen_trace, 0.02, *gammas)
    figure = views.exchange_fractions(trace)
    into = {t.name: t for t in figure.data}
    axis = figure.layout.yaxis
    names = [axis.labelalias[str(int(place))] for place in into["depth → rgb"].y]
    assert dict(zip(names, into["depth → rgb"].x, strict=True)) == {f"{k}, stage 1": k / 4 for k in (1, 2, 3)}
    assert list(into["rgb → depth"].x) == [0, 0, 0.25]
    assert [row[4] for row in into["depth → rgb"].customdata] == [0, 0, 1]  # dead: both gave the first channel away
    assert list(into["depth → rgb, of eligible"].x) == [0.5, 1, 1]
    assert axis.range[0] > axis.range[1], "the first site must be on top"
    assert axis.title.text == "site, from input to output"


def test_threshold_curve_marks_the_current_one(cen_trace: FusionTrace) -> None:
    figure = views.threshold_curve(cen_trace)
    assert figure.layout.shapes[0].x0 == pytest.approx(0.02)
    assert len(figure.data) == 5
    assert figure.layout.xaxis.type == "log"


def test_threshold_curve_shows_what_is_dead(cen_trace: FusionTrace) -> None:
    gamma = np.array([[0.001, 1, 0.015, 1], [1, 1, 0.3, 0.01]])
    dead = next(t for t in views.threshold_curve(with_gammas(cen_trace, 0.02, gamma)).data if "dead" in t.name)
    expected = [(np.abs(gamma) < t).all(0).mean() for t in dead.x]
    np.testing.assert_allclose(dead.y, expected)
    assert set(expected) == {0, 0.25}


@pytest.mark.parametrize(
    "name", ["cen_trace", "multitask_trace", "multimodal_multitask_trace", "nddr_trace", "mti_trace"]
)
def test_profile_works_for_every_method(name: str, request: pytest.FixtureRequest) -> None:
    trace = request.getfixturevalue(name)
    figure = views.cross_share_profile(trace)
    targets = list(dict.fromkeys(t for s in trace.sites.values() for t in s.site.targets))
    assert len({line.line.color for line in figure.data}) == len(targets)
    lines = {line.name: line for line in figure.data}
    for target in targets:
        title, rows = f"to {stream_title(trace, target)}", [s.site.targets.index(target) for s in trace.sites.values()]
        shares = [s.cross_share[row] for s, row in zip(trace.sites.values(), rows, strict=True)]
        line = lines.pop(title)
        np.testing.assert_allclose(line.x, shares)
        written = [figure.layout.yaxis.labelalias[str(int(place))] for place in line.y]
        assert written == [words.label for words in trace_words(trace).values()]
        assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]  # the first site on top
        after = [
            None if s.share_after is None else s.share_after[r] for s, r in zip(trace.sites.values(), rows, strict=True)
        ]
        if None not in after:
            np.testing.assert_allclose(lines.pop(f"{title}, after the activation").x, after)
    assert not lines
    assert "A share is not an effect" in figure.layout.title.text
    gaps = any(not s.site.additive for s in trace.sites.values())
    assert ("Gaps" in figure.layout.title.text) == gaps


@pytest.mark.parametrize("view", [views.exchange_ledger, views.exchange_fractions, views.threshold_curve])
def test_other_families_get_a_sentence(view: object, mti_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="exchanges no channels"):
        view(mti_trace)  # type: ignore[operator]


def test_gaps_say_why(cen_trace: FusionTrace) -> None:
    """What does not add, what does not vary and what was not recorded are three things."""
    names = list(cen_trace.sites)
    still = np.full((2, 2), np.nan, np.float32)
    sites = dict(cen_trace.sites)
    sites[names[0]] = replace(sites[names[0]], site=replace(sites[names[0]].site, additive=False))
    sites[names[1]] = replace(sites[names[1]], share=still)
    sites[names[2]] = replace(sites[names[2]], share=None, share_after=None)
    text = views.cross_share_profile(replace(cen_trace, sites=sites)).layout.title.text
    text = " ".join(
        text.replace("<br>", " ").replace("<span style='font-size:12px'>", "").replace("</span>", "").split()
    )
    assert "Gaps: site 1 – not additive" in text
    assert "Gaps: site 2 – no variation" in text
    assert "Gaps: site 3 – not in this trace" in text


def test_one_sites_shares_need_a_sum(mti_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="not as a sum"):
        views.share_matrix(mti_trace, "fpm_scale_1")
    name = next(iter(cen_trace.sites))
    lacking = replace(cen_trace, sites={name: replace(cen_trace.sites[name], share=None)})
    with pytest.raises(TraceError, match="holds no share"):
        views.share_matrix(lacking, name)
    assert "A share is not an effect" in views.share_matrix(cen_trace, name).layout.title.text
