"""The tab Modalities on small networks: what it offers, what it writes, and that another class costs no forward."""

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest

from tests.conftest import make_model
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.conflict.tasks import task_conflicts
from vizlab.experiments.modalities.worth import worth
from vizlab.measures.reference import Reference
from vizlab.page.experiment import Run, Subject
from vizlab.page.kit.analysis import Analysis, Picture, Request
from vizlab.page.tab_modalities import ALL_SITES, MODALITIES, ModalitiesTab
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="module")
def other(small_rgbd: RGBDImage) -> RGBDImage:
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    return RGBDImage(small_rgbd.colour[:, ::-1].copy(), small_rgbd.depth[::-1].copy())


@pytest.fixture
def tab(other: RGBDImage) -> ModalitiesTab:
    workspace = SimpleNamespace(
        scenes=lambda: ("hall", "attic"),
        scene=lambda name: SimpleNamespace(title=name.title()),
        read=lambda request: Picture(request.scene, other, None),
    )
    with gr.Blocks(analytics_enabled=False):
        return ModalitiesTab(workspace)  # type: ignore[arg-type]


def truth_of(rgbd: RGBDImage) -> Reference:
    random = np.random.default_rng(0)
    label = np.full(rgbd.size, 3, np.uint8)
    label[:, :40], label[:5] = 7, 255
    normals = random.normal(size=(*rgbd.size, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    return Reference(depth=random.uniform(1, 3, rgbd.size).astype(np.float32), label=label, normals=normals)


def analysed(rgbd: RGBDImage, *models: Model, truth: Reference | None = None) -> Analysis:
    picture = Picture("Hall", rgbd, truth)
    return Analysis("key", Request(scene="hall"), picture, {m.name: trace(m, rgbd) for m in models})


def run_on(analysis: Analysis, model: Model, step: Any = lambda done, what: None) -> Run:
    before = analysis.trace_of(model.name)
    return Run(analysis, (Subject(model, analysis.picture.rgbd, before, {}, None),), step)


ASKED = {"players": MODALITIES, "output": "semseg/ensemble", "target": "true", "first": "own mean",
         "second": "another picture", "other": "attic"}  # fmt: skip


def values(updates: Mapping[Any, Any], tab: ModalitiesTab) -> dict[str, Any]:
    """What is chosen after a refresh, by name."""
    return {name: updates[component]["value"] for name, component in tab.choices.items()}


def cells(html: str, name: str) -> list[list[str]]:
    """The texts of a table, row by row, by the name it is read with."""
    body = html.split(f'aria-label="{name}">', 2)[-1].split("</table>")[0]
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body)]


def test_choices_follow_the_network_and_the_reference(tab: ModalitiesTab, small_rgbd: RGBDImage) -> None:
    cen, nddr = make_model("cen"), make_model("nddr-cnn")
    known = analysed(small_rgbd, cen, nddr, truth=truth_of(small_rgbd))
    first = tab.refresh(known, ["cen"], {})
    assert values(first, tab) == {**ASKED, "target": "predicted"}
    assert [v for _, v in first[tab.players]["choices"]][:2] == [MODALITIES, ALL_SITES]
    assert [v for _, v in first[tab.output]["choices"]] == ["semseg/ensemble", "semseg/rgb", "semseg/depth"]
    assert [v for _, v in first[tab.target]["choices"]][:2] == ["predicted", "true"]
    assert first[tab.other]["choices"] == [("Attic", "attic")]
    other = tab.refresh(known, ["nddr-cnn"], values(first, tab))
    assert values(other, tab)["players"] == ALL_SITES
    assert (values(other, tab)["first"], values(other, tab)["second"]) == ("spatial mean", "another picture")
    assert [v for _, v in other[tab.output]["choices"]] == ["semseg", "depth", "normals"]
    blind = analysed(small_rgbd, nddr)
    found = tab.refresh(blind, ["nddr-cnn"], {"target": "true"})
    assert [v for _, v in found[tab.output]["choices"]] == ["semseg"]
    assert values(found, tab)["target"] == "predicted"
    assert tab.refresh(known, ["nddr-cnn"], {"output": "depth"})[tab.target]["visible"] is False


def test_what_is_written_is_what_the_library_says(tab: ModalitiesTab, small_rgbd: RGBDImage, other: RGBDImage) -> None:
    model, truth = make_model("cen"), truth_of(small_rgbd)
    analysis = analysed(small_rgbd, model, truth=truth)
    told: list[float] = []
    updates = list(tab.compute(run_on(analysis, model, lambda done, what: told.append(done)), **ASKED))
    html = updates[0][tab.worth]
    expected = worth(model, small_rgbd, target="true", truth=truth, other=other)
    rows = {row[0]: row[1:] for row in cells(html, "worth over the picture")}
    for name, maps in expected.maps.items():
        phi = maps.totals()
        ends = (maps.worth_of(frozenset()), maps.worth_of(frozenset(expected.players)))
        shown = [float(text.replace("−", "-")) for text in rows[name][:2]]
        assert shown == pytest.approx([phi["rgb"], phi["depth"]], abs=0.0005001)
        assert rows[name][3:5] == [f"{end:.3f}" for end in ends]
        assert rows[name][5] == (expected.winners[name] or "even")
    regions = cells(updates[0][tab.regions], "worth by region")
    assert [row[0] for row in regions[1:]] == ["bed", "door"]  # classes 3 and 7, the larger first
    assert regions[1][1] == f"{100 * 80 / 120:.1f} %"
    sets = cells(updates[0][tab.regions], "scores by set")
    assert [row[:2] for row in sets[1:4]] == [
        ["all", "–"],
        ["rgb and depth", "own mean"],
        ["depth", "own mean"],
    ] or sets
    assert len(sets) == 1 + 1 + 2 * 3
    assert "Similarity is not influence" in updates[1][tab.likeness]
    assert updates[1][tab.cka]["visible"] is True
    assert "has one task" in updates[2][tab.pull]
    assert told == sorted(told)
    assert 0 <= told[0] <= told[-1] <= 1


def test_another_output_or_class_costs_no_forward(
    tab: ModalitiesTab, small_rgbd: RGBDImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model("cen")
    run = run_on(analysed(small_rgbd, model), model)
    asked = {**ASKED, "target": "predicted"}
    assert not list(tab.again(run, **asked))  # nothing was computed yet
    list(tab.compute(run, **asked))
    monkeypatch.setattr(model, "forward", lambda inputs: pytest.fail("a forward"))
    [again] = tab.again(run, **{**asked, "output": "semseg/rgb", "target": "bed"})
    assert "output semseg/rgb. Value: probability of bed." in again[tab.worth]
    assert not list(tab.again(run, **{**asked, "second": "training mean"}))


def test_conflicts_of_a_network_of_several_tasks(tab: ModalitiesTab, small_rgbd: RGBDImage) -> None:
    model, truth = make_model("nddr-cnn"), truth_of(small_rgbd)
    run = run_on(analysed(small_rgbd, model, truth=truth), model)
    site = model.sites[-1].name
    asked = {**ASKED, "players": site, "output": "depth", "target": None, "first": "spatial mean", "second": "cut"}
    *_, last = tab.compute(run, **asked)
    found = task_conflicts(model, small_rgbd, truth)
    for agreement in found.parameters:
        rows = cells(last[tab.pull], f"cosine on parameters, {agreement.name}")
        assert rows[0][1:] == list(found.tasks)
        assert rows[1][2] == f"{agreement.cosine[0, 1]:+.2f}".replace("-", "−")
        assert rows[1][1] == ""
    gained = cells(last[tab.pull], f"affinity on parameters, {found.parameters[0].name}")
    assert gained[2][1] == f"{found.parameters[0].affinity[1, 0]:+.2g}".replace("-", "−")
    assert "Affinity has two meanings" in last[tab.pull]


def test_without_a_reference_no_conflict_and_predicted_regions(tab: ModalitiesTab, small_rgbd: RGBDImage) -> None:
    model = make_model("nddr-cnn")
    run = run_on(analysed(small_rgbd, model), model)
    asked = {**ASKED, "players": ALL_SITES, "output": "semseg", "target": "predicted", "first": "cut"}
    first, _, last = tab.compute(run, **asked)
    assert "need a reference for two of them" in last[tab.pull]
    assert "By the class that nddr-cnn predicts." in first[tab.regions]
    assert "scores" not in first[tab.regions].lower()


def test_two_replacements_must_differ_and_a_stop_ends_it(
    tab: ModalitiesTab, small_rgbd: RGBDImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model("cen")
    analysis = analysed(small_rgbd, model)
    with pytest.raises(InputError, match="Both replacements are 'own mean'"):
        list(tab.compute(run_on(analysis, model), **{**ASKED, "second": "own mean"}))

    def step(done: float, what: str) -> None:
        raise CancelledError

    def forward(*given: Any, **further: Any) -> Any:
        raise AssertionError("a forward before it is this run's turn")

    monkeypatch.setattr(model, "forward", forward)
    with pytest.raises(CancelledError):
        list(tab.compute(run_on(analysis, model, step), **{**ASKED, "target": "predicted"}))


def test_a_network_in_which_nothing_mixes_is_left_out(tab: ModalitiesTab, small_rgbd: RGBDImage) -> None:
    whole = trace(make_model("nddr-cnn"), small_rgbd)
    assert tab.fits(whole)
    alone = FusionTrace(whole.model, whole.predictions, {}, {}, whole.framing, "", {}, {})
    assert not tab.fits(alone)
