"""`intervene`: one network on one picture, before and after a change, and how far its outputs moved."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from vizlab.core.changes import Change, intervention_of
from vizlab.core.kept import Outputs
from vizlab.core.model import Model
from vizlab.core.outputs import Output, answers
from vizlab.core.site import Intervention, intervening
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace, traced
from vizlab.experiments.interventions.baseline import Baseline
from vizlab.experiments.interventions.edges import require_met
from vizlab.measures.movement import movement
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores
from vizlab.rgbd import RGBDImage
from vizlab.tasks import class_names


@dataclass(frozen=True, eq=False)
class OutputEffect:
    """How far one output moved (see `vizlab.measures.movement`).

    `size` in `unit`, by the measure `name`; `map` (h, w) float32 on the network's own grid, of the same unit; `flipped`
    (h, w) bool where the class is another one, and `flips` how many cells went from which class to which, most first
    (None and empty for other tasks); `metrics` before and after against the reference, by name, where there is one.
    """

    task: str
    name: str
    unit: str
    size: float
    map: np.ndarray
    flipped: np.ndarray | None = None
    flips: Sequence[tuple[int, int, int]] = ()
    metrics: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def share_flipped(self) -> float:
        """The share of cells whose class is another one; NaN for other tasks."""
        return math.nan if self.flipped is None else float(self.flipped.mean())

    def to_dict(self, classes: Sequence[str] = ()) -> dict[str, Any]:
        """JSON-ready, without the maps; `classes` are called by these names."""

        def called(index: int) -> str | int:
            return classes[index] if index < len(classes) else index

        flips = [{"from": called(was), "to": called(now), "cells": count} for was, now, count in self.flips]
        of_classes = {} if self.flipped is None else {"flipped": self.share_flipped, "flips": flips}
        metrics = {name: {"before": _plain(was), "after": _plain(now)} for name, (was, now) in self.metrics.items()}
        known = {"metrics": metrics} if metrics else {}
        return {"measure": self.name, "unit": self.unit, "size": _plain(self.size), **of_classes, **known}


def _plain(value: float) -> float | None:
    """JSON has no word for what is undefined."""
    return value if math.isfinite(value) else None


@dataclass(frozen=True, eq=False)
class Effect:
    """What `changes` did: `before` and `after` are traces of the same picture, `outputs` by name how far each moved.

    `kl`, `flipped` (a share), `rms` (metres) and `angle` (degrees) are of the network's answers; NaN where it has none
    of that kind.
    """

    before: FusionTrace
    after: FusionTrace
    changes: tuple[Change, ...]
    outputs: Mapping[str, OutputEffect]

    @property
    def answers(self) -> Mapping[str, OutputEffect]:
        """By task, of the network's answer."""
        return answers(self.outputs)

    @property
    def kl(self) -> float:
        return self._size("KL")

    @property
    def flipped(self) -> float:
        found = [effect.share_flipped for effect in self.answers.values() if effect.flipped is not None]
        return found[0] if found else math.nan

    @property
    def rms(self) -> float:
        found = self.answers.get("depth")
        return math.nan if found is None else found.size

    @property
    def angle(self) -> float:
        return self._size("mean angle")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without maps and traces; undefined figures as None."""
        semseg = self.before.model.classes
        named = {name: one.to_dict(class_names(one.task, semseg)) for name, one in self.outputs.items()}
        return {
            "model": self.before.model.name,
            "changes": [change.to_dict() for change in self.changes],
            **{name: _plain(getattr(self, name)) for name in ("kl", "flipped", "rms", "angle")},
            "outputs": named,
        }

    def _size(self, name: str) -> float:
        return next((effect.size for effect in self.answers.values() if effect.name == name), math.nan)


def intervene(
    model: Model,
    rgbd: RGBDImage,
    changes: Sequence[Change],
    *,
    truth: Reference | None = None,
    working_size: tuple[int, int] | None = None,
) -> Effect:
    """Run `model` on `rgbd` as it is and with `changes`, and say how far its outputs moved.

    `truth` adds each task's own metrics, before and after. Raises IncompatibleInputError if the picture lacks a
    modality, InputError for a change that cannot be. For many changes of one picture see `Bench`.
    """
    return Bench(model, rgbd, working_size=working_size).intervene(changes, truth=truth)


class Bench:
    """One network and one picture, kept ready: every further change costs what comes after it.

    `before` is the trace as it is. Whoever shares the model with other threads holds its lock around each call.
    """

    def __init__(
        self,
        model: Model,
        rgbd: RGBDImage,
        *,
        working_size: tuple[int, int] | None = None,
        settings: Mapping[str, float] | None = None,
        before: FusionTrace | None = None,
    ) -> None:
        """`before`, if it is at hand, must be this model's trace of this picture at this working size and settings."""
        self.model, self.rgbd = model, rgbd
        self._settings = dict(settings or {})
        framing = model.frame(rgbd.size, working_size)
        base = Intervention(settings=self._settings)
        self.baseline = Baseline(model, model.preprocess(rgbd, framing), framing, base)
        given: dict[str, Any] = {"working_size": working_size, **self._settings}
        self.before = trace(model, rgbd, **given) if before is None else before

    def intervene(self, changes: Sequence[Change], *, truth: Reference | None = None) -> Effect:
        """See `vizlab.intervene`."""
        baseline, changes = self.baseline, tuple(changes)
        change = intervention_of(self.model, changes, baseline.framing, self._settings)
        sites = baseline.changed_sites(change)
        if not sites:
            return Effect(self.before, self.before, changes, self._effects(baseline.outputs, self.before, truth))
        outputs: dict[str, torch.Tensor] = {}

        def run() -> FusionTrace:
            outputs.clear()
            return traced(
                self.model, self.rgbd, baseline.framing, baseline.inputs, change, changes, self.before, outputs
            )

        with intervening(change):
            after = baseline.going_on(sites, run)
        if change.edits and all(torch.equal(y, baseline.outputs[name]) for name, y in outputs.items()):
            require_met(self.model, baseline.inputs, baseline.base)
        return Effect(self.before, after, changes, self._effects(outputs, after, truth))

    def _effects(self, outputs: Outputs, after: FusionTrace, truth: Reference | None) -> dict[str, OutputEffect]:
        known = {} if truth is None else truth.truths(after.model.classes)
        found = {}
        for name, y in outputs.items():
            output = Output.parse(name)
            if output.initial:
                continue
            moved = movement(output.task, self.baseline.outputs[name], y, self.baseline.framing)
            metrics: dict[str, tuple[float, float]] = {}
            if output.task in known and name in after.predictions:
                was, now = (scores(t.predictions[name], known[output.task], output.task) for t in (self.before, after))
                metrics = {key: (was[key], now[key]) for key in was}
            flipped = None if moved.flipped is None else moved.flipped[0].cpu().numpy()
            flips = () if flipped is None else self._flips(name, y, flipped)
            found[name] = OutputEffect(
                output.task, moved.name, moved.unit, float(moved.size[0]), moved.map[0].cpu().numpy(), flipped, flips,
                metrics,
            )  # fmt: skip
        return found

    def _flips(self, name: str, after: torch.Tensor, flipped: np.ndarray) -> list[tuple[int, int, int]]:
        """Class before, class after and in how many cells, most first."""
        height, width = flipped.shape
        was, now = (y[0, :, :height, :width].argmax(0).cpu().numpy() for y in (self.baseline.outputs[name], after))
        pairs, counts = np.unique(np.stack([was[flipped], now[flipped]]), axis=1, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return [(int(pairs[0, i]), int(pairs[1, i]), int(counts[i])) for i in order]
