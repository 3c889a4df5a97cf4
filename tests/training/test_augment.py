"""Augmentation keeps geometry true."""

import numpy as np
import pytest
import torch

from vizlab.geometry import KINECT_V1, Intrinsics, normals_from_depth
from vizlab.study.training.augment import GeometricAugmentation


def slanted_batch(count: int) -> dict[str, torch.Tensor]:
    """A slanted wall, whose label is its column's eighth and whose colour is its row and column."""
    rows, columns = np.mgrid[0:240, 0:320].astype(np.float32)
    depth = 2 + columns / 320
    normals = normals_from_depth(depth, KINECT_V1)
    colour = np.stack([rows / 240, columns / 320, np.zeros_like(rows)])
    single = {
        "rgb": torch.from_numpy(colour),
        "depth": torch.from_numpy(depth)[None],
        "label": torch.from_numpy(columns // 40)[None],
        "normals": torch.from_numpy(normals).permute(2, 0, 1),
    }
    return {k: v[None].repeat(count, 1, 1, 1) for k, v in single.items()}


@pytest.fixture(scope="module")
def augmented() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    augment = GeometricAugmentation((112, 144), (1.0, 1.8))
    augment.colour.p = 0.0  # so that the colour still tells where a pixel came from
    return augment(slanted_batch(8))


def test_all_maps_take_the_same_pixels(augmented: dict[str, torch.Tensor]) -> None:
    column = augmented["rgb"][:, 1] * 320
    expected = (column / 40).floor()
    inside = ((column / 40) % 1 - 0.5).abs() < 0.4  # away from class borders, where resampling may differ
    assert (augmented["label"][inside] == expected[inside]).float().mean() > 0.99


def test_depth_shrinks_with_zoom(augmented: dict[str, torch.Tensor]) -> None:
    """depth * zoom gives back the scene's depth at that pixel, with zoom read off the colour's own gradient."""
    column = augmented["rgb"][:, 1] * 320
    step = (column[:, :, 60:80].diff(dim=2).abs()).mean(dim=(1, 2))  # source pixels per target pixel
    zoom = 1 / step
    assert zoom.min() >= 0.97
    assert zoom.max() <= 1.85
    assert zoom.max() / zoom.min() > 1.1
    scene = augmented["depth"][:, 0] * zoom[:, None, None]
    assert (scene - (2 + column / 320)).abs().median() < 0.02


def test_normals_mirror_with_flips(augmented: dict[str, torch.Tensor]) -> None:
    flipped = augmented["rgb"][:, 1, 56, -1] < augmented["rgb"][:, 1, 56, 0]
    assert 0 < int(flipped.sum()) < 8
    x = augmented["normals"][:, 0].mean(dim=(1, 2))
    original = float(slanted_batch(1)["normals"][0, 0].mean())
    assert torch.equal(x.sign(), torch.where(flipped, -original, original).sign())


def test_normals_belong_to_the_augmented_depth(augmented: dict[str, torch.Tensor]) -> None:
    """They are what a plane fit finds in the depth that the network is shown, zoom included.

    A crop moves the principal point with it, so the camera of each picture is read off its own colour.
    """
    for index in range(8):
        rows, columns = augmented["rgb"][index, 0] * 240, augmented["rgb"][index, 1] * 320
        zoom = float(1 / rows[40:80].diff(dim=0).mean())
        mirror = -1 if columns[56, -1] < columns[56, 0] else 1
        centre_x = 72 + mirror * (KINECT_V1.cx - float(columns[56, 72])) * zoom
        centre_y = 56 + (KINECT_V1.cy - float(rows[56, 72])) * zoom
        camera = Intrinsics(KINECT_V1.fx, KINECT_V1.fy, centre_x, centre_y, (112, 144))
        found = normals_from_depth(augmented["depth"][index, 0].numpy(), camera)[20:-20, 20:-20]
        given = augmented["normals"][index].permute(1, 2, 0).numpy()[20:-20, 20:-20]
        # Nearest sampling leaves steps in the depth, so single pixels scatter; their mean does not.
        ours, theirs = (n.mean((0, 1)) / np.linalg.norm(n.mean((0, 1))) for n in (given, found))
        assert np.degrees(np.arccos(ours @ theirs)) < 2


def test_a_share_of_the_inputs_is_depth_as_measured_and_no_target_is() -> None:
    torch.manual_seed(0)
    batch = slanted_batch(16)
    batch["sensor"] = batch["depth"] + 0.25
    given = GeometricAugmentation((112, 144), (1.0, 1.0), sensor_share=0.5)(batch)
    off = (given["depth_input"] - given["depth"]).flatten(1)
    chosen = off.mean(1) > 0.2
    assert 0 < int(chosen.sum()) < 16
    assert off[chosen].mean() == pytest.approx(0.25, abs=0.02)  # divided by zoom as depth is
    assert torch.equal(off[~chosen], torch.zeros_like(off[~chosen]))
    assert GeometricAugmentation((112, 144), (1.0, 1.0))(slanted_batch(2))["depth_input"].shape == (2, 1, 112, 144)
