"""Named endpoints for programs: the page's functions with plain values in and out.

Endpoints that take files are built on hidden components, since only those check that a path was uploaded.
"""

import functools
import inspect
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from vizlab import views
from vizlab.core.method import Control
from vizlab.core.predictions import SemsegPrediction
from vizlab.core.registry import methods
from vizlab.errors import InputError, VizlabError
from vizlab.page.handlers import UNEXPECTED, add_checkpoint
from vizlab.page.kit.analysis import Analysis
from vizlab.page.request import request_for
from vizlab.page.summary import card_of, plain, site_summary, summary
from vizlab.page.wiring import NETWORKS
from vizlab.page.workspace import Workspace
from vizlab.rgbd import ReadOptions

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
    ) -> dict[str, Any]:
        """Run networks on a picture: predictions with their figures, shares per site, and a key for what follows.

        `settings` give values to the methods' controls by name; `reading` is that of `inspect`.
        """
        names = models or self.workspace.shelf.shipped()
        read = _reading(depth_unit, reading)
        request = request_for(
            scene, colour, depth, read, names, device, working_size, predicted_depth, settings, precision
        )
        return summary(self.workspace.analyse(request))

    def vary(self, control: Control) -> Callable[..., dict[str, Any]]:
        """The endpoint of a control, under its name."""

        def answer(key: str, value: float) -> dict[str, Any]:
            return summary(self.workspace.vary(key, {control.name: value}))

        return _named(answer, control.name, f"The same picture at another {control.title}; answers with a new key.")

    def question(self, name: str, ask: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
        """The endpoint of a method's own chart, which takes texts beside the trace."""

        def answer(key: str, model: str, *texts: str) -> dict[str, Any]:
            return json.loads(ask(self.workspace.get(key).trace_of(model), *texts).to_json())

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

    def add_from_folder(self, name: str, weights: str = "") -> str:
        """Add a checkpoint of the operator's folder; answers with the name it runs under.

        `weights` says which of several in the file: raw, ema, or their name there.
        """
        return add_checkpoint(self.workspace, name, None, weights)

    def add_upload(self, checkpoint: str | None, weights: str = "") -> str:
        """Add a checkpoint of your own, where the operator allows it; answers with the name it runs under.

        `weights` says which of several in the file: raw, ema, or their name there.
        """
        return add_checkpoint(self.workspace, None, checkpoint, weights)

    def _png(self, pixels: np.ndarray, name: str) -> str:
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "png")
        return save_bytes_to_cache(buffer.getvalue(), name, self.folder)


def add_endpoints(workspace: Workspace) -> None:
    """Declare all endpoints inside the current Blocks."""
    does = Endpoints(workspace)
    with gr.Column(visible=False):
        text = lambda label, value="": gr.Textbox(value, label=label)  # noqa: E731
        key, model = text("key"), text("model")
        out, file, name = gr.JSON(), gr.File(interactive=False), text("name")
        colour, depth = gr.File(label="colour"), gr.File(label="depth")
        unit = text("depth_unit", "auto")
        models, settings = gr.JSON(label="models"), gr.JSON(label="settings")
        device, size = text("device", "auto"), text("working_size", "own")
        stand_in, precision = gr.Checkbox(False, label="predicted_depth"), text("precision", "auto")
        reading = gr.JSON(label="reading")
        asked = [colour, depth, text("scene"), models, unit, settings, device, size, stand_in, precision, reading]
        _endpoint(does.scenes, [], out)
        _endpoint(does.devices, [], out)
        _endpoint(does.models, [], out, runs=True)
        _endpoint(does.inspect, [colour, depth, unit, reading], out)
        _endpoint(does.analyse, asked, out, runs=True)
        for control in (control for method in methods().values() for control in method.controls):
            _endpoint(does.vary(control), [key, gr.Number(control.low, label=control.name)], out, runs=True)
        _endpoint(does.site, [key, model, text("site"), text("target")], [out, file])
        _endpoint(does.labels, [key, model, text("output", "semseg")], file)
        _endpoint(does.trace, [key, model], file)
        _endpoint(does.figure, [key, model, text("view")], out)
        for name_, ask in ((n, a) for method in methods().values() for n, a in method.questions().items()):
            _, *asked_for = inspect.signature(ask).parameters.values()
            texts = [text(p.name, "" if p.default is p.empty else p.default) for p in asked_for]
            _endpoint(does.question(name_, ask), [key, model, *texts], out)
        _endpoint(does.affinity, [key, model, text("statistic", "kappa")], out)
        _endpoint(does.add_from_folder, [text("name")], name, runs=True)
        _endpoint(does.add_upload, [gr.File(label="checkpoint")], name, runs=True)


def _endpoint(does: Callable[..., Any], inputs: list[Any], outputs: Any, runs: bool = False) -> None:
    """One endpoint under the function's own name; a hidden button carries the event."""
    gr.Button(visible=False).click(
        _answering(does),
        inputs,
        outputs,
        api_name=does.__name__,
        api_description=does.__doc__,
        **(NETWORKS if runs else {}),
    )


def _reading(depth_unit: str, options: dict[str, Any] | None) -> ReadOptions:
    return ReadOptions.of({"depth_unit": depth_unit, **(options or {})})


def _answering(does: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(does)  # clients see the names and defaults of its parameters
    def answer(*args: Any) -> Any:
        try:
            return does(*args)
        except VizlabError as err:
            raise gr.Error(str(err), print_exception=False) from None
        except Exception:
            log.exception("an endpoint failed")
            raise gr.Error(UNEXPECTED, print_exception=False) from None

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
