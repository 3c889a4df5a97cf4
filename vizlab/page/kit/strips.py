"""Strips of outside maps in network order, and the window in which one of them opens large."""

import math
from html import escape
from uuid import uuid4

from vizlab import views
from vizlab.core.registry import methods, title_of
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import badge, colour_bar, heading, panel_figure, tag, words
from vizlab.page.kit.images import LARGE_SIDE, THUMBNAIL_SIDE, data_uri
from vizlab.page.kit.words import NO_SHARE_AFTER, SAME, SHARE, STRIP_SENTENCE, THIS
from vizlab.rgbd import RGBDImage
from vizlab.views import ColourBar, Panel
from vizlab.views.figures import stream_title
from vizlab.views.outside import LAYERS, NOBODY_SENDS, Layer
from vizlab.views.palettes import stream_colour
from vizlab.views.panels import number, percent
from vizlab.views.shares import order_words

WITHOUT_SUM = "What they mix is not a sum, so nobody's part in it can be told."

OPEN_JS = """
let layer = 'outside';
const showLayer = () => {
  const shown = element.querySelector('[data-layer-shown]');
  const waiting = element.querySelector(`template[data-layer-of="${layer}"]`);
  if (shown && waiting) {  // they change places
    const aside = document.createElement('template');
    aside.dataset.layerOf = shown.dataset.layerShown;
    aside.content.append(...shown.childNodes);
    shown.append(waiting.content);
    shown.dataset.layerShown = layer;
    waiting.replaceWith(aside);
  }
  element.querySelectorAll('button[data-layer]').forEach((button) => {
    const chosen = button.dataset.layer === layer;
    button.setAttribute('aria-pressed', chosen);
    button.style.fontWeight = chosen ? 700 : 400;
  });
};
watch('value', showLayer);
element.addEventListener('click', (event) => {
  const choice = event.target.closest('button[data-layer]');
  if (choice) {
    layer = choice.dataset.layer;
    showLayer();
  }
  const thumbnail = event.target.closest('[data-site]');
  if (thumbnail) trigger('select', {model: thumbnail.dataset.model, site: thumbnail.dataset.site,
                                    target: thumbnail.dataset.target});
});
"""
"""In a gr.HTML: thumbnails tell Python which site was clicked, the layers of the window change in the browser."""


def strip(trace: FusionTrace) -> str:
    """All sites of a network that add, in its order, one row per target, on a colour range of the network's own.

    Of the others, which have no map, one sentence says which they are.
    """
    adding = [site.site for site in trace.sites.values() if site.site.additive]
    panels = {panel.key: panel for panel in views.outside_strip(trace)}
    rows = [
        _row(trace, target, [panels[f"outside/{site.name}/{target}"] for site in adding if target in site.targets])
        for target in dict.fromkeys(t for site in adding for t in site.targets)
    ]
    bar = next((p.legend for p in panels.values() if isinstance(p.legend, ColourBar)), None)
    title = tag("h4", escape(title_of(trace.model.family)), title=trace.model.name)
    precision = trace.environment.get("precision", "")
    named = ", ".join(part for part in (trace.model.name, precision) if part)
    name = words(f"{named}; sites: {order_words(trace)}", "vz-caption")
    head = tag("div", title + (colour_bar(bar) if bar else "") + name, "vz-strip-head")
    return tag("section", head + "".join(rows) + _without_map(trace), "vz-strip")


def _without_map(trace: FusionTrace) -> str:
    """Which sites mix without adding: they would be so many empty boxes."""
    without = {path: site.site for path, site in trace.sites.items() if not site.site.additive}
    named = [f"site {w.label}" for path, w in trace_words(trace).items() if path in without]
    why = WITHOUT_SUM if any(site.sources for site in without.values()) else NOBODY_SENDS
    return words(f"No map for {'; '.join(named)}. {why}", "vz-caption") if named else ""


def strip_panel(trace: FusionTrace) -> str:
    """The strip under its heading, with what brightness and share mean, and what a share is not."""
    sentence = f"{STRIP_SENTENCE} {SHARE}"
    return heading("Outside maps, site by site", sentence, badges=[badge(THIS)]) + strip(trace)


def _row(trace: FusionTrace, target: str, panels: list[Panel]) -> str:
    label = tag("span", f"{stream_mark(target)}into {escape(stream_title(trace, target))}", "vz-strip-label")
    cells = "".join(_thumbnail(trace, target, panel) for panel in panels)
    return tag("div", label + tag("div", cells, "vz-strip-cells"), "vz-strip-row")


def _thumbnail(trace: FusionTrace, target: str, panel: Panel) -> str:
    site = trace.sites[panel.key.removeprefix("outside/").removesuffix(f"/{target}")]
    name = trace_words(trace)[site.site.name].title
    share = float(site.cross_share[site.site.targets.index(target)])
    text = percent(share) if math.isfinite(share) else "–"
    image = f'<img src="{data_uri(panel.image, THUMBNAIL_SIDE)}" alt="" decoding="async">'
    return tag(
        "button",
        image + words(text, "vz-thumb-share"),
        "vz-thumb",
        type="button",
        title=f"{panel.title}: {panel.caption}",
        aria_label=f"open {name}, into {stream_title(trace, target)}",
        data_model=trace.model.name,
        data_site=site.site.name,
        data_target=target,
    )


def stream_mark(stream: str) -> str:
    """A dot in the stream's colour."""
    return tag("i", "", "vz-stream", style=f"background:{stream_colour(stream)}")


def open_site(analysis: Analysis, model: str, site: str, target: str) -> str:
    """One site large over the photograph, its layers one at a time, with its numbers and ways to its neighbours."""
    trace = analysis.trace_of(model)
    pictures = _layers(trace, analysis.picture.rgbd, site, target)
    called = trace_words(trace)[site]
    names = [s.site.name for s in trace.sites.values() if target in s.site.targets]
    at = names.index(site)
    head_text = f"{model} · {called.title} · into {stream_title(trace, target)}"
    head = words(head_text, "vz-title") + words(called.path, "vz-caption")
    steps = _step("‹", model, names[at - 1] if at else None, target, "previous site") + _step(
        "›", model, names[at + 1] if at + 1 < len(names) else None, target, "next site"
    )
    close = '<button type="button" class="vz-close" data-close aria-label="close">×</button>'
    bar = tag("header", tag("div", head) + tag("div", steps + close, "vz-window-buttons"))
    body = tag("div", pictures) + tag("div", _numbers(trace, site, target))
    window = bar + tag("div", body, "vz-window-body")
    dialog = tag("div", window, "vz-window", role="dialog", aria_modal="true", aria_label=head_text, tabindex="-1")
    # Closing hides the window in the browser only: a fresh mark makes the same site open again.
    return tag("div", dialog, "vz-curtain", data_opened=uuid4().hex)


def _layers(trace: FusionTrace, rgbd: RGBDImage, site: str, target: str) -> str:
    """The picture of one layer, a switch between them, and the other layer waiting in a template."""
    drawn = {layer: _layer(trace, rgbd, site, target, layer) for layer in LAYERS}
    first, *others = drawn
    if not trace.sites[site].site.additive:
        return drawn[first]
    choices = words("what came from other streams: ", "vz-caption") + "".join(
        tag(
            "button",
            about.title,
            "vz-small-button",
            type="button",
            data_layer=layer,
            aria_pressed=str(layer == first).lower(),
            style=f"font-weight:{700 if layer == first else 400}",
        )
        for layer, about in LAYERS.items()
    )
    waiting = "".join(tag("template", drawn[layer], data_layer_of=layer) for layer in others)
    return tag("div", choices) + tag("div", drawn[first], data_layer_shown=first) + waiting


def _layer(trace: FusionTrace, rgbd: RGBDImage, site: str, target: str, layer: Layer) -> str:
    """The picture, and what its brightness means where it has any."""
    panel = views.outside_over_photo(trace, rgbd, site, target, layer)
    meaning = tag("p", escape(LAYERS[layer].sentence), "vz-note") if panel.legend is not None else ""
    return panel_figure(panel, LARGE_SIDE, title=False) + meaning


def _step(text: str, model: str, site: str | None, target: str, label: str) -> str:
    if site is None:
        return f'<button type="button" disabled aria-label="{label}">{text}</button>'
    return tag("button", text, type="button", aria_label=label, data_model=model, data_site=site, data_target=target)


def _numbers(trace: FusionTrace, name: str, target: str) -> str:
    site = trace.sites[name]
    if not site.site.additive or site.share is None or site.energy is None:
        return ""
    row = site.site.targets.index(target)
    lines = [
        tag(
            "tr",
            tag("th", stream_mark(source) + escape(stream_title(trace, source)))
            + tag("td", percent(float(site.share[row, i])))
            + tag("td", number(float(site.energy[row, i]))),
        )
        for i, source in enumerate(site.site.sources)
    ]
    head = tag("tr", tag("th", "from") + tag("th", "share") + tag("th", "energy"))
    method = methods().get(trace.model.family)
    about = "" if method is None else method.site_note(site, row)
    depends = THIS if method is not None and method.note_of_picture else SAME
    said = tag("p", f"{escape(about)} {badge(depends)}", "vz-note") if about else ""
    after = tag("p", escape(_after(site, row)), "vz-note")
    return tag("table", head + "".join(lines)) + after + said + tag("p", escape(SHARE), "vz-note")


def _after(site: SiteTrace, row: int) -> str:
    """What other streams have after the activation that follows, or why nobody can say."""
    if site.share_after is None:
        return NO_SHARE_AFTER
    return f"After the activation that follows, other streams have {percent(float(site.share_after[row]))}."
