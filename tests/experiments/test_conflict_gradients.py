"""Gradient agreement of losses whose gradients are known."""

import numpy as np
import pytest
import torch

from vizlab.experiments.conflict.gradients import Agreement, agreements


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def one(found: dict) -> Agreement:
    assert len(found) == 1
    return next(iter(found.values()))


def test_two_quadratic_losses() -> None:
    """|w - a|^2 / 2 has the gradient w - a: at w = 0 these are -a and -b."""
    w, a, b = leaf(0, 0), torch.tensor([3.0, 4.0]), torch.tensor([4.0, -3.0 / 2])
    losses = {"x": (w - a).square().sum() / 2, "y": (w - b).square().sum() / 2}
    found = one(agreements(losses, {("w",): [w]}))
    inner, length = 3 * 4 - 4 * 1.5, np.sqrt(16 + 2.25)
    assert found.tasks == ("x", "y")
    assert found.name == "w"
    np.testing.assert_allclose(found.norm, [5, length])
    np.testing.assert_allclose(found.cosine, [[1, inner / (5 * length)], [inner / (5 * length), 1]])
    np.testing.assert_allclose(found.affinity[0], [25 / 12.5, inner / ((16 + 2.25) / 2)])
    np.testing.assert_allclose(found.affinity[1], [inner / 12.5, (16 + 2.25) / ((16 + 2.25) / 2)])
    assert found.values.tolist() == [[2, 2], [2, 2]]


def test_affinity_is_what_a_small_step_does_to_the_other_loss() -> None:
    """TAG's look-ahead: 1 - L_j(w - rate g_i) / L_j(w), to first order rate <g_i, g_j> / L_j."""
    w, rate = leaf(0.3, -0.2, 0.5), 1e-6

    def losses(w: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"x": (w.exp() * w).sum().square(), "y": (w.sin() + 2).prod()}

    found = one(agreements(losses(w), {("w",): [w]}))
    for i, task in enumerate(found.tasks):
        (gradient,) = torch.autograd.grad(losses(w)[task], w)
        before, after = losses(w), losses(w - rate * gradient)
        for j, other in enumerate(found.tasks):
            ahead = float((1 - after[other] / before[other]).detach()) / rate
            assert found.affinity[i, j] == pytest.approx(ahead, rel=1e-4)


def test_opposite_losses_conflict_and_orthogonal_ones_do_not() -> None:
    w = leaf(1, 2)
    losses = {"up": w.sum(), "down": 5 - w.sum(), "across": w[0] - w[1] + 4}
    cosine = one(agreements(losses, {("w",): [w]})).cosine
    np.testing.assert_allclose(cosine, [[1, -1, 0], [-1, 1, 0], [0, 0, 1]], atol=1e-12)


def test_only_what_both_reach_is_compared() -> None:
    shared, own = leaf(1, 1), leaf(2, 2, 2)
    losses = {"x": (shared * 3).sum() + own.sum(), "y": (shared * torch.tensor([1.0, -1])).sum() + 3}
    both, mine = ("group", "both"), ("group", "mine")
    found = agreements(losses, {both: [shared, own], mine: [own]})
    assert list(found) == [both]  # nothing of "mine" reaches two losses
    assert found[both].values.tolist() == [[5, 2], [2, 2]]
    assert found[both].cosine[0, 1] == pytest.approx(0)
    assert found[both].norm[0] == pytest.approx(np.sqrt(9 + 9 + 3))


def test_a_gradient_of_zero_has_no_direction() -> None:
    w = leaf(0, 1)
    found = one(agreements({"flat": w[:1].square().sum(), "y": w.sum()}, {("w",): [w]}))
    assert np.isnan(found.cosine[0]).all()
    assert found.cosine[1, 1] == 1
    assert np.isnan(found.affinity[1, 0])  # its loss is 0 as well
