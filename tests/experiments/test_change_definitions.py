"""What each change does, from its definition: closed form on a linear network, by hand on a network that exchanges."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

import vizlab
from tests.conftest import make_model
from tests.experiments.linear_fusion import Linear, P, Q, R, inputs_of, linear_model, linear_picture, weighted
from vizlab.checks.case import Case, in_precision
from vizlab.checks.limits import LIMITS
from vizlab.checks.site_call import Shown
from vizlab.checks.threads import in_step
from vizlab.core.changes import Change, change_from, intervention_of
from vizlab.core.site import (
    NO_INTERVENTION,
    FusionModule,
    Intervention,
    Mixing,
    fusion_modules,
    intervening,
    observing,
)
from vizlab.core.trace import FusionTrace, arrays_of
from vizlab.errors import InputError
from vizlab.report.replaying import _run
from vizlab.rgbd import RGBDImage

TOLERANCE = {"rtol": 1e-5, "atol": 1e-4}


def raw(model: vizlab.Model, rgbd: RGBDImage, changes: Sequence[Change] = ()) -> dict[str, torch.Tensor]:
    """The network's own outputs under the changes, in one whole forward."""
    framing = model.frame(rgbd.size)
    with intervening(intervention_of(model, changes, framing)):
        return model.forward(model.preprocess(rgbd, framing))


def depth_of(model: vizlab.Model, rgbd: RGBDImage, changes: Sequence[Change]) -> np.ndarray:
    return raw(model, rgbd, changes)["depth"][0, 0].double().numpy()


def only(channel: int, x: np.ndarray) -> np.ndarray:
    """`x` without its other channels."""
    return np.where(np.arange(3)[:, None, None] == channel, x, 0)


@pytest.fixture(scope="module")
def linear() -> vizlab.Model:
    return linear_model()


def test_changes_of_a_linear_network_in_closed_form(linear: vizlab.Model) -> None:
    """depth = 100 + w (a + p b + r (b + q a)), where each of p b, q a and r (...) can be changed on its way."""
    rgbd, other = linear_picture(), linear_picture(seed=5)
    a, b = inputs_of(linear, rgbd)
    _, b2 = inputs_of(linear, other)
    u_b, pb, first, second = b + Q * a, P * b, ("first", "rgb", "depth"), ("second", "rgb", "depth")
    mean = np.broadcast_to(pb.mean((1, 2), keepdims=True), pb.shape)
    a2, _ = inputs_of(linear, other)
    expected = {
        "cut": ([vizlab.cut(*first)], a + R * u_b),
        "cut of all that enters rgb": ([vizlab.cut("second", "rgb")], a + pb),
        "cut of all at a site": ([vizlab.cut("first")], a + R * b),
        "a half": ([vizlab.do(*first, by=0.5)], a + 0.5 * pb + R * u_b),
        "three times": ([vizlab.do(*second, by=3)], a + pb + 3 * R * u_b),
        "turned round": ([vizlab.do("first", "depth", "rgb", by=-1)], a + pb + R * (b - Q * a)),
        "mean": ([vizlab.do(*first, by="mean")], a + mean + R * u_b),
        "zero, which in a sum is the cut": ([vizlab.do(*first, by="zero")], a + R * u_b),
        "another's": ([vizlab.do(*first, by=other)], a + P * b2 + R * u_b),
        "another's, of what it is there": ([vizlab.do(*second, by=other)], a + pb + R * (b2 + Q * a2)),
        "one channel cut": ([vizlab.cut(*first, channels=[1])], a + pb - only(1, pb) + R * u_b),
        "one channel's mean": ([vizlab.do(*first, "mean", [2])], a + pb + only(2, mean - pb) + R * u_b),
        "a half, then its mean": ([vizlab.do(*first, by=0.5), vizlab.do(*first, by="mean")], a + 0.5 * mean + R * u_b),
        "twice a half": ([vizlab.do(*first, by=0.5)] * 2, a + 0.25 * pb + R * u_b),
        "cut, then scaled": ([vizlab.cut(*first), vizlab.do(*first, by=7)], a + R * u_b),
        "two channels one by one": ([vizlab.cut(*first, channels=[c]) for c in (0, 2)], a + only(1, pb) + R * u_b),
        "two edges": ([vizlab.cut(*first), vizlab.do(*second, by=2)], a + 2 * R * u_b),
    }  # fmt: skip
    for words, (changes, y) in expected.items():
        found = depth_of(linear, rgbd, changes)
        np.testing.assert_allclose(found, 100 + weighted(y), **TOLERANCE, err_msg=words)


def test_a_mean_is_of_the_picture_not_of_its_padding() -> None:
    model = linear_model()
    assert isinstance(model.network, Linear)
    model.network.multiple = 8  # type: ignore[misc]
    rgbd = linear_picture()
    a, b = inputs_of(model, rgbd)
    assert a.shape == (3, 8, 8)
    found = depth_of(model, rgbd, [vizlab.do("first", "rgb", "depth", by="mean")])
    mean = P * b[:, :6].mean((1, 2), keepdims=True)
    np.testing.assert_allclose(found, 100 + weighted(a + mean + R * (b + Q * a)), **TOLERANCE)


@pytest.mark.parametrize("family", ["cen", "cen-multitask", "nddr-cnn", "mti-net"])
def test_what_asks_for_nothing_changes_nothing_to_the_bit(family: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    plain = raw(model, small_rgbd)
    whole = [vizlab.do(site.name, by=1) for site in model.sites]
    for name, y in raw(model, small_rgbd, whole).items():
        assert torch.equal(y, plain[name]), name
    effect = vizlab.intervene(model, small_rgbd, [])
    assert effect.after is effect.before
    for one in effect.outputs.values():
        assert one.size == 0
        assert not one.map.any()
        assert not one.flips


def outputs_at(model: vizlab.Model, rgbd: RGBDImage, site: str, change: Intervention) -> list[torch.Tensor]:
    """What each target of a site has, (C, h, w), copied before anything changes it in place."""
    found: dict[int, torch.Tensor] = {}

    def observe(module: FusionModule, mixing: Mixing) -> None:
        if module.site.name == site:
            found[mixing.target] = mixing.output[0].clone()

    with observing(observe), intervening(change):
        model.forward(model.preprocess(rgbd))
    return [found[target] for target in sorted(found)]


@pytest.fixture(scope="module")
def exchanging() -> tuple[vizlab.Model, str, np.ndarray]:
    """A network that exchanges channels, a site amid it, and which channels are exchanged there, (S, C)."""
    model = make_model("cen")
    site = model.sites[len(model.sites) // 2].name
    exchanged = fusion_modules(model.network)[site].static_weights()["exchanged"]
    assert exchanged.sum(1).min() >= 3
    return model, site, exchanged


def test_a_channel_cut_is_the_targets_own_again(
    exchanging: tuple[vizlab.Model, str, np.ndarray], small_rgbd: RGBDImage
) -> None:
    model, site, exchanged = exchanging
    framing = model.frame(small_rgbd.size)
    plain, own = (
        outputs_at(model, small_rgbd, site, change)
        for change in (NO_INTERVENTION, Intervention(cross=False, sites=frozenset({site})))
    )
    some = [int(channel) for channel in np.flatnonzero(exchanged[0])[:2]]
    kept = int(np.flatnonzero(~exchanged[0])[0])
    change = intervention_of(model, [vizlab.cut(site, "rgb", "depth", channels=[*some, kept])], framing)
    found = outputs_at(model, small_rgbd, site, change)
    expected = plain[0].clone()
    expected[some] = own[0][some]
    assert torch.equal(found[0], expected)
    assert not torch.equal(found[0], plain[0])
    assert torch.equal(found[1], plain[1])
    half = intervention_of(model, [vizlab.do(site, "rgb", "depth", by=0.5)], framing)
    blended = torch.where(torch.from_numpy(exchanged[0])[:, None, None], (plain[0] + own[0]) / 2, plain[0])
    torch.testing.assert_close(outputs_at(model, small_rgbd, site, half)[0], blended)


def test_a_plain_zero_leaves_nothing_in_place_of_an_exchanged_channel(
    exchanging: tuple[vizlab.Model, str, np.ndarray], small_rgbd: RGBDImage
) -> None:
    """Not the target's own: unlike a cut it is no state that the network was trained in, and says so."""
    model, site, exchanged = exchanging
    change = vizlab.do(site, "rgb", "depth", by="zero")
    found, plain = (
        outputs_at(model, small_rgbd, site, intervention_of(model, changes, model.frame(small_rgbd.size)))
        for changes in ([change], [])
    )
    expected = torch.where(torch.from_numpy(exchanged[0])[:, None, None], 0, plain[0])
    assert torch.equal(found[0], expected)
    assert torch.equal(found[1], plain[1])
    assert change.to_dict()["out_of_distribution"]
    assert "out_of_distribution" not in vizlab.cut(site).to_dict()
    assert change_from(change.to_dict()) == change


@pytest.mark.parametrize("where", [None, "there"])
def test_a_picture_s_own_part_put_in_changes_nothing_at_another_threshold(
    where: str | None, exchanging: tuple[vizlab.Model, str, np.ndarray], small_rgbd: RGBDImage
) -> None:
    """The threshold says which channels the part is of: those of the other picture are the same."""
    model, site, _ = exchanging
    moved = vizlab.threshold(0.9, where and site)
    framing = model.frame(small_rgbd.size)
    changes = [[moved], [moved, vizlab.do(site, "rgb", "depth", by=small_rgbd)]]
    plain, put = (outputs_at(model, small_rgbd, site, intervention_of(model, c, framing)) for c in changes)
    assert torch.equal(put[0], plain[0])
    before = outputs_at(model, small_rgbd, site, NO_INTERVENTION)
    assert not torch.equal(plain[0], before[0])


def test_a_threshold_above_every_scale_at_one_site_swaps_all_there_and_no_more(
    exchanging: tuple[vizlab.Model, str, np.ndarray], small_rgbd: RGBDImage
) -> None:
    model, site, _ = exchanging
    plain, own = (
        outputs_at(model, small_rgbd, site, change)
        for change in (NO_INTERVENTION, Intervention(cross=False, sites=frozenset({site})))
    )
    changes = [vizlab.threshold(100, site)]
    found = outputs_at(model, small_rgbd, site, intervention_of(model, changes, model.frame(small_rgbd.size)))
    assert torch.equal(found[0], own[1])
    assert torch.equal(found[1], own[0])
    assert not torch.equal(found[0], plain[0])
    changed, before = (vizlab.trace(model, small_rgbd, intervention=given) for given in (changes, ()))
    for name, one in changed.sites.items():
        was = before.sites[name].weights["exchanged"]
        assert one.weights["exchanged"].all() if name == site else (one.weights["exchanged"] == was).all()
    everywhere = vizlab.trace(model, small_rgbd, intervention=[vizlab.threshold(100)])
    assert all(one.weights["exchanged"].all() for one in everywhere.sites.values())
    assert dict(everywhere.model.settings) == {"threshold": 100}


def test_a_setting_at_a_site_stands_above_the_one_for_all(
    exchanging: tuple[vizlab.Model, str, np.ndarray], small_rgbd: RGBDImage
) -> None:
    model, site, _ = exchanging
    found = vizlab.trace(model, small_rgbd, intervention=[vizlab.threshold(0), vizlab.threshold(100, site)])
    assert {name for name, one in found.sites.items() if one.weights["exchanged"].any()} == {site}


CASES = {
    "cen": lambda site: [vizlab.cut(site, "rgb", "depth"), vizlab.do(site, "depth", by="mean")],
    "cen-multitask": lambda site: [vizlab.do(site, "depth", "semseg", by=0.25), vizlab.cut(site, "normals")],
    "nddr-cnn": lambda site: [vizlab.cut(site, "semseg", "depth"), vizlab.do(site, "depth", "semseg", by=2)],
    "mti-net": lambda site: [vizlab.cut(site)],
}


@pytest.mark.parametrize("family", CASES)
def test_what_was_kept_gives_the_trace_of_a_whole_forward_to_the_bit(family: str, small_rgbd: RGBDImage) -> None:
    """Every array: sites before the change as they were, sites after it as one forward with the change has them."""
    model = make_model(family)
    additive = [site.name for site in model.sites if site.additive]
    place = len(additive) // 2
    changes = CASES[family](additive[place])
    effect = vizlab.intervene(model, small_rgbd, changes)
    assert_same(effect.after, vizlab.trace(model, small_rgbd, intervention=changes))
    assert_same(effect.before, vizlab.trace(model, small_rgbd))
    for name in additive[:place]:
        assert effect.after.sites[name].outside is effect.before.sites[name].outside
    assert effect.after.changes["intervention"] == [change.to_dict() for change in changes]
    assert dict(effect.after.grids) == dict(effect.before.grids)
    moved = [name for name, one in effect.outputs.items() if one.size > 0]
    assert moved


def assert_same(found: FusionTrace, expected: FusionTrace) -> None:
    one, other = arrays_of(found), arrays_of(expected)
    assert one.keys() == other.keys()
    for name, array in other.items():
        np.testing.assert_array_equal(one[name], array, err_msg=name)


@pytest.mark.parametrize("family", ["cen", "cen-multitask", "nddr-cnn", "mti-net"])
def test_nothing_is_shown_of_a_source_that_is_cut(family: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    site = [one for one in model.sites if one.additive][2]
    target, source = site.targets[0], next(name for name in site.sources if name != site.targets[0])
    effect = vizlab.intervene(model, small_rgbd, [vizlab.cut(site.name, target, source)])
    row, column = site.targets.index(target), site.sources.index(source)
    was, now = (trace.sites[site.name] for trace in (effect.before, effect.after))
    assert was.share is not None
    assert now.share is not None
    assert now.energy is not None
    assert abs(was.share[row, column]) > 1e-4
    assert (now.share[row, column], now.energy[row, column]) == (0, 0)
    others = [t for t in range(len(site.targets)) if t != row]
    np.testing.assert_array_equal(now.share[others], was.share[others])


@pytest.mark.parametrize("family", ["cen", "cen-multitask", "nddr-cnn", "mti-net"])
@pytest.mark.parametrize("by", ["cut", "mean", 0.5, -2.0, "some"])
def test_what_is_shown_after_a_change_adds_up_to_the_output(
    family: str, by: float | str, small_rgbd: RGBDImage
) -> None:
    """Also where a channel is a blend of what came and the target's own: shares of the trace are true of it."""
    model = make_model(family)
    site = [one for one in model.sites if one.additive][2]
    target, source = site.targets[0], next(name for name in site.sources if name != site.targets[0])
    some = range(site.channels // 2) if by == "some" else None
    change = vizlab.do(site.name, target, source, "cut" if by == "some" else by, some)  # type: ignore[arg-type]
    missed: list[float] = []

    def observe(module: FusionModule, mixing: Mixing) -> None:
        if module.site.name == site.name:
            one = Shown.of(mixing)
            named = [part for part in one.parts if part == mixing.own]
            assert not (named and mixing.own_is_rest)
            missed.append(one.residual)

    framing = model.frame(small_rgbd.size)
    with observing(observe), intervening(intervention_of(model, [change], framing)):
        model.forward(model.preprocess(small_rgbd, framing))
    assert len(missed) == len(site.targets)
    assert max(missed) < 1e-5
    found = vizlab.trace(model, small_rgbd, intervention=[change]).sites[site.name].share
    assert found is not None
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-4)


def test_half_of_what_is_exchanged_has_shares_of_a_blend(
    exchanging: tuple[vizlab.Model, str, np.ndarray], small_rgbd: RGBDImage
) -> None:
    """By the definition, from the channels themselves: where exchanged, half the other's and half its own."""
    model, site, exchanged = exchanging
    apart = Intervention(cross=False, sites=frozenset({site}))
    own, other = (y.double().numpy() for y in outputs_at(model, small_rgbd, site, apart))
    found = vizlab.trace(model, small_rgbd, intervention=[vizlab.do(site, "rgb", "depth", by=0.5)]).sites[site]
    swapped = exchanged[0][:, None, None]
    came, kept = np.where(swapped, other / 2, 0), np.where(swapped, own / 2, own)
    y = came + kept
    cov = sum(np.cov(c.ravel(), v.ravel(), bias=True)[0, 1] for c, v in zip(came, y, strict=True))
    assert found.share is not None
    assert found.energy is not None
    np.testing.assert_allclose(found.share[0, 1], cov / sum(v.var() for v in y), rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.energy[0], [np.square(kept).mean(), np.square(came).mean()], rtol=1e-4)


def test_a_trace_with_changes_is_saved_read_and_run_again(tmp_path: Path, small_rgbd: RGBDImage) -> None:
    model = make_model("cen")
    first, second = model.sites[1].name, model.sites[4].name
    changes = [
        vizlab.cut(first, "rgb", "depth", channels=[0, 3]),
        vizlab.do(second, by=0.5),
        vizlab.do(second, "depth", by="mean"),
        vizlab.threshold(0.5, first),
        vizlab.threshold(0.03),
    ]
    found = vizlab.trace(model, small_rgbd, intervention=changes)
    found.save(str(tmp_path / "trace.npz"))
    read = vizlab.load_trace(tmp_path / "trace.npz")
    described = read.changes["intervention"]
    assert [change_from(one) for one in described] == changes
    assert json.loads(json.dumps(described)) == [change.to_dict() for change in changes]
    assert_same(_run(model, small_rgbd, read), found)
    assert not np.array_equal(
        found.predictions["semseg"].confidence, vizlab.trace(model, small_rgbd).predictions["semseg"].confidence  # type: ignore[union-attr]
    )  # fmt: skip


def test_what_needs_a_picture_cannot_be_done_from_its_description(small_rgbd: RGBDImage) -> None:
    described = vizlab.do("first", by=small_rgbd).to_dict()
    assert described["other"] == small_rgbd.digest
    with pytest.raises(InputError, match="A change by 'other' cannot be done again from its description"):
        change_from(described)
    with pytest.raises(InputError, match="A change by 'None' cannot"):
        change_from({"site": "first"})


FIRST = "features.1.conv.0.1"


def refusals() -> list[tuple[str, Sequence[Change], str]]:
    return [
        ("cen", [vizlab.cut("nowhere")], "cen has no site 'nowhere'; its sites are features"),
        ("cen", [vizlab.threshold(1, "nowhere")], "cen has no site 'nowhere'"),
        (
            "cen",
            [vizlab.cut(FIRST, target="sound")],
            f"'{FIRST}' has no target 'sound'; it has rgb, depth",
        ),
        (
            "cen",
            [vizlab.cut(FIRST, source="sound")],
            f"'{FIRST}' has no source 'sound'; it has rgb, depth",
        ),
        (
            "cen",
            [vizlab.cut(FIRST, "rgb", "rgb")],
            "has no edge from rgb to rgb; it has depth to rgb, rgb to",
        ),
        ("cen", [vizlab.cut(FIRST, channels=[0, 5000])], r"Channels \[0, 5000\] .* it has 0 to \d+\."),
        ("cen", [vizlab.cut(FIRST, channels=[-1])], r"Channels \[-1\] are given"),
        ("cen", [vizlab.threshold(-1)], "The threshold is -1; expected a number of 0 or more"),
        ("nddr-cnn", [vizlab.threshold(1)], "A threshold is given, but nddr-cnn"),
        ("mti-net", [vizlab.cut("PROPAGATION", "depth", "semseg")], "cannot be told apart by stream; leave the source"),
    ]


@pytest.mark.parametrize("place", range(len(refusals())))
def test_what_a_network_does_not_have_is_one_sentence(place: int, small_rgbd: RGBDImage) -> None:
    family, changes, sentence = refusals()[place]
    model = make_model(family)
    propagation = next((site.name for site in model.sites if not site.additive), "")
    asked = [
        vizlab.cut(propagation, change.target, change.source) if change.site == "PROPAGATION" else change  # type: ignore[union-attr]
        for change in changes
    ]
    for run in (lambda: vizlab.trace(model, small_rgbd, intervention=asked),
                lambda: vizlab.intervene(model, small_rgbd, asked)):  # fmt: skip
        with pytest.raises(InputError, match=sentence) as found:
            run()
        assert str(found.value).count(". ") == 0


@pytest.mark.parametrize("by", [float("nan"), float("inf"), True, None, "nothing", ["cut"]])
def test_what_is_no_replacement_is_refused(by: object) -> None:
    with pytest.raises(InputError, match=r"A part is to be (replaced|scaled) by"):
        vizlab.do("first", by=by)  # type: ignore[arg-type]


def test_a_trace_is_no_picture(cen_trace: FusionTrace) -> None:
    with pytest.raises(InputError, match="a trace holds no parts: give the picture it is of"):
        vizlab.do("first", by=cen_trace)  # type: ignore[arg-type]


def test_one_thread_changes_while_another_does_not(small_rgbd: RGBDImage) -> None:
    """Both meet at every site; each gets what it gets alone."""
    model = make_model("cen")
    case = Case(model, small_rgbd, LIMITS)
    every = [vizlab.do(site.name, by="mean") for site in model.sites]
    changes = [NO_INTERVENTION, intervention_of(model, every, case.framing)]
    alone = [case.run(change).outputs for change in changes]
    together = [run.outputs for run in in_step(case, changes)]
    for one, other in zip(together, alone, strict=True):
        assert all(torch.equal(one[name], other[name]) for name in other)
    assert not torch.equal(together[0]["semseg/ensemble"], together[1]["semseg/ensemble"])


@pytest.mark.parametrize("family", ["cen", "cen-multitask", "nddr-cnn", "mti-net"])
def test_changes_in_half_precision_are_near_those_in_whole(family: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    site = [one for one in model.sites if one.additive][-2]
    for by in ("cut", "mean", 0.5):
        changes = [vizlab.do(site.name, site.targets[0], by=by)]  # type: ignore[arg-type]
        whole, half = raw(model, small_rgbd, changes), raw(in_precision(model, "bfloat16"), small_rgbd, changes)
        for name, y in whole.items():
            distance = (half[name] - y).square().mean().sqrt() / y.square().mean().sqrt()
            assert 0 < distance < 0.1, (by, name)
