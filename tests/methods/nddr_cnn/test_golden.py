"""NDDR-CNN of the multi-task code base that fuses after three stages, against the authors' code (tests/golden/)."""

from pathlib import Path

import torch

from tests.door.authors_files import authors_state, distances, golden_facts, golden_outputs, image
from vizlab.core.door import load_model
from vizlab.core.site import Intervention, intervening

NAME = "nddr_cnn_resnet18_nyud_three_sites"
TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""


def test_three_stages_fuse(tmp_path: Path) -> None:
    facts, golden = golden_facts(NAME), golden_outputs(NAME)
    path = tmp_path / "best_model.pth.tar"
    torch.save(authors_state(facts), path)
    model = load_model(path, "cpu", precision="float32")
    assert [site.name for site in model.sites] == ["nddr.layer2", "nddr.layer3", "nddr.layer4"]
    inputs = {"rgb": image(facts["input"][0], facts["size"])}
    found = distances(model.forward(inputs), golden)
    print(found)
    assert max(found.values()) <= TOLERANCE, found
    with intervening(Intervention(cross=False)):
        assert min(distances(model.forward(inputs), golden).values()) > 100 * TOLERANCE


def test_a_file_of_pascal_gets_its_size(tmp_path: Path) -> None:
    """Tasks of 21 classes are PASCAL's, which the authors resize to 512x512."""
    renamed = {k.replace(".depth.", ".normals."): v for k, v in authors_state(golden_facts(NAME)).items()}
    renamed["module.heads.normals.4.weight"] = torch.ones(3, 256, 1, 1)
    renamed["module.heads.normals.4.bias"] = torch.ones(3)
    renamed["module.heads.semseg.4.weight"] = torch.ones(21, 256, 1, 1)
    renamed["module.heads.semseg.4.bias"] = torch.ones(21)
    path = tmp_path / "best_model.pth.tar"
    torch.save(renamed, path)
    assert load_model(path, "cpu").config.working_size == (512, 512)
