"""From a picture of any size to what a network takes: one uniform scaling, padding, normalisation."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vizlab.core.config import NetworkConfig, Normalisation
from vizlab.core.framing import Framing
from vizlab.errors import IncompatibleInputError
from vizlab.rgbd import RGBDImage, fill_unknown

_LARGEST_COUNT = np.float32(65535)
MODALITIES = {"rgb": "a colour picture", "depth": "a depth map"}
"""What a sensor offers, by the name networks give it; what else they take are domains of the picture."""
HOW = "(domains=), or load it with inputs= to say which picture each stream should get"
"""What is to be done where a domain is missing, in Python's words."""


def preprocess(rgbd: RGBDImage, config: NetworkConfig, framing: Framing, device: torch.device) -> dict[str, Tensor]:
    """The network's inputs by name: (1, 3, H', W') float32, normalised as `config` says, channels last."""
    check_modalities(rgbd, config.inputs)
    return {name: _to_tensor(_scaled(rgbd, name, framing), config, name, framing, device) for name in config.inputs}


def check_modalities(rgbd: RGBDImage, inputs: tuple[str, ...]) -> None:
    """Raise IncompatibleInputError, saying why, unless the picture has every input the network takes."""
    missing = [name for name in inputs if name not in rgbd.modalities]
    further = [name for name in missing if name not in MODALITIES]
    if further:
        raise IncompatibleInputError(
            f"This network takes {_listed(inputs)}, but the upload has only {_has(rgbd)}; give pictures for "
            f"{_listed(further)} {HOW}."
        )
    if missing:
        needs = _listed([MODALITIES[name] for name in missing])
        raise IncompatibleInputError(f"This network needs {needs}, but the upload has only {_has(rgbd)}; add what is "
                                     "missing.")  # fmt: skip


def _has(rgbd: RGBDImage) -> str:
    return _listed([MODALITIES.get(name, f"a picture for {name}") for name in rgbd.modalities])


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _scaled(rgbd: RGBDImage, name: str, framing: Framing) -> NDArray[np.float32]:
    """One input at content size, HxWx3 float32: RGB in [0, 1], of colour or a domain, or metres three times."""
    height, width = framing.content
    if name != "depth":
        picture = rgbd.colour if name == "rgb" else rgbd.domains[name]
        assert picture is not None
        shrinks = math.prod(framing.content) < math.prod(framing.picture)
        colour = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
        return colour.astype(np.float32) / np.float32(255)
    assert rgbd.depth is not None
    filled, _ = fill_unknown(rgbd.depth)
    # Nearest: an average across a contour is a distance at which nothing is.
    depth = cv2.resize(filled, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.repeat(np.asarray(depth, np.float32)[..., None], 3, axis=2)


def _to_tensor(
    pixels: NDArray[np.float32], config: NetworkConfig, name: str, framing: Framing, device: torch.device
) -> Tensor:
    normal = config.normalisation.get(name, Normalisation((0.0,) * 3, (1.0,) * 3))
    mean, std = np.array(normal.mean, np.float32), np.array(normal.std, np.float32)
    if normal.log_counts:
        pixels = np.log1p(np.clip(pixels * np.float32(normal.log_counts), 0, _LARGEST_COUNT))
    if normal.stretched:
        low, high = pixels.min(), pixels.max()
        pixels = (pixels - low) / max(high - low, np.finfo(np.float32).tiny)
    if normal.order == "bgr":
        pixels = pixels[..., ::-1]
    below, right = framing.padded[0] - pixels.shape[0], framing.padded[1] - pixels.shape[1]
    padded = np.pad((pixels - mean) / std, ((0, below), (0, right), (0, 0)), mode="edge")
    # An HxWxC array is already channels last: permuting its strides is all that is needed.
    return torch.from_numpy(padded).permute(2, 0, 1)[None].to(device)
