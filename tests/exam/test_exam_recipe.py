"""The recipe for a network that learns from an exam: it can be trained on one, and what comes of it can sit it."""

from pathlib import Path

from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.study.exam.accuracy import refusal
from vizlab.study.training.recipe import load_recipe

RECIPE = Path(__file__).parents[2] / "vizlab/study/training/recipes/cen-exam.toml"


def test_what_it_makes_can_sit_an_exam() -> None:
    config = load_recipe(RECIPE).network
    assert config.inputs == ("rgb", "depth")
    assert refusal(Model(build_network(config), config, "cen-exam", precision="float32")) == ""
