"""What a linear map tells of a message, on cells that it was not fitted on: closed forms, and brute force."""

import numpy as np
import pytest
import torch
from torch import Tensor

from vizlab.measures.linear_prediction import ENOUGH, checkered_folds, predicted_share, predicted_shares

CELLS = (48, 64)
FOLDS = checkered_folds(*CELLS)


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def own(channels: int = 12, pictures: int = 2) -> Tensor:
    return drawn(pictures, len(FOLDS), channels)


def test_a_linear_map_of_the_own_features_is_told_whole() -> None:
    x = own()
    message = x @ drawn(12, 5, seed=1) + 3
    torch.testing.assert_close(predicted_share(x, message, FOLDS), torch.ones(2).double(), atol=1e-10, rtol=0)
    twice = torch.cat([x, x[..., :4]], -1)  # features that repeat others add nothing
    torch.testing.assert_close(predicted_share(twice, message, FOLDS), torch.ones(2).double(), atol=1e-10, rtol=0)


def test_what_has_nothing_to_do_with_them_is_not_told() -> None:
    """About -p / (n - p): what chance costs p features of n cells."""
    found = predicted_share(own(), drawn(2, len(FOLDS), 5, seed=1), FOLDS)
    assert (found.abs() < 0.01).all()
    assert (predicted_share(own(200), drawn(2, len(FOLDS), 5, seed=1), FOLDS) < -0.05).all()


@pytest.mark.parametrize("noise", [0.5, 1.0, 3.0])
def test_with_noise_it_is_the_signals_part_of_the_variance(noise: float) -> None:
    x, w = own(pictures=1), drawn(12, 40, seed=1)
    signal = x @ w
    message = signal + noise * signal.std() * drawn(*signal.shape, seed=2)
    expected = 1 / (1 + noise**2)
    assert float(predicted_share(x, message, FOLDS)) == pytest.approx(expected, abs=0.02)


def test_it_is_least_squares_with_a_constant_on_all_other_folds() -> None:
    """Each of the four folds by numpy's solver; pictures and folds are added up before the quotient."""
    x = own(6, pictures=1)
    message = (x**2)[..., :3] + 0.3 * x[..., :3] + 2
    left = whole = 0.0
    for fold in range(4):
        held = (fold == FOLDS).numpy()
        a, m = x[0].double().numpy(), message[0].double().numpy()
        with_constant = np.hstack([a, np.ones((len(a), 1))])
        fitted, *_ = np.linalg.lstsq(with_constant[~held], m[~held], rcond=None)
        left += ((m[held] - with_constant[held] @ fitted) ** 2).sum()
        whole += ((m[held] - m[~held].mean(0)) ** 2).sum()
    assert float(predicted_share(x, message, FOLDS)) == pytest.approx(1 - left / whole, abs=1e-9)


def test_several_messages_to_one_target_are_each_as_if_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the bit, and the features are taken apart once for each fold; one that is constant leaves the others alone."""
    x = own()
    messages = [drawn(2, len(FOLDS), 5, seed=1), torch.ones(2, len(FOLDS), 3), x[..., :4].square()]
    alone = [predicted_share(x, message, FOLDS) for message in messages]
    count, eigh = [0], torch.linalg.eigh

    def counted(values: Tensor) -> object:
        count[0] += 1
        return eigh(values)

    monkeypatch.setattr(torch.linalg, "eigh", counted)
    found = predicted_shares(x, messages, FOLDS)
    assert count == [4]
    assert found.shape == (3, 2)
    for one, expected in zip(found, alone, strict=True):
        torch.testing.assert_close(one, expected, rtol=0, atol=0, equal_nan=True)
    assert found.isnan().tolist() == [[False] * 2, [True] * 2, [False] * 2]


def test_where_nothing_can_be_said() -> None:
    x = own()
    constant = torch.ones(2, len(FOLDS), 3)
    constant[1, 0] = 2  # the second picture's varies
    assert predicted_share(x, constant, FOLDS).isnan().tolist() == [True, False]
    fewest = 3 * len(FOLDS) // 4 // ENOUGH
    assert predicted_share(own(fewest), drawn(2, len(FOLDS), 1), FOLDS).isnan().all()
    assert predicted_share(own(fewest - 1), drawn(2, len(FOLDS), 1), FOLDS).isfinite().all()


def test_folds_are_blocks_and_none_touches_its_like() -> None:
    folds = checkered_folds(16, 24).view(16, 24)
    assert [int((folds == one).sum()) for one in range(4)] == [96] * 4
    assert (folds[:2, :3] == 0).all()  # a block of an eighth of each side
    assert (folds[:2, 3:6] == 1).all()
    assert (folds[2:4, :3] == 2).all()
    assert (folds[2:4, 3:6] == 3).all()
    assert sorted(set(checkered_folds(3, 2).tolist())) == [0, 1, 2, 3]
