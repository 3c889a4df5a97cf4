"""The forwards behind Shapley values: one for every coalition of players and every replacement of who is missing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.site import Intervention, intervening
from vizlab.core.tracer import settings_for
from vizlab.errors import InputError
from vizlab.experiments.modalities.replacements import MEAN, OTHER, SENTENCES, TRAINING, stand_ins
from vizlab.experiments.modalities.shapley import Coalition, coalitions
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

Outputs = Mapping[str, Tensor]
NO_SETTINGS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Forwards:
    """What a network answered to one picture for every coalition of `players`.

    `outputs`, by replacement and coalition, are (1, C, h, w) float32 tensors on the CPU by output name, final ones
    only. `sentences` say, by replacement, what was done to the missing. `kind` names the players: "modality", or "task
    stream at SITE".
    """

    model: str
    kind: str
    players: tuple[str, ...]
    framing: Framing
    classes: tuple[str, ...]
    outputs: Mapping[str, Mapping[Coalition, Outputs]]
    sentences: Mapping[str, str]

    @property
    def replacements(self) -> tuple[str, ...]:
        return tuple(self.outputs)

    @property
    def everybody(self) -> Coalition:
        return frozenset(self.players)

    @property
    def whole(self) -> Outputs:
        """The outputs with nobody missing; the same under every replacement."""
        return self.outputs[self.replacements[0]][self.everybody]

    @property
    def nbytes(self) -> int:
        kept = {id(y): y.nbytes for of in self.outputs.values() for some in of.values() for y in some.values()}
        return sum(kept.values())


def default_replacements(other: RGBDImage | None) -> tuple[str, ...]:
    """Two, since one alone can name the wrong winner."""
    return (MEAN, TRAINING) if other is None else (MEAN, OTHER)


def modality_forwards(
    model: Model,
    rgbd: RGBDImage,
    *,
    replacements: Sequence[str] | None = None,
    other: RGBDImage | None = None,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] = NO_SETTINGS,
    step: Step = silent,
) -> Forwards:
    """Run `model` with every set of its modalities: (2^M - 1) forwards per replacement, and one for all of them.

    `working_size` (H, W) and `settings` of the method's controls as in `trace`. Raises InputError for a network of one
    input and for a replacement that cannot be made, IncompatibleInputError if the picture lacks a modality. Takes the
    model's lock for each forward.
    """
    check_inputs(model)
    framing, change = model.frame(rgbd.size, working_size), Intervention(settings_for(model, settings))
    inputs = model.preprocess(rgbd, framing)
    names = default_replacements(other) if replacements is None else tuple(replacements)
    missing = stand_ins(model, rgbd, framing, names, other)
    runs: dict[str, dict[Coalition, Outputs]] = {name: {} for name in names}
    whole = _forward(model, inputs, change)
    total = 1 + len(names) * (2 ** len(model.inputs) - 1)
    for done, (name, here, mixed) in enumerate(_mixed(inputs, missing, names), 1):
        step(done / total, f"{name}: {' and '.join(sorted(here)) or 'no modality'} of {model.name}")
        runs[name][here] = _forward(model, mixed, change)
    for of in runs.values():
        of[frozenset(inputs)] = whole
    sentences = {name: SENTENCES[name] for name in names}
    return Forwards(model.name, "modality", model.inputs, framing, model.classes, runs, sentences)


def _forward(model: Model, inputs: Mapping[str, Tensor], change: Intervention) -> Outputs:
    with model.lock, intervening(change):
        return final_outputs(model, model.forward(inputs))


def check_inputs(model: Model) -> None:
    """Raise InputError for a network that takes one modality: it has nothing to be shared out."""
    if len(model.inputs) < 2:
        raise InputError(
            f"{model.name} takes {' and '.join(model.inputs)} only, so there are no modalities to tell apart; ask for "
            "its task streams at a site instead."
        )


def _mixed(
    inputs: Mapping[str, Tensor], missing: Mapping[str, Mapping[str, Tensor]], names: Sequence[str]
) -> Iterator[tuple[str, Coalition, dict[str, Tensor]]]:
    """Every replacement with every coalition but the whole one, and the inputs then."""
    for name in names:
        for here in coalitions(tuple(inputs))[:-1]:
            yield name, here, {m: x if m in here else missing[name][m] for m, x in inputs.items()}


def final_outputs(model: Model, outputs: Outputs) -> dict[str, Tensor]:
    """Those that nothing refines, and of which there can be a reference, on the CPU."""
    named = {name: Output.parse(name) for name in outputs}
    kept = (name for name, one in named.items() if not one.initial and one.task not in model.network.pictured)
    return {name: outputs[name].cpu() for name in kept}
