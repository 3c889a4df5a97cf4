"""Against the authors' code, through the door a user's checkpoint takes (numbers: tests/golden/)."""

import pytest
import torch

from tests.door.authors_files import authors_state, distances, golden_facts, golden_outputs, image, load_once
from vizlab.core.model import Model
from vizlab.core.site import Intervention, intervening

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""
NAME = "pad_net_hrnet18_nyud"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_once(NAME, tmp_path_factory.mktemp("authors"))


@pytest.fixture(scope="module")
def inputs() -> dict[str, torch.Tensor]:
    facts = golden_facts(NAME)
    return {"rgb": image(facts["input"][0], facts["size"])}


def test_authors_numbers(published: Model, inputs: dict[str, torch.Tensor]) -> None:
    golden = golden_outputs(NAME)
    found = distances(published.forward(inputs), golden)
    print(NAME, found)
    assert max(found.values()) <= TOLERANCE, found
    # The numbers prove the unit only if what the tasks tell each other shows in them.
    with intervening(Intervention(cross=False)):
        cut = distances(published.forward(inputs), golden)
    assert min(cut.values()) > 100 * TOLERANCE


def test_initial_predictions_are_made_of_the_features_that_are_distilled(
    published: Model, inputs: dict[str, torch.Tensor]
) -> None:
    """By hand, from the tensors of the file: 1x1 convolutions of what enters the unit; at stride 4, not resized."""
    facts, entered = golden_facts(NAME), {}
    unit = published.network.multi_modal_distillation
    handle = unit.register_forward_pre_hook(lambda module, given: entered.update(given[0]))
    try:
        outputs = published.forward(inputs)
    finally:
        handle.remove()
    assert [name for name in outputs if name.startswith("scale_0/")] == [
        f"scale_0/{t}" for t in facts["auxiliary_tasks"]
    ]
    state = authors_state({"keys": {k: s for k, s in facts["keys"].items() if ".conv_out." in k}}, prefix="")
    for task in facts["auxiliary_tasks"]:
        weight, bias = (state[f"initial_task_prediction_heads.conv_out.{task}.{leaf}"] for leaf in ("weight", "bias"))
        expected = torch.einsum("oc,bchw->bohw", weight[..., 0, 0], entered[task]) + bias[:, None, None]
        assert outputs[f"scale_0/{task}"].shape == (1, facts["num_output"][task], 16, 24)
        torch.testing.assert_close(outputs[f"scale_0/{task}"], expected, rtol=1e-4, atol=1e-4)


def test_what_is_read_off_the_file(published: Model) -> None:
    facts = golden_facts(NAME)
    assert published.method.family == "pad-net"
    assert published.config.tasks == tuple(facts["tasks"])
    assert published.config.auxiliary_tasks == tuple(facts["auxiliary_tasks"])
    assert {task.name: task.channels for task in published.network.auxiliary_tasks} == facts["num_output"]
    (site,) = published.sites
    assert (site.name, site.kind, site.channels) == ("multi_modal_distillation", "distillation", 256)
    assert (site.targets, site.sources) == (tuple(facts["tasks"]), tuple(facts["auxiliary_tasks"]))
    assert set(published.assumed) == {"tasks", "auxiliary_tasks", "normalisation", "working_size", "classes"}
