"""MTL-NAS against its authors' program, through the door (numbers: tests/golden/)."""

import pytest

from tests.door.authors_files import authors_state, golden_facts
from tests.methods.vgg_files import TOLERANCE, golden_distances, load_golden
from vizlab.core.model import Model
from vizlab.core.site import fusion_modules

NAME = "mtlnas_default_vgg16"


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load_golden(NAME, tmp_path_factory.mktemp("authors"))


def test_authors_numbers(searched: Model) -> None:
    found = golden_distances(searched, NAME)
    print(found)
    assert max(found.values()) <= TOLERANCE, found
    assert min(golden_distances(searched, NAME, cross=False).values()) > 100 * TOLERANCE
    modules = fusion_modules(searched.network)
    kept = {name: module.alpha for name, module in modules.items()}
    try:
        for module in modules.values():
            module.alpha = None  # the supernet's way: every connection counts
        assert min(golden_distances(searched, NAME).values()) > 100 * TOLERANCE
    finally:
        for name, module in modules.items():
            module.alpha = kept[name]


def test_what_is_read_off_the_file(searched: Model) -> None:
    assert searched.config.architecture == "mtl-nas-vgg16"
    assert len(searched.sites) == 26
    assert [s.name for s in searched.sites[:3]] == [
        "paths.conv1_1.semseg",
        "paths.conv1_1.normals",
        "paths.conv1_2.semseg",
    ]
    assert "connections" in searched.assumed
    last = searched.sites[-1]
    assert last.sources == ("normals", "semseg at conv5_1", "semseg at conv5_2", "semseg")
    assert [last.sender(source) for source in last.sources] == ["normals", "semseg", "semseg", "semseg"]
    ways = [way for module in fusion_modules(searched.network).values() for way in module.edges()]
    assert len(ways) == 2 * 24, "24 connections a task"


def test_open_connections_are_those_of_positive_alphas(searched: Model) -> None:
    facts = golden_facts(NAME)
    keys = {key: facts["keys"][key] for key in ("net1_alphas", "net2_alphas")}
    stored = authors_state({"keys": keys}, prefix="")
    modules = fusion_modules(searched.network)
    for number, task in ((1, "semseg"), (2, "normals")):
        other = searched.config.tasks[2 - number]
        for stage, name in ((4, "conv3_1"), (5, "conv3_2"), (6, "conv3_3")):
            module = modules[f"paths.{name}.{task}"]
            for j in range(4, stage + 1):
                source = other if j == stage else f"{other} at conv3_{j - 3}"
                assert module.sends(task, source) == bool(stored[f"net{number}_alphas"][stage, j] > 0)
