"""A method outside of vizlab, examples/own_method: installed as a package, it is one like any other."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import vizlab
from tests.packaging.commands import ROOT, run, run_python
from tests.packaging.stranger import CONFIG
from vizlab.core.model import Model
from vizlab.rgbd import RGBDImage

PACKAGE = ROOT / "examples/own_method"
STAGES = {"stage1": 16, "stage2": 24, "stage3": 32, "stage4": 96, "stage5": 320}
"""MobileNetV2's stages and their channels (table 2 of the paper, without the classifier's 1280)."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pip put the package into; built from a copy, since a build leaves files beside its source."""
    place = tmp_path_factory.mktemp("installed")
    source = shutil.copytree(PACKAGE, tmp_path_factory.mktemp("source") / "own_method")
    done = run(
        [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "--target", place, source],
        cwd=place,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workplace")


@pytest.fixture(scope="module")
def facts(installed: Path, workplace: Path) -> dict[str, Any]:
    return json.loads(run_python(Path(__file__).with_name("stranger.py"), workplace, cwd=workplace, path=[installed]))


def test_it_is_found_beside_those_of_vizlab(facts: dict[str, Any]) -> None:
    assert {"cen", "nddr-cnn", "mti-net", "sum-fusion"} <= set(facts["families"])
    assert facts["broken"] == {}


def test_a_checkpoint_of_it_goes_through_the_one_door(facts: dict[str, Any]) -> None:
    assert facts["family"] == "sum-fusion"
    assert facts["sites"] == [[f"sums.{stage}", "sum", channels, stage] for stage, channels in STAGES.items()]
    assert "FuseNet, Hazirbas et al., ACCV 2016" in facts["card"]


def test_it_is_traced_saved_and_read_again(facts: dict[str, Any]) -> None:
    for share in facts["shares"].values():
        (row,) = share
        assert sum(row) == pytest.approx(1, abs=1e-5)
        assert all(abs(value) > 1e-3 for value in row)
    assert facts["reloaded"]
    assert facts["predictions"] == {"semseg": [480, 640], "depth": [480, 640]}


def test_it_has_the_properties_of_every_network(facts: dict[str, Any]) -> None:
    code, printed = facts["check"]
    assert code == 0, printed
    assert "findings ok" in printed
    assert "parts sum to the output" in printed


def test_its_chart_is_a_view_and_shows_the_weights_of_the_file(facts: dict[str, Any], workplace: Path) -> None:
    assert facts["listed"]
    assert "sum_weights" in facts["charts"]  # what the API draws by name
    stored = load_file(workplace / "own.safetensors")
    boxes = facts["view"]["boxes"]
    assert len(boxes) == len(STAGES)
    for stage, box in zip(STAGES, boxes, strict=True):
        assert np.array_equal(np.float16(box), stored[f"sums.{stage}.weight"]), stage


def test_its_tab_stands_on_the_page_after_those_of_vizlab(facts: dict[str, Any]) -> None:
    assert list(facts["page"]["tabs"].items())[-1] == ("sum-fusion", "Sum fusion")
    titles = " ".join(facts["page"]["figures"])
    assert "What depth counts, channel by channel" in titles
    assert "Cross-stream share" in titles
    assert 'data-site="sums.stage3"' in facts["page"]["text"]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    """The network in this process, whose registry does not know the package."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    from vizlab_sum_fusion.about import METHOD  # type: ignore[import-not-found]

    torch.manual_seed(1)
    network = METHOD.architectures[CONFIG.architecture](CONFIG)
    for add in network.sums.values():
        torch.nn.init.uniform_(add.weight, -1, 2)
    return Model(network, CONFIG, "own", method=METHOD, precision="float32")


def test_shares_are_those_of_the_definition(model: Model, small_rgbd: RGBDImage) -> None:
    """share[s] = sum over channels of Cov(part s, y) / sum of Var(y), y = x_rgb + w x_depth, written out in NumPy."""
    trace, inputs, net = vizlab.trace(model, small_rgbd), model.preprocess(small_rgbd), model.network
    rgb, depth = inputs["rgb"], inputs["depth"]
    with torch.inference_mode():
        for index, (name, site) in enumerate(trace.sites.items()):
            rgb, depth = net.rgb.run_stage(index, rgb), net.depth.run_stage(index, depth)  # type: ignore[operator,union-attr]
            weight = net.get_submodule(name).weight[:, None, None]  # type: ignore[index]
            parts = [part[0].double().numpy().reshape(part.shape[1], -1) for part in (rgb, weight * depth)]
            total = parts[0] + parts[1]
            variance = total.var(axis=1).sum()
            expected = [np.mean((p - p.mean(1, keepdims=True)) * total, axis=1).sum() / variance for p in parts]
            assert site.share is not None
            assert site.share[0] == pytest.approx(expected, abs=1e-4), name
            rgb = rgb + weight * depth


def test_cut_apart_it_sees_no_depth(model: Model, small_rgbd: RGBDImage) -> None:
    assert small_rgbd.depth is not None
    other = replace(small_rgbd, depth=small_rgbd.depth[::-1].copy())
    cut, cut_of_other = (vizlab.trace(model, picture, cross=False) for picture in (small_rgbd, other))
    whole, whole_of_other = (vizlab.trace(model, picture) for picture in (small_rgbd, other))
    assert np.array_equal(confidence(cut), confidence(cut_of_other))
    assert not np.array_equal(confidence(whole), confidence(whole_of_other))
    for site in cut.sites.values():
        assert site.share is not None
        assert site.share[0].tolist() == pytest.approx([1, 0])


def test_other_inputs_are_refused_in_a_sentence(model: Model) -> None:
    with pytest.raises(ValueError, match="expected rgb, depth"):
        model.method.architectures[CONFIG.architecture](replace(CONFIG, inputs=("rgb",)))


def confidence(trace: vizlab.FusionTrace) -> np.ndarray:
    return trace.predictions["semseg"].confidence  # type: ignore[union-attr]
