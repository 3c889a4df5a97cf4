"""The word of a pixel, from one pixel per case of the definition."""

import numpy as np
import pytest

from vizlab.experiments.modalities.meeting import UNKNOWN, Meeting, meaning, meet

CASES = [
    (0.005, -0.004, 0.0, "nothing"),
    (0.30, 0.20, 0.00, "complement"),
    (0.30, 0.20, 0.30, "complement"),
    (0.30, 0.20, -0.30, "redundancy"),
    (0.30, 0.20, -0.005, "complement"),
    (0.30, -0.20, 0.00, "conflict"),
    (-0.30, 0.20, -0.30, "conflict"),
    (-0.30, -0.20, 0.00, "harm"),
    (0.30, 0.10, 0.00, "dominance of rgb"),
    (0.30, 0.11, 0.00, "complement"),
    (-0.30, 0.05, 0.00, "dominance of rgb"),
    (0.01, -0.60, -0.30, "dominance of depth"),
]


def of_pixels(rows: list[tuple[float, float, float]]) -> Meeting:
    rgb, depth, together = np.array(rows, np.float32).T[:, None]
    return meet({"rgb": rgb, "depth": depth}, {("rgb", "depth"): together}, negligible=0.01)


@pytest.mark.parametrize(("rgb", "depth", "together", "word"), CASES)
def test_word_of_a_pixel(rgb: float, depth: float, together: float, word: str) -> None:
    met = of_pixels([(rgb, depth, together)])
    assert met.words[met.code[0, 0]] == word
    assert met.share[word] == 1
    assert sum(met.share.values()) == 1


def test_shares_are_of_known_pixels_and_redundancy_counts_under_every_word() -> None:
    met = of_pixels([(0.3, 0.2, 0.1), (0.3, -0.2, -0.1), (0.3, 0.01, -0.02), (np.nan, 0.1, 0.0)])
    assert met.code[0, 3] == UNKNOWN
    assert met.share["complement"] == met.share["conflict"] == met.share["dominance of rgb"] == pytest.approx(1 / 3)
    assert met.redundant == pytest.approx(2 / 3)


def test_three_players_are_judged_by_those_that_count() -> None:
    phi = {name: np.full((1, 1), value, np.float32) for name, value in (("a", 0.3), ("b", 0.2), ("c", -0.05))}
    none = dict.fromkeys([("a", "b"), ("a", "c"), ("b", "c")], np.zeros((1, 1), np.float32))
    met = meet(phi, none, negligible=0.01)
    assert met.share["complement"] == 1  # c is dwarfed by a
    met = meet({**phi, "c": np.full((1, 1), -0.15, np.float32)}, none, negligible=0.01)
    assert met.share["conflict"] == 1


def test_nothing_known_is_no_share() -> None:
    met = of_pixels([(np.nan, np.nan, np.nan)])
    assert set(met.share.values()) == {0.0}


def test_the_limits_are_said() -> None:
    met = of_pixels([(0.3, 0.2, 0.1)])
    assert (
        met.sentence
        == "One dominates where it is at least 3 times the next; below 0.01 in magnitude a value counts as nothing."
    )
    assert [meaning(word) for word in met.words][-1] == "depth alone decides, for better or worse"
