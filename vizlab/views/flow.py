"""The network map's data: which streams there are, at which sites they meet, and what each sends to each there.

`Flow` in page/web/src/document.ts has the same shape, field by field.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from vizlab.core.method import Fixed, Method
from vizlab.core.registry import methods
from vizlab.core.site import Site
from vizlab.core.site_words import SiteWords, trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.views.figures import stream_title
from vizlab.views.formatting import percent_words, whose
from vizlab.views.outside import without_share
from vizlab.views.palettes import stream_colour
from vizlab.views.shares import order_words

_ANY = Method(family="", title="", sentence="")
"""What is said of a network whose method is not installed."""


def flow(trace: FusionTrace) -> dict[str, Any]:
    """Streams, sites in network order and edges of one traced network, JSON-ready; empty lists where nothing mixes.

    An edge's `share` is `SiteTrace.share[target, source]` (negative and above 1 as it is, None where undefined),
    `fixed` what the method's `edge_weight` says of the same edge. A stream's own part is no edge. `effect` and
    `standing` are None: a trace alone shows none (see `vizlab.experiments.interventions.map_effects`).
    """
    method = methods().get(trace.model.family, _ANY)
    sites = list(trace.sites.values())
    words = trace_words(trace)
    names = list(dict.fromkeys(stream for site in sites for stream in _streams(site.site)))
    phrases = {name: stream_phrase(trace, name) for name in _called(sites)}
    columns = _columns(sites, method.side_by_side)
    changed = {change.get("site") for change in trace.changes.get("intervention", ())}
    return {
        "streams": [{"name": n, "title": stream_title(trace, n), "colour": stream_colour(n)} for n in names],
        "sites": [
            _said_changed(made) if made["name"] in changed else made
            for made in (
                _site(site, words[site.site.name], column, method, phrases)
                for site, column in zip(sites, columns, strict=True)
            )
        ],
        "order": order_words(trace),
    }


def _streams(site: Site) -> Iterator[str]:
    """Whoever sends or receives there."""
    yield from site.senders or site.sources
    yield from site.targets


def _called(sites: Sequence[SiteTrace]) -> set[str]:
    """All that sentences speak of: earlier stages of a stream too, which have no lane of their own."""
    return {name for site in sites for name in (*site.site.sources, *_streams(site.site))}


def stream_phrase(trace: FusionTrace, stream: str) -> str:
    """How a stream is called within a sentence: "rgb", "the depth task", "the semseg-from-rgb stream"."""
    title = stream_title(trace, stream)
    if " from " in title:
        return f"the {title.replace(' ', '-')} stream"
    return f"the {title}" if " " in title else title


def _columns(sites: Sequence[SiteTrace], side_by_side: frozenset[str]) -> list[int]:
    """Each site's column; neighbours of one kind share theirs where sites of that kind work side by side."""
    columns = [0] if sites else []
    for before, after in pairwise(sites):
        together = before.site.kind == after.site.kind and after.site.kind in side_by_side
        columns.append(columns[-1] + (not together))
    return columns


def _site(site: SiteTrace, words: SiteWords, column: int, method: Method, phrases: Mapping[str, str]) -> dict[str, Any]:
    targets = site.site.targets
    received = {name: _received(site, index, method, phrases) for index, name in enumerate(targets)}
    return {
        "name": words.path,
        "title": words.title,
        "short": words.short,
        "kind": site.site.kind,
        "stage": words.stage,
        "channels": site.site.channels,
        "column": column,
        "targets": list(targets),
        "apart": site.site.apart,
        "edges": list(_edges(site, method, phrases)),
        "sentences": {"": _about(method.kinds.get(site.site.kind, "")), **received},
    }


CHANGED = "What is sent here is changed. "
"""Begins what is said of a site at which an intervention is in force: its weights are not all that decides."""


def _said_changed(site: dict[str, Any]) -> dict[str, Any]:
    edges = [{**edge, "sentence": CHANGED + edge["sentence"]} for edge in site["edges"]]
    said = {target: CHANGED + sentence if target else sentence for target, sentence in site["sentences"].items()}
    return {**site, "edges": edges, "sentences": said}


def _about(kind: str) -> str:
    return f"{kind[:1].upper()}{kind[1:]}." if kind else ""


def _edges(site: SiteTrace, method: Method, phrases: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Target by target, its sources in the site's order; none where a site does not add."""
    if not site.site.additive:
        return
    for t, target in enumerate(site.site.targets):
        for s, source in enumerate(site.site.sources):
            if source != target:
                yield _edge(site, t, s, method.edge_weight(site, t, s, phrases), phrases)


def _edge(site: SiteTrace, t: int, s: int, fixed: Fixed | None, phrases: Mapping[str, str]) -> dict[str, Any]:
    target, source = site.site.targets[t], site.site.sources[s]
    carried = _carried(site, t, s, fixed, phrases)
    return {
        "target": target,
        "source": source,
        "lane": site.site.sender(source),
        "share": None if site.share is None else _json_number(float(site.share[t, s])),
        "fixed": None if fixed is None else _json_number(fixed.value),
        "fixedSentence": "" if fixed is None else f"{fixed.sentence}.",
        "effect": None,
        "standing": None,
        "sentence": f"{carried[0].upper()}{carried[1:]}." if fixed is None else f"{fixed.sentence}; {carried}.",
    }


def _json_number(value: float) -> float | None:
    """Six digits, None for what JSON has no number for."""
    return float(f"{value:.6g}") if math.isfinite(value) else None


def _carried(site: SiteTrace, t: int, s: int, fixed: Fixed | None, phrases: Mapping[str, str]) -> str:
    """What the source's part is in this picture, as a clause; why there is no number where there is none."""
    target, source = phrases[site.site.targets[t]], phrases[site.site.sources[s]]
    share = math.nan if site.share is None else float(site.share[t, s])
    if not math.isfinite(share):
        return f"no share is defined: {_reason(site, t, target)}"
    if fixed is not None and fixed.they:
        return _they_carry(share)
    part = f"{_part(share)} of what varies in {whose(target)} output here comes from {source}"
    return part + (", against the rest" if share < 0 else "") + _gate(site, t, s)


def _they_carry(share: float) -> str:
    if share < 0:
        return f"they work against the rest, with {percent_words(share)} of what varies in its output"
    return f"they carry {_part(share)} of what varies in its output"


def _part(share: float) -> str:
    return percent_words(share) if share else "nothing"


def _gate(site: SiteTrace, t: int, s: int) -> str:
    """How far the gate is open that the part came through, if it came through one."""
    if site.gates is None or not np.isfinite(site.gates[t, s]).all():
        return ""
    return f", through a gate that is {percent_words(float(site.gates[t, s].mean(dtype=float)))} open on average"


def _reason(site: SiteTrace, t: int, target: str) -> str:
    if site.share is None:
        return "this trace does not hold it"
    if site.energy is not None and not np.isfinite(site.energy[t]).all():
        return f"{whose(target)} output is not finite"
    return f"{whose(target)} output does not vary in this picture"


def _received(site: SiteTrace, t: int, method: Method, phrases: Mapping[str, str]) -> str:
    """What one target got from all other streams together, before and, where it is defined, after the activation."""
    if not site.site.additive:
        return without_share(site.site)
    target, share = phrases[site.site.targets[t]], float(site.cross_share[t])
    note = method.site_note(site, t)
    if not math.isfinite(share):
        return " ".join(filter(None, (f"No share is defined: {_reason(site, t, target)}.", note)))
    part = _part(share)
    came = f"{part[0].upper()}{part[1:]} of what varies in {whose(target)} output here comes from other streams"
    return " ".join(filter(None, (came + _after(site, t) + ".", note)))


def _after(site: SiteTrace, t: int) -> str:
    after = math.nan if site.share_after is None else float(site.share_after[t])
    return f", {percent_words(after)} after the activation that follows" if math.isfinite(after) else ""
