"""How far an output moves when something inside the network is changed: by the task's own measure, not by a reference.

All of it is taken on the grid on which the network itself predicts, over the cells that show the picture: what an
enlargement adds in between is no news.

- classes: the Kullback-Leibler divergence KL(p || q) of the class probabilities, in nats, p before and q after, and the
  share of cells whose class flips;
- depth: the root mean square of the difference, in metres (negative distances count as 0, as they are shown);
- normals: the mean angle between the unit vectors, in degrees;
- other maps: the root mean square of the difference, of probabilities where the map is one.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.pixels import cropped, is_of_classes

UNITS = {"classes": "nats", "depth": "m", "normals": "°", "map": ""}
NAMES = {"classes": "KL", "depth": "RMS change", "normals": "mean angle", "map": "RMS change"}


@dataclass(frozen=True, eq=False)
class Movement:
    """Of B pictures: `size` (B,), and `map` (B, h, w) that it is the mean of, or the root mean square ("depth", "map").

    `flipped` (B, h, w) bool says where the class is another one, None for other tasks. `kind` is "classes", "depth",
    "normals" or "map"; `unit` and `name` are the measure's.
    """

    kind: str
    size: Tensor
    map: Tensor
    flipped: Tensor | None

    @property
    def unit(self) -> str:
        return UNITS[self.kind]

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def share_flipped(self) -> Tensor | None:
        """(B,): the share of cells whose class is another one."""
        return None if self.flipped is None else self.flipped.float().mean((-2, -1))


def kind_of(task: str, channels: int) -> str:
    """By which measure a task's output of that many channels moves."""
    if is_of_classes(task, channels):
        return "classes"
    return task if task in ("depth", "normals") else "map"


def movement(task: str, before: Tensor, after: Tensor, framing: Framing) -> Movement:
    """How far an output (B, C, h, w) of `task` moved; network outputs before any decoding."""
    p, q = cropped(before, framing).float(), cropped(after, framing).float()
    kind = kind_of(task, p.shape[1])
    if kind == "classes":
        own, new = p.log_softmax(1), q.log_softmax(1)
        # Rounding may leave less than nothing where both are the same.
        divergence = (own.exp() * (own - new)).sum(1).clamp(min=0)
        return Movement(kind, divergence.mean((-2, -1)), divergence, p.argmax(1) != q.argmax(1))
    if kind == "normals":
        angle = _angle(F.normalize(p, dim=1), F.normalize(q, dim=1))
        return Movement(kind, angle.mean((-2, -1)), angle, None)
    if kind == "depth":
        p, q = p.clamp(min=0), q.clamp(min=0)
    elif task != "image":
        p, q = p.sigmoid(), q.sigmoid()
    difference = (q - p).square().mean(1).sqrt()
    return Movement(kind, difference.square().mean((-2, -1)).sqrt(), difference, None)


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Degrees between unit vectors (B, 3, h, w); by the chord, which the arc cosine of small angles would lose."""
    chord = torch.linalg.vector_norm(a - b, dim=1)
    return torch.rad2deg(2 * torch.asin((chord / 2).clamp(max=1)))


def relative(part: float, whole: float) -> float:
    """The quotient; NaN where there is no whole."""
    return part / whole if whole > 0 else math.nan
