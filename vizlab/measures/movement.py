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
from functools import cached_property

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
    return Start(task, before, framing).to(after)


class Start:
    """An output (B, C, h, w) of `task` from which several others are measured."""

    def __init__(self, task: str, before: Tensor, framing: Framing) -> None:
        self.task, self.framing = task, framing
        self._p = cropped(before, framing).float()
        self.kind = kind_of(task, self._p.shape[1])

    def to(self, after: Tensor) -> Movement:
        """How far it moved."""
        q = cropped(after, self.framing).float()
        if self.kind == "classes":
            own, probability, label = self._classes
            # Rounding may leave less than nothing where both are the same.
            divergence = (probability * (own - q.log_softmax(1))).sum(1).clamp(min=0)
            return Movement(self.kind, divergence.mean((-2, -1)), divergence, label != q.argmax(1))
        if self.kind == "normals":
            angle = _angle(F.normalize(self._p, dim=1), F.normalize(q, dim=1))
            return Movement(self.kind, angle.mean((-2, -1)), angle, None)
        difference = (self._shown(q) - self._shown(self._p)).square().mean(1).sqrt()
        return Movement(self.kind, difference.square().mean((-2, -1)).sqrt(), difference, None)

    @cached_property
    def _classes(self) -> tuple[Tensor, Tensor, Tensor]:
        """log p and p (B, C, h, w), and the classes (B, h, w)."""
        own = self._p.log_softmax(1)
        return own, own.exp(), self._p.argmax(1)

    def _shown(self, y: Tensor) -> Tensor:
        if self.kind == "depth":
            return y.clamp(min=0)
        return y if self.task == "image" else y.sigmoid()


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Degrees between unit vectors (B, 3, h, w); by the chord, which the arc cosine of small angles would lose."""
    chord = torch.linalg.vector_norm(a - b, dim=1)
    return torch.rad2deg(2 * torch.asin((chord / 2).clamp(max=1)))


def relative(part: float, whole: float) -> float:
    """The quotient; NaN where there is no whole."""
    return part / whole if whole > 0 else math.nan
