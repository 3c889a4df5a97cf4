"""How a network did in one picture of an exam: pixels and objects by need, and which of two classes it told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.pixels import at_input_size, enlarged
from vizlab.experiments.modalities.values import read_classes
from vizlab.scenes.exam.needs import BOTH, NEEDS
from vizlab.study.exam.folder import Asked, ExamPicture
from vizlab.tasks import NYU40_CLASSES, VOID

MODALITIES = ("rgb", "depth")
"""What a picture of an exam has."""


def refusal(model: Model) -> str:
    """Why a network cannot sit the exam, in a sentence; empty for one that can."""
    semseg = next((task for task in model.tasks if task.name == "semseg"), None)
    if semseg is None:
        predicted = ", ".join(task.name for task in model.tasks)
        return f"{model.name} predicts {predicted}; an exam asks for semseg, with the 40 classes of NYUv2."
    classes = len(model.classes) or semseg.channels
    if classes != len(NYU40_CLASSES) or (model.classes and model.classes != NYU40_CLASSES):
        return f"{model.name} knows {classes} classes of its own; an exam asks for the 40 of NYUv2."
    if strange := [name for name in model.inputs if name not in MODALITIES]:
        return f"{model.name} takes {' and '.join(strange)}, which the pictures of an exam do not have."
    return ""


def answered(outputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The final outputs of semseg by name: the network's answer last, after its streams where there are some."""
    parsed = {name: Output.parse(name) for name in outputs}
    kept = [name for name, one in parsed.items() if one.task == "semseg" and not one.initial]
    return {name: outputs[name] for name in sorted(kept, key=lambda name: parsed[name].answer)}


@dataclass(frozen=True, eq=False)
class Marks:
    """Of one output in one picture.

    `right` and `labelled` (6,) int, pixels by need; for each object that is asked about, in order: `objects` the share
    of its pixels that are named rightly, 0..1, and `pair` that of those at which its class is likelier than the other
    of the two that need both modalities (NaN for objects of another need).
    """

    right: np.ndarray
    labelled: np.ndarray
    objects: np.ndarray
    pair: np.ndarray


def mark(y: Tensor, picture: ExamPicture, pair: tuple[int, int], framing: Framing) -> Marks:
    """The marks of an output (1, 40, h, w), read as `vizlab eval` reads it."""
    label = read_classes(y, framing)[0][0].cpu().numpy()
    valid = picture.sample.label != VOID
    hit = valid & (label == picture.sample.label)
    right, labelled = (np.bincount(picture.need[where], minlength=len(NEEDS)) for where in (hit, valid))
    each = np.array([float((label[one.region] == one.object.index).mean()) for one in picture.asked])
    return Marks(right, labelled, each, _told(y, picture.asked, pair, framing))


def _told(y: Tensor, asked: Sequence[Asked], pair: tuple[int, int], framing: Framing) -> np.ndarray:
    """(n,): where the object's class is the likelier of the pair, as a share of its pixels; equal ones count half."""
    found = np.full(len(asked), np.nan)
    those = [i for i, one in enumerate(asked) if one.need == BOTH and one.object.index in pair]
    if those:
        with torch.inference_mode():
            two = at_input_size(y, framing).softmax(1)[:, list(pair)]
            first, second = enlarged(two, framing.picture)[0].cpu().numpy()
        lead = np.sign(first - second)
        for i in those:
            sign = 1 if asked[i].object.index == pair[0] else -1
            found[i] = float((0.5 + 0.5 * sign * lead[asked[i].region]).mean())
    return found
