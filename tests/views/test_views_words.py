"""Numbers within sentences."""

import pytest

from vizlab.views.formatting import percent_words, whose


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
