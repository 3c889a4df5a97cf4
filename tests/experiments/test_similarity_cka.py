"""CKA against its definitions with whole Gram matrices, and against what it must be for features that are known."""

import numpy as np
import pytest
import torch

from vizlab.experiments.similarity.cka import linear_cka, unbiased_cka, unbiased_terms


def features(n: int, p: int, seed: int, offset: float = 0.0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(offset, 1, (n, p)))


def rotation(p: int) -> torch.Tensor:
    return torch.linalg.qr(features(p, p, 42))[0]


def hsic_by_definition(x: np.ndarray, y: np.ndarray) -> float:
    """The mean of h over all ordered quadruples of different samples (Song et al. 2012, eq. 4)."""
    k, l, n = x @ x.T, y @ y.T, len(x)  # noqa: E741
    total = count = 0.0
    for i in range(n):
        for j in range(n):
            for q in range(n):
                for r in range(n):
                    if len({i, j, q, r}) == 4:
                        total += k[i, j] * (l[i, j] + l[q, r] - 2 * l[i, q])
                        count += 1
    return total / count


def hsic_by_grams(x: np.ndarray, y: np.ndarray) -> float:
    """The formula of Nguyen et al. 2021, with its matrices."""
    n = len(x)
    k, l = x @ x.T, y @ y.T  # noqa: E741
    np.fill_diagonal(k, 0)
    np.fill_diagonal(l, 0)
    one = np.ones(n)
    second = (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
    return (np.trace(k @ l) + second - 2 / (n - 2) * one @ k @ l @ one) / (n * (n - 3))


@pytest.mark.parametrize(("n", "p", "q"), [(7, 3, 2), (6, 9, 8), (5, 2, 9)])
def test_unbiased_terms_by_quadruples_and_by_grams(n: int, p: int, q: int) -> None:
    x, y = features(n, p, 0, offset=2.0), features(n, q, 1, offset=-1.0)
    terms = unbiased_terms(x, y)
    for value, pair in ((terms.xy, (x, y)), (terms.xx, (x, x)), (terms.yy, (y, y))):
        arrays = [one.numpy() for one in pair]
        assert float(value) == pytest.approx(hsic_by_grams(*arrays), rel=1e-9)
        assert float(value) == pytest.approx(hsic_by_definition(*arrays), rel=1e-9)


@pytest.mark.parametrize(("n", "p", "q"), [(50, 4, 6), (5, 8, 9)])
def test_biased_form_by_definition(n: int, p: int, q: int) -> None:
    x, y = features(n, p, 0, offset=3.0), features(n, q, 1)
    a, b = (one.numpy() - one.numpy().mean(0) for one in (x, y))
    expected = np.linalg.norm(b.T @ a) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))
    assert float(linear_cka(x, y)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("cka", [linear_cka, unbiased_cka])
def test_of_itself_rotated_scaled_and_shifted_it_is_one(cka) -> None:
    x = features(60, 5, 0)
    assert float(cka(x, x)) == pytest.approx(1, abs=1e-9)
    assert float(cka(x, 3 * x @ rotation(5) + 7)) == pytest.approx(1, abs=1e-9)
    assert float(cka(x, x * torch.tensor([1.0, 1, 1, 1, 9]))) < 0.9  # no invariance to any linear map


def test_noise_is_alike_only_to_the_biased_form() -> None:
    """With more channels than samples Kornblith's form nears 1; the unbiased one is 0 on average."""
    found = [(features(40, 200, 2 * s), features(40, 200, 2 * s + 1)) for s in range(30)]
    biased = np.mean([float(linear_cka(*pair)) for pair in found])
    unbiased = np.array([float(unbiased_cka(*pair)) for pair in found])
    assert biased > 0.7
    assert abs(unbiased.mean()) < 3 * unbiased.std() / np.sqrt(30) + 1e-3
    assert abs(unbiased.mean()) < 0.02


def test_a_shared_direction_among_two() -> None:
    """Two orthonormal columns each, one shared: ||Y'X||^2 = 1, ||X'X|| = ||Y'Y|| = sqrt 2."""
    basis = torch.linalg.qr(features(30, 3, 0) - features(30, 3, 0).mean(0))[0]
    assert float(linear_cka(basis[:, :2], basis[:, 1:])) == pytest.approx(0.5, abs=1e-9)


def test_batches_are_taken_one_by_one() -> None:
    x, y = torch.stack([features(20, 3, 0), features(20, 3, 2)]), torch.stack([features(20, 4, 1), features(20, 4, 3)])
    for cka in (linear_cka, unbiased_cka):
        both = cka(x, y)
        assert both.shape == (2,)
        for i in range(2):
            assert float(both[i]) == pytest.approx(float(cka(x[i], y[i])))


def test_what_does_not_vary_has_no_similarity() -> None:
    x = features(20, 3, 0)
    assert torch.isnan(linear_cka(x, torch.ones(20, 2, dtype=torch.float64)))
    assert torch.isnan(unbiased_cka(x, torch.ones(20, 2, dtype=torch.float64)))
    assert torch.isnan(unbiased_cka(x[:3], x[:3]))


def test_large_means_cost_no_digits() -> None:
    """float32 features around 1000 are compared as those around 0."""
    x, y = features(200, 4, 0).float(), features(200, 4, 1).float()
    assert float(unbiased_cka(x + 1000, y - 1000)) == pytest.approx(float(unbiased_cka(x, y)), abs=2e-3)
