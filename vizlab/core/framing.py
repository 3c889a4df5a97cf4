"""How a picture of any size lies in a network's input: one uniform scaling, then padding."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Framing:
    """How a picture lies in a network's input, all sizes as (height, width) in pixels.

    `picture` is scaled to `content`, which fills the top left of `padded`; the rest repeats the last row and column.
    """

    picture: tuple[int, int]
    content: tuple[int, int]
    padded: tuple[int, int]

    def visible(self, size: tuple[int, int]) -> tuple[int, int]:
        """How many rows and columns of a map of `size`, spread over the padded input, show the picture.

        A cell that shows it with half of its height (or width) or more counts, and counts whole; one that lies over
        padding with more than half does not count at all. There is always one of each.
        """
        rows, columns = (
            max(1, (2 * side * content + padded) // (2 * padded))
            for side, content, padded in zip(size, self.content, self.padded, strict=True)
        )
        return rows, columns

    def cell(self, size: tuple[int, int]) -> tuple[float, float]:
        """Height and width, in pixels of the picture, of one cell of a map of `size` spread over the padded input.

        Cell (i, j) covers the picture's rows from i * height to (i + 1) * height, and its columns likewise; what of
        that lies beyond the picture saw padding.
        """
        height, width = (
            padded / side * picture / content
            for side, picture, content, padded in zip(size, self.picture, self.content, self.padded, strict=True)
        )
        return height, width


def frame(size: tuple[int, int], working_size: tuple[int, int], multiple: int) -> Framing:
    """Scale `size` uniformly to the area of `working_size`, then pad each side to a multiple of `multiple`.

    480x640 gives 240x320 for a working size of 240x320, and a portrait picture its transpose. Each side is rounded to
    the nearest pixel, so the aspect is off by half a pixel at most.
    """
    scale = math.sqrt(math.prod(working_size) / math.prod(size))
    height, width = (max(1, round(side * scale)) for side in size)
    padded = (-(-height // multiple) * multiple, -(-width // multiple) * multiple)
    return Framing(size, (height, width), padded)
