"""What ships in checkpoints/: loads through the door, is small, says what it is, and really fuses."""

from pathlib import Path

import numpy as np
import pytest
import torch

import vizlab
from vizlab import scenes
from vizlab.cards import card_markdown
from vizlab.models.cen import CEN
from vizlab.predictions import DepthPrediction, NormalsPrediction, SemsegPrediction

FOLDER = Path(__file__).parents[1] / "checkpoints"
SHIPPED = sorted(FOLDER.glob("*.safetensors"))
FAMILIES = {"cen", "nddr-cnn", "mti-net"}


def read_scene(name: str) -> vizlab.RGBDImage:
    scene = scenes.load_scene(name)
    return vizlab.read_rgbd(scene.rgb_path, scene.depth_path)


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda p: p.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def shipped(path: Path) -> vizlab.Model:
    return vizlab.load_model(path, device="cpu", precision="float32")


@pytest.fixture(scope="module")
def cen() -> vizlab.Model:
    return vizlab.load_model(FOLDER / "cen-mobilenetv2-nyuv2.safetensors", device="cpu", precision="float32")


def test_one_checkpoint_of_each_method_ships_and_all_are_small() -> None:
    assert {p.stem.removesuffix("-mobilenetv2-nyuv2") for p in SHIPPED} == FAMILIES
    assert sum(p.stat().st_size for p in SHIPPED) < 40e6


def test_the_card_beside_the_file_is_made_from_its_header(path: Path, shipped: vizlab.Model) -> None:
    assert path.with_suffix(".md").read_text() == card_markdown(shipped)
    assert shipped.card["figures"]["split"] == "test"
    assert shipped.card["figures"]["pictures"] == 654
    assert not shipped.assumed
    assert shipped.classes[:2] == ("wall", "floor")


def test_the_figures_are_above_the_floors_of_a_first_generation(shipped: vizlab.Model) -> None:
    """Below 22 % mIoU for CEN, or 15 % for the other two, training went wrong."""
    figures = shipped.card["figures"]["outputs"]
    if shipped.network.family == "cen":
        streams = [figures[f"semseg/{s}"]["mIoU"] for s in ("rgb", "depth")]
        assert figures["semseg/ensemble"]["mIoU"] >= 22
        assert figures["semseg/ensemble"]["mIoU"] > max(streams)
    else:
        assert figures["semseg"]["mIoU"] >= 15
        assert 0 < figures["depth"]["RMSE"] < 1.2
        assert 0 < figures["normals"]["mean angle"] < 40


def test_cen_really_exchanges(cen: vizlab.Model) -> None:
    """Between 5 % and 40 % of the channels that training pushes towards zero are exchanged."""
    assert isinstance(cen.network, CEN)
    eligible = exchanged = 0
    for norm in cen.network.exchange_norms():
        eligible += int(norm.eligible().sum())
        exchanged += int((norm.eligible() & norm.exchanged()).sum())
    assert 0.05 < exchanged / eligible < 0.40


def test_switching_the_exchange_off_changes_what_cen_sees(cen: vizlab.Model) -> None:
    rgbd = read_scene(scenes.list_scenes()[0])
    on, off = vizlab.trace(cen, rgbd), vizlab.trace(cen, rgbd, cross=False)
    differs = on.predictions["semseg"].label != off.predictions["semseg"].label  # type: ignore[union-attr]
    assert np.mean(differs) > 0.02


@pytest.mark.parametrize("name", scenes.list_scenes())
def test_every_checkpoint_recognises_the_bundled_rooms(name: str, shipped: vizlab.Model) -> None:
    """Far better than the most frequent class alone could be by chance; the exact figures are in the README."""
    scene = scenes.load_scene(name)
    traced = vizlab.trace(shipped, read_scene(name))
    semseg = traced.predictions["semseg"]
    assert isinstance(semseg, SemsegPrediction)
    labelled = scene.label != 255
    assert (semseg.label == scene.label)[labelled].mean() > 0.3
    for prediction in traced.predictions.values():
        if isinstance(prediction, DepthPrediction):
            assert 0.2 < float(np.median(prediction.value)) < 10
        if isinstance(prediction, NormalsPrediction):
            assert np.nanmedian(prediction.value[..., 2]) < 0  # surfaces face the camera


def test_the_documented_lines_work(tmp_path: Path, cen: vizlab.Model) -> None:
    """The public API as it is promised."""
    rgbd = read_scene(scenes.list_scenes()[0])
    trace = vizlab.trace(cen, rgbd)
    assert trace.predictions["semseg"].label.shape == rgbd.size  # type: ignore[union-attr]
    share = trace.sites[cen.sites[8].name].share
    assert share is not None
    assert share.sum(1) == pytest.approx(1, abs=1e-4)
    assert vizlab.views.exchange_ledger(trace).data
    trace.save(str(tmp_path / "trace.npz"))
    loaded = vizlab.load_trace(tmp_path / "trace.npz")
    assert np.array_equal(loaded.predictions["semseg"].label, trace.predictions["semseg"].label)  # type: ignore[union-attr]
    with torch.inference_mode():
        outputs = cen.network(cen.preprocess(rgbd))
    assert set(outputs) == {"semseg/rgb", "semseg/depth", "semseg/ensemble"}


def test_default_precision_stays_within_tolerance(path: Path, shipped: vizlab.Model) -> None:
    """bfloat16, the default where a CPU computes in it, gives float32's label on nine pixels of ten at the least."""
    fast = vizlab.load_model(path, device="cpu", precision="bfloat16")
    rgbd = read_scene(scenes.list_scenes()[0])
    exact, rough = (vizlab.trace(m, rgbd).predictions["semseg"].label for m in (shipped, fast))  # type: ignore[union-attr]
    assert np.mean(exact == rough) > 0.9
