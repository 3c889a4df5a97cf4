"""Compact networks of which no checkpoint is shipped yet: their recipes run, every weight learns, files come back."""

import dataclasses
import math
from pathlib import Path

import pytest
import torch

from vizlab import load_model
from vizlab.core.outputs import Output
from vizlab.study.data import RGBDFolder
from vizlab.study.training.augment import GeometricAugmentation
from vizlab.study.training.data import InMemory
from vizlab.study.training.module import FusionTraining, network_inputs
from vizlab.study.training.recipe import Recipe, load_recipe
from vizlab.study.training.train import train

RECIPES = Path(__file__).parents[2] / "vizlab/study/training/recipes"
NAMES = ("cross-stitch", "pad-net", "mtan")


def tiny(name: str) -> Recipe:
    recipe = load_recipe(RECIPES / f"{name}-mobilenetv2-nyuv2.toml")
    return dataclasses.replace(recipe, epochs=1, batch_size=2, crop=(64, 64), zoom=(1.0, 1.1), precision="32-true")


@pytest.mark.parametrize("name", NAMES)
def test_every_weight_gets_a_gradient(name: str, data_folder: Path) -> None:
    recipe = tiny(name)
    samples = InMemory(RGBDFolder(data_folder, "train", 2))
    module = FusionTraining(recipe, 1, samples.class_counts(recipe.network.semseg_channels))
    module.network.train()
    torch.manual_seed(0)
    batch = GeometricAugmentation((64, 64), (1.0, 1.0))(
        {key: torch.stack([samples[i][key] for i in range(2)]) for key in samples[0]}
    )
    loss, parts = module.losses(module.network(network_inputs(batch, recipe)), batch)
    assert {Output.parse(output).task for output in parts} == set(recipe.loss_weights)
    assert {Output.parse(output).initial for output in parts} == ({False, True} if name == "pad-net" else {False})
    loss.backward()
    assert math.isfinite(float(loss.detach()))
    without = [n for n, p in module.network.named_parameters() if p.grad is None or not p.grad.isfinite().all()]
    assert not without
    # The bias of a convolution before a norm has no effect on it, so that its gradient is nothing but rounding.
    still = [n for n, p in module.network.named_parameters() if p.ndim > 1 and not p.grad.any()]
    assert not still


@pytest.mark.parametrize("name", NAMES)
def test_a_trained_file_comes_back(name: str, data_folder: Path, tmp_path: Path) -> None:
    recipe = tiny(name)
    model = load_model(train(recipe, data_folder, tmp_path, limit=4), "cpu", precision="float32")
    assert model.method.family == name
    assert model.config.tasks == recipe.network.tasks
    assert model.config.auxiliary_tasks == recipe.network.auxiliary_tasks
    outputs = model.forward({"rgb": torch.zeros(1, 3, 64, 96)})
    assert all(y.isfinite().all() for y in outputs.values())
    assert set(recipe.network.tasks) <= set(outputs)
