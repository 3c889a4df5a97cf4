"""A made-up pair with edges: boxes before a wall, each of its own colour and distance."""

import numpy as np

SIZE = (240, 320)


def boxes(seed: int = 0, size: tuple[int, int] = SIZE, count: int = 14) -> tuple[np.ndarray, np.ndarray]:
    """Colour (HxWx3 uint8) and depth (HxW float32, 1 to 4 m) whose edges are the same pixels, with noise in both."""
    rng = np.random.default_rng(seed)
    colour = np.full((*size, 3), 150.0)
    depth = np.full(size, 4.0)
    for distance in np.linspace(3.5, 1.0, count):
        height, width = (rng.uniform(0.08, 0.35, 2) * size).astype(int)
        top, left = rng.integers(0, size[0] - height), rng.integers(0, size[1] - width)
        colour[top : top + height, left : left + width] = rng.uniform(20, 235, 3)
        depth[top : top + height, left : left + width] = distance
    colour = (colour + rng.normal(0, 3, colour.shape)).clip(0, 255).astype(np.uint8)
    return colour, (depth + rng.normal(0, 0.003, size)).astype(np.float32)


def middle(pixels: np.ndarray, factor: float) -> np.ndarray:
    """The middle of a picture, `factor` times narrower and lower: what a lens of so much longer focal length sees."""
    height, width = round(pixels.shape[0] / factor), round(pixels.shape[1] / factor)
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return pixels[top : top + height, left : left + width]
