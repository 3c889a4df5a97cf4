"""What a descriptor alone must be enough for: words, map, layers, comparison, what-if, sweep, study, methods page."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vizlab import views
from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.network import FusionNetwork
from vizlab.core.registry import build_network, method_of, methods
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.experiments.interventions.edges import edges_of, idle_edges
from vizlab.experiments.interventions.passes import Pass, Passes
from vizlab.experiments.interventions.sweep import sweep
from vizlab.page.summary import model_summary
from vizlab.report.methods_page import methods_markdown
from vizlab.rgbd import RGBDImage
from vizlab.study.data import Sample
from vizlab.study.survey.batch import batches
from vizlab.study.survey.traces import Traces
from vizlab.views.comparison import prediction_grid
from vizlab.views.document import document
from vizlab.views.flow import flow

EXAMPLES = {
    f"{config.architecture}-{len(config.inputs)}": config for method in methods().values() for config in method.examples
}
"""Small networks which together show every kind of site, by a name for the test."""
LESS = (64, 96)


def example_model(config: NetworkConfig) -> Model:
    """Seeded weights in which something is mixed at every site, and norms that suit their features.

    A fifth of the scales are near zero, and a threshold lies where scores do.
    """
    config = replace(config, threshold=0.5)
    torch.manual_seed(7)
    network = build_network(config)
    with torch.no_grad():
        for module in network.modules():
            if hasattr(module, "running_mean"):
                module.momentum = 1.0
                module.weight.uniform_(0.6, 1.5)
                module.weight[torch.rand_like(module.weight) < 0.2] = 0.005
        for value in network.parameters():  # some start with nothing on the ways between streams
            if value.ndim == 4:
                value += torch.randn_like(value) * 0.5 / value[0].numel() ** 0.5
        network.train()
        network({name: torch.randn(2, 3, *_size(network)) for name in network.inputs})
    return Model(network.eval(), config, config.architecture, checkpoint_hash="0" * 64, precision="float32")


def _size(network: FusionNetwork) -> tuple[int, int]:
    return max(LESS[0], network.multiple), max(LESS[1], network.multiple)


@pytest.fixture(scope="module", params=EXAMPLES)
def model(request: pytest.FixtureRequest) -> Model:
    return example_model(EXAMPLES[request.param])


@pytest.fixture(scope="module")
def traced(model: Model, small_rgbd: RGBDImage) -> FusionTrace:
    return trace(model, small_rgbd, working_size=_size(model.network))


def test_examples_show_every_kind_of_site() -> None:
    for family, method in methods().items():
        kinds = set()
        for config in method.examples:
            assert method_of(config).family == family
            with torch.device("meta"):
                kinds |= {site.kind for site in build_network(config).sites}
        assert kinds == set(method.kinds), family


def test_every_site_is_named_and_drawn(model: Model, traced: FusionTrace) -> None:
    drawn = json.loads(json.dumps(flow(traced), allow_nan=False))
    assert [site["name"] for site in drawn["sites"]] == [site.name for site in model.sites]
    lanes = {stream["name"] for stream in drawn["streams"]}
    drawn_edges = {
        (site["name"], edge["target"], edge["source"], bool(edge["share"] or 0))
        for site in drawn["sites"]
        for edge in site["edges"]
    }
    expected = {
        (name, target, source, bool(site.share[t, s]))
        for name, site in traced.sites.items()
        if site.site.additive
        for t, target in enumerate(site.site.targets)
        for s, source in enumerate(site.site.sources)
        if source != target
    }
    assert drawn_edges == expected
    for site, shown in zip(model.sites, drawn["sites"], strict=True):
        assert set(site.targets) <= lanes
        said = shown["sentences"]
        words = model.method.kinds[site.kind]
        assert said[""].lower() == f"{words}.".lower()
        assert set(said) == {"", *site.targets}
        for sentence in [*said.values(), *(edge["sentence"] for edge in shown["edges"])]:
            assert not re.search(r"\bnan\b|\bNone[,.)]|[{}]", sentence), sentence
        assert f"{site.channels} channels" in shown["title"]


def test_layers_summary_and_comparison_need_no_method_s_name(traced: FusionTrace, small_rgbd: RGBDImage) -> None:
    found = document({"one": traced, "other": traced}, small_rgbd)
    layers = found.manifest["layers"]
    assert set(traced.model.tasks) <= {one["task"] for one in layers}
    mapped = {(one["site"], one["target"]) for one in layers if one["site"]}
    for name, site in traced.sites.items():
        assert not site.site.additive or {(name, target) for target in site.site.targets} <= mapped, name
    assert set(model_summary(traced, None)["sites"]) == set(traced.sites)
    json.dumps(model_summary(traced, None), allow_nan=False)
    grid = prediction_grid([traced, traced], small_rgbd)
    assert set(traced.model.tasks) <= {task for task, _ in grid.rows}


def test_public_charts_that_draw_one_trace_do(model: Model, traced: FusionTrace) -> None:
    for name in model.method.charts:
        assert len(getattr(views, name)(traced).data) > 0, name


def test_a_sweep_cuts_every_edge(model: Model, small_rgbd: RGBDImage) -> None:
    edges, idle = edges_of(model), idle_edges(model)
    found = sweep(model, small_rgbd, kinds=("total",), working_size=_size(model.network))
    assert {row.edge for row in found.rows} == set(edges)
    for row in found.rows:
        assert np.isfinite(row.total).all(), row.edge
        if row.edge in idle:
            assert not np.any(row.total), row.edge
    if edges:
        assert any(np.any(row.total) for row in found.rows), "the test says nothing of a network in which nothing moves"


def test_streams_that_are_said_to_meet_at_sites_alone_do(model: Model, small_rgbd: RGBDImage) -> None:
    """Edges of the first site, all others cut: several in one forward give what each gives by itself."""
    framing = model.frame(small_rgbd.size, _size(model.network))
    passes = Passes(model, model.preprocess(small_rgbd, framing), framing)
    if model.spliced(passes.plain.outputs, passes.plain.outputs, ()) is None or not passes.edges:
        pytest.skip("it does not say how its streams are told apart")
    assert passes._splices
    live = [(place, edge) for place, edge in enumerate(passes.edges) if edge not in passes._idle]
    several = [edge.site for _, edge in live if len({e.target for _, e in live if e.site == edge.site}) > 1]
    assert several, "at no site two streams receive something"
    together = passes._together([Pass("only", place) for place, edge in live if edge.site == several[0]])
    assert len(together) > 1
    outputs = passes._outputs(together)
    for one in together:
        alone, own = passes._outputs([one]), passes._own(one, outputs)
        assert all(torch.equal(own[name], y) for name, y in alone.items()), one


def test_a_study_measures_its_traces(model: Model, traced: FusionTrace, small_rgbd: RGBDImage) -> None:
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    label = np.zeros(small_rgbd.size, np.uint8)
    sample = Sample("one", small_rgbd.colour, small_rgbd.depth, label, None)
    (batch,) = batches(model, range(1), [sample])
    rows = Traces().run(model, batch)
    own = trace(model, small_rgbd)
    labels = Traces().meta(model)["labels"]
    for column, (name, source, target) in enumerate(labels.get("edge", ())):
        site = own.sites[name]
        expected = site.share[site.site.targets.index(target), site.site.sources.index(source)]
        np.testing.assert_allclose(rows["share"][0, column], expected, rtol=1e-3, atol=1e-5)


def test_the_methods_page_says_what_each_is() -> None:
    text = methods_markdown()
    for method in methods().values():
        section = text.partition(f"\n## {method.title}\n")[2].partition("\n## ")[0]
        assert method.sentence in section, method.family
        assert all(f"| {kind} | {words} |" in section for kind, words in method.kinds.items()), method.family
        assert all(f"`{name}`" in section for name in method.architectures)
        assert all(known.name in section for known in method.files)
        assert method.origins, method.family
        assert all(origin.url in section for origin in method.origins)


def test_the_methods_page_is_the_documentation_s() -> None:
    page = (Path(__file__).parents[2] / "docs/methods.md").read_text(encoding="utf-8")
    assert page == methods_markdown(), "write it again: vizlab methods --out docs/methods.md"
