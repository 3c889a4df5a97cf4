"""What the streams of a network sent each other was worth: players are streams, at one site or at all.

A stream that is missing sends nothing of its own to the others there: its parts are replaced, in every forward, and all
that follows is computed anew. What a target has of itself stays, so v(all) - v(none) is what the exchange was worth,
and phi says who brought it. This is how a network of one input shares out its answer.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

from vizlab.core.changes import Change, do, intervention_of
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import Way, fusion_modules, intervening
from vizlab.core.site_words import site_words
from vizlab.errors import InputError
from vizlab.experiments.modalities.forwards import NO_SETTINGS, Forwards, Outputs, Step, final_outputs
from vizlab.experiments.modalities.shapley import Coalition, coalitions
from vizlab.rgbd import RGBDImage

Replacement = Literal["cut", "mean"] | float | RGBDImage
SPATIAL_MEAN, CUT, OTHER = "spatial mean", "cut", "another picture"
STREAM_SENTENCES = {
    SPATIAL_MEAN: "what a missing stream sends is replaced by its mean over the picture, channel by channel",
    CUT: "a missing stream sends nothing: a target has its own channel back, or the sum less that part",
    OTHER: "what a missing stream sends is what it sends for another picture",
}
"""What is done, by name of the replacement."""


def stream_forwards(
    model: Model,
    rgbd: RGBDImage,
    site: str | None = None,
    *,
    replacements: Sequence[str] | None = None,
    other: RGBDImage | None = None,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] = NO_SETTINGS,
    step: Step = lambda done, what: None,
) -> Forwards:
    """Run `model` with every set of the streams that send at `site` (None: at all sites whose parts can be told apart).

    2^M - 1 forwards per replacement, by default "spatial mean" and "cut", and one with all. Raises InputError for a
    site that there is not, that mixes in no such parts, or where fewer than two streams send. Takes the model's lock
    for each forward.
    """
    names = (SPATIAL_MEAN, CUT) if replacements is None else tuple(replacements)
    ways = ways_between(model, site)
    players = tuple(dict.fromkeys(str(source) for of_site in ways.values() for _, source in of_site))
    everybody, framing = coalitions(players)[-1], model.frame(rgbd.size, working_size)
    inputs = model.preprocess(rgbd, framing)
    # All parts times 1, so that nobody missing and somebody missing are computed alike, down to the rounding.
    whole = _forward(model, inputs, framing, _changes(ways, everybody, 1.0), settings)
    runs: dict[str, dict[Coalition, Outputs]] = {name: {everybody: whole} for name in names}
    total, done = 1 + len(names) * (2 ** len(players) - 1), 0
    for name in names:
        by = _by(name, other)
        for here in coalitions(players)[:-1]:
            done += 1
            step(done / total, f"{name}: {' and '.join(sorted(here)) or 'no stream'} sending in {model.name}")
            missing = _changes(ways, everybody - here, by)
            runs[name][here] = _forward(model, inputs, framing, [*missing, *_changes(ways, here, 1.0)], settings)
    where = "all sites" if site is None else site_words(model.sites)[site].title
    sentences = {name: STREAM_SENTENCES[name] for name in names}
    return Forwards(model.name, f"stream at {where}", players, framing, model.classes, runs, sentences)


def ways_between(model: Model, site: str | None = None) -> dict[str, tuple[Way, ...]]:
    """By site, the ways on which one stream sends to another; raises InputError where there are none."""
    modules = fusion_modules(model.network)
    if site is not None and site not in modules:
        known = ", ".join(s.name for s in model.sites) or "none"
        raise InputError(f"{model.name} has no site '{site[:80]}'; its sites are {known}.")
    asked = [s.name for s in model.sites] if site is None else [site]
    ways = {name: tuple(way for way in modules[name].edges() if way[1] not in (None, way[0])) for name in asked}
    ways = {name: found for name, found in ways.items() if found}
    if len({source for found in ways.values() for _, source in found}) < 2:
        where = f"at site '{site}'" if site is not None else "at any site"
        raise InputError(f"In {model.name} no two streams send parts that can be told apart {where}; choose another.")
    return ways


def _changes(ways: Mapping[str, Sequence[Way]], sources: Coalition, by: Replacement) -> list[Change]:
    """The parts of these sources are replaced, at every site."""
    return [do(site, t, s, by) for site, found in ways.items() for t, s in found if s in sources]


def _forward(
    model: Model, inputs: Outputs, framing: Framing, changes: Sequence[Change], settings: Mapping[str, float]
) -> Outputs:
    with model.lock, intervening(intervention_of(model, changes, framing, settings)):
        return final_outputs(model.forward(inputs))


def _by(name: str, other: RGBDImage | None) -> Replacement:
    if name == OTHER:
        if other is None:
            raise InputError(f"The replacement '{OTHER}' needs a second picture; pass other= or leave it out.")
        return other
    if name not in STREAM_SENTENCES:
        raise InputError(f"'{name[:40]}' replaces nothing; expected {', '.join(STREAM_SENTENCES)}.")
    return "mean" if name == SPATIAL_MEAN else "cut"
