"""From settings to an app that can be launched."""

import atexit
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import gradio as gr
from gradio.utils import colab_check, ipython_check

from vizlab.core.model import Model
from vizlab.errors import CancelledError, VizlabError
from vizlab.page.api import add_endpoints
from vizlab.page.experiment_runs import ExperimentRuns, wire_experiments
from vizlab.page.guard.exposure import SHARED, check_exposure, door_of, event_threads, guarded
from vizlab.page.guard.signing_in import Door
from vizlab.page.guard.threads import take_short_turns
from vizlab.page.handlers import Handlers, log, opening_request
from vizlab.page.page import Page
from vizlab.page.scene_runs import SceneRuns, wire_scenes
from vizlab.page.service.jobs import log_jobs
from vizlab.page.service.memory import keep_what_is_there
from vizlab.page.service.service import Service
from vizlab.page.service.sessions import SESSIONS, PageConfig
from vizlab.page.serving import serving
from vizlab.page.settings import Settings, parse_settings
from vizlab.page.theme import HERE, css, head, script, theme
from vizlab.page.translating import Translating, wire_translation
from vizlab.page.wiring import wire
from vizlab.page.workspace import Workspace

DAY = 24 * 3600
EVENTS = 4
"""Events that may wait to begin, for each run that may wait for its turn."""
KEPT_AT_START = 500_000
"""Bytes for each MB of the cache that scenes may take before anybody asked for them: half of it."""


class PageApp(gr.Blocks):
    """The page as Gradio launches it, and `workspace`, what its routes answer from."""

    def __init__(self, workspace: Workspace, **options: Any) -> None:
        super().__init__(**options)
        self.default_config = PageConfig(self)
        self.workspace = workspace

    def queue(self, *given: Any, **options: Any) -> "PageApp":
        """As Gradio's, which after every event makes a table of the last ten thousand; here nobody looks at it."""
        super().queue(*given, **options)
        self._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize
        return self


def build_app(settings: Settings | None = None, models: Sequence[Model] = ()) -> PageApp:
    """The page and its API; the bundled scenes are analysed in the background meanwhile, the first one first.

    `models` of this process are offered before the shipped networks. Raises InputError for two of one name; whatever is
    raised, networks that were opened for the page are closed before.
    """
    workspace = Workspace(settings or Settings())
    with ExitStack() as opened:
        opened.callback(workspace.networks.close)  # replicas, and a Ray of theirs
        opened.callback(workspace.turns.close)
        for model in models:
            workspace.shelf.offer(model)
        threading.Thread(target=_warm_up, args=(workspace,), daemon=True, name="vizlab scenes").start()
        demo = _page_of(workspace)
        opened.pop_all()
    return demo


def _page_of(workspace: Workspace) -> PageApp:
    """The page, with everything wired that can be done on it."""
    options: dict[str, Any] = {"analytics_enabled": False, "fill_width": True, "delete_cache": (3600, DAY)}
    with PageApp(workspace, title="vizlab", **options) as demo:
        page = Page(workspace)
        handlers = Handlers(page, workspace)
        wire(demo, page, handlers)
        wire_scenes(page, SceneRuns(page, workspace, handlers))
        wire_experiments(page, ExperimentRuns(page, workspace, handlers))
        wire_translation(page, Translating(page, workspace, handlers))
        add_endpoints(workspace)
    # Before its turns are asked for an event has only to be read: of these more may wait.
    demo.queue(api_open=False, max_size=EVENTS * workspace.settings.max_queue)
    return demo


def launch_options(settings: Settings, door: Door | None = None) -> dict[str, Any]:
    """Arguments for `launch`: this machine only, nothing shared, no file served that was not uploaded or made here.

    Assistants may call the endpoints by MCP where the package `mcp` is installed (extra `mcp`) and nobody has to sign
    in, which MCP cannot; `door` knows who may.
    """
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "share": False,
        "show_error": False,
        "allowed_paths": [],
        "max_file_size": settings.max_file_bytes,
        "footer_links": ["api"],
        "run_history": False,
        "enable_monitoring": False,
        "mcp_server": find_spec("mcp") is not None and door is None,
        "auth": None if door is None else door.known,
        "max_threads": event_threads(settings),
        "state_session_capacity": SESSIONS,
        "ssr_mode": False,
        "_frontend": False,  # a busy machine answers itself late: that is no reason not to open the page
        "pwa": False,
        "favicon_path": HERE / "favicon.png",
        "theme": theme(),
        "css": css(),
        "js": script(),
        "head": head(),
    }


def launch(models: Sequence[Model] = (), settings: Settings | None = None, **options: Any) -> PageApp:
    """Open the page with `models` of this process beside the shipped networks; returns once it is closed.

    `options` go to Gradio's `launch` (prevent_thread_lock=True returns at once). Returns the app.
    """
    chosen = _as_launched(settings or Settings(), options)
    asks = bool(options.get("auth") or options.get("auth_dependency"))
    check_exposure(chosen, asks)
    door = door_of(chosen)
    service = Service(chosen)
    try:
        app = build_app(chosen, models)
        given = {**launch_options(chosen, door), "app_kwargs": behind(app, service, door, asks), **options}
        app.launch(**{**given, "prevent_thread_lock": True})
    except BaseException:
        service.close()
        raise
    atexit.register(service.close)  # before the interpreter ends threads that may be inside a forward
    service.served(app)
    if not options.get("prevent_thread_lock") and not _is_interactive():
        app.block_thread()
        service.close()
    return app


def behind(app: PageApp, service: Service, door: Door | None, asks: bool = False) -> dict[str, Any]:
    """Arguments for the app behind Gradio: what it serves, and what stands before it."""
    served = serving(app.workspace, service)
    return guarded(served, service.settings, app.workspace.turns, door, asks, before=service.counting)


def _is_interactive() -> bool:
    """Whether somebody types on while the page is open, in a notebook or at a prompt."""
    return hasattr(sys, "ps1") or bool(sys.flags.interactive) or ipython_check() or colab_check()


def _as_launched(settings: Settings, options: Mapping[str, Any]) -> Settings:
    """The settings with the address that `options` name; a page that is shared takes no checkpoints unasked."""
    host = options.get("server_name") or settings.host
    unasked = settings.allow_upload_checkpoints is None and options.get("share")
    return replace(
        settings,
        host=host,
        allow_upload_checkpoints=False if unasked else settings.allow_upload_checkpoints,
        allowed_hosts=(*settings.allowed_hosts, SHARED) if options.get("share") else settings.allowed_hosts,
    )


def main(argv: Sequence[str] | None = None) -> None:
    """Settings in, page out; `argv` are the command line's, if not given. What cannot be ends in one sentence.

    The process ends with the page: on Ctrl-C or SIGTERM, within five seconds, with code 0.
    """
    try:
        settings = parse_settings(argv)
        check_exposure(settings)
        door = door_of(settings)
        service = Service(settings)
    except VizlabError as err:
        sys.exit(f"vizlab: {err}")
    service.stopping.heed()
    log_jobs()
    try:
        app = build_app(settings)
        options = launch_options(settings, door) | {"app_kwargs": behind(app, service, door)}
        app.launch(**options, prevent_thread_lock=True)
    except VizlabError as err:
        service.stopping.leave(1, f"vizlab: {err}")
    except OSError:
        wanted = f"port {settings.port}" if settings.port else "any port from 7860 on"
        said = f"vizlab: the page cannot listen on {settings.host}, {wanted}; choose a free one with --port."
        service.stopping.leave(1, said)
    except Exception:
        log.exception("the page could not be started")
        service.stopping.leave(1, "vizlab: the page could not be started; the lines above say why.")
    service.served(app)
    take_short_turns()
    keep_what_is_there()
    service.stopping.wait()
    service.stopping.leave()


def _warm_up(workspace: Workspace) -> None:
    """Analyse what a visitor may click: the first scene, then the others as far as half of the cache holds them."""
    request = opening_request(workspace)
    if request is None:
        return
    for scene in workspace.scenes():
        if workspace.kept_bytes > workspace.settings.cache_mb * KEPT_AT_START:
            return
        try:
            analysis = workspace.analyse(replace(request, scene=scene), background=scene != request.scene)
            workspace.documents.manifest(analysis.key)
            workspace.rows.of(analysis)
        except CancelledError:  # the page is being stopped
            return
        except Exception:  # the visitor gets the sentence
            log.exception("the scene %s could not be analysed", scene)
