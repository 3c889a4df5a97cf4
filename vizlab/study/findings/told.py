"""What a target's own features tell of what comes to it, and plain zeros beside the cut, where a study has them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.outputs import Output
from vizlab.study.findings.estimates import combined, words
from vizlab.study.findings.gathered import Gathered
from vizlab.study.findings.markdown import table
from vizlab.study.survey.intervals import Estimate, mean
from vizlab.study.survey.study import Section, Study
from vizlab.study.survey.summaries import Figure, draws_of, figures

NOTHING, TOO_FEW = "nothing comes", "too few cells"
"""Why an edge has no figure; `prose.TOLD` says what these mean."""


@dataclass(frozen=True, eq=False)
class Told:
    """Over the edges of one site: `share`, the mean told by own features; `known` of how many `edges` it is defined.

    On `silent` of the others nothing comes, or the same at every pixel.
    """

    network: str
    site: str
    edges: int
    known: int
    silent: int
    share: Estimate


def told(study: Study) -> list[Told]:
    """Site by site, of every network whose messages were measured."""
    return [
        one for (_, measure), section in study.sections.items() if measure == "messages" for one in _of(study, section)
    ]


def _of(study: Study, section: Section) -> Iterator[Told]:
    each, edges = mean(section.rows["predicted"], draws_of(study, section)), section.labels("edge")
    silent = _silent(study, section)
    for site in dict.fromkeys(edge[0] for edge in edges):
        here = [place for place, edge in enumerate(edges) if edge[0] == site and np.isfinite(each.value[place])]
        count = sum(edge[0] == site for edge in edges)
        nothing = np.full(len(each.resampled), np.nan)
        share = (
            combined(each.value[here].mean(), each.resampled[:, here].mean(1)) if here else combined(np.nan, nothing)
        )
        yield Told(section.network, site, count, len(here), sum(edge[0] == site for edge in silent), share)


def _silent(study: Study, section: Section) -> list[Sequence[str]]:
    """The edges whose share is 0 in every picture of the section, as the traces of these have it."""
    traces = study.sections.get((section.network, "traces"))
    if traces is None:
        return []
    shares = traces.rows["share"][np.isin(traces.pictures, section.pictures)]
    known = {tuple(edge): shares[:, place] for place, edge in enumerate(traces.labels("edge"))}
    return [edge for edge in section.labels("edge") if tuple(edge) in known and not known[tuple(edge)].any()]


def zeros(study: Study) -> list[tuple[str, str, dict[str, Figure]]]:
    """Network, task and by "plain", "cut" and "zero" how good the answer is."""
    found = []
    for (network, measure), section in study.sections.items():
        if measure != "zeros":
            continue
        draws = draws_of(study, section)
        each = {kind: _answers(section, draws, f"{kind}|") for kind in ("plain", "cut", "zero")}
        found += [(network, task, {kind: own[task] for kind, own in each.items()}) for task in each["plain"]]
    return found


def _answers(section: Section, draws: np.ndarray, prefix: str) -> dict[str, Figure]:
    named = ((Output.parse(one.output), one) for one in figures(section, draws, prefix))
    return {output.task: one for output, one in named if output.answer}


def told_table(all_: Gathered) -> str:
    """One row a site; words where it has no figure, and of edges without one on which nothing comes."""
    rows = [
        (all_.title(one.network), all_.site(one.network, one.site), _counted(one), _percent(one))
        for one in told(all_.study)
    ]
    return table(("network", "site", "edges", "told by own features, mean"), rows)


def zeros_table(all_: Gathered) -> str:
    rows = [
        (all_.title(network), f"{task}, {_unit(each['plain'])}", *(_written(each[kind]) for kind in each))
        for network, task, each in zeros(all_.study)
    ]
    return table(("network", "answer", "as it is", "all edges cut", "plain zeros on all"), rows)


def numbers(study: Study) -> dict[str, Estimate]:
    """The figures by "WHAT|NETWORK|..." for claims."""
    found = {f"told|{one.network}|{one.site}": one.share for one in told(study)}
    for network, task, each in zeros(study):
        found |= {f"{kind}|{network}|{task}": figure.estimate for kind, figure in each.items()}
    return found


def _counted(one: Told) -> str:
    known = f"{one.known} of {one.edges}"
    return f"{known}, {NOTHING} on {one.silent}" if 0 < one.silent < one.edges else known


def _percent(one: Told) -> str:
    if one.known:
        return f"{words(one.share, '.1f', 100)} %"
    return NOTHING if one.silent == one.edges else TOO_FEW


def _unit(figure: Figure) -> str:
    return f"{figure.name} in {figure.unit}"


def _written(figure: Figure) -> str:
    return words(figure.estimate, ".2f" if figure.unit == "m" else ".1f")
