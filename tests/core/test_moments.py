"""Means and variances in float32 that do not take rounding for variation, nor variation for rounding."""

import numpy as np
import pytest
import torch
from torch import Tensor

from vizlab.core.moments import ROUNDING, centred, mean_and_variance, unrounded

ONE_STEP = 2.0**-23
"""The distance of 1 to the next float32."""


def channels_last(values: Tensor) -> Tensor:
    return values[None].to(memory_format=torch.channels_last)[0]


def varying(offset: float, step: float, size: int = 64) -> Tensor:
    """(1, size, size): a checkerboard of `offset` and `offset + step`."""
    board = torch.from_numpy(np.indices((size, size)).sum(0) % 2).double()
    return (offset + step * board)[None].float()


@pytest.mark.parametrize("offset", [0.0, 0.1, -3.3, 1234.567, -1e6, 3.1e20])
@pytest.mark.parametrize("layout", [channels_last, torch.Tensor.contiguous])
def test_a_constant_channel_has_no_variance(offset: float, layout) -> None:
    values = layout(torch.full((3, 61, 83), offset))
    mean, rest = centred(values)
    assert (rest == 0).all()
    assert mean.tolist() == pytest.approx([float(np.float32(offset))] * 3)
    assert (mean_and_variance(values)[1] == 0).all()


@pytest.mark.parametrize("offset", [0.1, 1234.567, -1e6])
def test_one_step_of_rounding_is_no_variance(offset: float) -> None:
    """Sums of the same numbers in another order end on neighbouring floats."""
    size = float(np.spacing(np.float32(abs(offset))))
    assert mean_and_variance(varying(offset, size))[1].item() == 0


@pytest.mark.parametrize(("offset", "step"), [(0.0, 1e-12), (1.0, 1e-5), (1000.0, 0.01), (-1e6, 8.0)])
def test_a_small_variation_is_kept(offset: float, step: float) -> None:
    values = varying(offset, step)
    expected = values.double().var(correction=0).item()
    assert mean_and_variance(values)[1].item() == pytest.approx(expected, rel=1e-4)
    assert expected > 0


def test_the_limit_is_a_few_steps_of_the_magnitude() -> None:
    assert ONE_STEP < ROUNDING < 10 * ONE_STEP
    mean, variance = torch.tensor([1.0, 1.0]), torch.tensor([0.25, 4.0]) * ROUNDING**2
    assert unrounded(variance, mean).tolist() == [0, variance[1].item()]


def test_rounding_goes_by_what_was_added_up() -> None:
    """1000 and -1000 make 0, and leave the rounding of 1000 behind."""
    variance, mean = torch.tensor([1e-9]), torch.tensor([0.0])
    assert unrounded(variance, mean).item() == variance.item()
    assert unrounded(variance, mean, torch.tensor([1000.0])).item() == 0


def test_moments_are_those_of_float64() -> None:
    values = torch.randn(5, 30, 40, generator=torch.Generator().manual_seed(0)) * 3 + 7
    mean, rest = centred(channels_last(values))
    exact = values.double()
    np.testing.assert_allclose(mean, exact.mean((1, 2)), rtol=1e-6)
    np.testing.assert_allclose(rest, exact - exact.mean((1, 2), keepdim=True), atol=2e-6)
    np.testing.assert_allclose(mean_and_variance(values)[1], exact.var((1, 2), correction=0), rtol=1e-6)


def test_values_are_left_alone_unless_their_memory_is_given() -> None:
    values = varying(1.0, 0.5)
    kept = values.clone()
    expected = mean_and_variance(values)
    assert torch.equal(values, kept)
    assert all(torch.equal(a, b) for a, b in zip(mean_and_variance(values, overwrite=True), expected, strict=True))
    assert not torch.equal(values, kept)


def test_what_is_no_number_is_not_taken_for_constant() -> None:
    values = torch.ones(2, 4, 4)
    values[0, 1, 1] = float("nan")
    assert mean_and_variance(values)[1].isnan().tolist() == [True, False]
