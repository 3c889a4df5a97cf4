"""Every variant of the VGG-16 networks of NDDR-CNN's authors, four channels wide, against a forward written by hand."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.methods.vgg_by_hand import Tensors, Variables, random_values, tensors, variables
from tests.methods.vgg_files import load_pytorch, load_variables
from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.errors import CheckpointError, InputError, UnsaidError

CLOSE = 1e-4
"""Of an output's deviation; the forward by hand is in float64."""


def furthest(model: Model, image: torch.Tensor, expected: list[torch.Tensor]) -> float:
    outputs = model.forward({"rgb": image.float()})
    assert len(outputs) == len(expected)
    pairs = zip(outputs.values(), expected, strict=True)
    return max(float((ours - theirs).abs().max() / theirs.std()) for ours, theirs in pairs)


def picture(height: int, width: int) -> torch.Tensor:
    return torch.randn(1, 3, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


COUNTS = {
    ("nddr", False): 204, ("nddr", True): 214, ("shared", False): 89, ("shared", True): 94, ("single", False): 77,
    ("single", True): 82,
}  # fmt: skip
"""Variables of each program's files."""


@pytest.mark.parametrize(("kind", "shortcut"), COUNTS)
@pytest.mark.parametrize("size", [(45, 59), (48, 34)])
def test_variables_of_tensorflow(kind: str, shortcut: bool, size: tuple[int, int], tmp_path: Path) -> None:
    values = random_values(variables(kind, shortcut))
    assert len(values) == COUNTS[kind, shortcut]
    model = load_variables(values, tmp_path)
    by_hand, image = Variables(values), picture(*size)
    expected = by_hand.nddr(image) if kind == "nddr" else by_hand.baseline(image)
    assert furthest(model, image, expected) < CLOSE
    assert model.config.options.get("shortcut", 0) == int(shortcut)
    assert model.config.tasks == (("semseg",) if kind == "single" else ("semseg", "normals"))


@pytest.mark.parametrize(("outputs", "task"), [(3, "normals"), (13, "semseg")])
def test_a_single_task_is_told_by_its_outputs(outputs: int, task: str, tmp_path: Path) -> None:
    model = load_variables(random_values(variables("single", False, outputs=[outputs])), tmp_path)
    assert [(t.name, t.channels) for t in model.tasks] == [(task, outputs)]
    assert ("normals" in model.assumed) == (task == "normals")


SETTINGS = {"MODEL": {"SUPERNET": False, "SINGLETASK": False, "SHAREDFEATURE": False}}


def with_setting(name: str) -> dict[str, Any]:
    return {"MODEL": {**SETTINGS["MODEL"], name: True}}


CASES: dict[str, tuple[int, str, dict[str, Any], dict[str, bool], str]] = {
    "nddr": (5, "nddr", SETTINGS, {}, "nddr-cnn-vgg16-pytorch"),
    "nddr, 13 sites": (13, "nddr", SETTINGS, {}, "nddr-cnn-vgg16-pytorch"),
    "cross-stitch": (5, "scalar", SETTINGS, {}, "cross-stitch-vgg16"),
    "cross-stitch, 13 sites": (13, "scalar", SETTINGS, {}, "cross-stitch-vgg16"),
    "searched": (13, "nas", SETTINGS, {}, "mtl-nas-vgg16"),
    "supernet": (13, "nas", with_setting("SUPERNET"), {"supernet": True}, "mtl-nas-supernet-vgg16"),
    "pair": (5, "", with_setting("SINGLETASK"), {}, "reference-pair-vgg16"),
    "pair, 13 stages": (13, "", with_setting("SINGLETASK"), {}, "reference-pair-vgg16"),
    "shared": (5, "", with_setting("SHAREDFEATURE"), {"shared": True}, "reference-shared-vgg16-pytorch"),
    "shared, 13 stages": (13, "", with_setting("SHAREDFEATURE"), {"shared": True}, "reference-shared-vgg16-pytorch"),
}


def stored(stages: int, fusion: str) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(value) for name, value in random_values(tensors(stages, fusion)).items()}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("size", [(45, 59), (48, 32)])
def test_tensors_of_pytorch(case: str, size: tuple[int, int], tmp_path: Path) -> None:
    stages, fusion, cfg, how, architecture = CASES[case]
    state = stored(stages, fusion)
    further = {"net1.features.0.weight": state["net1.stages.0.feature.0.weight"], "aux_conv1.weight": torch.ones(40, 8)}
    model = load_pytorch({**state, **further}, cfg, tmp_path)
    image = picture(*size)
    expected = Tensors({k: v.numpy() for k, v in state.items()}, stages).forward(image, fusion, **how)
    assert furthest(model, image, expected) < CLOSE
    assert model.config.architecture == architecture
    sites = {"": 0, "nas": 26}.get(fusion, stages)
    assert len(model.sites) == sites


@pytest.mark.parametrize(
    ("stages", "fusion", "choices"),
    [
        (13, "nas", ("mtl-nas-vgg16", "mtl-nas-supernet-vgg16")),
        (5, "", ("reference-shared-vgg16-pytorch", "reference-pair-vgg16")),
    ],
)
def test_what_only_the_settings_say_is_asked_for(
    stages: int, fusion: str, choices: tuple[str, ...], tmp_path: Path
) -> None:
    state = stored(stages, fusion)
    with pytest.raises(UnsaidError, match="does not say whether") as caught:
        load_pytorch(state, None, tmp_path)
    assert (caught.value.parameter, caught.value.choices) == ("architecture", choices)
    for choice in choices:
        assert load_pytorch(state, None, tmp_path, architecture=choice).config.architecture == choice
    with pytest.raises((InputError, CheckpointError)):
        load_pytorch(state, None, tmp_path, architecture="cen-resnet50")


def test_alphas_of_another_number_of_stages(tmp_path: Path) -> None:
    state = {**stored(13, "nas"), "net1_alphas": torch.ones(5, 5)}
    with pytest.raises(CheckpointError, match=r"its alphas are \(5, 5\); expected those of 13 stages"):
        load_pytorch(state, SETTINGS, tmp_path)


def test_two_heads_of_normals_are_no_network_of_theirs(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="3 and 3 outputs; expected classes and 3 normals"):
        load_variables(random_values(variables("nddr", False, outputs=(3, 3))), tmp_path)


def test_normals_first(tmp_path: Path) -> None:
    """Which task is which is told by the outputs; the order stays the file's."""
    values = random_values(variables("nddr", False, outputs=(3, 40)))
    model = load_variables(values, tmp_path)
    assert model.config.tasks == ("normals", "semseg")
    image = picture(40, 40)
    assert furthest(model, image, Variables(values).nddr(image)) < CLOSE


def test_some_stages_fuse(tmp_path: Path) -> None:
    """A network of ours may fuse after any of them."""
    from vizlab.core.registry import build_network

    config = NetworkConfig(
        "nddr-cnn-vgg16",
        ("semseg", "normals"),
        ("rgb",),
        options={"width": 4, "shortcut": 1},
        stages=("conv2", "conv5"),
    )
    network = build_network(config)
    assert [site.name for site in network.sites] == ["nddr.conv2", "nddr.conv5"]
    assert network({"rgb": torch.randn(1, 3, 33, 40)})["semseg"].shape == (1, 40, 33, 40)
