"""Effects of edges where they are known in closed form, and by brute force on compact networks."""

import itertools
from typing import Any

import numpy as np
import pytest
import torch

import vizlab
from tests.conftest import make_model
from tests.experiments.linear_fusion import P, Q, R, Sum, inputs_of, linear_model, linear_picture, rms, weighted
from vizlab.core.kept import keep
from vizlab.core.site import Arrived, Intervention, fusion_modules, intervening
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.interventions.edges import CUT, Edge, edges_of, idle_edges
from vizlab.experiments.interventions.passes import KINDS, PER_SITE, Pass, Passes
from vizlab.experiments.interventions.sweep import sweep, sweeping
from vizlab.rgbd import RGBDImage

FIRST_A, FIRST_B = Edge("first", "rgb", "depth"), Edge("first", "depth", "rgb")
SECOND_A, SECOND_B = Edge("second", "rgb", "depth"), Edge("second", "depth", "rgb")


@pytest.fixture(scope="module")
def linear() -> tuple[vizlab.Model, RGBDImage]:
    return linear_model(), linear_picture()


def test_shares_and_effects_of_a_linear_network(linear: tuple[vizlab.Model, RGBDImage]) -> None:
    """Every figure of a sweep from the network's formula: what is left out when an edge is cut."""
    model, rgbd = linear
    a, b = inputs_of(model, rgbd)
    found = sweep(model, rgbd)
    u_b = b + Q * a
    whole = weighted(P * b + R * u_b)
    totals = {
        FIRST_A: weighted(P * b),
        FIRST_B: weighted(R * Q * a),
        SECOND_A: weighted(R * u_b),
        SECOND_B: np.zeros_like(a[0]),
    }
    directs = {**totals, FIRST_B: np.zeros_like(a[0])}  # all of it goes through the second site
    kept = {FIRST_A: weighted(P * b), FIRST_B: 0 * a[0], SECOND_A: weighted(R * b), SECOND_B: 0 * a[0]}
    assert [row.edge for row in found.rows] == [FIRST_A, FIRST_B, SECOND_A, SECOND_B]
    for edge in totals:
        row = found.row(edge)
        assert row.total == pytest.approx([rms(totals[edge])], rel=1e-4, abs=1e-4)
        assert row.direct == pytest.approx([rms(directs[edge])], rel=1e-4, abs=1e-4)
        assert row.indirect == pytest.approx([rms(totals[edge]) - rms(directs[edge])], rel=1e-4, abs=1e-4)
        assert row.sufficiency == pytest.approx([1 - rms(whole - kept[edge]) / rms(whole)], rel=1e-4, abs=1e-4)
        assert row.estimate == pytest.approx([-totals[edge].mean()], rel=1e-4, abs=1e-4)
    assert found.all_cut == pytest.approx([rms(whole)], rel=1e-4)
    assert found.interaction == pytest.approx([rms(whole) - sum(rms(t) for t in totals.values())], rel=1e-3)
    assert found.effect(FIRST_A) == found.row(FIRST_A).total[0]
    assert (found.units, found.measures, found.tasks) == (("m",), ("RMS change",), ("depth",))

    y = [a + P * b, u_b]
    c = {FIRST_A: P * b, FIRST_B: Q * a}
    for edge, target in ((FIRST_A, 0), (FIRST_B, 1)):
        cov = sum(np.cov(c[edge][ch].ravel(), y[target][ch].ravel(), bias=True)[0, 1] for ch in range(3))
        share = cov / sum(y[target][ch].var() for ch in range(3))
        assert found.row(edge).share == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize("family", ["cen", "cen-multimodal-multitask", "nddr-cnn", "mti-net"])
def test_every_pass_is_a_whole_forward_to_the_bit(family: str, small_rgbd: RGBDImage) -> None:
    """What is gone on with gives what the same change gives from the start, for every edge and kind of pass."""
    model = make_model(family)
    framing = model.frame(small_rgbd.size)
    inputs = model.preprocess(small_rgbd, framing)
    passes = Passes(model, inputs, framing)
    assert passes.plain._kept.sound
    assert len(passes.plain._kept._marks) == len(model.sites)
    edges = passes.edges
    chosen = {edges[0], edges[len(edges) // 2], edges[-1]} - idle_edges(model)
    for edge in chosen:
        for kind, cut in (("total", [edge]), ("only", [other for other in edges if other != edge])):
            by_site: dict[str, dict[tuple[str, str | None], object]] = {}
            for one in cut:
                by_site.setdefault(one.site, {})[one.way] = CUT
            with intervening(Intervention(edits=by_site)):  # type: ignore[arg-type]
                whole = model.forward(inputs)
            went_on = passes._outputs([Pass(kind, edges.index(edge))])
            assert all(torch.equal(whole[name], went_on[name]) for name in whole), (kind, edge)


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "mti-net"])
def test_cutting_everything_is_the_network_without_exchange(family: str, small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    framing = model.frame(small_rgbd.size)
    inputs = model.preprocess(small_rgbd, framing)
    additive = {site.name for site in model.sites if site.additive}
    edits: dict[str, dict[tuple[str, str | None], object]] = {}
    for edge in edges_of(model):
        if edge.site in additive:
            edits.setdefault(edge.site, {})[edge.way] = CUT
    with intervening(Intervention(edits=edits)):  # type: ignore[arg-type]
        cut = model.forward(inputs)
    with intervening(Intervention(cross=False)):
        apart = model.forward(inputs)
    assert all(torch.equal(cut[name], apart[name]) for name in cut)


def test_direct_effects_by_brute_force(small_rgbd: RGBDImage) -> None:
    """Of an early edge: later sites are handed exactly what they were handed before, by hand."""
    model = make_model("nddr-cnn")
    framing = model.frame(small_rgbd.size)
    inputs = model.preprocess(small_rgbd, framing)
    passes = Passes(model, inputs, framing)
    place = passes.edges.index(Edge("nddr.stage2", "depth", "semseg"))
    for one in (Pass("total", place), Pass("direct", place)):
        list(passes.run([one]))
    modules = fusion_modules(model.network)
    seen: dict[str, list[torch.Tensor]] = {}

    def stages(change: bool) -> dict[str, torch.Tensor]:
        """The network's own loop over its stages, the parts of other tasks replaced from `seen` once it is filled."""
        network, names = model.network, [task.name for task in model.tasks]
        features = [inputs["rgb"]] * len(names)
        read = []
        for index, stage in enumerate(network.stage_names):  # type: ignore[arg-type]
            features = [network.backbone[t].run_stage(index, x) for t, x in zip(names, features, strict=True)]  # type: ignore[index,union-attr]
            module = modules[f"nddr.{stage}"]
            mixed = []
            for t, task in enumerate(names):
                scale, constant = module.layer[task].affine()  # type: ignore[index]
                blocks = (module.layer[task].weight * scale[:, None, None, None]).split(module.channels, 1)  # type: ignore[operator,union-attr,arg-type]
                parts = [torch.conv2d(features[s], blocks[s]) for s in range(len(names))]
                key = f"{stage}/{task}"
                if not change:
                    seen[key] = parts
                elif stage not in ("stage1", "stage2"):
                    parts = [parts[s] if s == t else seen[key][s] for s in range(len(names))]
                elif stage == "stage2" and task == "depth":
                    parts[names.index("semseg")] = torch.zeros_like(parts[0])
                mixed.append(torch.relu(sum(parts) + constant[:, None, None]))
            features = mixed
            read.append(features)
        return {
            task: network.heads[task]([stage[t] for stage in read])
            for t, task in enumerate(names)  # type: ignore[index,operator,union-attr]
        }

    with torch.inference_mode():
        before, after = stages(False), stages(True)
    difference = after["depth"].clamp(min=0) - before["depth"].clamp(min=0)
    expected = float(difference.square().mean().sqrt())
    depth = passes.found.tasks.index("depth")
    assert passes.found.size["direct"][0, place, depth] == pytest.approx(expected, rel=1e-3)
    semseg = passes.found.tasks.index("semseg")  # which nothing reaches but through a later site
    assert passes.found.size["direct"][0, place, semseg] == 0
    assert passes.found.size["total"][0, place, semseg] > 0


def test_a_batch_has_the_numbers_of_its_pictures(small_rgbd: RGBDImage) -> None:
    model = make_model("cen")
    framing = model.frame(small_rgbd.size)
    other = RGBDImage(small_rgbd.colour[:, ::-1].copy(), small_rgbd.depth[:, ::-1].copy())  # type: ignore[index]
    single = [model.preprocess(rgbd, framing) for rgbd in (small_rgbd, other)]
    both = {name: torch.cat([one[name] for one in single]) for name in model.inputs}
    kinds = (*KINDS, PER_SITE)
    together = Passes(model, both, framing, places=True)
    list(together.run(together.listed(kinds)))
    for picture, inputs in enumerate(single):
        alone = Passes(model, inputs, framing, places=True)
        list(alone.run(alone.listed(kinds)))
        for kind in (*kinds, "all"):
            np.testing.assert_allclose(
                together.found.size[kind][picture], alone.found.size[kind][0], rtol=2e-3, atol=1e-7
            )
        np.testing.assert_allclose(together.found.where[picture], alone.found.where[0], atol=0.02)


@pytest.mark.slow
def test_an_unfinished_sweep_is_gone_on_with(small_rgbd: RGBDImage) -> None:
    model = make_model("nddr-cnn")
    whole = sweep(model, small_rgbd)
    steps = sweeping(model, small_rgbd, every=3)
    part = next(itertools.islice(steps, 5, 6))
    steps.close()
    assert not part.done
    assert any(np.isnan(row.total).all() for row in part.rows)
    said: list[str] = []
    *_, rest = sweeping(model, small_rgbd, known=part, before=part.before, step=lambda done, what: said.append(what))
    assert rest.done
    assert len(said) < 3 * len(whole.rows)
    for left, right in zip(rest.rows, whole.rows, strict=True):
        np.testing.assert_allclose(left.total, right.total)
        np.testing.assert_allclose(left.sufficiency, right.sufficiency)
        np.testing.assert_allclose(left.direct, right.direct)
    assert rest.csv().count("\n") == 1 + len(whole.rows) * len(whole.tasks)


def test_a_sweep_can_be_stopped_and_leaves_the_network_as_it_was(small_rgbd: RGBDImage) -> None:
    model = make_model("cen")
    inputs = model.preprocess(small_rgbd)
    plain = model.forward(inputs)

    def stop(done: float, what: str) -> None:
        if done > 0.2:
            raise CancelledError("stopped")

    with pytest.raises(CancelledError):
        sweep(model, small_rgbd, step=stop)
    after = model.forward(inputs)
    assert all(torch.equal(plain[name], after[name]) for name in plain)


def test_a_network_that_hides_work_from_torch_runs_whole() -> None:
    """Results that come from elsewhere than calls of torch cannot be kept: the forward is not taken for sound."""
    counter = itertools.count()

    def forward() -> dict[str, torch.Tensor]:
        x = torch.ones(3) * 2
        for module in model.network.children():
            module.reach()  # type: ignore[operator,union-attr]
        return {"y": x + next(counter)}

    model = linear_model()
    assert not keep(forward).sound


def test_the_bytes_that_are_kept_are_bounded(small_rgbd: RGBDImage) -> None:
    model = make_model("cen")
    framing = model.frame(small_rgbd.size)
    inputs = model.preprocess(small_rgbd, framing)
    free = keep(lambda: model.forward(inputs))
    bound = keep(lambda: model.forward(inputs), limit=free.bytes // 3)
    assert 0 < bound.bytes <= free.bytes // 3
    assert 1 <= len(bound._marks) < len(free._marks)
    assert bound.sound


class PastTheEdits(Sum):
    """Hands its parts on past whoever would change them."""

    def arriving(self, target: str, source: str | None, *part: Any) -> Arrived:
        return Arrived(part[0]())


def test_a_network_whose_edges_cannot_be_changed_is_said_to_have_no_effects() -> None:
    model = linear_model()
    model.network.second.__class__ = PastTheEdits
    rgbd = linear_picture()
    said = "What comes from depth to rgb at site 'second' of linear cannot be changed: its module does not pass it"
    with pytest.raises(InputError, match=said):
        sweep(model, rgbd)
    with pytest.raises(InputError, match=said):
        vizlab.intervene(model, rgbd, [vizlab.cut("second", "rgb")])
    assert vizlab.intervene(model, rgbd, [vizlab.cut("first", "rgb")]).rms > 0
