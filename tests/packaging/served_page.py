"""Starting a page as its own process, and stopping it."""

import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.packaging.commands import SECONDS, environment

_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@contextmanager
def serving(command: Sequence[str | Path], url: str, cwd: Path) -> Iterator[str]:
    """While the block runs, `command` serves `url`, whose first answer (HTML) is given; then it is stopped."""
    log = cwd / "page.log"
    with log.open("w") as output:
        texts = [str(part) for part in command]
        env = {**environment(), "GRADIO_TEMP_DIR": str(cwd / "uploads")}
        process = subprocess.Popen(texts, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield _first_answer(url, process, log)
    except Exception as err:
        err.add_note(f"The page's log ends in:\n{log.read_text()[-3000:]}")
        raise
    finally:
        process.terminate()
        process.wait(10)


def _first_answer(url: str, process: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"the page ended:\n{log.read_text()}"
        try:
            return _NO_PROXY.open(url, timeout=5).read().decode()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the page was not there after {SECONDS} s:\n{log.read_text()}")
