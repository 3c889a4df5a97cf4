"""Files of VGG-16 networks as NDDR-CNN's authors wrote them: TensorFlow's saver, and PyTorch with its settings."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tests.door.authors_files import authors_state, distances, golden_facts, golden_outputs, image, tensorflow_value
from tests.door.tensorflow_files import write_checkpoint
from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.site import Intervention, intervening

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""


def load_golden(name: str, folder: Path, **given: Any) -> Model:
    """The network whose numbers are kept under that name, through the door; its file, which is large, is removed."""
    facts = golden_facts(name)
    if facts["framework"] == "tensorflow":
        values = {key: tensorflow_value(key, tuple(s), facts["conv_gain"]) for key, s in facts["keys"].items()}
        return load_variables(values, folder, **given)
    state = authors_state(facts, prefix="")
    state |= {key: state[first] for key, first in facts["aliases"].items()}  # one module under two names
    return load_pytorch(state, facts["cfg"], folder, **given)


def load_variables(values: Mapping[str, np.ndarray], folder: Path, **given: Any) -> Model:
    """What TensorFlow saved, with what its optimiser remembers of one variable."""
    first = next(iter(values))
    index = write_checkpoint(folder, {**values, f"{first}/Momentum": np.zeros_like(values[first])})
    return loaded(index, **given)


def load_pytorch(state: Mapping[str, Tensor], cfg: Mapping[str, Any] | None, folder: Path, **given: Any) -> Model:
    """What the later code saved; the optimiser, as always, remembers tensors of the same shapes."""
    path = folder / "ckpt-20000.pth"
    optimiser = {"state": {0: {"momentum_buffer": torch.zeros(3)}}, "param_groups": [{"params": [0]}]}
    with yacs() as node:
        content = {"step": 20000, "model_state_dict": dict(state), "optimizer_state_dict": optimiser, "loss": 0.5}
        torch.save(content if cfg is None else {"cfg": node(cfg), **content}, path)
    return loaded(path, **given)


def loaded(path: Path, **given: Any) -> Model:
    try:
        return load_model(path, "cpu", precision="float32", **given)
    finally:
        for file in path.parent.iterdir():
            file.unlink()


@contextmanager
def yacs() -> Iterator[type]:
    """A class that pickles as yacs' node of settings: a dictionary, nested."""

    class CfgNode(dict):
        def __init__(self, values: Mapping[str, Any]) -> None:
            super().__init__({k: CfgNode(v) if isinstance(v, Mapping) else v for k, v in values.items()})
            self.__dict__["__immutable__"] = False

    CfgNode.__module__, CfgNode.__qualname__ = "yacs.config", "CfgNode"
    module = ModuleType("yacs.config")
    module.CfgNode = CfgNode  # type: ignore[attr-defined]
    sys.modules |= {"yacs": ModuleType("yacs"), "yacs.config": module}
    try:
        yield CfgNode
    finally:
        del sys.modules["yacs"], sys.modules["yacs.config"]


def golden_distances(model: Model, name: str, cross: bool = True) -> dict[str, float]:
    """How far the outputs for the golden input are from the authors' numbers, in their deviations."""
    facts = golden_facts(name)
    with intervening(Intervention(cross=cross)):
        outputs = model.forward({"rgb": image(facts["input"][0], facts["size"])})
    assert {key: tuple(y.shape[-2:]) for key, y in outputs.items()} == dict.fromkeys(
        facts["tasks"], tuple(facts["size"])
    )
    return distances(outputs, golden_outputs(name))
