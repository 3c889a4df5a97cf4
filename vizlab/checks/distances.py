"""How far two results are apart, as one number that is 0 only where they are the same."""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor


def distance(found: Tensor, expected: Tensor) -> float:
    """Largest difference over the root mean square of `expected`; infinite for another shape or a NaN of one alone."""
    if found.shape != expected.shape:
        return math.inf
    a, b = found.detach().double(), expected.detach().double()
    same = (a == b) | (a.isnan() & b.isnan())
    if bool(same.all()):
        return 0.0
    largest = float((a - b)[~same].abs().max())
    return relative(largest, root_mean_square(b))


def noise(found: Tensor, expected: Tensor) -> float:
    """Root mean square difference over the root mean square of `expected`; infinite for another shape."""
    if found.shape != expected.shape:
        return math.inf
    a, b = found.detach().double(), expected.detach().double()
    return relative(root_mean_square(a - b), root_mean_square(b))


def relative(size: float, scale: float) -> float:
    """`size` over `scale`; infinite where there is a difference and nothing to measure it by, or one that is NaN."""
    if math.isnan(size):
        return math.inf
    if size == 0:
        return 0.0
    return size / scale if scale > 0 else math.inf


def root_mean_square(x: Tensor) -> float:
    return float(x.square().mean().sqrt()) if x.numel() else 0.0


def furthest(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> dict[str, float]:
    """The distance of each output by name; infinite for those that only one of the two has."""
    names = [*expected, *(name for name in found if name not in expected)]
    both = found.keys() & expected.keys()
    return {name: distance(found[name], expected[name]) if name in both else math.inf for name in names}


def array_distance(found: np.ndarray, expected: np.ndarray) -> float:
    """The distance of two arrays; of whole numbers and booleans the share that differs; infinite for other types."""
    if found.shape != expected.shape or found.dtype != expected.dtype:
        return math.inf
    if expected.dtype.kind == "f":
        return distance(torch.from_numpy(np.array(found)), torch.from_numpy(np.array(expected)))
    return float(np.mean(found != expected)) if expected.size else 0.0


def largest_difference(found: np.ndarray, expected: np.ndarray) -> float:
    """Of any two entries; NaN where one has no number."""
    with np.errstate(invalid="ignore"):
        return float(np.abs(found - expected).max(initial=0))
