"""What holds for every measure, and that each has the numbers of what it is made of."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from tests.conftest import CONFIGS, make_model
from vizlab.core.changes import do, intervention_of
from vizlab.core.model import Model
from vizlab.core.predictions import SemsegPrediction
from vizlab.core.site import intervening
from vizlab.core.tracer import trace
from vizlab.errors import DataError, InputError
from vizlab.experiments.corruptions import corrupted
from vizlab.experiments.interventions.edges import Edge, edges_of
from vizlab.experiments.modalities.shapley import coalitions
from vizlab.experiments.similarity.messages import predicted_messages
from vizlab.experiments.similarity.streams import stream_similarity
from vizlab.rgbd import RGBDImage
from vizlab.study.data import RGBDFolder
from vizlab.study.survey import summaries
from vizlab.study.survey.batch import Batch, Split, batches
from vizlab.study.survey.intervals import draw, miou
from vizlab.study.survey.measures import MEASURES, Measure, make_measure
from vizlab.study.survey.scores import score
from vizlab.study.survey.study import Section

QUICK: dict[str, dict[str, Any]] = {
    "corruptions": {"names": ["depth-missing", "rgb-gaussian", "depth-unit"], "severities": [1, 4]},
    "sweep": {"kinds": ["total"]},
}
"""Options that keep a measure short."""
LONG = ("cen-multitask", "cen-multimodal-multitask")
SECOND_WAYS = {
    ("nddr-cnn", "sweep"),
    ("mti-net", "sweep"),
    ("cen-multimodal-multitask", "corruptions"),
    ("cen-multimodal-multitask", "shapley"),
}
"""Networks of which a measure takes long and shows what it shows of a shorter one."""


@pytest.fixture(scope="module")
def folder(data_folder: Path) -> RGBDFolder:
    return RGBDFolder(data_folder, "train")


@pytest.fixture(scope="module")
def network(request: pytest.FixtureRequest) -> Model:
    """A small one of the configuration that the test names."""
    return make_model(request.param)


def batch_of(model: Model, folder: RGBDFolder, *places: int) -> Batch:
    split = Split(folder.read, range(len(folder)))
    (batch,) = batches(model, places, [folder.read(place) for place in places], split)
    return batch


def measure_of(name: str) -> Measure:
    return make_measure(name, QUICK.get(name, {}), seed=3)


@pytest.mark.parametrize(
    ("network", "name"),
    [
        pytest.param(config, name, marks=pytest.mark.slow if (config, name) in SECOND_WAYS else ())
        for config in CONFIGS
        for name in MEASURES
    ],
    indirect=["network"],
)
def test_a_measure_has_a_row_for_each_picture_whatever_goes_with_it(
    name: str, network: Model, folder: RGBDFolder
) -> None:
    """The rows of two pictures are those of each alone, their axes are named, and what is said of them is JSON."""
    measure = measure_of(name)
    if name == "sweep" and network.name in LONG:
        pytest.skip("a hundred forwards of what two streams show in thirty")
    if measure.refuses(network):
        assert network.name in measure.refuses(network)
        return
    together = measure.run(network, batch_of(network, folder, 2, 5))
    alone = [measure.run(network, batch_of(network, folder, place)) for place in (2, 5)]
    section = Section("n", name, np.arange(2), together, json.loads(json.dumps(measure.meta(network))), [])
    assert together
    for row, values in together.items():
        assert len(values) == 2, row
        assert [len(section.labels(axis)) for axis in section.axes(row)] == list(values.shape[1:]), row
        for place in range(2):
            expected = alone[place][row][0]
            if values.dtype.kind == "f":
                # Ranks over a few cells jump where two cells are as good as equal.
                rounding = {"rtol": 2e-3, "atol": 2e-4} if row != "where" else {"rtol": 0, "atol": 0.1}
                np.testing.assert_allclose(values[place], expected, err_msg=row, **rounding)
            else:
                # A pixel on the line between two classes may fall to either.
                assert np.abs(values[place].astype(int) - expected).sum() <= 4, row


@pytest.mark.parametrize("name", list(MEASURES))
def test_a_measure_is_the_same_again(name: str, folder: RGBDFolder) -> None:
    """Also with a model loaded anew: nothing is left behind in it, and chance is drawn by seed and place."""
    places = (6,) if name == "sweep" else (1, 6)  # the longest
    first, second = (
        measure_of(name).run(model, batch_of(model, folder, *places)) for model in (make_model("cen"),) * 2
    )
    fresh = measure_of(name).run(make_model("cen"), batch_of(make_model("cen"), folder, *places))
    for row, values in first.items():
        np.testing.assert_array_equal(values, second[row], err_msg=row)
        np.testing.assert_array_equal(values, fresh[row], err_msg=row)


def test_all_modalities_there_is_the_network_as_it_is(folder: RGBDFolder) -> None:
    model = make_model("cen")
    batch = batch_of(model, folder, 0, 3)
    rows, plain = measure_of("shapley").run(model, batch), measure_of("traces").run(model, batch)
    names = measure_of("shapley").meta(model)["labels"]["coalition"]
    assert names == ["", "rgb", "depth", "rgb+depth"]
    for output in ("semseg/rgb", "semseg/depth", "semseg/ensemble"):
        for replacement in ("training mean", "another picture"):
            counts = rows[f"{replacement}|{output}|counts"]
            np.testing.assert_array_equal(counts[:, 3], plain[f"{output}|counts"])


def test_another_picture_stands_in(folder: RGBDFolder) -> None:
    """Depth alone with another's colour: a forward on a picture put together so has the same counts."""
    model = make_model("cen")
    rows = measure_of("shapley").run(model, batch_of(model, folder, 1))
    mixed = RGBDImage(folder.read(5).colour, folder.read(1).depth)
    predicted = trace(model, mixed).predictions["semseg"]
    assert isinstance(predicted, SemsegPrediction)
    found = rows["another picture|semseg/ensemble|counts"][0, 2]
    valid = folder.read(1).label != 255
    np.testing.assert_array_equal(found[2], np.bincount(predicted.label[valid], minlength=40))


def test_worth_of_a_set_from_the_measure(folder: RGBDFolder) -> None:
    """phi adds up to what all modalities are worth less what none is."""
    model = make_model("cen")
    measure = measure_of("shapley")
    rows = measure.run(model, batch_of(model, folder, 0, 1, 2))
    draws = draw(3, 10)
    values = miou(rows["training mean|semseg/ensemble|counts"], draws)
    section = Section("n", "shapley", np.arange(3), rows, measure.meta(model), [])
    whole = summaries.figures(section, draws, "training mean|")
    by_output = {figure.output: figure.estimate for figure in whole}
    np.testing.assert_allclose(by_output["semseg/ensemble"].value, values.value)
    assert len(coalitions(model.inputs)) == len(values.value)


def test_broken_sensors_are_those_of_the_corruption(folder: RGBDFolder) -> None:
    model = make_model("cen")
    measure = measure_of("corruptions")
    rows = measure.run(model, batch_of(model, folder, 4))
    meta = measure.meta(model)
    variants = [tuple(one) for one in meta["labels"]["variant"]]
    assert variants == [
        ("", 0), ("depth-missing", 1), ("depth-missing", 4), ("rgb-gaussian", 1), ("rgb-gaussian", 4), ("depth-unit", 1)
    ]  # fmt: skip
    whole = RGBDImage(folder.read(4).colour, folder.read(4).depth)
    for place, (name, severity) in enumerate(variants):
        # Each picture has noise of its own, by the seed and its place.
        broken = corrupted(whole, name, severity, 3 + 4) if name else whole
        alone = trace(model, broken)
        shares = [share for site in alone.sites.values() for share in site.cross_share]
        np.testing.assert_allclose(rows["cross_share"][0, place], shares, rtol=1e-4, atol=1e-6)
        confidence = alone.predictions["semseg"].confidence.mean()  # type: ignore[union-attr]
        assert rows["semseg/ensemble|confidence"][0, place] == pytest.approx(confidence, abs=1e-6)
    assert meta["parameters"]["depth-missing"][1] == "75 % of the pixels missing, at random"


def test_a_picture_that_cannot_be_broken_so_has_no_figures(folder: RGBDFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model("cen")
    measure = make_measure("corruptions", {"names": ["depth-missing"], "severities": [2]})
    batch = batch_of(model, folder, 0, 1)

    class Refusing:
        def __call__(self, rgbd: RGBDImage, severity: int, seed: int) -> RGBDImage:
            if seed == 0:
                raise InputError("nothing would be left")
            return rgbd

    from vizlab.study.survey import corruptions

    monkeypatch.setattr(corruptions, "corruption_named", lambda name: Refusing())
    rows = measure._measured(model, batch, ("depth-missing", 2))  # type: ignore[attr-defined]
    assert rows["semseg/ensemble|counts"][0].sum() == 0
    assert np.isnan(rows["semseg/ensemble|confidence"][0])
    assert np.isnan(rows["cross_share"][0]).all()
    assert rows["semseg/ensemble|counts"][1].sum() > 0


def test_likeness_is_that_of_one_picture(folder: RGBDFolder) -> None:
    model = make_model("nddr-cnn")
    measure = measure_of("similarity")
    rows = measure.run(model, batch_of(model, folder, 3))
    labels = [tuple(place) for place in measure.meta(model)["labels"]["place"]]
    expected = stream_similarity(model, RGBDImage(folder.read(3).colour, folder.read(3).depth))
    for one in expected:
        place = one.place
        xy, xx, yy = rows["terms"][0, labels.index((place.site, place.when, place.first, place.second)), :3]
        assert xy / np.sqrt(xx * yy) == pytest.approx(one.cka, rel=1e-4)


def test_what_is_told_is_under_its_edge(folder: RGBDFolder) -> None:
    model = make_model("cen")
    measure = measure_of("messages")
    rows = measure.run(model, batch_of(model, folder, 3))
    expected = predicted_messages(model, RGBDImage(folder.read(3).colour, folder.read(3).depth))
    listed = [Edge(site, target, source) for site, source, target in measure.meta(model)["labels"]["edge"]]
    assert list(expected) == listed
    found = rows["predicted"][0]
    np.testing.assert_allclose(found, list(expected.values()), rtol=1e-4)
    # Both ways of a site have figures, so that one in the other's place is seen.
    both = [(a, b) for a, b in zip(found[::2], found[1::2], strict=True) if np.isfinite(a) and np.isfinite(b)]
    assert any(abs(a - b) > 0.01 for a, b in both)


@pytest.mark.parametrize(("config", "same"), [("cen", False), ("nddr-cnn", True)])
def test_zeros_are_on_all_edges_and_stand_beside_the_cut(config: str, same: bool, folder: RGBDFolder) -> None:
    """As `do` at every site makes them; the same as the cut only where parts are summed."""
    model = make_model(config)
    batch = batch_of(model, folder, 3)
    rows = measure_of("zeros").run(model, batch)
    by: Literal["cut", "zero"]
    for by in ("cut", "zero"):
        changes = [do(site, by=by) for site in dict.fromkeys(edge.site for edge in edges_of(model))]
        with intervening(intervention_of(model, changes, batch.framing)):
            expected = score(model.forward(batch.inputs), batch)
        for name, values in expected.items():
            np.testing.assert_allclose(rows[f"{by}|{name}"], values, rtol=1e-5, err_msg=name)
    plain, cut, zero = (rows[f"{kind}|{next(iter(expected))}"] for kind in ("plain", "cut", "zero"))
    assert not np.array_equal(plain, cut)
    assert np.array_equal(cut, zero) == same


def test_options_are_checked() -> None:
    with pytest.raises(DataError, match="no measure 'guesses'"):
        make_measure("guesses", {})
    with pytest.raises(DataError, match="corruptions has no severity; it has names, severities"):
        make_measure("corruptions", {"severity": [1]})
    with pytest.raises(InputError, match="There is no corruption 'fog'"):
        make_measure("corruptions", {"names": ["fog"]})
    with pytest.raises(InputError, match="The severities are"):
        make_measure("corruptions", {"severities": [0]})
