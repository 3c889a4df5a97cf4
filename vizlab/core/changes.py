"""Changes of a network as people ask for them: what to do where, as data that can be kept, shared and done again."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from torch import Tensor

from vizlab.core.edits import Chain, Mean, Put, Scale, Some, Take
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.registry import checked, known_control
from vizlab.core.site import NO_INTERVENTION, Edit, FusionModule, Intervention, Site, Way, fusion_modules, intervening
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage

By = Literal["cut", "mean", "zero", "scale", "other"]
_WORDS = ("cut", "mean", "zero")
"""The replacements that need nothing beside their name."""
ALL_OTHERS = "all other streams"
"""How the source is called where what comes cannot be told apart by stream."""


@dataclass(frozen=True)
class Do:
    """What `source` sends to `target` at `site` is replaced during one forward. Made by `do` and `cut`.

    `target` and `source` None stand for every target and every other stream. `factor` is for `by="scale"`, `channels`
    (indices of the target's channels) limit it, `other` is the picture whose part is taken for `by="other"`.
    """

    site: str
    target: str | None = None
    source: str | None = None
    by: By = "cut"
    factor: float = 0.0
    channels: tuple[int, ...] | None = None
    other: RGBDImage | None = field(default=None, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; of another picture its digest."""
        found: dict[str, Any] = {"site": self.site, "target": self.target, "source": self.source, "by": self.by}
        if self.by == "zero":
            found["out_of_distribution"] = True
        if self.by == "scale":
            found["factor"] = self.factor
        if self.channels is not None:
            found["channels"] = list(self.channels)
        if self.other is not None:
            found["other"] = self.other.digest
        return found


@dataclass(frozen=True)
class Set:
    """A control of the method takes another value during one forward, at one site (None: at all)."""

    name: str
    value: float
    site: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"set": self.name, "value": self.value, "site": self.site}


Change = Do | Set


def do(
    site: str,
    target: str | None = None,
    source: str | None = None,
    by: "Literal['cut', 'mean', 'zero'] | float | RGBDImage" = "cut",
    channels: Sequence[int] | None = None,
) -> Do:
    """Replace what `source` sends to `target` at `site`.

    `by` says with what: "cut" with what the target would have without it (where channels were replaced its own, in a
    sum nothing), "mean" with the mean of each channel over the picture, a number scales it (0 cuts, 1 changes nothing),
    another picture gives its part. "zero" puts plain zeros there: in a sum that is the cut, but in place of channels
    that were replaced it is what no network was trained on, so what follows is out of distribution and no measure of
    importance. Raises InputError for anything else.
    """
    some = None if channels is None else tuple(int(channel) for channel in channels)
    if isinstance(by, RGBDImage):
        return Do(site, target, source, "other", channels=some, other=by)
    if isinstance(by, bool) or not isinstance(by, int | float):
        if by not in _WORDS:
            raise InputError(
                f"A part is to be replaced by {str(by)[:60]!r}; expected 'cut', 'mean', 'zero', a number or a picture "
                "(a trace holds no parts: give the picture it is of)."
            )
        return Do(site, target, source, by, channels=some)
    if not math.isfinite(by):
        raise InputError(f"A part is to be scaled by {by}; expected a finite number, 0 to cut and 1 to change nothing.")
    return Do(site, target, source, "scale", float(by), some)


def cut(site: str, target: str | None = None, source: str | None = None, channels: Sequence[int] | None = None) -> Do:
    """Take away what `source` sends to `target` at `site`: short for `do(..., by="cut")`."""
    return do(site, target, source, "cut", channels)


def threshold(value: float, site: str | None = None) -> Set:
    """Give the exchange threshold another value, at one site or at all; one above every scale swaps all channels."""
    return Set("threshold", value, site)


def change_from(found: Mapping[str, Any]) -> Change:
    """The inverse of `to_dict`; raises InputError where a picture is needed or a word is unknown."""
    if "set" in found:
        return Set(str(found["set"]), float(found["value"]), found.get("site"))
    if found.get("by") not in (*_WORDS, "scale"):
        raise InputError(
            f"A change by {str(found.get('by'))[:60]!r} cannot be done again from its description; give the picture "
            "whose part is to be put in."
        )
    by = found["by"] if found["by"] != "scale" else float(found["factor"])
    return do(str(found["site"]), found.get("target"), found.get("source"), by, found.get("channels"))


def intervention_of(
    model: Model,
    changes: Sequence[Change],
    framing: Framing,
    settings: Mapping[str, float] | None = None,
) -> Intervention:
    """The changes as one intervention for pictures that lie in the input as `framing` says.

    Parts of other pictures are computed here, a forward for each picture.
    Raises InputError for a site, a stream, a channel or a control that the network does not have.
    """
    sets = [change for change in changes if isinstance(change, Set)]
    values = {(change.name, change.site): _checked_setting(model, change) for change in sets}
    at: dict[str, dict[str, float]] = {}
    for (name, site), value in values.items():
        if site is not None:
            at.setdefault(site, {})[name] = value
    everywhere = {name: value for (name, site), value in values.items() if site is None}
    base = Intervention(settings={**(settings or {}), **everywhere}, at=at)
    edits = _edits(model, [change for change in changes if isinstance(change, Do)], framing, base)
    return replace(base, edits=edits)


def _edits(model: Model, changes: Sequence[Do], framing: Framing, base: Intervention) -> dict[str, dict[Way, Edit]]:
    """By site and way; several on one way follow each other. Parts of other pictures are what comes under `base`."""
    modules = fusion_modules(model.network)
    found: dict[str, dict[Way, list[Edit]]] = {}
    for change in changes:
        module = modules[_known(model, change.site).name]
        ways = ways_of(model, module, change.target, change.source)
        _check_channels(module, change)
        if change.by == "scale" and change.factor == 1:
            continue  # to the bit: parts that are summed one by one would round otherwise
        given = _parts_of(model, change, ways, base) if change.other is not None else {}
        for way in ways:
            found.setdefault(change.site, {}).setdefault(way, []).append(_edit(change, framing, given.get(way)))
    return {site: {way: _joined(listed) for way, listed in ways.items()} for site, ways in found.items()}


def ways_of(model: Model, module: FusionModule, target: str | None, source: str | None) -> tuple[Way, ...]:
    """The edges of a site that are meant; raises InputError where there is none such."""
    site, edges = module.site, module.edges()
    if not edges:
        mixes = "mixes streams, but not in parts that could be taken away"
        why = mixes if site.sources else "is sent nothing by other streams, so there is nothing to change"
        raise InputError(f"Site '{site.name}' of {model.name} {why}.")
    for given, known, role in ((target, site.targets, "target"), (source, site.sources, "source")):
        if given is not None and given not in known:
            raise InputError(f"Site '{site.name}' has no {role} '{given[:60]}'; it has {', '.join(known)}.")
    named = (*edges, *module.own_parts()) if source is not None else edges
    found = tuple(way for way in named if target in (None, way[0]) and source in (None, way[1]))
    if found:
        return found
    if all(way[1] is None for way in edges):
        raise InputError(f"What comes at site '{site.name}' cannot be told apart by stream; leave the source out.")
    raise InputError(
        f"Site '{site.name}' has no edge from {source} to {target or source}; it has "
        f"{', '.join(f'{s} to {t}' for t, s in edges)}."
    )


Parts = dict[str, dict[Way, Tensor]]
"""By site and way."""


def parts_on(
    model: Model,
    inputs: Mapping[str, Tensor],
    ways: Mapping[str, Sequence[Way]],
    base: Intervention = NO_INTERVENTION,
) -> Parts:
    """What comes on each of `ways`, by site, in one whole forward of `inputs` under `base` without its edits."""
    takes = {site: {way: Take() for way in listed} for site, listed in ways.items()}
    with intervening(replace(base, edits=takes)):
        model.forward(inputs)
    return {
        site: {way: take.value for way, take in listed.items() if take.value is not None}
        for site, listed in takes.items()
    }


def _known(model: Model, name: str) -> Site:
    sites = {site.name: site for site in model.sites}
    if name not in sites:
        raise InputError(f"{model.name} has no site '{name[:80]}'; its sites are {', '.join(sites) or 'none'}.")
    return sites[name]


def _checked_setting(model: Model, change: Set) -> float:
    if change.site is not None:
        _known(model, change.site)
    value = checked({change.name: change.value})[change.name]
    if change.name not in model.settings:
        absent = known_control(change.name).absent
        raise InputError(f"A {change.name} is given, but {model.name} {absent}; leave it out.")
    return value


def _check_channels(module: FusionModule, change: Do) -> None:
    count = module.site.channels
    if change.channels is not None and not all(0 <= channel < count for channel in change.channels):
        raise InputError(
            f"Channels {list(change.channels)[:8]} are given for site '{change.site}'; it has 0 to {count - 1}."
        )


def _parts_of(model: Model, change: Do, ways: Sequence[Way], base: Intervention) -> dict[Way, Tensor]:
    """What the other picture has on these ways under `base`, whose controls say which channels those are."""
    assert change.other is not None
    inputs = model.preprocess(change.other, model.frame(change.other.size))
    return parts_on(model, inputs, {change.site: ways}, base).get(change.site, {})


def _edit(change: Do, framing: Framing, given: Tensor | None) -> Edit:
    edit: Edit
    if change.by == "mean":
        edit = Mean(framing)
    elif change.by in ("zero", "other"):
        edit = Put(given)  # nothing is given for a zero
    else:
        edit = Scale(change.factor if change.by == "scale" else 0.0)
    return edit if change.channels is None else Some(edit, change.channels)


def _joined(edits: Sequence[Edit]) -> Edit:
    return edits[0] if len(edits) == 1 else Chain(tuple(edits))
