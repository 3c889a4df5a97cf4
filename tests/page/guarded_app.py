"""A tiny page behind the real guards: two endpoints, one event of its own, a file; nothing of it runs a network."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.routes import App
from starlette.testclient import TestClient

from tests.page.page_process import free_port
from vizlab.page.guard.exposure import event_threads, guarded
from vizlab.page.guard.signing_in import Door
from vizlab.page.settings import Settings
from vizlab.page.turns import Turns

HERE = "http://127.0.0.1:7860"


class Tiny:
    """`blocks` to serve; `ran` is what its functions were called with, `gate` what `work` waits for in its turn."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.turns = settings, Turns(settings.max_queue, settings.max_job_seconds)
        self.ran: list[str] = []
        self.gate = threading.Event()
        with gr.Blocks(analytics_enabled=False) as self.blocks:
            said, out, file = gr.Textbox(label="said"), gr.Textbox(label="out"), gr.File(label="file")
            gr.Button().click(self.work, said, out, api_name="work", concurrency_limit=None)
            gr.Button().click(self.known, said, out, api_name="known", concurrency_limit=None)
            gr.Button().click(self.weigh, file, out, api_name="weigh")
            gr.Button().click(self.own, said, out, api_name="page", api_visibility="private")
        self.blocks.queue(api_open=False, max_size=settings.max_queue)

    def work(self, said: str) -> str:
        """Waits for its turn, then for the gate."""
        with self.turns.taken() as held:
            self.ran.append(said)
            while not self.gate.wait(0.05):
                held.check()
        return f"worked on {said}"

    def known(self, said: str) -> str:
        """Answers at once, as from memory."""
        return f"knew {said}"

    def weigh(self, file: str) -> str:
        """Bytes of a file."""
        self.ran.append(file)
        return str(Path(file).stat().st_size)

    def own(self, said: str) -> str:
        """What only the page calls."""
        self.ran.append(said)
        return "<b>own</b>"

    def app_kwargs(self, door: Door | None = None) -> dict[str, Any]:
        """Of the app behind it."""
        return guarded({}, self.settings, self.turns, door)

    def number(self, name: str) -> int:
        """Of the function of that name, as the page's script calls it."""
        return next(fn._id for fn in self.blocks.fns.values() if fn.api_name == name)


@contextmanager
def client_of(tiny: Tiny, door: Door | None = None, address: str = HERE) -> Iterator[TestClient]:
    """A client of its app in this process, with the queue running."""
    tiny.blocks.has_launched, tiny.blocks.allowed_paths, tiny.blocks.blocked_paths = True, [], []
    tiny.blocks.auth, tiny.blocks.auth_message = None if door is None else door.known, None
    app = App.create_app(tiny.blocks, app_kwargs=tiny.app_kwargs(door))
    tiny.blocks.app, tiny.blocks.is_running, tiny.blocks.max_file_size = app, True, None
    with TestClient(app, base_url=address) as client:
        client.get("/gradio_api/startup-events")
        yield client
        tiny.gate.set()
        tiny.blocks._queue.close()


@contextmanager
def served(tiny: Tiny) -> Iterator[str]:
    """Its address on this machine."""
    port = free_port()
    tiny.blocks.launch(
        server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, show_error=False,
        app_kwargs=tiny.app_kwargs(), max_threads=event_threads(tiny.settings), ssr_mode=False, _frontend=False,
    )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        tiny.gate.set()
        tiny.blocks.close()
