"""What is attributed: one number of a network's outputs, the mean of a quantity over a region of the picture."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.ensembles import reader
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.outputs import ENSEMBLE, Output
from vizlab.core.pixels import is_of_classes
from vizlab.errors import InputError, one_line
from vizlab.experiments.attribution.regions import checked
from vizlab.tasks import class_names

ClassScale = Literal["probability", "log-probability", "logit"]
"""How the answer for a class is measured: its softmax probability (0..1), the logarithm of that, or its logit."""
UNITS = {"probability": "probability", "log-probability": "nats", "logit": "logits"}
COMPONENTS = ("x", "y", "z")
DIRECTIONS = {"up": (0.0, -1.0, 0.0), "viewer": (0.0, 0.0, -1.0)}
"""Unit vectors (x right, y down, z forward) that a normal's angle can be taken to."""
NORMALS = (*COMPONENTS, *(f"angle to {name}" for name in DIRECTIONS))


@dataclass(frozen=True, eq=False)
class Target:
    """The mean of one quantity of `output` over `region`, HxW bool at the picture's size.

    `output` names one of the network's final outputs ("semseg", "depth/rgb", ...); a task's bare name stands for the
    ensemble where there is one. `of` says which quantity: a class by name or index (semseg), x, y, z, "angle to up" or
    "angle to viewer" (normals), nothing for depth; without it, the class most of the region is predicted to be, or the
    normals' angle to up. `scale` is how a class is measured.
    """

    output: str
    region: np.ndarray
    of: str | int | None = None
    scale: ClassScale = "probability"


@dataclass(frozen=True, eq=False)
class Quantity:
    """A `Target` on one network, settled: `of` in words ("chair", "angle to up"), the `unit` of its value.

    `index` is the channel (a class, a component of normals, 0 for depth and maps). `values` takes raw outputs by name,
    (B, C, h, w) each, and gives (B,): the mean over the region at the picture's pixels, differentiable.
    """

    output: str
    of: str
    unit: str
    index: int
    region: np.ndarray
    values: Callable[[Mapping[str, Tensor]], Tensor]

    @property
    def words(self) -> str:
        """Such as "probability of chair, mean over 812 pixels"."""
        count = int(self.region.sum())
        where = "at one pixel" if count == 1 else f"mean over {count:,} pixels"
        return f"{self.of}, {where}"


def settle(target: Target, model: Model, framing: Framing, outputs: Mapping[str, Tensor]) -> Quantity:
    """What `target` means on `model`, given the raw `outputs` of one forward on the picture.

    Raises InputError for an output, a class or a region that is not there.
    """
    region = checked(target.region, framing.picture)
    name = output_name(target.output, outputs)
    read = reader(model.network, name, outputs)
    y = read(outputs)
    view = View.of(region, framing, (y.shape[-2], y.shape[-1]), y.device)
    task = Output.parse(name).task
    of, unit, index, measure = _measure(target, task, model, view, y)
    return Quantity(name, of, unit, index, region, lambda found: view.mean(measure(view, read(found))))


def output_name(name: str, outputs: Mapping[str, Tensor]) -> str:
    """The final output meant by `name`; raises InputError, with those there are, if there is none."""
    for candidate in (name, str(Output(name, ENSEMBLE))):
        if candidate in outputs and not Output.parse(candidate).initial:
            return candidate
    known = [n for n in outputs if not Output.parse(n).initial]
    raise InputError(f"'{one_line(name, 60)}' is no final output of this network; expected one of {', '.join(known)}.")


@dataclass(frozen=True, eq=False)
class View:
    """A region of the picture as it lies in an output of h x w cells.

    Exactly what a reader of the page sees: an output is brought to the input's resolution, cropped to the picture, and
    enlarged to the picture's size, bilinearly both times. Of all that only the region's bounding box is computed:
    `input_rows` (n, h) and `input_columns` (m, w) blend cells into the input's pixels near the box, `rows` (N, n) and
    `columns` (M, m) those into the picture's. `weights` (N, M) are 1 / pixels within the region, 0 elsewhere.
    """

    input_rows: Tensor
    input_columns: Tensor
    rows: Tensor
    columns: Tensor
    weights: Tensor

    @classmethod
    def of(cls, region: np.ndarray, framing: Framing, cells: tuple[int, int], device: torch.device) -> "View":
        spans, blends = [], []
        for axis in range(2):
            used = np.flatnonzero(region.any(1 - axis))
            span = slice(int(used[0]), int(used[-1]) + 1)
            spans.append(span)
            near, far = _blends(cells[axis], framing.padded[axis], framing.content[axis], framing.picture[axis], span)
            blends.append((near.to(device), far.to(device)))
        weights = torch.from_numpy(region[spans[0], spans[1]] / region.sum()).float().to(device)
        return cls(blends[0][0], blends[1][0], blends[0][1], blends[1][1], weights)

    def at_input(self, y: Tensor) -> Tensor:
        """(B, C, n, m): an output (B, C, h, w) at the input's resolution, near the box."""
        return self.input_rows @ y @ self.input_columns.T

    def at_picture(self, x: Tensor) -> Tensor:
        """(B, C, N, M): what `at_input` gave, or a function of it, at the picture's pixels in the box."""
        return self.rows @ x @ self.columns.T

    def mean(self, x: Tensor) -> Tensor:
        """(B,): the mean of (B, N, M) over the region."""
        return (x * self.weights).sum((1, 2))


def _blends(cells: int, padded: int, content: int, picture: int, span: slice) -> tuple[Tensor, Tensor]:
    """Along one axis: (n, cells) from cells to the input's pixels, (N, n) from those to the picture's in `span`."""
    far = blending(content, picture)[span]
    used = far.abs().sum(0).nonzero().flatten()
    near = slice(int(used[0]), int(used[-1]) + 1)
    return blending(cells, padded)[:content][near], far[:, near]


def blending(before: int, after: int) -> Tensor:
    """(after, before): the matrix of bilinear interpolation along one axis, as torch does it."""
    if before == after:
        return torch.eye(before)
    return F.interpolate(torch.eye(before)[None], size=after, mode="linear")[0].T.contiguous()


Measure = Callable[[View, Tensor], Tensor]
"""From a region's view and an output (B, C, h, w) to the quantity at the picture's pixels, (B, N, M)."""


def _measure(target: Target, task: str, model: Model, view: View, y: Tensor) -> tuple[str, str, int, Measure]:
    """What it is in words, its unit, its channel and how it is computed."""
    if is_of_classes(task, y.shape[1]):
        names = class_names(task, model.classes)
        index = _class_index(target, names, view, y)
        of = f"{'log of the probability' if target.scale == 'log-probability' else target.scale} of "
        return of + class_name(names, index), UNITS[target.scale], index, _class_measure(target.scale, index)
    if task == "normals":
        return _normals_measure(str(target.of or "angle to up"))
    if target.of is not None:
        raise InputError(f"{task} has no '{one_line(target.of, 60)}' to choose; leave it out.")
    if task == "depth":
        return "depth", "m", 0, lambda view, y: view.at_picture(view.at_input(y[:, :1]))[:, 0]
    if task == "image":
        raise InputError("Outputs that are pictures cannot be attributed; expected semseg, depth, normals or a map.")
    return task, "probability", 0, lambda view, y: view.at_picture(view.at_input(y[:, :1]))[:, 0].sigmoid()


def class_name(names: tuple[str, ...], index: int) -> str:
    """A class in words; its number where it has no name."""
    return names[index] if index < len(names) else f"class {index}"


def _class_index(target: Target, names: tuple[str, ...], view: View, y: Tensor) -> int:
    count = y.shape[1]
    if target.scale not in UNITS:
        raise InputError(f"'{one_line(target.scale, 60)}' is no scale of a class; expected {', '.join(UNITS)}.")
    if target.of is None:
        return most_predicted(view, y)
    if isinstance(target.of, str) and target.of in names:
        return names.index(target.of)
    if str(target.of).isdecimal() and int(target.of) < count:
        return int(target.of)
    named = f"; its classes are {', '.join(names)}" if names else ""
    raise InputError(
        f"'{one_line(target.of, 60)}' is no class of this network; expected a name or 0..{count - 1}{named}."
    )


@torch.no_grad()
def most_predicted(view: View, y: Tensor) -> int:
    """The class that most pixels of the region are predicted to be."""
    probability = view.at_picture(view.at_input(y[:1]).softmax(1))[0]
    counted = torch.zeros(y.shape[1], device=y.device)
    return int(counted.index_add_(0, probability.argmax(0).flatten(), view.weights.flatten()).argmax())


def _class_measure(scale: ClassScale, index: int) -> Measure:
    def logit(view: View, y: Tensor) -> Tensor:
        return view.at_picture(view.at_input(y[:, index : index + 1]))[:, 0]

    def probability(view: View, y: Tensor) -> Tensor:
        return view.at_picture(view.at_input(y).softmax(1)[:, index : index + 1])[:, 0]

    if scale == "logit":
        return logit
    return probability if scale == "probability" else lambda view, y: probability(view, y).log()


def _normals_measure(of: str) -> tuple[str, str, int, Measure]:
    def unit(view: View, y: Tensor) -> Tensor:
        return F.normalize(view.at_picture(view.at_input(y)), dim=1)

    if of in COMPONENTS:
        index = COMPONENTS.index(of)
        return f"{of} of the normal", "of a unit vector", index, lambda view, y: unit(view, y)[:, index]
    name = of.removeprefix("angle to ")
    if of not in NORMALS:
        raise InputError(f"'{one_line(of, 60)}' is nothing of a normal; expected one of {', '.join(NORMALS)}.")
    to = torch.tensor(DIRECTIONS[name])

    def angle(view: View, y: Tensor) -> Tensor:
        n = unit(view, y)
        axis = to.to(n)[:, None, None].expand_as(n)
        # The arc cosine has no slope at its ends; this has one almost everywhere.
        across = torch.linalg.vector_norm(torch.linalg.cross(n, axis, dim=1), dim=1)
        return torch.rad2deg(torch.atan2(across, (n * axis).sum(1)))

    return f"the normal's angle to {'straight up' if name == 'up' else 'the viewer'}", "degrees", 0, angle
