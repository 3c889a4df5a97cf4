"""Numbers that are taken along are the trace's own, whichever file they are in."""

import csv
import io
import json

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.report import Material, layers_csv, layers_npz, sites_csv


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_npz_holds_the_traces_arrays_and_says_what_they_are(material: Material) -> None:
    data = layers_npz(material, ["nddr-cnn|depth", "cen|semseg/ensemble", "nddr-cnn|normals"])
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        depth = material.traces["nddr-cnn"].predictions["depth"].value  # type: ignore[union-attr]
        np.testing.assert_array_equal(found["nddr-cnn|depth"], depth)
        label = material.traces["cen"].predictions["semseg"].label  # type: ignore[union-attr]
        np.testing.assert_array_equal(found["cen|semseg/ensemble"], label)
        assert found["nddr-cnn|normals"].shape == (90, 120, 3)
        meta = json.loads(str(found["meta"]))
    assert meta["layers"]["nddr-cnn|depth"]["unit"] == "m"
    assert meta["layers"]["nddr-cnn|depth"]["cell"] == [1.0, 1.0]
    assert meta["picture"]["digest"] == material.rgbd.digest  # type: ignore[union-attr]
    assert {one["name"]: one["checkpoint"] for one in meta["networks"]}["cen"] == "0" * 64


def test_csv_reads_back_as_the_same_float32(material: Material) -> None:
    found = rows("".join(layers_csv(material, ["picture|depth", "nddr-cnn|semseg"])))
    depth = [one for one in found if one["layer"] == "picture|depth"]
    assert len(depth) == 90 * 120
    values = np.array([np.float32(one["value"] or "nan") for one in depth], np.float32).reshape(90, 120)
    np.testing.assert_array_equal(values, material.rgbd.depth)  # type: ignore[union-attr]
    assert [(one["row"], one["column"]) for one in depth[119:121]] == [("0", "119"), ("1", "0")]
    classes = [one for one in found if one["layer"] == "nddr-cnn|semseg"]
    names = material.traces["nddr-cnn"].model.classes
    assert all(one["class"] == names[int(one["value"])] for one in classes)


def test_csv_leaves_the_photograph_out_unless_it_is_all_that_is_asked_for(material: Material) -> None:
    both = rows("".join(layers_csv(material, ["picture|colour", "picture|depth"])))
    assert {one["layer"] for one in both} == {"picture|depth"}
    alone = rows("".join(layers_csv(material, ["picture|colour"])))
    assert [one["plane"] for one in alone[:3]] == ["red", "green", "blue"]
    assert len(alone) == 90 * 120 * 3


def test_csv_names_the_planes_of_directions(material: Material) -> None:
    found = rows("".join(layers_csv(material, ["nddr-cnn|normals"])))
    assert [one["plane"] for one in found[:4]] == ["x", "y", "z", "x"]
    normals = material.traces["nddr-cnn"].predictions["normals"].value  # type: ignore[union-attr]
    assert np.float32(found[1]["value"]) == normals[0, 0, 1]


def test_a_layer_that_there_is_not_is_refused_before_the_first_line(material: Material) -> None:
    with pytest.raises(InputError, match="no layer"):
        layers_csv(material, ["nothing"])


def test_every_edge_of_every_site_is_a_line_and_shares_of_a_target_sum_to_one(material: Material) -> None:
    found = rows(sites_csv(material))
    for name, trace in material.traces.items():
        mine = [one for one in found if one["network"] == name]
        assert len(mine) == sum(len(s.site.targets) * len(s.site.sources) for s in trace.sites.values())
        for site_name, site in trace.sites.items():
            if site.share is None:
                continue
            for t, target in enumerate(site.site.targets):
                here = [one for one in mine if one["site"] == site_name and one["target"] == target]
                shares = [np.float32(one["share"]) for one in here]
                np.testing.assert_array_equal(shares, site.share[t])
                assert [one["source"] for one in here] == list(site.site.sources)
                assert {np.float32(one["share_from_others"]) for one in here} == {site.cross_share[t]}


def test_what_is_not_defined_is_empty(material: Material) -> None:
    propagation = [one for one in rows(sites_csv(material)) if one["kind"] == "propagation"]
    assert propagation
    assert {one["share"] for one in propagation} == {""}


def test_the_same_for_every_picture_is_the_exchanged_fraction(material: Material) -> None:
    """Of CEN: by the weights alone, the share of a target's channels that are taken from the other stream."""
    site = list(material.traces["cen"].sites.values())[13]
    found = [one for one in rows(sites_csv(material)) if one["network"] == "cen" and one["site"] == site.site.name]
    for t, target in enumerate(site.site.targets):
        (line,) = [one for one in found if one["target"] == target and one["source"] != target]
        exchanged = float(np.mean(site.weights["exchanged"][t]))
        assert exchanged > 0
        assert float(line["same_for_every_picture"]) == pytest.approx(exchanged, rel=1e-5)


def test_a_moved_network_stands_beside_itself(moved: Material) -> None:
    networks = {one["network"] for one in rows(sites_csv(moved))}
    assert networks == {"cen", "cen (own setting)"}
