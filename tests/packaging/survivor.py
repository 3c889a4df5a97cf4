"""What still works in a process in which broken methods are installed, as JSON. Run by test_broken_method.py."""

import json
from typing import Any

import gradio as gr

import vizlab
from vizlab import bundled, scenes
from vizlab.core.registry import registry
from vizlab.page.page import Page
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace


def main() -> dict[str, Any]:
    scene = scenes.load_scene(scenes.list_scenes()[0])
    model = vizlab.load_model(bundled.checkpoint("cen-mobilenetv2-nyuv2"), "cpu")
    trace = vizlab.trace(model, vizlab.read_rgbd(scene.rgb_path, scene.depth_path))
    with gr.Blocks(analytics_enabled=False) as demo:
        page = Page(Workspace(Settings()))
    shown = [block.value for block in demo.blocks.values() if isinstance(block, gr.HTML) and block.value]
    return {
        "families": list(registry().methods),
        "broken": dict(registry().broken),
        "method": model.method.sentence,
        "sites": len(trace.sites),
        "tabs": list(page.tabs),
        "html": "".join(map(str, shown)),
    }


if __name__ == "__main__":
    print(json.dumps(main()))
