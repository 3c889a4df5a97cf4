"""The network map's data against numbers worked out by hand from small made traces, and against real ones."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from vizlab.core.changes import cut
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.registry import methods
from vizlab.core.site import Site
from vizlab.core.trace import FusionTrace, SiteTrace, TracedModel
from vizlab.core.tracer import trace
from vizlab.methods.cross_stitch.numbers import unit_alphas
from vizlab.methods.nddr_cnn.numbers import nddr_blocks
from vizlab.rgbd import RGBDImage
from vizlab.views.flow import flow
from vizlab.views.outside import NOT_ADDITIVE
from vizlab.views.palettes import stream_colour

TWO, THREE = ("rgb", "depth"), ("semseg", "depth", "normals")
Flow = dict[str, Any]


def made_trace(family: str, sites: Sequence[SiteTrace], tasks: tuple[str, ...] = ("semseg",)) -> FusionTrace:
    model = TracedModel("made", family, "made", "0" * 64, TWO, tasks, (), {}, {})
    framing = Framing((6, 8), (6, 8), (6, 8))
    return FusionTrace(model, {}, {}, {s.site.name: s for s in sites}, framing, "0" * 64, {}, {})


def made_site(
    kind: str, streams: tuple[str, ...], share: Any, weights: Mapping[str, np.ndarray], name: str = "a", **more: Any
) -> SiteTrace:
    values = None if share is None else np.array(share, np.float32)
    energy = None if share is None else np.ones((len(values), len(streams)), np.float32)  # type: ignore[arg-type]
    site = Site(name, kind, streams, streams, more.pop("channels", 8), more.pop("stage", "stage5"))
    arrays = {"energy": energy, "outside": None, "gates": None, **more}
    return SiteTrace(site, values, weights=weights, **arrays)


def exchanging(streams: tuple[str, ...], counts: Sequence[int], share: Any, **more: Any) -> SiteTrace:
    """A site of 8 channels (or `channels`) of which each target exchanges its count, the first ones."""
    channels = more.get("channels", 8)
    exchanged = np.arange(channels) < np.array(counts)[:, None]
    return made_site("exchange", streams, share, {"exchanged": exchanged}, **more)


def edge(found: Flow, target: str, source: str, site: int = 0) -> dict[str, Any]:
    (one,) = [e for e in found["sites"][site]["edges"] if (e["target"], e["source"]) == (target, source)]
    return one


def test_share_and_fraction_belong_to_the_target_that_receives() -> None:
    """Target and source of both numbers: rgb exchanges 6 of 8, depth 2 of 8."""
    found = flow(made_trace("cen", [exchanging(TWO, (6, 2), [[0.7, 0.3], [0.1, 0.9]])]))
    into_rgb, into_depth = edge(found, "rgb", "depth"), edge(found, "depth", "rgb")
    assert (into_rgb["share"], into_rgb["fixed"]) == (pytest.approx(0.3), 6 / 8)
    assert (into_depth["share"], into_depth["fixed"]) == (pytest.approx(0.1), 2 / 8)
    assert [(e["target"], e["source"]) for e in found["sites"][0]["edges"]] == [("rgb", "depth"), ("depth", "rgb")]


def test_the_sentence_of_an_exchange_has_both_denominators() -> None:
    found = flow(made_trace("cen", [exchanging(TWO, (192, 0), [[0.82, 0.18], [0.0, 1.0]], channels=576)]))
    assert edge(found, "rgb", "depth")["sentence"] == (
        "33 % of rgb's channels here are exchanged (192 of 576); they carry 18 % of what varies in its output."
    )
    assert edge(found, "rgb", "depth")["fixedSentence"] == "33 % of rgb's channels here are exchanged (192 of 576)."
    assert edge(found, "depth", "rgb")["sentence"] == (
        "None of depth's 576 channels here is exchanged; nothing of what varies in depth's output here comes from rgb."
    )
    assert edge(found, "depth", "rgb")["fixed"] == 0


def test_where_the_mean_of_several_is_taken_each_counts_for_its_part() -> None:
    """4 of 8 channels become the mean of two others: 2 of 8 count for each, and the edges add up to the 4."""
    share = [[0.5, 0.2, 0.3], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    found = flow(made_trace("cen", [exchanging(THREE, (4, 1, 0), share)], tasks=THREE))
    semseg = [edge(found, "semseg", s) for s in ("depth", "normals")]
    assert [e["fixed"] for e in semseg] == [0.25, 0.25]
    assert [e["share"] for e in semseg] == [pytest.approx(0.2), pytest.approx(0.3)]
    assert edge(found, "depth", "normals")["fixed"] == 1 / 16
    assert semseg[0]["sentence"] == (
        "50 % of semseg's channels here are exchanged (4 of 8), each for the mean of the 2 others, so that 25 % count "
        "for the depth task; 20 % of what varies in semseg's output here comes from the depth task."
    )


def test_negative_and_undefined_shares_have_sentences_of_their_own() -> None:
    shares = [[1.04, -0.04], [np.nan, np.nan]]
    found = flow(made_trace("cen", [exchanging(TWO, (2, 4), shares)]))
    assert edge(found, "rgb", "depth")["share"] == pytest.approx(-0.04)
    assert edge(found, "rgb", "depth")["sentence"] == (
        "25 % of rgb's channels here are exchanged (2 of 8); they work against the rest, with −4.0 % of what varies "
        "in its output."
    )
    assert edge(found, "depth", "rgb")["share"] is None
    assert edge(found, "depth", "rgb")["sentence"] == (
        "50 % of depth's channels here are exchanged (4 of 8); no share is defined: depth's output does not vary in "
        "this picture."
    )


def test_an_infinite_output_is_not_said_to_be_constant() -> None:
    infinite = np.array([[np.inf, 1], [1, 1]], np.float32)
    site = made_site("any", TWO, [[np.nan, np.nan], [np.nan, np.nan]], {}, energy=infinite)
    found = flow(made_trace("any", [site]))
    assert edge(found, "rgb", "depth")["sentence"] == "No share is defined: rgb's output is not finite."
    assert edge(found, "depth", "rgb")["sentence"] == (
        "No share is defined: depth's output does not vary in this picture."
    )


def test_a_share_that_the_trace_does_not_hold() -> None:
    found = flow(made_trace("any", [made_site("any", TWO, None, {})]))
    assert edge(found, "rgb", "depth")["share"] is None
    assert edge(found, "rgb", "depth")["sentence"] == "No share is defined: this trace does not hold it."


def nddr(weight: np.ndarray, scale: np.ndarray, share: Any) -> SiteTrace:
    return made_site("nddr", TWO, share, {"weight": weight, "scale": scale}, channels=2)


def test_a_block_is_weighed_among_the_blocks_of_its_row_with_the_norm_s_scale() -> None:
    """Rows of rgb, scaled by (1, 2): own block (3, 0 | 0, 4) after it has norm 5, depth's (0, 0 | 15, 0) norm 15."""
    rgb = [[3, 0, 0, 0], [0, 2, 7.5, 0]]
    depth = [[1, 0, 0, 1], [0, 0, 0, 0]]
    site = nddr(np.array([rgb, depth], np.float32), np.array([[1, 2], [3, 9]], np.float32), [[0.9, 0.1], [0.4, 0.6]])
    found = flow(made_trace("nddr-cnn", [site]))
    assert edge(found, "rgb", "depth")["fixed"] == 15 / 20
    assert edge(found, "depth", "rgb")["fixed"] == 0.5
    assert edge(found, "rgb", "depth")["sentence"] == (
        "The block from depth has 75 % of the norms of rgb's 2 blocks here (15.0 of 20.0, the batch norm's scale "
        "included); 10 % of what varies in rgb's output here comes from depth."
    )
    assert edge(found, "depth", "rgb")["share"] == pytest.approx(0.4)


def test_blocks_are_those_of_the_room_s_own_numbers(nddr_trace: FusionTrace) -> None:
    found = flow(nddr_trace)
    for index, blocks in enumerate(nddr_blocks(nddr_trace)):
        for t, target in enumerate(blocks.tasks):
            for s, source in enumerate(blocks.tasks):
                if s != t:
                    part = blocks.scaled_norm[t, s] / blocks.scaled_norm[t].sum()
                    assert edge(found, target, source, index)["fixed"] == pytest.approx(part, rel=1e-4)


def test_alphas_are_weighed_among_those_of_their_target() -> None:
    """rgb takes itself with (0, 3, 4), norm 5, and depth with (-15, 0, 0), norm 15; depth takes 1 and 3 of norm."""
    alpha = np.array([[[0, 3, 4], [-15, 0, 0]], [[1, 0, 0], [0, 3, 0]]], np.float32)
    site = made_site("cross-stitch", TWO, [[0.5, 0.5], [0.2, 0.8]], {"alpha": alpha}, channels=3)
    trace = made_trace("cross-stitch", [site])
    assert unit_alphas(trace)[0].alpha is alpha
    assert edge(flow(trace), "rgb", "depth")["fixed"] == 15 / 20
    assert edge(flow(trace), "depth", "rgb")["fixed"] == 1 / 4
    assert edge(flow(trace), "depth", "rgb")["sentence"] == (
        "The alphas from rgb have 25 % of the norms of depth's 2 here (1.00 of 4.00, each over 3 channels); "
        "20 % of what varies in depth's output here comes from rgb."
    )


@pytest.mark.parametrize("family", ["nddr-cnn", "cross-stitch"])
def test_weights_that_are_all_zero_have_no_part(family: str) -> None:
    zero: dict[str, np.ndarray] = {
        "weight": np.zeros((2, 2, 4)), "scale": np.ones((2, 2)), "alpha": np.zeros((2, 2, 2)),
    }  # fmt: skip
    found = flow(made_trace(family, [made_site(family, TWO, [[0.9, 0.1], [0, 1]], zero, channels=2)]))
    assert edge(found, "rgb", "depth")["fixed"] is None
    assert edge(found, "rgb", "depth")["fixedSentence"] == ""


def test_a_gate_belongs_to_the_picture() -> None:
    """The gate of depth's message to rgb is open to 0.2 and 0.6 at its two pixels, the other way to 0.9."""
    gates = np.full((2, 2, 1, 2), np.nan, np.float32)
    gates[0, 1, 0], gates[1, 0, 0] = (0.2, 0.6), (0.9, 0.9)
    site = made_site("distillation", TWO, [[1.1, -0.1], [0.6, 0.4]], {}, gates=gates)
    found = flow(made_trace("mti-net", [site]))
    assert edge(found, "rgb", "depth")["fixed"] is None
    assert edge(found, "rgb", "depth")["sentence"] == (
        "−10 % of what varies in rgb's output here comes from depth, against the rest, through a gate that is 40 % "
        "open on average."
    )
    assert edge(found, "depth", "rgb")["sentence"] == (
        "60 % of what varies in depth's output here comes from rgb, through a gate that is 90 % open on average."
    )


def test_a_target_is_told_what_came_from_all_others() -> None:
    share = [[0.5, 0.2, 0.3], [np.nan] * 3, [0.25, 0.0, 0.75]]
    after = np.array([0.4, np.nan, 0.1], np.float32)
    site = exchanging(THREE, (4, 1, 0), share, share_after=after)
    sentences = flow(made_trace("cen", [site], tasks=THREE))["sites"][0]["sentences"]
    assert sentences["semseg"] == (
        "50 % of what varies in semseg's output here comes from other streams, 40 % after the activation that follows. "
        "4 of 8 channels are exchanged here."
    )
    assert sentences["depth"].startswith("No share is defined: the depth task's output does not vary in this picture.")
    assert sentences["normals"].startswith(
        "25 % of what varies in normals' output here comes from other streams, 10 % after the activation that follows."
    )
    assert sentences[""].startswith("Channel exchange after a norm")


def test_sites_stand_in_the_network_s_order_under_one_name(mti_trace: FusionTrace) -> None:
    found = flow(mti_trace)
    assert [s["name"] for s in found["sites"]] == list(mti_trace.sites)
    assert [s["short"] for s in found["sites"]] == [str(place) for place in range(1, 8)]
    assert found["sites"][3]["title"] == "site 4 of 7, distillation, scale 3, 96 channels"
    assert found["sites"][3]["stage"] == "scale 3"
    assert found["order"] == methods()["mti-net"].order_words


def test_the_four_scales_work_side_by_side(mti_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    assert [s["column"] for s in flow(mti_trace)["sites"]] == [0, 1, 2, 3, 3, 3, 3]
    assert [s["column"] for s in flow(cen_trace)["sites"]] == list(range(17))


def test_a_site_that_does_not_add_has_no_edges_and_says_so(mti_trace: FusionTrace) -> None:
    site = flow(mti_trace)["sites"][0]
    assert site["edges"] == []
    assert site["targets"] == list(THREE)
    assert {site["sentences"][target] for target in THREE} == {NOT_ADDITIVE}


def test_a_stream_that_only_sends_is_a_lane_too() -> None:
    share = np.array([[0.4, 0.5, 0.1]], np.float32)
    site = Site("d", "distillation", ("depth",), ("semseg", "depth", "edge"), 8, "scale 0")
    trace = made_trace("mti-net", [SiteTrace(site, share, np.ones((1, 3), np.float32), None, None, {})])
    found = flow(trace)
    assert [s["name"] for s in found["streams"]] == ["semseg", "depth", "edge"]
    assert edge(found, "depth", "edge")["share"] == pytest.approx(0.1)
    assert edge(found, "depth", "semseg")["share"] == pytest.approx(0.4), "the own part is the second source here"


def test_streams_have_their_titles_and_their_colours(multitask_trace: FusionTrace) -> None:
    streams = flow(multitask_trace)["streams"]
    assert [(s["name"], s["title"]) for s in streams] == [
        ("semseg", "semseg"), ("depth", "depth task"), ("normals", "normals"),
    ]  # fmt: skip
    assert [s["colour"] for s in streams] == [stream_colour(name) for name in THREE]


def test_a_stream_of_a_task_and_an_input_reads_as_one(multimodal_multitask_trace: FusionTrace) -> None:
    sentence = edge(flow(multimodal_multitask_trace), "semseg/rgb", "semseg/depth")["sentence"]
    assert "of the semseg-from-rgb stream's channels here are exchanged" in sentence
    assert "count for the semseg-from-depth stream; " in sentence


@pytest.mark.parametrize("name", ["cen_trace", "multitask_trace", "nddr_trace", "mti_trace"])
def test_every_edge_carries_its_share_of_the_trace(name: str, request: pytest.FixtureRequest) -> None:
    trace: FusionTrace = request.getfixturevalue(name)
    found = json.loads(json.dumps(flow(trace), allow_nan=False))
    for site, shown in zip(trace.sites.values(), found["sites"], strict=True):
        for one in shown["edges"]:
            t, s = site.site.targets.index(one["target"]), site.site.sources.index(one["source"])
            assert site.share is not None
            assert one["share"] == pytest.approx(float(site.share[t, s]), rel=1e-5)
            assert one["effect"] is None
        expected = len(site.site.targets) * (len(site.site.sources) - 1) if site.site.additive else 0
        assert len(shown["edges"]) == expected


def test_a_network_in_which_nothing_mixes() -> None:
    assert flow(made_trace("cen", [])) == {"streams": [], "sites": [], "order": "from input to output"}


def test_a_site_where_something_is_changed_says_so(cen_model: Model, small_rgbd: RGBDImage) -> None:
    site = cen_model.sites[3].name
    changed = trace(cen_model, small_rgbd, intervention=[cut(site, "rgb", "depth")])
    for one in flow(changed)["sites"]:
        said = [edge["sentence"] for edge in one["edges"]] + [one["sentences"][target] for target in one["targets"]]
        assert all(text.startswith("What is sent here is changed.") == (one["name"] == site) for text in said)
