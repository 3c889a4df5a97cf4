"""From a network's outputs to what a person reads: labels, metres, unit vectors, in the picture's own size."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.outputs import Output
from vizlab.core.pixels import at_input_size, best_class, cropped, enlarged, is_of_classes


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


def decode(
    outputs: Mapping[str, Tensor], framing: Framing, aliases: bool = True, pictured: Collection[str] = ()
) -> dict[str, Prediction]:
    """Final outputs at the picture's size, initial ones (`scale_K/TASK`) at their own, padding cropped from all.

    `outputs` are (1, C, h, w) float tensors by name. Where a network gives an ensemble of its streams, it also
    stands under the task's bare name, unless `aliases` is off. Tasks in `pictured` are colours (see `FusionNetwork`).
    """
    decoded: dict[str, Prediction] = {}
    for name, y in outputs.items():
        output = Output.parse(name)
        seen = cropped(y, framing) if output.initial else at_input_size(y, framing)
        size = tuple(seen.shape[-2:]) if output.initial else framing.picture
        decoded[name] = _picture(seen, size) if output.task in pictured else _decode_one(output.task, seen, size)
        if aliases and output.ensemble:
            decoded[output.task] = decoded[name]
    return decoded


def _picture(y: Tensor, size: tuple[int, ...]) -> ImagePrediction:
    colours = F.normalize(enlarged(y, size)[0], dim=0).clamp(0, 1) * 255
    return ImagePrediction(colours.round().to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy())


def _decode_one(task: str, y: Tensor, size: tuple[int, ...]) -> Prediction:
    if is_of_classes(task, y.shape[1]):
        return _decode_classes(y, size)
    y = enlarged(y, size)[0]
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
    entropy = enlarged(torch.special.entr(probability).sum(1, keepdim=True), size)[0, 0]
    label, best = best_class(probability, size)
    return SemsegPrediction(label[0].to(torch.uint8).cpu().numpy(), best[0].cpu().numpy(), entropy.cpu().numpy())
