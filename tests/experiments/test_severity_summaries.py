"""mCE and the expected metric in closed form."""

import itertools

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.experiments.corruptions import expected_metric, mean_corruption_error

RGB, DEPTH, BOTH, NONE = frozenset({"rgb"}), frozenset({"depth"}), frozenset({"rgb", "depth"}), frozenset[str]()


def test_mce_is_the_mean_of_ratios_of_sums() -> None:
    """(1 + 2) / (2 + 4) = 0.5 and (3 + 3) / (1 + 3) = 1.5: the mean is 1, a ratio of all sums would be 0.9."""
    assert mean_corruption_error({"a": (1, 2), "b": (3, 3)}, {"b": (1, 3), "a": (2, 4)}) == 1.0


def test_mce_of_the_reference_is_one() -> None:
    errors = {"a": (0.2, 0.4), "b": (0.1, 0.9)}
    assert mean_corruption_error(errors, errors) == 1.0


@pytest.mark.parametrize(
    ("errors", "reference", "said"),
    [
        ({"a": (1,)}, {"b": (1,)}, "expected the same"),
        ({}, {}, "at least one"),
        ({"a": (1, 2)}, {"a": (1,)}, "2 severities, its reference 1"),
        ({"a": (1,)}, {"a": (0,)}, "makes no error under 'a'"),
    ],
)
def test_mce_of_what_does_not_match_is_refused(errors: dict, reference: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        mean_corruption_error(errors, reference)


@pytest.mark.parametrize("missing", [0.0, 0.05, 0.1, 0.2, 1.0])
def test_expected_metric_of_two_modalities(missing: float) -> None:
    """q^2 m(rd) + p q (m(r) + m(d)) + p^2 m(none), q = 1 - p."""
    scores = {BOTH: 0.4, RGB: 0.3, DEPTH: 0.1, NONE: 0.02}
    q = 1 - missing
    assert expected_metric(scores, missing) == pytest.approx(q * q * 0.4 + missing * q * 0.4 + missing * missing * 0.02)


@pytest.mark.parametrize("missing", [0.0, 0.05, 0.2])
def test_without_a_metric_of_nothing_something_is_left(missing: float) -> None:
    q = 1 - missing
    expected = (q * q * 0.4 + missing * q * 0.4) / (1 - missing**2)
    assert expected_metric({BOTH: 0.4, RGB: 0.3, DEPTH: 0.1}, missing) == pytest.approx(expected)


def test_expected_metric_of_three_modalities_by_drawing() -> None:
    """Two hundred thousand draws of who is missing."""
    names = ("a", "b", "c")
    every = [frozenset(s) for n in range(4) for s in itertools.combinations(names, n)]
    scores = {one: float(np.sqrt(1 + sum(ord(name) for name in one))) for one in every}
    present = np.random.default_rng(0).random((200_000, 3)) >= 0.3
    drawn = np.mean([scores[frozenset(n for n, p in zip(names, row, strict=True) if p)] for row in present[:40_000]])
    assert expected_metric(scores, 0.3) == pytest.approx(drawn, rel=0.01)


def test_what_cannot_be_expected_is_said() -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        expected_metric({RGB: 1.0}, 1.5)
    with pytest.raises(InputError, match="No metric is given for depth alone"):
        expected_metric({BOTH: 1.0, RGB: 1.0}, 0.1)
    with pytest.raises(InputError, match="No modality is ever there"):
        expected_metric({RGB: 1.0}, 1.0)
    with pytest.raises(InputError, match="No modality is ever there"):
        expected_metric({}, 0.1)
