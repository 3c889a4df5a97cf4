"""MTI-Net on the full HRNet-W48 against the authors' code, through the door (numbers: tests/golden/).

The small W18 stands in tests/door/test_parity.py.
"""

import pytest
import torch

from tests.door.authors_files import authors_state, distances, golden_facts, golden_outputs, image
from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.site import Intervention, intervening

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""
NAME = "mti_net_hrnet48_nyud"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The authors' file, read and removed again: it is large."""
    path = tmp_path_factory.mktemp("authors") / "best_model.pth.tar"
    torch.save(authors_state(golden_facts(NAME)), path)
    try:
        return load_model(path, "cpu", precision="float32")
    finally:
        path.unlink()


def test_authors_numbers(published: Model) -> None:
    facts, golden = golden_facts(NAME), golden_outputs(NAME)
    inputs = {"rgb": image(facts["input"][0], facts["size"])}
    outputs = published.forward(inputs)
    assert set(outputs) == set(golden)
    found = distances(outputs, golden)
    print(found)
    assert max(found.values()) <= TOLERANCE, found
    with intervening(Intervention(cross=False)):
        cut = distances(published.forward(inputs), golden)
    assert min(cut[task] for task in facts["tasks"]) > 100 * TOLERANCE, cut


def test_what_is_read_off_the_file(published: Model) -> None:
    assert published.config.architecture == "mti-net-hrnet-w48"
    assert dict(published.config.options) == {}
    assert [(site.name, site.channels) for site in published.sites if site.kind == "distillation"] == [
        ("distillation_scale_3", 384), ("distillation_scale_2", 192), ("distillation_scale_1", 96),
        ("distillation_scale_0", 48),
    ]  # fmt: skip
