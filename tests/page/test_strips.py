"""What strips and the window of a site print, read back from their HTML, against numbers computed here."""

import base64
import io
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from PIL import Image

from vizlab.core.registry import methods
from vizlab.core.trace import FusionTrace
from vizlab.page.kit.analysis import Analysis, Picture, Request
from vizlab.page.kit.strips import OPEN_JS, open_site, strip, strip_panel
from vizlab.page.kit.words import NO_SHARE_AFTER, SHARE, STRIP_SENTENCE
from vizlab.rgbd import RGBDImage
from vizlab.views.outside import LAYERS, NOT_ADDITIVE

TRACES = ["cen_trace", "multitask_trace", "multimodal_multitask_trace", "nddr_trace", "mti_trace"]


def told_apart(trace: FusionTrace) -> FusionTrace:
    """The trace with shares and energies that are different for every site, target and source."""
    sites, count = {}, 0
    for name, site in trace.sites.items():
        if site.share is None:
            sites[name] = site
            continue
        size = site.share.size
        energy = (1 + np.arange(count, count + size, dtype=np.float32) / 7).reshape(site.share.shape)
        share = np.random.default_rng(count).dirichlet(np.ones(site.share.shape[1]), len(site.share)).astype(np.float32)
        after = None if site.share_after is None else np.linspace(0.2, 0.8, len(share), dtype=np.float32)
        sites[name], count = replace(site, share=share, energy=energy, share_after=after), count + size
    return replace(trace, sites=sites)


@pytest.fixture(params=TRACES)
def trace(request: pytest.FixtureRequest) -> FusionTrace:
    return told_apart(request.getfixturevalue(request.param))


def analysed(trace: FusionTrace, rgbd: RGBDImage) -> Analysis:
    return Analysis("key", Request(), Picture("a picture", rgbd, None), {trace.model.name: trace})


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", html)).split())


def written(share: float) -> str:
    return f"{round(100 * share, 1):.1f} %"


def titled(trace: FusionTrace, stream: str) -> str:
    """How a stream is called on the page: a task that could be taken for an input says that it is one."""
    if "/" in stream:
        return " from ".join(stream.split("/"))
    return f"{stream} task" if stream == "depth" and len(trace.model.tasks) > 1 else stream


def rows_of(html: str) -> dict[str, list[tuple[str, str, str]]]:
    """By the label of a row: site, target and number of each of its thumbnails."""
    found = {}
    for row in re.findall(r'<div class="vz-strip-row">(.*?)</div></div>', html, re.DOTALL):
        label = text_of(row.split('<div class="vz-strip-cells">')[0])
        buttons = re.findall(
            r'data-site="([^"]*)" data-target="([^"]*)">.*?<span class="vz-thumb-share">([^<]*)</span>', row
        )
        found[label] = buttons
    return found


def test_every_thumbnail_has_the_share_of_its_site_and_target(trace: FusionTrace) -> None:
    rows = rows_of(strip(trace))
    adding = [s for s in trace.sites.values() if s.site.additive]
    targets = list(dict.fromkeys(t for s in adding for t in s.site.targets))
    assert list(rows) == [f"into {titled(trace, t)}" for t in targets]
    for target in targets:
        expected = []
        for site in (s for s in adding if target in s.site.targets):
            assert site.share is not None
            row = site.share[site.site.targets.index(target)]
            others = sum(float(v) for v, source in zip(row, site.site.sources, strict=True) if source != target)
            expected.append((site.site.name, target, written(others)))
        assert rows[f"into {titled(trace, target)}"] == expected


def test_a_thumbnail_calls_its_site_by_its_place(mti_trace: FusionTrace) -> None:
    labels = re.findall(r'aria-label="(open [^"]*)" data-model="[^"]*" data-site="([^"]*)"', unescape(strip(mti_trace)))
    assert ("open site 4 of 7, distillation, scale 3, 96 channels, into depth task", "distillation_scale_3") in labels


def test_sites_that_do_not_add_are_named_once_and_not_drawn(mti_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    """Twelve hatched boxes, one for each target of three propagations, said nothing that a sentence does not."""
    text = text_of(strip(mti_trace))
    named = ("1, propagation, scale 3", "2, propagation, scale 2", "3, propagation, scale 1")
    assert "No map for " + "; ".join(f"site {one}" for one in named) + "." in text
    assert "fpm_scale" not in strip(mti_trace)
    assert "No map" not in strip(cen_trace)


def test_a_strip_says_in_which_order_its_sites_stand(trace: FusionTrace) -> None:
    order = methods()[trace.model.family].order_words
    named = f"{trace.model.name}, {trace.environment['precision']}"
    assert f"{named}; sites: {order}" in text_of(strip(trace))
    assert ("from input to output" in text_of(strip(trace))) == (trace.model.family != "mti-net")


def test_the_window_has_every_number_under_its_stream(trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    analysis = analysed(trace, small_rgbd)
    for name in list(trace.sites)[:: max(1, len(trace.sites) // 4)]:
        site = trace.sites[name]
        for index, target in enumerate(site.site.targets):
            html = open_site(analysis, trace.model.name, name, target)
            place = f"site {list(trace.sites).index(name) + 1} of {len(trace.sites)}"
            head = re.escape(f"{trace.model.name} · {place}") + r", [^·]*?, \d+ channels · into (.*?)"
            assert re.search(rf"{head}{re.escape(name)} ", text_of(html))[1].strip() == titled(trace, target)  # type: ignore[index]
            table = [re.findall("<t[hd]>(.*?)</t[hd]>", row) for row in re.findall("<tr>(.*?)</tr>", html)]
            if not site.site.additive:
                assert not table
                assert NOT_ADDITIVE in text_of(html)
                continue
            assert site.share is not None
            assert site.energy is not None
            found = {text_of(source): (share, energy) for source, share, energy in table[1:]}
            assert list(found) == [titled(trace, s) for s in site.site.sources]
            for position, source in enumerate(site.site.sources):
                share, energy = found[titled(trace, source)]
                assert share == written(float(site.share[index, position]))
                assert float(energy) == pytest.approx(float(site.energy[index, position]), rel=0.005)


def test_the_window_says_what_is_left_after_the_activation(
    cen_trace: FusionTrace, nddr_trace: FusionTrace, small_rgbd: RGBDImage
) -> None:
    trace = told_apart(cen_trace)
    name = list(trace.sites)[5]
    for target, share in (("rgb", "20.0 %"), ("depth", "80.0 %")):
        text = text_of(open_site(analysed(trace, small_rgbd), trace.model.name, name, target))
        assert f"After the activation that follows, other streams have {share}." in text
        assert f"before the activation, {share} after it" in text
        assert NO_SHARE_AFTER not in text
    text = text_of(open_site(analysed(nddr_trace, small_rgbd), nddr_trace.model.name, "nddr.stage2", "depth"))
    assert NO_SHARE_AFTER in text


def test_the_window_has_both_layers_and_a_switch(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    html = open_site(analysed(cen_trace, small_rgbd), cen_trace.model.name, list(cen_trace.sites)[8], "depth")
    shown = re.findall(r'<div data-layer-shown="(\w+)">(.*?)</figure>(.*?)</div>', html, re.DOTALL)
    waiting = re.findall(r'<template data-layer-of="(\w+)">(.*?)</figure>(.*?)</template>', html, re.DOTALL)
    assert [layer for layer, *_ in shown] == ["outside"]
    assert [layer for layer, *_ in waiting] == ["received"]
    for layer, figure, meaning in (*shown, *waiting):
        words = LAYERS[layer]  # type: ignore[index]
        assert f'title="{words.label}"' in unescape(figure)
        assert text_of(meaning) == words.sentence
    assert shown[0][1] != waiting[0][1]
    buttons = re.findall(r'<button[^>]*data-layer="(\w+)" aria-pressed="(\w+)"[^>]*>([^<]*)<', html)
    assert buttons == [("outside", "true", "its variation"), ("received", "false", "all of it")]
    assert "button[data-layer]" in OPEN_JS
    assert "template[data-layer-of=" in OPEN_JS


def test_the_windows_pictures_are_of_its_target(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    """A map that is bright for rgb alone leaves the photograph of depth as it is."""
    name = list(cen_trace.sites)[8]
    site = cen_trace.sites[name]
    outside = np.zeros_like(site.outside)
    outside[0] = 5
    trace = replace(cen_trace, sites={**cen_trace.sites, name: replace(site, outside=outside)})
    grey = {}
    for target in ("rgb", "depth"):
        html = open_site(analysed(trace, small_rgbd), trace.model.name, name, target)
        source = re.search(r'src="data:[^,]*,([^"]*)"', html)
        assert source
        with Image.open(io.BytesIO(base64.b64decode(source[1]))) as image:
            pixels = np.asarray(image.convert("RGB")).astype(int)
        grey[target] = np.ptp(pixels, axis=2).mean() < 3
    assert grey == {"rgb": False, "depth": True}


def test_steps_lead_to_the_neighbours_of_the_same_target(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    names = list(cen_trace.sites)
    for at in (0, 7, len(names) - 1):
        html = open_site(analysed(cen_trace, small_rgbd), cen_trace.model.name, names[at], "depth")
        assert f"site {at + 1} of {len(names)}" in text_of(html)
        steps = re.findall(
            r'aria-label="(previous|next) site" data-model="[^"]*" data-site="([^"]*)" data-target="(\w+)"', html
        )
        expected = [("previous", names[at - 1], "depth")] if at else []
        expected += [("next", names[at + 1], "depth")] if at + 1 < len(names) else []
        assert steps == expected


def test_the_note_on_a_site_is_of_its_target(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    name = next(n for n, s in cen_trace.sites.items() if np.ptp(s.weights["exchanged"].sum(1)))
    weights = cen_trace.sites[name].weights
    for target, row in zip(("rgb", "depth"), weights["exchanged"], strict=True):
        text = text_of(open_site(analysed(cen_trace, small_rgbd), cen_trace.model.name, name, target))
        assert f"{int(row.sum())} of {row.size} channels are exchanged" in text


def test_sentences_say_what_a_map_and_a_share_are() -> None:
    assert "most from other streams" not in STRIP_SENTENCE
    assert "differs most from its own mean" in STRIP_SENTENCE
    assert "brightness does not compare between networks" in STRIP_SENTENCE
    for words in ("before any activation", "not what reaches the output", "A share is not an effect"):
        assert words in SHARE


def test_a_strip_comes_with_both_sentences(trace: FusionTrace) -> None:
    text = text_of(strip_panel(trace))
    assert STRIP_SENTENCE in text
    assert SHARE in text
