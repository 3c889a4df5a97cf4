"""Tiny data folders in the documented layout, written by the tests themselves."""

from pathlib import Path

import cv2
import numpy as np

from vizlab.scenes import list_scenes, load_scene

SIZE = (72, 96)


def write_boxes(root: Path) -> Path:
    """Eight pictures: a coloured box at a random place before a wall; class, colour and depth belong together."""
    for kind in ("rgb", "depth", "label40"):
        (root / kind).mkdir()
    rng = np.random.default_rng(0)
    names = [f"{i:06d}" for i in range(1, 9)]
    for name in names:
        colour = np.full((*SIZE, 3), (200, 180, 160), np.uint8)
        depth = np.full(SIZE, 3000, np.uint16)
        label = np.zeros(SIZE, np.uint8)
        top, left = rng.integers(5, 30), rng.integers(5, 50)
        colour[top : top + 35, left : left + 40] = (40, 60, 200)
        depth[top : top + 35, left : left + 40] = 1500
        label[top : top + 35, left : left + 40] = 5
        label[:2] = 255
        cv2.imwrite(str(root / "rgb" / f"{name}.jpg"), colour)
        cv2.imwrite(str(root / "depth" / f"{name}.png"), depth)
        cv2.imwrite(str(root / "label40" / f"{name}.png"), label)
    (root / "train.txt").write_text("\n".join(names))
    (root / "test.txt").write_text("\n".join(names[:3]))
    return root


def write_scenes(root: Path) -> Path:
    """The bundled scenes, rendered rooms with sensor-like depth, as a data folder of 128x96 pixels."""
    for kind in ("rgb", "depth", "label40"):
        (root / kind).mkdir()
    for name in list_scenes():
        scene = load_scene(name)
        cv2.imwrite(str(root / "rgb" / f"{name}.jpg"), cv2.resize(scene.rgb[..., ::-1], (128, 96)))
        for kind, path in (("depth", scene.depth_path), ("label40", scene.label_path)):
            pixels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
            small = cv2.resize(pixels, (128, 96), interpolation=cv2.INTER_NEAREST)
            cv2.imwrite(str(root / kind / f"{name}.png"), small)
    (root / "train.txt").write_text("\n".join(list_scenes()))
    return root


def write_domains(root: Path, count: int = 4, side: int = 256) -> Path:
    """Pictures that are the product of a texture (boxes) and a light (a ramp), with both beside them."""
    for kind in ("rgb", "depth", "texture", "light"):
        (root / kind).mkdir(parents=True)
    rng = np.random.default_rng(1)
    names = [f"{i:03d}" for i in range(count)]
    for name in names:
        texture = np.kron(rng.uniform(0.2, 1, (8, 8, 3)), np.ones((side // 8, side // 8, 1)))
        light = np.linspace(rng.uniform(0.1, 0.3), 1, side)[None, :, None] * np.ones((side, 1, 3))
        for kind, picture in (("texture", texture), ("light", light), ("rgb", texture * light)):
            suffix = "jpg" if kind == "rgb" else "png"
            cv2.imwrite(str(root / kind / f"{name}.{suffix}"), np.round(picture * 255).astype(np.uint8))
        cv2.imwrite(str(root / "depth" / f"{name}.png"), np.full((side, side), 2000, np.uint16))
    (root / "train.txt").write_text("\n".join(names))
    (root / "test.txt").write_text("\n".join(names[:2]))
    return root
