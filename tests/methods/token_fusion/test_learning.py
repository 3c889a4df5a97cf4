"""Training: scores are penalised, learn at a rate of their own, and reach every weight; a file comes back."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch

from tests.methods.token_fusion.networks import MIT
from vizlab import load_model
from vizlab.core.registry import build_network
from vizlab.methods.parts.stream_norm import PrivateNorm
from vizlab.methods.token_fusion.about import METHOD
from vizlab.methods.token_fusion.exchange import TokenScores
from vizlab.methods.token_fusion.sparsity import score_networks, score_size
from vizlab.study.data import RGBDFolder
from vizlab.study.training.augment import GeometricAugmentation
from vizlab.study.training.data import InMemory
from vizlab.study.training.module import FusionTraining, parameter_groups
from vizlab.study.training.pretrained import initialise_backbones
from vizlab.study.training.recipe import Recipe, load_recipe
from vizlab.study.training.train import train

PATH = Path(__file__).parents[3] / "vizlab/study/training/recipes/token-fusion-mobilenetv2-nyuv2.toml"


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return dataclasses.replace(
        load_recipe(PATH), epochs=1, batch_size=2, crop=(64, 64), zoom=(1.0, 1.1), precision="32-true"
    )


def batch_of(recipe: Recipe, folder: Path) -> dict[str, torch.Tensor]:
    samples = InMemory(RGBDFolder(folder, "train", 2))
    torch.manual_seed(0)
    return GeometricAugmentation((64, 64), (1.0, 1.0))(
        {key: torch.stack([samples[i][key] for i in range(2)]) for key in samples[0]}
    )


def test_the_penalty_is_the_sum_of_a_pictures_scores(recipe: Recipe) -> None:
    """Whatever the number of pictures in a batch; counted here by another way than hooks."""
    torch.manual_seed(0)
    network = build_network(recipe.network)
    inputs = {name: torch.randn(1, 3, 64, 64) for name in network.inputs}
    calls: list[torch.Tensor] = []
    original = TokenScores.forward
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TokenScores, "forward", lambda self, x: calls.append(original(self, x)) or calls[-1])
        with score_size(network) as one:
            network(inputs)
    expected = sum(float(scores.detach().abs().sum()) for scores in calls)
    assert len(calls) == len(network.sites)
    assert float(one().detach()) == pytest.approx(expected, rel=1e-5)
    with score_size(network) as three:
        network({name: x.expand(3, -1, -1, -1) for name, x in inputs.items()})
    assert float(three().detach()) == pytest.approx(expected, rel=1e-4)
    assert not any(module._forward_hooks for module in network.modules())


def test_the_penalty_joins_the_loss_and_makes_scores_small(recipe: Recipe, data_folder: Path) -> None:
    batch = batch_of(recipe, data_folder)
    module = FusionTraining(dataclasses.replace(recipe, sparsity=1e-3), 1)
    module.network.train()
    loss, parts = module.learn(batch)
    assert parts["penalty"] > 0
    assert float(loss.detach()) == pytest.approx(sum(parts.values()), rel=1e-5)
    optimiser = torch.optim.SGD([p for net in score_networks(module.network) for p in net.parameters()], 0.05)
    (loss - loss.detach()).backward()
    optimiser.step()
    assert module.learn(batch)[1]["penalty"] < parts["penalty"]
    free = FusionTraining(dataclasses.replace(recipe, sparsity=0.0), 1)
    assert "penalty" not in free.learn(batch)[1]


def test_every_weight_gets_a_gradient(recipe: Recipe, data_folder: Path) -> None:
    module = FusionTraining(recipe, 1)
    module.network.train()
    loss, _ = module.learn(batch_of(recipe, data_folder))
    loss.backward()
    assert math.isfinite(float(loss.detach()))
    without = [n for n, p in module.network.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert not without
    assert not [n for n, p in module.network.named_parameters() if p.ndim > 1 and not p.grad.any()]


def test_score_networks_learn_at_the_fusion_rate(recipe: Recipe) -> None:
    """They begin untrained, though they stand in a backbone that does not."""
    network = build_network(recipe.network)
    groups = parameter_groups(network, dataclasses.replace(recipe, fusion_lr=0.25))
    scores = {id(p) for net in score_networks(network) for p in net.parameters()}
    fast = {id(p) for group in groups if group["lr"] == 0.25 for p in group["params"]}
    assert fast == scores
    assert groups[0]["lr"] == recipe.backbone_lr
    assert METHOD.learning.penalty is score_size


def test_both_streams_start_from_the_same_backbone(recipe: Recipe) -> None:
    network = build_network(recipe.network)
    names = [name for name, value in network.encoder.state_dict().items() if name.startswith("features.")]
    own = network.encoder.state_dict()
    private = {f"{name}.{kind}" for name, m in network.encoder.named_modules() if isinstance(m, PrivateNorm)
               for kind in m.state_dict()}  # fmt: skip
    state = {n: torch.full_like(own[n][0] if n in private else own[n], 0.5) for n in names}
    assert initialise_backbones(network, state) == 1
    assert all((network.encoder.state_dict()[name] == 0.5).all() for name in names)


def test_a_mix_transformer_starts_as_published() -> None:
    """Linear layers of deviation 0.02, convolutions of sqrt(2 / what a value reaches), biases 0."""
    torch.manual_seed(0)
    encoder = build_network(MIT).encoder
    mlp, embed = encoder.stage4.blocks[0].mlp, encoder.stage1.embed.proj
    assert float(mlp.fc1.weight.detach().std()) == pytest.approx(0.02, rel=0.05)
    assert float(embed.weight.detach().std()) == pytest.approx(math.sqrt(2 / (7 * 7 * 32)), rel=0.05)
    assert float(mlp.dwconv.weight.detach().std()) == pytest.approx(math.sqrt(2 / 9), rel=0.05)
    assert not any(p.any() for n, p in encoder.named_parameters() if n.endswith("bias"))


def test_a_trained_file_comes_back(recipe: Recipe, data_folder: Path, tmp_path: Path) -> None:
    model = load_model(train(recipe, data_folder, tmp_path, limit=4), "cpu", precision="float32")
    assert model.method.family == "token-fusion"
    assert model.settings == {"threshold": 0.02}
    outputs = model.forward({name: torch.zeros(1, 3, 64, 96) for name in model.inputs})
    assert list(outputs) == ["semseg/rgb", "semseg/depth", "semseg/ensemble"]
    assert all(y.isfinite().all() for y in outputs.values())
