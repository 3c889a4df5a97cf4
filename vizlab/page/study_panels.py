"""A study in tables and pictures, as HTML."""

import base64
import math
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from vizlab.page.kit.html import heading, note, tag, words
from vizlab.page.kit.tables import table
from vizlab.page.study_charts import effect_words
from vizlab.study.survey.intervals import Estimate, draw, mean
from vizlab.study.survey.study import Section, Study
from vizlab.study.survey.summaries import (
    Edges,
    Mattered,
    ModalityWorth,
    draws_of,
    figures,
    likeness,
    strata,
    worths,
)
from vizlab.views.formatting import number, percent_words, real_minus, with_unit

EXPECTED = (0.05, 0.1, 0.2)
"""Probabilities of a modality to be missing (arXiv 2503.18445)."""


def head_html(study: Study, file: str) -> str:
    """Of what the study is, and under which seed."""
    config = study.meta["config"]
    measured = sorted({measure for _, measure in study.sections})
    said = [
        f"{len(study.names)} pictures of split {config['split']}" + _from(study.meta.get("source", "")),
        f"Networks: {', '.join(study.networks)}",
        f"Measured: {', '.join(measured)}",
        f"Intervals: 95 % of {study.resamples} resamples of pictures, seed {study.seed}",
    ]
    return heading(file, ". ".join(said) + ".") + "".join(note(_refused(*one)) for one in study.meta.get("refused", ()))


def _from(source: str) -> str:
    return f" of {source}" if source else ""


def _refused(network: str, measure: str, sentence: str) -> str:
    return f"Not measured, {measure} of {network}: {sentence}"


def figures_html(study: Study) -> str:
    """How good each network is on the set."""
    rows = []
    for network in study.networks:
        if (network, "traces") in study.sections:
            section = study.of(network, "traces")
            for one in figures(section, draws_of(study, section)):
                rows.append((network, one.output, one.name, interval_words(one.estimate, one.unit)))
    if not rows:
        return ""
    return heading("Figures over the set") + table(
        ("network", "output", "figure", "over the set [95 %]"), rows, "figures over the set"
    )


def correlations_html(listed: Sequence[Edges], task: str) -> str:
    """Whether shares, or the mere order of sites, predict effects."""
    rows = [
        (
            one.network,
            one.target,
            str(len(one.edges)),
            *map(interval_words, (one.rho, one.by_position, one.partial)),
            "–" if one.damage_rho is None else interval_words(one.damage_rho),
        )
        for one in listed
    ]
    head = (
        "network", "into", "edges", "effect and share", "effect and site's place", "effect and share, place held",
        "damage and share",
    )  # fmt: skip
    caption = (
        "Spearman's rank correlation over the edges into one target, of means over pictures, [95 %]. A few edges make "
        "it coarse. Two figures whose intervals overlap are even. Effect: how far the answer moves when the edge is "
        "cut. Damage: by how much the set's figure gets worse."
    )
    return table(head, rows, f"rank correlations for {task}", caption)


def mattered_html(study: Study, most: Sequence[Mattered], least: Sequence[Mattered], edge: str, task: str) -> str:
    """The pictures in which an edge mattered most and least, by name, with thumbnails where the study has them."""
    measure, unit = effect_words(task)
    said = f"How far {task} moves when {edge} is cut: {measure}, {unit}."
    rows = "".join(
        tag("h4", title) + tag("div", "".join(_picture(study, one, unit) for one in listed), "vz-mattered")
        for title, listed in (("where it mattered most", most), ("where it mattered least", least))
    )
    return note(said) + rows


def _picture(study: Study, one: Mattered, unit: str) -> str:
    kept = study.pictures.get("thumbnail")
    data = b"" if kept is None else bytes(kept[one.place])
    image = ""
    if data.startswith(b"\xff\xd8"):
        source = "data:image/jpeg;base64," + base64.b64encode(data).decode()
        image = f'<img src="{source}" alt="picture {escape(one.name)}" decoding="async">'
    moved = words(number(one.effect, unit), "vz-caption")
    return tag("figure", image + tag("figcaption", words(one.name) + moved))


def worth_html(study: Study) -> str:
    """What each modality was worth to the set's figure, under each replacement, and what to expect when one fails."""
    found = [
        (network, one) for network, measure in study.sections if measure == "shapley" for one in worths(study, network)
    ]
    if not found:
        return ""
    modalities = list(dict.fromkeys(name for _, one in found for name in one.phi))
    rows = [
        (
            network,
            one.output,
            one.replacement,
            *(_optional(one.phi.get(name), one) for name in modalities),
            "; ".join(_optional(value, one) for value in one.interaction.values()),
            *(interval_words(one.expected(p), one.unit) for p in EXPECTED),
        )
        for network, one in found
    ]
    head = (
        "network", "output", "in place of what is missing", *(f"φ {name}" for name in modalities), "interaction",
        *(f"expected, p = {p:g}" for p in EXPECTED),
    )  # fmt: skip
    caption = (
        "Exact Shapley values of the modalities for the figure over the set (mIoU in points; errors by how far they "
        "are brought down), [95 %]. What takes a missing modality's place decides. Interaction below 0: each makes the "
        "other redundant. Expected: the figure when each modality is missing independently with probability p."
    )
    return heading("What each modality was worth") + table(head, rows, "Shapley values of modalities", caption)


def _optional(value: Estimate | None, one: ModalityWorth) -> str:
    return "–" if value is None else interval_words(value, one.unit)


def strata_html(study: Study) -> str:
    """How far answers move with every edge cut, in pictures that are near or far, and with few or many holes."""
    tables: dict[tuple[str, tuple[str, ...]], list[tuple[str, ...]]] = {}
    for (network, measure), section in study.sections.items():
        if measure == "sweep":
            for title, bands in _by_title(study, section).items():
                labels = tuple(f"{label} ({int(which.sum())} pictures)" for label, which in bands)
                moved = [_moved(study, section, which) for _, which in bands]
                tables.setdefault((title, labels), []).extend(
                    (network, f"{task}, {effect_words(task)[0]}", *(_at(one, i, task) for one in moved))
                    for i, task in enumerate(section.labels("task"))
                )
    if not tables:
        return ""
    caption = "How far the answer moves with every edge cut at once, [95 %]. Bands differ in more than their name."
    shown = [
        table(("network", "answer", *labels), rows, f"effects by {title}", f"By {title}. {caption}")
        for (title, labels), rows in tables.items()
    ]
    return heading("Near and far, with and without holes") + "".join(shown)


def _moved(study: Study, section: Section, which: np.ndarray) -> Estimate:
    return mean(section.rows["all"][which], draw(int(which.sum()), study.resamples, study.seed))


def _by_title(study: Study, section: Section) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Bands by what they differ in; what does not differ has none."""
    found: dict[str, list[tuple[str, np.ndarray]]] = {}
    for title, label, which in strata(study, section):
        found.setdefault(title, []).append((label, which))
    return {title: bands for title, bands in found.items() if len(bands) > 1}


def _at(estimate: Estimate, place: int, task: str) -> str:
    one = Estimate(*(x[..., place] for x in (estimate.value, estimate.low, estimate.high, estimate.resampled)))
    return interval_words(one, effect_words(task)[1])


def likeness_html(study: Study) -> str:
    """How alike streams are, per network: the mean over places, and the least and the most alike."""
    rows = []
    for network, measure in study.sections:
        if measure == "similarity":
            places, cka = likeness(study, network)
            after = [i for i, place in enumerate(places) if place[1] == "after" and math.isfinite(cka.value[i])]
            if after:
                low, high = (pick(after, key=lambda i: cka.value[i]) for pick in (min, max))
                sites = site_titles(study, network)
                rows.append((network, *(_place_words(places[i], cka, i, sites) for i in (low, high))))
    if not rows:
        return ""
    caption = "Unbiased linear CKA of two streams after a site mixed them, [95 %]. Similarity is not influence."
    head = ("network", "least alike", "most alike")
    return heading("How alike streams are") + table(head, rows, "similarity of streams", caption)


def site_titles(study: Study, network: str) -> dict[str, str]:
    """What a network's sites are called, by name; empty where the study does not say."""
    traces = study.sections.get((network, "traces"))
    return {} if traces is None else dict(traces.meta.get("sites", {}))


def _place_words(place: Sequence[str], cka: Estimate, i: int, sites: Mapping[str, str]) -> str:
    one = Estimate(*(x[..., i] for x in (cka.value, cka.low, cka.high, cka.resampled)))
    return f"{sites.get(place[0], place[0])}, {place[2]} and {place[3]}: {interval_words(one)}"


def interval_words(estimate: Estimate, unit: str = "") -> str:
    """ "0.72 [0.60, 0.81]", "28.0 % [26.1, 29.9]", "−1.2° [−1.4, −1.0]", "0.680 m [0.642, 0.720]"."""
    value, low, high = (float(np.asarray(x)) for x in (estimate.value, estimate.low, estimate.high))
    if not math.isfinite(value):
        return "–"
    if unit not in ("", "%", "°"):
        return f"{number(value, unit)} [{number(low)}, {number(high)}]"
    form = ".1f" if unit else ".2f"
    return real_minus(f"{with_unit(f'{value:{form}}', unit)} [{low:{form}}, {high:{form}}]")


def edge_choice(words_: str, share: float) -> str:
    """An edge in a list: its name and its mean share."""
    return f"{words_} (share {percent_words(share)})"
