"""Everything that is said of a study, measured once; and its figures by name, for claims to be held against."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from vizlab.core.registry import methods, title_of
from vizlab.errors import DataError
from vizlab.study.findings.estimates import at
from vizlab.study.findings.exchange import Answer, Target, Together, answer, targets, together
from vizlab.study.findings.modalities import probability_worth
from vizlab.study.findings.sensors import Errors, Response, errors, responses
from vizlab.study.survey.intervals import Estimate, mean
from vizlab.study.survey.study import Study
from vizlab.study.survey.summaries import ModalityWorth, strata, worths


@dataclass(frozen=True, eq=False)
class Band:
    """An answer over the pictures of one band of what they differ in (`title`), between the values of `label`."""

    title: str
    label: str
    pictures: int
    answer: Answer
    targets: list[Target]


@dataclass(frozen=True, eq=False)
class Gathered:
    """Of a compact study: answers and targets in its order, bands, modalities, errors on broken pictures, responses."""

    study: Study
    answers: list[Answer]
    targets: list[Target]
    bands: list[Band]
    worths: list[tuple[str, ModalityWorth]]
    errors: list[Errors]
    responses: list[Response]

    def title(self, network: str) -> str:
        """The method's title where only one network of the study is of it, else the network's own name."""
        named = [_title(one) for one in self.study.networks]
        return _title(network) if named.count(_title(network)) == 1 else network

    def site(self, network: str, site: str) -> str:
        """How a site is called: "14, stage 5"."""
        words: Mapping[str, str] = self.study.of(network, "traces").meta.get("sites", {})
        return words.get(site, site)

    def compared(self) -> list[Target]:
        """The targets of networks whose streams were compared."""
        return [one for one in self.targets if (one.answer.network, "similarity") in self.study.sections]

    def together(self, one: Answer) -> Together:
        return together(one)

    def shared_corruptions(self) -> list[str]:
        """Graded ones that every network was measured under."""
        each = [set(one.graded()) for one in self.errors]
        return [name for name in self.errors[0].graded() if all(name in some for some in each)] if each else []


def _title(network: str) -> str:
    fitting = [family for family in methods() if network.startswith(family)]
    return title_of(max(fitting, key=len)) if fitting else network


def gather(study: Study) -> Gathered:
    """Everything, of a compact study; raises DataError for one without traces and a scored sweep of every kind."""
    _check(study)
    having = {measure: [n for n in study.networks if (n, measure) in study.sections] for measure in _MEASURES}
    answers = [
        answer(study, network, task)
        for network in having["sweep"]
        for task in study.of(network, "sweep").labels("task")
    ]
    found = [target for one in answers for target in targets(one)]
    if not found or not any(one.task == "semseg" for one in answers):
        raise DataError("No network of this study answers semseg and has a target of three edges with shares.")
    return Gathered(
        study=study,
        answers=answers,
        targets=found,
        bands=[band for one in answers for band in _bands(study, one)],
        worths=[(network, one) for network in having["shapley"] for one in worths(study, network)],
        errors=[one for network in having["corruptions"] for one in errors(study, network)],
        responses=[one for network in having["corruptions"] for one in responses(study, network)],
    )


def _check(study: Study) -> None:
    swept = [network for network, measure in study.sections if measure == "sweep"]
    if not swept:
        raise DataError("This study measured no sweep: nothing was cut, so there is nothing to say of what matters.")
    for network in swept:
        rows = study.of(network, "sweep").rows
        lacking = [kind for kind in ("total", "direct", "only", "where", "site", "all") if kind not in rows]
        scored = any(name.startswith("all|") for name in rows)
        if lacking or not scored or (network, "traces") not in study.sections:
            raise DataError(
                f"The sweep of {network} lacks {', '.join(lacking) or 'scores, or traces beside it'}; measure traces "
                "and sweep with their scores and every kind of cut."
            )


_MEASURES = ("sweep", "shapley", "corruptions")


def _bands(study: Study, one: Answer) -> Iterator[Band]:
    listed = list(strata(study, study.of(one.network, "sweep")))
    for title, label, which in listed:
        if sum(other == title for other, _, _ in listed) > 1:
            within = answer(study, one.network, one.task, which)
            yield Band(title, label, int(which.sum()), within, targets(within))


def named(all_: Gathered) -> dict[str, Estimate]:
    """The figures by "WHAT|NETWORK|..." for claims; harms are positive where a cut makes an answer worse."""
    found: dict[str, Estimate] = {}
    for target in all_.targets:
        found |= {f"{what}|{target.name}": value for what, value in _of_target(target).items()}
    for one in all_.answers:
        found |= {f"{what}|{one.network}|{one.task}": value for what, value in _of_answer(one).items()}
        found |= _of_edges(one)
    for network, worth in all_.worths:
        phi = probability_worth(all_.study, network, worth.replacement, worth.output)
        if {"rgb", "depth"} <= set(phi):
            found[f"rgb-lead|{network}|{worth.replacement}"] = phi["rgb"].minus(phi["depth"])
    return found


def _of_target(one: Target) -> dict[str, Estimate]:
    lead = one.place_size.minus(one.moves)
    found = {
        "moves": one.moves, "worse": one.worse, "where": one.where, "picture": one.picture, "place": one.place,
        "place-lead": lead, "worst-lead": one.worst_lead,
    }  # fmt: skip
    return found | ({} if one.worse_logp is None else {"worse-logp": one.worse_logp})


def _of_answer(one: Answer) -> dict[str, Estimate]:
    parts = together(one)
    costs = one.site_harm.low > 0
    helps = one.site_harm.high < 0
    return {
        "all-harm": one.all_harm,
        "singles": parts.singles,
        "top": parts.top,
        "sites-that-cost": _counted(int(costs.sum())),
        "sites-not-zero": _counted(int((costs | helps).sum())),
    }


def _counted(count: int) -> Estimate:
    value = np.asarray(float(count))
    return Estimate(value, value, value, value[None])


def _of_edges(one: Answer) -> dict[str, Estimate]:
    share = mean(one.share, one.draws)
    found = {}
    for place, label in enumerate(one.labels):
        found[f"share|{one.network}|{label}"] = at(share, place)
        found[f"harm|{one.network}|{one.task}|{label}"] = at(one.harm, place)
    for site, target in dict.fromkeys((edge[0], edge[2]) for edge in one.edges):
        into = [i for i, edge in enumerate(one.edges) if (edge[0], edge[2]) == (site, target)]
        found[f"into|{one.network}|{site}|{target}"] = mean(one.share[:, into].sum(-1), one.draws)
    for place, site in enumerate(one.sites):
        found[f"site-harm|{one.network}|{one.task}|{site}"] = at(one.site_harm, place)
    return found
