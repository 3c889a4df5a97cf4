"""Ctrl-C and SIGTERM while networks run: the page ends at once, cleanly, and leaves no files."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.commands import ROOT, SECONDS, environment, run
from tests.page.page_process import NAMES, checkpoints, free_port, write_pair

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="signals of POSIX")

AT_MOST = 5.0
"""Seconds between the signal and the end."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Started:
    """A page in a process of its own, its log and its folder for uploads."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path
    uploads: Path

    def ask(self, path: str, data: bytes | None = None, kind: str = "application/json") -> Any:
        """The answer, which is JSON."""
        with _OPENER.open(urllib.request.Request(self.url + path, data, {"Content-Type": kind}), timeout=60) as answer:
            return json.loads(answer.read())

    def upload(self, path: Path) -> str:
        """Where the page keeps it."""
        head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="picture"\r\n\r\n'
        body = head + path.read_bytes() + b"\r\n--b--\r\n"
        return str(self.ask("/gradio_api/upload", body, "multipart/form-data; boundary=b")[0])

    def analyse(self, colour: str, depth: str) -> None:
        """Begin to run a network at the largest size, which takes seconds."""
        files = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in (colour, depth)]
        models = [NAMES["cen"], NAMES["nddr"]]
        data = [*files, "", models, "mm", None, "cpu", "720x960", False, "float32", None, None, None]
        self.ask("/gradio_api/call/analyse", json.dumps({"data": data, "session_hash": "s"}).encode())

    def ended(self, number: int) -> float:
        """Send that signal; the seconds until the process is gone."""
        sent = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(60)
        return time.monotonic() - sent


@contextmanager
def started(folder: Path, *command: str | Path) -> Iterator[Started]:
    """A page that answers on loopback; whatever happens in the block, it is gone afterwards."""
    (folder / "scenes").mkdir()
    page = Started(f"http://127.0.0.1:{free_port()}", None, folder / "page.log", folder / "uploads")  # type: ignore[arg-type]
    given = [sys.executable, *command, "--port", page.url.rpartition(":")[2], "--checkpoints", checkpoints(),
             "--scenes", folder / "scenes"]  # fmt: skip
    env = {**environment(), "GRADIO_TEMP_DIR": str(page.uploads)}
    with page.log.open("w") as log:
        process = subprocess.Popen(list(map(str, given)), cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
    page = Started(page.url, process, page.log, page.uploads)
    try:
        until = time.monotonic() + SECONDS
        while True:
            try:
                page.ask("/health")
                break
            except OSError:
                assert process.poll() is None, page.log.read_text()
                assert time.monotonic() < until, page.log.read_text()
                time.sleep(0.1)
        yield page
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


@pytest.mark.parametrize("number", [pytest.param(signal.SIGINT, marks=pytest.mark.slow), signal.SIGTERM])
def test_a_signal_during_an_analysis_ends_the_page_and_its_files(number: int, tmp_path: Path) -> None:
    with started(tmp_path, "app.py") as page:
        colour, depth = (page.upload(path) for path in write_pair(tmp_path))
        assert Path(colour).is_file()
        assert oct(page.uploads.stat().st_mode)[-3:] == "700"
        page.analyse(colour, depth)
        while not page.ask("/health")["running"]:
            time.sleep(0.02)
        seconds = page.ended(number)
        said = page.log.read_text()
        assert page.process.returncode == 0, said
        assert seconds < AT_MOST, said
        assert list(page.uploads.glob("**/*")) == []
        assert "terminate called" not in said
        assert "Traceback" not in said


@pytest.mark.slow
def test_a_page_that_was_killed_leaves_files_which_the_next_one_removes(tmp_path: Path) -> None:
    with started(tmp_path, "app.py") as page:
        colour = page.upload(write_pair(tmp_path)[0])
        page.ended(signal.SIGKILL)
        assert Path(colour).is_file()
    script = "from vizlab.page.service.folder import UploadFolder; f = UploadFolder(); print(f.left_over); f.remove()"
    env = {**environment(), "GRADIO_TEMP_DIR": str(page.uploads)}
    next_one = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert next_one.stdout == "1\n", next_one.stderr
    assert [path for path in page.uploads.rglob("*") if path.is_file()] == []


@pytest.mark.slow
def test_a_page_of_python_ends_with_its_script_while_networks_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import os, time\nfrom pathlib import Path\nfrom vizlab.page import Settings, launch\n"
        f"settings = Settings(checkpoints=Path({str(checkpoints())!r}), port={free_port()})\n"
        "app = launch(settings=settings, prevent_thread_lock=True)\n"
        "while not app.workspace.turns.busy: time.sleep(0.01)\n"  # the first scene
        "print(os.environ['GRADIO_TEMP_DIR'])\n"
    )
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "uploads"))
    done = run([sys.executable, script], tmp_path, [ROOT])
    assert done.returncode == 0, done.stdout + done.stderr
    folder = done.stdout.splitlines()[-1]
    assert folder.startswith(str(tmp_path / "uploads" / "page-"))
    assert not os.path.exists(folder)
    assert "terminate called" not in done.stderr
    assert "Traceback" not in done.stderr
