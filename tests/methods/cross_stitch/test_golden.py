"""Against the authors' code, through the door a user's checkpoint takes (numbers: tests/golden/)."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.door.authors_files import filled_state, golden_facts, golden_outputs, image, load_once
from vizlab.core.model import Model
from vizlab.core.predictions import DepthPrediction, MapPrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.site import Intervention, intervening
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage
from vizlab.tasks import HUMAN_PARTS, NYU40_CLASSES, PASCAL21_CLASSES
from vizlab.views.layers import prediction_layers

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""
NYUD, PASCAL_FILE = "cross_stitch_resnet18_nyud", "cross_stitch_resnet18_pascal"
ASSUMED = {"tasks", "output_stride", "normalisation", "working_size"}


@pytest.fixture(scope="module", params=[NYUD, PASCAL_FILE])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Model]:
    return request.param, load_once(request.param, tmp_path_factory.mktemp("authors"))


def distances(outputs: dict[str, torch.Tensor], golden: dict[str, np.ndarray]) -> dict[str, float]:
    """Largest difference over the standard deviation, by output; every fourth row and column was kept."""
    return {
        name: float(np.abs(outputs[name].numpy()[..., ::4, ::4] - expected).max() / expected.std())
        for name, expected in golden.items()
    }


def test_authors_numbers(published: tuple[str, Model]) -> None:
    name, model = published
    facts, golden = golden_facts(name), golden_outputs(name)
    inputs = {"rgb": image(facts["input"][0], facts["size"])}
    outputs = model.forward(inputs)
    assert list(outputs) == list(facts["tasks"])
    found = distances(outputs, golden)
    print(name, found)
    assert max(found.values()) <= TOLERANCE, found
    # The numbers prove the units only if what they mix shows in them.
    with intervening(Intervention(cross=False)):
        cut = distances(model.forward(inputs), golden)
    assert min(cut.values()) > 100 * TOLERANCE


def test_what_is_read_off_the_file(published: tuple[str, Model]) -> None:
    name, model = published
    facts = golden_facts(name)
    assert model.config.architecture == "cross-stitch-resnet18"
    assert model.method.family == "cross-stitch"
    assert model.config.tasks == tuple(facts["tasks"])
    assert {task.name: task.channels for task in model.tasks} == facts["num_output"]
    assert [(s.name, s.stage, s.channels) for s in model.sites] == [
        (f"cross_stitch.{stage}", stage, facts["channels"][stage]) for stage in facts["stages"]
    ]
    assert set(model.assumed) == ASSUMED | {"classes"}
    assert model.network.multiple == 8


def test_every_task_is_read_as_what_it_is(published: tuple[str, Model], small_rgbd: RGBDImage) -> None:
    """Classes by the largest output, saliency and edges through a sigmoid, normals to unit length."""
    name, model = published
    found = trace(model, small_rgbd, working_size=(64, 64))
    kinds = {
        "semseg": SemsegPrediction, "human_parts": SemsegPrediction, "sal": MapPrediction, "edge": MapPrediction,
        "normals": NormalsPrediction, "depth": DepthPrediction,
    }  # fmt: skip
    assert {task: type(one) for task, one in found.predictions.items()} == {t: kinds[t] for t in model.config.tasks}
    assert model.classes == (PASCAL21_CLASSES if name == PASCAL_FILE else NYU40_CLASSES)
    if name == PASCAL_FILE:
        assert (found.predictions["sal"].value > 0).all()  # type: ignore[union-attr]
        assert (found.predictions["edge"].value < 1).all()  # type: ignore[union-attr]
        parts = {layer.key: layer.classes for layer in prediction_layers(found, "pascal")}["pascal|human_parts"]
        assert parts == HUMAN_PARTS


def test_alphas_keep_target_and_source_apart(published: tuple[str, Model]) -> None:
    name, model = published
    shapes = golden_facts(name)["keys"]
    stored = filled_state({key: shape for key, shape in shapes.items() if "cross_stitch_unit" in key}, prefix="")
    tasks = model.config.tasks
    for stage, unit in model.network.cross_stitch.items():
        alpha = unit.static_weights()["alpha"]
        for t, target in enumerate(tasks):
            for s, source in enumerate(tasks):
                key = f"cross_stitch.{stage}.cross_stitch_unit.{target}.{source}.param"
                np.testing.assert_array_equal(alpha[t, s], stored[key].numpy())


def test_the_order_of_tasks_can_be_given(tmp_path: Path) -> None:
    model = load_once(NYUD, tmp_path, tasks=("depth", "semseg"))
    assert model.sites[0].targets == ("depth", "semseg")
    assert "tasks" not in model.assumed
    facts, golden = golden_facts(NYUD), golden_outputs(NYUD)
    found = distances(model.forward({"rgb": image(facts["input"][0], facts["size"])}), golden)
    assert max(found.values()) <= TOLERANCE, "the order is of the sum alone: the same numbers"
