"""What explanations say of the objects of an exam: which modality the answer came from, in numbers from -1 to 1."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.attribution.problem import Problem, pose
from vizlab.experiments.attribution.target import Target
from vizlab.experiments.modalities.forwards import Forwards, modality_forwards
from vizlab.experiments.modalities.replacements import MEAN, OTHER, TRAINING
from vizlab.experiments.modalities.shapley import interactions, shapley_values
from vizlab.experiments.modalities.values import read_classes
from vizlab.rgbd import RGBDImage
from vizlab.study.exam.accuracy import answered
from vizlab.study.exam.folder import Asked, ExamPicture
from vizlab.study.survey.config import batch_on

STEPS = 8
"""Points on the path of integrated gradients: an exam has hundreds of objects, each with a path of its own."""


@dataclass(frozen=True, eq=False)
class Sitting:
    """One picture before one network; `other` is another picture of the exam, None where it has no other.

    `steps` are the points on the path of integrated gradients, `baselines` what gradients are taken against.
    """

    model: Model
    picture: ExamPicture
    other: RGBDImage | None = None
    steps: int = STEPS
    baselines: tuple[Baselines, ...] = (Baselines(),)

    @property
    def asked(self) -> tuple[Asked, ...]:
        return self.picture.asked

    @cached_property
    def image(self) -> RGBDImage:
        return self.picture.image

    @cached_property
    def framing(self) -> Framing:
        return self.model.frame(self.image.size)

    @cached_property
    def forwards(self) -> Forwards:
        """Every set of the modalities, under every replacement of those that are missing."""
        names = (MEAN, TRAINING) if self.other is None else (MEAN, TRAINING, OTHER)
        return modality_forwards(self.model, self.image, replacements=names, other=self.other)

    @cached_property
    def outputs(self) -> dict[str, Tensor]:
        """The final outputs of semseg by name, (1, 40, h, w), of the network as it is."""
        return answered(self.model.forward(self.model.preprocess(self.image, self.framing)))

    @property
    def answer(self) -> str:
        """The name of the network's answer."""
        return list(self.outputs)[-1]

    def target(self, one: Asked) -> Target:
        """The mean logit of an object's class over its pixels, in the network's answer."""
        return Target(self.answer, one.region, one.object.index, "logit")

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """One for each of the baselines, posed of the first object; so the network is copied once for all others."""
        first, batch = self.target(self.asked[0]), batch_on(self.model.device.type)
        return tuple(pose(self.model, self.image, first, one, batch=batch) for one in self.baselines)


def streams(model: Model, outputs: Iterable[str]) -> dict[str, str]:
    """By output, the modality of the stream that it is predicted from; those of `outputs` that are of such a stream."""
    parsed = {name: Output.parse(name).stream for name in outputs}
    return {name: stream for name, stream in parsed.items() if stream in model.inputs}


@dataclass(frozen=True, eq=False)
class Explained:
    """What one explanation says of the n objects that are asked about, in their order.

    `explanation` and `variant` are its name, `output` that of what it explains. `points` (n,) are from -1, all colour,
    to 1, all depth; `interaction` (n,) is larger the more the modalities were worth together, None where the
    explanation says nothing of that. NaN where it is undefined.
    """

    explanation: str
    variant: str
    output: str
    points: np.ndarray
    interaction: np.ndarray | None = None


Explain = Callable[[Sitting], list[Explained]]


def contrast(rgb: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """(|depth| - |rgb|) / (|depth| + |rgb|), -1..1; NaN where both are 0."""
    size_rgb, size_depth = np.abs(rgb).astype(float), np.abs(depth).astype(float)
    total = size_rgb + size_depth
    return np.divide(size_depth - size_rgb, total, out=np.full(np.shape(total), np.nan), where=total > 0)


SHAPLEY = "Shapley value"


def shapley(sitting: Sitting) -> list[Explained]:
    """Modalities as players for the mean probability of an object's class over its pixels, exactly (four forwards).

    `points` is the contrast of their values, `interaction` that of the pair: above 0 they are worth more together.
    """
    forwards = sitting.forwards
    found = []
    for replacement, by_coalition in forwards.outputs.items():
        for output in answered(forwards.whole):
            table = {some: probabilities(outputs[output], sitting) for some, outputs in by_coalition.items()}
            phi, pairs = shapley_values(forwards.players, table), interactions(forwards.players, table)
            (together,) = pairs.values()
            found.append(Explained(SHAPLEY, replacement, output, contrast(phi["rgb"], phi["depth"]), together))
    return found


def probabilities(y: Tensor, sitting: Sitting) -> np.ndarray:
    """(n,) the mean probability of each object's class over its pixels, of an output (1, 40, h, w)."""
    aim = torch.from_numpy(sitting.picture.aim)[None]
    with torch.inference_mode():
        known = read_classes(y, sitting.framing, aim.to(y.device))[1][0].double().cpu().numpy()
    return np.array([known[one.region].mean() for one in sitting.asked])


def over_cells(values: np.ndarray, regions: Sequence[np.ndarray], cell: tuple[float, float]) -> np.ndarray:
    """(n,) the mean over the pixels of each region (HxW bool) of a map (h, w) of cells, each as many pixels as `cell`.

    Pixels beyond the last cell, of which there is half a cell at most, count as of that.
    """
    found = []
    for region in regions:
        rows, columns = (
            np.minimum((at / side).astype(int), count - 1)
            for at, side, count in zip(np.nonzero(region), cell, values.shape, strict=True)
        )
        found.append(float(values[rows, columns].mean(dtype=np.float64)))
    return np.array(found)


def missing(model: Model) -> str:
    """Why nothing can be explained of a network that takes one modality, in a sentence; empty for others."""
    if len(model.inputs) > 1:
        return ""
    return f"{model.name} takes {model.inputs[0]} alone: there are no modalities to tell apart."


def explained(sitting: Sitting, explanations: Mapping[str, Explain]) -> list[Explained]:
    """What all `explanations` say, in their order; nothing of a network that takes one modality, or without objects."""
    if missing(sitting.model) or not sitting.asked:
        return []
    return [one for explain in explanations.values() for one in explain(sitting)]
