"""The page: a click against the plain forwards of its networks, bytes to the browser, and time to be ready.

`benchmarks.instrument` measures in the browser.

python -m benchmarks.page [--repeats 5]
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import gradio as gr

from benchmarks.measure import time_ratio
from benchmarks.page_process import page_running
from vizlab.page.cache import ByteCache
from vizlab.page.documents import Documents
from vizlab.page.kit.analysis import Request
from vizlab.page.page import Page, Shown
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace


def server_against_forwards(repeats: int) -> None:
    """What a click costs beyond the networks themselves: a new picture, and one that was analysed before."""
    workspace = Workspace(Settings())
    models = workspace.shelf.loaded(workspace.shelf.shipped())
    request = Request(scene=workspace.scenes()[0], models=tuple(m.name for m in models), device="cpu")
    rgbd = workspace.read(request).rgbd
    inputs = [m.preprocess(rgbd) for m in models]
    with gr.Blocks():
        page = Page(workspace)

    def click() -> int:
        """All that the server does until the stage is complete; the bytes of what it answers."""
        analysis = workspace.analyse(replace(request))
        updates = page.show(analysis, Shown(), "voc")
        return sum(len(str(value)) for value in updates.values()) + stage_bytes(workspace, analysis.key)

    def new_picture() -> None:
        workspace._results = ByteCache(1_000_000_000)  # nothing is answered from memory
        workspace.documents = Documents(workspace.get)
        click()

    def forwards() -> None:
        for model, x in zip(models, inputs, strict=True):
            model.forward(x)

    new, plain = time_ratio(new_picture, forwards, repeats)
    print(
        f"a new picture, {len(models)} networks / plain forwards: {new:.2f}, {(new - 1) * plain:+.2f} s more", end=" "
    )
    print(f"(forwards {plain:.2f} s)")
    size = click()
    known, plain = time_ratio(click, forwards, repeats)
    print(f"a picture already analysed / plain forwards: {known:.3f} ({known * plain:.3f} s), no forward")
    print(f"to the browser for one complete stage of a {rgbd.size[1]}x{rgbd.size[0]} picture: {size / 1e6:.2f} MB")


def stage_bytes(workspace: Workspace, key: str) -> int:
    """The document and the values that the browser fetches by itself: no site's maps, no initial predictions."""
    manifest = workspace.documents.of(key).manifest
    fetched = [
        workspace.documents.values(key, entry["values"]["id"])
        for entry in manifest["layers"]
        if entry["values"] and not entry["site"] and "|scale_" not in entry["key"] and "entropy" not in entry["key"]
    ]
    return len(workspace.documents.manifest(key)) + sum(map(len, fetched))


def ready_against_imports(repeats: int) -> None:
    """Time from start to the first answered page, against importing torch and gradio in a fresh process."""
    ratios = []
    for _ in range(repeats):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch, gradio"], check=True)
        imports = time.perf_counter() - began
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            with page_running(Path(folder)):
                ratios.append((time.perf_counter() - began) / imports)
    print(f"page ready / importing torch and gradio: {statistics.median(ratios):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    server_against_forwards(repeats)
    ready_against_imports(min(repeats, 3))


if __name__ == "__main__":
    main()
