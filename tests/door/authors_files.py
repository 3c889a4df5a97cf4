"""Files as the authors' training scripts leave them, with weights and inputs drawn by name.

The rules are those under which the numbers in tests/golden/ were computed with the authors' published code; a tensor's
name seeds it, so that nothing but names, shapes and outputs has to be stored.
"""

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vizlab.core.door import load_model
from vizlab.core.model import Model

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = ("cen_refinenet50", "cen_pix2pix_nf8", "mti_net_hrnet18_nyud", "nddr_cnn_resnet18_nyud")


def fill_value(key: str, shape: tuple[int, ...]) -> np.ndarray:
    """The value of the tensor `key`; about a fifth of all norm scales are small or negative."""
    rng = np.random.default_rng(zlib.crc32(key.encode()))
    if key.endswith("num_batches_tracked"):
        return np.zeros(shape, np.int64)
    if key.endswith("running_mean"):
        return rng.normal(0, 0.1, shape).astype(np.float32)
    if key.endswith(("running_var", "alpha")):
        return rng.uniform(0.5, 1.5, shape).astype(np.float32)
    if key.endswith("bias"):
        return rng.normal(0, 0.05, shape).astype(np.float32)
    if len(shape) == 1:
        scale, small = rng.uniform(0.3, 1.0, shape), rng.random(shape) < 0.2
        return np.where(small, rng.uniform(-0.03, 0.03, shape), scale).astype(np.float32)
    fan_in = int(np.prod(shape[1:]))
    return rng.normal(0, np.sqrt(1.0 / max(fan_in, 1)), shape).astype(np.float32)


def image(name: str, size: tuple[int, int]) -> Tensor:
    """A (1, 3, H, W) input of standard normal values."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return torch.from_numpy(rng.normal(0, 1, (1, 3, *size)).astype(np.float32))


def golden_facts(name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / f"{name}.json").read_text())


def golden_outputs(name: str) -> dict[str, np.ndarray]:
    with np.load(GOLDEN / f"{name}.npz") as stored:
        return {key: stored[key] for key in stored.files}


def filled_state(shapes: Mapping[str, Any], prefix: str = "module.") -> dict[str, Tensor]:
    """A state dict as DataParallel writes it."""
    return {prefix + key: torch.from_numpy(np.asarray(fill_value(key, tuple(s)))) for key, s in shapes.items()}


def authors_state(facts: Mapping[str, Any], prefix: str = "module.") -> dict[str, Tensor]:
    """The state dict under whose weights the numbers of `facts` were computed, aliases and scaled tensors included.

    Plain values fade after twenty layers of a network without shortcuts, so `scaled` multiplies what ends alike.
    """
    aliases, scaled = facts.get("aliases", {}), facts.get("scaled", {})
    state = {}
    for key, shape in facts["keys"].items():
        value = fill_value(aliases.get(key, key), tuple(shape))
        for suffix, factor in scaled.items():
            if key.endswith(suffix) or (suffix == "conv" and len(shape) == 4):
                value = value * np.float32(factor)
        state[prefix + key] = torch.from_numpy(np.asarray(value))
    return state


def tensorflow_value(name: str, shape: tuple[int, ...], gain: float = 1.0) -> np.ndarray:
    """The value of a TensorFlow variable: a convolution's is drawn in PyTorch's order of axes, times `gain`."""
    scope, leaf = name.rsplit("/", 1)
    words = {
        "weights": "weight", "biases": "bias", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
        "moving_variance": "running_var",
    }  # fmt: skip
    key = f"{scope}/{words[leaf]}"
    if len(shape) != 4:
        return fill_value(key, shape)
    height, width, cin, cout = shape
    value = fill_value(key, (cout, cin, height, width)) * np.float32(gain)
    return np.ascontiguousarray(value.transpose(2, 3, 1, 0))


def distances(outputs: Mapping[str, Tensor], golden: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Largest difference over the standard deviation, by output of `golden`; both under our names.

    Of full-size outputs every fourth row and column was kept.
    """
    found = {}
    for name, expected in golden.items():
        ours = outputs[name].detach().numpy()
        if ours.shape != expected.shape:
            ours = ours[..., ::4, ::4]
        found[name] = float(np.abs(ours - expected).max() / expected.std())
    return found


def wrapped(name: str, state: dict[str, Tensor]) -> dict[str, Any]:
    """What the authors' script saves for that network, numpy scalars included."""
    if name == "cen_refinenet50":
        return {"segmenter": state, "epoch_start": 300, "best_val": np.float64(0.51)}
    if name == "mti_net_hrnet18_nyud":
        best = {"semseg": {"mIoU": np.float64(0.351), "jaccards_all_categs": [np.float32(0.1)]}, "epoch": np.int64(3)}
        return {"optimizer": {"state": {}, "param_groups": []}, "model": state, "epoch": 79, "best_result": best}
    return state


def load_once(name: str, folder: Path, **given: Any) -> Model:
    """The network of that name in the multi-task code base's file, which is read and removed again: it is large."""
    path = folder / f"{name}.pth.tar"
    torch.save({"optimizer": {}, "model": authors_state(golden_facts(name)), "epoch": 1}, path)
    try:
        return load_model(path, "cpu", precision="float32", **given)
    finally:
        path.unlink()
