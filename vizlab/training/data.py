"""A split of a data folder, held in memory as tensors for training."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from vizlab.data import RGBDFolder, Sample


class InMemory(Dataset):
    """A split held in memory as small integers, since two cores must not decode the same JPEGs every epoch."""

    def __init__(self, folder: RGBDFolder) -> None:
        self._samples = [_pack(sample) for sample in folder]

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """rgb (3, H, W) in [0, 1]; depth (1, H, W) metres, 0 unknown; label (1, H, W); normals (3, H, W), 0 unknown."""
        packed = self._samples[index]
        return {
            "rgb": packed["rgb"].float() / 255,
            "depth": packed["depth"].float() / 1000,
            "label": packed["label"].float(),
            "normals": packed["normals"].float() / 127,
        }


def _pack(sample: Sample) -> dict[str, Tensor]:
    depth_mm = np.nan_to_num(sample.depth * 1000).astype(np.int32)
    normals = np.round(np.nan_to_num(sample.normals) * 127).astype(np.int8)
    return {
        "rgb": torch.from_numpy(sample.colour).permute(2, 0, 1).contiguous(),
        "depth": torch.from_numpy(depth_mm)[None],
        "label": torch.from_numpy(sample.label)[None],
        "normals": torch.from_numpy(normals).permute(2, 0, 1).contiguous(),
    }
