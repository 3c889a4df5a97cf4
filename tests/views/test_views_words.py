"""Numbers within sentences."""

import pytest
from plotly import graph_objects as go

from vizlab.views.figures import TITLE_SIZE, styled
from vizlab.views.formatting import number, percent_words, real_minus, whose


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.0, "0 %"), (0.0004, "under 0.1 %"), (-0.0004, "above −0.1 %"), (0.001, "0.1 %"), (0.044, "4.4 %"),
        (0.0994, "9.9 %"), (0.0996, "10 %"), (1 / 3, "33 %"), (-0.04, "−4.0 %"), (-0.336, "−34 %"), (0.994, "99 %"),
        (0.9997, "99.9 %"), (1.0, "100 %"), (1.25, "125 %"),
    ],
)  # fmt: skip
def test_a_share_in_a_sentence(value: float, words: str) -> None:
    assert percent_words(value) == words


def test_the_possessive() -> None:
    assert (whose("rgb"), whose("normals"), whose("the depth task")) == ("rgb's", "normals'", "the depth task's")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-1.00 [-1.00, -0.20]", "−1.00 [−1.00, −0.20]"),
        ("cen-2, 3-4, 1e-5", "cen-2, 3-4, 1e-5"),
        ("site 1: -0.3", "site 1: −0.3"),
    ],
)
def test_a_hyphen_before_a_number_is_a_minus_and_others_stay(text: str, shown: str) -> None:
    assert real_minus(text) == shown


def test_what_is_not_nothing_is_not_written_as_nothing() -> None:
    found = [number(value, "nats") for value in (0.0, -0.0, 2.3e-7, -2e-7, 2.3e-6)]
    assert found == ["0 nats", "0 nats", "under 0.000001 nats", "above −0.000001 nats", "0.000002 nats"]


def test_small_print_ends_above_the_plot() -> None:
    """Plotly sets the lines of a title 1.3 em of its own size apart."""
    tops = [styled(go.Figure(), "title", ["words"] * lines, 100).layout.margin.t for lines in (1, 9)]
    assert tops[1] - tops[0] >= 8 * 1.3 * TITLE_SIZE
