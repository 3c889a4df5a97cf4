"""Effective rank against closed forms: how many directions, weighted by how strong they are."""

import math

import numpy as np
import pytest

from vizlab.measures.effective_rank import effective_rank, singular_values


def test_alike_directions_all_count() -> None:
    for count in (1, 3, 50):
        assert effective_rank(np.full(count, 0.7)) == pytest.approx(count)


def test_a_single_direction_is_one_however_many_zeros() -> None:
    assert effective_rank(np.array([5.0, 0, 0, 0])) == pytest.approx(1)


def test_two_directions_by_hand() -> None:
    """Values 3 and 1: exp(-(3/4 ln 3/4 + 1/4 ln 1/4)); scale does not matter."""
    expected = math.exp(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert effective_rank(np.array([3.0, 1.0])) == pytest.approx(expected)
    assert effective_rank(np.array([0.03, 0.01])) == pytest.approx(expected)


def test_nothing_has_no_rank() -> None:
    assert math.isnan(effective_rank(np.zeros(4)))


def test_singular_values_are_lengths_along_the_axes() -> None:
    generator = np.random.default_rng(0)
    left, right = (np.linalg.qr(generator.standard_normal((6, 6)))[0] for _ in range(2))
    matrix = left @ np.diag([9, 4, 2, 1, 0.5, 0]) @ right
    np.testing.assert_allclose(singular_values(matrix.astype(np.float32)), [9, 4, 2, 1, 0.5, 0], atol=1e-5)
    assert singular_values(np.ones((2, 5), np.float32)).shape == (2,)
