"""Training a CEN of several tasks: every stream, decoder and ensemble learns, and the result loads."""

import dataclasses
from pathlib import Path

import pytest
import torch

from vizlab import load_model
from vizlab.study.training.recipe import load_recipe
from vizlab.study.training.train import train

RECIPES = Path(__file__).parents[2] / "vizlab/study/training/recipes"
RGBD = ("rgb", "depth")


@pytest.mark.parametrize(
    ("name", "streams", "outputs"),
    [
        ("cen-multitask", 3, ("semseg", "depth", "normals")),
        ("cen-multimodal-multitask", 4, tuple(f"{t}/{n}" for t in ("semseg", "normals") for n in (*RGBD, "ensemble"))),
        ("depth-rgb", 1, ("depth",)),
    ],
)
def test_every_stream_learns(
    name: str, streams: int, outputs: tuple[str, ...], data_folder: Path, tmp_path: Path
) -> None:
    recipe = dataclasses.replace(
        load_recipe(RECIPES / f"{name}-mobilenetv2-nyuv2.toml"),
        epochs=1, batch_size=4, crop=(64, 64), zoom=(1.0, 1.1), precision="32-true",
    )  # fmt: skip
    target = train(recipe, data_folder, tmp_path)
    learned = torch.load(tmp_path / "last.ckpt", weights_only=True)["state_dict"]
    shifts = {k: v for k, v in learned.items() if k.startswith("network.encoder.") and k.endswith(".bias")}
    assert all(len(shift) == streams for shift in shifts.values())
    # Shifts begin at 0; those after the last exchange move in every stream, since each has a loss of its own.
    assert (shifts["network.encoder.features.17.conv.3.bias"] != 0).any(1).all()
    classifiers = [k for k in learned if k.endswith("classifier.bias")]
    assert len(classifiers) == len(recipe.network.tasks)
    if len(recipe.network.inputs) > 1:
        assert (learned["network.alpha"] != 0.5).all()
    model = load_model(target, "cpu", precision="float32")
    assert tuple(model.forward({n: torch.zeros(1, 3, 64, 64) for n in model.inputs})) == outputs
