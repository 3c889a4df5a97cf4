"""What is read off names, shapes and folders; shapes only, no memory."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from vizlab.core.config import NetworkConfig
from vizlab.core.door import load_model
from vizlab.core.published import Clues, PublishedFormat
from vizlab.core.registry import build_network, methods
from vizlab.errors import CheckpointError, InputError, UnsaidError
from vizlab.methods.parts.hrnet import HRNetLayout, full_layout
from vizlab.methods.references.files import FILES, single_task
from vizlab.tasks import NYU40_CLASSES, PASCAL21_CLASSES

DILATED = {"output_stride": 8}
SINGLE, SHARED = FILES


def published(architecture: str, tasks: tuple[str, ...], **more: object) -> NetworkConfig:
    return NetworkConfig(architecture, tasks, ("rgb",), **{"working_size": (480, 640), **more})  # type: ignore[arg-type]


CASES: dict[str, tuple[PublishedFormat, NetworkConfig]] = {
    **{
        f"single-resnet{depth}": (
            SINGLE,
            published(f"reference-single-resnet{depth}", ("semseg",), classes=NYU40_CLASSES, options=DILATED),
        )
        for depth in (18, 34, 50, 101, 152)
    },
    "shared-pascal": (
        SHARED,
        published(
            "reference-shared-resnet50", ("semseg", "human_parts", "sal", "normals", "edge"), semseg_channels=21,
            classes=PASCAL21_CLASSES, working_size=(512, 512), options=DILATED,
        ),
    ),
    "shared-nyud": (
        SHARED,
        published(
            "reference-shared-hrnet18", ("semseg", "normals", "edge", "depth"), classes=NYU40_CLASSES,
        ),
    ),
    **{
        f"single-w{width}": (SINGLE, published(f"reference-single-hrnet-w{width}", ("normals",)))
        for width in (18, 30, 32, 48)
    },
    "single-w40": (SINGLE, published("reference-single-hrnet", ("normals",), options=full_layout(40).to_options())),
    "single-parts": (
        SINGLE,
        published(
            "reference-single-hrnet18", ("human_parts",), working_size=(512, 512),
        ),
    ),
    "odd-layout": (
        SINGLE,
        published(
            "reference-single-hrnet", ("normals",),
            options=HRNetLayout((8, 20, 24, 28), 1, (2, 1, 3), (1, 2, 3), 32).to_options(),
        ),
    ),
}  # fmt: skip


def state_of(config: NetworkConfig) -> dict[str, Tensor]:
    """The tensors without memory, as the authors name them: our names follow theirs."""
    with torch.device("meta"):
        return build_network(config).state_dict()


@pytest.mark.parametrize("case", CASES)
def test_configuration_is_read_off(case: str) -> None:
    known, config = CASES[case]
    state = state_of(config)
    assert [f for method in methods().values() for f in method.files if f.recognise(state.keys())] == [known]
    found, _ = known.describe(state, Clues())
    for name in ("architecture", "tasks", "inputs", "semseg_channels", "classes", "working_size"):
        assert getattr(found, name) == getattr(config, name), name
    assert dict(found.options) == dict(config.options)
    assert dict(found.task_channels) == {}
    shapes = {key: tuple(tensor.shape) for key, tensor in state.items()}
    assert {key: tuple(tensor.shape) for key, tensor in state_of(found).items()} == shapes


@pytest.mark.parametrize(
    ("outputs", "task"), [(40, "semseg"), (21, "semseg"), (37, "semseg"), (7, "human_parts"), (3, "normals")]
)
def test_the_number_of_outputs_tells_the_task(outputs: int, task: str) -> None:
    """Whatever the folder is called: depth, saliency and edges have one output."""
    found, why = single_task(outputs, Clues(folders=("depth",)))
    assert found == task
    assert str(outputs) in why


@pytest.mark.parametrize(
    ("folders", "task"),
    [
        (("depth", "single_task", "resnet50", "NYUD"), "depth"),
        (("run3", "edge", "single_task"), "edge"),
        (("sal", "depth"), "sal"),
        (("depths", "sal"), "sal"),
    ],
)
def test_the_nearest_folder_tells_one_output(folders: tuple[str, ...], task: str) -> None:
    found, why = single_task(1, Clues(folders=folders))
    assert found == task
    assert f"'{task}'" in why


def test_what_is_given_goes_before_the_folder() -> None:
    clues = Clues(folders=("depth",), given={"tasks": ["edge"]})
    assert single_task(1, clues) == ("edge", "given")
    assert single_task(7, Clues(given={"tasks": ("semseg",)}))[0] == "semseg"


@pytest.mark.parametrize(
    ("outputs", "task"),
    [(1, "semseg"), (1, "normals"), (3, "depth"), (40, "normals"), (7, "edge"), (1, "human_parts"), (1, "image")],
)
def test_a_task_of_other_outputs_is_refused(outputs: int, task: str) -> None:
    with pytest.raises(CheckpointError, match=rf"cannot be '{task}', since it has {outputs} output"):
        single_task(outputs, Clues(given={"tasks": (task,)}))


@pytest.fixture
def depth_file(tmp_path: Path) -> Path:
    """A small network of one output, under no telling folder."""
    layout = HRNetLayout((4, 4, 4, 4), 1, (1, 1, 1), (1, 1, 1), 4)
    network = build_network(published("reference-single-hrnet", ("depth",), options=layout.to_options()))
    path = tmp_path / "best_model.pth.tar"
    torch.save({f"module.{key}": value for key, value in network.state_dict().items()}, path)
    return path


def test_one_output_is_asked_about(depth_file: Path) -> None:
    with pytest.raises(UnsaidError) as caught:
        load_model(depth_file, "cpu")
    assert caught.value.parameter == "tasks"
    assert caught.value.choices == (("depth",), ("sal",), ("edge",))
    message = str(caught.value)
    assert message.startswith("best_model.pth.tar is a single-task network of the multi-task code base, but its one")
    assert message.endswith("says which; give tasks=('depth',) or ('sal',) or ('edge',).")


@pytest.mark.parametrize("task", ["depth", "sal", "edge"])
def test_each_choice_opens_it(depth_file: Path, task: str) -> None:
    model = load_model(depth_file, "cpu", tasks=(task,))
    assert [(t.name, t.channels) for t in model.tasks] == [(task, 1)]
    assert "tasks" not in model.assumed


def test_the_folder_opens_it(depth_file: Path) -> None:
    folder = depth_file.parent / "PASCAL" / "hrnet_w18" / "single_task" / "edge"
    folder.mkdir(parents=True)
    model = load_model(depth_file.rename(folder / "best_model.pth.tar"), "cpu")
    assert [task.name for task in model.tasks] == ["edge"]
    assert model.assumed["tasks"] == "edge (the folder 'edge')"
    assert model.config.working_size == (512, 512)
    assert model.assumed["working_size"] == "512x512 (PASCAL)"


def test_a_wrong_task_is_said(depth_file: Path) -> None:
    with pytest.raises(CheckpointError, match=r"looks like a single-task network .* cannot be 'normals'"):
        load_model(depth_file, "cpu", tasks=("normals",))
    with pytest.raises((CheckpointError, InputError)):
        load_model(depth_file, "cpu", tasks=("depth", "edge"))
