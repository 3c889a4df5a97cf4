"""Charts of the channel exchange: what they hold, how large they are, what they refuse."""

import numpy as np
import pytest

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.methods.cen.numbers import exchange_sites, exchange_summary
from vizlab.views.figures import stream_title


def heat_rows(figure: object, stream: int) -> list[np.ndarray]:
    """The rows of |gamma| of one stream, site by site, as the figure holds them."""
    axis = "x" if stream == 0 else f"x{stream + 1}"
    maps = [t for t in figure.data if t.type == "heatmap" and (t.xaxis or "x") == axis]  # type: ignore[attr-defined]
    return [row for t in maps for row in t.z]


def test_ledger_shows_every_channel_of_every_site(cen_trace: FusionTrace) -> None:
    figure = views.exchange_ledger(cen_trace)
    for stream in range(2):
        rows = heat_rows(figure, stream)
        assert len(rows) == 17
        for row, site in zip(rows, exchange_sites(cen_trace), strict=True):
            np.testing.assert_allclose(row, np.abs(site.weights["gamma"][stream]))
    assert figure.layout.yaxis.labelalias["0"] == "features.1"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert "same for every picture" in figure.layout.title.text
    assert "pushed towards 0 in training" in " ".join(figure.layout.title.text.replace("<br>", " ").split())
    # A third of a phone's width is little: beside the stream's name only one word stands above the frame.
    assert {note.text for note in figure.layout.annotations} == {"<b>rgb</b>", "<b>depth</b>", "eligible"}


def test_sorted_ledger_names_the_channels_and_keeps_the_eligible_apart(cen_trace: FusionTrace) -> None:
    figure = views.exchange_ledger(cen_trace, order="sorted")
    site = exchange_sites(cen_trace)[0]
    first = next(t for t in figure.data if t.type == "heatmap")
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
    assert len(views.exchange_ledger(cen_trace, order="sorted").to_json()) < 150_000


def test_bars_are_the_fractions_of_both_directions(cen_trace: FusionTrace) -> None:
    figure, summary = views.exchange_fractions(cen_trace), exchange_summary(cen_trace)
    bars = {t.name: t for t in figure.data if t.type == "bar"}
    assert list(bars) == ["depth → rgb", "rgb → depth"]
    expected = [r.fraction for r in summary.sites if r.target == "rgb"]
    np.testing.assert_allclose(bars["depth → rgb"].x, expected)
    assert bars["depth → rgb"].marker.color == views.stream_colour("rgb")
    assert summary.statement.split()[0] in figure.layout.title.text


def test_threshold_curve_marks_the_current_one(cen_trace: FusionTrace) -> None:
    figure = views.threshold_curve(cen_trace)
    assert figure.layout.shapes[0].x0 == pytest.approx(0.02)
    assert len(figure.data) == 4
    assert figure.layout.xaxis.type == "log"


@pytest.mark.parametrize(
    "name", ["cen_trace", "multitask_trace", "multimodal_multitask_trace", "nddr_trace", "mti_trace"]
)
def test_profile_works_for_every_method(name: str, request: pytest.FixtureRequest) -> None:
    trace = request.getfixturevalue(name)
    figure = views.cross_share_profile(trace)
    targets = list(dict.fromkeys(t for s in trace.sites.values() for t in s.site.targets))
    assert len({line.line.color for line in figure.data}) == len(targets)
    for line, target in zip(figure.data, targets, strict=True):
        assert line.name == f"to {stream_title(trace, target)}"
        shares = [s.cross_share[s.site.targets.index(target)] for s in trace.sites.values()]
        np.testing.assert_allclose(line.x, shares)
    gaps = any(s.share is None for s in trace.sites.values())
    assert ("Gaps" in figure.layout.title.text) == gaps


@pytest.mark.parametrize("view", [views.exchange_ledger, views.exchange_fractions, views.threshold_curve])
def test_other_families_get_a_sentence(view: object, mti_trace: FusionTrace) -> None:
    with pytest.raises(TraceError, match="exchanges no channels"):
        view(mti_trace)  # type: ignore[operator]
