"""What modalities were worth to networks whose answers are known: linear, and exclusive or."""

import numpy as np
import pytest
import torch

from tests.experiments import modality_networks as toys
from vizlab.core.model import Model
from vizlab.core.tracer import trace
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.modalities.forwards import modality_forwards
from vizlab.experiments.modalities.replacements import MEAN, OTHER, TRAINING, UNKNOWN
from vizlab.experiments.modalities.worth import Worth, region_worth, winner, worth, worth_from
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.tasks import VOID

FAR = 100.0
"""A reference beyond every prediction: minus the error is the prediction less a constant, so v is linear in it."""
PAIR = ("rgb", "depth")
BOTH = frozenset(PAIR)


def far(rgbd: RGBDImage) -> Reference:
    return Reference(depth=np.full(rgbd.size, FAR, np.float32))


def linear() -> Model:
    return toys.two_inputs(lambda rgb, depth: {"depth": 2.0 * rgb + 0.5 * depth})


def test_linear_network() -> None:
    """phi_i = w_i (x_i - r_i), no interaction, whichever the replacement."""
    rgbd, other = toys.picture(0), toys.picture(1)
    found = worth(linear(), rgbd, truth=far(rgbd), replacements=(MEAN, OTHER, TRAINING), other=other)
    red, metres = toys.seen(rgbd)
    replaced = {
        MEAN: (red.mean(), np.sort(metres.ravel())[(metres.size - 1) // 2]),
        OTHER: toys.seen(other),
        TRAINING: (0.0, 0.0),
    }
    for name, (r, d) in replaced.items():
        maps = found.maps[name]
        np.testing.assert_allclose(maps.phi["rgb"], 2.0 * (red - r), atol=2e-5)
        np.testing.assert_allclose(maps.phi["depth"], 0.5 * (metres - d), atol=2e-5)
        np.testing.assert_allclose(maps.interaction[PAIR], 0, atol=3e-5)
    assert found.unit == "m"
    assert found.value == "minus the absolute error of depth in metres"


def test_the_padded_margin_counts_nowhere() -> None:
    """6x8 pixels in 8x8: the last row, repeated twice more, weighs no more in the mean, and no value is of it."""
    rgbd = toys.picture(0)
    model = toys.two_inputs(lambda rgb, depth: {"depth": 2.0 * rgb + 0.5 * depth}, multiple=4)
    assert model.frame(rgbd.size).padded == (8, 8)
    maps = worth(model, rgbd, truth=far(rgbd), replacements=(MEAN,)).maps[MEAN]
    red, metres = toys.seen(rgbd)
    np.testing.assert_allclose(maps.phi["rgb"], 2.0 * (red - red.mean()), atol=2e-5)
    middle = np.sort(metres.ravel())[(metres.size - 1) // 2]
    np.testing.assert_allclose(maps.phi["depth"], 0.5 * (metres - middle), atol=2e-5)


def test_a_distance_below_zero_is_read_as_zero() -> None:
    rgbd = toys.picture(0)
    model = toys.two_inputs(lambda rgb, depth: {"depth": -depth})
    truth = Reference(depth=np.full(rgbd.size, 2, np.float32))
    maps = worth(model, rgbd, truth=truth).maps[MEAN]
    np.testing.assert_array_equal(maps.values[BOTH], -2)
    assert maps.scores[BOTH]["rmse"] == 2


def test_exclusive_or_has_no_main_effect() -> None:
    """p = a(1-b) + b(1-a), at a replacement of one half: each alone leaves p at one half."""
    rgbd = RGBDImage(np.full((6, 8, 3), 255, np.uint8), np.full((6, 8), 0.001, np.float32))
    model = toys.two_inputs(
        lambda a, b: {"semseg": toys.as_classes((a * (1 - b) + b * (1 - a)).clamp(1e-6, 1 - 1e-6))}, "semseg", 2
    )
    half = RGBDImage(np.full((6, 8, 3), 128, np.uint8), np.full((6, 8), 0.5, np.float32))
    maps = worth(model, rgbd, target=1, replacements=(OTHER,), other=half).maps[OTHER]
    alone = maps.worth_of(frozenset({"rgb"})) - maps.worth_of(frozenset())
    assert alone == pytest.approx(0, abs=3e-3)
    assert maps.worth_of(BOTH) == pytest.approx(1, abs=2e-3)
    np.testing.assert_allclose(maps.interaction[PAIR], 0.5, atol=5e-3)
    np.testing.assert_allclose(maps.phi["rgb"], 0.25, atol=5e-3)
    assert maps.meeting.share["complement"] == 1


def test_values_add_up_and_cost_one_forward_per_coalition(cen_model: Model, small_rgbd: RGBDImage) -> None:
    forwards = modality_forwards(cen_model, small_rgbd, replacements=(MEAN, TRAINING))
    for output in ("semseg/ensemble", "semseg/rgb", "semseg/depth"):
        found = worth_from(forwards, output=output)
        for maps in found.maps.values():
            total = maps.values[BOTH] - maps.values[frozenset()]
            np.testing.assert_allclose(maps.phi["rgb"] + maps.phi["depth"], total, atol=1e-6)
    model = linear()
    modality_forwards(model, toys.picture(0), replacements=(MEAN, TRAINING))
    assert model.network.calls == 1 + 2 * 3


def test_predicted_class_is_valued_as_the_trace_shows_it(cen_model: Model, small_rgbd: RGBDImage) -> None:
    """v(all) is the trace's confidence, pixel by pixel, at the picture's size; so is a stream's own output."""
    shown = trace(cen_model, small_rgbd).predictions
    for output in ("semseg/ensemble", "semseg/depth"):
        maps = worth(cen_model, small_rgbd, output=output).maps[MEAN]
        np.testing.assert_allclose(maps.values[BOTH], shown[output].confidence, atol=1e-6)
    low = RGBDImage(small_rgbd.colour[:70].copy(), small_rgbd.depth[:70].copy())  # type: ignore[index]
    assert cen_model.frame(low.size).content != cen_model.frame(low.size).padded
    np.testing.assert_allclose(
        worth(cen_model, low).maps[MEAN].values[BOTH],
        trace(cen_model, low).predictions["semseg"].confidence,
        atol=1e-6,
    )
    label = shown["semseg/ensemble"].label.copy()
    label[:3] = VOID
    found = worth(cen_model, small_rgbd, target="true", truth=Reference(label=label)).maps[MEAN]
    assert np.isnan(found.values[BOTH][:3]).all()
    np.testing.assert_allclose(found.values[BOTH][3:], shown["semseg/ensemble"].confidence[3:], atol=1e-6)
    assert found.scores[BOTH]["accuracy"] == 1
    assert set(found.scores) == {BOTH, frozenset({"rgb"}), frozenset({"depth"}), frozenset()}
    other = np.where(label == VOID, VOID, (label + 1) % 40).astype(np.uint8)
    wrong = worth(cen_model, small_rgbd, target="true", truth=Reference(label=other)).maps[MEAN]
    assert wrong.scores[BOTH]["accuracy"] == 0


def test_a_chosen_class_by_index_and_by_name(cen_model: Model, small_rgbd: RGBDImage) -> None:
    forwards = modality_forwards(cen_model, small_rgbd)
    by_name, by_index = worth_from(forwards, target="bed"), worth_from(forwards, target=3)
    assert by_name.value == by_index.value == "probability of bed"
    np.testing.assert_array_equal(by_name.maps[MEAN].phi["rgb"], by_index.maps[MEAN].phi["rgb"])
    with torch.inference_mode():
        inputs = cen_model.preprocess(small_rgbd)
        y = cen_model.network(inputs)["semseg/ensemble"].softmax(1)[:, 3:4]
    assert by_name.maps[MEAN].values[BOTH].mean() == pytest.approx(float(y.mean()), rel=0.05)


def test_normals_are_valued_by_their_angle() -> None:
    """A network that says (0, sin, cos) of an angle read off red, against straight ahead."""

    def answer(rgb: torch.Tensor, depth: torch.Tensor) -> dict[str, torch.Tensor]:
        angle = rgb + 0 * depth
        return {"normals": torch.cat([0 * angle, angle.sin(), angle.cos()], 1)}

    rgbd = toys.picture(0)
    ahead = np.broadcast_to(np.array([0, 0, 1], np.float32), (*rgbd.size, 3)).copy()
    ahead[0, 0] = np.nan
    found = worth(toys.two_inputs(answer, "normals", 3), rgbd, truth=Reference(normals=ahead), replacements=(TRAINING,))
    maps = found.maps[TRAINING]
    red, _ = toys.seen(rgbd)
    expected = -np.degrees(red)
    expected[0, 0] = np.nan
    np.testing.assert_allclose(maps.values[BOTH], expected, atol=0.1)
    np.testing.assert_allclose(maps.phi["rgb"], expected, atol=0.1)  # replaced by 0: straight ahead
    np.testing.assert_allclose(np.nan_to_num(maps.phi["depth"]), 0, atol=1e-5)
    assert found.unit == "degrees"


def test_an_upload_with_a_hole_is_compared_where_it_is_known() -> None:
    rgbd = toys.picture(0)
    depth = np.full(rgbd.size, FAR, np.float32)
    depth[2, 3] = np.nan
    maps = worth(linear(), rgbd, truth=Reference(depth=depth)).maps[MEAN]
    assert np.isnan(maps.phi["rgb"]).sum() == 1
    assert np.isnan(maps.phi["rgb"][2, 3])
    assert maps.meeting.code[2, 3] == 255
    rmse = {some: scores["rmse"] for some, scores in maps.scores.items()}
    values = {some: -np.sqrt(np.nanmean(v.astype(float) ** 2)) for some, v in maps.values.items()}
    assert {some: -v for some, v in rmse.items()} == pytest.approx(values, rel=1e-5)


def test_regions_are_means_of_their_pixels() -> None:
    rgbd = toys.picture(0)
    depth = np.full(rgbd.size, FAR, np.float32)
    depth[0, :4] = np.nan
    maps = worth(linear(), rgbd, truth=Reference(depth=depth)).maps[MEAN]
    regions = np.zeros(rgbd.size, np.uint8)
    regions[:2], regions[5] = 7, VOID
    small, large = sorted(region_worth(maps, regions), key=lambda r: r.share)
    assert [r.region for r in region_worth(maps, regions)] == [0, 7]
    assert (small.region, small.share) == (7, pytest.approx(12 / 36))
    assert small.phi["rgb"] == pytest.approx(np.nanmean(maps.phi["rgb"][:2]), abs=1e-6)
    assert large.phi["depth"] == pytest.approx(maps.phi["depth"][2:5].mean(), abs=1e-6)
    assert small.interaction[PAIR] == pytest.approx(0, abs=1e-5)
    assert maps.totals(regions == 7) == pytest.approx(small.phi)


def test_a_replacement_can_turn_the_winner_round() -> None:
    """Red against depth, each 0.3 above what one of two replacements has and even with the other's."""
    red, metres = np.full((6, 8, 3), 204, np.uint8), np.full((6, 8), 0.8, np.float32)
    rgbd = RGBDImage(red, metres)
    other = RGBDImage(np.full((6, 8, 3), 102, np.uint8), metres)
    model = toys.two_inputs(lambda rgb, depth: {"depth": rgb + depth + 1})
    found = worth(model, rgbd, truth=far(rgbd), replacements=(OTHER, MEAN), other=other)
    assert found.winners == {OTHER: "rgb", MEAN: None}
    assert not found.turned
    last = RGBDImage(red, np.full((6, 8), 0.2, np.float32))
    turned = worth(model, rgbd, truth=far(rgbd), replacements=(OTHER,), other=last).maps
    both = Worth(**{**vars(found), "maps": {OTHER: found.maps[OTHER], "b": turned[OTHER]}})
    assert both.winners == {OTHER: "rgb", "b": "depth"}
    assert both.turned


def test_even_is_nobodys_win() -> None:
    assert winner({"rgb": 0.2, "depth": 0.195}, 0.01) is None
    assert winner({"rgb": 0.2, "depth": 0.185}, 0.01) == "rgb"
    assert winner({"rgb": np.nan, "depth": 0.185}, 0.01) is None


def test_unknown_depth_is_filled_from_the_rim() -> None:
    """Depth that is 2 m along the rim and nearer within becomes 2 m everywhere: what phi counts is the inside."""
    metres = np.full((6, 8), 2.0, np.float32)
    metres[2:4, 2:6] = 1.0
    rgbd = RGBDImage(toys.picture(0).colour, metres)
    maps = worth(linear(), rgbd, truth=far(rgbd), replacements=(UNKNOWN,)).maps[UNKNOWN]
    np.testing.assert_allclose(maps.phi["depth"], 0.5 * (metres - 2), atol=1e-5)


def test_cancelled_between_forwards() -> None:
    model, told = linear(), []

    def step(done: float, what: str) -> None:
        told.append((done, what))
        if len(told) == 3:
            raise CancelledError

    with pytest.raises(CancelledError):
        modality_forwards(model, toys.picture(0), step=step)
    assert model.network.calls == 3
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[0] == (1 / 7, "own mean: no modality of toy")


def test_what_cannot_be_asked_is_said(cen_model: Model, small_rgbd: RGBDImage) -> None:
    with pytest.raises(InputError, match="needs a second picture"):
        worth(cen_model, small_rgbd, replacements=(OTHER,))
    with pytest.raises(InputError, match="'zero' replaces nothing; expected own mean"):
        worth(cen_model, small_rgbd, replacements=("zero",))
    forwards = modality_forwards(cen_model, small_rgbd)
    with pytest.raises(InputError, match="no output 'depth'"):
        worth_from(forwards, output="depth")
    for target in ("sofabed", 40, -1, True):
        with pytest.raises(InputError, match="is no class of this output"):
            worth_from(forwards, target=target)
    with pytest.raises(InputError, match="no reference label"):
        worth_from(forwards, target="true")
    with pytest.raises(InputError, match="The reference is 8x6 but the picture is 120x90"):
        worth_from(forwards, target="true", truth=Reference(label=np.zeros((6, 8), np.uint8)))
    with pytest.raises(InputError, match="there is none; pass truth="):
        worth(linear(), toys.picture(0))
    one = linear()
    one.network.inputs = ("rgb",)
    with pytest.raises(InputError, match="takes rgb only"):
        worth(one, toys.picture(0))
