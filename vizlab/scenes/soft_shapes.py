"""Meshes of soft things: upholstery, pillows, covers that hang over an edge, curtains, leaves. Metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vizlab.scenes.meshes import Array, Mesh, merged, rounded_box, sheet, smoothed


def waves(rng: np.random.Generator, x: Array, y: Array, length: float, count: int = 7) -> Array:
    """Smooth random relief of about unit deviation whose features are `length` metres wide."""
    total = np.zeros(np.broadcast(x, y).shape)
    for _ in range(count):
        angle, phase = rng.uniform(0, 2 * np.pi, 2)
        pace = 2 * np.pi / (length * rng.uniform(0.6, 1.7))
        total += np.sin(pace * (np.cos(angle) * x + np.sin(angle) * y) + phase)
    return total * np.sqrt(2 / count)


def cushion(
    size: tuple[float, float, float],
    rng: np.random.Generator,
    *,
    radius: float = 0.05,
    bulge: float = 0.02,
    wrinkle: float = 0.002,
) -> Mesh:
    """An upholstered block of width x depth x height: rounded, domed by `bulge` on every face, slightly wavy."""
    mesh = rounded_box(size, radius, steps=4, inner=10)
    half = np.array(size) / 2
    points = mesh.vertices - [0, 0, half[2]]
    share = np.clip(1 - (points / half) ** 2, 0, 1)
    # A face swells most in its middle: the product of the other two axes' distances from the rim.
    swell = np.stack([share[:, 1] * share[:, 2], share[:, 0] * share[:, 2], share[:, 0] * share[:, 1]], -1) ** 0.6
    push = mesh.normals * (swell * np.array([0.5, 0.5, 1.0]) * bulge)
    relief = wrinkle * waves(rng, points[:, 0] + points[:, 2], points[:, 1] - points[:, 2], 0.18)
    moved = points + push + mesh.normals * relief[:, None]
    return smoothed(replace(mesh, vertices=moved + np.array([0, 0, half[2]])))


def pillow(width: float, height: float, thickness: float, rng: np.random.Generator) -> Mesh:
    """A stuffed pillow lying on z = 0: thin at the seam, full in the middle, drawn-out corners."""
    u, v = np.meshgrid(np.linspace(-1, 1, 33), np.linspace(-1, 1, 33))
    pinch = 0.07
    x = width / 2 * u * (1 - pinch * (1 - v**2) * np.abs(u))
    y = height / 2 * v * (1 - pinch * (1 - u**2) * np.abs(v))
    full = np.clip((1 - np.abs(u) ** 3.2) * (1 - np.abs(v) ** 3.2), 0, 1) ** 0.55
    creases = 1 + 0.06 * waves(rng, x, y, 0.22) + 0.03 * waves(rng, x, y, 0.08)
    uvs = np.stack([x, y], -1)
    top = sheet(np.stack([x, y, thickness * (0.38 + 0.62 * full * creases)], -1), uvs)
    bottom = sheet(np.stack([x, y, thickness * (0.38 - 0.38 * full)], -1), uvs)
    return merged([top, replace(bottom, faces=bottom.faces[:, ::-1], normals=-bottom.normals)])


def cover(
    width: float,
    length: float,
    drop: float,
    rng: np.random.Generator,
    *,
    open_end: bool = True,
    radius: float = 0.05,
    wrinkle: float = 0.006,
    pleat: float = 0.024,
) -> Mesh:
    """A cloth over a block of width x length whose top is z = 0: it hangs down by `drop` on the sides and the -y end.

    With `open_end` the +y end lies flat (a bed cover under the pillows); otherwise it hangs there as well.
    """
    half_x, half_y = width / 2, length / 2
    u = np.linspace(-half_x - drop, half_x + drop, 121)
    v = np.linspace(-half_y - drop, half_y if open_end else half_y + drop, 121)
    u, v = np.meshgrid(u, v)
    base_x, base_y = np.clip(u, -half_x, half_x), np.clip(v, -half_y, half_y)
    over = np.stack([u - base_x, v - base_y], -1)
    # Where two hanging sides meet, the cloth falls as one rounded fold, so the longer overhang counts.
    fall = np.abs(over).max(-1)
    away = over / np.maximum(np.linalg.norm(over, axis=-1), 1e-9)[..., None]
    angle = np.minimum(fall / radius, np.pi / 2)
    out = radius * np.sin(angle)
    down = np.where(fall < radius * np.pi / 2, radius * (1 - np.cos(angle)), radius + fall - radius * np.pi / 2)
    around = u * np.abs(away[..., 1]) + v * np.abs(away[..., 0])
    folds = np.sin(2 * np.pi * around / 0.31 + 1.7 * waves(rng, around, 0 * around, 0.9)) + 0.4
    out = out + pleat * folds * np.clip(down / max(drop, 1e-6), 0, 1) ** 1.3 + 0.05 * np.clip(down, 0, None)
    hem = 0.012 * waves(rng, u, v, 0.5) * np.clip(down / max(drop, 1e-6), 0, 1)
    relief = wrinkle * (0.7 * waves(rng, u, v, 0.45) + 0.5 * waves(rng, u, v, 0.16)) * (fall < 0.01)
    points = np.stack([base_x + away[..., 0] * out, base_y + away[..., 1] * out, relief + hem - down], -1)
    return sheet(points, np.stack([u, v], -1))


def hanging(
    width: float, height: float, rng: np.random.Generator, *, pleat: float = 0.11, depth: float = 0.045
) -> Mesh:
    """A curtain in the plane y = 0 facing -y, gathered into pleats; from z = 0 to `height`."""
    across, up = np.meshgrid(np.linspace(-width / 2, width / 2, 180), np.linspace(0, height, 26))
    drift = 0.5 * waves(rng, across, 0.08 * up, 0.6)
    sway = depth * (0.65 + 0.35 * (1 - up / height)) * np.sin(2 * np.pi * across / pleat + 1.2 * drift)
    sway = sway + 0.012 * waves(rng, across, up, 0.7) * (1 - up / height)
    # Gathered at the top and a little wider below.
    spread = across * (1 + 0.05 * (1 - up / height))
    return sheet(np.stack([spread, -depth + sway, up], -1), np.stack([across * 1.6, up], -1))


def leaf(length: float, width: float, droop: float) -> Mesh:
    """A leaf that grows from the origin along -y and up, then bends down by `droop` of its length."""
    along, across = np.meshgrid(np.linspace(0, 1, 9), np.linspace(-1, 1, 5), indexing="ij")
    shape = np.sin(np.pi * along**0.75) ** 0.8
    x = across * shape * width / 2
    z = length * (0.6 * along - droop * along**2.2) + 0.18 * width * np.abs(across) * shape
    y = -length * along * (1 - 0.25 * along)
    return sheet(np.stack([x, y, z], -1), np.stack([across * 0.5 + 0.5, along], -1))
