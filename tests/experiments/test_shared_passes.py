"""Passes that share a forward give what each gives by itself: against whole forwards with the edits written out."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.conftest import make_model
from tests.experiments.linear_fusion import P, Q, inputs_of, linear_model, linear_picture, weighted
from vizlab.core.changes import parts_on
from vizlab.core.edits import CUT, Put
from vizlab.core.model import Model
from vizlab.core.site import Edit, Intervention, Way, fusion_modules, intervening
from vizlab.experiments.interventions.edges import Edge
from vizlab.experiments.interventions.passes import KINDS, Pass, Passes
from vizlab.rgbd import RGBDImage

FAMILIES = ["cen", "cen-multitask", "cen-multimodal-multitask", "nddr-cnn", "mti-net"]
Outputs = Mapping[str, Tensor]


def passes_of(model: Model, rgbd: RGBDImage) -> Passes:
    framing = model.frame(rgbd.size)
    return Passes(model, model.preprocess(rgbd, framing), framing)


def whole(passes: Passes, edits: Mapping[Edge, Edit]) -> Outputs:
    """A forward from the start."""
    by_site: dict[str, dict[Way, Edit]] = {}
    for edge, edit in edits.items():
        by_site.setdefault(edge.site, {})[edge.way] = edit
    with intervening(Intervention(edits=by_site)):
        return passes.model.forward(passes.plain.inputs)


def by_definition(passes: Passes, one: Pass) -> dict[Edge, Edit]:
    """What is done on every edge in a pass that stands for itself."""
    assert one.place is not None
    edges, edge = passes.edges, passes.edges[one.place]
    if one.kind == "only":
        return {other: CUT for other in edges if other != edge}
    if one.kind == "total":
        return {edge: CUT}
    ways: dict[str, list[Way]] = {}
    for other in edges:
        ways.setdefault(other.site, []).append(other.way)
    came = parts_on(passes.model, passes.plain.inputs, ways)
    order = [site.name for site in passes.model.sites]
    held = {
        other: Put(came[other.site][other.way])
        for other in edges
        if order.index(other.site) > order.index(edge.site) and other.way in came[other.site]
    }
    return {edge: CUT, **held}


def middle(sites: Iterable[str]) -> list[str]:
    """The first of some sites, one amid them and the last."""
    found = list(dict.fromkeys(sites))
    return list(dict.fromkeys([found[0], found[len(found) // 2], found[-1]]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_shares_a_forward_is_what_it_is_alone(family: str, kind: str, small_rgbd: RGBDImage) -> None:
    """To the bit; with more than two streams what is held rounds as a sum and not as a mean, but for that."""
    passes = passes_of(make_model(family), small_rgbd)
    rounds = kind == "direct" and family in ("cen-multitask", "cen-multimodal-multitask")
    shared = 0
    for site in middle(edge.site for edge in passes.edges):
        left = [Pass(kind, e) for e, edge in enumerate(passes.edges) if edge.site == site]
        while left:
            together = passes._together(left)
            left = [one for one in left if one not in together]
            outputs = passes._outputs(together)
            shared += len(together) > 1
            for one in together[-2:]:
                alone, own = whole(passes, by_definition(passes, one)), passes._own(one, outputs)
                assert own.keys() == alone.keys()
                for name, y in alone.items():
                    same = torch.allclose(own[name], y, atol=1e-4) if rounds else torch.equal(own[name], y)
                    assert same, (one, name)
    assert shared


def forwards(passes: Passes, kinds: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """How many forwards are gone on with for all passes of these kinds."""
    count = 0
    made = type(passes.plain).going_on

    def counted(self: object, *args: object) -> object:
        nonlocal count
        count += 1
        return made(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(type(passes.plain), "going_on", counted)
    for kind in kinds:
        for _ in passes.run([Pass(kind, place) for place in range(passes.found.places(kind))]):
            pass
    return count


@pytest.mark.parametrize(
    ("family", "totals", "directs", "alone"),
    [
        ("cen", 16 * 2 + 1, 16, 17),  # 17 sites of two streams; at the last one both edges at once
        ("nddr-cnn", 4 * 6 + 2, 4 * 2, 5 * 2),  # 5 sites, each of three tasks has two others
        ("mti-net", 3 * 3 + 4 * 2, 3, 3 + 4 * 2),  # 3 propagations to three tasks; 4 distillations, side by side
    ],
)
def test_how_many_forwards_a_sweep_takes(
    family: str, totals: int, directs: int, alone: int, small_rgbd: RGBDImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = passes_of(make_model(family), small_rgbd)
    assert not passes._idle
    for kind, expected in (("total", totals), ("direct", directs), ("only", alone)):
        assert forwards(passes, [kind], monkeypatch) == expected, kind
        monkeypatch.undo()
        assert not np.isnan(passes.found.size[kind]).any()


def test_who_does_not_say_how_its_streams_are_told_apart_shares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    passes = passes_of(linear_model(), linear_picture())
    assert not passes._splices
    assert forwards(passes, ["direct"], monkeypatch) == len(passes.edges)


def test_who_says_it_wrongly_shares_nothing(small_rgbd: RGBDImage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Spliced of the outputs as they are, they must come out as they are."""
    model = make_model("nddr-cnn")
    right = passes_of(model, small_rgbd)
    list(right.run([Pass("only", place) for place in range(6)]))
    monkeypatch.setattr(model.network, "spliced", lambda before, *_: {name: y + 1 for name, y in before.items()})
    wrong = passes_of(model, small_rgbd)
    assert right._splices
    assert not wrong._splices
    list(wrong.run([Pass("only", place) for place in range(6)]))
    np.testing.assert_array_equal(right.found.size["only"], wrong.found.size["only"])


def test_what_a_cut_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its target, and who is sent something by whom it reaches at a later site; nobody where that is held or cut."""
    model = linear_model()
    passes = passes_of(model, linear_picture())
    into_rgb, into_depth = (passes.edges.index(Edge("first", *way)) for way in (("rgb", "depth"), ("depth", "rgb")))
    for edge, target in ((into_rgb, "rgb"), (into_depth, "depth")):
        assert passes._reached(Pass("total", edge)) == {"rgb", "depth"}
        assert passes._reached(Pass("direct", edge)) == passes._reached(Pass("only", edge)) == {target}
    second = fusion_modules(model.network)["second"]
    monkeypatch.setattr(second, "sends", lambda target, source: target == "rgb")
    passes = passes_of(model, linear_picture())
    assert passes._reached(Pass("total", into_rgb)) == {"rgb"}
    assert passes._reached(Pass("total", into_depth)) == {"rgb", "depth"}
    monkeypatch.setattr(second, "edges", lambda: ())  # mixes in one piece, which cannot be held
    passes = passes_of(model, linear_picture())
    assert passes._reached(Pass("direct", into_rgb)) == passes._reached(Pass("only", into_rgb)) == {"rgb", "depth"}


def test_a_total_effect_that_reaches_its_target_alone_is_the_direct_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a network that says how its streams are told apart; in another, a later part may depend on the target."""
    model = linear_model()
    monkeypatch.setattr(fusion_modules(model.network)["second"], "sends", lambda target, source: target == "rgb")
    silent = passes_of(model, linear_picture())
    place = silent.edges.index(Edge("first", "rgb", "depth"))
    list(silent.run([Pass("total", place)]))
    assert not silent._is_direct(Pass("direct", place))
    list(silent.run([Pass("direct", place)]))
    said = {"depth": "rgb"}  # the answer is put together of the stream rgb
    monkeypatch.setattr(
        type(model.network),
        "spliced",
        lambda self, before, after, streams: {k: (after if said[k] in streams else before)[k] for k in before},
    )
    passes = passes_of(model, linear_picture())
    assert passes._splices
    list(passes.run([Pass("total", place)]))
    assert passes._is_direct(Pass("direct", place))
    list(passes.run([Pass("direct", place)]))
    known = passes.found.size["total"][0, place, 0]
    assert known == passes.found.size["direct"][0, place, 0] == pytest.approx(silent.found.size["direct"][0, place, 0])
    assert known > 0


def gated() -> Model:
    """Linear, but that what comes at the second site depends on the target it comes to."""
    model = linear_model()
    second = fusion_modules(model.network)["second"]

    def mixed(target: int, features: Sequence[Tensor]) -> Tensor:
        names, other = ("rgb", "depth"), 1 - target
        if target == 1:
            return features[1]
        came = second.arriving(names[target], names[other], lambda: features[target] * features[other]).part
        return features[0] if came is None else features[0] + came

    second._mix = mixed  # type: ignore[assignment]
    second.sends = lambda target, source: target == "rgb"  # type: ignore[method-assign]
    return model


def test_a_part_that_depends_on_its_target_is_held_in_a_direct_effect() -> None:
    """u = a + p b, answer = w (u + u v) with v = u_b: cut p b, and hold u v at what it was."""
    model = gated()
    passes = passes_of(model, linear_picture())
    place = passes.edges.index(Edge("first", "rgb", "depth"))
    assert passes._reached(Pass("total", place)) == {"rgb"}
    list(passes.run([Pass("total", place), Pass("direct", place)]))
    a, b = inputs_of(model, linear_picture())
    u_b = b + Q * a
    direct = weighted(P * b)  # by how much the answer falls
    total = weighted(P * b + P * b * u_b)
    for kind, moved in (("direct", direct), ("total", total)):
        assert passes.found.size[kind][0, place, 0] == pytest.approx(np.sqrt((moved**2).mean()), rel=1e-4)


@pytest.mark.parametrize("family", ["cen", "nddr-cnn"])
def test_passes_share_forwards_in_bfloat16_too(family: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    model.move_to(torch.device("cpu"), "bfloat16")
    passes = passes_of(model, small_rgbd)
    assert passes._splices
    site = passes.edges[-1].site
    together = passes._together([Pass("only", e) for e, edge in enumerate(passes.edges) if edge.site == site])
    assert len(together) > 1
    outputs = passes._outputs(together)
    for one in together:
        alone, own = passes._outputs([one]), passes._own(one, outputs)
        assert all(torch.equal(own[name], y) for name, y in alone.items()), one
