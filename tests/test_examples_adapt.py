"""The example of an adapted network runs as its docstring says, is short, and leaves its network plain."""

import importlib.util
import inspect
import runpy
import sys
from pathlib import Path
from types import ModuleType

import cv2
import pytest
import torch

import vizlab
from vizlab.scenes import load_scene

EXAMPLE = Path(__file__).parents[1] / "examples" / "adapted_two_stream.py"
MOST_LINES = 30


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("adapted_two_stream", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where inspect finds the source of its classes
    spec.loader.exec_module(module)
    return module


def test_it_draws_a_figure_and_says_that_the_weights_are_random(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [EXAMPLE.name, str(tmp_path)])
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    said = capsys.readouterr().out
    assert "random weights: mechanics only" in said
    assert said.count("of the variance came from depth") == 2
    picture = cv2.imread(str(tmp_path / "adapted_two_stream.png"))
    assert picture is not None
    assert picture.shape[1] > picture.shape[0] > 200
    assert picture.std() > 10
    assert [path.name for path in tmp_path.iterdir()] == ["adapted_two_stream.png"]


def test_the_adaptation_is_short(example: ModuleType) -> None:
    lines = [line for line in inspect.getsource(example.adapted).splitlines() if line.strip()]
    print(f"{len(lines)} lines")
    assert len(lines) <= MOST_LINES


def test_the_network_knows_nothing_of_vizlab(example: ModuleType) -> None:
    for name in ("Block", "GatedFusion", "ConvFusion", "TwoStream"):
        kind = getattr(example, name)
        assert kind.__mro__[1].__module__.startswith("torch.nn")
        code = inspect.getsource(kind).replace(kind.__doc__, "")
        assert "vizlab" not in code, name


def test_its_shares_are_those_of_its_parts(example: ModuleType) -> None:
    """The gated site by hand, in float64: `share = sum_ch Cov(c, y) / sum_ch Var(y)`. The scene fills its input."""
    torch.manual_seed(0)
    network = example.TwoStream()
    model = example.adapted(network)
    scene = load_scene("bedroom")
    rgbd = vizlab.read_rgbd(scene.rgb_path, scene.depth_path, depth_unit="mm")
    framing = model.frame(rgbd.size)
    assert framing.padded == framing.content
    inputs = {name: x.contiguous() for name, x in model.preprocess(rgbd).items()}
    with torch.inference_mode():
        a, b = network.rgb[0](inputs["rgb"]), network.depth[0](inputs["depth"][:, :1])
        added = (network.gated.gate(torch.cat([a, b], 1)) * b)[0].double().flatten(1)
    y = a[0].double().flatten(1) + added
    centred = [x - x.mean(1, keepdim=True) for x in (added, y)]
    expected = float((centred[0] * centred[1]).sum() / (centred[1] ** 2).sum())
    assert 0.02 < expected < 0.98
    assert float(vizlab.trace(model, rgbd).sites["gated"].cross_share[0]) == pytest.approx(expected, abs=1e-4)
