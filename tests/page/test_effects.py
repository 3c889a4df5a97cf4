"""Effects beside shares: parts and standings by hand, true sentences, maps with effects, sweeps that go on, the tab."""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import gradio as gr
import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.conftest import make_model
from vizlab.core.changes import cut
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import Site
from vizlab.core.trace import FusionTrace, SiteTrace, TracedModel
from vizlab.core.tracer import trace
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.interventions.edges import Edge
from vizlab.experiments.interventions.map_effects import effect_sentence, with_effects
from vizlab.experiments.interventions.standing import effect_part, fractions, standings
from vizlab.experiments.interventions.sweep import Row, Sweep, sweep, sweeping
from vizlab.page.documents import Documents
from vizlab.page.effect_charts import place_chart, share_chart
from vizlab.page.effect_panels import adding_up, csv_of, said_html, table_html
from vizlab.page.effect_ranks import ranks_of
from vizlab.page.effects import Effects, subject_key, unchanged_trace
from vizlab.page.experiment import Run, Subject
from vizlab.page.kit.analysis import Analysis, Picture, Request
from vizlab.page.serving import serving
from vizlab.page.tab_effects import EffectsTab
from vizlab.rgbd import RGBDImage
from vizlab.views.flow import flow
from vizlab.views.formatting import number

NAN = math.nan
TASKS = ("semseg", "depth")


def made_trace(sites: int = 8, additive: bool = True) -> FusionTrace:
    model = TracedModel("made", "made", "made-net", "0" * 64, ("rgb",), TASKS, (), {}, {})
    listed = [Site(f"s{i}", "mix", TASKS, TASKS, 8, f"stage{i + 1}", additive=additive) for i in range(sites)]
    share = np.array([[0.7, 0.3], [0.1, 0.9]], np.float32) if additive else None
    traces = {site.name: SiteTrace(site, share, None, None, None, {}) for site in listed}
    return FusionTrace(model, {}, {}, traces, Framing((6, 8), (6, 8), (6, 8)), "1" * 64, {}, {"device": "cpu"})


def made_row(site: int, share: float, total: tuple[float, float], source: str | None = "depth", **more: Any) -> Row:
    edge = Edge(f"s{site}", more.pop("target", "semseg"), source)
    nothing = (NAN, NAN)
    given = {"direct": nothing, "sufficiency": nothing, "flipped": (0.061, NAN), "estimate": (0.5, 0.1), **more}
    return Row(edge, share, total, **given)


def made_sweep(rows: Sequence[Row], all_cut: tuple[float, float] = (2.0, 0.5), done: bool = True, **more: Any) -> Sweep:
    single = np.sum([row.total for row in rows], axis=0)
    interaction = tuple(float(a - s) for a, s in zip(all_cut, single, strict=True))
    before = more.get("before") or made_trace()
    return Sweep(before, TASKS, ("nats", "m"), ("KL", "RMS change"), tuple(rows), all_cut, interaction, done)


def test_an_effect_is_a_part_of_all_on_the_target_s_own_task() -> None:
    rows = [made_row(0, 0.3, (0.5, 0.4)), made_row(0, 0.1, (0.6, 0.1), source="semseg", target="depth")]
    found = made_sweep(rows)
    assert [effect_part(found, row) for row in rows] == [0.5 / 2, 0.1 / 0.5]
    assert [effect_part(found, row, "depth") for row in rows] == [0.4 / 0.5, 0.1 / 0.5]
    assert math.isnan(effect_part(made_sweep(rows, all_cut=(0.0, 0.0)), rows[0]))


def test_fractions_are_places_among_all() -> None:
    assert fractions(np.array([5.0, 1.0, 3.0, 3.0])).tolist() == [0.875, 0.125, 0.5, 0.5]


def by_hand(shares: Sequence[float], effects: Sequence[float]) -> list[str | None]:
    """The printed rule, by sorting: the upper quarter of one, the lower half of the other; no values are alike."""
    count = len(shares)
    found: list[str | None] = []
    for share, effect in zip(shares, effects, strict=True):
        loud, strong = (sorted(map(abs, v)).index(abs(x)) for v, x in ((shares, share), (effects, effect)))
        upper, lower = (lambda place: place + 0.5 > 0.75 * count), (lambda place: place + 0.5 < 0.5 * count)
        idle = upper(loud) and lower(strong) and abs(share) >= 0.05
        decisive = upper(strong) and lower(loud) and effect / 2 >= 0.05  # all cut is 2
        found.append("idle" if idle else "decisive" if decisive else None)
    return found


@pytest.mark.parametrize("count", [1, 2, 4, 7, 8, 17])
def test_who_stands_out_follows_the_printed_rule(count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(20):
        shares, effects = rng.normal(size=count).tolist(), rng.random(count).tolist()
        pairs = enumerate(zip(shares, effects, strict=True))
        rows = [made_row(i, s, (e, 0.0), source=f"x{i}") for i, (s, e) in pairs]
        idle = [made_row(0, 0.0, (0.0, 0.0), source="none"), made_row(1, NAN, (9.0, 0.0), source=None)]
        found = standings(made_sweep([*rows, *idle]))
        assert [found.get(row.edge) for row in rows] == by_hand(shares, effects)
        assert not {row.edge for row in idle} & set(found)


def test_what_is_next_to_nothing_stands_out_nowhere() -> None:
    shares, effects = (0.9, 0.1, 0.2, 0.3), (0.1, 0.9, 0.8, 0.7)
    for scale, standing in ((1.0, 2), (0.04, 0)):
        rows = [made_row(i, scale * s, (scale * e, 0.0)) for i, (s, e) in enumerate(zip(shares, effects, strict=True))]
        assert len(standings(made_sweep(rows))) == standing


def test_nobody_stands_out_before_every_edge_was_cut() -> None:
    shares, effects = (0.9, 0.1, 0.2, 0.3), (0.1, 0.9, 0.8, 0.7)
    rows = [made_row(i, s, (e, 0.0)) for i, (s, e) in enumerate(zip(shares, effects, strict=True))]
    assert standings(made_sweep(rows)) == {rows[0].edge: "idle", rows[1].edge: "decisive"}
    assert standings(made_sweep([*rows, made_row(5, 0.5, (NAN, NAN))])) == {}


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (made_row(0, 0.3, (0.124, 0.4)),
         "Cut, semseg moves by 0.124 nats (KL), 6.2 % of what cutting every edge does; 6.1 % of its cells change "
         "class."),
        (made_row(0, 0.3, (2.2, 0.4), flipped=(0.0, NAN)),
         "Cut, semseg moves by 2.20 nats (KL), 110 % of what cutting every edge does; none of its cells change class."),
        (made_row(0, 0.3, (0.1, 0.0371), source="semseg", target="depth"),
         "Cut, depth moves by 0.0371 m (RMS change), 7.4 % of what cutting every edge does."),
        (made_row(0, 0.3, (0.0, 0.4)), "Cut, semseg does not move."),
        (made_row(0, 0.3, (1e-9, 0.4), flipped=(0.0, NAN)),
         "Cut, semseg moves by under 0.000001 nats (KL), under 0.1 % of what cutting every edge does; none of its "
         "cells change class."),
        (made_row(0, NAN, (0.5, 0.4), source=None),
         "Cut, with all that other streams send it, semseg moves by 0.500 nats (KL), 25 % of what cutting every edge "
         "does; 6.1 % of its cells change class."),
        (made_row(0, 0.3, (math.inf, 0.4)), "Cut, semseg is not finite any more."),
    ],
)  # fmt: skip
def test_sentences_say_the_number_its_unit_and_its_denominator(row: Row, sentence: str) -> None:
    assert effect_sentence(made_sweep([row]), row) == sentence


def test_sizes_next_to_nothing_keep_their_sign() -> None:
    assert number(-1e-8, "m") == "above −0.000001 m"
    assert number(-0.5, "m") == "−0.500 m"
    assert number(0.0, "m") == "0 m"


def test_the_map_gets_a_number_a_standing_and_a_sentence() -> None:
    shares, effects = (0.9, 0.1, 0.2, 0.3), (0.1, 0.9, 0.8, 0.7)
    rows = [made_row(i, s, (e, 0.0)) for i, (s, e) in enumerate(zip(shares, effects, strict=True))]
    before = made_trace(4)
    plain = flow(before)
    found = with_effects(plain, before, made_sweep(rows, before=before))
    edges = [next(e for e in site["edges"] if e["target"] == "semseg") for site in found["sites"]]
    assert [e["effect"] for e in edges] == [0.05, 0.45, 0.4, 0.35]
    assert [e["standing"] for e in edges] == ["idle", "decisive", None, None]
    was = plain["sites"][0]["edges"][0]
    assert edges[0]["sentence"] == (
        f"{was['sentence']} Cut, semseg moves by 0.100 nats (KL), 5.0 % of what cutting every edge does; 6.1 % of its "
        "cells change class. Loud but idle: its share is in the network's upper quarter, its effect in the lower half."
    )
    assert was["effect"] is was["standing"] is None  # the flow that was given is as it was
    other = next(e for e in found["sites"][0]["edges"] if e["target"] == "depth")
    assert other["effect"] is None  # not in the sweep
    unfinished = made_sweep([*rows[:3], made_row(3, 0.3, (NAN, NAN))], before=before, done=False)
    assert with_effects(plain, before, unfinished) == plain


def test_what_does_not_add_has_its_number_in_the_site_s_sentence() -> None:
    before = made_trace(1, additive=False)
    row = made_row(0, NAN, (0.5, 0.1), source=None)
    found = with_effects(flow(before), before, made_sweep([row], before=before))
    assert found["sites"][0]["edges"] == []
    assert found["sites"][0]["sentences"]["semseg"].endswith(effect_sentence(made_sweep([row]), row))
    assert "Cut" not in found["sites"][0]["sentences"]["depth"]


def test_single_effects_and_all_together() -> None:
    rows = [made_row(0, 0.3, (0.5, 0.25)), made_row(1, 0.1, (0.25, 0.25))]
    found = made_sweep(rows)
    assert adding_up(found, "semseg") == (
        "Every edge cut, semseg moves by 2.00 nats (KL); single effects sum to 0.750 nats: they do not add up "
        "(interaction 1.25 nats)."
    )
    assert adding_up(found, "depth").endswith("single effects sum to the same here.")
    assert adding_up(made_sweep([made_row(0, 0.3, (NAN, NAN))], all_cut=(NAN, NAN)), "semseg") == ""


def spearman(a: Sequence[float], b: Sequence[float]) -> float:
    """By its closed form for values that are all different: 1 - 6 sum d² / (n (n² - 1))."""
    ranks = [np.argsort(np.argsort(values)) for values in (a, b)]
    return 1 - 6 * float(((ranks[0] - ranks[1]) ** 2).sum()) / (len(a) * (len(a) ** 2 - 1))


def test_rank_correlations_and_what_their_intervals_allow_to_say() -> None:
    rng = np.random.default_rng(3)
    share = rng.random(8).tolist()
    for effect, verdict in (
        ([s**2 for s in share], "the share predicts the effect"),
        ([1 - s for s in share], "the share predicts the reverse of the effect"),
        (rng.random(8).tolist(), "the share does not tell the effect"),
    ):
        rows = [made_row(i, s, (e, 0.1)) for i, (s, e) in enumerate(zip(share, effect, strict=True))]
        [found] = ranks_of(made_sweep([*rows, made_row(0, 0.0, (0.0, 0.0), source="idle")]))
        assert (found.edges, found.target, found.task) == (8, "semseg", "semseg")
        assert float(found.by_share.value) == pytest.approx(spearman(share, effect))
        assert float(found.by_place.value) == pytest.approx(spearman(range(8), effect))
        assert found.verdict == verdict
        assert found.by_share.low <= found.by_share.value <= found.by_share.high
    rows = [made_row(i, i + 1.0, (i + 1.0, 0.1)) for i in range(8)]
    [found] = ranks_of(made_sweep(rows))
    assert found.verdict == "the share predicts the effect, but so does the site's place"
    [few] = ranks_of(made_sweep(rows[:4]))
    assert few.verdict.startswith("too few edges")
    assert not list(ranks_of(made_sweep([*rows[:4], made_row(5, 0.1, (NAN, NAN))])))


def test_charts_hold_what_has_a_place_on_them_and_say_what_has_not() -> None:
    rows = [made_row(0, 0.3, (0.5, 0.1)), made_row(7, -0.1, (0.2, 0.1)), made_row(1, 0.0, (0.0, 0.0))]
    found, titles = {"made": made_sweep(rows)}, {"made": "Made"}
    chart = share_chart(found, titles, None)
    assert [(list(t.x), list(t.y)) for t in chart.data] == [([30.0], [25.0])]
    assert "1 edge." in chart.layout.title.text
    assert "share 30 %, effect 25 % of all edges cut: semseg moves by 0.500 nats" in chart.data[0].customdata[0]
    placed = place_chart(found, titles, None)
    assert [(list(t.x), list(t.y)) for t in placed.data] == [([0.0, 1.0], [25.0, 10.0])]


# Real networks, small and random


@pytest.fixture(scope="module")
def model() -> Model:
    return make_model("nddr-cnn")


@pytest.fixture(scope="module")
def before(model: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(model, small_rgbd)


@pytest.fixture(scope="module")
def whole(model: Model, small_rgbd: RGBDImage) -> Sweep:
    return sweep(model, small_rgbd)


def analysis_of(before: FusionTrace, rgbd: RGBDImage, **more: Any) -> Analysis:
    return Analysis("key", Request(), Picture("box", rgbd, None), {before.model.name: before}, **more)


def made_tab(analysis: Analysis) -> EffectsTab:
    effects = Effects()
    workspace = SimpleNamespace(effects=effects, documents=Documents(lambda key: analysis, effects))
    with gr.Blocks(analytics_enabled=False):
        return EffectsTab(workspace)  # type: ignore[arg-type]


def run_of(analysis: Analysis, model: Model, step: Any) -> Run:
    [before] = analysis.traces.values()
    return Run(analysis, (Subject(model, analysis.picture.rgbd, before, {}, None),), step)


def numbers(found: Sweep) -> dict[str, Any]:
    return found.to_dict()


def test_a_sweep_that_stopped_goes_on_and_the_next_visitor_sees_it(
    model: Model, before: FusionTrace, whole: Sweep, small_rgbd: RGBDImage
) -> None:
    analysis, told = analysis_of(before, small_rgbd), []
    tab = made_tab(analysis)

    def step(done: float, what: str) -> None:
        assert not model.lock.locked()  # who waits for his turn must not keep others from the network
        told.append(what)
        if len(told) == 12:
            raise CancelledError("stopped")

    coming = tab.compute(run_of(analysis, model, step), "")
    first = next(coming)
    assert "first-order estimates alone" in first[tab.said]
    with pytest.raises(CancelledError):
        list(coming)
    assert not model.lock.locked()
    kept = tab.workspace.effects.get(before)
    assert kept is not None
    assert not kept.done
    cuts = sum(math.isfinite(row.total[0]) for row in kept.rows)
    assert cuts == 7  # 12 words: estimates twice, all cut, 9 more, of which the last fours are kept
    told.clear()
    updates = list(tab.compute(run_of(analysis, model, lambda done, what: told.append(what)), ""))
    finished = tab.workspace.effects.get(before)
    assert finished is not None
    assert finished.done
    assert numbers(finished) == numbers(whole)
    # After the last of the five stages three tasks go on apart: its six edges, two into each, are cut in two forwards.
    assert not any(math.isfinite(row.total[0]) for row in kept.rows if row.edge.site == "nddr.stage5")
    assert len([w for w in told if w.endswith(" cut")]) == (len(whole.rows) - 6) + 2 - cuts
    assert updates[-1][tab.by_share]["value"] is not None
    told.clear()
    again = list(tab.compute(run_of(analysis, model, lambda done, what: told.append(what)), ""))
    assert not told
    assert len(again) == 1
    opened = tab.render(analysis, None, {})
    assert opened[tab.table] == again[0][tab.table]
    assert opened[tab.of] == ("key", "box")
    tab.workspace.effects.put(kept)
    assert tab.workspace.effects.get(before) is finished


def test_the_table_holds_the_sweep_s_numbers(whole: Sweep) -> None:
    name = whole.before.model.name
    html = table_html({name: whole}, {name: "N"}, None, "key", "m")
    lines = re.findall(r"<tr data-network.*?</tr>", html, re.DOTALL)
    assert len(lines) == len(whole.rows)
    for line, row in zip(lines, whole.rows, strict=True):
        at = whole.own_task(row.edge)
        cells = dict(re.findall(r'data-column="(\w+)" data-value="([^"]*)"', line))
        assert cells["task"] == whole.tasks[at] == row.edge.target
        assert float(cells["share"]) == row.share
        for column, value in (("part", row.total), ("direct", row.direct), ("indirect", row.indirect)):
            assert float(cells[column]) == pytest.approx(value[at] / whole.all_cut[at])
        assert float(cells["sufficiency"]) == row.sufficiency[at]
        assert number(row.total[at], whole.units[at]) in line or row.total[at] < 1e-6
    on_depth = table_html({name: whole}, {name: "N"}, "depth", "key", "m")
    assert set(re.findall(r'data-column="task" data-value="(\w+)"', on_depth)) == {"depth"}
    link = re.search(r'href="data:text/csv;charset=utf-8,([^"]+)"', html)
    assert link is not None
    rows = list(csv.DictReader(io.StringIO(unquote(link[1]))))
    assert csv_of({name: whole}) == unquote(link[1])
    assert len(rows) == len(whole.rows) * len(whole.tasks)
    assert [float(r["total"]) for r in rows] == [t for row in whole.rows for t in row.total]
    assert [float(r["direct"]) for r in rows] == [t for row in whole.rows for t in row.direct]
    assert {r["network"] for r in rows} == {name}


def test_a_task_that_a_network_does_not_predict_leaves_it_out(before: FusionTrace, small_rgbd: RGBDImage) -> None:
    analysis = analysis_of(before, small_rgbd)
    tab = made_tab(analysis)
    choices = tab.refresh(analysis, list(analysis.traces), {"task": "edge"})[tab.task]
    assert [value for _, value in choices["choices"]] == ["", "semseg", "depth", "normals"]
    assert choices["value"] == ""
    assert tab.refresh(analysis, list(analysis.traces), {"task": "depth"})[tab.task]["value"] == "depth"


def test_an_unfinished_sweep_says_so(model: Model, small_rgbd: RGBDImage, whole: Sweep) -> None:
    draft = next(sweeping(model, small_rgbd))
    assert "not finished yet" in said_html({"n": draft}, {"n": "N"}, None)
    assert "not finished yet" not in said_html({"n": whole}, {"n": "N"}, None)


def test_a_subject_is_the_same_whatever_is_changed_in_it(
    model: Model, before: FusionTrace, small_rgbd: RGBDImage, whole: Sweep
) -> None:
    edge = whole.rows[0].edge
    changed = trace(model, small_rgbd, intervention=[cut(edge.site, edge.target, edge.source)])
    assert subject_key(changed) == subject_key(before)
    assert unchanged_trace(analysis_of(before, small_rgbd), model.name) is before
    with_own = analysis_of(changed, small_rgbd, unchanged={model.name: before})
    assert unchanged_trace(with_own, model.name) is before
    assert unchanged_trace(analysis_of(changed, small_rgbd), model.name) is None
    found = with_effects(flow(changed), changed, whole)
    assert " Without the changes in force: cut, " in found["sites"][0]["edges"][0]["sentence"]
    cen = make_model("cen")
    assert subject_key(trace(cen, small_rgbd)) != subject_key(trace(cen, small_rgbd, threshold=0.3))


def test_kept_sweeps_are_bounded_and_hold_no_maps(whole: Sweep) -> None:
    effects = Effects(kept=1)
    effects.put(whole)
    kept = effects.get(whole.before)
    assert kept is not None
    assert not kept.before.predictions
    assert all(site.received is None for site in kept.before.sites.values())
    effects.put(made_sweep([made_row(0, 0.3, (0.5, 0.4))]))
    assert effects.get(whole.before) is None


def documents_of(analysis: Analysis) -> Iterator[Any]:
    effects = Effects()

    def find(key: str) -> Analysis:
        if key != analysis.key:
            raise InputError("gone")
        return analysis

    workspace: Any = SimpleNamespace(effects=effects, documents=Documents(find, effects))
    yield workspace


def test_a_document_is_served_with_what_is_known_by_then(
    before: FusionTrace, small_rgbd: RGBDImage, whole: Sweep, model: Model
) -> None:
    [workspace] = documents_of(analysis_of(before, small_rgbd))
    client, address = TestClient(FastAPI(**serving(workspace))), "/vizlab/document/key"
    plain = client.get(address)
    edges = [e for site in plain.json()["networks"][0]["flow"]["sites"] for e in site["edges"]]
    assert {e["effect"] for e in edges} == {None}
    workspace.effects.put(next(sweeping(model, small_rgbd)))  # estimates alone never stand on a map
    mark = {"If-None-Match": plain.headers["etag"]}
    assert client.get(address, headers=mark).status_code == 304
    workspace.effects.put(whole)
    known = client.get(address, headers=mark)
    assert known.status_code == 200
    assert known.headers["etag"] != plain.headers["etag"]
    [network] = known.json()["networks"]
    for site in network["flow"]["sites"]:
        for e in site["edges"]:
            row = whole.row(Edge(site["name"], e["target"], e["source"]))
            assert e["effect"] == pytest.approx(effect_part(whole, row), rel=1e-5)
            assert effect_sentence(whole, row) in e["sentence"]
    assert known.json()["layers"] == plain.json()["layers"]
    assert client.get(address, headers={"If-None-Match": known.headers["etag"]}).status_code == 304
    assert client.get("/vizlab/document/other").status_code == 404
