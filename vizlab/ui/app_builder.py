"""From settings to an app that can be launched."""

import os
import threading
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when Gradio is imported: nothing is sent anywhere

import gradio as gr

from vizlab.ui.api import add_endpoints
from vizlab.ui.handlers import Handlers, log, opening_request
from vizlab.ui.page import Page
from vizlab.ui.settings import Settings
from vizlab.ui.theme import HERE, css, script, theme
from vizlab.ui.wiring import wire
from vizlab.ui.workspace import Workspace

DAY = 24 * 3600


def build_app(settings: Settings | None = None) -> gr.Blocks:
    """The page and its API; the first scene is analysed in the background meanwhile."""
    workspace = Workspace(settings or Settings())
    threading.Thread(target=_warm_up, args=(workspace,), daemon=True).start()
    with gr.Blocks(title="vizlab", analytics_enabled=False, fill_width=True, delete_cache=(3600, DAY)) as demo:
        page = Page(workspace)
        wire(demo, page, Handlers(page, workspace))
        add_endpoints(workspace)
    return demo


def launch_options(settings: Settings) -> dict[str, Any]:
    """Arguments for `launch`: this machine only, nothing shared, no file served that was not uploaded or made here."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "share": False,
        "show_error": False,
        "allowed_paths": [],
        "max_file_size": settings.max_upload_mb * 1_000_000,
        "footer_links": ["api"],
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": False,
        "ssr_mode": False,
        "pwa": False,
        "favicon_path": HERE / "favicon.png",
        "theme": theme(),
        "css": css(),
        "js": script(),
    }


def _warm_up(workspace: Workspace) -> None:
    """Analyse what a visitor sees first, so that it is there when one comes."""
    request = opening_request(workspace)
    if request is not None:
        try:
            workspace.analyse(request)
        except Exception:  # the visitor gets the sentence
            log.exception("the opening scene could not be analysed")
