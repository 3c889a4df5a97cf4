"""What if an edge were cut: from a click on the map to numbers, pictures and the address."""

import re

import pytest
from playwright.sync_api import Page, expect

import vizlab
from tests.browser.conftest import OpenPage
from tests.browser.instrument import open_scene, open_tab, ready
from tests.page.page_process import NAMES, page_checkpoints
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.scene_scores import scene_picture

pytestmark = pytest.mark.browser
CEN, SITE = NAMES["cen"], "features.14.conv.1.1"


def click_site(page: Page, site: str) -> None:
    page.locator(f'.vz-map [data-network="{CEN}"][data-site="{site}"]').click()
    expect(page.locator(f'.vz-change-here[data-site="{site}"]')).to_be_visible()


def said(page: Page) -> str:
    return page.locator(".vz-change-effect").inner_text()


def test_an_edge_is_cut_scaled_switched_off_and_kept(visitor: Page, open_page: OpenPage) -> None:
    """The effect is Python's; before, after and difference are there; the stack outlives the scene and the visit."""
    page = visitor
    open_tab(page, "Stage", ".vv-grid")
    click_site(page, SITE)
    target = page.locator(".vz-change-here").get_attribute("data-target")
    source = {"rgb": "depth", "depth": "rgb"}[target or ""]
    page.locator('[data-by="cut"]').click()
    expect(page.locator(".vz-change-stack")).to_be_visible()
    ready(page)
    rgbd, truth = scene_picture(load_scene(list_scenes()[0]))
    model = vizlab.load_model(page_checkpoints() / f"{CEN}.safetensors")
    effect = vizlab.intervene(model, rgbd, [vizlab.cut(SITE, target=target, source=source)], truth=truth)
    assert f"KL {effect.kl:.3g} nats" in said(page)
    before, after = effect.outputs["semseg/ensemble"].metrics["miou"]
    assert f"mIoU {100 * before:.3g} → {100 * after:.3g} %" in said(page)

    page.locator(".vz-instrument button", has_text=re.compile("^change$")).click()
    ready(page)
    titles = page.locator(".vv-cell").all_inner_texts()
    assert any("own setting" in text for text in titles)
    assert any("change" in text for text in titles)

    page.locator('[data-by="scale"]').click()
    expect(page.locator(".vz-change-stack")).to_contain_text("times 0.5")
    half = vizlab.intervene(model, rgbd, [vizlab.do(SITE, target, source, 0.5)])
    assert f"KL {half.kl:.3g} nats" in said(page)

    open_scene(page, list_scenes()[1])
    expect(page.locator(".vz-change-stack")).to_contain_text("times 0.5")
    elsewhere, truth = scene_picture(load_scene(list_scenes()[1]))
    there = vizlab.intervene(model, elsewhere, [vizlab.do(SITE, target, source, 0.5)])
    expect(page.locator(".vz-change-effect")).to_contain_text(f"KL {there.kl:.3g} nats")

    page.locator("#vz-change-panel [data-toggle]").click()
    expect(page.locator(".vz-change-effect")).to_have_text("None is in force: the network is as it is.")
    page.locator("#vz-change-panel [data-toggle]").click()
    expect(page.locator(".vz-change-effect")).to_contain_text(f"KL {there.kl:.3g} nats")
    # The address follows once the viewer has opened what is shown: "1" behind the factor says that it is in force.
    page.wait_for_url(re.compile(re.escape("%21scale%210.5%21%211%21")))

    again = open_page(link="#" + page.url.split("#", 1)[1])
    expect(again.locator(".vz-change-effect")).to_contain_text(f"KL {there.kl:.3g} nats")
    again.locator("#vz-change-panel [data-clear]").click()
    expect(again.locator(".vz-change-stack")).to_have_count(0)
    expect(again.locator("#vz-status")).not_to_contain_text("in force")
    page.locator("#vz-change-panel [data-clear]").click()
    expect(page.locator(".vz-change-stack")).to_have_count(0)
