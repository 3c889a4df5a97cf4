"""Running networks over a split and scoring them: as they are, fused late, or at other values of a control."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vizlab.core.method import Control
from vizlab.core.model import Model
from vizlab.core.outputs import Output, answers
from vizlab.core.predictions import Prediction, decode
from vizlab.core.site import NO_INTERVENTION, Intervention, intervening
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage
from vizlab.study.data import Sample
from vizlab.study.data.folder import further
from vizlab.study.effects import counted, effect_of, share_of
from vizlab.study.evaluation.curve import Curve, CurvePoint
from vizlab.study.evaluation.scores import Tally

Progress = Callable[[int], object]
"""Called with the number of pictures done."""


@dataclass
class Scores:
    """Scores by output name, e.g. `semseg/ensemble` to {"mIoU": ...}; `pictures` counts what was evaluated."""

    pictures: int = 0
    by_output: dict[str, dict[str, float]] = field(default_factory=dict)


def evaluate(
    models: Model | Sequence[Model],
    samples: Iterable[Sample],
    *,
    intervention: Intervention = NO_INTERVENTION,
    progress: Progress | None = None,
) -> Scores:
    """Run a network over `samples` and score every final output it has.

    Several networks are fused late: one output, `semseg`, from the mean of their semseg logits with equal weights.
    That is an ensemble of networks that were trained apart and share nothing. Raises InputError for networks that
    cannot be averaged.
    """
    models = (models,) if isinstance(models, Model) else tuple(models)
    _check_fusable(models)
    tally, pictures = Tally(models[0].config.semseg_channels, target_of(models[0])), 0
    for pictures, sample in enumerate(samples, 1):
        tally.add(_predict(models, sample, intervention), sample)
        if progress is not None:
            progress(pictures)
    return Scores(pictures, tally.result())


def evaluate_control(
    model: Model,
    samples: Iterable[Sample],
    control: Control,
    values: Sequence[float],
    *,
    progress: Progress | None = None,
) -> Curve:
    """What the network scores with `control` at each of `values` in turn, and with its streams cut apart.

    Raises InputError if the network has no such control or its effect cannot be counted, and for a value that cannot
    be.
    """
    effect_of(control)  # raises where there is none
    if control not in counted(model.method, model.config):
        raise InputError(f"Values of the {control.name} are given, but {model.name} {control.absent}; leave them out.")
    changes = [*(Intervention({control.name: control.check(value)}) for value in values), Intervention(cross=False)]
    tallies = [Tally(model.config.semseg_channels, target_of(model)) for _ in changes]
    # Pictures in the outer loop: reading one and deriving its normals takes longer than running a compact network.
    for pictures, sample in enumerate(samples, 1):
        for change, tally in zip(changes, tallies, strict=True):
            tally.add(_predict((model,), sample, change), sample)
        if progress is not None:
            progress(pictures)
    points = (
        CurvePoint(change.settings.get(control.name), share_of(model, control, change), tally.result())
        for change, tally in zip(changes, tallies, strict=True)
    )
    return Curve(control, tuple(points))


def target_of(model: Model) -> str:
    """The picture that the model's task image makes, by the recipe in its card; `rgb` where that does not say."""
    recipe = model.card.get("recipe")
    translation = recipe.get("translation") if isinstance(recipe, Mapping) else None
    target = translation.get("target") if isinstance(translation, Mapping) else None
    return target if isinstance(target, str) else "rgb"


def pictures_for(models: Iterable[Model]) -> tuple[str, ...]:
    """The further pictures that these networks take or are compared with, by name."""
    return further([name for model in models for name in (*model.inputs, target_of(model))])


def _predict(models: Sequence[Model], sample: Sample, change: Intervention) -> dict[str, Prediction]:
    rgbd = RGBDImage(sample.colour, sample.depth, domains=sample.domains)
    framing = models[0].frame(rgbd.size)
    with intervening(change):
        outputs = [model.forward(model.preprocess(rgbd, framing)) for model in models]
    final = {name: y for name, y in outputs[0].items() if not Output.parse(name).initial}
    pictured = models[0].network.pictured
    return decode(final if len(models) == 1 else _fused(outputs), framing, aliases=False, pictured=pictured)


def _fused(outputs: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {"semseg": torch.stack([answers(of_one)["semseg"] for of_one in outputs]).mean(0)}


def _check_fusable(models: Sequence[Model]) -> None:
    if len(models) == 1:
        return
    for model in models:
        if "semseg" not in (task.name for task in model.tasks):
            raise InputError(f"Late fusion averages semseg, which {model.name} does not predict; leave it out.")
    kinds = {(m.config.semseg_channels, m.config.classes, m.config.working_size, m.network.multiple) for m in models}
    if len(kinds) > 1:
        names = " and ".join(model.name for model in models)
        raise InputError(
            f"{names} cannot be fused late: they differ in their classes, their working size or the multiple it needs."
        )
