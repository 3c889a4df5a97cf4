"""Augmentation that keeps the geometry true: depth shrinks with zoom, normals mirror with flips."""

import kornia.augmentation as K
import torch
from kornia.geometry.transform import warp_affine
from torch import Tensor, nn

from vizlab.study.training.data import DOMAIN, TEACHER, TEACHER_STRIDE
from vizlab.study.training.losses import unit

NORMALS = f"{DOMAIN}normals"
MAPS = ("depth", "label", "normals", "given", "sensor")
"""What is resampled to the nearest pixel, since a mean of two surfaces is neither."""


class GeometricAugmentation(nn.Module):
    """Random crop and zoom to a fixed size, mirroring and colour jitter, one draw for all maps of a picture.

    Zooming in by z with the camera's intrinsics kept flattens the scene: depth is divided by z, while x and y of
    every point stay. Normals follow as normals do, by the inverse transpose: their z is multiplied by z.
    `sensor_share` of the pictures enter the network with the depth a Kinect would have measured (see `InMemory`);
    the target is never touched by it.
    """

    def __init__(self, crop: tuple[int, int], zoom: tuple[float, float], sensor_share: float = 0.0) -> None:
        super().__init__()
        self.crop, self.zoom, self.sensor_share = crop, zoom, sensor_share
        self.colour = K.ColorJitter(0.3, 0.3, 0.3, 0.05, p=0.8)

    def _geometry(self, size: tuple[int, int]) -> K.AugmentationSequential:
        # kornia draws the area of the crop as a share of the picture's.
        whole = self.crop[0] * self.crop[1] / (size[0] * size[1])
        ratio = self.crop[1] / self.crop[0]
        low, high = self.zoom
        crop = K.RandomResizedCrop(self.crop, (whole / high**2, whole / low**2), (ratio, ratio), p=1.0)
        return K.AugmentationSequential(
            crop, K.RandomHorizontalFlip(), data_keys=["input", "mask"], same_on_batch=False
        )

    @torch.no_grad()
    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The same keys at the crop's size, and `depth_input`; `label` becomes (B, h, w) int64.

        Pictures of several domains belong together as they are: with any, colours are not jittered.
        """
        names = [name for name in MAPS if name in batch]
        pictures = ["rgb", *(name for name in batch if name.startswith(DOMAIN))]
        augment = self._geometry((batch["rgb"].shape[-2], batch["rgb"].shape[-1]))
        # All maps in one tensor: they are resampled once, not once each.
        colours, maps = augment(
            torch.cat([batch[name] for name in pictures], dim=1), torch.cat([batch[name] for name in names], dim=1)
        )
        matrix = augment.transform_matrix
        assert matrix is not None
        rgb, *domains = colours.clamp(0, 1).split(3, dim=1)
        found = dict(zip(names, maps.split([batch[name].shape[1] for name in names], dim=1), strict=True))
        zoom, mirror = matrix[:, 1, 1].abs()[:, None, None], matrix[:, 0, 0].sign()[:, None, None]
        result = {
            "depth": found["depth"] / zoom[:, None],
            "depth_input": self._depth_input(found) / zoom[:, None],
            "label": found["label"][:, 0].round().long(),
            "rgb": rgb if domains else self.colour(rgb),
            **dict(zip(pictures[1:], domains, strict=True)),
        }
        if TEACHER in batch:
            result[TEACHER] = moved(batch[TEACHER], matrix, self.crop)
        if NORMALS in result:
            result[NORMALS] = _mirrored(result[NORMALS], mirror, zoom)
        if "normals" in found:
            x, y, z = found["normals"].unbind(1)
            result["normals"] = unit(torch.stack([x * mirror, y, z * zoom], 1))  # stays 0 where unknown
        return result

    def _depth_input(self, maps: dict[str, Tensor]) -> Tensor:
        depth = maps.get("given", maps["depth"])
        if "sensor" not in maps:
            return depth
        chosen = torch.rand(len(depth), 1, 1, 1, device=depth.device) < self.sensor_share
        return torch.where(chosen, maps["sensor"], depth)


def _mirrored(picture: Tensor, mirror: Tensor, zoom: Tensor) -> Tensor:
    """A picture of normals, coded as `vizlab.rgbd.derived` codes them, after mirroring and zooming in."""
    right, up, camera = (picture * 2 - 1).unbind(1)
    return (unit(torch.stack([right * mirror, up, camera * zoom], 1)) + 1) / 2


def moved(logits: Tensor, matrix: Tensor, crop: tuple[int, int]) -> Tensor:
    """(B, C, h / 4, w / 4): what teachers say (B, C, H / 4, W / 4) where augmentation brought it.

    `matrix` (B, 3, 3) takes pixels of the picture to those of the `crop` (h, w), both by their index.
    """
    # Index u of what is kept at a quarter lies in the middle of four pixels, at 4 u + 1.5.
    step, middle = TEACHER_STRIDE, (TEACHER_STRIDE - 1) / 2
    wide = torch.tensor([[step, 0, middle], [0, step, middle], [0, 0, 1]]).to(matrix)
    at_quarter = wide.inverse() @ matrix @ wide
    size = (crop[0] // TEACHER_STRIDE, crop[1] // TEACHER_STRIDE)
    return warp_affine(logits, at_quarter[:, :2], size, padding_mode="border", align_corners=True)
