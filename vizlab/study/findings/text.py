"""A study as a text: words about figures are chosen by the figures."""

from collections.abc import Callable, Sequence

from vizlab.study.findings import prose, said, tables, told
from vizlab.study.findings.claims import Claims, held_against
from vizlab.study.findings.gathered import Gathered, named
from vizlab.study.findings.markdown import listed, table
from vizlab.study.findings.prose import joined

TITLE = "# Does the amount exchanged predict what matters?"
Part = Callable[[Gathered, Claims, str], list[str]]


def study_text(all_: Gathered, claims: Claims, pictures: str) -> str:
    """The whole text, Markdown; figures are looked for in the folder `pictures`, seen from it."""
    paragraphs = [paragraph for part in _PARTS for paragraph in part(all_, claims, pictures)]
    return "\n\n".join(paragraphs) + "\n"


def _head(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    study = all_.study
    places = sorted({e["device"] for s in study.sections.values() for e in s.environments})
    checkpoints = ", ".join(f"`{name}` ({sha[:12]})" for name, sha in study.meta["checkpoints"].items())
    few = sorted({len(s.pictures) for (_, m), s in study.sections.items() if m == "corruptions"})
    broken = f"; corruptions on {listed([str(n) for n in few])} of them" if few else ""
    config, data = study.meta["config"], f" of {claims.data}" if claims.data else ""
    head = (
        f"{len(study.names)} pictures of the split {config['split']}{data}{broken}. Checkpoints: {checkpoints}. "
        f"Computed in {config['precision']} on {listed(places)}. Intervals hold the middle 95 % of "
        f"{study.resamples:,} resamples of pictures, seed {study.seed}. Two figures whose intervals overlap are "
        "called even."
    )
    return [TITLE, head]


def _short(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    return ["## In short", "\n".join(f"- {line}" for line in said.short(all_))]


def _measured(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    return ["## What was measured", joined(prose.MEASURED), tables.networks(all_)]


def _predicts(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    figure = _figure(pictures, "shares", prose.SHARES)
    first = ["## Moves, worse, where, which", figure, tables.predicts(all_), joined(prose.PREDICTS)]
    return [
        *first,
        "## The largest, the strongest, the worst",
        tables.leaders(all_),
        _with(said.leaders(all_), prose.LEADERS),
    ]


def _wholes(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    figure = _figure(pictures, "sites", prose.SITES)
    first = ["## One site, and all of them", figure, tables.sites(all_), said.sites(all_)]
    return [*first, "## Do effects add up?", tables.wholes(all_), said.wholes(all_)]


def _bands(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    parts = ["## Near and far, with and without holes"]
    for title in dict.fromkeys(band.title for band in all_.bands):
        parts += [tables.bands(all_, title), said.bands(all_, title)]
    return [*parts, *said.holes(all_)]


def _worth(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    if not all_.worths:
        return []
    first = ["## What each modality was worth", tables.modalities(all_), _with(said.winners(all_), prose.WORTH)]
    return [*first, tables.expected(all_), joined(prose.EXPECTED)]


def _sensors(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    if not all_.errors:
        return []
    figure = _figure(pictures, "sensors", prose.SENSORS)
    return [
        "## Broken sensors",
        figure,
        tables.broken(all_),
        _with(said.broken(all_), prose.ERRORS),
        tables.left(all_),
        tables.responses(all_),
        _with(said.responses(all_), prose.RESPONSES),
    ]


def _similar(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    if not all_.compared():
        return []
    return ["## Similarity and influence", tables.similar(all_), f"{joined(prose.SIMILAR)} {said.similar(all_)}"]


def _told(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    if not told.told(all_.study) and not told.zeros(all_.study):
        return []
    of = sorted(
        {len(s.pictures) for (_, measure), s in all_.study.sections.items() if measure in ("messages", "zeros")}
    )
    words = joined(prose.TOLD).format(listed([f"{n:,}" for n in of]))
    return [
        "## Told already, and plain zeros",
        words,
        told.told_table(all_),
        joined(prose.ZEROS),
        told.zeros_table(all_),
    ]


def _claims(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    if not claims.claims:
        return []
    numbers = named(all_) | told.numbers(all_.study)
    rows, verdicts = [], []
    for claim in claims.claims:
        found, words = held_against(claim, numbers)
        verdicts += words
        rows.append((claim.said, found, words[0] if len(set(words)) == 1 else ", ".join(words)))
    counts = ", ".join(
        f"{sum(v.startswith(word) for v in verdicts)} {word}" for word in ("confirmed", "even", "refuted")
    )
    about = " ".join(filter(None, (claims.about, joined(prose.CLAIMS), f"Of {len(verdicts)} figures: {counts}.")))
    return ["## First numbers, held against these", about, table(("claim", "found here", "verdict"), rows)]


def _limits(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    general = [line.format(**all_.study.meta["compact"]) for line in prose.LIMITS]
    failed = [f"Not measured: {measure} of {network}. {why}" for network, measure, why in all_.study.meta["refused"]]
    lines = (*failed, *claims.limits, *general)
    return ["## What failed, and what cannot be concluded", "\n".join(f"- {line}" for line in lines)]


def _made(all_: Gathered, claims: Claims, pictures: str) -> list[str]:
    return ["## Made by", joined(prose.MADE)]


def _with(found: str, fixed: str) -> str:
    return " ".join(filter(None, (found, joined(fixed))))


def _figure(folder: str, name: str, caption: str) -> str:
    return f"![{caption}]({folder}/{name}.png)"


_PARTS: Sequence[Part] = (
    _head, _short, _measured, _predicts, _wholes, _bands, _worth, _sensors, _similar, _told, _claims, _limits, _made,
)  # fmt: skip
