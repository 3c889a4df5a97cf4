"""Small models with random but seeded weights, and traces of them. They test mechanics; nobody is shown them."""

import copy
import functools
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.chromium import browser as browser
from tests.chromium import chromium as chromium
from tests.data_folders import write_boxes, write_scenes
from tests.door.authors_files import filled_state, golden_facts, wrapped
from vizlab.core.config import IMAGENET, NetworkConfig, Normalisation
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.rgbd import RGBDImage
from vizlab.tasks import NYU40_CLASSES

ROOT = Path(__file__).parents[1]

if "PYTEST_XDIST_WORKER" in os.environ:
    # Several workers share the cores: two of torch on all of them take several times as long as one after the other.
    os.environ["OMP_NUM_THREADS"] = "1"  # for the processes that tests start
    torch.set_num_threads(1)


def pytest_collection_finish() -> None:
    """What is imported by now stays: Python's search for cycles need not go through half a million objects again."""
    gc.collect()
    gc.freeze()


TOGETHER = {"tests/browser": "page", "tests/api": "page", "tests/packaging": "packages"}
"""Folders whose tests share what is dear to make, the page in a process of its own and the built wheel."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadfile`, but what stands TOGETHER goes to one worker as if it were one file."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return TOGETHER.get("/".join(nodeid.split("/")[:2]), super()._split_scope(nodeid))

    return Together(config, log)


TASKS = ("semseg", "depth", "normals")
CEN = NetworkConfig(
    "cen-mobilenetv2",
    ("semseg",),
    ("rgb", "depth"),
    classes=NYU40_CLASSES,
    threshold=0.02,
    working_size=(96, 128),
    normalisation={"rgb": IMAGENET, "depth": Normalisation((2.8,) * 3, (1.3,) * 3)},
    options={"width": 16},
)
CONFIGS = {
    "cen": CEN,
    "cen-multitask": replace(CEN, tasks=TASKS, inputs=("rgb",)),
    "cen-multimodal-multitask": replace(CEN, tasks=("semseg", "normals")),
    "nddr-cnn": NetworkConfig("nddr-cnn-mobilenetv2", TASKS, ("rgb",), classes=NYU40_CLASSES, working_size=(96, 128)),
    "mti-net": NetworkConfig("mti-net-mobilenetv2", TASKS, ("rgb",), classes=NYU40_CLASSES, working_size=(96, 128)),
}


def make_model(family: str, **changes: object) -> Model:
    """A compact network with seeded weights and plausible running statistics, float32 on the CPU; a new one each time.

    It is made once and copied; numbers drawn afterwards are those that follow its making.
    """
    network, drawn = _made(family)
    torch.set_rng_state(drawn)
    config = CONFIGS[family]
    return Model(
        copy.deepcopy(network),
        config,
        family,
        checkpoint_hash="0" * 64,
        precision="float32",
        **changes,  # type: ignore[arg-type]
    )


@functools.cache
def _made(family: str) -> tuple[FusionNetwork, torch.Tensor]:
    """The network, and the state in which its making leaves torch's generator."""
    torch.manual_seed(7)
    config = CONFIGS[family]
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, StreamNorm | torch.nn.BatchNorm2d):
                # A third of the scales below the exchange threshold; no channel dies out over the depth.
                module.weight.uniform_(0.5, 1.5)
                if isinstance(module, StreamNorm) and module.threshold is not None:
                    module.weight[torch.rand_like(module.weight) < 0.3] = 0.01
                module.bias.uniform_(-0.5, 0.5)
        network.train()
        generator = torch.Generator().manual_seed(3)
        for _ in range(3):
            network({k: torch.randn(2, 3, 96, 128, generator=generator) for k in config.inputs})
    return network, torch.get_rng_state()


@pytest.fixture(scope="session")
def small_rgbd() -> RGBDImage:
    """A 90x120 picture: a floor, a back wall and a box, with depth in metres and a hole."""
    rows, columns = np.mgrid[0:90, 0:120]
    depth = np.where(rows > 45, 90 / np.maximum(rows - 25, 1), 3.0).astype(np.float32)
    depth[40:60, 50:80] = 1.8
    depth[:5, :7] = np.nan
    texture = ((rows // 6 + columns // 6) % 2 * 60).astype(np.uint8)
    colour = np.stack([texture + 60, np.clip(rows * 2, 0, 255), np.clip(columns * 2, 0, 255)], -1).astype(np.uint8)
    return RGBDImage(colour, depth)


@pytest.fixture(scope="session", params=list(CONFIGS))
def model(request: pytest.FixtureRequest) -> Model:
    return make_model(request.param)


@pytest.fixture(scope="session")
def cen_model() -> Model:
    return make_model("cen")


@pytest.fixture(scope="session")
def cen_trace(cen_model: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(cen_model, small_rgbd)


@pytest.fixture(scope="session")
def multitask_trace(small_rgbd: RGBDImage) -> FusionTrace:
    """Streams semseg, depth and normals."""
    return trace(make_model("cen-multitask"), small_rgbd)


@pytest.fixture(scope="session")
def multimodal_multitask_trace(small_rgbd: RGBDImage) -> FusionTrace:
    """Streams semseg/rgb, semseg/depth, normals/rgb and normals/depth."""
    return trace(make_model("cen-multimodal-multitask"), small_rgbd)


@pytest.fixture(scope="session")
def nddr_trace(small_rgbd: RGBDImage) -> FusionTrace:
    return trace(make_model("nddr-cnn"), small_rgbd)


@pytest.fixture(scope="session")
def mti_trace(small_rgbd: RGBDImage) -> FusionTrace:
    return trace(make_model("mti-net"), small_rgbd)


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pictures of a box before a wall as a data folder."""
    return write_boxes(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def scene_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled scenes as a data folder."""
    return write_scenes(tmp_path_factory.mktemp("scenes"))


AuthorsFile = Callable[[str], Path]


@pytest.fixture(scope="session")
def authors_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuthorsFile]:
    """The path of the authors' file whose outputs are in tests/golden/ under that name."""
    folder = tmp_path_factory.mktemp("authors")

    def path_of(name: str) -> Path:
        path = folder / f"{name}.pth.tar"
        if not path.exists():
            prefix = "" if name == "cen_pix2pix_nf8" else "module."
            torch.save(wrapped(name, filled_state(golden_facts(name)["keys"], prefix)), path)
        return path

    yield path_of
    shutil.rmtree(folder)  # half a gigabyte that pytest would keep for three runs
