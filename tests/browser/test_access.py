"""Manners of the page in every tab: who cannot see it, who has a phone, who has only keys, who is new to the field."""

import re
from contextlib import suppress
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.browser.conftest import OpenPage
from tests.browser.instrument import ready, state
from vizlab.page.glossary import GLOSSARY

pytestmark = pytest.mark.browser

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
TERMS = {term.name: term for term in GLOSSARY}
PLOT = ".js-plotly-plot:visible .main-svg"
DRAWN = {
    "stage": ".vv-cell",
    "predictions": "#vz-predictions .vz-grid",
    **dict.fromkeys(("cen", "nddr-cnn", "mti-net"), PLOT),
    **{name: f"#vz-{name}" for name in ("effects", "attribution", "sensors", "modalities")},
    "scenes": ".vz-scene-rows tr",
    "cards": "#vz-card h3",
}
"""By tab, what is there once it is drawn."""
ALIKE = [[".js-plotly-plot svg"], [".vz-thumb:nth-child(n+4)"], [".vz-scene-rows tbody tr:nth-child(n+5)"]]
"""What axe need not look at again: rows and thumbnails after the first ones, and the insides of charts."""
TABS = (
    "stage", "predictions", "cen", "nddr-cnn", "mti-net", "effects", "attribution",
    "sensors", "modalities", "scenes", "study", "cards",
)  # fmt: skip

OUTSIDE = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (element) => {
    let one = element.parentElement;
    const within = (box) => box.getBoundingClientRect().right <= width + 1;
    const held = (box) => /auto|scroll/.test(getComputedStyle(box).overflowX) && within(box);
    while (one && !held(one))
      one = one.parentElement;
    return one !== null && one !== document.documentElement && one !== document.body;
  };
  return [...document.querySelectorAll('.gradio-container *')].filter((element) => {
    const box = element.getBoundingClientRect();
    return box.width && box.height && box.right > width + 1 && getComputedStyle(element).visibility !== 'hidden'
      && !element.closest('svg, .visually-hidden, .sr-only, details:not([open]) > :not(summary)') && !scrolls(element);
  }).map((element) => `${element.tagName}.${element.className}: ${element.getBoundingClientRect().right}`).slice(0, 5);
}"""
"""What ends to the right of the page and cannot be scrolled to."""
CUT = """() => [...document.querySelectorAll(
    '.tabitem :is(h2, h3, h4, p, figcaption, button, .vz-badge), .js-plotly-plot .gtitle')]
  .filter((element) => element.getClientRects().length && !element.closest('.vz-scene-rows, .vv-cell'))
  .filter((element) => {
    const chart = element.closest('svg');
    if (chart) return element.getBoundingClientRect().right > chart.getBoundingClientRect().right + 2;
    return getComputedStyle(element).overflowX !== 'visible' && element.scrollWidth > element.clientWidth + 2;
  }).map((element) => element.textContent.slice(0, 60))"""
"""Titles and sentences of the open tab that are cut off, those of charts as well."""
SMALL = """() => [...document.querySelectorAll('.vv-cell :is(button, select), .vv-legend button')]
  .map((element) => [element.className, element.getBoundingClientRect()])
  .filter(([, box]) => box.width && Math.min(box.width, box.height) < 23.9)
  .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
"""What is pressed at a picture and in its legend and is smaller than a finger needs, 24 px (WCAG 2.2, 2.5.8)."""


@pytest.fixture(scope="module")
def desktop_page(visit: OpenPage) -> Page:
    """One page for all tests: charts are slow to draw. Nothing moves, so that colours are what they will be."""
    page = visit(1280, 800)
    page.emulate_media(reduced_motion="reduce")
    return page


@pytest.fixture
def desktop(desktop_page: Page) -> Page:
    return fresh(desktop_page, 1280, 800)


def fresh(page: Page, width: int, height: int) -> Page:
    """The same page as it was opened: light, of that size, the stage in sight, no window over it."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("while (window.vizlabDialogs.close()); document.body.classList.remove('dark', 'vv-presenting')")
    go_to(page, "stage")
    ready(page)
    return page


def go_to(page: Page, place: str) -> None:
    """Click the tab, wherever the bar has it, and wait until it is drawn."""
    tab = page.get_by_role("tab", name=page.evaluate("name => window.vizlabLink.titles[name]", place), exact=True)
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    if place in DRAWN:
        expect(page.locator(DRAWN[place]).first).to_be_visible()


def violations(page: Page, whole: bool, rules: tuple[str, ...] = (), without: str = "") -> list[str]:
    """What axe finds serious or critical in the open tab, or on the whole page.

    `rules` are all it has, if none; the rule `without` is left out.
    """
    context = "document" if whole else f"{{include: [panel], exclude: {ALIKE}}}"
    options = {"resultTypes": ["violations"], "preload": False, **({"runOnly": list(rules)} if rules else {})}
    options |= {"rules": {without: {"enabled": False}}} if without else {}
    found = page.evaluate(
        "(options) => { const seen = (one) => one.getClientRects().length;"
        "const panel = [...document.querySelectorAll('[role=tabpanel]')].find(seen);"
        f"return axe.run({context}, options).then((found) => found.violations); }}",
        options,
    )
    return [
        f"{one['id']}: {node['html'][:160]} ({(node['failureSummary'] or '')[:200]})"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize(
    ("width", "places"),
    [
        pytest.param(1280, ("stage", "predictions", "effects"), id="a few tabs"),
        pytest.param(1280, TABS, id="every tab", marks=pytest.mark.slow),
        pytest.param(390, TABS, id="every tab of a phone", marks=pytest.mark.slow),
    ],
)
def test_axe_finds_nothing_serious(desktop: Page, width: int, places: tuple[str, ...]) -> None:
    desktop.set_viewport_size({"width": width, "height": 800})
    desktop.evaluate(AXE)
    found: dict[str, list[str]] = {}
    for place in places:
        go_to(desktop, place)
        desktop.wait_for_timeout(700)  # words are marked, charts described
        # A theme is colours and nothing else, and they are the same at every width.
        wide = width == 1280
        for theme, rules in (("light", ()), ("dark", ("color-contrast",)))[: 2 if wide else 1]:
            desktop.evaluate("dark => document.body.classList.toggle('dark', dark)", theme == "dark")
            if bad := violations(desktop, place == "stage", rules, "" if wide else "color-contrast"):
                found[f"{place}, {theme}"] = bad
    assert not found, found


@pytest.mark.parametrize(
    "width", [390, 1280, *(pytest.param(width, marks=pytest.mark.slow) for width in (820, 1024, 1920))]
)
def test_every_tab_fits_every_width(desktop: Page, width: int) -> None:
    page = desktop
    page.set_viewport_size({"width": width, "height": 800})
    for place in TABS:
        go_to(page, place)
        page.wait_for_timeout(250)  # charts take their new width
        assert page.evaluate("document.documentElement.scrollWidth") <= width, place
        assert left(page, OUTSIDE) == [], place
        assert left(page, CUT) == [], place
        assert width > 390 or left(page, SMALL) == [], place
        tab = page.locator("#vz-tabs [role=tab][aria-selected=true]").bounding_box()
        assert tab is not None
        assert tab["x"] >= -1
        assert tab["x"] + tab["width"] <= width + 1, f"the tab {place} is not in sight"
        nothing_is_under_the_status_bar(page, place)
    on_top(page.get_by_role("button", name="Run", exact=True))


def left(page: Page, script: str) -> list[str]:
    """What `script` finds once nothing changes any more: on a busy machine charts take their width late."""
    with suppress(TimeoutError):
        page.wait_for_function(f"({script})().length === 0", timeout=30_000)
    found: list[str] = page.evaluate(script)
    return found


def nothing_is_under_the_status_bar(page: Page, place: str) -> None:
    """Scrolled to its end, the last thing of the page stands above the bar."""
    page.evaluate("window.scrollTo(0, document.documentElement.scrollHeight)")
    last, bar = page.evaluate(
        "() => { const box = (one) => one.getBoundingClientRect();"
        "const ends = [...document.querySelectorAll('[role=tabpanel], footer')].map((one) => box(one).bottom);"
        "return [Math.max(...ends), box(document.querySelector('#vz-status'))]; }"
    )
    fixed = page.locator("#vz-status").evaluate("bar => getComputedStyle(bar).position === 'fixed'")
    assert not fixed or last <= bar["top"] + 1, place
    page.evaluate("window.scrollTo(0, 0)")


def on_top(button: Locator) -> None:
    """It can be scrolled to, and nothing lies over its middle."""
    button.scroll_into_view_if_needed()
    assert button.evaluate(
        "(one) => { const box = one.getBoundingClientRect();"
        "const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);"
        "return one === hit || one.contains(hit); }"
    )


def test_controls_stay_in_sight_and_a_long_name_does_not_stretch_the_bar(desktop: Page) -> None:
    go_to(desktop, "nddr-cnn")
    desktop.mouse.wheel(0, 2500)
    desktop.wait_for_function("window.scrollY > 500")
    button = desktop.locator("#vz-run").bounding_box()
    assert button is not None
    assert 0 <= button["y"] <= 800 - button["height"]
    name = desktop.locator(".vz-status b")
    before = name.inner_text()
    name.evaluate("(one) => { one.textContent = 'a long file name '.repeat(30); }")
    bar, details = (
        desktop.locator(".vz-status").bounding_box(),
        desktop.locator(".vz-status .vz-details").bounding_box(),
    )
    name.evaluate("(one, text) => { one.textContent = text; }", before)
    assert bar is not None
    assert details is not None
    assert bar["height"] <= 27
    assert details["x"] + details["width"] <= 1280


def test_every_slider_says_its_value_and_every_chart_what_it_shows(desktop: Page) -> None:
    for place, charts in (("stage", 0), ("cen", 4), ("nddr-cnn", 5)):
        go_to(desktop, place)
        expect(desktop.locator(".js-plotly-plot:visible:not([role=figure])")).to_have_count(0)
        for slider in desktop.locator("input[type=range]:visible").all():
            assert slider.get_attribute("aria-label"), place
            assert re.search(r"\d", slider.get_attribute("aria-valuetext") or ""), place
        plots = desktop.locator(".js-plotly-plot:visible").all()
        assert len(plots) >= charts
        for plot in plots:
            title = plot.locator(".gtitle").first.evaluate("one => (one.querySelector('tspan') ?? one).textContent")
            assert title
            label = plot.get_attribute("aria-label") or ""
            assert title in label
            assert "<" not in label
    opacity = desktop.locator("input[aria-label^='opacity']")
    go_to(desktop, "stage")
    opacity.fill("0.4")
    expect(opacity).to_have_attribute("aria-valuetext", "40 %")
    opacity.fill("1")


def focus_is_in(page: Page, selector: str) -> bool:
    return bool(page.evaluate("s => Boolean(document.activeElement.closest(s))", selector))


def test_windows_take_the_focus_keep_it_and_give_it_back(desktop: Page) -> None:
    go_to(desktop, "predictions")
    thumbnail = desktop.locator("#vz-predictions button.vz-thumb").nth(3)
    picture = desktop.locator("#vz-predictions img[data-enlarge]").nth(1)
    for opener, keys in ((thumbnail, "Enter"), (picture, "Enter")):
        opener.focus()
        desktop.keyboard.press(keys)
        expect(desktop.locator("[aria-modal=true]:visible")).to_have_count(1)
        desktop.wait_for_function("document.activeElement.closest('[aria-modal=true]')")
        for key in ("Tab", "Tab", "Tab", "Tab", "Shift+Tab", "Shift+Tab"):
            desktop.keyboard.press(key)
            assert focus_is_in(desktop, "[aria-modal=true]"), key
        desktop.keyboard.press("Escape")
        expect(desktop.locator("[aria-modal=true]:visible")).to_have_count(0)
        expect(opener).to_be_focused()


def test_help_holds_all_words_as_the_module_has_them(desktop: Page) -> None:
    desktop.get_by_role("button", name="help").click()
    shown = desktop.locator(".vz-words").evaluate(
        "list => Object.fromEntries([...list.querySelectorAll('dt')]"
        ".map((dt) => [dt.textContent, dt.nextElementSibling.textContent]))"
    )
    assert set(shown) == set(TERMS)
    for name, text in shown.items():
        term = TERMS[name]
        assert text == " ".join(part for part in (term.sentence, term.source, term.formula) if part)
    desktop.keyboard.press("Escape")
    expect(desktop.get_by_role("button", name="help")).to_be_focused()


def test_words_are_marked_once_a_panel_and_never_in_code_or_links(desktop: Page) -> None:
    met: set[str] = set()
    for place in ("predictions", "cen", "nddr-cnn", "mti-net"):
        go_to(desktop, place)
        expect(desktop.locator(".tabitem .vz-term:visible").first).to_be_visible()
        desktop.wait_for_timeout(500)
        marks = desktop.locator(".vz-term:visible").evaluate_all(
            "all => all.map((one) => [one.dataset.term, one.textContent, Boolean(one.closest('a, code, button'))])"
        )
        for name, text, _ in marks:
            assert text.lower() in {form.lower() for form in (name, *TERMS[name].forms)}
        assert not any(inside for *_, inside in marks)
        met |= {name for name, *_ in marks}
        twice = desktop.evaluate(
            "() => [...document.querySelectorAll('.block')].map((panel) => [...panel.querySelectorAll('.vz-term')]"
            ".filter((one) => one.closest('.block') === panel && !one.closest('.vz-window, .vz-strips'))"
            ".map((one) => one.dataset.term)).filter((names) => new Set(names).size < names.length)"
        )
        assert twice == []
    assert {"share", "site", "stream", "stage", "task", "exchange", "outside map", "effective rank"} <= met


def test_a_word_says_what_it_means_by_pointer_focus_and_tap(desktop: Page) -> None:
    go_to(desktop, "predictions")
    tip = desktop.get_by_role("tooltip")
    for mark in desktop.locator(".vz-term:visible").all()[:4]:
        term = TERMS[mark.get_attribute("data-term") or ""]
        mark.hover()
        expect(tip).to_have_text(term.name + term.sentence + term.source)
        expect(mark).to_have_attribute("aria-describedby", "vz-tip")
        desktop.keyboard.press("Escape")
        expect(tip).to_be_hidden()
        desktop.mouse.move(5, 5)
        mark.focus()
        expect(tip).to_contain_text(term.sentence)
        mark.blur()
        desktop.locator("#vz-run").focus()
        expect(tip).to_be_hidden()
        mark.click()
        expect(tip).to_contain_text(term.sentence)
        desktop.locator("body").click(position={"x": 2, "y": 2})
        expect(tip).to_be_hidden()


def test_the_tour_has_five_steps_and_ends_with_escape(desktop: Page) -> None:
    desktop.evaluate("localStorage.removeItem('vizlab-tour-seen')")
    for last in (5, 2):
        go_to(desktop, "predictions")
        expect(desktop.get_by_role("dialog")).to_have_count(0)  # it never opens by itself
        desktop.get_by_role("button", name="help").click()
        name = "take the tour: five steps" if last == 5 else "take the tour again"
        desktop.get_by_role("button", name=name).click()
        words = ("Look", "Point", "Compare", "Network map", "Take along")
        for at, word in enumerate(words[:last], 1):
            expect(desktop.get_by_role("dialog").locator("h2")).to_have_text(f"{at} of 5: {word}")
            expect(desktop.get_by_role("dialog").locator("h2")).to_be_focused()
            expect(desktop.locator(".vz-toured")).to_be_in_viewport()
            if at < last:
                desktop.get_by_role("button", name="next", exact=True).click()
        desktop.keyboard.press("Escape")
        expect(desktop.get_by_role("dialog")).to_have_count(0)
        expect(desktop.locator(".vz-toured")).to_have_count(0)
        expect(desktop.get_by_role("button", name="help")).to_be_focused()
        assert desktop.evaluate("localStorage.getItem('vizlab-tour-seen')") == "yes"


def test_presenting_fills_the_screen_and_escape_leaves(desktop: Page) -> None:
    caption = "getComputedStyle(document.querySelector('.vv-presets button')).fontSize"
    small = float(desktop.evaluate(caption).removesuffix("px"))
    desktop.locator("body").click(position={"x": 640, "y": 3})
    desktop.keyboard.press("v")
    expect(desktop.locator("body")).to_have_class(re.compile("vv-presenting"))
    assert float(desktop.evaluate(caption).removesuffix("px")) >= 1.25 * small
    ready(desktop)
    boxes: list[Any] = [one.bounding_box() for one in (*desktop.locator(".vv-cell").all(), desktop.locator(".vv-map"))]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 1280 for box in boxes)
    assert max(box["y"] + box["height"] for box in boxes) <= 800
    assert max(box["y"] + box["height"] for box in boxes) >= 700, "the screen is not filled"
    assert not desktop.evaluate("document.elementFromPoint(60, 400).closest('.vz-left')")
    desktop.keyboard.press("2")
    expect(desktop.locator(".vv-presets button").nth(1)).to_have_attribute("aria-checked", "true")
    desktop.keyboard.press("1")
    desktop.keyboard.press("Escape")
    expect(desktop.locator("body")).not_to_have_class(re.compile("vv-presenting"))
    on_top(desktop.get_by_role("button", name="Run", exact=True))


def test_keys_rest_under_a_window(desktop: Page) -> None:
    before = state(desktop)["preset"]
    desktop.get_by_role("button", name="help").click()
    for key in ("3", "v", "+"):
        desktop.keyboard.press(key)
    desktop.keyboard.press("Escape")
    assert state(desktop)["preset"] == before
    assert state(desktop)["zoom"]["k"] == 1
    expect(desktop.locator("body")).not_to_have_class(re.compile("vv-presenting"))


def test_who_wants_less_motion_gets_none(desktop: Page) -> None:
    moving = (
        "() => [...document.querySelectorAll('.gradio-container *')].filter((one) => getComputedStyle(one)"
        ".transitionDuration.split(', ').some((time) => parseFloat(time) > 0)).length"
    )
    desktop.emulate_media(reduced_motion="no-preference")
    try:
        assert desktop.evaluate(moving) > 0
    finally:
        desktop.emulate_media(reduced_motion="reduce")
    assert desktop.evaluate(moving) == 0
