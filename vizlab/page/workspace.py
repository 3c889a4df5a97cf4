"""Reading, running and keeping: the one place where the page and the API meet the networks."""

import hashlib
import hmac
import json
import math
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from vizlab.core.device import pick_device, pick_precision
from vizlab.core.model import Model
from vizlab.core.predictions import DepthPrediction
from vizlab.core.registry import checked
from vizlab.core.trace import FusionTrace, TracedModel
from vizlab.errors import CheckpointError, IncompatibleInputError, InputError
from vizlab.experiments.interventions.effect import OutputEffect
from vizlab.measures.reference import Reference
from vizlab.page.cache import ByteCache
from vizlab.page.depth_scale import (
    is_without_scale,
    predicted_without_depth,
    unit_question,
    with_predicted_scale,
)
from vizlab.page.documents import BYTES_KEPT, Documents, Made
from vizlab.page.effects import Effects
from vizlab.page.guard.visit import visit
from vizlab.page.kit.analysis import Analysis, Picture, Request, analysis_key, stand_in_sentence
from vizlab.page.kit.changes import StackedChange
from vizlab.page.kit.sizes import held_bytes
from vizlab.page.kit.words import how_on_the_page
from vizlab.page.scale.networks import Asked, Heed, Here, Networks
from vizlab.page.scale.on_ray import networks_for
from vizlab.page.scale.secret import secret_of
from vizlab.page.scene_rows import SceneRows
from vizlab.page.service.jobs import Jobs
from vizlab.page.service.on_gpus import OnGpus
from vizlab.page.settings import Settings
from vizlab.page.shelf import ModelShelf
from vizlab.page.turns import Turns
from vizlab.progress import Step, silent
from vizlab.rgbd import DERIVATIONS, Limits, RGBDImage, derivable, read_rgbd, with_domains
from vizlab.scenes import Scene, list_scenes, load_scene
from vizlab.study.cards import result_of
from vizlab.study.scene_scores import scene_picture

Job = AbstractContextManager[Callable[[], None]]
NEAREST = 0.1
"""Metres; predicted depth is cut off there, since a distance must be positive."""

RESULTS, PACKED, DERIVED = 0.8, 0.1, 0.1
"""What results, what a viewer fetches of them, and pictures with what was derived of them may take of the cache."""

READ_AT_ONCE = 2
"""Uploaded pictures that are read at a time: each takes some times its size meanwhile, and much of it is Python's work,
for which all threads wait in line, those that answer everybody else among them."""
DERIVED_BYTES = 100_000_000
"""Pictures with what was derived of them: all bundled scenes, and a few more."""


@dataclass(frozen=True)
class _Means:
    """What runs work with: who runs networks, and the pictures of bundled scenes, by name."""

    networks: Networks
    scene: Callable[[str], RGBDImage]


class Workspace:
    """Shared by all users of a page: the networks, and the results by key. Safe from several threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._secret = secret_of(settings.secret_file)  # refused before any replica is started
        self.shelf = ModelShelf(settings.checkpoints, settings.add_from)
        kept = settings.cache_mb * 1_000_000
        self._results: ByteCache[Analysis] = ByteCache(int(RESULTS * kept), self._forget)
        self.on_gpus = OnGpus(settings.gpu_models_mb * 1_000_000)
        self.networks = networks_for(settings, self.shelf.source, Here(self.on_gpus))
        self._means = _Means(self.networks, lambda name: self.scene_picture(name).rgbd)
        self.turns = Turns(settings.max_queue, settings.max_job_seconds, elsewhere=self.networks.at_once)
        self.jobs = Jobs(self.shelf.loggable)
        self.effects = Effects()
        self.documents = Documents(self.get, self.effects, min(BYTES_KEPT, int(PACKED * kept)), self._weigh)
        self.rows = SceneRows()
        self._bundled: dict[str, Picture] = {}
        self._derived: ByteCache[Picture] = ByteCache(min(DERIVED_BYTES, int(DERIVED * kept)))
        self._reading = threading.BoundedSemaphore(READ_AT_ONCE)

    def scenes(self) -> tuple[str, ...]:
        """The names of the bundled scenes."""
        return tuple(list_scenes(self.settings.scenes))

    def scene(self, name: str | None) -> Scene:
        """A bundled scene; raises InputError if there is none of that name."""
        names = self.scenes()
        if name is None or name not in names:
            raise InputError(
                "There is no picture yet: give a colour picture, a depth map or both, or choose a bundled scene"
                + (f" ({', '.join(names)})." if names else ".")
            )
        return load_scene(name, self.settings.scenes)

    def scene_titles(self) -> dict[str, str]:
        """What the bundled scenes are called, by name."""
        return {name: self.scene(name).title for name in self.scenes()}

    def get(self, key: str | None) -> Analysis:
        """The results of that key; raises InputError if they are gone."""
        analysis = self._results.get(key) if key else None
        if analysis is None:
            raise InputError("These results are no longer kept on the server; press Run again.")
        return analysis

    def read(self, request: Request) -> Picture:
        """The picture a request names, with its domains and everything there is to compare predictions to."""
        domains_alone = request.scene is None and request.colour is None and request.depth is None and request.domains
        if domains_alone:
            return _with_domains(None, request, self.settings.limits)
        picture = self.sensed(request)
        if not request.domains:
            return picture
        if request.derived != request.domains:
            return _with_domains(picture, request, self.settings.limits)
        # Every tab asks for the key of what it shows, and so for the picture: normals take a while.
        name = json.dumps([picture.title, picture.rgbd.digest, sorted(request.derived.items())])
        found = self._derived.get(name)
        if found is None:
            found = _with_domains(picture, request, self.settings.limits)
            self._derived.put(name, found, held_bytes(found))
        return found

    def sensed(self, request: Request) -> Picture:
        """Colour and depth as a sensor gives them, before any domain."""
        if request.colour is None and request.depth is None:
            return self.scene_picture(request.scene)
        title = " + ".join(Path(f).name for f in (request.colour, request.depth) if f is not None)
        with self._reading:
            rgbd = read_rgbd(request.colour, request.depth, limits=self.settings.limits, **request.reading.arguments())
            return Picture(title, rgbd, _sensor_reference(rgbd))

    def scene_picture(self, name: str | None) -> Picture:
        """A bundled scene as networks see it: read once, since every click asks for one."""
        if name not in self._bundled:
            scene = self.scene(name)
            self._bundled[scene.name] = _bundled(scene)
        return self._bundled[str(name)]

    def analyse(self, request: Request, step: Step = silent, background: bool = False) -> Analysis:
        """Read the picture and run every network it suits; the same question is answered from memory.

        In the background it waits until nobody else does.
        """
        _check(request)
        self.shelf.check(request.models, visit().who)
        step = self.turns.heeded(step)
        step(0.02, "reading the picture")
        read = [self.read(request)]
        models = self.shelf.loaded(request.models)
        key = self._key(read[0], request, models)
        job = self.jobs.job("analyse", request.models, read[0].rgbd.size)

        def compute(heeded: Step) -> Analysis:
            picture = read[0] if read else self.read(request)
            return _run(key, request, picture, models, heeded, self._means)

        # Many may wait, and a picture weighs up to some hundred MB: who waits reads his again when it is his turn.
        return self._once(key, compute, step, job, background, waits=read.clear)

    def key_of(self, request: Request) -> str:
        """The key under which `analyse` keeps its answer; nothing runs."""
        self.shelf.check(request.models, visit().who)
        return self._key(self.read(request), request, self.shelf.loaded(request.models))

    def known(self, key: str) -> Analysis | None:
        """The results of that key, if they are in memory."""
        return self._results.get(key)

    def vary(self, key: str, settings: Mapping[str, float], step: Step = silent, model: str = "") -> Analysis:
        """The same picture with controls at other values; only networks that have such a control run again.

        With `model`, that network's controls alone.
        """
        before = self.get(key)
        return self._varied(before, before.request.varied(settings, model), step)

    def change(self, key: str, model: str, stack: tuple[StackedChange, ...], step: Step = silent) -> Analysis:
        """The same picture with another stack of changes of that network, which alone runs again."""
        before = self.get(key)
        before.trace_of(model)
        return self._varied(before, before.request.changed(model, stack), step)

    def _varied(self, before: Analysis, request: Request, step: Step) -> Analysis:
        _check(request)
        step = self.turns.heeded(step)
        models = {m.name: m for m in self.shelf.loaded(request.models)}
        new_key = self._key(before.picture, request, list(models.values()))
        job = self.jobs.job("vary", request.models, before.picture.rgbd.size)
        return self._once(
            new_key,
            lambda heeded: _vary(new_key, request, before, models, heeded, self._means),
            step,
            job,
        )

    @property
    def kept_bytes(self) -> int:
        """What the results weigh that are kept now."""
        return self._results.total_bytes

    def _key(self, picture: Picture, request: Request, models: list[Model]) -> str:
        """The same question gets the same key in this process; nobody works it out elsewhere, whatever he knows."""
        question = analysis_key(picture, request, {model.name: model.checkpoint_hash for model in models})
        return hmac.new(self._secret, question.encode(), hashlib.sha256).hexdigest()[:32]

    def _once(
        self,
        key: str,
        compute: Callable[[Step], Analysis],
        step: Step,
        job: Job,
        background: bool = False,
        waits: Callable[[], object] = lambda: None,
    ) -> Analysis:
        """From memory, or computed when it is its turn; who waited for the same question finds it answered."""
        known = self._results.get(key)
        if known is not None:
            return known

        def tell(before: int) -> None:
            waits()
            step(0.01, self.turns.waiting_words(before, elsewhere=True))

        with job as began, self.turns.taken(tell, background, elsewhere=True) as held:
            began()
            analysis = self._results.get(key) or compute(held.heeded(step))
            self._results.put(key, analysis, analysis.nbytes)
        return analysis

    def _weigh(self, key: str, made: Made) -> None:
        """These results take room with their document, too."""
        analysis = self._results.get(key)
        if analysis is not None:
            self._results.weigh(key, held_bytes(analysis, made))

    def _forget(self, key: str) -> None:
        """These results had to go: nothing else may hold on to them."""
        self.documents.forget(key)

    def devices(self) -> dict[str, str]:
        """Devices networks can run on, by name, in words; memory for those that have their own."""
        return self.networks.devices()

    def default_device(self) -> str:
        """The device of the settings; "auto" is the first GPU where there is one."""
        devices, wanted = self.devices(), self.settings.device
        if wanted == "auto":
            return next(iter(devices))
        return next((name for name in devices if name.startswith(wanted)), wanted)


def _with_domains(picture: Picture | None, request: Request, limits: Limits) -> Picture:
    """The picture with what the request names beside it; what cannot be derived of this one is left out, and said."""
    if picture is None:
        if request.derived:
            raise InputError(f"There is no picture to derive {' and '.join(request.derived.values())} from; give one.")
        title = " + ".join(Path(source).name for source in request.domains.values())
        return Picture(title, with_domains(None, request.domains, limits), None)
    able = derivable(picture.rgbd)
    absent = [source for source in request.derived.values() if source not in able]
    given = {name: source for name, source in request.domains.items() if source not in absent}
    rgbd = with_domains(picture.rgbd, given, limits)
    if absent:
        names = " and ".join(DERIVATIONS[source].title for source in dict.fromkeys(absent) if source in DERIVATIONS)
        said = f"From this picture {names} cannot be derived: it has only {' and '.join(picture.rgbd.modalities)}."
        rgbd = replace(rgbd, record=replace(rgbd.record, warnings=(*rgbd.record.warnings, said)))
    return replace(picture, rgbd=rgbd)


def _check(request: Request) -> None:
    for given in (request.settings, *request.settings_by_model.values()):
        checked(given)  # raises for one that cannot be, before anything is read
    pick_precision(request.precision, pick_device("cpu"))
    if not request.models:
        raise InputError("No network is chosen; tick at least one of the models.")


def _bundled(scene: Scene) -> Picture:
    rgbd, reference = scene_picture(scene)
    return Picture(scene.title, rgbd, reference)


def _sensor_reference(rgbd: RGBDImage) -> Reference | None:
    """What an upload can be compared to: the sensor's depth and the normals that follow from it, if it has metres."""
    return None if rgbd.depth is None or is_without_scale(rgbd) else Reference().completed(rgbd)


def _run(key: str, request: Request, picture: Picture, models: list[Model], step: Step, means: _Means) -> Analysis:
    started = time.perf_counter()
    traces: dict[str, FusionTrace] = {}
    unchanged: dict[str, FusionTrace] = {}
    effects: dict[str, Mapping[str, OutputEffect]] = {}
    skipped: dict[str, str] = {}
    notes: list[str] = []
    stand_in: dict[str, str] = {}
    # Networks that take depth come last, so that another one's prediction can stand in for it.
    for index, model in enumerate(sorted(models, key=lambda m: "depth" in m.inputs)):
        running = partial(step, 0.05 + 0.7 * index / len(models), f"running {model.name}")
        running()
        try:
            if (source := _depth_source(model, picture.rgbd, request, models, traces)) is not None:
                stand_in[model.name] = source
            rgbd = _shown_to(model, picture.rgbd, source, traces)
            if source is None:  # what was changed for this network alone is said of the run
                notes += [one for one in rgbd.record.warnings if one not in picture.rgbd.record.warnings]
            own = _trace(model, rgbd, _asked(request), notes, means, running)
            traces[model.name] = own
            if any(_altered(model, request)):
                unchanged[model.name] = own
                found = _as_asked(model, rgbd, request, own, picture.reference, notes, means, running)
                traces[model.name], effects[model.name] = found
        except IncompatibleInputError as err:
            skipped[model.name] = how_on_the_page(str(err))
    traces = {model.name: traces[model.name] for model in models if model.name in traces}
    if request.depth is not None and (question := unit_question(picture.rgbd, traces)) is not None:
        notes.append(question)
    if not traces:
        raise IncompatibleInputError(" ".join(f"{name}: {why}" for name, why in skipped.items()))
    seconds = time.perf_counter() - started
    return Analysis(
        key=key,
        request=request,
        picture=picture,
        traces=traces,
        unchanged=unchanged,
        effects={name: found for name, found in effects.items() if found},
        families={model.name: model.method.family for model in models},
        skipped=skipped,
        stand_in=stand_in,
        notes=tuple(dict.fromkeys(notes)),
        seconds=seconds,
    )


def _vary(
    key: str, request: Request, before: Analysis, models: dict[str, Model], step: Step, means: _Means
) -> Analysis:
    started = time.perf_counter()
    notes = list(before.notes)
    at_own = {**before.traces, **before.unchanged}
    traces, unchanged = dict(at_own), {}
    effects: dict[str, Mapping[str, OutputEffect]] = {}
    for name, own in at_own.items():
        altered = _altered(models[name], request)
        if not any(altered):
            continue
        unchanged[name] = own
        if altered == _altered(models[name], before.request):
            traces[name] = before.traces[name]
            found: Mapping[str, OutputEffect] = before.effects.get(name, {})
        else:
            running = partial(step, 0.1, f"running {name} {_altered_words(*altered)}")
            running()
            rgbd = _shown_to(models[name], before.picture.rgbd, before.stand_in.get(name), at_own)
            truth = before.picture.reference
            traces[name], found = _as_asked(models[name], rgbd, request, own, truth, notes, means, running)
        effects |= {name: found} if found else {}
    return replace(
        before,
        key=key,
        request=request,
        traces=traces,
        unchanged=unchanged,
        effects=effects,
        notes=tuple(dict.fromkeys(notes)),
        seconds=time.perf_counter() - started if unchanged else before.seconds,
    )


def _altered(model: Model, request: Request) -> tuple[dict[str, float], tuple[StackedChange, ...]]:
    """What is asked of that network that it does not do by itself: controls moved, and changes in force."""
    return _moved(model, request), request.changes_of(model.name)


def _altered_words(moved: Mapping[str, float], stack: tuple[StackedChange, ...]) -> str:
    at = [f"at {', '.join(f'{key} {value:g}' for key, value in moved.items())}"] if moved else []
    with_changes = [f"with {len(stack)} change{'s' if len(stack) > 1 else ''}"] if stack else []
    return " ".join(at + with_changes)


def _as_asked(
    model: Model,
    rgbd: RGBDImage,
    request: Request,
    own: FusionTrace,
    truth: Reference | None,
    notes: list[str],
    means: _Means,
    heed: Heed,
) -> tuple[FusionTrace, Mapping[str, OutputEffect]]:
    """The trace with controls moved and changes in force, and what the changes did; `own` is the one without both."""
    moved, stack = _altered(model, request)
    asked = _asked(request, moved)
    before = _trace(model, rgbd, asked, notes, means, heed) if moved else own
    if not stack:
        return before, {}
    changes = [change.change(means.scene) for change in stack]
    changed = means.networks.change(model, rgbd, changes, before, asked, truth, heed)
    return changed.trace, changed.effects


def _depth_source(
    model: Model, rgbd: RGBDImage, request: Request, models: list[Model], traces: Mapping[str, FusionTrace]
) -> str | None:
    """The network with the lowest RMSE whose predicted depth can stand in, where that is asked for and needed."""
    if not request.predicted_depth or rgbd.depth is not None or "depth" not in model.inputs:
        return None
    predicted = {n for n, t in traces.items() if isinstance(t.predictions.get("depth"), DepthPrediction)}
    best = min((m for m in models if m.name in predicted), key=_depth_rmse, default=None)
    return None if best is None else best.name


def _shown_to(
    model: Model | TracedModel, rgbd: RGBDImage, source: str | None, traces: Mapping[str, FusionTrace]
) -> RGBDImage:
    """The picture as `model` gets it: with the depth of `source`, if any, or a predicted scale, and a warning."""
    prediction = None if source is None else traces[source].predictions["depth"]
    if source is None or not isinstance(prediction, DepthPrediction):
        return _scaled_for(model, rgbd, traces)
    record = replace(rgbd.record, warnings=(*rgbd.record.warnings, stand_in_sentence(model.name, source)))
    return replace(rgbd, depth=np.maximum(prediction.value, NEAREST), record=record)


def _scaled_for(model: Model | TracedModel, rgbd: RGBDImage, traces: Mapping[str, FusionTrace]) -> RGBDImage:
    """Depth without a scale gets that of a network that saw none, if one ran."""
    predicted = predicted_without_depth(traces)
    if "depth" not in model.inputs or not predicted or not is_without_scale(rgbd):
        return rgbd
    return with_predicted_scale(rgbd, *next(iter(predicted.items())))


def shown(analysis: Analysis) -> dict[str, RGBDImage]:
    """By model name, what networks were given where that is not the picture itself."""
    at_own = {**analysis.traces, **analysis.unchanged}
    found = {}
    for name, trace_ in at_own.items():
        if trace_.input_digest != analysis.picture.rgbd.digest:
            source = analysis.stand_in.get(name)
            found[name] = _shown_to(trace_.model, analysis.picture.rgbd, source, at_own)
    return found


def _depth_rmse(model: Model) -> float:
    """The RMSE of depth on its card, in metres; infinite where the card says nothing of it."""
    try:
        result = result_of(model)
    except CheckpointError:
        return math.inf
    return math.inf if result is None else result.by_task.get("depth", {}).get("RMSE", math.inf)


def _moved(model: Model, request: Request) -> dict[str, float]:
    return model.moved(request.settings_of(model.name))


def _asked(request: Request, settings: Mapping[str, float] | None = None) -> Asked:
    """How the request wants a network to run, with these of its controls moved."""
    return Asked(request.device, request.precision, request.working_size, dict(settings or {}))


def _trace(model: Model, rgbd: RGBDImage, asked: Asked, notes: list[str], means: _Means, heed: Heed) -> FusionTrace:
    traced = means.networks.trace(model, rgbd, asked, heed)
    notes += traced.notes
    return traced.trace
