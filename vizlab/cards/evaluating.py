"""`vizlab eval`: measure checkpoints one after the other, store what is to be stored, and report it in one table."""

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vizlab.cards.contents import epochs_of
from vizlab.cards.folder import check_has_card, store_evaluation
from vizlab.data import RGBDFolder
from vizlab.errors import InputError
from vizlab.evaluation.baselines import FILE, read_baselines, write_baseline
from vizlab.evaluation.cost import measure_cost, total_cost
from vizlab.evaluation.results import Result, ThresholdPoint
from vizlab.evaluation.run import Progress, evaluate, evaluate_thresholds, exchanges
from vizlab.evaluation.table import curve_table, markdown, remarks, rows_of, table
from vizlab.models.model import Model
from vizlab.models.site import Intervention
from vizlab.weights import load_model
from vizlab.weights.container import file_hash

Counting = Callable[[str, int], AbstractContextManager[Progress]]
"""Opens a progress bar with a label, for so many pictures."""
DERIVED = "Normals are compared with normals derived from depth, not with measured ones."


@dataclass(frozen=True)
class Plan:
    """What to measure and where to keep it; the fields are the options of `vizlab eval`.

    Raises InputError for options that contradict each other.
    """

    split: str = "test"
    limit: int | None = None
    threshold: float | None = None
    cross: bool = True
    thresholds: tuple[float, ...] = ()
    late_fusion: bool = False
    write_card: bool = False
    write_baseline: Path | None = None
    baselines: Path | None = None

    def __post_init__(self) -> None:
        for one in (self.threshold, *self.thresholds):
            Intervention(threshold=one)  # raises for one that cannot be
        kept = self.write_card or self.write_baseline is not None
        if kept and (self.limit is not None or self.intervention != Intervention()):
            raise InputError(
                "A card or a baseline holds the figures of the whole split as shipped; leave out --limit, --threshold "
                "and --no-cross."
            )

    @property
    def intervention(self) -> Intervention:
        return Intervention(threshold=self.threshold, cross=self.cross)


@dataclass(frozen=True)
class Measured:
    """A network's result and, for a CEN that was asked for it, its threshold curve; `own_threshold` is its file's."""

    result: Result
    curve: tuple[ThresholdPoint, ...] = ()
    own_threshold: float | None = None

    def to_json(self) -> str:
        """Unrounded figures by output name, with the number of pictures."""
        found = {"model": self.result.name, "pictures": self.result.pictures, **self.result.outputs}
        curve = {"threshold curve": [asdict(point) for point in self.curve]} if self.curve else {}
        return json.dumps(found | curve, indent=2)


def evaluate_all(
    checkpoints: Sequence[Path], data: Path, device: str, plan: Plan, counting: Counting
) -> list[Measured]:
    """Measure every checkpoint and, where the plan says so, their late fusion; each is stored as soon as it is known.

    `counting` opens a progress bar. Raises DataError, CheckpointError or InputError for what cannot be evaluated.
    """
    folder = RGBDFolder(data, plan.split, plan.limit)
    for note in folder.notes:
        print(note, file=sys.stderr)
    models = [load_model(path, device) for path in checkpoints]
    if plan.thresholds and not any(map(exchanges, models)):
        raise InputError("Thresholds are given, but none of the checkpoints exchanges channels; leave them out.")
    if plan.late_fusion and len(models) < 2:
        raise InputError("Late fusion takes the mean of several networks; give two or more checkpoints.")
    _check_places(checkpoints, plan)
    found = []
    for path, model in zip(checkpoints, models, strict=True):
        one = _measure(path, model, folder, plan, counting)
        if plan.write_card:
            store_evaluation(path, one.result, one.curve, known_baselines(plan, path))
            # The card is part of the file, so its hash is another now.
            one = replace(one, result=replace(one.result, checkpoint=file_hash(path)))
        found.append(one)
        if plan.write_baseline is not None:
            write_baseline(plan.write_baseline, one.result)
    if plan.late_fusion:
        fused = _measure_fused(models, [one.result for one in found], folder, plan, counting)
        found.append(fused)
        if plan.write_baseline is not None:
            write_baseline(plan.write_baseline, fused.result)
    return found


def report(found: Sequence[Measured], plan: Plan, baselines: Sequence[Result] = ()) -> str:
    """One table with a row per output, the gains over what else was measured and over `baselines`, and the curves."""
    results = [one.result for one in found]
    known = [*results, *baselines]
    parts = [markdown(table([row for result in results for row in rows_of(result, known)]))]
    sentences = remarks(results, known)
    if any("normals" in result.tasks for result in results):
        sentences.append(DERIVED)
    first = results[0]
    source = f" of {first.data}" if first.data else ""
    sentences.append(f"{first.pictures} pictures{source}, split {first.split}, {first.precision}{_changes(plan)}.")
    parts.append("\n".join(sentences))
    for one in found:
        if one.curve:
            curve = markdown(curve_table(one.curve, one.own_threshold))
            parts.append(f"{one.result.name} by exchange threshold:\n\n{curve}")
    return "\n\n".join(parts)


def known_baselines(plan: Plan, path: Path) -> tuple[Result, ...]:
    """The baselines the plan names or, where it names none, those beside the checkpoint `path`."""
    return read_baselines(plan.baselines or plan.write_baseline or path.parent / FILE)


def _check_places(checkpoints: Sequence[Path], plan: Plan) -> None:
    """What would make storing fail is said before anything is evaluated, not hours later."""
    for path in checkpoints:
        known_baselines(plan, path)
        if plan.write_card:
            check_has_card(path)
    if plan.write_baseline is not None and not plan.write_baseline.parent.is_dir():
        raise InputError(
            f"There is no folder '{plan.write_baseline.parent}' to write the baseline into; make it first."
        )


def _measure(path: Path, model: Model, folder: RGBDFolder, plan: Plan, counting: Counting) -> Measured:
    with counting(model.name, len(folder)) as progress:
        figures = evaluate(model, folder, intervention=plan.intervention, progress=progress)
    curve: tuple[ThresholdPoint, ...] = ()
    if plan.thresholds and exchanges(model):
        with counting(f"{model.name}, thresholds", len(folder)) as progress:
            curve = evaluate_thresholds(model, folder, plan.thresholds, progress=progress)
    tasks = tuple(task.name for task in model.tasks)
    result = Result(
        name=model.name,
        checkpoint=model.checkpoint_hash,
        architecture=model.config.architecture,
        inputs=model.inputs,
        tasks=tasks,
        split=plan.split,
        pictures=figures.pictures,
        precision=model.precision,
        outputs=figures.by_output,
        data=folder.manifest.source,
        measured=str(folder.manifest.measured or "") if {"depth", "normals"} & set(tasks) else "",
        cost=measure_cost(model if model.device.type == "cpu" else load_model(path, "cpu")),
        epochs=epochs_of(model),
    )
    return Measured(result, curve, model.config.threshold)


def _measure_fused(
    models: Sequence[Model], alone: Sequence[Result], folder: RGBDFolder, plan: Plan, counting: Counting
) -> Measured:
    name = " + ".join(model.name for model in models) + ", late fusion"
    with counting(name, len(folder)) as progress:
        figures = evaluate(models, folder, intervention=plan.intervention, progress=progress)
    return Measured(
        replace(
            alone[0],
            name=name,
            checkpoint=" + ".join(result.checkpoint for result in alone),
            inputs=tuple(dict.fromkeys(name for result in alone for name in result.inputs)),
            tasks=("semseg",),
            measured="",
            outputs=figures.by_output,
            cost=total_cost([result.cost for result in alone if result.cost is not None]),
            late_fusion=True,
            epochs=alone[0].epochs if len({result.epochs for result in alone}) == 1 else None,
        )
    )


def _changes(plan: Plan) -> str:
    threshold = [] if plan.threshold is None else [f"exchange threshold {plan.threshold:g}"]
    return "".join(f"; {change}" for change in [*threshold, *([] if plan.cross else ["streams cut apart"])])
