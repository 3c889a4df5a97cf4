"""Memory of a page that is left running: many analyses of pictures that were never seen before, and what stays.

A page of its own is started on loopback and asked as a program asks it: a picture is uploaded, analysed, and its
document and values are fetched as the viewer does. Prints one line of JSON for every tenth of them, then a summary.

python -m benchmarks.soak [--analyses 200] [--cache-mb 100] [--size 480x640] [--network NAME]
"""

import argparse
import gzip
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
NETWORK = "cen-mobilenetv2-nyuv2"
SECONDS = 300
"""How long one answer is waited for."""
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def main() -> None:
    """Run the trial that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--analyses", type=int, default=200)
    parser.add_argument("--cache-mb", type=int, default=100)
    parser.add_argument("--size", default="480x640")
    parser.add_argument("--network", default=NETWORK)
    given = parser.parse_args()
    height, width = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), given.cache_mb) as page:
        session, measured = uuid.uuid4().hex, []
        for index in range(given.analyses):
            page.analyse(*picture(index, height, width), given.network, session)
            if index == 0 or (index + 1) % max(1, given.analyses // 10) == 0:
                measured.append(page.measured(index + 1))
                print(json.dumps(measured[-1]), flush=True)
        time.sleep(15)  # free memory goes back, ended pages' files go
        last = page.measured(given.analyses)
        grown = max(one["rss_mb"] for one in measured[1:]) - measured[0]["rss_mb"]
        print(json.dumps({
            "analyses": given.analyses, "cache_mb": given.cache_mb, "start_mb": measured[0]["rss_mb"],
            "largest_mb": max(one["rss_mb"] for one in measured), "at_rest_mb": last["rss_mb"],
            "growth / cache": round(grown / given.cache_mb, 2), "files": last["files"],
        }))  # fmt: skip


class Page:
    """A page in a process of its own."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]", uploads: Path) -> None:
        self.url, self.process, self.uploads = url, process, uploads

    def analyse(self, colour: bytes, depth: bytes, network: str, session: str) -> None:
        """Upload a picture, run one network on it, and fetch what the viewer does."""
        files = [{"path": self._upload(one), "meta": {"_type": "gradio.FileData"}} for one in (colour, depth)]
        values = [*files, "", [network], "mm", None, "cpu", "240x320", False, "float32", None, None, None]
        asked = json.dumps({"data": values, "session_hash": session}).encode()
        event = json.loads(self._ask("/gradio_api/call/analyse", asked))["event_id"]
        said = self._ask(f"/gradio_api/call/analyse/{event}").decode()
        if "event: complete" not in said:
            raise SystemExit(f"an analysis failed: {said[-300:]}")
        key = json.loads(said.partition("event: complete\ndata: ")[2].splitlines()[0])[0]["key"]
        document = json.loads(self._ask(f"/vizlab/document/{key}"))
        for entry in document["layers"]:
            if entry["values"]:
                self._ask(f"/vizlab/values/{key}/{entry['values']['id']}")

    def _upload(self, data: bytes) -> str:
        mark = uuid.uuid4().hex
        head = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="picture.png"\r\n\r\n'
        body = head.encode() + data + f"\r\n--{mark}--\r\n".encode()
        path: str = json.loads(self._ask("/gradio_api/upload", body, f"multipart/form-data; boundary={mark}"))[0]
        return path

    def measured(self, done: int) -> dict[str, Any]:
        """What the process has in memory and its uploads on disk."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        files = [path for path in self.uploads.rglob("*") if path.is_file()]
        return {
            "analyses": done,
            "rss_mb": round(pages * resource.getpagesize() / 1e6),
            "files": len(files),
            "disk_mb": round(sum(path.stat().st_size for path in files) / 1e6),
        }

    def _ask(self, path: str, data: bytes | None = None, kind: str = "application/json") -> bytes:
        request = urllib.request.Request(self.url + path, data, {"Content-Type": kind, "Accept-Encoding": "identity"})
        with _OPENER.open(request, timeout=SECONDS) as answer:
            found: bytes = answer.read()
        if found[:2] == b"\x1f\x8b" and answer.headers.get("Content-Encoding") == "gzip":
            return gzip.decompress(found)
        return found


@contextmanager
def running(folder: Path, cache_mb: int) -> Iterator[Page]:
    """A page without scenes, which would fill its cache by themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "scenes").mkdir()
    uploads = folder / "uploads"
    command = [sys.executable, "app.py", "--port", str(port), "--cache-mb", str(cache_mb),
               "--scenes", str(folder / "scenes")]  # fmt: skip
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(uploads), "NO_PROXY": "127.0.0.1,localhost"}
    with (folder / "page.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    page = Page(f"http://127.0.0.1:{port}", process, uploads)
    try:
        while True:
            try:
                page._ask("/")
                break
            except (urllib.error.URLError, OSError):
                if process.poll() is not None:
                    raise SystemExit((folder / "page.log").read_text()[-2000:]) from None
                time.sleep(0.3)
        yield page
    except Exception:
        print((folder / "page.log").read_text()[-3000:], file=sys.stderr)
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def picture(seed: int, height: int, width: int) -> tuple[bytes, bytes]:
    """PNGs of colour, HxWx3 uint8, and of depth, HxW uint16 millimetres from 0.9 to 4.5 m, both in smooth patches."""
    coarse = np.random.default_rng(seed).integers(1000, 4000, (6, 8, 4)).astype(np.float32)
    smooth = np.clip(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), 900, 4500)
    colour, depth = (smooth[..., :3] / 18).astype(np.uint8), smooth[..., 3].astype(np.uint16)
    return tuple(bytes(cv2.imencode(".png", one)[1]) for one in (colour, depth))  # type: ignore[return-value]


if __name__ == "__main__":
    main()
