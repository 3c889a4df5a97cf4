"""Distances, by hand."""

import math

import numpy as np
import pytest
import torch

from vizlab.checks.distances import array_distance, distance, furthest, noise

NAN = math.nan


@pytest.mark.parametrize(
    ("found", "expected", "value"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0),
        ([3.0, 5.0], [3.0, 4.0], 1 / math.sqrt(12.5)),
        ([3.0, NAN], [3.0, NAN], 0),
        ([3.0, NAN], [3.0, 4.0], math.inf),
        ([3.0, 4.0], [3.0, NAN], math.inf),
        ([0.0, 0.0], [0.0, 0.0], 0),
        ([0.0, 1e-9], [0.0, 0.0], math.inf),
        ([3.0], [3.0, 4.0], math.inf),
        ([math.inf, 1.0], [math.inf, 1.0], 0),
    ],
)
def test_distance_is_the_largest_difference_over_the_size(
    found: list[float], expected: list[float], value: float
) -> None:
    assert distance(torch.tensor(found), torch.tensor(expected)) == pytest.approx(value)


def test_noise_is_the_mean_difference_over_the_size() -> None:
    assert noise(torch.tensor([3.0, 5.0]), torch.tensor([3.0, 4.0])) == pytest.approx(math.sqrt(1 / 25))
    assert noise(torch.tensor([3.0]), torch.tensor([3.0, 4.0])) == math.inf
    assert noise(torch.tensor([NAN]), torch.tensor([3.0])) == math.inf


def test_outputs_that_only_one_has_are_infinitely_far() -> None:
    one, two = torch.tensor([1.0]), torch.tensor([2.0])
    assert furthest({"a": one, "b": one}, {"a": two, "c": one}) == {"a": 0.5, "b": math.inf, "c": math.inf}


def test_whole_numbers_differ_by_their_share() -> None:
    labels = np.array([1, 2, 3, 4], np.uint8)
    assert array_distance(np.array([1, 2, 9, 4], np.uint8), labels) == 0.25
    assert array_distance(labels.astype(np.int64), labels) == math.inf
    assert array_distance(labels[:2], labels) == math.inf
    assert array_distance(np.array([True, False]), np.array([True, True])) == 0.5
    assert array_distance(np.array([np.nan, 2], np.float32), np.array([np.nan, 2], np.float32)) == 0
