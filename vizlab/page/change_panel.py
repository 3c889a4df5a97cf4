"""What can be done to the edge that was clicked in the network map, and the stack of what is done: as HTML."""

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from vizlab.core.changes import ALL_OTHERS
from vizlab.core.outputs import answers
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.experiments.interventions.effect import OutputEffect
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.changes import StackedChange
from vizlab.page.kit.html import badge, tag, words
from vizlab.tasks import class_names
from vizlab.views.figures import stream_title
from vizlab.views.formatting import percent_words

HINT = (
    "Click an edge or a site of the map: what it sends can be cut, scaled, or replaced, and every picture then shows "
    "before, after and difference (preset “change”)."
)
NOTHING_SENT = "Nothing comes from another stream here, so there is nothing to change."
_METRICS = {
    "accuracy": ("pixel accuracy", 100, "%"), "miou": ("mIoU", 100, "%"), "rmse": ("RMSE", 1, "m"),
    "angle": ("mean angle to the reference", 1, "°"),
}  # fmt: skip


def panel(analysis: Analysis, selected: Mapping[str, Any] | None, scenes: Mapping[str, str]) -> str:
    """The whole panel; `selected` is what was clicked (network, site, target, source), `scenes` titles by name."""
    stacks = {name: [c.to_dict() for c in analysis.request.changes.get(name, ())] for name in analysis.traces}
    here = _edge(analysis, selected, _others(analysis, scenes)) or tag("p", escape(HINT), "vz-note")
    listed = "".join(_stack(analysis, name) for name in analysis.traces if analysis.request.changes.get(name))
    return tag("div", here + listed, "vz-changes", data_stacks=json.dumps(stacks))


def _others(analysis: Analysis, scenes: Mapping[str, str]) -> dict[str, str]:
    """Without the one on show: its own part in its place changes nothing."""
    here = None if analysis.request.own_files else analysis.request.scene
    return {name: title for name, title in scenes.items() if name != here}


def _edge(analysis: Analysis, selected: Mapping[str, Any] | None, scenes: Mapping[str, str]) -> str:
    """What can be done at the selected site; empty where nothing is selected that this analysis has."""
    found = selected or {}
    network, site = str(found.get("network") or ""), str(found.get("site") or "")
    try:
        trace = analysis.trace_of(network)
        of_site = trace.sites[site]
    except (InputError, KeyError):
        return ""
    target = str(found.get("target") or "")
    target = target if target in of_site.site.targets else of_site.site.targets[0]
    source = str(found.get("source") or "")
    sources = [name for name in of_site.site.sources if name != target] if of_site.site.additive else []
    source = source if source in sources else sources[0] if len(sources) == 1 else ""
    where = {"data_network": network, "data_site": site, "data_target": target}
    title = f"{network}: {trace_words(trace)[site].title}, what comes to {stream_title(trace, target)}"
    head = tag("h4", escape(title))
    if of_site.site.apart:
        return tag("div", head + tag("p", escape(NOTHING_SENT), "vz-note"), "vz-change-here", **where)
    return tag("div", head + _from(trace, sources, source) + _actions(trace, site, scenes), "vz-change-here", **where)


def _from(trace: FusionTrace, sources: Sequence[str], source: str) -> str:
    """Which edges are meant."""
    if len(sources) < 2:
        sender = stream_title(trace, sources[0]) if sources else ALL_OTHERS
        return tag("input", "", type="hidden", name_="source", value=source) + words(f"from {sender}", "vz-quiet-text")
    names = {**{name: stream_title(trace, name) for name in sources}, "": ALL_OTHERS}
    options = "".join(
        tag("option", escape(title), value=name, **({"selected": ""} if name == source else {}))
        for name, title in names.items()
    )
    return tag("label", "from " + tag("select", options, name_="source", aria_label="the stream that sends"))


def _actions(trace: FusionTrace, site: str, scenes: Mapping[str, str]) -> str:
    def button(text: str, by: str, tip: str) -> str:
        return tag("button", escape(text), type="button", data_by=by, title=tip)

    slider = tag("input", "", type="range", name_="factor", min="0", max="2", step="0.05", value="0.5",
                 aria_label="factor")  # fmt: skip
    options = "".join(tag("option", escape(title), value=name) for name, title in scenes.items())
    other = tag("select", options, name_="scene", aria_label="another scene") if scenes else ""
    put_in = tag("span", other + button("Put in", "scene", "the part of this scene in its place"), "vz-pair")
    parts = [
        button("Cut", "cut", "what the target would have without it"),
        button("Mean", "mean", "each channel's mean over the picture in its place"),
        tag("span", slider + tag("output", "0.5") + button("Scale", "scale", "times this factor; 0 cuts"), "vz-pair"),
        put_in if other else "",
        *_controls(trace),
    ]
    return tag("div", "".join(parts), "vz-change-actions")


def _controls(trace: FusionTrace) -> Iterator[str]:
    """A value for each control, at this site alone."""
    for name, value in trace.model.settings.items():
        given = tag("input", "", type="number", name_=name, value=f"{value:g}", step="any", min="0",
                    aria_label=f"{name} at this site")  # fmt: skip
        button = tag("button", escape(f"Set {name} here"), type="button", data_by="set", data_control=name,
                     title="at this site alone; a value above every scale swaps all of them")  # fmt: skip
        yield tag("span", given + button, "vz-pair")


def _stack(analysis: Analysis, network: str) -> str:
    trace, stack = analysis.traces[network], analysis.request.changes[network]
    rows = "".join(_row(trace, place, change) for place, change in enumerate(stack))
    head = tag("b", escape(network)) + badge(f"{sum(c.on for c in stack)} of {len(stack)} in force", "warn")
    head += tag("button", "remove all", "vz-quiet", type="button", data_clear=network)
    said = tag("p", escape(effect_words(analysis, network)), "vz-change-effect", role="status")
    return tag("div", head + tag("ol", rows) + said, "vz-change-stack", data_network=network)


def _row(trace: FusionTrace, place: int, change: StackedChange) -> str:
    known = trace_words(trace)
    site = known[change.site].title if change.site in known else change.site
    target = stream_title(trace, change.target) if change.target else "all"
    source = stream_title(trace, change.source) if change.source else ALL_OTHERS
    what = f"{site}: {change.words}" if change.by == "set" else f"{site}: {source} to {target}, {change.words}"
    checked = {"checked": ""} if change.on else {}
    toggle = tag("input", "", type="checkbox", data_toggle=str(place), aria_label=f"in force: {what}", **checked)
    name = tag("input", "", type="text", value=change.name, placeholder="name", data_rename=str(place), maxlength="60",
               aria_label="name of this change")  # fmt: skip
    remove = tag("button", "×", type="button", data_remove=str(place), aria_label=f"remove: {what}")
    return tag("li", tag("label", toggle + words(what)) + name + remove)


def effect_words(analysis: Analysis, network: str) -> str:
    """What the changes in force did to the answers of a network; that none is, where none is."""
    effects = answers(analysis.effects.get(network, {}))
    if not effects:
        return "None is in force: the network is as it is."
    return " ".join(_effect(analysis.traces[network], effect) for effect in effects.values())


def _effect(trace: FusionTrace, effect: OutputEffect) -> str:
    if effect.size == 0:
        return f"{effect.task}: nothing moves."
    parts = [f"{effect.task}: {effect.name} {_number(effect.size)} {effect.unit}".rstrip()]
    if effect.flipped is not None:
        parts.append(f"{percent_words(effect.share_flipped)} of its cells change class" + _most(trace, effect))
    for name, (before, after) in effect.metrics.items():
        if name in _METRICS:
            title, factor, unit = _METRICS[name]
            parts.append(f"{title} {factor * before:.3g} → {factor * after:.3g} {unit}")
    return "; ".join(parts) + "."


def _most(trace: FusionTrace, effect: OutputEffect) -> str:
    if not effect.flips:
        return ""
    was, now, _ = effect.flips[0]
    classes = class_names(effect.task, trace.model.classes)
    named = [classes[i] if i < len(classes) else f"class {i}" for i in (was, now)]
    return f", most from {named[0]} to {named[1]}"


def _number(value: float) -> str:
    return f"{value:.3g}"
