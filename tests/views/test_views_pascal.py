"""The five tasks of PASCAL as they are shown: what is a class, what a probability, under which names and colours."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import make_model
from tests.methods.cross_stitch.networks import COMPACT_PASCAL, warmed
from vizlab import views
from vizlab.core.model import Model
from vizlab.core.predictions import MapPrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.measures.reference import Reference
from vizlab.page.summary import model_summary
from vizlab.rgbd import RGBDImage
from vizlab.tasks import HUMAN_PARTS, NYU40_CLASSES, PASCAL21_CLASSES, SUNRGBD37_CLASSES, VOID, same_classes
from vizlab.views.document import document
from vizlab.views.layers import prediction_layers
from vizlab.views.panels import Panel

HEAD, TORSO = "#800000", "#008000"
"""VOC's colours of the indices 1 and 2."""


@pytest.fixture(scope="module")
def pascal(small_rgbd: RGBDImage) -> FusionTrace:
    config = replace(COMPACT_PASCAL, classes=PASCAL21_CLASSES)
    return trace(Model(warmed(config), config, "pascal", precision="float32"), small_rgbd)


@pytest.fixture(scope="module")
def nyu(small_rgbd: RGBDImage) -> FusionTrace:
    return trace(make_model("nddr-cnn"), small_rgbd)


def test_what_each_task_becomes(pascal: FusionTrace) -> None:
    kinds = {"semseg": SemsegPrediction, "human_parts": SemsegPrediction, "sal": MapPrediction,
             "normals": NormalsPrediction, "edge": MapPrediction}  # fmt: skip
    assert {name: type(one) for name, one in pascal.predictions.items()} == kinds
    for name in ("sal", "edge"):
        value = pascal.predictions[name].value  # type: ignore[union-attr]
        assert value.ndim == 2
        assert 0 < value.min() < value.max() < 1
    assert pascal.predictions["human_parts"].label.max() < 7  # type: ignore[union-attr]


def test_layers(pascal: FusionTrace) -> None:
    found = {layer.key: layer for layer in prediction_layers(pascal)}
    for task, word in (("sal", "stands out"), ("edge", "edge")):
        layer = found[f"pascal|{task}"]
        assert (layer.kind, layer.colormap, layer.low, layer.high, layer.row) == (
            "scalar",
            "cividis",
            0,
            1,
            "probability",
        )
        assert word in layer.sentence
    parts = found["pascal|human_parts"]
    assert (parts.kind, parts.classes) == ("classes", HUMAN_PARTS)
    assert found["pascal|human_parts|entropy"].high == pytest.approx(math.log(7), abs=0.01)
    assert found["pascal|semseg|entropy"].high == pytest.approx(math.log(21), abs=0.01)


def test_legends_and_colours(pascal: FusionTrace, small_rgbd: RGBDImage) -> None:
    label = np.zeros(small_rgbd.size, np.uint8)
    label[10:], label[40:] = 1, 2
    sure = SemsegPrediction(label, np.ones(small_rgbd.size, np.float32))
    given = replace(pascal, predictions={**pascal.predictions, "human_parts": sure, "semseg": sure})
    grid = views.prediction_grid([given], small_rgbd)
    rows = dict(grid.rows)
    assert [task for task in rows if task != "depth error"] == ["semseg", "human_parts", "sal", "normals", "edge"]
    legends = {task: {item.label: item.colour for item in rows[task][0].legend} for task in ("semseg", "human_parts")}  # type: ignore[union-attr]
    assert legends["human_parts"] == {"background": "#000000", "head": HEAD, "torso": TORSO}
    assert legends["semseg"] == {"background": "#000000", "aeroplane": HEAD, "bicycle": TORSO}
    assert (rows["human_parts"][0].image[5, 5] == 0).all()  # type: ignore[union-attr]
    assert rows["sal"][0].legend.label == "sal probability"  # type: ignore[union-attr]


def test_colours_of_nyu_are_not_those_of_a_background() -> None:
    plain, pascal = views.class_colours("voc", NYU40_CLASSES), views.class_colours("voc", PASCAL21_CLASSES)
    np.testing.assert_array_equal(plain[:254], pascal[1:255])
    assert (pascal[0] == 0).all()
    np.testing.assert_array_equal(views.class_colours("safe", NYU40_CLASSES), views.class_colours("safe", HUMAN_PARTS))


def test_sun_means_what_nyu_means() -> None:
    assert len(SUNRGBD37_CLASSES) == 37
    assert same_classes(SUNRGBD37_CLASSES, NYU40_CLASSES)
    assert same_classes((), PASCAL21_CLASSES)
    assert not same_classes(NYU40_CLASSES, PASCAL21_CLASSES)
    assert not same_classes(HUMAN_PARTS, PASCAL21_CLASSES)


def test_one_table_names_everybodys_classes(pascal: FusionTrace, nyu: FusionTrace, small_rgbd: RGBDImage) -> None:
    """NYUv2's come first and keep their numbers; PASCAL's and the parts of people have places of their own."""
    reference = Reference(label=np.full(small_rgbd.size, 3, np.uint8), classes=NYU40_CLASSES)
    found = document({"nyu": nyu, "pascal": pascal}, small_rgbd, reference)
    table = found.manifest["classes"]
    assert table["names"] == [*NYU40_CLASSES, *PASCAL21_CLASSES, *HUMAN_PARTS]
    assert {name: len(colours) for name, colours in table["palettes"].items()} == {"voc": 68, "safe": 68}
    assert table["palettes"]["voc"][40] == table["palettes"]["voc"][61] == "#000000"
    assert table["palettes"]["voc"][62] == HEAD
    values = {layer.key: layer.values for layer in found.layers.values()}
    for key, start, prediction in (
        ("nyu|semseg", 0, nyu.predictions["semseg"]),
        ("pascal|semseg", 40, pascal.predictions["semseg"]),
        ("pascal|human_parts", 61, pascal.predictions["human_parts"]),
    ):
        np.testing.assert_array_equal(values[key], prediction.label + start)  # type: ignore[union-attr]
    assert (values["reference|semseg"] == 3).all()
    keys = {layer["key"] for layer in found.manifest["layers"]}
    assert "nyu|semseg|error" in keys
    assert "pascal|normals|between|nyu" in keys
    assert not keys & {"pascal|semseg|error", "pascal|semseg|between|nyu"}  # other classes: nothing to compare


def test_void_has_no_place_in_the_table(pascal: FusionTrace, small_rgbd: RGBDImage) -> None:
    parts = np.full(small_rgbd.size, VOID, np.uint8)
    parts[0, 0] = 6
    found = document({"pascal": pascal}, small_rgbd, Reference(human_parts=parts))
    (layer,) = (layer for layer in found.layers.values() if layer.key == "reference|human_parts")
    assert np.unique(layer.values).tolist() == [21 + 6, VOID]
    assert found.manifest["classes"]["names"] == [*PASCAL21_CLASSES, *HUMAN_PARTS]


def test_two_networks_of_one_kind_are_compared(pascal: FusionTrace, small_rgbd: RGBDImage) -> None:
    found = document({"a": pascal, "b": pascal}, small_rgbd)
    made = {layer["key"]: layer["made"] for layer in found.manifest["layers"] if layer["made"]}
    assert made["b|human_parts|between|a"]["by"] == "mismatch"
    assert made["b|sal|between|a"]["by"] == made["b|edge|between|a"]["by"] == "difference"


def marked(probability: np.ndarray) -> np.ndarray:
    """What lies above one of the thresholds that are tried: about half of it."""
    return (probability >= round(float(np.median(probability)) * 20) / 20).astype(np.uint8)


def test_references_of_these_tasks(pascal: FusionTrace, small_rgbd: RGBDImage) -> None:
    """What a caller gives is shown beside the prediction and measured: here, what the network predicts itself."""
    parts = pascal.predictions["human_parts"].label  # type: ignore[union-attr]
    sal, edge = (marked(pascal.predictions[name].value) for name in ("sal", "edge"))  # type: ignore[union-attr]
    label = np.zeros(small_rgbd.size, np.uint8)
    truth = Reference(human_parts=parts, sal=sal, edge=edge, label=label, classes=NYU40_CLASSES)
    grid = views.prediction_grid([pascal], small_rgbd, truth)
    captions = {task: cells[0].caption for task, cells in grid.rows if isinstance(cells[0], Panel)}
    assert captions["human_parts"].startswith("Pixel accuracy 100")
    assert captions["sal"].startswith("F-measure 100")
    assert "0.3" in captions["sal"]
    assert captions["edge"].startswith("F 100")
    assert "not thinned" in captions["edge"]
    assert captions["semseg"] == "Its classes are not the reference’s."
    said = model_summary(pascal, truth)["predictions"]
    assert said["human_parts"]["miou"] == 1
    assert said["sal"]["f"] == said["edge"]["f"] == 1
    assert "miou" not in said["semseg"]
    empty = views.prediction_grid([pascal], small_rgbd, replace(truth, sal=0 * sal))
    assert dict(empty.rows)["sal"][0].caption == "The reference marks nothing."  # type: ignore[union-attr]
    assert set(said["human_parts"]["largest"]) <= {*HUMAN_PARTS, "1 smaller class", "2 smaller classes"}
