"""What a process sees in which a stranger's method is installed, as JSON. Run by test_own_method.py: FOLDER."""

import json
import sys
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import plotly.graph_objects as go
import torch
from typer.testing import CliRunner

import vizlab
from vizlab import scenes
from vizlab.cli import app
from vizlab.core.config import IMAGENET, METRES, NetworkConfig
from vizlab.core.door import save_checkpoint
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network, registry
from vizlab.core.site import fusion_modules
from vizlab.page.api import charts
from vizlab.page.kit.analysis import Request
from vizlab.page.page import Page
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace
from vizlab.study.cards import card_markdown
from vizlab.tasks import NYU40_CLASSES

CONFIG = NetworkConfig(
    "sum-fusion-mobilenetv2",
    ("semseg", "depth"),
    ("rgb", "depth"),
    classes=NYU40_CLASSES,
    working_size=(96, 128),
    normalisation={"rgb": IMAGENET, "depth": METRES},
    options={"width": 16},
)


def main(folder: Path) -> dict[str, Any]:
    file = folder / "own.safetensors"
    save_checkpoint(file, random_network(), CONFIG, {"note": "random weights"})
    model = vizlab.load_model(file, "cpu", precision="float32")
    scene = scenes.load_scene(scenes.list_scenes()[0])
    trace = vizlab.trace(model, vizlab.read_rgbd(scene.rgb_path, scene.depth_path))
    trace.save(str(folder / "trace.npz"))
    again = vizlab.load_trace(folder / "trace.npz")
    return {
        "families": list(registry().methods),
        "broken": dict(registry().broken),
        "family": model.method.family,
        "sites": [[s.name, s.kind, s.channels, s.stage] for s in model.sites],
        "shares": {name: site.share.tolist() for name, site in trace.sites.items()},  # type: ignore[union-attr]
        "reloaded": all(np.array_equal(again.sites[n].share, s.share) for n, s in trace.sites.items()),  # type: ignore[arg-type]
        "predictions": {name: next(iter(vars(p).values())).shape for name, p in trace.predictions.items()},
        "view": figure_facts(vizlab.views.sum_weights(trace)),
        "listed": "sum_weights" in dir(vizlab.views),
        "charts": list(charts()),
        "card": card_markdown(model),
        "check": command("check", file),
        "page": page_facts(folder, model.name),
    }


def command(*arguments: object) -> list[Any]:
    """Exit code and output of `vizlab ARGUMENTS`."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return [done.exit_code, done.output]


def random_network() -> FusionNetwork:
    """Seeded weights, also where depth is added."""
    torch.manual_seed(0)
    network = build_network(CONFIG)
    for module in fusion_modules(network).values():
        torch.nn.init.uniform_(module.weight, -1, 2)  # type: ignore[arg-type]
    return network


def page_facts(folder: Path, name: str) -> dict[str, Any]:
    """The page of a workspace whose only network is the stranger's: its tabs, and what stands in his."""
    workspace = Workspace(Settings(checkpoints=folder))
    with gr.Blocks(analytics_enabled=False):
        page = Page(workspace)
    tab = page.tabs["sum-fusion"]
    request = Request(scene=workspace.scenes()[0], models=(name,), device="cpu")
    drawn = tab.render(workspace.analyse(request))
    return {
        "tabs": {family: found.title for family, found in page.tabs.items()},
        "figures": [figure_facts(value)["title"] for value in drawn.values() if isinstance(value, go.Figure)],
        "text": "".join(value for value in drawn.values() if isinstance(value, str)),
    }


def figure_facts(figure: go.Figure) -> dict[str, Any]:
    return {
        "title": figure.layout.title.text,
        "boxes": [[float(v) for v in box.x] for box in figure.data if box.type == "box"],
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
