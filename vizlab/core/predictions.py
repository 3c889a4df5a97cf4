"""From a network's outputs to what a person reads: labels, metres, unit vectors, in the picture's own size."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.outputs import Output

CLASSES_AT_ONCE = 8
"""How many class maps are held at picture size; bounds the memory of a 25-megapixel picture."""


@dataclass(frozen=True)
class SemsegPrediction:
    """`label` HxW uint8 class index; `confidence` HxW float32, the probability of that class in [0, 1].

    `entropy` HxW float32, nats, of all classes' probabilities where the network's input has its pixels, blended between
    them; 0 is sure of one class, the logarithm of their number sure of none. None in traces saved before it was kept.
    """

    label: np.ndarray
    confidence: np.ndarray
    entropy: np.ndarray | None = None


@dataclass(frozen=True)
class DepthPrediction:
    """`value` HxW float32, metres."""

    value: np.ndarray


@dataclass(frozen=True)
class NormalsPrediction:
    """`value` HxWx3 float32 unit vectors: x right, y down, z forward, facing the camera."""

    value: np.ndarray


@dataclass(frozen=True)
class MapPrediction:
    """`value` HxW float32, a probability in [0, 1] (edges, saliency)."""

    value: np.ndarray


@dataclass(frozen=True)
class ImagePrediction:
    """`value` HxWx3 uint8, RGB (image translation)."""

    value: np.ndarray


Prediction = SemsegPrediction | DepthPrediction | NormalsPrediction | MapPrediction | ImagePrediction


def decode(outputs: Mapping[str, Tensor], framing: Framing, aliases: bool = True) -> dict[str, Prediction]:
    """Final outputs at the picture's size, initial ones (`scale_K/TASK`) at their own, padding cropped from all.

    `outputs` are (1, C, h, w) float tensors by name. Where a network gives an ensemble of its streams, it also
    stands under the task's bare name, unless `aliases` is off.
    """
    decoded = {}
    for name, y in outputs.items():
        output = Output.parse(name)
        cropped = _crop(y, framing, at_input_size=not output.initial)
        size = tuple(cropped.shape[-2:]) if output.initial else framing.picture
        decoded[name] = _decode_one(output.task, cropped, size)
        if aliases and output.ensemble:
            decoded[output.task] = decoded[name]
    return decoded


def _crop(y: Tensor, framing: Framing, at_input_size: bool) -> Tensor:
    """Without the padded margin; outputs that will be enlarged are brought to input resolution first."""
    if at_input_size and tuple(y.shape[-2:]) != framing.padded:
        y = F.interpolate(y, size=framing.padded, mode="bilinear")
    height, width = framing.visible((y.shape[-2], y.shape[-1]))
    return y[..., :height, :width]


def _decode_one(task: str, y: Tensor, size: tuple[int, ...]) -> Prediction:
    # One channel of saliency is a probability, two are classes: code bases differ.
    if task in ("semseg", "human_parts", "sal") and y.shape[1] > 1:
        return _decode_classes(y, size)
    y = _enlarge(y, size)[0]
    if task == "depth":
        # A distance is not negative; an untrained or confused network may still say so.
        return DepthPrediction(y[0].clamp(min=0).cpu().numpy())
    if task == "normals":
        return NormalsPrediction(F.normalize(y, dim=0).permute(1, 2, 0).contiguous().cpu().numpy())
    if task == "image":
        pixels = ((y.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        return ImagePrediction(pixels.permute(1, 2, 0).contiguous().cpu().numpy())
    return MapPrediction(y[0].sigmoid().cpu().numpy())


def _decode_classes(logits: Tensor, size: tuple[int, ...]) -> SemsegPrediction:
    probability = logits.softmax(1)
    entropy = _enlarge(torch.special.entr(probability).sum(1, keepdim=True), size)[0, 0]
    best, label = torch.zeros((), device=logits.device), torch.zeros((), dtype=torch.long, device=logits.device)
    for start in range(0, probability.shape[1], CLASSES_AT_ONCE):
        some = _enlarge(probability[:, start : start + CLASSES_AT_ONCE], size)
        value, index = some[0].max(0)
        label = torch.where(value > best, index + start, label)
        best = torch.maximum(best, value)
    return SemsegPrediction(label.to(torch.uint8).cpu().numpy(), best.cpu().numpy(), entropy.cpu().numpy())


def _enlarge(y: Tensor, size: tuple[int, ...]) -> Tensor:
    return y if tuple(y.shape[-2:]) == tuple(size) else F.interpolate(y, size=size, mode="bilinear")
