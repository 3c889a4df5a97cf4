"""Numbers in matrices can be read: their colour reaches 4.5:1 on every cell."""

import re

import numpy as np
import pytest

from vizlab.views.contrast import contrast, ink_on, mixed
from vizlab.views.figures import matrix_multiples
from vizlab.views.palettes import colormap, colorscale, hex_of

MAPS = ("viridis", "cividis", "magma", "inferno", "diverging")


def test_contrast_is_the_standards() -> None:
    """WCAG's own: black on white is 21; #767676 on white is the lightest grey that reaches 4.5."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#FFFFFF", "#767676") == contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#FFFFFF") < 4.5
    assert contrast("#808080", "#808080") == 1


@pytest.mark.parametrize("name", MAPS)
def test_ink_reads_on_every_colour_of_every_map(name: str) -> None:
    for colour in colormap(name):
        assert contrast(ink_on(hex_of(colour)), hex_of(colour)) >= 4.5


def test_colours_are_blended_between_stops() -> None:
    scale = ["#000000", "#FF0000", "#FF00FF"]
    assert [mixed(scale, place) for place in (0, 0.25, 0.5, 0.75, 1)] == [
        "#000000",
        "#800000",
        "#FF0000",
        "#FF0080",
        "#FF00FF",
    ]
    assert (mixed(scale, -3), mixed(scale, 9)) == ("#000000", "#FF00FF")


@pytest.mark.parametrize("name", MAPS)
def test_the_numbers_of_a_matrix_read_on_their_cells(name: str) -> None:
    """The cell's colour from the figure's own scale, by hand; the number is that of the cell."""
    matrix = np.array([[-1, -0.4, 0.05], [0.31, 0.5, np.nan], [0.7, 0.86, 1]])
    figure = matrix_multiples(["a"], [matrix], "xyz", "xyz", low=-1, high=1, colours=name, bar_title="")
    (heat,) = figure.data
    stops = [colour for _, colour in colorscale(name)]
    for value, text in zip(matrix.ravel(), np.array(heat.text).ravel(), strict=True):
        if np.isnan(value):
            assert text == ""
            continue
        ink, number = re.fullmatch(r"<span style='color:(#\w+)'>(−?[\d.]+)</span>", str(text)).groups()  # type: ignore[union-attr]
        assert float(number.replace("−", "-")) == pytest.approx(value, abs=0.005)
        assert contrast(ink, mixed(stops, (value + 1) / 2)) >= 4.5
    assert heat.texttemplate == "%{text}"
    assert heat.textfont.size == 12  # or Plotly would fit the markup, not the number, into the cell
