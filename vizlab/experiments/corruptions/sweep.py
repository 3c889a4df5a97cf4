"""A severity sweep: one network on one picture that gets worse, step by step, in one way after the other."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vizlab.core.model import Model
from vizlab.core.site_words import SiteWords, trace_words
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import InputError
from vizlab.experiments.corruptions.catalogue import corruption_named
from vizlab.experiments.corruptions.corruption import CLEAN, SEVERITIES, Corruption
from vizlab.experiments.corruptions.measured import Measured, Pair, measured, pairs_of
from vizlab.measures.reference import Reference
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage


@dataclass(frozen=True, eq=False)
class SeveritySweep:
    """What became of metrics, confidence and shares; S severities, P pairs of a site and a target.

    `clean` is the unbroken picture; `broken` by corruption and severity, where it could be made, `refused` the sentence
    where not. `sites` are the sites' names in words, `streams` and `sources` those of the pairs' targets and of the
    other streams that send to them. `against` says of each task what its scores are against.
    """

    model: str
    checkpoint_hash: str
    inputs: tuple[str, ...]
    tasks: tuple[str, ...]
    picture: str
    seed: int
    corruptions: tuple[Corruption, ...]
    severities: tuple[int, ...]
    pairs: tuple[Pair, ...]
    sites: Mapping[str, SiteWords]
    sources: Mapping[Pair, tuple[str, ...]]
    clean: Measured
    broken: Mapping[tuple[str, int], Measured]
    refused: Mapping[tuple[str, int], str] = field(default_factory=dict)
    against: Mapping[str, str] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The scores' names, "TASK.METRIC"; none without a reference."""
        return tuple(self.clean.scores)

    def score(self, corruption: str, metric: str) -> np.ndarray:
        """(S,) that score at each severity, NaN where the picture could not be made."""
        return self._each(corruption, lambda found: found.scores[metric])

    def moved(self, corruption: str, metric: str) -> np.ndarray:
        """(S,) how far the prediction is from that of the unbroken picture."""
        return self._each(corruption, lambda found: found.moved[metric])

    def confidence(self, corruption: str) -> np.ndarray:
        """(S,) mean confidence."""
        return self._each(corruption, lambda found: found.confidence)

    def share(self, corruption: str) -> np.ndarray:
        """(S, P) cross-stream shares."""
        rows = [self.at(corruption, severity) for severity in self.severities]
        return np.stack([np.full(len(self.pairs), np.nan) if row is None else row.share for row in rows])

    def response(self, corruption: str) -> np.ndarray:
        """(S, P) the fusion response: each pair's cross-stream share less that of the unbroken picture."""
        return self.share(corruption) - self.clean.share

    def at(self, corruption: str, severity: int) -> Measured | None:
        """What was measured there; None where it was refused. Raises InputError for what was not swept."""
        key = (corruption, severity)
        if key not in self.broken and key not in self.refused:
            raise InputError(f"'{corruption[:60]}' at severity {severity} is not in this sweep; sweep it first.")
        return self.broken.get(key)

    def _each(self, corruption: str, value: Callable[[Measured], float]) -> np.ndarray:
        rows = [self.at(corruption, severity) for severity in self.severities]
        return np.array([math.nan if row is None else value(row) for row in rows])

    def rows(self) -> list[dict[str, Any]]:
        """A flat mapping for the unbroken picture and for each corruption at each severity; undefined is None."""
        first = {"corruption": "none", "modality": "", "severity": CLEAN, "parameters": "as it was read"}
        rows = [{**first, **self._figures(self.clean)}]
        for one in self.corruptions:
            for severity in self.severities:
                head = {
                    "corruption": one.name,
                    "modality": one.modality,
                    "severity": severity,
                    "parameters": one.parameters(severity),
                }
                found = self.at(one.name, severity)
                figures = {"refused": self.refused[one.name, severity]} if found is None else self._figures(found)
                rows.append({**head, **figures})
        return rows

    def _figures(self, found: Measured) -> dict[str, float | None]:
        shares = {self.column(pair): value for pair, value in zip(self.pairs, found.share.tolist(), strict=True)}
        moved = {f"moved {key}": value for key, value in found.moved.items()}
        every = {**found.scores, **moved, "confidence": found.confidence, **shares}
        return {key: value if math.isfinite(value) else None for key, value in every.items()}

    def column(self, pair: Pair) -> str:
        """What a pair's share is called in tables: "share of SITE to TARGET"."""
        return f"share of {pair[0]} to {pair[1]}"

    def csv(self) -> str:
        """`rows` as comma-separated values, a line of names first."""
        rows = self.rows()
        names = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO()
        writer = csv.DictWriter(text, ["network", *names, "seed"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"network": self.model, **row, "seed": self.seed} for row in rows)
        return text.getvalue()

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON."""
        return {
            "model": self.model,
            "checkpoint": self.checkpoint_hash,
            "picture": self.picture,
            "seed": self.seed,
            "severities": list(self.severities),
            "scores against": dict(self.against),
            "sites": {name: words.title for name, words in self.sites.items()},
            "rows": self.rows(),
        }


def severity_sweep(
    model: Model,
    rgbd: RGBDImage,
    corruptions: Sequence[Corruption | str],
    *,
    truth: Reference | None = None,
    severities: Sequence[int] = SEVERITIES,
    seed: int = 0,
    step: Step = silent,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] | None = None,
    clean: FusionTrace | None = None,
) -> SeveritySweep:
    """Trace `model` on `rgbd`, and on it broken by each of `corruptions` at each severity.

    `truth` is what the predictions are scored against; without one there are no scores. `clean` is the trace of the
    unbroken picture at the same settings, where it is at hand. A corruption without degrees runs once. One forward a
    step, each under the model's lock. Raises InputError for names and severities that are none, and for a corruption
    of what the network or the picture does not have.
    """
    chosen = tuple(corruption_named(one) if isinstance(one, str) else one for one in corruptions)
    _check(model, rgbd, chosen, severities)

    def run(picture: RGBDImage) -> FusionTrace:
        with model.lock:
            return trace(model, picture, working_size=working_size, **dict(settings or {}))  # type: ignore[arg-type]

    before = run(rgbd) if clean is None else clean
    broken: dict[tuple[str, int], Measured] = {}
    refused: dict[tuple[str, int], str] = {}
    count = sum(len(severities) if one.graded else 1 for one in chosen)
    for one in chosen:
        for severity in severities if one.graded else severities[:1]:
            step((len(broken) + len(refused)) / count, f"{one.title}, severity {severity}" if one.graded else one.title)
            try:
                picture = one(rgbd, severity, seed)
            except InputError as err:
                refused[one.name, severity] = str(err)
                continue
            broken[one.name, severity] = measured(run(picture), truth, before)
    return _result(model, rgbd, chosen, severities, seed, truth, before, broken, refused)


def single(
    model: Model,
    rgbd: RGBDImage,
    corruption: Corruption,
    severity: int,
    *,
    before: FusionTrace,
    after: FusionTrace,
    truth: Reference | None = None,
    seed: int = 0,
) -> SeveritySweep:
    """The sweep of one corruption at one severity out of traces that are there already; nothing runs."""
    broken = {(corruption.name, severity): measured(after, truth, before)}
    return _result(model, rgbd, (corruption,), (severity,), seed, truth, before, broken, {})


def _result(
    model: Model,
    rgbd: RGBDImage,
    chosen: tuple[Corruption, ...],
    severities: Sequence[int],
    seed: int,
    truth: Reference | None,
    before: FusionTrace,
    broken: Mapping[tuple[str, int], Measured],
    refused: Mapping[tuple[str, int], str],
) -> SeveritySweep:
    return SeveritySweep(
        model=model.name,
        checkpoint_hash=model.checkpoint_hash,
        inputs=model.inputs,
        tasks=tuple(task.name for task in model.tasks),
        picture=rgbd.digest,
        seed=seed,
        corruptions=chosen,
        severities=tuple(severities),
        pairs=pairs_of(before),
        sites=trace_words(before),
        sources={pair: _others(before, pair) for pair in pairs_of(before)},
        clean=measured(before, truth, before),
        broken=_repeated(broken, chosen, severities),
        refused=_repeated(refused, chosen, severities),
        against={} if truth is None else {task: truth.notes.get(task, "a reference") for task in truth.maps()},
    )


def _check(model: Model, rgbd: RGBDImage, chosen: Sequence[Corruption], severities: Sequence[int]) -> None:
    if not chosen or not severities:
        raise InputError("There is nothing to sweep; name at least one corruption and one severity of 1 to 5.")
    for one in chosen:
        for severity in severities:
            one.level(severity)
        if one.modality not in model.inputs:
            raise InputError(
                f"'{one.name}' breaks {one.modality}, but {model.name} takes {' and '.join(model.inputs)} alone; "
                "choose another corruption."
            )
        if one.modality not in rgbd.modalities:
            one(rgbd, severities[0])  # says what is missing


def _repeated(found: Mapping[tuple[str, int], Any], chosen: Sequence[Corruption], severities: Sequence[int]) -> Any:
    """With the one result of a corruption without degrees at every severity."""
    firsts = {one.name: severities[0] for one in chosen if not one.graded}
    wanted = {(one.name, severity) for one in chosen for severity in severities}
    sources = {(name, severity): (name, firsts.get(name, severity)) for name, severity in wanted}
    return {key: found[source] for key, source in sorted(sources.items()) if source in found}


def _others(trace_: FusionTrace, pair: Pair) -> tuple[str, ...]:
    return tuple(source for source in trace_.sites[pair[0]].site.sources if source != pair[1])
