"""`vizlab eval`: measure checkpoints one after the other, store what is to be stored, and report it in one table."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from vizlab.core.door import load_model
from vizlab.core.door.container import file_hash
from vizlab.core.method import Control
from vizlab.core.model import Model
from vizlab.core.registry import checked, known_control
from vizlab.core.site import Intervention
from vizlab.errors import InputError
from vizlab.study.cards.contents import epochs_of, start_of
from vizlab.study.cards.folder import check_has_card, store_evaluation
from vizlab.study.data import RGBDFolder
from vizlab.study.effects import counted, effect_of
from vizlab.study.evaluation.baselines import FILE, read_baselines, write_baseline
from vizlab.study.evaluation.cost import measure_cost, total_cost
from vizlab.study.evaluation.curve import Curve
from vizlab.study.evaluation.distances import missing
from vizlab.study.evaluation.results import Result
from vizlab.study.evaluation.run import Progress, evaluate, evaluate_control, pictures_for
from vizlab.study.evaluation.table import curve_table, markdown, remarks, rows_in, rows_of, table

T = TypeVar("T")
Counting = Callable[[str, int], AbstractContextManager[Progress]]
"""Opens a progress bar with a label, for so many pictures."""
DERIVED = "Normals are compared with normals derived from depth, not with measured ones."


@dataclass(frozen=True)
class Sweep:
    """A curve to draw: the values that a network's control of the name `control` takes in turn."""

    control: str
    values: tuple[float, ...]

    def check(self) -> None:
        """Raise InputError for a control that no method declares, or a value that cannot be."""
        control = known_control(self.control)
        for value in self.values:
            control.check(value)

    def of(self, model: Model) -> Control | None:
        """The control in this network, None where it has none whose effect can be counted."""
        own = counted(model.method, model.config)
        return next((control for control in own if control.name == self.control), None)


@dataclass(frozen=True)
class Plan:
    """What to measure and where to keep it; the fields are the options of `vizlab eval`.

    `settings` hold for every network that has such a control. Raises InputError for a value that cannot be, or for
    options that contradict each other.
    """

    split: str = "test"
    limit: int | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    cross: bool = True
    sweep: Sweep | None = None
    late_fusion: bool = False
    write_card: bool = False
    write_baseline: Path | None = None
    baselines: Path | None = None
    precisions: tuple[str, ...] = ("auto",)

    def __post_init__(self) -> None:
        checked(self.settings)
        if self.sweep is not None:
            self.sweep.check()
        kept = self.write_card or self.write_baseline is not None
        if kept and (self.limit is not None or self.intervention != Intervention()):
            raise InputError(
                "A card or a baseline holds the figures of the whole split as shipped; leave out --limit, --set, "
                "--threshold and --no-cross."
            )

    @property
    def intervention(self) -> Intervention:
        return Intervention(self.settings, cross=self.cross)

    def check_for(self, models: Sequence[Model]) -> None:
        """Raise InputError for what none of `models` has, or too few of them for late fusion."""
        for name in self.settings:
            if not any(name in model.settings for model in models):
                raise InputError(f"A {name} is given, but {_none_has(name)}; leave it out.")
        if self.sweep is not None and not any(map(self.sweep.of, models)):
            name = self.sweep.control
            effect_of(known_control(name))  # has a sentence of its own where there is none
            raise InputError(f"Values of the {name} are given, but {_none_has(name)}; leave them out.")
        if self.late_fusion and len(models) < 2:
            raise InputError("Late fusion takes the mean of several networks; give two or more checkpoints.")
        if len(self.precisions) > 1 and (self.late_fusion or self.write_baseline is not None):
            raise InputError("Late fusion and baselines are measured in one precision; give auto, float32 or bfloat16.")


def _none_has(name: str) -> str:
    return f"each of the checkpoints {known_control(name).absent}"


@dataclass(frozen=True)
class Measured:
    """A network's result and, where one was asked for and can be drawn, a curve; `own` is its control's own value."""

    result: Result
    curve: Curve | None = None
    own: float | None = None

    def to_json(self) -> str:
        """Unrounded figures by output name, with the number of pictures."""
        found = {"model": self.result.name, "pictures": self.result.pictures, **self.result.outputs}
        curve = {} if self.curve is None else {self.curve.key: self.curve.to_list()}
        return json.dumps(found | curve, indent=2)


def evaluate_all(
    checkpoints: Sequence[Path], data: Path, device: str, plan: Plan, counting: Counting
) -> list[Measured]:
    """Measure every checkpoint and, where the plan says so, their late fusion; each is stored as soon as it is known.

    `counting` opens a progress bar. Raises DataError, CheckpointError or InputError for what cannot be evaluated.
    """
    runs = [(path, load_model(path, device, precision=p)) for path in checkpoints for p in plan.precisions]
    models = [model for _, model in runs]
    folder = RGBDFolder(data, plan.split, plan.limit, pictures_for(models))
    for note in folder.notes:
        print(note, file=sys.stderr)
    plan.check_for(models)
    _check_places(checkpoints, plan)
    found = []
    for path, model in runs:
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
    rows = rows_in if len(plan.precisions) > 1 else partial(rows_of, known=known)
    parts = [markdown(table([row for result in results for row in rows(result)]))]
    sentences = remarks(results, known)
    if any("normals" in result.tasks for result in results):
        sentences.append(DERIVED)
    if any("image" in result.tasks for result in results) and (lacking := missing()):
        sentences.append(lacking)
    first = results[0]
    source = f" of {first.data}" if first.data else ""
    formats = " and ".join(dict.fromkeys(result.precision for result in results))
    sentences.append(f"{first.pictures} pictures{source}, split {first.split}, {formats}{_changes(plan)}.")
    parts.append("\n".join(sentences))
    for one in found:
        if one.curve is not None:
            curve = markdown(curve_table(one.curve, one.own))
            parts.append(f"{one.result.name} by {one.curve.control.title}:\n\n{curve}")
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
        scores = evaluate(model, folder, intervention=plan.intervention, progress=progress)
    tasks = tuple(task.name for task in model.tasks)
    result = Result(
        name=model.name,
        checkpoint=model.checkpoint_hash,
        architecture=model.config.architecture,
        inputs=model.inputs,
        tasks=tasks,
        split=plan.split,
        pictures=scores.pictures,
        precision=model.precision,
        outputs=scores.by_output,
        data=folder.manifest.source,
        measured=str(folder.manifest.measured or "") if {"depth", "normals"} & set(tasks) else "",
        cost=measure_cost(model if model.device.type == "cpu" else load_model(path, "cpu")),
        epochs=epochs_of(model),
        start=start_of(model),
    )
    curve = _measure_curve(model, folder, plan, counting)
    return Measured(result, curve, None if curve is None else model.settings[curve.control.name])


def _measure_curve(model: Model, folder: RGBDFolder, plan: Plan, counting: Counting) -> Curve | None:
    control = None if plan.sweep is None else plan.sweep.of(model)
    if plan.sweep is None or control is None:
        return None
    with counting(f"{model.name}, {control.name} curve", len(folder)) as progress:
        return evaluate_control(model, folder, control, plan.sweep.values, progress=progress)


def _measure_fused(
    models: Sequence[Model], alone: Sequence[Result], folder: RGBDFolder, plan: Plan, counting: Counting
) -> Measured:
    name = " + ".join(model.name for model in models) + ", late fusion"
    with counting(name, len(folder)) as progress:
        scores = evaluate(models, folder, intervention=plan.intervention, progress=progress)
    return Measured(
        replace(
            alone[0],
            name=name,
            checkpoint=" + ".join(result.checkpoint for result in alone),
            inputs=tuple(dict.fromkeys(name for result in alone for name in result.inputs)),
            tasks=("semseg",),
            measured="",
            outputs=scores.by_output,
            cost=total_cost([result.cost for result in alone if result.cost is not None]),
            late_fusion=True,
            epochs=_common([result.epochs for result in alone], None),
            start=_common([result.start for result in alone], ""),
        )
    )


def _common(values: Sequence[T], otherwise: T) -> T:
    """What all of them are, or else that."""
    return values[0] if len(set(values)) == 1 else otherwise


def _changes(plan: Plan) -> str:
    settings = [f"{known_control(name).title} {value:g}" for name, value in plan.settings.items()]
    return "".join(f"; {change}" for change in [*settings, *([] if plan.cross else ["streams cut apart"])])
