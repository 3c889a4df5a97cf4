"""Recipes, data folders, a few real training steps of each network, resuming, CEN's proximal step."""

import dataclasses
from pathlib import Path

import pytest
import torch
from lightning.pytorch import seed_everything
from safetensors.torch import save_file

from vizlab import load_model
from vizlab.data import RGBDFolder
from vizlab.errors import CheckpointError, DataError
from vizlab.models.cen import cen_mobilenetv2
from vizlab.models.mobilenet import MobileNetV2
from vizlab.training.data import InMemory
from vizlab.training.losses import depth_loss, normals_loss, semseg_loss, total_loss
from vizlab.training.module import FusionTraining, network_inputs, soft_threshold_eligible
from vizlab.training.pretrained import initialise_backbones, load_mobilenet
from vizlab.training.recipe import Recipe, load_recipe
from vizlab.training.train import train

RECIPES = sorted((Path(__file__).parents[2] / "vizlab/training/recipes").glob("*.toml"))


def small(path: Path) -> Recipe:
    return dataclasses.replace(
        load_recipe(path), epochs=2, batch_size=4, crop=(64, 64), zoom=(1.0, 1.1), precision="32-true"
    )


def test_there_is_a_recipe_for_each_shipped_network() -> None:
    assert {p.stem for p in RECIPES} == {f"{n}-mobilenetv2-nyuv2" for n in ("cen", "nddr-cnn", "mti-net")}


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_the_loss_falls_within_a_few_steps(path: Path, data_folder: Path) -> None:
    seed_everything(0)
    recipe = small(path)
    module = FusionTraining(recipe, steps_per_epoch=4)
    module.network.train()
    samples = InMemory(RGBDFolder(data_folder, "train"))
    batch = {k: torch.stack([samples[i][k] for i in range(4)]) for k in samples[0]}
    batch["label"] = batch["label"][:, 0].long()
    inputs = {k: v[..., :64, :96] for k, v in network_inputs(batch, recipe).items()}
    batch = {k: v[..., :64, :96] for k, v in batch.items()}
    optimiser = torch.optim.AdamW(module.network.parameters(), 2e-3)
    losses = []
    for _ in range(6):
        loss, _ = total_loss(module.network(inputs), batch, recipe.loss_weights)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_training_resumes_after_a_kill_and_ends_in_a_loadable_checkpoint(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small(RECIPES[0])
    out = tmp_path / "run"
    step = FusionTraining.training_step

    def killed_in_the_second_epoch(self: FusionTraining, batch: dict, index: int) -> torch.Tensor:
        if self.global_step == 3:
            raise RuntimeError("killed")
        return step(self, batch, index)

    monkeypatch.setattr(FusionTraining, "training_step", killed_in_the_second_epoch)
    with pytest.raises(RuntimeError, match="killed"):
        train(recipe, data_folder, out)
    monkeypatch.setattr(FusionTraining, "training_step", step)
    assert torch.load(out / "last.ckpt", weights_only=True)["global_step"] == 2
    target = train(recipe, data_folder, out)
    assert torch.load(out / "last.ckpt", weights_only=True)["global_step"] == 4
    model = load_model(target, "cpu")
    assert model.card["recipe"]["epochs"] == 2
    assert model.classes[0] == "wall"
    assert len(model.classes) == 40


def test_the_proximal_step_shrinks_only_eligible_scales() -> None:
    network = cen_mobilenetv2(width=16)
    soft_threshold_eligible(network, 0.25)
    for norm in network.exchange_norms():
        eligible = norm.eligible()
        assert int(eligible.sum(0).max()) == 1  # disjoint between streams
        assert torch.equal(norm.weight[eligible], torch.full_like(norm.weight[eligible], 0.75))
        assert torch.equal(norm.weight[~eligible], torch.ones_like(norm.weight[~eligible]))
    soft_threshold_eligible(network, 5.0)
    assert all((n.weight[n.eligible()] == 0).all() for n in network.exchange_norms())


def test_losses_in_closed_form() -> None:
    label = torch.full((1, 4, 4), 255)
    label[0, 0, 0] = 1
    logits = torch.zeros(1, 3, 4, 4)
    batch = {
        "label": label,
        "depth": torch.tensor([[[[2.0, 0.0], [4.0, 1.0]]]]),
        "normals": torch.tensor([0.0, 0.0, -1.0])[None, :, None, None].repeat(1, 1, 2, 2),
    }
    assert float(semseg_loss(logits, batch, 1)) == pytest.approx(torch.log(torch.tensor(3.0)).item())
    assert float(depth_loss(torch.full((1, 1, 2, 2), 3.0), batch, 1)) == pytest.approx((1 + 1 + 2) / 3)
    sideways = torch.tensor([5.0, 0.0, 0.0])[None, :, None, None].repeat(1, 1, 2, 2)
    assert float(normals_loss(sideways, batch, 1)) == pytest.approx(1.0)
    assert float(normals_loss(batch["normals"] * 7, batch, 1)) == pytest.approx(0.0, abs=1e-6)
    batch["label"][:] = 255
    assert float(semseg_loss(logits, batch, 1)) == 0.0


def test_pretrained_weights_reach_every_stream(tmp_path: Path) -> None:
    source = MobileNetV2()
    state = {k: v for k, v in source.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_file(state | {"classifier.1.weight": torch.zeros(2, 2)}, tmp_path / "m.safetensors")
    network = cen_mobilenetv2(width=16)
    assert initialise_backbones(network, load_mobilenet(tmp_path / "m.safetensors")) == 1
    norm = network.exchange_norms()[3]
    expected = state[f"{norm.site.name}.weight"]
    assert torch.equal(norm.weight, torch.stack([expected, expected]))
    save_file({"conv1.weight": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match=r"other\.safetensors.*features"):
        load_mobilenet(tmp_path / "other.safetensors")


@pytest.mark.parametrize(
    ("text", "says"),
    [("epochs = ", "not a TOML"), ("epochs = 2\nwings = 1", "wings"), ("epochs = 2", "network")],
)
def test_a_wrong_recipe_gets_a_sentence(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(DataError, match=says):
        load_recipe(tmp_path / "r.toml")


def test_a_wrong_data_folder_gets_a_sentence(data_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no train\.txt"):
        RGBDFolder(tmp_path, "train")
    (tmp_path / "train.txt").write_text("000001\n000002")
    with pytest.raises(DataError, match="lacks 6 of the files"):
        RGBDFolder(tmp_path, "train")


def test_a_data_folder_reads_as_documented(data_folder: Path) -> None:
    sample = RGBDFolder(data_folder, "test").read(0)
    assert sample.colour.shape == (72, 96, 3)
    assert sample.colour[-1, -1] == pytest.approx([160, 180, 200], abs=6)  # RGB of what was written as BGR
    assert sorted(set(sample.depth.flat)) == pytest.approx([1.5, 3.0])
    assert set(sample.label.flat) == {0, 5, 255}
