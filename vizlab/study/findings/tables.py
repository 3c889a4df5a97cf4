"""The tables of a written study."""

from collections.abc import Mapping

import numpy as np

from vizlab.study.findings.estimates import at, even, total, words
from vizlab.study.findings.exchange import METRICS, Target
from vizlab.study.findings.gathered import Band, Gathered
from vizlab.study.findings.markdown import table
from vizlab.study.findings.modalities import alike, probability_worth, similarity_predicts
from vizlab.study.findings.sensors import grown, kept, kept_mean, mean_error
from vizlab.study.survey.intervals import Estimate
from vizlab.study.survey.summaries import ModalityWorth

EXPECTED = (0.05, 0.1, 0.2)
"""Probabilities of a modality to be missing (arXiv 2503.18445)."""


def into(all_: Gathered, one: Target) -> str:
    """ "NETWORK into TARGET"."""
    return f"{all_.title(one.answer.network)} into {one.target}"


def networks(all_: Gathered) -> str:
    rows = []
    for one in all_.answers:
        metric, unit = METRICS[one.task]
        unit = "%" if one.task == "semseg" else unit
        edges = str(len(one.edges))
        before = f"{metric} {words(one.before, '.1f')} {unit}"
        rows.append((all_.title(one.network), one.task, before, str(len(one.sites)), edges))
    return table(("network", "answer", "as it is", "sites", "edges"), rows)


def predicts(all_: Gathered) -> str:
    rows = [
        (
            into(all_, one),
            str(len(one.columns)),
            *map(words, (one.moves, one.place, one.held, one.worse)),
            "–" if one.worse_logp is None else words(one.worse_logp),
            words(one.where),
            words(one.picture),
        )
        for one in all_.targets
    ]
    head = (
        "", "edges", "moves", "moves, by place alone", "moves, place held", "worse, metric", "worse, log p", "where",
        "which picture",
    )  # fmt: skip
    return table(head, rows)


def leaders(all_: Gathered) -> str:
    rows = []
    for one in all_.targets:
        most = [int(np.argmax(x.value)) for x in (one.share, one.effect, one.harm)]
        unit = METRICS[one.answer.task][1]
        cells = [f"{_edge(all_, one, i)}: {words(at(one.share, i), '.1f', 100)} %" for i in most[:2]]
        cells.append(
            f"{_edge(all_, one, most[2])}: {words(at(one.share, most[2]), '.1f', 100)} %, costs "
            f"{words(at(one.harm, most[2]))} {unit}"
        )
        rows.append((into(all_, one), *cells))
    return table(("", "largest share", "moves most, its share", "most damaging, its share"), rows)


def _edge(all_: Gathered, one: Target, place: int) -> str:
    site, source, _ = one.edges[place]
    return f"{all_.site(one.answer.network, site)} from {source}"


def sites(all_: Gathered) -> str:
    rows = []
    for one in all_.answers:
        unit = METRICS[one.task][1]
        worst = int(np.argmax(one.site_harm.value))
        rows.append(
            (
                all_.title(one.network),
                f"{one.task}, {unit}",
                f"{int((one.site_harm.low > 0).sum())} of {len(one.sites)}",
                f"{int((one.site_harm.high < 0).sum())} of {len(one.sites)}",
                f"{all_.site(one.network, one.sites[worst])}: {words(at(one.site_harm, worst))}",
                words(total(one.site_harm)),
                words(one.all_harm),
            )
        )
    head = (
        "network", "answer", "sites that cost", "sites that gain", "costliest site", "all sites, one by one",
        "all at once",
    )  # fmt: skip
    return table(head, rows)


def wholes(all_: Gathered) -> str:
    rows = []
    for one in all_.answers:
        found = all_.together(one)
        rows.append(
            (
                f"{all_.title(one.network)}, {one.task}",
                words(found.singles),
                words(found.top),
                words(found.direct),
                words(found.necessity),
                words(found.sufficiency),
                "yes" if found.necessary == found.sufficient else "no",
                words(found.agree),
            )
        )
    head = (
        "", "singles / all cut", "three largest / singles", "direct / total", "most necessary edge",
        "most sufficient edge", "the same edge", "ρ of the two",
    )  # fmt: skip
    return table(head, rows)


def bands(all_: Gathered, title: str) -> str:
    chosen = [band for band in all_.bands if band.title == title]
    labels = list(dict.fromkeys((band.label, band.pictures) for band in chosen))
    groups: dict[tuple[str, str], list[Band]] = {}
    for band in chosen:
        groups.setdefault((band.answer.network, band.answer.task), []).append(band)
    rows = []
    for (network, task), some in groups.items():
        unit = METRICS[task][1]
        rows.append(
            (f"{all_.title(network)}, all cut costs, {task}, {unit}", *(words(b.answer.all_harm, ".1f") for b in some))
        )
        for name in dict.fromkeys(t.target for band in some for t in band.targets):
            each = [t.moves for band in some for t in band.targets if t.target == name]
            rows.append((f"{all_.title(network)} into {name}, moves, ρ", *map(words, each)))
    return table((title, *(f"{label} ({count} pictures)" for label, count in labels)), rows)


def modalities(all_: Gathered) -> str:
    rows = []
    for network, one in all_.worths:
        probability = probability_worth(all_.study, network, one.replacement, one.output)
        names = list(one.phi)
        rows.append(
            (
                f"{one.replacement}, p(true class)",
                *(words(probability[n], ".3f") for n in names),
                "–",
                winner(probability),
            )
        )
        rows.append(
            (
                f"{one.replacement}, {one.figure}",
                *(words(one.phi[n], ".1f") for n in names),
                words(_only(one), ".1f"),
                winner(one.phi),
            )
        )
    names = list(all_.worths[0][1].phi)
    return table(("in place of what is missing", *(f"φ {n}" for n in names), "interaction", "worth more"), rows)


def expected(all_: Gathered) -> str:
    rows = [
        (
            one.replacement,
            *(words(one.values[some], ".1f") for some in one.values),
            *(words(one.expected(p), ".1f") for p in EXPECTED),
        )
        for _, one in all_.worths
    ]
    some = all_.worths[0][1].values
    head = (
        "in place of what is missing",
        *(" + ".join(sorted(s, reverse=True)) or "none" for s in some),
        *(f"expected, p = {p:g}" for p in EXPECTED),
    )
    return table(head, rows)


def _only(one: ModalityWorth) -> Estimate:
    return next(iter(one.interaction.values()))


def winner(phi: Mapping[str, Estimate]) -> str:
    """The modality that is worth most, or "even"."""
    first, second = sorted(phi.values(), key=lambda one: -one.value)[:2]
    return "even" if even(first, second) else max(phi, key=lambda name: phi[name].value)


def broken(all_: Gathered) -> str:
    shared, reference = all_.shared_corruptions(), all_.errors[0]
    rows = []
    for one in all_.errors:
        same = one.task == reference.task
        rows.append(
            (
                f"{all_.title(one.network)}, {one.task}",
                words(grown(one, shared)),
                words(mean_error(one, reference, shared)) if same else "–",
                words(kept_mean(one, shared), ".0f", 100) + " %" if one.task == "semseg" else "–",
            )
        )
    head = ("", "error, times the whole pictures'", f"mCE, {all_.title(reference.network)} = 1", "mIoU left")
    return table(head, rows)


def left(all_: Gathered) -> str:
    scored = [one for one in all_.errors if one.task == "semseg"]
    names = list(dict.fromkeys(name for one in scored for name, _ in one.variants if name))
    rows = [
        (name, *(words(kept(one, name), ".0f", 100) if one.places(name) else "–" for one in scored)) for name in names
    ]
    return table(("mIoU left, % of whole pictures'", *(all_.title(one.network) for one in scored)), rows)


def responses(all_: Gathered) -> str:
    rows = [
        (
            f"{all_.title(one.network)}, {one.broken} broken, into {one.target}",
            words(one.change, ".2f", 100),
            f"{all_.site(one.network, one.site)}: {words(one.largest, '.1f', 100)}",
        )
        for one in all_.responses
    ]
    return table(("share from other streams, change in points", "mean over sites", "largest"), rows)


def similar(all_: Gathered) -> str:
    rows = []
    for network in dict.fromkeys(one.answer.network for one in all_.compared()):
        likeness = alike(all_.study, network)
        for one in [t for t in all_.compared() if t.answer.network == network]:
            found, count = similarity_predicts(all_.study, one)
            rows.append(
                (
                    into(all_, one),
                    words(likeness.before),
                    words(likeness.after),
                    f"{words(found)} ({count})",
                    words(one.moves),
                )
            )
    head = ("", "CKA before, mean", "CKA after, mean", "ρ of CKA with effect (edges)", "ρ of share with effect")
    return table(head, rows)
