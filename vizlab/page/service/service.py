"""One process that serves the page: its folder, its bounds, and the thread that keeps both in order."""

import logging
import threading
from collections.abc import Callable
from typing import Any

from starlette.middleware import Middleware
from starlette.routing import Route

from vizlab.page.service.bad_requests import Readable, quiet_gradio
from vizlab.page.service.folder import UploadFolder
from vizlab.page.service.health import service_routes
from vizlab.page.service.jobs import Job
from vizlab.page.service.memory import Memory, set_allocator
from vizlab.page.service.metrics import Counted, Metrics
from vizlab.page.service.stopping import RUNS_END, Stopping, close_server, end_work, join_threads
from vizlab.page.service.uploads import Uploads
from vizlab.page.service.watching import Watched
from vizlab.page.settings import Settings

log = logging.getLogger("vizlab.page")

PATIENT = 60.0
"""Seconds that running work gets where the process may go on."""
EVERY = 10.0
"""Seconds between two rounds of tidying."""


class Service:
    """Made before the page is, since Gradio's components ask for the folder. `stopping` says what is done at the end.

    Raises InputError where no private folder can be made.
    """

    def __init__(self, settings: Settings) -> None:
        set_allocator()
        quiet_gradio()
        self.settings = settings
        self.stopping = Stopping()
        self.folder = UploadFolder()
        self.stopping.at_end(self.folder.remove)
        if self.folder.left_over:
            log.info("removed the files of %d pages that have ended", self.folder.left_over)
        self.uploads = Uploads(self.folder.path, settings.visitor_upload_bytes, settings.all_upload_bytes)
        self.memory = Memory()
        self.metrics = Metrics()
        self._patience = RUNS_END
        self._ended = threading.Event()

    @property
    def counting(self) -> list[Middleware]:
        """What every request passes first, whoever refuses it then."""
        return [Middleware(Counted, metrics=self.metrics)]

    @property
    def middleware(self) -> list[Middleware]:
        """What every request passes that was not refused."""
        return [Middleware(Readable), Middleware(Watched, uploads=self.uploads)]

    def routes(self, workspace: Any) -> list[Route]:
        """/health and /metrics of a page that answers from `workspace`, whose jobs are counted from now on."""
        self.metrics.ask(
            {
                "vizlab_cache_bytes": ("Bytes of the results that are kept.", lambda: workspace.kept_bytes),
                "vizlab_cache_max_bytes": ("What they may take.", lambda: self.settings.cache_mb * 1_000_000),
                "vizlab_waiting": ("Runs that wait for their turn.", lambda: workspace.turns.waiting),
                "vizlab_running": ("Runs that have it.", lambda: workspace.turns.running),
                "vizlab_upload_bytes": ("Bytes of uploaded files.", lambda: self.uploads.total_bytes),
                "vizlab_sessions": ("Pages that are open.", lambda: self.uploads.sessions),
            }
        )
        workspace.jobs.heard += [self.metrics.job, self._after]
        # Also where the page is never served: its scenes may run already.
        self.stopping.at_end(workspace.networks.close)
        self.stopping.at_end(workspace.turns.close)
        return service_routes(workspace, self.stopping, self.metrics)

    def served(self, app: Any) -> None:
        """`app` is launched: tidy from now on, and close it at the end, before files go."""
        threading.Thread(target=self._tidy, daemon=True, name="tidying for vizlab").start()
        self.stopping.at_end(lambda: close_server(app))
        self.stopping.at_end(lambda: end_work(app.workspace.turns, self._patience))
        self.stopping.at_end(self._ended.set)

    def close(self) -> None:
        """The end of a page that does not end its process: what runs is waited for, up to the next network.

        An interpreter that goes while a thread is inside a forward aborts.
        """
        self._patience = PATIENT
        self.stopping.clean_up()
        join_threads(PATIENT)

    def _after(self, job: Job) -> None:
        self.memory.used()

    def _tidy(self) -> None:
        rounds: tuple[Callable[[], object], ...] = (self.uploads.sweep, self.memory.trim)
        while not self._ended.wait(EVERY):
            for do in rounds:
                try:
                    do()
                except Exception:
                    log.exception("tidying failed")
