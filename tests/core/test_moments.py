"""Means and variances in float32 that do not take rounding for variation, nor variation for rounding."""

import numpy as np
import pytest
import torch
from torch import Tensor

from vizlab.core.moments import BLOCK, ROUNDING, Moments, Spread, about, blocks, means

ONE_STEP = 2.0**-23
"""The distance of 1 to the next float32."""


def channels_last(values: Tensor) -> Tensor:
    return values[None].to(memory_format=torch.channels_last)[0]


def varying(offset: float, step: float, size: int = 64) -> Tensor:
    """(1, size, size): a checkerboard of `offset` and `offset + step`."""
    board = torch.from_numpy(np.indices((size, size)).sum(0) % 2).double()
    return (offset + step * board)[None].float()


def spread_of(values: Tensor) -> Spread:
    spread = Spread(about(values))
    for rows in blocks(values):
        spread.add(values[:, rows])
    return spread


def variance(values: Tensor, magnitude: np.ndarray | None = None) -> np.ndarray:
    return spread_of(values).moments().variance(magnitude)


@pytest.mark.parametrize("offset", [0.0, 0.1, -3.3, 1234.567, -1e6, 3.1e20])
@pytest.mark.parametrize("layout", [channels_last, torch.Tensor.contiguous])
def test_a_constant_channel_has_no_variance(offset: float, layout) -> None:
    values = layout(torch.full((3, 611, 183), offset))
    assert len(list(blocks(values))) > 1
    assert means(values).tolist() == [float(np.float32(offset))] * 3
    assert (variance(values) == 0).all()
    assert spread_of(values).moments().mean.tolist() == pytest.approx([offset] * 3)


@pytest.mark.parametrize("offset", [0.1, 1234.567, -1e6])
def test_one_step_of_rounding_is_no_variance(offset: float) -> None:
    """Sums of the same numbers in another order end on neighbouring floats."""
    size = float(np.spacing(np.float32(abs(offset))))
    assert variance(varying(offset, size)).item() == 0


@pytest.mark.parametrize(("offset", "step"), [(0.0, 1e-12), (1.0, 1e-5), (1000.0, 0.01), (-1e6, 8.0)])
def test_a_small_variation_is_kept(offset: float, step: float) -> None:
    values = varying(offset, step)
    expected = values.double().var(correction=0).item()
    assert variance(values).item() == pytest.approx(expected, rel=1e-4)
    assert expected > 0


def test_the_limit_is_a_few_steps_of_the_magnitude() -> None:
    assert ONE_STEP < ROUNDING < 10 * ONE_STEP
    values = torch.cat([varying(0.0, factor * ROUNDING) for factor in (1.0, 4.0)])  # deviations of half of that
    assert (variance(values, np.ones(2)) > 0).tolist() == [False, True]


def test_a_deviation_of_the_limit_is_none() -> None:
    spread = np.array([ROUNDING**2, 1.01 * ROUNDING**2])
    assert (Moments(np.ones(2), spread).variance() > 0).tolist() == [False, True]


def test_rounding_goes_by_what_was_added_up() -> None:
    """1000 and -1000 make 0, and leave the rounding of 1000 behind."""
    left = varying(0.0, 6e-5)
    assert variance(left).item() > 0
    assert variance(left, np.array([1000.0])).item() == 0


@pytest.mark.parametrize("layout", [channels_last, torch.Tensor.contiguous])
def test_moments_are_those_of_float64(layout) -> None:
    """Over several blocks, the last one smaller."""
    values = torch.randn(5, 401, 140, generator=torch.Generator().manual_seed(0)) * 3 + 7
    sizes = [len(range(401)[rows]) for rows in blocks(values)]
    assert len(sizes) > 1
    assert sum(sizes) == 401
    assert sizes[0] * 5 * 140 <= BLOCK
    exact = values.double()
    np.testing.assert_allclose(means(layout(values)), exact.mean((1, 2)), rtol=1e-6)
    np.testing.assert_allclose(variance(layout(values)), exact.var((1, 2), correction=0), rtol=2e-6)


def test_variances_are_right_about_any_centre() -> None:
    values = torch.randn(2, 50, 60, generator=torch.Generator().manual_seed(0))
    spread = Spread(torch.tensor([0.75, -2.0]))
    np.testing.assert_allclose(spread.add(values), values - torch.tensor([0.75, -2.0])[:, None, None])
    np.testing.assert_allclose(spread.moments().variance(), values.double().var((1, 2), correction=0), rtol=1e-5)
    np.testing.assert_allclose(spread.moments().mean, values.double().mean((1, 2)), atol=1e-5)


def test_about_the_mean_is_the_mean_of_some() -> None:
    values = torch.randn(2, 3, 40, generator=torch.Generator().manual_seed(0))
    assert about(values).tolist() == values[:, :, ::5].mean((1, 2)).tolist()
    fewer = values[..., :15]
    assert about(fewer).tolist() == fewer.mean((1, 2)).tolist()  # every second of 15 would be less than 8


@pytest.mark.parametrize(("shape", "rows"), [((1, 2, BLOCK + 1), [1, 1]), ((1, BLOCK + 1, 1), [BLOCK, 1])])
def test_a_block_is_whole_rows(shape: tuple[int, int, int], rows: list[int]) -> None:
    """One at least, however wide; as many as there are numbers in a block, however narrow."""
    assert [len(range(shape[1])[found]) for found in blocks(torch.empty(shape))] == rows


def test_values_are_left_alone() -> None:
    values = varying(1.0, 0.5)
    kept = values.clone()
    variance(values)
    assert torch.equal(values, kept)


def test_what_is_no_number_is_not_taken_for_constant() -> None:
    values = torch.ones(2, 4, 4)
    values[0, 1, 1] = float("nan")
    assert np.isnan(variance(values)).tolist() == [True, False]
