"""Files that do not say what they hold, on the page: asked, answered, added."""

from pathlib import Path

import pytest
import torch

from tests.door.authors_files import filled_state
from vizlab.core.config import NetworkConfig
from vizlab.core.registry import build_network
from vizlab.errors import InputError, UnsaidError
from vizlab.page.adding import add_checkpoint, answers, question, said_of
from vizlab.page.workspace import Settings, Workspace


@pytest.fixture(scope="module")
def open_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A single-task network of one output, far from the folders in which its authors' programs put it."""
    with torch.device("meta"):
        network = build_network(NetworkConfig("reference-single-resnet18", ("depth",), ("rgb",)))
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    path = tmp_path_factory.mktemp("open") / "best_model.pth.tar"
    torch.save(filled_state(shapes), path)
    return path


def test_what_is_said_of_a_file_is_what_load_model_takes() -> None:
    assert said_of("") == {}
    assert said_of(" tasks = semseg, depth ; architecture=a-b ") == {
        "tasks": ("semseg", "depth"),
        "architecture": "a-b",
    }
    for nonsense in ("depth", "threshold=2", "tasks=", "=depth"):
        with pytest.raises(InputError, match=r"says nothing of a file; expected one of tasks, .* such as tasks=depth"):
            said_of(nonsense)


def test_a_file_that_leaves_something_open_is_asked_about_and_then_added(open_file: Path) -> None:
    workspace = Workspace(Settings(add_from=open_file.parent))
    with pytest.raises(UnsaidError) as caught:
        add_checkpoint(workspace, open_file.name, None)
    assert set(answers(caught.value)) == {"tasks=depth", "tasks=sal", "tasks=edge"}
    assert "Choose it under “add a checkpoint”: tasks=depth or " in question(caught.value)
    assert "load_model" not in question(caught.value)
    name = add_checkpoint(workspace, open_file.name, None, "", "tasks=edge")
    other = add_checkpoint(workspace, open_file.name, None, "", "tasks=depth")
    assert (name, other) == ("best_model-edge", "best_model-depth")
    assert add_checkpoint(workspace, open_file.name, None, "", "tasks=edge") == name
    assert [task.name for task in workspace.shelf.get(name).tasks] == ["edge"]
    assert [task.name for task in workspace.shelf.get(other).tasks] == ["depth"]
