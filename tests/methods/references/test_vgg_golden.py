"""The baselines on VGG-16 of NDDR-CNN's authors against their program, through the door (numbers: tests/golden/)."""

from pathlib import Path

import pytest

from tests.methods.vgg_files import TOLERANCE, golden_distances, load_golden

NAMES = {
    "multi_task_vgg16": ("reference-shared-vgg16", ("semseg", "normals")),
    "single_task_vgg16_semseg": ("reference-single-vgg16", ("semseg",)),
}


@pytest.mark.parametrize("name", NAMES)
def test_authors_numbers(name: str, tmp_path: Path) -> None:
    model = load_golden(name, tmp_path)
    found = golden_distances(model, name)
    print(name, found)
    assert max(found.values()) <= TOLERANCE, found
    assert (model.config.architecture, model.config.tasks) == NAMES[name]
    assert model.sites == ()
