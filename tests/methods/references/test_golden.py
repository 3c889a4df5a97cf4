"""Against the authors' code, through the door a user's checkpoint takes (numbers: tests/golden/)."""

import pytest
import torch

from tests.door.authors_files import authors_state, distances, golden_facts, golden_outputs, image
from vizlab.core.door import load_model
from vizlab.core.model import Model

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""
ARCHITECTURES = {
    "single_task_resnet18_semseg_nyud": "reference-single-resnet18",
    "single_task_hrnet18_depth_nyud": "reference-single-hrnet18",
    "multi_task_resnet18_pascal": "reference-shared-resnet18",
    "multi_task_hrnet18_nyud": "reference-shared-hrnet18",
}


@pytest.fixture(scope="module", params=ARCHITECTURES)
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Model]:
    """The authors' file where their program puts it, read and removed again."""
    name = request.param
    tasks = golden_facts(name)["tasks"]
    place = f"single_task/{tasks[0]}" if len(tasks) == 1 else "multi_task_baseline"
    folder = tmp_path_factory.mktemp("authors") / f"NYUD/backbone/{place}"
    folder.mkdir(parents=True)
    path = folder / "checkpoint.pth.tar"
    torch.save({"optimizer": {}, "model": authors_state(golden_facts(name)), "epoch": 1, "best_result": {}}, path)
    model = load_model(path, "cpu", precision="float32")
    path.unlink()
    return name, model


def test_authors_numbers(published: tuple[str, Model]) -> None:
    name, model = published
    facts, golden = golden_facts(name), golden_outputs(name)
    outputs = model.forward({"rgb": image(facts["input"][0], facts["size"])})
    assert list(outputs) == facts["tasks"]
    found = distances(outputs, golden)
    print(name, found)
    assert max(found.values()) <= TOLERANCE, found


@pytest.mark.parametrize("published", [name for name in ARCHITECTURES if "resnet" in name], indirect=True)
def test_another_dilation_is_seen_in_the_numbers(published: tuple[str, Model]) -> None:
    """What an output stride of 16 computes at the same weights is far from the authors' numbers."""
    name, model = published
    facts, golden = golden_facts(name), golden_outputs(name)
    for convolution in (m for m in model.network.backbone.layer4.modules() if isinstance(m, torch.nn.Conv2d)):
        if convolution.kernel_size == (3, 3):
            convolution.dilation = convolution.padding = (1, 1)
    found = distances(model.forward({"rgb": image(facts["input"][0], facts["size"])}), golden)
    assert min(found.values()) > 100 * TOLERANCE, found


def test_what_is_read_off_the_file(published: tuple[str, Model]) -> None:
    name, model = published
    facts = golden_facts(name)
    assert model.config.architecture == ARCHITECTURES[name]
    assert model.method.family == "reference"
    assert {task.name: task.channels for task in model.tasks} == facts["num_output"]
    assert model.sites == ()
    assumed = {"normalisation", "working_size"}
    assumed |= {"output_stride"} if "resnet" in name else set()
    assumed |= {"classes"} if "semseg" in facts["tasks"] else set()
    assumed |= {"tasks"} if facts["setup"] == "single_task" else set()
    assert set(model.assumed) == assumed
    assert model.config.working_size == ((512, 512) if "pascal" in name else (480, 640))
