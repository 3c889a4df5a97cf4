"""Layers hold the trace's own values, where they belong, under keys that hold from picture to picture."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from vizlab.core.framing import Framing
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.trace import FusionTrace
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.views.document import OWN, document, pack
from vizlab.views.headings import network_titles
from vizlab.views.layers import Layer, Sampling, picture_layers, prediction_layers, sampling, site_layers
from vizlab.views.packing import pack_numbers, unpack


def by_key(layers: list[Layer]) -> dict[str, Layer]:
    found = {layer.key: layer for layer in layers}
    assert len(found) == len(layers), "two layers of one key"
    return found


def test_predictions_are_the_traces_own(cen_trace: FusionTrace, nddr_trace: FusionTrace) -> None:
    found = by_key([*prediction_layers(cen_trace), *prediction_layers(nddr_trace)])
    cen, nddr = cen_trace.model.name, nddr_trace.model.name
    streams = {key for key in found if key.startswith(f"{cen}|") and found[key].kind == "classes"}
    assert streams == {f"{cen}|semseg/{stream}" for stream in ("rgb", "depth", "ensemble")}
    ensemble = cen_trace.predictions["semseg"]
    assert isinstance(ensemble, SemsegPrediction)
    assert np.array_equal(found[f"{cen}|semseg/ensemble"].values, ensemble.label)
    assert np.array_equal(found[f"{cen}|semseg/ensemble|confidence"].values, ensemble.confidence)
    depth = nddr_trace.predictions["depth"]
    assert isinstance(depth, DepthPrediction)
    assert np.array_equal(found[f"{nddr}|depth"].values, depth.value)
    assert (found[f"{nddr}|depth"].unit, found[f"{nddr}|depth"].row) == ("m", "depth")


def test_entropy_is_that_of_the_probabilities(nddr_trace: FusionTrace) -> None:
    """Between nothing and the logarithm of the number of classes; sure pixels have little of it."""
    prediction = nddr_trace.predictions["semseg"]
    assert isinstance(prediction, SemsegPrediction)
    assert prediction.entropy is not None
    assert prediction.entropy.shape == prediction.label.shape
    most = math.log(len(nddr_trace.model.classes))
    assert 0 <= prediction.entropy.min() <= prediction.entropy.max() <= most + 1e-4
    layer = by_key(prediction_layers(nddr_trace))[f"{nddr_trace.model.name}|semseg|entropy"]
    assert (layer.unit, layer.low, layer.high) == ("nats", 0, round(most, 2))


def test_initial_predictions_keep_their_own_grid(mti_trace: FusionTrace) -> None:
    found = by_key(prediction_layers(mti_trace))
    coarse = found[f"{mti_trace.model.name}|scale_3/depth"]
    initial = mti_trace.initial["scale_3/depth"]
    assert isinstance(initial, DepthPrediction)
    assert np.array_equal(coarse.values, initial.value)
    rows, columns = mti_trace.grids["scale_3/depth"]
    framing = mti_trace.framing
    assert coarse.cell == pytest.approx(
        (framing.padded[0] / rows * framing.picture[0] / framing.content[0],
         framing.padded[1] / columns * framing.picture[1] / framing.content[1])
    )  # fmt: skip


def test_maps_of_sites_are_the_traces_own(mti_trace: FusionTrace) -> None:
    found, name = by_key(site_layers(mti_trace)), mti_trace.model.name
    site = next(s for s in mti_trace.sites.values() if s.site.kind == "distillation")
    assert site.outside is not None
    assert site.received is not None
    assert site.gates is not None
    for t, target in enumerate(site.site.targets):
        base = f"{name}|{site.site.name}|{target}"
        assert np.array_equal(found[f"{base}|outside"].values, site.outside[t])
        others = [s for s, source in enumerate(site.site.sources) if source != target]
        all_of_it = np.sqrt(sum(site.received[t, s].astype(float) ** 2 for s in others))
        assert np.allclose(found[f"{base}|received"].values, all_of_it, atol=2e-3)
        for s in others:
            source = site.site.sources[s]
            assert np.array_equal(found[f"{base}|gate|{source}"].values, site.gates[t, s])
            assert np.array_equal(found[f"{base}|received|{source}"].values, site.received[t, s].astype(np.float32))
    assert not any("|propagation" in key for key in found)
    assert f"{name}|{site.site.name}|{site.site.targets[0]}|gate|{site.site.targets[0]}" not in found


@pytest.mark.parametrize(("stride", "offset"), [(1, 0), (2, 0), (3, 1), (4, 1)])
def test_of_every_cell_one_pixel_is_kept_as_it_is(stride: int, offset: int) -> None:
    values = np.arange(10 * 14).reshape(10, 14)
    kept = Sampling(stride)
    found = kept(values)
    assert kept.offset == offset
    for (row, column), value in np.ndenumerate(found):
        assert value == values[row * stride + offset, column * stride + offset]
    assert kept.cell == (stride, stride)


def test_a_value_is_kept_for_every_pixel_that_some_network_saw() -> None:
    small, large = Framing((480, 640), (240, 320), (256, 320)), Framing((480, 640), (480, 640), (480, 640))
    assert sampling([small]).stride == 2
    assert sampling([small, large]).stride == 1
    assert sampling([Framing((1000, 1000), (300, 300), (320, 320))]).stride == 3
    assert sampling([]).stride == 1


def test_the_pictures_own_layers(small_rgbd: RGBDImage) -> None:
    label = np.zeros(small_rgbd.size, np.uint8)
    found = by_key(picture_layers(small_rgbd, Reference(small_rgbd.depth, label)))
    assert set(found) == {"picture|colour", "picture|depth", "reference|semseg"}
    other = small_rgbd.depth + 1  # type: ignore[operator]
    assert "reference|depth" in by_key(picture_layers(small_rgbd, Reference(other, label)))


def test_a_document_is_json_and_holds_what_it_names(
    cen_trace: FusionTrace, nddr_trace: FusionTrace, small_rgbd: RGBDImage
) -> None:
    traces = {t.model.name: t for t in (cen_trace, nddr_trace)}
    found = document(traces, small_rgbd, key="k", title="t")
    manifest = json.loads(json.dumps(found.manifest, allow_nan=False))
    assert [n["name"] for n in manifest["networks"]] == list(traces)
    for entry in manifest["layers"]:
        if entry["values"] is not None:
            layer = found.layers[entry["values"]["id"]]
            assert layer.key == entry["key"]
            assert list(layer.values.shape[:2]) == entry["shape"]
        else:
            assert all(key in {e["key"] for e in manifest["layers"]} for key in entry["made"]["of"])
    errors = {e["key"]: e["made"] for e in manifest["layers"] if e["made"]}
    name = nddr_trace.model.name
    assert errors[f"{name}|depth|error"] == {"by": "difference", "of": ["picture|depth", f"{name}|depth"]}


def test_equal_questions_have_equal_ids_and_others_do_not(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    name = cen_trace.model.name
    ids = {e["key"]: e["values"]["id"] for e in _layers({name: cen_trace}, small_rgbd) if e["values"]}
    again = {e["key"]: e["values"]["id"] for e in _layers({name: cen_trace}, small_rgbd) if e["values"]}
    moved = replace(cen_trace, model=replace(cen_trace.model, settings={"threshold": 0.5}))
    other = {e["key"]: e["values"]["id"] for e in _layers({name: moved}, small_rgbd) if e["values"]}
    assert ids == again
    assert ids["picture|colour"] == other["picture|colour"]
    assert ids[f"{name}|semseg/rgb"] != other[f"{name}|semseg/rgb"]


def test_a_moved_network_stands_beside_its_own_setting(cen_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    name = cen_trace.model.name
    moved = replace(cen_trace, model=replace(cen_trace.model, settings={"threshold": 0.5}))
    found = document({name: moved}, small_rgbd, own={name: cen_trace}).manifest["layers"]
    change = next(e for e in found if e["key"] == f"{name}|semseg|change")
    assert change["made"] == {"by": "mismatch", "of": [f"{name}{OWN}|semseg/ensemble", f"{name}|semseg/ensemble"]}


def test_every_two_networks_are_compared_the_later_less_the_earlier(
    nddr_trace: FusionTrace, mti_trace: FusionTrace, small_rgbd: RGBDImage
) -> None:
    first, second = nddr_trace.model.name, mti_trace.model.name
    found = {e["key"]: e for e in document({first: nddr_trace, second: mti_trace}, small_rgbd).manifest["layers"]}
    for task, by in (("semseg", "mismatch"), ("depth", "difference"), ("normals", "angle")):
        made = found[f"{second}|{task}|between|{first}"]["made"]
        assert made == {"by": by, "of": [f"{first}|{task}", f"{second}|{task}"]}
    assert not any(key.startswith(f"{first}|") and "|between|" in key for key in found)


def test_values_travel_as_they_are(nddr_trace: FusionTrace) -> None:
    for layer in prediction_layers(nddr_trace):
        if layer.kind in ("scalar", "normals"):
            assert pack(layer) == pack_numbers(layer.values, layer.digits).data
            found = unpack(pack_numbers(layer.values, layer.digits))
            planes = layer.values[None] if layer.values.ndim == 2 else np.moveaxis(layer.values, -1, 0)
            assert np.abs(found - planes).max() <= 0.5 * 10.0**-layer.digits + 1e-6
    normals = nddr_trace.predictions["normals"]
    assert isinstance(normals, NormalsPrediction)


def test_titles_do_not_depend_on_who_else_is_there() -> None:
    cen = ("cen", "cen-mobilenetv2", "cen-mobilenetv2-nyuv2")
    tasks = ("cen", "cen-mobilenetv2", "cen-multitask-mobilenetv2-nyuv2")
    own = ("cen", "cen-mobilenetv2", "my_fusion")
    assert network_titles([cen, tasks]) == ("CEN", "CEN multitask")
    assert network_titles([tasks]) == ("CEN multitask",)
    assert network_titles([own, cen]) == ("my_fusion", "CEN")
    assert network_titles([cen, ("cen", "cen-mobilenetv2", "cen-mobilenetv2-mine")]) == (
        "cen-mobilenetv2-nyuv2",
        "cen-mobilenetv2-mine",
    )


def _layers(traces: dict[str, FusionTrace], rgbd: RGBDImage) -> list[dict]:  # type: ignore[type-arg]
    return document(traces, rgbd).manifest["layers"]
