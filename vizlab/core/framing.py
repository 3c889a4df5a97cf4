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
        """How many rows and columns of a map of `size`, spread over the padded input, show the picture."""
        rows, columns = (
            max(1, round(side * content / padded))
            for side, content, padded in zip(size, self.content, self.padded, strict=True)
        )
        return rows, columns


def frame(size: tuple[int, int], working_size: tuple[int, int], multiple: int) -> Framing:
    """Scale `size` uniformly to the area of `working_size`, then pad each side to a multiple of `multiple`.

    480x640 gives 240x320 for a working size of 240x320, and a portrait picture its transpose. Each side is rounded to
    the nearest pixel, so the aspect is off by half a pixel at most.
    """
    scale = math.sqrt(math.prod(working_size) / math.prod(size))
    height, width = (max(1, round(side * scale)) for side in size)
    padded = (-(-height // multiple) * multiple, -(-width // multiple) * multiple)
    return Framing(size, (height, width), padded)
