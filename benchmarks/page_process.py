"""The page in a process of its own, on loopback: started, asked, measured and stopped. For benchmarks and trials."""

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[1]
START_SECONDS = 600.0
"""How long a page may take to answer first, on a machine that does much else."""


@dataclass(frozen=True)
class PageProcess:
    """`url` has no slash at its end; `uploads` is what GRADIO_TEMP_DIR names, `log` what the process prints."""

    url: str
    pid: int
    uploads: Path
    log: Path

    def resident_bytes(self) -> int:
        """What the process has in memory now (Linux)."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def processor_seconds(self) -> float:
        """Seconds of a core that the process has had until now (Linux)."""
        ticks = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def files(self) -> list[Path]:
        """What visitors have uploaded and what was made for them to download."""
        return [path for path in self.uploads.rglob("*") if path.is_file() and path.suffix != ".lock"]


@contextmanager
def page_running(folder: Path, *options: str | Path) -> Iterator[PageProcess]:
    """The page with these command-line options from when it answers; its files are below `folder`.

    Raises RuntimeError with the end of its log where it ends before it answers, or never does.
    """
    page = place(folder)
    command = [sys.executable, "app.py", "--port", page.url.rpartition(":")[2], *map(str, options)]
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(page.uploads), "NO_PROXY": "127.0.0.1,localhost"}
    with page.log.open("a") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_ready(page, lambda: process.poll() is None)
        yield PageProcess(page.url, process.pid, page.uploads, page.log)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def place(folder: Path) -> PageProcess:
    """Where a page will be that nobody has started yet."""
    return PageProcess(f"http://127.0.0.1:{free_port()}", 0, folder / "uploads", folder / "page.log")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(page: PageProcess, alive: Callable[[], bool]) -> None:
    """Return once the page answers. Raises RuntimeError where it does not any more, or for too long."""
    until = time.monotonic() + START_SECONDS
    while alive() and time.monotonic() < until:
        try:
            httpx.get(f"{page.url}/", timeout=60, trust_env=False).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError(f"The page does not answer; it said:\n{page.log.read_text()[-2000:]}")


def without_scenes(folder: Path) -> tuple[str | Path, ...]:
    """Options of a page that begins with nothing: scenes would be analysed, and fill its cache, by themselves."""
    (folder / "scenes").mkdir(exist_ok=True)
    return "--scenes", folder / "scenes"
