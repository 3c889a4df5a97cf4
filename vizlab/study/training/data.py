"""A split of a data folder, held in memory as tensors for training."""

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vizlab.errors import DataError
from vizlab.rgbd import fill_unknown
from vizlab.scenes.sensor import kinect_depth
from vizlab.study.data import RGBDFolder, Sample
from vizlab.tasks import VOID

UNITS = {"rgb": 255, "depth": 1000, "label": 1, "normals": 127, "given": 1000, "sensor": 1000}
"""What the stored integers are divided by; those of further domains by 255."""
DOMAIN = "domain/"
"""Before the name of a further picture."""
TEACHER = "teacher"
"""What teachers say of a picture, as logits (see `vizlab.study.training.teacher`)."""
TEACHER_STRIDE = 4
"""Pixels of a picture, each way, for one of what teachers say of it."""


class InMemory(Dataset):
    """A split held in memory as small integers, since two cores must not decode the same JPEGs every epoch.

    `normals` says whether anything is learned from them; deriving them takes a while. With `sensor`, every picture
    also has the depth that a Kinect would have measured of it (`as_measured`), drawn once from `seed`: prepared data
    sets have their depth in-painted, users' sensors have holes and noise. `taught` is what teachers say. `size` (H, W)
    is that of all pictures; raises DataError if they differ.
    """

    def __init__(
        self,
        folder: RGBDFolder,
        sensor: bool = False,
        seed: int = 0,
        normals: bool = True,
        taught: np.ndarray | None = None,
    ) -> None:
        self._taught = taught
        rng = np.random.default_rng(seed)
        self._samples = [_pack(sample, rng if sensor else None, normals) for sample in folder]
        sizes = {(int(packed["rgb"].shape[1]), int(packed["rgb"].shape[2])) for packed in self._samples}
        if len(sizes) > 1:
            found = ", ".join(f"{height}x{width}" for height, width in sorted(sizes))
            raise DataError(f"'{folder.root}' holds pictures of the sizes {found}; training takes one: resize them.")
        (self.size,) = sizes

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """rgb (3, H, W) in [0, 1]; depth (1, H, W) metres, the target, 0 unknown; label (1, H, W).

        Where asked for, normals (3, H, W), 0 unknown, and sensor (1, H, W), metres, its holes filled as `preprocess`
        fills a user's; given (1, H, W), metres, the depth as an input, where the target has less of it. The folder's
        domains are `domain/NAME`, (3, H, W) in [0, 1]; teacher (classes, H / 4, W / 4) is what teachers say, as logits.
        """
        found = {name: stored.float() / UNITS.get(name, 255) for name, stored in self._samples[index].items()}
        if self._taught is not None:
            found[TEACHER] = torch.from_numpy(self._taught[index].astype(np.float32))
        return found

    def class_counts(self, classes: int) -> Tensor:
        """(classes,) float64: how many labelled pixels of each class the split has; DataError where there are more."""
        counts = torch.zeros(256, dtype=torch.float64)
        for packed in self._samples:
            counts += torch.bincount(packed["label"].flatten().int(), minlength=256)
        found = counts[:VOID].nonzero()
        if len(found) and int(found[-1]) >= classes:
            raise DataError(
                f"The labels hold the class {int(found[-1])}, but the recipe's network knows 0 to {classes - 1}; raise "
                "its semseg_channels."
            )
        return counts[:classes]


def _pack(sample: Sample, rng: np.random.Generator | None, normals: bool) -> dict[str, Tensor]:
    packed = {
        "rgb": _channels_first(sample.colour),
        "depth": _millimetres(sample.reference_depth),
        "label": torch.from_numpy(sample.label)[None],
    }
    if normals:
        bytes_ = np.round(np.nan_to_num(sample.normals) * UNITS["normals"]).astype(np.int8)
        packed["normals"] = _channels_first(bytes_)
    if sample.measured is not None:
        packed["given"] = _millimetres(sample.depth)
    if rng is not None:
        packed["sensor"] = _millimetres(fill_unknown(as_measured(sample, rng))[0])
    return packed | {f"{DOMAIN}{name}": _channels_first(pixels) for name, pixels in sample.domains.items()}


def _channels_first(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _millimetres(depth: np.ndarray) -> Tensor:
    return torch.from_numpy(np.clip(np.nan_to_num(depth * 1000), 0, 32767).astype(np.int16))[None]


def as_measured(sample: Sample, rng: np.random.Generator) -> np.ndarray:
    """The sample's depth as a Kinect gives it: HxW float32 metres with noise, steps and NaN holes.

    How much a surface returns of the sensor's pattern is unknown here; it is taken from the picture's brightness
    times a smooth random factor, so that dark and, by chance, any other surfaces turn into holes.
    """
    brightness = cv2.blur(sample.colour.max(-1).astype(np.float32) / 255, (3, 3))
    coarse = rng.normal(0, 0.8, (6, 8)).astype(np.float32)
    gloss = cv2.resize(coarse, sample.depth.shape[::-1], interpolation=cv2.INTER_CUBIC)
    echo = np.clip((0.08 + brightness) * np.exp(gloss), 0, 1) * np.float32(0.5)
    measured = kinect_depth(sample.depth, np.nan_to_num(sample.depth_normals), echo, rng)
    metres = np.where(measured > 0, measured / np.float32(1000), np.float32(np.nan)).astype(np.float32)
    # A picture wholly out of the sensor's range stays as it was: nothing could be filled from nothing.
    return metres if np.isfinite(metres).mean() > 0.2 else sample.depth
