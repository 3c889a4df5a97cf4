"""The tab Attribution on small networks: what it offers, that its region and its words are those of its numbers."""

import re
from html import escape
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest

from tests.conftest import make_model
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.tracer import trace
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.attribution import Attribution, Target, attribute, box, segment
from vizlab.experiments.attribution.conductance import Conductance, Flow
from vizlab.experiments.attribution.curves import Curve, Curves
from vizlab.experiments.attribution.pictures import attribution_panels, signed, summed, symmetric_limit
from vizlab.page.attribution_panels import curves_html, edges_html, totals_html
from vizlab.page.experiment import Run, Subject
from vizlab.page.kit.analysis import Analysis, Picture, Request
from vizlab.page.tab_attribution import BOX, PIXEL, SEGMENT, THERE, AttributionTab, _clicked, of_choices, region_of
from vizlab.rgbd import RGBDImage


@pytest.fixture
def tab() -> AttributionTab:
    with gr.Blocks(analytics_enabled=False):
        return AttributionTab(SimpleNamespace())  # type: ignore[arg-type]


def run_on(model: Model, rgbd: RGBDImage, step: Any = lambda done, what: None) -> Run:
    found = trace(model, rgbd)
    analysis = Analysis("key", Request(scene="hall"), Picture("Hall", rgbd, None), {model.name: found})
    return Run(analysis, (Subject(model, rgbd, found, {}, (48, 64)),), step)


def chosen(**changed: Any) -> dict[str, Any]:
    values = {"place": "30,40,60,70", "region": BOX, "output": "semseg", "of": THERE, "scale": "probability",
              "method": "integrated gradients", "site": None, "colour": "mean colour", "depth": "median plane",
              "steps": 3, "drawn": None, "corner": False}  # fmt: skip
    return {**values, **changed}


def test_it_offers_what_the_network_predicts(tab: AttributionTab, small_rgbd: RGBDImage) -> None:
    run = run_on(make_model("cen"), small_rgbd)
    updates = tab.refresh(run.analysis, ["cen"], {})
    assert updates[tab.output]["choices"] == ["semseg", "semseg/rgb", "semseg/depth"]
    assert updates[tab.asked]["choices"][0] == THERE
    label = run.only.before.predictions["semseg"].label
    predicted = {run.only.before.model.classes[i] for i in np.unique(label)}
    assert set(updates[tab.asked]["choices"][1:]) <= predicted
    assert updates[tab.place]["value"] == "60,45"
    assert updates[tab.site]["visible"] is False
    assert tab.refresh(run.analysis, ["cen"], {"method": "grad-cam"})[tab.site]["visible"] is True
    several = run_on(make_model("nddr-cnn"), small_rgbd)
    updates = tab.refresh(several.analysis, ["nddr-cnn"], {"output": "normals"})
    assert updates[tab.asked]["value"] == "angle to viewer"
    assert updates[tab.scale]["visible"] is False
    assert updates[tab.depth]["visible"] is False  # this network takes no depth
    assert of_choices(several.only.before, "depth") == []


def test_a_click_is_a_place_and_two_are_a_box() -> None:
    def click(x: int, y: int) -> Any:
        return SimpleNamespace(index=(x, y))

    assert _clicked("1,2", SEGMENT, 1.0, False, click(10, 20)) == ("10,20", False)
    assert _clicked("1,2", BOX, 1.0, False, click(10, 20)) == ("10,20", True)  # what was there before is no corner
    assert _clicked("1,2", BOX, 2.0, True, click(10, 20)) == ("1,2,21,41", False)  # twice as large as it is drawn
    assert _clicked("1,2,3,4", BOX, 1.0, False, click(10, 20)) == ("10,20", True)
    assert _clicked("nonsense", BOX, 1.0, True, click(5, 6)) == ("5,6", True)


def test_the_region_is_what_is_said_of_it(tab: AttributionTab, small_rgbd: RGBDImage) -> None:
    run = run_on(make_model("cen"), small_rgbd)
    before = run.only.before
    label = before.predictions["semseg"].label
    np.testing.assert_array_equal(region_of(small_rgbd, before, "60,50", SEGMENT), segment(label, (60, 50)))
    np.testing.assert_array_equal(
        region_of(small_rgbd, before, "30,40,60,70", BOX), box(small_rgbd.size, (30, 40), (60, 70))
    )
    assert region_of(small_rgbd, before, "60,50", PIXEL).sum() == 1
    [updates] = tab.show_region(run, **chosen())
    assert "961 pixels, 8.9 % of the picture." in updates[tab.chosen]
    [updates] = tab.show_region(run, **chosen(place="60,50"))
    assert "1 pixel, under 0.1 % of the picture" in updates[tab.chosen]
    assert "click two opposite corners" in updates[tab.chosen]
    [updates] = tab.show_region(run, **chosen(place="60,50", corner=True))
    assert "click the opposite corner" in updates[tab.chosen]
    [updates] = tab.show_region(run, **chosen(place="60"))
    assert "Expected x,y or x,y,x,y within 120x90 pixels." in updates[tab.chosen]
    with pytest.raises(InputError, match="The place is '60'; expected x,y"):
        region_of(small_rgbd, before, "60", BOX)


def test_its_numbers_are_pythons(tab: AttributionTab, small_rgbd: RGBDImage) -> None:
    model = make_model("cen")
    run = run_on(model, small_rgbd)
    [updates] = tab.compute(run, **chosen())
    target = Target("semseg", box(small_rgbd.size, (30, 40), (60, 70)))
    found = attribute(model, small_rgbd, target, steps=3, working_size=(48, 64))
    html = updates[tab.maps]
    for name, total in found.totals.items():
        assert float(re.search(rf'data-total-{name}="([^"]+)"', html).group(1)) == pytest.approx(total, rel=1e-3)  # type: ignore[union-attr]
        assert signed(total, "probability") in html
    assert escape(found.warning) in html
    assert html.count("<img") == 2
    assert updates[tab.sanity] == updates[tab.edges] == updates[tab.areas] == ""


def test_what_is_asked_further_is_of_the_maps_on_show(tab: AttributionTab, small_rgbd: RGBDImage) -> None:
    """Not of what was chosen since."""
    run = run_on(make_model("cen"), small_rgbd)
    [updates] = tab.compute(run, **chosen(method="gradient x input"))
    drawn = updates[tab.drawn]
    [edges] = tab.carried(run, **chosen(place="1,1", region=PIXEL, drawn=drawn, steps=999))
    assert "32 of" not in edges[tab.edges]
    assert "8 of 34 edges between streams" in edges[tab.edges]
    [check] = tab.checked(run, **chosen(drawn=drawn))
    assert "fusion weights alone (17 sites)" in check[tab.sanity]
    [curves] = tab.followed(run, **chosen(drawn=drawn))
    assert curves[tab.areas].count("Colour: mean value") == 1
    assert curves[tab.chart]["visible"]
    with pytest.raises(InputError, match="press Attribute again"):
        next(tab.checked(run, **chosen()))
    with pytest.raises(InputError, match="press Attribute again"):
        next(tab.checked(run, **chosen(drawn=["other", *drawn[1:]])))


def test_the_same_question_is_answered_from_memory_and_stops(tab: AttributionTab, small_rgbd: RGBDImage) -> None:
    told: list[float] = []
    model = make_model("cen")
    [_] = tab.compute(run_on(model, small_rgbd, lambda done, what: told.append(done)), **chosen())
    assert told

    def stop(done: float, what: str) -> None:
        raise CancelledError("Stopped.")

    [_] = tab.compute(run_on(model, small_rgbd, stop), **chosen())
    with pytest.raises(CancelledError):
        list(tab.compute(run_on(model, small_rgbd, stop), **chosen(steps=4)))


# words and pictures


def made(rgb: float, depth: float, difference: float) -> Attribution:
    framing = Framing((16, 24), (16, 24), (16, 32))
    maps = {"rgb": np.zeros((16, 24), np.float32), "depth": np.zeros((16, 24), np.float32)}
    maps["rgb"][3, 3], maps["depth"][9, 20] = rgb, depth
    region = box((16, 24), (12, 11), (13, 12))
    words = {"rgb": "black", "depth": "a plane"}
    return Attribution("m", "n", "o", "depth, mean", "m", region, maps, difference, 0.0, words, framing, True)


def test_words_hold_for_the_numbers() -> None:
    said = totals_html(made(0.3, -0.1, 0.2))
    assert "The value is 0.200 m; with the baseline (colour: black; depth: a plane) it is 0 m" in said
    assert "a difference of +0.200 m." in said
    assert "Attributed to colour +0.300 m and depth −0.100 m, together +0.200 m." in said
    assert "does not add up" not in said
    assert "Completeness residual 0.0 %" in said
    assert "does not add up" in totals_html(made(0.4, -0.1, 0.2))


def test_maps_are_on_one_symmetric_scale_and_still_add_up() -> None:
    values = np.random.default_rng(0).normal(size=(17, 23))
    assert summed(values, 8).shape == (3, 3)
    assert summed(values, 8).sum() == pytest.approx(values.sum())
    assert summed(values, 8)[1, 2] == pytest.approx(values[8:16, 16:23].sum())
    assert symmetric_limit([np.array([-3.0]), np.array([1.0])]) == 3.0
    assert symmetric_limit([np.zeros(4)]) == 1.0
    colour = np.full((16, 24, 3), 90, np.uint8)
    panels = attribution_panels(made(0.3, -0.1, 0.2), RGBDImage(colour, np.ones((16, 24), np.float32)))
    bars = {(p.legend.low, p.legend.high, p.legend.unit) for p in panels}  # type: ignore[union-attr]
    assert len(bars) == 1
    low, high, unit = bars.pop()
    assert low == -high
    assert unit == "m"
    assert panels[0].caption.startswith("Sums to +0.300 m.")
    empty, raised = panels[0].image[2, 12].astype(int), panels[0].image[2, 2].astype(int)
    assert empty[0] == empty[1] == empty[2]  # nothing there: the grey photograph
    assert raised[0] > raised[2] + 20  # orange
    lowered = panels[1].image[10, 22].astype(int)
    assert lowered[2] > lowered[1] + 5  # lowered: purple


def test_edges_in_words() -> None:
    site = make_model("cen").sites[13]
    flow = Flow(site.name, "rgb", "depth", -0.25, np.zeros((1, 1), np.float32))
    own = Flow(site.name, "rgb", "rgb", 5.0, np.zeros((1, 1), np.float32))
    found = Conductance("n", "o", "of", "m", np.ones((1, 1), bool), (own, flow), 1.0, 0.5, {}, 8, 9)
    html = edges_html(found, [site])
    assert "depth → rgb" in html
    assert "−0.250 m" in html
    assert "−50.0 %" in html
    assert "1 of 1 edges between streams" in html


@pytest.mark.parametrize(
    ("deletion", "insertion", "verdict"),
    [(0.1, 0.9, "on both counts better"), (0.6, 0.4, "no better than at random"), (0.1, 0.4, "on one count alone")],
)
def test_verdicts_of_curves(deletion: float, insertion: float, verdict: str) -> None:
    two = np.array([0.0, 1.0])
    curve = Curve(two, np.full(2, deletion), np.full(2, insertion), np.full(2, 0.5), np.full(2, 0.5))
    assert verdict in curves_html(Curves(made(1, 1, 2), {"rgb": curve}))
