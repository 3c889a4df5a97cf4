"""What the streams of a network sent each other was worth: players are streams, at one site or at all.

A stream that is missing sends nothing of its own to the others there: its parts are replaced, in every forward, and all
that follows is computed anew. What a target has of itself stays, so v(all) - v(none) is what the exchange was worth,
and phi says who brought it. This is how a network of one input shares out its answer. A stream whose parts never come
back to the output, be it only because nothing mixes later, is worth exactly 0 to it.
"""

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from vizlab.core.changes import parts_on
from vizlab.core.edits import CUT as CUT_EDGE
from vizlab.core.edits import Mean, Put, Scale
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import Edit, Intervention, Way, fusion_modules, intervening
from vizlab.core.site_words import site_words
from vizlab.core.tracer import settings_for
from vizlab.errors import InputError
from vizlab.experiments.modalities.forwards import NO_SETTINGS, Forwards, Outputs, final_outputs
from vizlab.experiments.modalities.replacements import OTHER
from vizlab.experiments.modalities.shapley import Coalition, coalitions
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

SPATIAL_MEAN, CUT = "spatial mean", "cut"
STREAM_SENTENCES = {
    SPATIAL_MEAN: "what a missing stream sends is replaced by its mean over the picture, channel by channel",
    CUT: "a missing stream sends nothing: a target has its own channel back, or the sum less that part",
    OTHER: "what a missing stream sends is what it sends for another picture",
}
"""What is done, by name of the replacement."""
AsItIs = Scale(1.0)
"""Also who is there is edited, by nothing: so both are computed alike, down to the rounding."""
Ways = Mapping[str, Sequence[Way]]
"""By site, the ways on which one stream sends to another."""
Replacing = Callable[[str, Way], Edit]
"""From a site and a way to what is made of the part that comes there."""


def stream_forwards(
    model: Model,
    rgbd: RGBDImage,
    site: str | None = None,
    *,
    replacements: Sequence[str] | None = None,
    other: RGBDImage | None = None,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] = NO_SETTINGS,
    step: Step = silent,
) -> Forwards:
    """Run `model` with every set of the streams that send at `site` (None: at all sites whose parts can be told apart).

    2^M - 1 forwards per replacement, by default "spatial mean" and "cut", and one with all; one more for "another
    picture", whose parts are taken then. Raises InputError for a site that there is not, that mixes in no such parts,
    or where fewer than two streams send. Takes the model's lock for each forward.
    """
    names = (SPATIAL_MEAN, CUT) if replacements is None else tuple(replacements)
    ways = ways_between(model, site)
    players = _senders(model, ways)
    everybody, framing = frozenset(players), model.frame(rgbd.size, working_size)
    base, inputs = settings_for(model, settings), model.preprocess(rgbd, framing)

    def run(missing: Coalition, replacing: Replacing) -> Outputs:
        with model.lock, intervening(Intervention(base, edits=_edits(model, ways, missing, replacing))):
            return final_outputs(model, model.forward(inputs))

    runs: dict[str, dict[Coalition, Outputs]] = {name: {} for name in names}
    total, done = 1 + len(names) * (2 ** len(players) - 1), 0
    whole = run(frozenset(), lambda site, way: AsItIs)
    for name in names:
        replacing = _replacing(name, model, ways, framing, base, other)
        for here in coalitions(players)[:-1]:
            done += 1
            step(done / total, f"{name}: {' and '.join(sorted(here)) or 'no stream'} sending in {model.name}")
            runs[name][here] = run(everybody - here, replacing)
        runs[name][everybody] = whole
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
    ways = {name: tuple(way for way in modules[name].edges() if way[1] is not None) for name in asked}
    ways = {name: found for name, found in ways.items() if found}
    if len(_senders(model, ways)) < 2:
        where = f"at site '{site}'" if site is not None else "at any site"
        raise InputError(f"In {model.name} no two streams send parts that can be told apart {where}; choose another.")
    return ways


def _senders(model: Model, ways: Ways) -> tuple[str, ...]:
    """Who sends on these ways, in the order in which the sites name their sources."""
    sending = {_sender(model, site, way) for site, found in ways.items() for way in found}
    named = [site.sender(source) for site in model.sites if site.name in ways for source in site.sources]
    return tuple(dict.fromkeys(stream for stream in named if stream in sending))


def _sender(model: Model, site: str, way: Way) -> str:
    """The stream whose part comes on that way."""
    assert way[1] is not None
    return next(known for known in model.sites if known.name == site).sender(way[1])


def _edits(model: Model, ways: Ways, missing: Coalition, replacing: Replacing) -> dict[str, dict[Way, Edit]]:
    return {
        site: {way: replacing(site, way) if _sender(model, site, way) in missing else AsItIs for way in found}
        for site, found in ways.items()
    }


def _replacing(
    name: str,
    model: Model,
    ways: Ways,
    framing: Framing,
    settings: Mapping[str, float],
    other: RGBDImage | None,
) -> Replacing:
    if name == SPATIAL_MEAN:
        return lambda site, way: Mean(framing)
    if name == CUT:
        return lambda site, way: CUT_EDGE
    if name != OTHER:
        raise InputError(f"'{name[:40]}' replaces nothing; expected {', '.join(STREAM_SENTENCES)}.")
    if other is None:
        raise InputError(f"The replacement '{OTHER}' needs a second picture; pass other= or leave it out.")
    inputs = model.preprocess(other, framing)
    parts: Mapping[str, Mapping[Way, Tensor]]
    with model.lock:
        parts = parts_on(model, inputs, ways, Intervention(settings))
    return lambda site, way: Put(parts.get(site, {}).get(way))
