"""The picture that networks are checked on where none is given: made on the spot, from no file."""

from collections.abc import Sequence

import numpy as np

from vizlab.rgbd import RGBDImage

SIZE = (91, 133)
"""(height, width): odd, and of no aspect that a working size has, so that the network's input is padded."""


def default_picture(inputs: Sequence[str] = ()) -> RGBDImage:
    """A floor, a back wall and a box of several colours, with a hole in its depth; the same pixels every time.

    What `inputs` name beside rgb and depth are domains of it, each of other colours.
    """
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    depth = np.where(rows > 50, 92 / np.maximum(rows - 27, 1), 3.1) + 0.004 * columns
    box = (rows > 38) & (rows < 66) & (columns > 52) & (columns < 95)
    depth[box] = 1.7
    depth[8:21, 100:124] = np.nan
    checks = (rows // 7 + columns // 9) % 2 * 70
    colour = np.stack([checks + 60, rows * 2 + 20, np.where(box, 210, columns)], axis=-1)
    noise = np.random.default_rng(5).integers(-12, 13, colour.shape)
    pixels = np.clip(colour + noise, 0, 255).astype(np.uint8)
    further = [name for name in inputs if name not in ("rgb", "depth")]
    domains = {name: np.roll(pixels, (index + 1, 11 * index), (2, 1)) for index, name in enumerate(further)}
    return RGBDImage(pixels, depth.astype(np.float32), domains=domains)
