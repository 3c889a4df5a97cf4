"""What a network costs, counted a second way."""

import dataclasses

import pytest
import torch
from torch import Tensor, nn

from tests.conftest import make_model
from vizlab.study.evaluation.cost import measure_cost, processor, total_cost


@pytest.mark.parametrize("family", ["cen", "nddr-cnn"])
def test_operations_are_two_for_each_multiply_add_of_the_convolutions(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    model = make_model(family)
    counted = 0

    def count(module: nn.Conv2d, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal counted
        counted += 2 * output.numel() * module.weight[0].numel()

    hooks = [m.register_forward_hook(count) for m in model.network.modules() if isinstance(m, nn.Conv2d)]
    model.forward({name: torch.zeros(1, 3, 96, 128) for name in model.inputs})
    for hook in hooks:
        hook.remove()
    cost = measure_cost(model)
    assert cost.flops == pytest.approx(counted, rel=0.02)
    assert cost.parameters == sum(p.numel() for p in model.network.parameters())
    assert cost.size == (96, 128)
    assert cost.milliseconds > 0
    assert cost.machine == f"{processor()}, 1 thread"


def test_networks_that_run_one_after_the_other_cost_the_sum() -> None:
    cost = measure_cost(make_model("cen"))
    both = total_cost([cost, dataclasses.replace(cost, milliseconds=1.0)])
    assert both.parameters == 2 * cost.parameters
    assert both.flops == 2 * cost.flops
    assert both.milliseconds == pytest.approx(cost.milliseconds + 1)
