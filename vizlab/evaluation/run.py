"""Running networks over a split and scoring them: as they are, fused late, or at other thresholds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vizlab.data import Sample
from vizlab.errors import InputError
from vizlab.evaluation.results import ThresholdPoint, final_outputs
from vizlab.evaluation.scores import Tally
from vizlab.models.cen import CEN
from vizlab.models.model import Model
from vizlab.models.site import NO_INTERVENTION, Intervention, intervening
from vizlab.predictions import Prediction, decode
from vizlab.rgbd import RGBDImage

Progress = Callable[[int], object]
"""Called with the number of pictures done."""


@dataclass
class Figures:
    """Figures by output name, e.g. `semseg/ensemble` to {"mIoU": ...}; `pictures` counts what was evaluated."""

    pictures: int = 0
    by_output: dict[str, dict[str, float]] = field(default_factory=dict)


def evaluate(
    models: Model | Sequence[Model],
    samples: Iterable[Sample],
    *,
    intervention: Intervention = NO_INTERVENTION,
    progress: Progress | None = None,
) -> Figures:
    """Run a network over `samples` and score every final output it has.

    Several networks are fused late: one output, `semseg`, from the mean of their semseg logits with equal weights.
    That is CEN's ensemble of networks that were trained apart and exchange nothing. Raises InputError for networks
    that cannot be averaged.
    """
    models = (models,) if isinstance(models, Model) else tuple(models)
    _check_fusable(models)
    tally, pictures = Tally(models[0].config.semseg_channels), 0
    for pictures, sample in enumerate(samples, 1):
        tally.add(_predict(models, sample, intervention), sample)
        if progress is not None:
            progress(pictures)
    return Figures(pictures, tally.result())


def evaluate_thresholds(
    model: Model, samples: Iterable[Sample], thresholds: Sequence[float], *, progress: Progress | None = None
) -> tuple[ThresholdPoint, ...]:
    """A CEN's figures with its channels exchanged below each of `thresholds` in turn, and with no exchange at all.

    Raises InputError if the network exchanges no channels, or for a threshold that cannot be.
    """
    if not exchanges(model):
        raise InputError(f"Thresholds are given, but {model.name} exchanges no channels; leave them out.")
    changes = [*(Intervention(threshold=t) for t in thresholds), Intervention(cross=False)]
    tallies = [Tally(model.config.semseg_channels) for _ in changes]
    # Pictures in the outer loop: reading one and deriving its normals takes longer than running a compact network.
    for pictures, sample in enumerate(samples, 1):
        for change, tally in zip(changes, tallies, strict=True):
            tally.add(_predict((model,), sample, change), sample)
        if progress is not None:
            progress(pictures)
    return tuple(
        ThresholdPoint(change.threshold, exchanged_share(model, change), tally.result())
        for change, tally in zip(changes, tallies, strict=True)
    )


def exchanges(model: Model) -> bool:
    """Whether channels go from stream to stream in this network."""
    return isinstance(model.network, CEN) and bool(model.network.exchange_norms())


def exchanged_share(model: Model, change: Intervention = NO_INTERVENTION) -> float:
    """Share of a CEN's eligible channels, over all sites, that are exchanged under `change`, 0..1."""
    assert isinstance(model.network, CEN)
    with intervening(change):
        counts = model.network.exchanged_of_eligible().values()
    return sum(some for some, _ in counts) / sum(eligible for _, eligible in counts)


def _predict(models: Sequence[Model], sample: Sample, change: Intervention) -> dict[str, Prediction]:
    rgbd = RGBDImage(sample.colour, sample.depth)
    framing = models[0].frame(rgbd.size)
    with intervening(change):
        outputs = [model.forward(model.preprocess(rgbd, framing)) for model in models]
    final = {name: y for name, y in outputs[0].items() if not name.startswith("scale_")}
    return decode(final if len(models) == 1 else _fused(outputs), framing, aliases=False)


def _fused(outputs: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    return {"semseg": torch.stack([final_outputs(of_one)["semseg"] for of_one in outputs]).mean(0)}


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
