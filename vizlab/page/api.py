"""Named endpoints for programs: the page's functions with plain values in and out.

Endpoints that take files are built on hidden components, since only those check that a path was uploaded.
"""

import functools
import inspect
import io
import json
import logging
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from vizlab import views
from vizlab.core.changes import Change, change_from, do
from vizlab.core.method import Control
from vizlab.core.predictions import SemsegPrediction
from vizlab.core.registry import controls, methods
from vizlab.errors import InputError, VizlabError, one_line
from vizlab.experiments.corruptions import fitting, severity_sweep
from vizlab.experiments.corruptions.words import turned
from vizlab.experiments.interventions.effect import Bench
from vizlab.page.adding import add_checkpoint
from vizlab.page.effects import unchanged_trace
from vizlab.page.experiment import Run, run_on
from vizlab.page.handlers import UNEXPECTED
from vizlab.page.kit.analysis import Analysis
from vizlab.page.request import request_for
from vizlab.page.summary import card_of, plain, site_summary, summary
from vizlab.page.tab_effects import sweeping_of
from vizlab.page.turns import Turn
from vizlab.page.wiring import NETWORKS
from vizlab.page.workspace import Workspace
from vizlab.rgbd import DERIVATIONS, ReadOptions

log = logging.getLogger("vizlab.page")


def charts() -> dict[str, Callable[..., Any]]:
    """Charts of one trace, by the name of their view."""
    own = {name: m.views()[name] for m in methods().values() for name in m.charts}
    return {"cross_share_profile": views.cross_share_profile, **own}


class Endpoints:
    """The functions behind the endpoints. A VizlabError reaches the client as its sentence, anything else does not."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.folder = gr.File(visible=False, render=False).GRADIO_CACHE

    def scenes(self) -> list[str]:
        """Names of the bundled scenes."""
        return list(self.workspace.scenes())

    def devices(self) -> dict[str, str]:
        """Where networks can run: name and description."""
        return self.workspace.devices()

    def models(self) -> list[dict[str, Any]]:
        """The shipped networks: family, tasks, inputs, sites, threshold, checkpoint hash, what is assumed, card."""
        return [card_of(model) for model in self.workspace.shelf.loaded(self.workspace.shelf.shipped())]

    def inspect(
        self,
        colour: str | None = None,
        depth: str | None = None,
        depth_unit: str = "auto",
        reading: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """How files would be read: unit, confidence, range, holes, alignment, warnings, other readings. Nothing runs.

        `reading` gives depth_kind, field_of_view, align and turn, as a suggestion's options do.
        """
        picture = self.workspace.read(request_for(None, colour, depth, _reading(depth_unit, reading)))
        return plain(picture.rgbd.record.to_dict() | {"size": picture.rgbd.size})

    def analyse(
        self,
        colour: str | None = None,
        depth: str | None = None,
        scene: str = "",
        models: list[str] | None = None,
        depth_unit: str = "auto",
        settings: dict[str, float] | None = None,
        device: str = "auto",
        working_size: str = "own",
        predicted_depth: bool = False,
        precision: str = "auto",
        reading: dict[str, Any] | None = None,
        domains: dict[str, str] | None = None,
        pictures: list[str] | None = None,
    ) -> dict[str, Any]:
        """Run networks on a picture: predictions with their figures, shares per site, and a key for what follows.

        `settings` give values to the methods' controls by name; `reading` is that of `inspect`. `domains` are further
        pictures that networks take, by their name for them: the name of a file among `pictures`, or what is derived.
        """
        names = models or self.workspace.shelf.ticked()
        read = _reading(depth_unit, reading)
        request = request_for(
            scene, colour, depth, read, names, device, working_size, predicted_depth, settings, precision
        )
        return summary(self.workspace.analyse(replace(request, domains=_domains(domains, pictures))))

    def vary(self, control: Control) -> Callable[..., dict[str, Any]]:
        """The endpoint of a control, under its name."""

        def answer(key: str, value: float) -> dict[str, Any]:
            return summary(self.workspace.vary(key, {control.name: value}))

        return _named(answer, control.name, f"The same picture at another {control.title}; answers with a new key.")

    def question(self, name: str, ask: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
        """The endpoint of a method's own chart, which takes texts beside the trace."""

        def answer(key: str, model: str, *texts: str) -> dict[str, Any]:
            return json.loads(ask(self.workspace.get(key).trace_of(model), *texts).to_json())

        first = [inspect.Parameter(one, inspect.Parameter.POSITIONAL_OR_KEYWORD) for one in ("key", "model")]
        _, *texts = inspect.signature(ask).parameters.values()
        answer.__signature__ = inspect.Signature([*first, *texts])  # type: ignore[attr-defined]
        return _named(answer, name, ask.__doc__)

    def site(self, key: str, model: str, site: str, target: str) -> tuple[dict[str, Any], str]:
        """One fusion site: its numbers, and its outside map over the photograph (PNG)."""
        analysis = self.workspace.get(key)
        trace = analysis.trace_of(model)
        panel = views.outside_over_photo(trace, analysis.picture.rgbd, site, target)
        return site_summary(trace.sites[site]), self._png(panel.image, "site.png")

    def labels(self, key: str, model: str, output: str = "semseg") -> str:
        """A predicted label map as an 8-bit PNG of class indices, in the picture's own size."""
        return self._png(_labels(self.workspace.get(key), model, output), "labels.png")

    def trace(self, key: str, model: str) -> str:
        """The whole trace as .npz, which `vizlab.load_trace` reads."""
        found = self.workspace.get(key).trace_of(model)
        target = Path(save_bytes_to_cache(key.encode() + model.encode(), "trace.npz", self.folder))
        found.save(str(target))
        return str(target)

    def figure(self, key: str, model: str, view: str) -> dict[str, Any]:
        """A chart as Plotly JSON; `view` is the name of a view in vizlab.views that draws one trace."""
        known = charts()
        if view not in known:
            raise InputError(f"There is no chart '{view[:60]}'; known: {', '.join(known)}.")
        figure = known[view](self.workspace.get(key).trace_of(model))
        return json.loads(figure.to_json())

    def affinity(self, key: str, model: str, statistic: str = "kappa") -> dict[str, Any]:
        """Pixel affinity of all task pairs as Plotly JSON; `statistic` is kappa, raw or conditional."""
        if statistic not in ("kappa", "raw", "conditional"):
            raise InputError(f"statistic is '{statistic[:40]}'; expected kappa, raw or conditional.")
        analysis = self.workspace.get(key)
        reference = analysis.picture.reference
        figure = views.pixel_affinity(analysis.trace_of(model), reference, statistic=statistic)  # type: ignore[arg-type]
        return json.loads(figure.to_json())

    def corrupt(self, key: str, model: str, corruption: str = "every") -> dict[str, Any]:
        """A severity sweep: scores, confidence and shares of one network as a sensor of the picture gets worse."""
        analysis = self.workspace.get(key)
        with self._run("corrupt", analysis, model) as run:
            one = run.only
            offered = [found.name for found in fitting(one.rgbd, one.model.inputs)]
            sweep = severity_sweep(
                one.model, one.rgbd, offered if corruption == "every" else [corruption],
                truth=analysis.picture.reference, step=run.step,
                working_size=one.working_size, settings=one.settings, clean=one.before,
            )  # fmt: skip
        said = {found.name: turned(sweep, found) for found in sweep.corruptions}
        return {**sweep.to_dict(), "fusion response": said}

    def intervene(self, key: str, model: str, changes: list[dict[str, Any]]) -> dict[str, Any]:
        """What changes of what streams send each other do to one network: how far every output moves, and flips."""
        analysis = self.workspace.get(key)
        asked = [self._change(change) for change in _listed(changes)]
        with self._run("intervene", analysis, model) as run:
            one = run.only
            run.step(0, "changing")  # the turn before the lock, as everybody takes them
            with one.model.lock:
                bench = Bench(
                    one.model, one.rgbd, working_size=one.working_size, settings=one.settings,
                    before=unchanged_trace(analysis, model),
                )  # fmt: skip
                return bench.intervene(asked, truth=analysis.picture.reference).to_dict()

    def sweep(self, key: str, model: str) -> dict[str, Any]:
        """Every edge of one network cut in turn: its share, its total and direct effect, what it does alone.

        Kept for everybody: asked again, or begun on the page, it goes on where it was.
        """
        analysis = self.workspace.get(key)
        effects = self.workspace.effects
        known = effects.get(analysis.trace_of(model))
        if known is None or not known.done:
            with self._run("sweep", analysis, model) as run:
                for found in sweeping_of(run, 0, known):
                    effects.put(found)
                    known = found
        assert known is not None
        return known.to_dict()

    @contextmanager
    def _run(self, kind: str, analysis: Analysis, model: str) -> Iterator[Run]:
        """The block is a job of that kind on one network; each step waits for its turn."""
        job = self.workspace.jobs.job(kind, [model], analysis.picture.rgbd.size)
        with job as began, Turn(self.workspace.turns, lambda before: None) as turn:

            def step(done: float, what: str) -> None:
                turn.take()
                began()

            with run_on(self.workspace, analysis, [model], step) as run:
                yield run

    def _change(self, given: dict[str, Any]) -> Change:
        """A change as `to_dict` of one describes it, or with a bundled scene's name under "scene"."""
        try:
            if "scene" not in given:
                return change_from({"by": "cut", **given})
            known, scene = list(self.workspace.scenes()), str(given["scene"])
            if scene not in known:
                raise InputError(f"There is no scene '{scene[:60]}'; known: {', '.join(known)}.")
            other = self.workspace.scene_picture(scene).rgbd
            return do(str(given["site"]), given.get("target"), given.get("source"), other, given.get("channels"))
        except (KeyError, TypeError, ValueError) as err:
            raise InputError(f"A change is {json.dumps(given, default=str)[:200]}; {CHANGES}.") from err

    def add_from_folder(self, name: str, weights: str = "", said: str = "") -> str:
        """Add a checkpoint of the operator's folder; answers with the name it runs under.

        `weights` says which of several in the file: raw, ema, or their name there; `said` what the file does not say,
        such as "tasks=depth".
        """
        return add_checkpoint(self.workspace, name, None, weights, said)

    def add_upload(
        self, checkpoint: str | None, weights: str = "", said: str = "", values: list[str] | None = None
    ) -> str:
        """Add a checkpoint of your own, where the operator allows it; answers with the name it runs under.

        `weights` and `said` are those of /add_from_folder.
        """
        return add_checkpoint(
            self.workspace, None, [path for path in (checkpoint, *(values or ())) if path], weights, said
        )

    def _png(self, pixels: np.ndarray, name: str) -> str:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "png")
        return save_bytes_to_cache(buffer.getvalue(), name, self.folder)


CHANGES = (
    'expected {"site": ..., "target": ..., "source": ..., "by": "cut", "mean" or "scale" with "factor", '
    '"channels": ...} of which site alone is needed, "scene" with a bundled scene\'s name for its part, or '
    '{"set": "threshold", "value": ..., "site": ...}'
)

BY_ASSISTANTS = " (assistants give what is in it, as data:image/png;base64,..., and no address)"
"""Gradio tells assistants to give an address, which the page does not fetch."""
PARAMETERS = {
    "colour": f"a colour picture, uploaded{BY_ASSISTANTS}",
    "depth": f"a depth map, uploaded{BY_ASSISTANTS}",
    "scene": "a bundled scene by its name, where no file is given; /scenes lists them",
    "models": "the networks to run, a list of names; where it is left out, all that are shipped and take no further "
    "pictures; /models lists them",
    "depth_unit": "unit of the depth map: auto, mm, cm, m, tum, sunrgbd, or metres per count (0.001, 1/512)",
    "settings": 'values of controls by name, such as {"threshold": 0.05}; each checkpoint has its own for the rest',
    "device": "auto, cpu, cuda or cuda:N; /devices lists what there is",
    "working_size": "own (each checkpoint's), 240x320, 360x480, 480x640 or 720x960",
    "predicted_depth": "whether networks that need depth get another network's prediction where the picture has none",
    "precision": "auto, float32 or bfloat16",
    "reading": "how files are read otherwise than by themselves: depth_kind, field_of_view, align, turn, by name",
    "domains": 'further pictures by the name that a network has for them, such as {"texture": "texture.png", "light": '
    f'"shading"}}: a file among pictures, or one of {", ".join(DERIVATIONS)}',
    "pictures": "the files that domains names, a list, uploaded",
    "key": "names an analysis: what /analyse answered with",
    "model": "the name of one of its networks",
    "site": "a fusion site by its path, as /analyse names it",
    "target": "the stream that receives there",
    "output": "an output by its name, such as semseg or semseg/rgb",
    "view": "a chart that draws one trace, by its name in vizlab.views",
    "statistic": "kappa (agreement beyond chance), raw or conditional",
    "corruption": "a way to break the picture, such as depth-noise or rgb-dark; every one that fits where left out",
    "changes": f"a list of changes, each {CHANGES.removeprefix('expected ')}",
    "name": "a checkpoint's file name in the operator's folder",
    "weights": "which of several sets of weights in the file: raw, ema, or their name there; empty for the usual one",
    "said": "what the file does not say, such as tasks=depth or architecture=NAME; empty where it says everything",
    "checkpoint": "a checkpoint file, uploaded; of TensorFlow's files the .index",
    "values": "further files of that checkpoint, a list, uploaded: of TensorFlow's the .data files",
}
"""What every parameter is, for programs and for assistants; an endpoint's own words come first."""


class _Inputs:
    """The components behind endpoints: a parameter without a value is one that must be given."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def of(self, does: Callable[..., Any], **other: Any) -> list[Any]:
        """One for each parameter of `does`, in order; `other` are those that are not texts, by name."""
        return [self._one(does, parameter, other) for parameter in inspect.signature(does).parameters.values()]

    def _one(self, does: Callable[..., Any], parameter: inspect.Parameter, other: dict[str, Any]) -> Any:
        name, usual = parameter.name, None if parameter.default is parameter.empty else parameter.default
        make = other.get(name) or _FORMS.get(name)
        if make is not None:
            return make()
        known = f"{name}={usual}"
        if known not in self._made:
            self._made[known] = described(gr.Textbox(usual, label=name), PARAMETERS.get(name) or _said(does, name))
        return self._made[known]


def _said(does: Callable[..., Any], name: str) -> str:
    """What the function's own words say that a parameter is, as in "`show` is weight, scaled or drift."."""
    found = re.search(rf"`{name}` (?:is|are|says) ([^.]+)", inspect.getdoc(does) or "")
    return "" if found is None else found[1]


def described(component: Any, words: str, form: dict[str, Any] | None = None) -> Any:
    """The component, whose words an API's documentation shows beside its type; `form` says more than its own schema."""
    given = component.api_info() if form is None else form
    component.api_info = lambda: {**given, "additional_description": words} if words else given
    return component


def _json(name: str, form: dict[str, Any]) -> Callable[[], Any]:
    """What comes in JSON. Gradio says of it `"type": {}`, with which assistants refuse the whole tool."""
    return lambda: described(gr.JSON(label=name), PARAMETERS[name], form)


def _file(name: str, count: Literal["single", "multiple"] = "single") -> Callable[[], Any]:
    return lambda: described(gr.File(label=name, file_count=count), PARAMETERS[name])


_FORMS: dict[str, Callable[[], Any]] = {
    "models": _json("models", {"type": "array", "items": {"type": "string"}}),
    "changes": _json("changes", {"type": "array", "items": {"type": "object"}}),
    **{name: _json(name, {"type": "object"}) for name in ("settings", "reading", "domains")},
    **{name: _file(name) for name in ("colour", "depth", "checkpoint")},
    **{name: _file(name, "multiple") for name in ("values", "pictures")},
    "predicted_depth": lambda: described(gr.Checkbox(False, label="predicted_depth"), PARAMETERS["predicted_depth"]),
}


def add_endpoints(workspace: Workspace) -> None:
    """Declare all endpoints inside the current Blocks."""
    does, inputs = Endpoints(workspace), _Inputs()
    with gr.Column(visible=False):
        out, file = gr.JSON(label="answer"), gr.File(label="file", interactive=False)
        name = gr.Textbox(label="the name it runs under")
        for ask, outputs, runs in (
            (does.scenes, out, False), (does.devices, out, False), (does.models, out, True), (does.inspect, out, False),
            (does.analyse, out, True), (does.site, [out, file], False), (does.labels, file, False),
            (does.trace, file, False), (does.figure, out, False), (does.affinity, out, False),
            (does.corrupt, out, True), (does.intervene, out, True), (does.sweep, out, True),
            (does.add_from_folder, name, True), (does.add_upload, name, True),
        ):  # fmt: skip
            _endpoint(ask, inputs.of(ask), outputs, runs)
        for control in controls().values():
            ask = does.vary(control)
            words = (
                f"the {control.title}, from {control.low:g} on"
                if control.high == math.inf
                else (f"the {control.title}, {control.low:g} to {control.high:g}")
            )
            number = described(gr.Number(label=control.name), words)
            _endpoint(ask, inputs.of(ask, value=lambda number=number: number), out, runs=True)
        for name_, question in ((n, a) for method in methods().values() for n, a in method.questions().items()):
            ask = does.question(name_, question)
            _endpoint(ask, inputs.of(ask), out)


def _endpoint(does: Callable[..., Any], inputs: list[Any], outputs: Any, runs: bool = False) -> None:
    """One endpoint under the function's own name; a hidden button carries the event."""
    gr.Button(visible=False).click(
        _answering(does, inputs),
        inputs,
        outputs,
        api_name=does.__name__,
        api_description=inspect.getdoc(does),
        **(NETWORKS if runs else {}),
    )


def _listed(changes: Any) -> list[dict[str, Any]]:
    if not isinstance(changes, list) or not changes or not all(isinstance(one, dict) for one in changes):
        raise InputError(f"The changes are {json.dumps(changes, default=str)[:200]}; expected a list of one or more.")
    return changes


def _domains(domains: Any, pictures: list[str] | None) -> dict[str, Path | str]:
    """What each further picture is: an uploaded file, or the name of what is derived. Raises InputError for others."""
    if domains is not None and not isinstance(domains, dict):
        raise InputError('The domains are no mapping of names; give for instance {"light": "shading"}.')
    files = {Path(path).name: Path(path) for path in pictures or ()}
    found: dict[str, Path | str] = {}
    for name, given in (domains or {}).items():
        source = str(given)
        if source in DERIVATIONS:
            found[name] = source
        elif source in files:
            found[name] = files[source]
        else:
            raise InputError(
                f"'{one_line(source, 60)}' is no picture for '{one_line(name, 40)}'; expected the name of a file among "
                f"pictures, or one of {', '.join(DERIVATIONS)}."
            )
    return found


def _reading(depth_unit: str, options: dict[str, Any] | None) -> ReadOptions:
    return ReadOptions.of({"depth_unit": depth_unit, **(options or {})})


def _answering(does: Callable[..., Any], inputs: Sequence[Any] = ()) -> Callable[..., Any]:
    @functools.wraps(does)  # clients see the names and defaults of its parameters
    def answer(*args: Any) -> Any:
        try:
            return does(*args)
        except VizlabError as err:
            raise gr.Error(str(err), print_exception=False) from None
        except Exception:
            log.exception("an endpoint failed")
            raise gr.Error(UNEXPECTED, print_exception=False) from None

    names = inspect.signature(does).parameters
    words = [one.api_info().get("additional_description", "") for one in inputs]
    listed = "".join(f"\n    {name}: {said}" for name, said in zip(names, words, strict=True))
    answer.__doc__ = f"{inspect.getdoc(does)}\n\nArgs:{listed}" if listed else does.__doc__  # as assistants read it
    return answer


def _named(answer: Callable[..., Any], name: str, description: str | None) -> Callable[..., Any]:
    answer.__name__, answer.__doc__ = name, description
    return answer


def _labels(analysis: Analysis, model: str, output: str) -> np.ndarray:
    predictions = analysis.trace_of(model).predictions
    found = predictions.get(output)
    if not isinstance(found, SemsegPrediction):
        names = [name for name, p in predictions.items() if isinstance(p, SemsegPrediction)]
        raise InputError(f"'{output[:60]}' is no label map of {model}; it has {', '.join(names) or 'none'}.")
    return found.label
