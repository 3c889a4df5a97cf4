"""Rank correlation of two maps, against SciPy's; ties share their ranks."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from vizlab.measures.agreement import rank_agreement


def expected(a: torch.Tensor, b: torch.Tensor) -> list[float]:
    return [float(spearmanr(x.flatten(), y.flatten()).statistic) for x, y in zip(a.numpy(), b.numpy(), strict=True)]


@pytest.mark.parametrize("levels", [0, 2, 5])
def test_it_is_spearmans_with_ties(levels: int) -> None:
    source = torch.Generator().manual_seed(levels)
    a = torch.rand(3, 9, 7, generator=source)
    b = a + torch.rand(3, 9, 7, generator=source)
    if levels:
        a, b = (a * levels).floor(), (b * levels).floor()
    np.testing.assert_allclose(rank_agreement(a, b), expected(a, b), rtol=1e-9)


def test_only_the_order_counts() -> None:
    a = torch.rand(1, 5, 6, generator=torch.Generator().manual_seed(1))
    np.testing.assert_allclose(rank_agreement(a, a.exp() * 3), [1])
    np.testing.assert_allclose(rank_agreement(a, -(a**3)), [-1])


def test_maps_of_two_sizes_meet_at_means_over_cells() -> None:
    source = torch.Generator().manual_seed(2)
    fine, coarse = torch.rand(2, 8, 12, generator=source), torch.rand(2, 4, 6, generator=source)
    means = fine.reshape(2, 4, 2, 6, 2).mean((2, 4))
    np.testing.assert_allclose(rank_agreement(fine, coarse), expected(means, coarse), rtol=1e-9)
    tall, wide = fine, torch.rand(2, 4, 24, generator=source)
    met = tall.reshape(2, 4, 2, 12).mean(2), wide.reshape(2, 4, 12, 2).mean(3)
    np.testing.assert_allclose(rank_agreement(tall, wide), expected(*met), rtol=1e-9)


def test_a_map_that_does_not_vary_agrees_with_nothing() -> None:
    still, other = torch.full((1, 4, 4), 0.1), torch.arange(16.0).reshape(1, 4, 4)
    assert rank_agreement(still, other).isnan().all()
    assert rank_agreement(other, still).isnan().all()
