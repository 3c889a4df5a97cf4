"""`vizlab intervene` and `vizlab sweep` print what Python computes, and say in one sentence what cannot be."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import vizlab
from tests.conftest import make_model
from vizlab.cli import app
from vizlab.core.door import save_checkpoint
from vizlab.errors import InputError
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, small_rgbd: RGBDImage) -> Path:
    folder = tmp_path_factory.mktemp("intervene")
    for family in ("cen", "nddr-cnn"):
        model = make_model(family)
        save_checkpoint(folder / f"{family}.safetensors", model.network, model.config, {})
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    Image.fromarray(small_rgbd.colour).save(folder / "rgb.png")
    Image.fromarray(small_rgbd.colour[::-1].copy()).save(folder / "other.png")
    Image.fromarray((np.nan_to_num(small_rgbd.depth) * 1000).astype(np.uint16)).save(folder / "depth.png")
    return folder


@pytest.fixture(scope="module")
def cen(files: Path) -> vizlab.Model:
    return vizlab.load_model(files / "cen.safetensors", "cpu")


@pytest.fixture(scope="module")
def site(cen: vizlab.Model) -> str:
    return cen.sites[len(cen.sites) // 2].name


def picture(files: Path, colour: str = "rgb.png") -> RGBDImage:
    return vizlab.read_rgbd(files / colour, files / "depth.png", depth_unit="mm")


def run(files: Path, command: str, *options: str, family: str = "cen") -> dict[str, object]:
    given = [str(files / f"{family}.safetensors"), "--rgb", str(files / "rgb.png"), "--depth", str(files / "depth.png")]
    done = CliRunner().invoke(app, [command, *given, "--unit", "mm", "--device", "cpu", *options])
    if done.exception is not None:
        raise done.exception
    return json.loads(done.stdout)


def test_every_option_is_the_change_of_python(files: Path, cen: vizlab.Model, site: str) -> None:
    first, last = cen.sites[0].name, cen.sites[-1].name
    found = run(
        files, "intervene", "--cut", f"{site}:depth:rgb", "--cut", f"{first}::rgb:0,3", "--mean", last, "--zero", last,
        "--scale", f"{site}:rgb:depth=0.5", "--threshold", "0.03", "--threshold", f"{first}=0.5",
    )  # fmt: skip
    changes = [
        vizlab.cut(site, target="rgb", source="depth"),
        vizlab.cut(first, target="rgb", channels=[0, 3]),
        vizlab.do(last, by="mean"),
        vizlab.do(last, by="zero"),
        vizlab.do(site, target="depth", source="rgb", by=0.5),
        vizlab.threshold(0.03),
        vizlab.threshold(0.5, first),
    ]
    assert found["changes"] == [change.to_dict() for change in changes]
    effect = vizlab.intervene(cen, picture(files), changes)
    assert (found["kl"], found["flipped"]) == (effect.kl, effect.flipped)
    assert effect.kl > 0
    assert found["rms"] is None
    outputs = found["outputs"]
    assert isinstance(outputs, dict)
    assert set(outputs) == {"semseg/rgb", "semseg/depth", "semseg/ensemble"}
    for name, one in effect.outputs.items():
        assert (outputs[name]["size"], outputs[name]["unit"], outputs[name]["measure"]) == (one.size, "nats", "KL")
        names = effect.before.model.classes
        assert outputs[name]["flips"] == [{"from": names[a], "to": names[b], "cells": n} for a, b, n in one.flips]
        assert outputs[name]["flipped"] == one.share_flipped
    assert any(one.flips for one in effect.outputs.values())


def test_another_pictures_part_and_files(files: Path, cen: vizlab.Model, site: str, tmp_path: Path) -> None:
    other = ("--other-rgb", str(files / "other.png"), "--other-depth", str(files / "depth.png"))
    written = ("--out", str(tmp_path / "effect.npz"), "--trace", str(tmp_path / "after.npz"))
    found = run(files, "intervene", "--put", f"{site}:depth:rgb", *other, *written)
    change = vizlab.do(site, "rgb", "depth", picture(files, "other.png"))
    effect = vizlab.intervene(cen, picture(files), [change])
    assert found["kl"] == effect.kl > 0
    with np.load(tmp_path / "effect.npz") as arrays:
        np.testing.assert_array_equal(arrays["map/semseg/rgb"], effect.outputs["semseg/rgb"].map)
        np.testing.assert_array_equal(arrays["flipped/semseg/rgb"], effect.outputs["semseg/rgb"].flipped)
        assert json.loads(str(arrays["about"])) == found
    after = vizlab.load_trace(tmp_path / "after.npz")
    np.testing.assert_array_equal(after.predictions["semseg"].label, effect.after.predictions["semseg"].label)  # type: ignore[union-attr]


def test_depth_and_normals_are_scored_against_the_depth_that_is_given(files: Path) -> None:
    model = vizlab.load_model(files / "nddr-cnn.safetensors", "cpu")
    site = model.sites[1].name
    found = run(files, "intervene", "--cut", f"{site}:semseg:normals", family="nddr-cnn")
    rgbd = picture(files)
    truth = Reference().completed(rgbd)
    effect = vizlab.intervene(model, rgbd, [vizlab.cut(site, "normals", "semseg")], truth=truth)
    outputs = found["outputs"]
    assert isinstance(outputs, dict)
    for task, name in (("depth", "rmse"), ("normals", "angle")):
        before, after = effect.outputs[task].metrics[name]
        assert outputs[task]["metrics"][name] == {"before": before, "after": after}
    assert before != after
    assert (found["rms"], found["angle"]) == (effect.rms, effect.angle)
    assert effect.angle > 0
    assert "metrics" not in outputs["semseg"]


def test_a_sweep_is_that_of_python(files: Path, cen: vizlab.Model, tmp_path: Path) -> None:
    found = run(files, "sweep", "--kinds", "total,only", "--csv", str(tmp_path / "rows.csv"))
    expected = vizlab.sweep(cen, picture(files), kinds=("total", "only"))
    assert found == expected.to_dict()
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8").splitlines() == expected.csv().splitlines()
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(cen.sites)
    assert {row["direct"] for row in rows} == {"nan"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "Nothing is changed; add --cut"),
        (["--cut", "nowhere:depth:rgb"], "has no site 'nowhere'; its sites are .*SITE"),
        (["--cut", "SITE:depth"], "'SITE:depth' names no edge; expected SITE:SOURCE:TARGET, such as SITE:depth:rgb"),
        (["--cut", "SITE:depth:sound"], "Site 'SITE' has no target 'sound'; it has rgb, depth"),
        (["--cut", "SITE:depth:rgb:a"], "names channels 'a'; expected whole numbers"),
        (["--cut", "SITE:depth:rgb:9999"], "Channels \\[9999\\] are given for site 'SITE'; it has 0 to"),
        (["--scale", "SITE:depth:rgb"], "--scale is 'SITE:depth:rgb'; expected SITE:SOURCE:TARGET=FACTOR"),
        (["--scale", "SITE:depth:rgb=half"], "--scale is 'SITE:depth:rgb=half'"),
        (["--threshold", "low"], "--threshold is 'low'; expected VALUE or SITE=VALUE"),
        (["--threshold", "nowhere=0.1"], "has no site 'nowhere'"),
        (["--put", "SITE"], "--put takes parts of another picture"),
    ],
)
def test_what_cannot_be_is_one_sentence(files: Path, site: str, options: list[str], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence.replace("SITE:SOURCE", "EDGE").replace("SITE=VALUE", "SET")
                       .replace("SITE", site.replace(".", r"\.")).replace("EDGE", "SITE:SOURCE")
                       .replace("SET", "SITE=VALUE")):  # fmt: skip
        run(files, "intervene", *(option.replace("SITE", site) for option in options))


def test_a_kind_that_is_none_is_said(files: Path) -> None:
    with pytest.raises(InputError, match="--kinds names 'sum'; expected some of total, direct, only"):
        run(files, "sweep", "--kinds", "total,sum")
