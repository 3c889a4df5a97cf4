"""Image translation is learned: domains of a data folder in, a picture out, exchange and figures included."""

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.data_folders import write_domains
from vizlab import load_model
from vizlab.cli import app
from vizlab.core.config import SIGNED
from vizlab.errors import DataError
from vizlab.methods.cen.network import exchange_norms
from vizlab.rgbd.derived import normals_picture
from vizlab.study.data import RGBDFolder
from vizlab.study.training.adversary import AdversarialTraining, PatchJudge
from vizlab.study.training.augment import GeometricAugmentation
from vizlab.study.training.cycle import CycleTraining
from vizlab.study.training.data import InMemory
from vizlab.study.training.module import FusionTraining, network_inputs, settles, with_target
from vizlab.study.training.recipe import Recipe, Translation, load_recipe
from vizlab.study.training.train import train

RECIPES = Path(__file__).parents[2] / "vizlab/study/training/recipes"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_domains(tmp_path_factory.mktemp("domains") / "data")


def tiny(**changes: object) -> Recipe:
    recipe = load_recipe(RECIPES / "cen-translation-rendered.toml")
    network = dataclasses.replace(recipe.network, options={"filters": 2})
    small = {"epochs": 2, "batch_size": 2, "precision": "32-true", "network": network, "zoom": (1.0, 1.1)}
    return dataclasses.replace(recipe, **(small | changes))


def test_a_killed_translation_goes_on_and_its_checkpoint_loads_and_is_scored(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny(translation=Translation(settled=0.5, scale=0.25), sparsity=20)
    step, seen, scales, kill = FusionTraining.training_step, [], [], True

    def watched(self: FusionTraining, batch: dict, index: int) -> torch.Tensor:
        if self.global_step == 2 and kill:
            raise RuntimeError("killed")
        seen.append((self.global_step, self.network.training))
        scales.append(exchange_norms(self.network)[0].weight.mean().item())
        return step(self, batch, index)

    monkeypatch.setattr(FusionTraining, "training_step", watched)
    with pytest.raises(RuntimeError, match="killed"):
        train(recipe, pictures, tmp_path)
    kill = False
    target = train(recipe, pictures, tmp_path)
    assert seen == [(0, True), (1, True), (2, False), (3, False)]  # the second of two epochs is settled
    assert scales[0] == 0.25
    assert 0.2 < scales[1] < scales[0]  # by the proximal step, and not again from the start after the kill
    assert scales[2] < scales[1]
    model = load_model(target, "cpu", precision="float32")
    assert (model.inputs, model.config.normalisation["light"]) == (("texture", "light"), SIGNED)
    assert model.card["recipe"]["translation"] == {
        "target": "rgb",
        "settled": 0.5,
        "scale": 0.25,
        "cycle": 0,
        "adversarial": 0,
    }
    done = CliRunner().invoke(app, ["eval", str(target), "--data", str(pictures), "--json"], catch_exceptions=False)
    figures = json.loads(done.stdout[done.stdout.index("{") :])
    for stream in ("texture", "light", "ensemble"):
        assert set(figures[f"image/{stream}"]) >= {"L1", "PSNR", "SSIM"}
    told = CliRunner().invoke(app, ["eval", str(target), "--data", str(pictures)], catch_exceptions=False).stdout
    assert "PSNR dB" in told
    assert "FID and KID were not measured" in told or "FID |" in told


def test_the_picture_learned_is_the_target_and_the_loss_falls(pictures: Path) -> None:
    torch.manual_seed(0)
    recipe = tiny(translation=Translation("light"), lr=1e-2)
    samples = InMemory(RGBDFolder(pictures, "train", 2, ("texture", "light")))
    module = FusionTraining(recipe, 1)
    module.network.train()
    augment = GeometricAugmentation((256, 256), (1.0, 1.0))
    batch = with_target(augment({k: torch.stack([samples[i][k] for i in range(2)]) for k in samples[0]}), recipe)
    assert torch.allclose(batch["image"], batch["domain/light"] * 2 - 1)
    inputs = network_inputs(batch, recipe)
    assert torch.allclose(inputs["light"], batch["image"], atol=1e-6)
    optimiser = torch.optim.AdamW(module.network.parameters(), 5e-3)
    losses = []
    for _ in range(8):
        loss, parts = module.losses(module.network(inputs), batch)
        assert set(parts) == {"image/texture", "image/light", "image/ensemble"}
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_pictures_of_one_view_are_cut_and_mirrored_together_and_keep_their_colours() -> None:
    torch.manual_seed(1)
    colour = torch.rand(6, 3, 64, 64)
    batch = {
        "rgb": colour,
        "domain/light": colour,
        "depth": torch.ones(6, 1, 64, 64),
        "label": torch.zeros(6, 1, 64, 64),
    }
    cut = GeometricAugmentation((32, 32), (1.0, 1.5))(batch)
    assert torch.equal(cut["rgb"], cut["domain/light"])


def test_a_picture_of_normals_mirrors_as_normals_do() -> None:
    """A wall that faces right faces left in the mirror: the picture is that of the mirrored depth."""
    torch.manual_seed(0)
    depth = np.tile(np.linspace(1, 1.4, 64, dtype=np.float32), (64, 1))
    facing = [torch.from_numpy(normals_picture(d)).permute(2, 0, 1) / 255 for d in (depth, depth[:, ::-1].copy())]
    count = 8
    batch = {
        "rgb": torch.from_numpy(np.tile(np.linspace(0, 1, 64, dtype=np.float32), (count, 3, 64, 1))),
        "domain/normals": facing[0].expand(count, -1, -1, -1),
        "depth": torch.ones(count, 1, 64, 64),
        "label": torch.zeros(count, 1, 64, 64),
    }
    cut = GeometricAugmentation((64, 64), (1.0, 1.0))(batch)
    mirrored = cut["rgb"][:, 0, 32, 0] > cut["rgb"][:, 0, 32, -1]
    assert 0 < int(mirrored.sum()) < count
    middle = cut["domain/normals"][:, :, 24:40, 24:40].mean((2, 3))
    for found, flipped in zip(middle, mirrored, strict=True):
        assert torch.allclose(found, facing[int(flipped)][:, 24:40, 24:40].mean((1, 2)), atol=0.02)


def test_only_the_last_epochs_are_settled() -> None:
    recipe = tiny(epochs=10, translation=Translation(settled=0.3))
    assert [settles(recipe, epoch) for epoch in (0, 6, 7, 9)] == [False, False, True, True]
    assert not settles(dataclasses.replace(recipe, translation=None), 9)


def test_a_folder_that_lacks_a_domain_says_which(pictures: Path, tmp_path: Path) -> None:
    recipe = tiny(translation=Translation("reshading"))
    with pytest.raises(DataError, match=r"lacks 4 of the files .* first reshading/000.png"):
        train(recipe, pictures, tmp_path)


def test_pictures_of_another_shape_are_refused(pictures: Path) -> None:
    folder = RGBDFolder(pictures, "train", domains=("texture",))
    assert folder.read(0).picture("texture").shape == (256, 256, 3)
    checked = CliRunner().invoke(app, ["data", "check", str(pictures)], catch_exceptions=False).stdout
    assert json.loads(checked)["domains"] == ["light", "texture"]
    broken = write_domains(pictures.parent / "broken", count=1)
    cv2.imwrite(str(broken / "texture" / "000.png"), np.zeros((128, 200, 3), np.uint8))
    with pytest.raises(DataError, match="another shape"):
        RGBDFolder(broken, "train", domains=("texture",)).read(0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('settled = 0.6"', "not a TOML file"),
        ("settled = 7", "0 to 1"),
        ("strength = 1", "not a complete recipe"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(change: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    text = (RECIPES / "cen-translation-rendered.toml").read_text()
    head, _, _ = text.partition("[translation]")
    path.write_text(f"{head}[translation]\n{change}\n")
    with pytest.raises(DataError, match=said):
        load_recipe(path)
    path.write_text(head)
    with pytest.raises(DataError, match="belongs to the task image"):
        load_recipe(path)


def test_a_cycle_trains_a_return_network_for_each_input_and_keeps_the_maker(pictures: Path, tmp_path: Path) -> None:
    """Our reading of cycle fusion: what is made of the inputs must lead back to each of them."""
    recipe = load_recipe(RECIPES / "cen-cycle-translation-rendered.toml")
    assert (recipe.network.inputs, recipe.translation.cycle) == (("texture", "light"), 1.0)  # type: ignore[union-attr]
    small = dataclasses.replace(recipe.network, options={"filters": 2})
    recipe = dataclasses.replace(tiny(translation=recipe.translation, epochs=1), network=small)
    module = CycleTraining(recipe, 1)
    assert {name: network.inputs for name, network in module.returns.items()} == {
        "texture": ("rgb", "light"), "light": ("rgb", "texture"),
    }  # fmt: skip
    target = train(recipe, pictures, tmp_path)
    saved = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    assert {key.split(".")[1] for key in saved if key.startswith("returns.")} == {"texture", "light"}
    assert load_model(target, "cpu").inputs == ("texture", "light")


def test_the_cycle_s_loss_is_of_what_was_made_and_its_gradient_reaches_the_maker() -> None:
    torch.manual_seed(0)
    recipe = tiny(translation=Translation(cycle=3.0))
    module = CycleTraining(recipe, 1)
    batch = {name: torch.rand(1, 3, 256, 256) for name in ("rgb", "domain/texture", "domain/light")}
    batch |= {"depth": torch.ones(1, 1, 256, 256), "depth_input": torch.ones(1, 1, 256, 256)}
    batch = with_target(batch, recipe)
    for network in module.networks:
        network.eval()
    loss, parts = module.learn(batch)
    made = module.network(network_inputs(batch, recipe))
    mean = (made["image/texture"] + made["image/light"]) / 2
    truth = {name: batch[f"domain/{name}"] * 2 - 1 for name in ("texture", "light")}
    for name, other in (("texture", "light"), ("light", "texture")):
        for kind, photograph, weight in (("return", batch["image"], 1.0), ("cycle", mean, 3.0)):
            again = module.returns[name]({"rgb": photograph, other: truth[other]})
            expected = np.mean([float((y - truth[name]).abs().mean().detach()) for y in again.values()])
            assert parts[f"{kind}/{name}"] == pytest.approx(weight * expected, rel=1e-4)
    assert float(loss.detach()) == pytest.approx(sum(parts.values()), rel=1e-5)
    direct, _ = module.losses(made, batch)
    (loss - direct).backward()  # what is left of the loss is the way back alone
    assert any(p.grad is not None and p.grad.abs().sum() > 1e-3 for p in module.network.encoder.parameters())


def test_a_judge_learns_in_turn_and_a_killed_run_goes_on(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tiny(translation=Translation(scale=0.3, adversarial=0.01), sparsity=20)
    step, losses, kill = AdversarialTraining.training_step, [], True

    def watched(self: AdversarialTraining, batch: dict, index: int) -> torch.Tensor:
        if len(losses) == 2 and kill:
            raise RuntimeError("killed")
        judge, before = self.judge[0].weight.detach().clone(), self.network.alpha.detach().clone()  # type: ignore
        losses.append(float(step(self, batch, index)))
        assert not torch.equal(judge, self.judge[0].weight)
        # The last of four steps has a rate of nearly 0.
        assert len(losses) == 4 or not torch.equal(before, self.network.alpha)  # type: ignore[arg-type]
        assert float(exchange_norms(self.network)[0].weight.detach().mean()) < 0.3  # the proximal step was taken
        return torch.tensor(losses[-1])

    monkeypatch.setattr(AdversarialTraining, "training_step", watched)
    kill = False
    train(recipe, pictures, tmp_path / "whole")
    expected, kill = list(losses), True
    losses.clear()
    with pytest.raises(RuntimeError, match="killed"):
        train(recipe, pictures, tmp_path / "killed")
    kill = False
    target = train(recipe, pictures, tmp_path / "killed")
    assert losses == pytest.approx(expected, rel=1e-4)
    assert load_model(target, "cpu").card["recipe"]["translation"]["adversarial"] == 0.01


def test_the_judge_sees_patches_of_70_pixels() -> None:
    """As pix2pix's; norms look at whole pictures, so they are left out of the count."""
    judge = PatchJudge(2)
    assert judge(torch.zeros(2, 6, 256, 256)).shape == (2, 1, 30, 30)
    convolutions = torch.nn.Sequential(*(m for m in judge if isinstance(m, torch.nn.Conv2d)))
    x = torch.zeros(1, 6, 256, 256, requires_grad=True)
    convolutions(x)[0, 0, 15, 15].backward()
    assert x.grad is not None
    assert [int(x.grad.abs().sum((0, 1, other)).count_nonzero()) for other in (2, 3)] == [70, 70]


def test_one_loss_at_most_stands_beside_the_pixels(tmp_path: Path) -> None:
    text = (RECIPES / "cen-translation-rendered.toml").read_text()
    path = tmp_path / "both.toml"
    for added in ("cycle = 1.0\nadversarial = 0.01", "adversarial = -1"):
        path.write_text(text.replace("scale = 0.3", added))
        with pytest.raises(DataError, match="one of them at most"):
            load_recipe(path)
