"""`vizlab attribute`: what it prints is what Python gives."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import vizlab
from tests.experiments.attribution_networks import SIZE, Linear, model_of, noise
from vizlab.bundled import checkpoint
from vizlab.cli import app
from vizlab.errors import InputError
from vizlab.experiments.attribution import Baselines, Target, attribute, box, conductance, curves
from vizlab.experiments.attribution.commands import curve_words
from vizlab.scenes import load_scene

NETWORK = "cen-mobilenetv2-nyuv2"
RUN = CliRunner()


def files() -> list[str]:
    scene = load_scene("bedroom")
    return ["--rgb", str(scene.rgb_path), "--depth", str(scene.depth_path)]


def test_it_prints_what_python_gives(tmp_path: Path) -> None:
    out = tmp_path / "found.npz"
    options = [
        "--box",
        "100,80,180,200",
        "--of",
        "bed",
        "--scale",
        "logit",
        "--steps",
        "2",
        "--rgb-baseline",
        "blurred",
    ]
    done = RUN.invoke(app, ["attribute", str(checkpoint(NETWORK)), *files(), *options, "--edges", "--out", str(out)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    model = vizlab.load_model(checkpoint(NETWORK), precision="float32")
    scene = load_scene("bedroom")
    rgbd = vizlab.read_rgbd(scene.rgb_path, scene.depth_path)
    target = Target("semseg", box(rgbd.size, (100, 80), (180, 200)), "bed", "logit")
    found = attribute(model, rgbd, target, baselines=Baselines("blurred"), steps=2)
    assert said["of"] == found.of == "logit of bed, mean over 9,801 pixels"
    assert said["unit"] == "logits"
    assert said["value"] == pytest.approx(found.value, rel=1e-4)
    assert said["totals"] == pytest.approx(found.totals, rel=1e-3)
    assert said["completeness residual"] == pytest.approx(found.residual, rel=1e-2)
    assert said["baselines"]["rgb"].startswith("the picture blurred")
    flows = [f for f in conductance(model, rgbd, target, baselines=Baselines("blurred"), steps=2).flows if f.cross]
    assert [edge["site"] for edge in said["edges"]] == [f.site for f in flows]
    assert said["edges"][0]["conductance"] == pytest.approx(flows[0].value, rel=1e-2, abs=1e-5)
    with np.load(out) as kept:
        np.testing.assert_allclose(kept["map/depth"], found.maps["depth"], rtol=1e-2, atol=1e-6)
        np.testing.assert_array_equal(kept["region"], target.region)


def test_a_segment_and_a_check() -> None:
    options = ["--at", "320,300", "--sanity", "--method", "gradient x input"]
    done = RUN.invoke(app, ["attribute", str(checkpoint(NETWORK)), *files(), *options])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["of"].startswith("probability of bed, mean over 8")
    assert set(said["sanity check"]["all layers"]) == {"rgb", "depth"}


def test_words_of_curves_are_their_areas() -> None:
    region = Target("depth", box(SIZE, (2, 1), (5, 3)))
    found = curves(model_of(Linear()), noise(), region, steps=1, points=3)
    said = curve_words(found)
    assert set(said) == {"rgb", "depth"}
    assert said["rgb"] == found.by_modality["rgb"].areas


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--at", "1,2", "--box", "1,2,3,4"], "--at, --box and --polygon each name a region; give one of them."),
        (["--box", "1,2,3"], "--box is '1,2,3'; expected 4 numbers between commas, x before y."),
        (["--polygon", "1,x"], "--polygon is '1,x'; expected pairs of numbers between commas"),
    ],
)
def test_regions_that_cannot_be(options: list[str], sentence: str) -> None:
    done = RUN.invoke(app, ["attribute", str(checkpoint(NETWORK)), *files(), *options])
    assert isinstance(done.exception, InputError)
    assert sentence in str(done.exception)
