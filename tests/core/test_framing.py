"""How a picture lies in the input, and where in it the cells of a network's maps are."""

import numpy as np
import pytest

from vizlab.core.framing import Framing, frame

KINECT = Framing((480, 640), (240, 320), (256, 320))
"""A picture of 480x640 at 240x320, padded to a multiple of 64: 16 rows of padding."""


def shown(framing: Framing, size: tuple[int, int]) -> list[tuple[int, int]]:
    """By axis, how many pixels of the content each cell of a map of `size` lies over, counted pixel by pixel."""
    found = []
    for cells, content, padded in zip(size, framing.content, framing.padded, strict=True):
        of_cell = np.arange(padded * cells) // padded  # in steps of 1/cells of a pixel
        over_content = np.arange(padded * cells) // cells < content
        found.append([int(over_content[of_cell == cell].sum()) for cell in range(cells)])
    return found  # type: ignore[return-value]


def test_padding_is_below_and_to_the_right() -> None:
    assert frame((480, 640), (240, 320), 64) == Framing((480, 640), (240, 320), (256, 320))
    assert frame((640, 480), (240, 320), 64) == Framing((640, 480), (320, 240), (320, 256))


def test_a_thin_picture_keeps_a_row() -> None:
    """1x100 at the area of 8x8 is 0.8x80."""
    assert frame((1, 100), (8, 8), 4) == Framing((1, 100), (1, 80), (4, 80))
    assert frame((1, 1000), (8, 8), 4).content == (1, 253)


def test_a_cell_counts_from_half_of_it_on() -> None:
    """240 rows are 7.5 cells of 32: the eighth shows the picture with half of its height, and counts."""
    assert KINECT.visible((8, 10)) == (8, 10)
    assert KINECT.visible((128, 160)) == (120, 160)
    assert Framing((480, 640), (239, 320), (256, 320)).visible((8, 10)) == (7, 10)


def test_exactly_half_counts_whatever_the_number() -> None:
    """Rounding to even would keep the half cell of 7.5 and drop that of 6.5."""
    for whole in range(1, 9):
        content = 32 * whole + 16
        framing = Framing((content, content), (content, content), (32 * whole + 32,) * 2)
        assert framing.visible((whole + 1, whole + 1)) == (whole + 1, whole + 1)


def test_there_is_always_a_cell() -> None:
    assert Framing((5, 5), (5, 5), (64, 64)).visible((1, 2)) == (1, 1)


@pytest.mark.parametrize("content", [(240, 320), (233, 300), (17, 256), (256, 320)])
@pytest.mark.parametrize("size", [(8, 10), (16, 20), (7, 5), (256, 320)])
def test_visible_cells_are_those_that_show_at_least_half(content: tuple[int, int], size: tuple[int, int]) -> None:
    framing = Framing(content, content, (256, 320))
    for visible, pixels in zip(framing.visible(size), shown(framing, size), strict=True):
        half = [2 * count >= max(pixels) for count in pixels]  # the first cell lies over content alone
        assert half == [cell < visible for cell in range(len(half))]


def test_cells_lie_in_the_picture_as_in_the_padded_input() -> None:
    """A cell of 32 pixels of the input is 64 of a picture twice as large; the last row of eight ends below it."""
    height, width = KINECT.cell((8, 10))
    assert (height, width) == (64, 64)
    assert 7 * height < 480 < 8 * height
    assert 10 * width == 640


def test_cells_follow_the_picture_not_the_input() -> None:
    framing = Framing((100, 400), (50, 100), (64, 128))
    assert framing.cell((4, 8)) == pytest.approx((64 / 4 * 2, 128 / 8 * 4))
