"""What a page must answer of a picture, computed in this process without a page."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import vizlab
from benchmarks.page_process import ROOT
from benchmarks.trust.pictures import picture
from vizlab.measures.reference import Reference
from vizlab.page.summary import model_summary

NETWORK = "cen-mobilenetv2-nyuv2"
OUTPUT = "semseg/ensemble"
SIZE = (240, 320)
"""At which the network works."""
_MEASURED = ("seconds", "environment")
"""Of an answer: how long it took, and where."""


@dataclass(frozen=True)
class Right:
    """A picture's files, all numbers of its answer, and its labels, HxW uint8."""

    files: tuple[bytes, bytes]
    numbers: dict[str, Any]
    labels: np.ndarray

    def is_answered_by(self, answer: dict[str, Any], labels: bytes) -> bool:
        """Whether every number is the same and every pixel is."""
        found = cv2.imdecode(np.frombuffer(labels, np.uint8), cv2.IMREAD_UNCHANGED)
        same = _numbers(answer["models"].get(NETWORK, {})) == self.numbers
        return same and np.array_equal(found, self.labels)


def right_answers(seeds: Iterable[int], size: tuple[int, int], folder: Path) -> Iterator[Right]:
    """Of the pictures of these seeds and `size` (H, W), which are written to `folder` to be read."""
    model = vizlab.load_model(vizlab_checkpoint(), "cpu", precision="float32")
    for seed in seeds:
        files, paths = picture(seed, *size), (folder / "colour.png", folder / "depth.png")
        for path, data in zip(paths, files, strict=True):
            path.write_bytes(data)
        rgbd = vizlab.read_rgbd(*paths, depth_unit="mm")
        trace = vizlab.trace(model, rgbd, working_size=SIZE)
        said = json.loads(json.dumps(model_summary(trace, Reference().completed(rgbd))))
        labels: np.ndarray = trace.predictions[OUTPUT].label  # type: ignore[union-attr]
        yield Right(files, _numbers(said), labels.astype(np.uint8))


def vizlab_checkpoint() -> Path:
    """The shipped network that trials run."""
    return ROOT / "checkpoints" / f"{NETWORK}.safetensors"


def _numbers(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name not in _MEASURED}
