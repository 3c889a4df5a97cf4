"""The page: all panels of three networks against their plain forwards, bytes to the browser, and time to be ready.

python -m benchmarks.page [--repeats 5]
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import gradio as gr

from benchmarks.measure import time_ratio
from vizlab.page.cache import ByteCache
from vizlab.page.kit.analysis import Request
from vizlab.page.page import Page
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

ROOT = Path(__file__).parents[1]
PORT = 7893


def panels_against_forwards(repeats: int) -> None:
    workspace = Workspace(Settings())
    models = workspace.shelf.loaded(workspace.shelf.shipped())
    request = Request(scene=workspace.scenes()[0], models=tuple(m.name for m in models), device="cpu")
    rgbd = workspace.read(request).rgbd
    inputs = [m.preprocess(rgbd) for m in models]
    with gr.Blocks():
        page = Page(workspace)

    def everything() -> dict:
        workspace._results = ByteCache(1_000_000_000)  # nothing is answered from memory
        return page.show(workspace.analyse(replace(request)), "voc")

    def forwards() -> None:
        for model, x in zip(models, inputs, strict=True):
            model.forward(x)

    ratio, seconds = time_ratio(everything, forwards, repeats)
    size = sum(len(json.dumps(plain(value), default=str)) for value in everything().values())
    print(f"reading, tracing and drawing all panels / plain forwards: {ratio:.2f} (forwards {seconds:.2f} s)")
    print(f"to the browser for one analysis of a {rgbd.size[1]}x{rgbd.size[0]} picture: {size / 1e6:.2f} MB")


def plain(value: object) -> object:
    """What Gradio would send for an update: figures as their JSON."""
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    return value.to_json() if hasattr(value, "to_json") else value


def ready_against_imports(repeats: int) -> None:
    """Time from start to the first answered page, against importing torch and gradio in a fresh process."""
    ratios = []
    for _ in range(repeats):
        imports = seconds([sys.executable, "-c", "import torch, gradio"], wait_for_port=False)
        ratios.append(seconds([sys.executable, "app.py", "--port", str(PORT)], wait_for_port=True) / imports)
    print(f"page ready / importing torch and gradio: {statistics.median(ratios):.2f}")


def seconds(command: list[str], wait_for_port: bool) -> float:
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not wait_for_port:
        process.wait()
        return time.perf_counter() - started
    try:
        while process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5).read()
                return time.perf_counter() - started
            time.sleep(0.05)
        raise RuntimeError("the app ended before it answered")
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    panels_against_forwards(repeats)
    ready_against_imports(min(repeats, 3))


if __name__ == "__main__":
    main()
