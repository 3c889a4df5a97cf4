"""The tab Effects as a user meets it: a sweep as it comes, its numbers those of Python, rings on the network map."""

import csv
import io
import math
import urllib.parse
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.instrument import open_tab, ready, state
from tests.page.page_process import NAMES, page_checkpoints, scenes
from vizlab.experiments.interventions.standing import effect_part, standings
from vizlab.experiments.interventions.sweep import Sweep, sweep
from vizlab.page.kit.analysis import Request
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

pytestmark = pytest.mark.browser
NETWORK = NAMES["mti"]
"""The one with the least to compute."""


@pytest.fixture(scope="module")
def by_python() -> Sweep:
    """Of the sweep that the page makes of its first scene what each edge does when it is cut, a third of the passes."""
    workspace = Workspace(Settings(checkpoints=page_checkpoints(), scenes=scenes()))
    request = Request(scene=workspace.scenes()[0], models=(NETWORK,), device=workspace.default_device())
    analysis = workspace.analyse(request)
    [model] = workspace.shelf.loaded((NETWORK,))
    return sweep(model, analysis.picture.rgbd, kinds=("total",))


def choose(page: Page, network: str) -> None:
    page.locator("#vz-effects .vz-networks label", has_text=network).click()


def wait_for_charts(page: Page) -> None:
    """Under load Gradio may lose an answer that comes right after another; asked again, what is known is drawn anew."""
    charts = page.locator("#vz-effects .js-plotly-plot")
    for _ in range(5):
        with suppress(AssertionError):
            expect(charts).to_have_count(2, timeout=20_000)
            return
        page.locator("#vz-effects").get_by_role("button", name="Sweep", exact=True).click()
    expect(charts).to_have_count(2)


def rows(page: Page) -> list[dict[str, str]]:
    link = page.locator("#vz-effects-table a.vz-csv").get_attribute("href")
    assert link is not None
    return list(csv.DictReader(io.StringIO(urllib.parse.unquote(link.partition(",")[2]))))


def edges_on_the_map(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate(
        """(name) => window.vizlabStage.then(({instrument}) => instrument.document.networks.find((n) => n.name === name)
             .flow.sites.flatMap((site) => site.edges.map((edge) => ({...edge, site: site.name}))))""",
        NETWORK,
    )
    return found


def test_a_sweep_comes_edge_by_edge_and_rings_the_map(open_page: OpenPage, by_python: Sweep) -> None:
    page = open_page(link="#tab=effects")
    expect(page.locator("#vz-effects")).to_be_visible()  # an address that names a tab opens it, drawn
    open_tab(page, "Stage", ".vv-grid")
    ready(page)
    page.evaluate("window.vizlabStage.then((s) => s.instrument.set({measure: 'share', opacity: 0.35}))")
    set_before = state(page)
    expect(page.locator(".m-site .m-effect")).to_have_count(0)
    open_tab(page, "Effects", "#vz-effects")
    choose(page, NETWORK)
    expect(page.locator("#vz-effects-table tr")).to_have_count(0)  # nothing until it is asked
    page.locator("#vz-effects").get_by_role("button", name="Sweep", exact=True).click()
    # So short a sweep may be over before a busy browser draws its beginning; `tests/page/test_effects.py` stops one.
    expect(page.locator("#vz-effects-said")).to_contain_text("they do not add up")
    expect(page.locator("#vz-effects-said")).not_to_contain_text("not finished yet")
    wait_for_charts(page)
    read = rows(page)
    assert len(read) == len(by_python.rows) * len(by_python.tasks)
    wanted = [
        (row.edge.site, row.edge.target, row.edge.source or "all", task, row.share, row.total[at])
        for row in by_python.rows
        for at, task in enumerate(by_python.tasks)
    ]
    for line, (site, target, source, task, *values) in zip(read, wanted, strict=True):
        assert (line["site"], line["target"], line["source"], line["task"]) == (site, target, source, task)
        assert [float(line[name]) for name in ("share", "total")] == pytest.approx(
            values, rel=1e-4, abs=1e-6, nan_ok=True
        )
    known = {(row.edge.site, row.edge.target, row.edge.source): row for row in by_python.rows}
    stands = standings(by_python)
    drawn = edges_on_the_map(page)
    for edge in drawn:
        row = known[edge["site"], edge["target"], edge["source"]]
        assert edge["effect"] == pytest.approx(effect_part(by_python, row), rel=1e-4)
        assert edge["standing"] == stands.get(row.edge)
        assert "of what cutting every edge does" in edge["sentence"]
    assert state(page) == set_before
    page.get_by_role("tab", name="Stage").click()
    rings = page.locator(f'.m-site[data-network="{NETWORK}"] .m-effect')
    expect(rings).to_have_count(sum(edge["effect"] > 0 for edge in drawn))
    expect(page.locator(".vz-map-legend")).to_contain_text("area: effect")


@pytest.mark.slow
def test_the_next_visitor_sees_it_at_once_sorts_it_and_opens_a_site(open_page: OpenPage, by_python: Sweep) -> None:
    """After the sweep of the test before, or one of his own."""
    page = open_page()
    ready(page)
    open_tab(page, "Effects", "#vz-effects")
    choose(page, NETWORK)
    if not page.locator("#vz-effects-table tr").count():
        page.locator("#vz-effects").get_by_role("button", name="Sweep", exact=True).click()
        expect(page.locator("#vz-effects .js-plotly-plot")).to_have_count(2)
    page.locator('#vz-effects-table th[data-key="part"] button').click()
    first = page.locator("#vz-effects-table tbody tr").first
    parts = {row.edge: effect_part(by_python, row) for row in by_python.rows}
    most = max(parts, key=lambda edge: -1 if math.isnan(parts[edge]) else parts[edge])
    button = first.locator("button[data-site]")
    expect(button).to_have_attribute("data-site", most.site)
    expect(button).to_have_attribute("data-target", most.target)
    button.click()
    expect(page.locator(".vv-network-map")).to_be_visible()
    site = {"network": NETWORK, "site": most.site, "target": most.target, "source": most.source}
    assert state(page)["site"] == site
    expect(page.locator(".vv-site")).to_contain_text("of what cutting every edge does")
