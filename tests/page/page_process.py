"""The real page in a process of its own, and what to upload to it. Shared by the API tests and the browser tests."""

import atexit
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch

from vizlab.core.config import IMAGENET, METRES, NetworkConfig
from vizlab.core.door import save_checkpoint
from vizlab.core.registry import build_network
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.scenes import list_scenes, load_scene
from vizlab.scenes.library import FOLDER
from vizlab.tasks import NYU40_CLASSES

ROOT = Path(__file__).parents[2]
NAMES = {
    "cen": "cen-mobilenetv2-nyuv2",
    "multitask": "cen-multitask-mobilenetv2-nyuv2",
    "nddr": "nddr-cnn-mobilenetv2-nyuv2",
    "mti": "mti-net-mobilenetv2-nyuv2",
}
TASKS = ("semseg", "depth", "normals")
OWN_CHECKPOINT = "someones-cen.safetensors"
START_SECONDS = 600
SIZE = (480, 640)
"""Of the pictures that are uploaded, as those of the bundled scenes."""
SMALL, LESS = (120, 160), (60, 80)
"""Pictures, and what networks work at, where the size is no matter: both a quarter each way, a sixteenth to compute."""
HALF = (120, 160)
"""What the running page's networks work at, of (240, 320) that they are shipped with."""

CEN = NetworkConfig(
    "cen-mobilenetv2", ("semseg",), ("rgb", "depth"), classes=NYU40_CLASSES, threshold=0.02,
    normalisation={"rgb": IMAGENET, "depth": METRES},
)  # fmt: skip
CONFIGS = {
    NAMES["cen"]: CEN,
    NAMES["multitask"]: replace(CEN, tasks=TASKS, inputs=("rgb",)),
    NAMES["nddr"]: NetworkConfig("nddr-cnn-mobilenetv2", TASKS, ("rgb",), classes=NYU40_CLASSES),
    NAMES["mti"]: NetworkConfig("mti-net-mobilenetv2", TASKS, ("rgb",), classes=NYU40_CLASSES),
}


@dataclass(frozen=True)
class RunningPage:
    """`url` without a slash at its end; `log` the file of what the process prints."""

    url: str
    log: Path


@functools.cache
def workplace() -> Path:
    """A folder for this run's files."""
    folder = tempfile.TemporaryDirectory(prefix="vizlab-page-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


@functools.cache
def checkpoints() -> Path:
    """The shipped checkpoints or, where they are not there, random ones of the same architectures."""
    shipped = ROOT / "checkpoints"
    if all((shipped / f"{name}.safetensors").is_file() for name in NAMES.values()):
        return shipped
    folder = workplace() / "checkpoints"
    folder.mkdir()
    for name, config in CONFIGS.items():
        random_checkpoint(folder / f"{name}.safetensors", config)
    return folder


@functools.cache
def page_checkpoints() -> Path:
    """The running page's: as those of `checkpoints`, but NAMES work at half the size each way, a quarter to compute.

    What the page shows of them is held to what Python finds with the same files.
    """
    folder = workplace() / "page networks"
    folder.mkdir()
    for path in checkpoints().glob("*.safetensors"):
        copy = folder / path.name
        shutil.copy(path, copy)
        if path.stem in NAMES.values():
            _set_working_size(copy, HALF)
    return folder


def _set_working_size(path: Path, size: tuple[int, int]) -> None:
    """Write another working size into the header of our own file; its weights stay to the bit."""
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    own = json.loads(header["__metadata__"]["vizlab"])
    own["config"]["working_size"] = list(size)
    header["__metadata__"]["vizlab"] = json.dumps(own)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + data[end:])


def random_checkpoint(path: Path, config: NetworkConfig = CEN, seed: int = 0) -> Path:
    """Random weights with some scales near zero, so that a CEN exchanges channels."""
    torch.manual_seed(seed)
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, StreamNorm):
                module.weight.copy_(torch.rand_like(module.weight) * (torch.rand_like(module.weight) > 0.15))
    save_checkpoint(path, network, config, {"note": "random weights"})
    return path


@functools.cache
def addable() -> Path:
    """A folder with one checkpoint that a user may add: a small network, soon swept."""
    folder = workplace() / "addable"
    folder.mkdir()
    random_checkpoint(folder / OWN_CHECKPOINT, replace(CEN, working_size=(96, 128), options={"width": 16}), seed=1)
    return folder


PAGE_SCENES = 5
"""How many of the bundled scenes the running page has: all that it has it analyses beforehand."""
SMALL_SCENES = 3


@functools.cache
def page_scenes() -> Path:
    """The folder of the running page's scenes: the first bundled ones, or the one that stands in."""
    if (folder := scenes()) is not None:
        return folder
    folder = workplace() / "bundled"
    for name in list_scenes()[:PAGE_SCENES]:
        shutil.copytree(FOLDER / name, folder / name)
    return folder


@functools.cache
def scenes() -> Path | None:
    """None where scenes are bundled, else a folder with one that stands in."""
    if list((ROOT / "assets" / "scenes").glob("*/scene.json")):
        return None
    folder = workplace() / "scenes" / "corner"
    folder.mkdir(parents=True)
    colour, depth = corner()
    cv2.imwrite(str(folder / "rgb.jpg"), colour)
    cv2.imwrite(str(folder / "depth.png"), (depth * 1000).astype(np.uint16))
    cv2.imwrite(str(folder / "depth_exact.png"), (depth * 5000).astype(np.uint16))
    cv2.imwrite(str(folder / "label.png"), (depth < 2.2).astype(np.uint8))
    cv2.imwrite(str(folder / "normals.png"), np.full((*depth.shape, 3), (0, 128, 128), np.uint8))
    lens = {"fx": 519.0, "fy": 519.0, "cx": 319.5, "cy": 239.5}
    size = {"height": depth.shape[0], "width": depth.shape[1]}
    facts = {"title": "corner", **size, "seed": 0, "spp": 1, "classes": NYU40_CLASSES, "intrinsics": lens}
    (folder / "scene.json").write_text(json.dumps(facts))
    return folder.parent


@functools.cache
def small_scenes() -> Path:
    """A folder of the first bundled scenes at a quarter of their size each way: every fourth pixel."""
    folder = workplace() / "small"
    for name in list_scenes(scenes())[:SMALL_SCENES]:
        scene = load_scene(name, scenes())
        step = scene.size[0] // SMALL[0]
        (folder / name).mkdir(parents=True)
        for path in (scene.rgb_path, scene.depth_path, scene.exact_depth_path, scene.label_path, scene.normals_path):
            pixels = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED))
            cv2.imwrite(str(folder / name / path.name), pixels[::step, ::step])
        facts = json.loads((scene.folder / "scene.json").read_text())
        facts["intrinsics"] = {key: value / step for key, value in facts["intrinsics"].items()}
        size = dict(zip(("height", "width"), SMALL, strict=True))
        (folder / name / "scene.json").write_text(json.dumps(facts | size))
    return folder


def corner(shift: int = 0, size: tuple[int, int] = SIZE) -> tuple[np.ndarray, np.ndarray]:
    """Colour HxWx3 uint8 (BGR) and depth HxW metres of a wall, a floor and a box; `shift` moves the box.

    `size` is the view's in pixels, SIZE's in proportion; so is `shift`, of SIZE.
    """
    rows, columns = np.indices(size) * SIZE[0] / size[0]
    depth = np.where(rows < 260, 3.2, 3.2 * 260 / np.maximum(rows, 260)) + columns / 6400
    colour = np.stack([150 + columns // 10, 170 + rows // 8, 190 - columns // 8], axis=-1)
    box = (abs(rows - 250) < 90) & (abs(columns - 200 - shift) < 80)
    depth[box] = 1.6
    colour[box] = (40, 60, 170)
    noise = np.random.default_rng(shift).normal(0, 4, colour.shape)
    return np.clip(colour + noise, 0, 255).astype(np.uint8), depth.astype(np.float32)


def write_pair(folder: Path, shift: int = 0, name: str = "corner", size: tuple[int, int] = SIZE) -> tuple[Path, Path]:
    """A JPEG and a real 16-bit PNG in millimetres, with some holes; the paths of both."""
    colour, depth = corner(shift, size)
    millimetres = (depth * 1000).astype(np.uint16)
    millimetres[:, : 12 * size[1] // SIZE[1]] = 0
    paths = folder / f"{name}.jpg", folder / f"{name}_depth.png"
    cv2.imwrite(str(paths[0]), colour)
    cv2.imwrite(str(paths[1]), millimetres)
    return paths


@functools.cache
def running_page(networks: Path | None = None) -> RunningPage:
    """The page of the folder `networks` (the shipped ones), started once for this run and stopped at its end."""
    port, log = free_port(), workplace() / "page.log"
    command = [
        sys.executable, "app.py", "--port", str(port), "--checkpoints", str(networks or checkpoints()),
        "--add-from", str(addable()), "--allow-upload-checkpoints", "--scenes", str(page_scenes()),
    ]  # fmt: skip
    environment = {**os.environ, "GRADIO_TEMP_DIR": str(workplace() / "uploads"), "NO_PROXY": "127.0.0.1,localhost"}
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, env=environment)
    atexit.register(_stop, process)
    page = RunningPage(f"http://127.0.0.1:{port}", log)
    _wait_for(page, process)
    return page


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(page: RunningPage, process: "subprocess.Popen[bytes]") -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"the page did not start:\n{page.log.read_text()}"
        try:
            opener.open(page.url, timeout=2).read()
            return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"the page was not there after {START_SECONDS} s:\n{page.log.read_text()}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
