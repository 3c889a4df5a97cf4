"""Training: units learn at a rate of their own, every backbone starts from the same weights."""

import torch

from tests.methods.cross_stitch.networks import COMPACT, TASKS
from vizlab.core.registry import build_network
from vizlab.methods.cross_stitch.network import Scale
from vizlab.study.training.module import parameter_groups
from vizlab.study.training.pretrained import initialise_backbones
from vizlab.study.training.recipe import Recipe

RECIPE = Recipe("stitched", COMPACT, dict.fromkeys(TASKS, 1.0), epochs=1, fusion_lr=0.25)


def test_alphas_learn_at_the_fusion_rate_and_do_not_decay() -> None:
    network = build_network(COMPACT)
    groups = parameter_groups(network, RECIPE)
    alphas = {id(m.param) for m in network.modules() if isinstance(m, Scale)}
    assert len(alphas) == 5 * 9
    (own,) = [group for group in groups if group["lr"] == RECIPE.fusion_lr]
    assert {id(p) for p in own["params"]} == alphas
    assert own["weight_decay"] == 0


def test_every_task_starts_from_the_same_backbone() -> None:
    network = build_network(COMPACT)
    state = {k: torch.full_like(v, 0.5) for k, v in network.backbone["depth"].state_dict().items() if v.ndim}
    assert initialise_backbones(network, state) == len(TASKS)
    for task in TASKS:
        assert all((network.backbone[task].state_dict()[key] == 0.5).all() for key in state)


def test_a_step_moves_alphas() -> None:
    torch.manual_seed(0)
    network = build_network(COMPACT).train()
    before = {k: v.clone() for k, v in network.state_dict().items() if k.endswith(".param")}
    optimiser = torch.optim.AdamW(parameter_groups(network, RECIPE))
    outputs = network({"rgb": torch.randn(2, 3, 64, 64)})
    sum(y.square().mean() for y in outputs.values()).backward()
    optimiser.step()
    after = network.state_dict()
    assert all(not torch.equal(after[key], value) for key, value in before.items())
