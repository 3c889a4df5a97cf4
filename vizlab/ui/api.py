"""Named endpoints for programs: the page's functions with plain values in and out.

Endpoints that take files are built on hidden components, since only those check that a path was uploaded.
"""

import functools
import io
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from PIL import Image

from vizlab import views
from vizlab.errors import InputError, VizlabError
from vizlab.predictions import SemsegPrediction
from vizlab.tracing import FusionTrace
from vizlab.ui.analysis import Analysis, Request
from vizlab.ui.handlers import UNEXPECTED, add_checkpoint, make_request
from vizlab.ui.summary import card_of, plain, site_summary, summary
from vizlab.ui.wiring import NETWORKS
from vizlab.ui.workspace import Workspace

log = logging.getLogger("vizlab.ui")

FIGURES: dict[str, Callable[[FusionTrace], Any]] = {
    "exchange_ledger": views.exchange_ledger,
    "exchange_fractions": views.exchange_fractions,
    "threshold_curve": views.threshold_curve,
    "cross_share_profile": views.cross_share_profile,
    "nddr_block_norms": views.nddr_block_norms,
    "nddr_drift": views.nddr_drift,
    "nddr_shares": views.nddr_shares,
    "affinity_shares": views.affinity_shares,
}
"""Charts of one trace, by the name of their view."""


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

    def inspect(self, colour: str | None = None, depth: str | None = None, depth_unit: str = "auto") -> dict[str, Any]:
        """How files would be read: unit, confidence, range, holes, alignment, warnings. Nothing runs."""
        picture = self.workspace.read(_request("", colour, depth, depth_unit))
        return plain(picture.rgbd.record.to_dict() | {"size": picture.rgbd.size})

    def analyse(
        self,
        colour: str | None = None,
        depth: str | None = None,
        scene: str = "",
        models: list[str] | None = None,
        depth_unit: str = "auto",
        threshold: float | None = None,
        device: str = "auto",
        working_size: str = "own",
        predicted_depth: bool = False,
    ) -> dict[str, Any]:
        """Run networks on a picture: predictions with their figures, shares per site, and a key for what follows."""
        names = tuple(models) if models else self.workspace.shelf.shipped()
        request = _request(scene, colour, depth, depth_unit, names, device, working_size, threshold)
        return summary(self.workspace.analyse(replace(request, predicted_depth=predicted_depth)))

    def threshold(self, key: str, threshold: float) -> dict[str, Any]:
        """The same picture with channels exchanged below another threshold; answers with a new key."""
        return summary(self.workspace.rethreshold(key, float(threshold)))

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
        if view not in FIGURES:
            raise InputError(f"There is no chart '{view[:60]}'; known: {', '.join(FIGURES)}.")
        figure = FIGURES[view](self.workspace.get(key).trace_of(model))
        return json.loads(figure.to_json())

    def matrix(self, key: str, model: str, site: str, show: str = "weight") -> dict[str, Any]:
        """An NDDR layer's matrix by task blocks as Plotly JSON; `show` is weight, scaled or drift."""
        if show not in ("weight", "scaled", "drift"):
            raise InputError(f"show is '{show[:40]}'; expected weight, scaled or drift.")
        figure = views.nddr_matrix(self.workspace.get(key).trace_of(model), site, show=show)  # type: ignore[arg-type]
        return json.loads(figure.to_json())

    def affinity(self, key: str, model: str, statistic: str = "kappa") -> dict[str, Any]:
        """Pixel affinity of all task pairs as Plotly JSON; `statistic` is kappa, raw or conditional."""
        if statistic not in ("kappa", "raw", "conditional"):
            raise InputError(f"statistic is '{statistic[:40]}'; expected kappa, raw or conditional.")
        analysis = self.workspace.get(key)
        reference = analysis.picture.reference
        figure = views.pixel_affinity(analysis.trace_of(model), reference, statistic=statistic)  # type: ignore[arg-type]
        return json.loads(figure.to_json())

    def add_from_folder(self, name: str) -> str:
        """Add a checkpoint of the operator's folder; answers with the name it runs under."""
        return add_checkpoint(self.workspace, name, None)

    def add_upload(self, checkpoint: str | None) -> str:
        """Add a checkpoint of your own, where the operator allows it; answers with the name it runs under."""
        return add_checkpoint(self.workspace, None, checkpoint)

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
        models, threshold = gr.JSON(label="models"), gr.Number(None, label="threshold")
        device, size = text("device", "auto"), text("working_size", "own")
        stand_in = gr.Checkbox(False, label="predicted_depth")
        asked = [colour, depth, text("scene"), models, unit, threshold, device, size, stand_in]
        _endpoint(does.scenes, [], out)
        _endpoint(does.devices, [], out)
        _endpoint(does.models, [], out, runs=True)
        _endpoint(does.inspect, [colour, depth, unit], out)
        _endpoint(does.analyse, asked, out, runs=True)
        _endpoint(does.threshold, [key, gr.Number(0.02, label="threshold")], out, runs=True)
        _endpoint(does.site, [key, model, text("site"), text("target")], [out, file])
        _endpoint(does.labels, [key, model, text("output", "semseg")], file)
        _endpoint(does.trace, [key, model], file)
        _endpoint(does.figure, [key, model, text("view")], out)
        _endpoint(does.matrix, [key, model, text("site"), text("show", "weight")], out)
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


def _request(
    scene: str,
    colour: str | None,
    depth: str | None,
    depth_unit: str,
    models: tuple[str, ...] = (),
    device: str = "auto",
    working_size: str = "own",
    threshold: float | None = None,
) -> Request:
    request = make_request(scene or None, colour, depth, depth_unit, list(models), device, working_size)
    return replace(request, threshold=threshold)


def _labels(analysis: Analysis, model: str, output: str) -> np.ndarray:
    predictions = analysis.trace_of(model).predictions
    found = predictions.get(output)
    if not isinstance(found, SemsegPrediction):
        names = [name for name, p in predictions.items() if isinstance(p, SemsegPrediction)]
        raise InputError(f"'{output[:60]}' is no label map of {model}; it has {', '.join(names) or 'none'}.")
    return found.label
