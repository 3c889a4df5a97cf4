"""Spectra and strongest pairs of task blocks: each of its own block, target from source, against loops."""

import math
import re

import numpy as np
import pytest

from tests.methods.nddr_cnn.layers import TASKS, block, layer_site, noisy, with_layers
from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError, TraceError
from vizlab.methods.nddr_cnn import charts, tab
from vizlab.methods.nddr_cnn.spectra import block_spectra, effective_ranks, strongest_pairs
from vizlab.methods.nddr_cnn.stage_panel import TOO_WIDE, pairs_html, ranks_html


def low_rank(weight: np.ndarray) -> None:
    """Depth takes from normals along k + 1 equal directions, with k the target; else blocks stay as they began."""
    for target in range(3):
        part = block(weight, target, 2)
        if target != 2:
            part[...] = np.diag([0.5] * (target + 1) + [0] * (len(part) - target - 1))


def test_a_fresh_layer_passes_all_directions_on() -> None:
    for one in block_spectra(layer_site()):
        np.testing.assert_allclose(one.singular, 0.9 if one.source == one.target else 0.1, rtol=1e-6)
        assert one.effective_rank == pytest.approx(7)


def test_every_block_has_its_own_spectrum() -> None:
    site = layer_site(5, noisy)
    found = block_spectra(site)
    assert [(s.target, s.source) for s in found] == [(t, s) for t in TASKS for s in TASKS]
    for one in found:
        part = block(site.weights["weight"], TASKS.index(one.target), TASKS.index(one.source)).astype(float)
        np.testing.assert_allclose(np.sort(one.singular**2), np.linalg.eigvalsh(part @ part.T), atol=1e-9)
        assert list(one.singular) == sorted(one.singular, reverse=True)


def test_ranks_stand_at_target_and_source() -> None:
    ranks = effective_ranks(layer_site(6, low_rank))
    expected = np.full((3, 3), 6.0)
    expected[0, 2], expected[1, 2] = 1, 2
    np.testing.assert_allclose(ranks, expected, rtol=1e-5)


def test_what_did_not_move_has_no_rank_of_drift() -> None:
    ranks = effective_ranks(layer_site(6, low_rank), "drift")
    assert math.isnan(ranks[0, 0])
    assert ranks[0, 2] == pytest.approx(math.exp(_entropy([0.4, 0.1, 0.1, 0.1, 0.1, 0.1])), rel=1e-5)


def _entropy(values: list[float]) -> float:
    return -sum(v / sum(values) * math.log(v / sum(values)) for v in values)


def test_the_norms_scale_counts_where_it_is_asked_for() -> None:
    site = layer_site(5, noisy)
    part = block(site.weights["weight"], 1, 0) * site.weights["scale"][1][:, None]
    found = next(s for s in block_spectra(site, "scaled") if (s.target, s.source) == ("depth", "semseg"))
    assert np.square(found.singular).sum() == pytest.approx(np.square(part, dtype=float).sum())


def test_strongest_pairs_by_a_loop_over_all_weights() -> None:
    site = layer_site(5, noisy)
    others = ["semseg", "normals"]
    listed = [
        (abs(w), source, taker, giver, w)
        for source in others
        for (taker, giver), w in np.ndenumerate(block(site.weights["weight"], 1, TASKS.index(source)))
    ]
    expected = sorted(listed, key=lambda one: -one[0])[:7]
    found = strongest_pairs(site, "depth", others, 7)
    assert [(p.source, p.taker, p.giver) for p in found] == [(s, t, g) for _, s, t, g, _ in expected]
    assert [p.weight for p in found] == pytest.approx([w for *_, w in expected])
    assert {p.target for p in found} == {"depth"}


def test_a_negative_weight_is_strong_and_keeps_its_sign() -> None:
    def one(weight: np.ndarray) -> None:
        block(weight, 0, 2)[3, 1] = -0.8

    (found,) = strongest_pairs(layer_site(5, one), "semseg", ["depth", "normals"], 1)
    assert (found.taker, found.giver, found.source, found.weight) == (3, 1, "normals", pytest.approx(-0.8))
    with pytest.raises(TraceError, match="has no task 'edge'; it has semseg, depth, normals"):
        strongest_pairs(layer_site(), "edge", ["depth"], 1)


def test_the_figure_draws_each_spectrum_and_its_rank(nddr_trace: FusionTrace) -> None:
    site = layer_site(6, low_rank)
    figure = views.nddr_spectrum(with_layers(nddr_trace, site), "nddr.stage1")
    lines = [line for line in figure.data if line.mode == "lines"]
    marks = [mark for mark in figure.data if mark.mode == "markers"]
    spectra = block_spectra(site)
    assert [a.text for a in figure.layout.annotations] == ["into semseg", "into depth task", "into normals"]
    for line, mark, one in zip(lines, marks, spectra, strict=True):
        axis = "x" if one.target == "semseg" else f"x{TASKS.index(one.target) + 1}"
        assert line.xaxis == mark.xaxis == axis
        assert line.name == f"from {'depth task' if one.source == 'depth' else one.source}"
        np.testing.assert_allclose(line.y, np.where(one.singular > 0, one.singular, np.nan), rtol=1e-5)
        assert mark.x[0] == pytest.approx(one.effective_rank)
    assert figure.layout.yaxis.type == "log"
    assert "Roy & Vetterli 2007" in figure.layout.title.text


def test_long_spectra_are_drawn_through_some_values_with_both_ends(nddr_trace: FusionTrace) -> None:
    figure = views.nddr_spectrum(nddr_trace, "nddr.stage5")
    channels = nddr_trace.sites["nddr.stage5"].site.channels
    assert channels > charts.POINTS
    for line in (line for line in figure.data if line.mode == "lines"):
        assert len(line.x) <= charts.POINTS
        assert (line.x[0], line.x[-1]) == (1, channels)


def test_ranks_of_all_stages_are_shares_of_their_channels(nddr_trace: FusionTrace) -> None:
    first, second = layer_site(6, low_rank), layer_site(8, None, "stage2")
    figure = views.nddr_effective_ranks(with_layers(nddr_trace, first, second))
    np.testing.assert_allclose(figure.data[0].z, effective_ranks(first) / 6, rtol=1e-6)
    np.testing.assert_allclose(figure.data[1].z, 1, rtol=1e-5)
    assert "100 %" in figure.data[1].text[0][0]


def test_blocks_too_wide_are_left_out_and_named(nddr_trace: FusionTrace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "WIDEST", 7)
    figure = views.nddr_effective_ranks(with_layers(nddr_trace, layer_site(6), layer_site(8, None, "stage2")))
    assert np.isnan(figure.data[1].z).all()
    words = " ".join(re.sub("<[^>]*>", " ", figure.layout.title.text).split())
    assert "Left out, with more than 7 channels a task: stage2." in words
    assert "1024 channels a task" in TOO_WIDE


def test_tables_hold_those_numbers(nddr_trace: FusionTrace) -> None:
    site = layer_site(6, low_rank)
    trace = with_layers(nddr_trace, site)
    html = ranks_html(trace, "nddr.stage1", "weight")
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]
    assert rows[0] == ["", "from semseg", "from depth task", "from normals"]
    assert rows[1] == ["into semseg", "6.0", "6.0", "1.0"]
    assert rows[2] == ["into depth task", "6.0", "6.0", "2.0"]
    assert "out of 6" in html
    pairs = pairs_html(trace, "nddr.stage1", "depth", "weight")
    assert "0 ← normals 0</td><td>0.500" in pairs
    assert "+92 more weights into this task" in pairs  # of 6 x 18, less 8 own and 8 of others


def test_the_tab_refuses_words_that_are_not_on_its_switch() -> None:
    assert tab.kind_of("× γ/σ of the norm") == "scaled"
    with pytest.raises(InputError, match="'luck' is none of these"):
        tab.kind_of("luck")
