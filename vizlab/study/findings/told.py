"""What a target's own features tell of what comes to it, and plain zeros beside the cut, where a study has them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vizlab.core.outputs import Output
from vizlab.study.findings.estimates import combined, words
from vizlab.study.findings.gathered import Gathered
from vizlab.study.findings.markdown import table
from vizlab.study.survey.intervals import Estimate, mean
from vizlab.study.survey.study import Section, Study
from vizlab.study.survey.summaries import Figure, draws_of, figures


@dataclass(frozen=True, eq=False)
class Told:
    """Over the edges of one site: `share`, the mean told by own features; `known` of how many `edges` it is defined."""

    network: str
    site: str
    edges: int
    known: int
    share: Estimate


def told(study: Study) -> list[Told]:
    """Site by site, of every network whose messages were measured."""
    return [
        one for (_, measure), section in study.sections.items() if measure == "messages" for one in _of(study, section)
    ]


def _of(study: Study, section: Section) -> Iterator[Told]:
    each, edges = mean(section.rows["predicted"], draws_of(study, section)), section.labels("edge")
    for site in dict.fromkeys(edge[0] for edge in edges):
        here = [place for place, edge in enumerate(edges) if edge[0] == site and np.isfinite(each.value[place])]
        count = sum(edge[0] == site for edge in edges)
        nothing = np.full(len(each.resampled), np.nan)
        share = (
            combined(each.value[here].mean(), each.resampled[:, here].mean(1)) if here else combined(np.nan, nothing)
        )
        yield Told(section.network, site, count, len(here), share)


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
    """One row a site; a dash where maps have too few cells for their features."""
    rows = [
        (all_.title(one.network), all_.site(one.network, one.site), f"{one.known} of {one.edges}", _percent(one.share))
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


def _percent(share: Estimate) -> str:
    text = words(share, ".1f", 100)
    return text if text == "–" else f"{text} %"


def _unit(figure: Figure) -> str:
    return f"{figure.name} in {figure.unit}"


def _written(figure: Figure) -> str:
    return words(figure.estimate, ".2f" if figure.unit == "m" else ".1f")
