"""What explanations say of objects: closed forms, networks whose exchange is known, and the measures themselves."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.conftest import CONFIGS, make_model
from tests.exam.made_exam import write_exam
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.core.site import NO_INTERVENTION, Intervention, intervening
from vizlab.core.tracer import trace
from vizlab.experiments.attribution import Target, attribute, problem
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.experiments.interventions.edges import Edge, cutting
from vizlab.experiments.modalities.forwards import Forwards
from vizlab.study.exam.exchange import crossing, effect, modality, received, undefined
from vizlab.study.exam.explanations import Sitting, contrast, explained, missing, over_cells, shapley, streams
from vizlab.study.exam.folder import ExamFolder, ExamPicture
from vizlab.study.exam.gradients import gradient_x_input, integrated_gradients
from vizlab.study.exam.grading import EXPLANATIONS


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> ExamPicture:
    return ExamFolder(write_exam(tmp_path_factory.mktemp("exams") / "exam")).read(0)


@pytest.fixture(scope="module")
def cen() -> Model:
    return make_model("cen")


def test_contrast() -> None:
    found = contrast(np.array([0.0, 1.0, 1.0, -1.0, 0.0]), np.array([2.0, 0.0, 3.0, 3.0, 0.0]))
    np.testing.assert_array_equal(found, [1, -1, 0.5, 0.5, np.nan])


def test_shapley_of_known_probabilities(picture: ExamPicture, cen: Model) -> None:
    """p is 0.1 with nothing, 0.4 with colour, 0.2 with depth and 0.9 with both, whatever the class."""
    table = {frozenset(): 0.1, frozenset({"rgb"}): 0.4, frozenset({"depth"}): 0.2, frozenset({"rgb", "depth"}): 0.9}
    sitting = Sitting(cen, picture)
    aim = torch.from_numpy(np.where(picture.aim == 255, 0, picture.aim))
    here = torch.nn.functional.one_hot(aim, 40).permute(2, 0, 1)[None].bool()
    by_coalition = {some: {"semseg": torch.where(here, p, (1 - p) / 39).log()} for some, p in table.items()}
    size = picture.need.shape
    framing = Framing(size, size, size)
    forwards = Forwards("n", "modality", ("rgb", "depth"), framing, (), {"mean": by_coalition}, {})
    vars(sitting).update(forwards=forwards, framing=framing)
    (found,) = shapley(sitting)
    assert (found.variant, found.output) == ("mean", "semseg")
    np.testing.assert_allclose(found.points, (0.3 - 0.5) / 0.8, rtol=1e-5)  # phi 0.3 of depth, 0.5 of colour
    assert found.interaction is not None
    np.testing.assert_allclose(found.interaction, 0.9 - 0.4 - 0.2 + 0.1, rtol=1e-5)


def test_maps_of_cells_by_brute_force() -> None:
    """A map of 3x4 cells of 2.5x3 pixels, of which the last row and column go a little beyond the picture."""
    values = np.arange(12.0).reshape(3, 4)
    region = np.zeros((7, 11), bool)
    region[1:6, 2:11] = True
    by_hand = [values[int(row // 2.5), int(column // 3)] for row in range(1, 6) for column in range(2, 11)]
    np.testing.assert_allclose(over_cells(values, [region], (2.5, 3)), [np.mean(by_hand)])
    single = np.zeros((7, 11), bool)
    single[6, 10] = True
    np.testing.assert_allclose(over_cells(values, [single], (2.0, 2.5)), [11.0])


def exchanging(threshold: float) -> Model:
    """Streams of which each keeps all its channels (threshold 0) or takes all of the other's."""
    config = replace(CONFIGS["cen"], threshold=threshold)
    torch.manual_seed(7)
    return Model(build_network(config), config, "some", precision="float32")


def test_without_exchange_all_is_ones_own(picture: ExamPicture) -> None:
    sitting = Sitting(exchanging(0.0), picture)
    for explain in (received, effect):
        rgb, depth = explain(sitting)
        assert (rgb.output, depth.output) == ("semseg/rgb", "semseg/depth")
        np.testing.assert_array_equal(rgb.points, -1)
        np.testing.assert_array_equal(depth.points, 1)


def test_with_all_exchanged_everything_came_from_the_other(picture: ExamPicture) -> None:
    rgb, depth = received(Sitting(exchanging(1e6), picture))
    np.testing.assert_array_equal(rgb.points, 1)
    np.testing.assert_array_equal(depth.points, -1)


def test_received_is_the_mean_over_sites_and_pixels(picture: ExamPicture, cen: Model) -> None:
    """By hand from the maps of a trace, for the first object and both streams."""
    sitting = Sitting(cen, picture)
    rows, columns = np.nonzero(sitting.asked[0].region)
    traced = trace(cen, sitting.image)
    for stream, one in enumerate(received(sitting)):
        came = np.zeros(2)
        for site in traced.sites.values():
            assert (site.site.targets, site.site.sources) == (("rgb", "depth"), ("rgb", "depth"))
            assert site.received is not None
            assert site.grid is not None
            maps = site.received[stream].astype(float)
            height, width = sitting.framing.cell(site.grid)
            for row, column in zip(rows, columns, strict=True):
                cell = min(int(row / height), maps.shape[1] - 1), min(int(column / width), maps.shape[2] - 1)
                came += maps[:, cell[0], cell[1]] / len(rows)
        assert one.points[0] == pytest.approx((came[1] - came[0]) / came.sum(), rel=1e-4)


def test_the_effect_is_the_total_variation_at_the_object(picture: ExamPicture, cen: Model) -> None:
    sitting = Sitting(cen, picture)
    inputs = cen.preprocess(sitting.image, sitting.framing)
    bare = exchanging_off(cen, inputs)
    for one, sign in zip(effect(sitting), (1, -1), strict=True):
        before, after = (y[one.output].softmax(1)[0].numpy() for y in (cen.forward(inputs), bare))
        tv = 0.5 * np.abs(before - after).sum(0)
        height, width = sitting.framing.cell(tv.shape)
        for asked, points in zip(sitting.asked, one.points, strict=True):
            rows, columns = np.nonzero(asked.region)
            share = np.mean([tv[int(r / height), int(c / width)] for r, c in zip(rows, columns, strict=True)])
            assert points == pytest.approx(sign * (2 * share - 1), abs=1e-5)
        assert np.ptp(one.points) > 0


@pytest.fixture(scope="module")
def several() -> Model:
    """Streams are pairs of a task and a modality, four of them, each of which receives from all others."""
    return make_model("cen-multimodal-multitask")


def test_received_tells_sources_from_targets_where_streams_are_no_modalities(
    picture: ExamPicture, several: Model
) -> None:
    """By hand: into the stream that an output is of, from all streams of a modality, whatever their task."""
    sitting = Sitting(several, picture)
    rows, columns = np.nonzero(sitting.asked[0].region)
    traced, found = trace(several, sitting.image), received(sitting)
    assert [one.output for one in found] == ["semseg/rgb", "semseg/depth"]
    for one in found:
        came, sent = {"rgb": 0.0, "depth": 0.0}, {"rgb": 0.0, "depth": 0.0}
        for site in traced.sites.values():
            assert site.received is not None
            assert site.grid is not None
            height, width = sitting.framing.cell(site.grid)
            cells = (np.minimum((rows / height).astype(int), site.grid[0] - 1),
                     np.minimum((columns / width).astype(int), site.grid[1] - 1))  # fmt: skip
            streams_here = site.site.targets
            assert streams_here == site.site.sources
            own = streams_here.index(one.output)
            for place, stream in enumerate(streams_here):
                came[stream.split("/")[1]] += site.received[own, place][cells].astype(float).mean()
                sent[stream.split("/")[1]] += site.received[place, own][cells].astype(float).mean()
        points, turned = ((sums["depth"] - sums["rgb"]) / (sums["depth"] + sums["rgb"]) for sums in (came, sent))
        assert one.points[0] == pytest.approx(points, rel=1e-4)
        assert abs(points - turned) > 1e-3, "else nothing is tested"


def test_the_effect_is_that_of_what_comes_from_the_other_modality_alone(picture: ExamPicture, several: Model) -> None:
    """What comes from another task's stream of the same modality stays."""
    sitting = Sitting(several, picture)
    inputs = several.preprocess(sitting.image, sitting.framing)
    others = [
        Edge(site.name, target, source)
        for site in several.sites
        for target in site.targets
        for source in site.sources
        if {target.split("/")[1], source.split("/")[1]} == {"rgb", "depth"}
    ]
    with intervening(cutting(NO_INTERVENTION, others)):
        cut = several.forward(inputs)
    whole, bare = several.forward(inputs), exchanging_off(several, inputs)
    for one, sign in zip(effect(sitting), (1, -1), strict=True):
        before, after, alone = (y[one.output].softmax(1)[0].numpy() for y in (whole, cut, bare))
        height, width = sitting.framing.cell(before.shape[1:])
        rows, columns = np.nonzero(sitting.asked[0].region)
        cells = (rows / height).astype(int), (columns / width).astype(int)
        moved, without_any = (0.5 * np.abs(before - y).sum(0)[cells].mean() for y in (after, alone))
        assert one.points[0] == pytest.approx(sign * (2 * moved - 1), abs=1e-5)
        assert abs(moved - without_any) > 1e-3, "else nothing is tested"


def exchanging_off(model: Model, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    with intervening(Intervention(cross=False)):
        return model.forward(inputs)


def test_attributions_are_those_of_the_measure(picture: ExamPicture, cen: Model) -> None:
    few = ExamPicture(picture.sample, picture.need, picture.number, picture.fault, picture.objects[:2])
    sitting = Sitting(cen, few, steps=3)
    listed = gradient_x_input(sitting) + integrated_gradients(sitting)
    found = {(one.explanation, one.variant): one for one in listed}
    assert len(found) == len(listed) == 4
    for place, one in enumerate(few.asked):
        target = Target("semseg/ensemble", one.region, one.object.index, "logit")
        for name in ("gradient x input", "integrated gradients"):
            maps = attribute(cen, few.image, target, name, steps=3, batch=4).maps
            for variant, sums in (("total", lambda x: abs(x.sum())), ("size", lambda x: np.abs(x).sum())):
                rgb, depth = (sums(maps[of].astype(float)) for of in ("rgb", "depth"))
                expected = (depth - rgb) / (depth + rgb)
                assert found[name, variant].points[place] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_gradients_against_other_baselines_are_said_to_be(picture: ExamPicture, cen: Model) -> None:
    few = ExamPicture(picture.sample, picture.need, picture.number, picture.fault, picture.objects[:2])
    found = gradient_x_input(Sitting(cen, few, baselines=(Baselines(), Baselines("black", "unchanged"))))
    assert [one.variant for one in found] == [
        "total",
        "size",
        "total, black and unchanged",
        "size, black and unchanged",
    ]
    np.testing.assert_array_equal(found[3].points, -1)  # nothing of depth has changed


def test_a_network_is_copied_once_for_all_objects(
    picture: ExamPicture, cen: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied, private_network = [], problem.private_network

    def watched(model: Model) -> Any:
        copied.append(model.name)
        return private_network(model)

    monkeypatch.setattr(problem, "private_network", watched)
    few = ExamPicture(picture.sample, picture.need, picture.number, picture.fault, picture.objects[:2])
    explained(Sitting(cen, few, steps=1), EXPLANATIONS)
    assert copied == [cen.name]


def test_networks_of_one_modality_have_none(picture: ExamPicture) -> None:
    model = make_model("nddr-cnn")
    assert "takes rgb alone" in missing(model)
    assert explained(Sitting(model, picture), EXPLANATIONS) == []


def test_streams_and_their_modalities(cen: Model) -> None:
    assert streams(cen, ["semseg", "semseg/rgb", "semseg/depth", "semseg/ensemble"]) == {
        "semseg/rgb": "rgb", "semseg/depth": "depth",
    }  # fmt: skip
    assert [modality(name, cen) for name in ("rgb", "normals/depth", "semseg", "fused")] == ["rgb", "depth", "", ""]
    assert undefined(cen, ["semseg/rgb"]) == ""
    assert "predicts by itself" in undefined(cen, ["semseg"])


def test_only_edges_between_modalities_cross() -> None:
    model = make_model("cen-multimodal-multitask")
    several = {(edge.target, edge.source) for edge in crossing(model)}
    assert all(source is None or target.split("/")[1] != source.split("/")[1] for target, source in several)
    task_streams = make_model("cen-multitask")
    assert crossing(task_streams) == []


def test_points_are_within_their_range(picture: ExamPicture, cen: Model) -> None:
    few = ExamPicture(picture.sample, picture.need, picture.number, picture.fault, picture.objects[:1])
    for one in explained(Sitting(cen, few, picture.image, steps=1), EXPLANATIONS):
        assert one.points.shape == (1,)
        assert np.abs(one.points[np.isfinite(one.points)]).max(initial=0) <= 1, one.explanation
