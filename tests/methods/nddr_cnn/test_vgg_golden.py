"""NDDR-CNN on VGG-16 against its authors' two programs, through the door (numbers: tests/golden/)."""

import pytest

from tests.methods.vgg_files import TOLERANCE, golden_distances, load_golden
from vizlab.core.model import Model

NAMES = {"nddr_cnn_vgg16": "nddr-cnn-vgg16", "mtlnas_nddr_vgg16": "nddr-cnn-vgg16-pytorch"}


@pytest.fixture(scope="module", params=NAMES)
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Model]:
    return request.param, load_golden(request.param, tmp_path_factory.mktemp("authors"))


def test_authors_numbers(published: tuple[str, Model]) -> None:
    name, model = published
    found = golden_distances(model, name)
    print(name, found)
    assert max(found.values()) <= TOLERANCE, found
    # The numbers prove the layers only if what they mix shows in them.
    assert min(golden_distances(model, name, cross=False).values()) > 100 * TOLERANCE


def test_what_is_read_off_the_file(published: tuple[str, Model]) -> None:
    name, model = published
    assert model.config.architecture == NAMES[name]
    assert [(s.name, s.stage, s.channels) for s in model.sites] == [
        ("nddr.conv1", "conv1", 64), ("nddr.conv2", "conv2", 128), ("nddr.conv3", "conv3", 256),
        ("nddr.conv4", "conv4", 512), ("nddr.conv5", "conv5", 512),
    ]  # fmt: skip
    assert model.config.tasks == ("semseg", "normals")
    assert set(model.assumed) == {"tasks", "normalisation", "working_size", "normals", "classes"}
    assert model.network.multiple == {"nddr_cnn_vgg16": 1, "mtlnas_nddr_vgg16": 8}[name]
