"""What is known of a file beside its tensors: its folders, its settings, what the caller gave; and what nobody says."""

from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.door.authors_files import filled_state, golden_facts
from vizlab.core.config import NetworkConfig
from vizlab.core.door import container, load_model
from vizlab.core.published import Clues
from vizlab.errors import CheckpointError, InputError, UnsaidError
from vizlab.methods.nddr_cnn.files import NDDR_CNN


def nested() -> dict[str, object]:
    return {
        "cfg": OrderedDict(MODEL=OrderedDict(SUPERNET=False, NAME="a", DEPTH=13), LIST=[1, 2]),
        "step": 20000,
        "loss": 0.5,
        "text": "x" * 5000,
        "model_state_dict": {"a.weight": torch.ones(2)},
    }


def test_settings_are_named_by_what_they_stand_in(tmp_path: Path) -> None:
    torch.save(nested(), tmp_path / "a.pth")
    found = container.read_file(tmp_path / "a.pth")
    assert found.settings == {
        "cfg.MODEL.SUPERNET": False, "cfg.MODEL.NAME": "a", "cfg.MODEL.DEPTH": 13, "step": 20000, "loss": 0.5,
    }  # fmt: skip
    assert set(found.tensors) == {"model_state_dict.a.weight"}


def test_a_long_history_is_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    content = nested() | {"history": [0.5] * 100_000, "by_name": {str(i): i for i in range(20_000)}}
    torch.save(content, tmp_path / "a.pth")
    found = container.read_file(tmp_path / "a.pth")
    assert set(found.tensors) == {"model_state_dict.a.weight"}
    assert len(found.settings) == 10_000


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Clues]:
    """What the format of NDDR-CNN is asked with, which says nothing of its own."""
    seen: list[Clues] = []

    def describe(state: dict[str, Tensor], clues: Clues) -> tuple[NetworkConfig, dict[str, str]]:
        seen.append(clues)
        raise UnsaidError("it does not say which", "tasks", [("depth",), ("sal",)])

    monkeypatch.setitem(NDDR_CNN.__dict__, "describe", describe)
    return seen


def test_what_nobody_says_is_asked_for(tmp_path: Path, asked: list[Clues]) -> None:
    path = tmp_path / "single_task" / "depth" / "a.pth.tar"
    path.parent.mkdir(parents=True)
    state = {"nddr.conv.layer.semseg.0.weight": torch.ones(2, 2)}
    torch.save({"model": state, "cfg": {"SINGLE": True}}, path)
    with pytest.raises(UnsaidError) as caught:
        load_model(path, "cpu", tasks=("depth",))
    assert caught.value.question == "a.pth.tar is an NDDR-CNN, but it does not say which"
    assert str(caught.value) == f"{caught.value.question}; give tasks=('depth',) or ('sal',)."
    assert (caught.value.parameter, caught.value.choices) == ("tasks", (("depth",), ("sal",)))
    assert isinstance(caught.value, CheckpointError)
    (clues,) = asked
    assert clues.folders[:2] == ("depth", "single_task")
    assert clues.settings == {"cfg.SINGLE": True}
    assert clues.given["tasks"] == ("depth",)
    assert clues.given["architecture"] is None


def test_another_architecture_than_the_file_s_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pth.tar"
    torch.save(filled_state(golden_facts("nddr_cnn_resnet18_nyud")["keys"]), path)
    with pytest.raises(InputError, match=r"a\.pth\.tar holds a nddr-cnn-resnet18, not a cen-resnet50; leave"):
        load_model(path, "cpu", architecture="cen-resnet50")
