"""What trained networks say of the pictures another one learns from (distillation; Hinton et al., 2015).

Teachers are asked once, before training, about each whole picture and its mirror image, and the mean of their logits is
kept at a quarter of its resolution. Crops, zooms and mirrorings of a picture take theirs along (Beyer et al., CVPR
2022, find that a teacher has to see what its student sees); its colours are not jittered, its depth has no noise.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.outputs import answers
from vizlab.core.pixels import cropped
from vizlab.errors import DataError
from vizlab.replacing import made_folder, replacing
from vizlab.rgbd import RGBDImage
from vizlab.study.data import RGBDFolder, Sample
from vizlab.study.training.data import TEACHER_STRIDE
from vizlab.study.training.recipe import Recipe


def load_teachers(paths: Sequence[Path], recipe: Recipe) -> list[Model]:
    """The networks in `paths`; raises DataError unless the recipe has use for them and they know its classes."""
    if bool(paths) != bool(recipe.distil):
        found = "no teacher was given" if recipe.distil else f"'{recipe.name}' does not distil"
        raise DataError(f"Teachers and the recipe's distil belong together, but {found}: give --teacher and distil.")
    models = [load_model(path) for path in paths]
    for model in models:
        classes = model.config.semseg_channels if "semseg" in (task.name for task in model.tasks) else 0
        if classes != recipe.network.semseg_channels:
            raise DataError(
                f"{model.name} tells {classes} classes of semseg apart and '{recipe.name}' "
                f"{recipe.network.semseg_channels}; choose teachers of its classes."
            )
    return models


def taught(teachers: Sequence[Model], folder: RGBDFolder, kept_in: Path) -> np.ndarray | None:
    """(pictures, classes, H / 4, W / 4) float16 logits, in the folder's order, None without teachers.

    They are kept in `kept_in`, under a name that tells teachers and pictures, for when training goes on.
    """
    if not teachers:
        return None
    key = "\n".join([*(str(teacher.checkpoint_hash) for teacher in teachers), *folder.names])
    path = kept_in / f"teachers-{hashlib.sha256(key.encode()).hexdigest()[:16]}.npy"
    if not path.exists():
        made_folder(kept_in, DataError)
        said = np.stack([said_of(teachers, sample).numpy().astype(np.float16) for sample in folder])
        with replacing(path, DataError) as file:
            np.save(file, said)
    return np.load(path, mmap_mode="r")


def said_of(teachers: Iterable[Model], sample: Sample) -> Tensor:
    """(classes, H / 4, W / 4) float32: the teachers' mean logits of a picture and of its mirror image, turned back."""
    rgbd = RGBDImage(sample.colour, sample.depth)
    mirrored = RGBDImage(np.ascontiguousarray(sample.colour[:, ::-1]), np.ascontiguousarray(sample.depth[:, ::-1]))
    size = (sample.depth.shape[0] // TEACHER_STRIDE, sample.depth.shape[1] // TEACHER_STRIDE)
    both = [(_logits(t, rgbd, size), _logits(t, mirrored, size).flip(-1)) for t in teachers]
    return torch.stack([y for pair in both for y in pair]).mean(0)


def _logits(teacher: Model, rgbd: RGBDImage, size: tuple[int, int]) -> Tensor:
    framing = teacher.frame(rgbd.size)
    y = cropped(answers(teacher.forward(teacher.preprocess(rgbd, framing)))["semseg"], framing)
    return F.interpolate(y.cpu(), size=size, mode="bilinear")[0]
