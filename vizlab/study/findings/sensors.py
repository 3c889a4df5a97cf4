"""How networks do on broken pictures, and how their sites respond: figures of the measure `corruptions`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.study.findings.estimates import at, combined
from vizlab.study.survey.intervals import Estimate, mean
from vizlab.study.survey.study import Study
from vizlab.study.survey.summaries import draws_of, figures

CLEAN = ("", 0)
Variant = tuple[str, int]


@dataclass(frozen=True, eq=False)
class Errors:
    """Of one network and output (V,) errors under each variant, the first of which is whole: 1 - mIoU, m or °."""

    network: str
    task: str
    variants: tuple[Variant, ...]
    error: Estimate

    def graded(self) -> list[str]:
        """The corruptions that have more than one severity."""
        names = [name for name, _ in self.variants]
        return [name for name in dict.fromkeys(names) if names.count(name) > 1]

    def places(self, corruption: str) -> list[int]:
        return [place for place, (name, _) in enumerate(self.variants) if name == corruption]

    def summed(self, corruption: str) -> Estimate:
        """The error added up over severities."""
        places = self.places(corruption)
        return combined(self.error.value[places].sum(), self.error.resampled[:, places].sum(-1))


def errors(study: Study, network: str) -> list[Errors]:
    """Of each answer of a network."""
    section = study.of(network, "corruptions")
    variants = tuple((str(name), int(severity)) for name, severity in section.labels("variant"))
    found = []
    for one in figures(section, draws_of(study, section)):
        whole = one.estimate
        if one.name == "mIoU":
            whole = combined(1 - whole.value / 100, 1 - whole.resampled / 100)
        found.append(Errors(network, one.output.partition("/")[0], variants, whole))
    return found


def grown(one: Errors, corruptions: Sequence[str]) -> Estimate:
    """The mean over corruptions of the mean error over severities, over the error on whole pictures; 1 is unharmed."""
    each = [one.summed(name) for name in corruptions]
    counts = np.array([len(one.places(name)) for name in corruptions])
    value = np.mean([e.value for e in each] / counts) / one.error.value[0]
    resampled = np.mean(np.stack([e.resampled for e in each], 1) / counts, -1) / one.error.resampled[:, 0]
    return combined(value, resampled)


def kept(one: Errors, corruption: str) -> Estimate:
    """Of mIoU, the part of the whole pictures' that is left, the mean over severities."""
    score = combined(1 - one.error.value, 1 - one.error.resampled)
    places = one.places(corruption)
    return combined(
        score.value[places].mean() / score.value[0], score.resampled[:, places].mean(-1) / score.resampled[:, 0]
    )


def kept_mean(one: Errors, corruptions: Sequence[str]) -> Estimate:
    """The mean of `kept` over corruptions."""
    each = [kept(one, name) for name in corruptions]
    return combined(np.mean([e.value for e in each]), np.mean([e.resampled for e in each], axis=0))


def mean_error(one: Errors, reference: Errors, corruptions: Sequence[str]) -> Estimate:
    """mCE: the mean over corruptions of sum_s E / sum_s E_reference (Hendrycks & Dietterich 2019, section 3)."""
    pairs = [(one.summed(name), reference.summed(name)) for name in corruptions]
    return combined(
        np.mean([a.value / b.value for a, b in pairs]), np.mean([a.resampled / b.resampled for a, b in pairs], axis=0)
    )


@dataclass(frozen=True, eq=False)
class Response:
    """How the share that ports take from other streams changes when one modality is broken as badly as it goes.

    `change` is the mean over the ports of a `target` and over corruptions; `largest` that of the port `site` in which
    it is largest; `by_site` (S,) that of each.
    """

    network: str
    broken: str
    target: str
    change: Estimate
    site: str
    largest: Estimate
    by_site: Estimate


def responses(study: Study, network: str) -> list[Response]:
    """By modality that is broken and by target, over graded corruptions at their worst."""
    section = study.of(network, "corruptions")
    variants = [(str(name), int(severity)) for name, severity in section.labels("variant")]
    share, ports = section.rows["cross_share"], section.labels("port")
    change = share - share[:, :1]
    draws, worst = draws_of(study, section), max(severity for _, severity in variants)
    found = []
    for broken in dict.fromkeys(name.partition("-")[0] for name, _ in variants if name):
        places = [i for i, (name, s) in enumerate(variants) if name.partition("-")[0] == broken and s == worst]
        if not places:
            continue
        each = mean(np.nanmean(change[:, places], axis=1), draws)
        for target in dict.fromkeys(port[1] for port in ports):
            own = [i for i, port in enumerate(ports) if port[1] == target]
            most = own[int(np.argmax(np.abs(each.value[own])))]
            found.append(
                Response(
                    network=network,
                    broken=broken,
                    target=target,
                    change=combined(each.value[own].mean(), each.resampled[:, own].mean(-1)),
                    site=ports[most][0],
                    largest=at(each, most),
                    by_site=combined(each.value[own], each.resampled[:, own]),
                )
            )
    return found
