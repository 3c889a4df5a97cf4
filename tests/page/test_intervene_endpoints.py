"""The endpoints /intervene and /sweep: the numbers of Python, in one sentence what cannot be."""

from typing import Any

import pytest

import vizlab
from tests.conftest import make_model
from vizlab.core.door import save_checkpoint
from vizlab.errors import InputError
from vizlab.page.api import Endpoints
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

SCENE, OTHER = "office", "bedroom"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Endpoints, str]:
    """The endpoints on one small network, and an analysis of a scene."""
    folder = tmp_path_factory.mktemp("checkpoints")
    model = make_model("cen")
    save_checkpoint(folder / "small.safetensors", model.network, model.config, {})
    does = Endpoints(Workspace(Settings(checkpoints=folder)))
    return does, does.analyse(scene=SCENE, models=["small"], device="cpu", precision="float32")["key"]


@pytest.fixture(scope="module")
def model(asked: tuple[Endpoints, str]) -> vizlab.Model:
    [found] = asked[0].workspace.shelf.loaded(["small"])
    return found


def picture(does: Endpoints, name: str = SCENE) -> vizlab.RGBDImage:
    return does.workspace.scene_picture(name).rgbd


def test_intervene_is_that_of_python(asked: tuple[Endpoints, str], model: vizlab.Model) -> None:
    does, key = asked
    site, last = model.sites[5].name, model.sites[-1].name
    given: list[dict[str, Any]] = [
        {"site": site, "target": "rgb", "source": "depth"},
        {"site": last, "by": "scale", "factor": 0.5},
        {"site": last, "target": "depth", "by": "mean", "channels": [0, 1, 2]},
        {"site": site, "target": "depth", "scene": OTHER},
        {"set": "threshold", "value": 0.05},
    ]
    changes = [
        vizlab.cut(site, "rgb", "depth"),
        vizlab.do(last, by=0.5),
        vizlab.do(last, "depth", by="mean", channels=[0, 1, 2]),
        vizlab.do(site, "depth", by=picture(does, OTHER)),
        vizlab.threshold(0.05),
    ]
    truth = does.workspace.scene_picture(SCENE).reference
    expected = vizlab.intervene(model, picture(does), changes, truth=truth)
    assert does.intervene(key, "small", given) == expected.to_dict()
    assert expected.kl > 0
    assert "accuracy" in expected.to_dict()["outputs"]["semseg/rgb"]["metrics"]


def test_sweep_is_that_of_python_and_kept(asked: tuple[Endpoints, str], model: vizlab.Model) -> None:
    does, key = asked
    found = does.sweep(key, "small")
    assert found == vizlab.sweep(model, picture(does)).to_dict()
    kept = does.workspace.effects.get(does.workspace.get(key).trace_of("small"))
    assert kept is not None
    assert kept.done
    assert does.sweep(key, "small") == found


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([{"site": "nowhere"}], "has no site 'nowhere'; its sites are"),
        ([], "expected a list of one or more"),
        ("cut", "expected a list of one or more"),
        ([{"by": "cut"}], 'A change is .*; expected {"site"'),
        ([{"set": "threshold", "value": "low"}], "A change is"),
        ([{"site": "SITE", "by": "magic"}], "A change by 'magic' cannot be done"),
        ([{"site": "SITE", "by": "scale"}], "A change is"),
        ([{"site": "SITE", "scene": "attic"}], "There is no scene 'attic'; known: bedroom"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    asked: tuple[Endpoints, str], model: vizlab.Model, changes: Any, sentence: str
) -> None:
    does, key = asked
    for one in changes if isinstance(changes, list) else ():
        if one.get("site") == "SITE":
            one["site"] = model.sites[0].name
    with pytest.raises(InputError, match=sentence):
        does.intervene(key, "small", changes)
