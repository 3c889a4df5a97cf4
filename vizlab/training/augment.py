"""Augmentation that keeps the geometry true: depth shrinks with zoom, normals mirror with flips."""

import kornia.augmentation as K
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GeometricAugmentation(nn.Module):
    """Random crop and zoom to a fixed size, mirroring and colour jitter, one draw for all maps of a picture.

    Zooming in by z with the camera's intrinsics kept flattens the scene: depth is divided by z, while x and y of
    every point stay. Normals follow as normals do, by the inverse transpose: their z is multiplied by z. Depth and
    labels are resampled to the nearest pixel, since a mean of two surfaces is neither.
    """

    def __init__(self, crop: tuple[int, int], zoom: tuple[float, float]) -> None:
        super().__init__()
        self.crop, self.zoom = crop, zoom
        self.colour = K.ColorJitter(0.3, 0.3, 0.3, 0.05, p=0.8)

    def _geometry(self, size: tuple[int, int]) -> K.AugmentationSequential:
        # kornia draws the area of the crop as a share of the picture's.
        whole = self.crop[0] * self.crop[1] / (size[0] * size[1])
        ratio = self.crop[1] / self.crop[0]
        low, high = self.zoom
        crop = K.RandomResizedCrop(self.crop, (whole / high**2, whole / low**2), (ratio, ratio), p=1.0)
        return K.AugmentationSequential(
            crop, K.RandomHorizontalFlip(), data_keys=["input", "mask", "mask", "mask"], same_on_batch=False
        )

    @torch.no_grad()
    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The same keys at the crop's size; `label` becomes (B, h, w) int64."""
        augment = self._geometry((batch["rgb"].shape[-2], batch["rgb"].shape[-1]))
        rgb, depth, label, normals = augment(batch["rgb"], batch["depth"], batch["label"], batch["normals"])
        matrix = augment.transform_matrix
        assert matrix is not None
        zoom, mirror = matrix[:, 1, 1].abs(), matrix[:, 0, 0].sign()
        depth = depth / zoom[:, None, None, None]
        normals = torch.stack(
            [normals[:, 0] * mirror[:, None, None], normals[:, 1], normals[:, 2] * zoom[:, None, None]], 1
        )
        normals = F.normalize(normals, dim=1)  # stays 0 where unknown
        return {
            "rgb": self.colour(rgb.clamp(0, 1)),
            "depth": depth,
            "label": label[:, 0].round().long(),
            "normals": normals,
        }
