"""One picture, some networks, what they showed: the unit that is cached, drawn by the page and answered by the API."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.experiments.interventions.effect import OutputEffect
from vizlab.measures.reference import Reference
from vizlab.page.kit.changes import StackedChange, Stacks, written
from vizlab.page.kit.sizes import held_bytes
from vizlab.rgbd import ReadOptions, RGBDImage


@dataclass(frozen=True)
class Request:
    """What a user asks for. Either `scene`, a bundled one, or files; `working_size` None is each network's own.

    `reading` says how the files are read; `settings` give values to controls, by name, in place of each
    checkpoint's own, and `settings_by_model` to those of one network, before that; `changes` are what is done to what
    streams send each other in one network. With `predicted_depth`, networks
    that need depth get another network's prediction where the picture has none. `domains` are further pictures by the
    name that networks give them: files, or names of what is derived (see `vizlab.rgbd.DERIVATIONS`).
    """

    scene: str | None = None
    colour: Path | None = None
    depth: Path | None = None
    reading: ReadOptions = field(default_factory=ReadOptions)
    models: tuple[str, ...] = ()
    device: str = "auto"
    working_size: tuple[int, int] | None = None
    settings: Mapping[str, float] = field(default_factory=dict)
    predicted_depth: bool = False
    precision: str = "auto"
    settings_by_model: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    changes: Stacks = field(default_factory=dict)
    domains: Mapping[str, Path | str] = field(default_factory=dict)

    @property
    def derived(self) -> dict[str, str]:
        """The domains that are derived, by name, whatever the picture: those that another picture has as well."""
        return {name: source for name, source in self.domains.items() if isinstance(source, str)}

    @property
    def own_files(self) -> bool:
        """Whether anything of the picture was given as a file, which nobody else has."""
        return self.scene is None or len(self.derived) < len(self.domains)

    def same_picture(self, other: "Request") -> bool:
        """Whether both are of one scene, or of the same files read alike."""
        mine, theirs = ((one.scene, one.colour, one.depth, one.reading) for one in (self, other))
        return mine == theirs

    def changes_of(self, model: str) -> tuple[StackedChange, ...]:
        """The changes of that network that are in force."""
        return tuple(change for change in self.changes.get(model, ()) if change.on)

    def changed(self, model: str, stack: tuple[StackedChange, ...]) -> "Request":
        """The same request with another stack of changes of that network."""
        others = {name: own for name, own in self.changes.items() if name != model}
        return replace(self, changes={**others, model: stack} if stack else others)

    def settings_of(self, model: str) -> dict[str, float]:
        """What was given to that network's controls, by name."""
        return {**self.settings, **self.settings_by_model.get(model, {})}

    def varied(self, settings: Mapping[str, float], model: str = "") -> "Request":
        """The same request with other settings: of that network alone, or of every one."""
        if not model:
            return replace(self, settings={**self.settings, **settings}, settings_by_model={})
        own = {**self.settings_by_model.get(model, {}), **settings}
        return replace(self, settings_by_model={**self.settings_by_model, model: own})


@dataclass(frozen=True)
class Picture:
    """What was read: `title` names it for the user."""

    title: str
    rgbd: RGBDImage
    reference: Reference | None


@dataclass(frozen=True)
class Analysis:
    """Immutable, shared between users who asked for the same.

    `traces` by model name, in the order asked for; `unchanged` those of models for which a control was moved or what
    streams send was changed, as the checkpoint has it; `effects` say by model and output how far the latter moved by
    the changes; `families` names the method of every model asked for; `skipped` says of each model that was not run
    why; `stand_in` names the network whose predicted depth a model saw; `notes` are sentences about the run.
    """

    key: str
    request: Request
    picture: Picture
    traces: Mapping[str, FusionTrace]
    unchanged: Mapping[str, FusionTrace] = field(default_factory=dict)
    effects: Mapping[str, Mapping[str, OutputEffect]] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)
    stand_in: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything the status line has to say: about the reading, the run and the networks left out."""
        left_out = tuple(f"{name} was not run: {why}" for name, why in self.skipped.items())
        predicted = tuple(stand_in_sentence(name, source) for name, source in self.stand_in.items())
        return (*self.picture.rgbd.record.warnings, *predicted, *self.notes, *left_out)

    @property
    def nbytes(self) -> int:
        """What keeping it costs: the picture, its reference, the traces, what changes did, and what was derived."""
        return held_bytes(self)

    def of_family(self, family: str) -> dict[str, FusionTrace]:
        """The traces of one method in which streams mix, by model name; a network in which nothing mixes is none."""
        return {name: t for name, t in self.traces.items() if t.model.family == family and t.sites}

    def trace_of(self, model: str) -> FusionTrace:
        """The trace of that model; raises InputError if it was not run."""
        if model not in self.traces:
            raise InputError(f"'{model[:80]}' was not run on this picture; run it first.")
        return self.traces[model]


def stand_in_sentence(model: str, source: str) -> str:
    """What is said wherever a network's depth input was predicted."""
    return f"{model} saw depth that {source} predicted from the colour picture; nothing measured it."


def analysis_key(picture: Picture, request: Request, models: Mapping[str, str]) -> str:
    """The same question gets the same key; `models` maps names to checkpoint hashes, in the order asked for."""
    parts = {
        "picture": picture.rgbd.digest,
        "title": picture.title,
        "record": picture.rgbd.record.to_dict(),
        "models": list(models.items()),
        "run": [
            request.device,
            request.working_size,
            {name: request.settings_of(name) for name in models},
            request.predicted_depth,
            request.precision,
        ],
    }
    if request.changes:  # those that are off as well: the page shows them
        parts["changes"] = written(request.changes)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
