"""What every network must be for its traces to be true, and what people may change of it."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from tests.methods.token_fusion.networks import COMPACT, MIT, TRANSLATION, make_model
from vizlab.checks import require
from vizlab.checks.limits import ROUGH_SHARES
from vizlab.core.changes import Change, cut, do, intervention_of, threshold
from vizlab.core.config import NetworkConfig
from vizlab.core.method import Control
from vizlab.core.model import Model
from vizlab.core.registry import build_network, methods
from vizlab.core.site import intervening
from vizlab.core.trace import FusionTrace
from vizlab.experiments.interventions.sweep import sweep
from vizlab.methods.token_fusion.about import METHOD
from vizlab.rgbd import RGBDImage

SITE = "exchange.10"
"""Where rgb gives tokens up."""


@pytest.mark.parametrize(("config", "size"), [(MIT, (64, 96)), (TRANSLATION, (32, 64))], ids=["mit", "translation"])
def test_traces_are_true(config: NetworkConfig, size: tuple[int, int]) -> None:
    require(make_model(config), working_size=size)


def test_traces_of_the_compact_network_are_true(tokens: Model) -> None:
    """In bfloat16 its random features are off by so much that some tokens change sides, each a part of few."""
    require(tokens, working_size=(64, 96), limits={ROUGH_SHARES: 0.5})


def outputs(model: Model, rgbd: RGBDImage, *changes: Change) -> np.ndarray:
    """Both streams' logits, in units of their deviation."""
    framing = model.frame(rgbd.size)
    with intervening(intervention_of(model, changes, framing)):
        found = model.forward(model.preprocess(rgbd, framing))
    both = np.stack([found[f"semseg/{name}"].numpy() for name in model.inputs])
    return both / both.std()


def test_to_cut_a_site_is_to_give_nothing_up_there(tokens: Model, small_rgbd: RGBDImage) -> None:
    both_cut = outputs(tokens, small_rgbd, cut(SITE))
    np.testing.assert_allclose(both_cut, outputs(tokens, small_rgbd, threshold(0.0, SITE)), atol=1e-4)
    assert np.abs(both_cut - outputs(tokens, small_rgbd)).max() > 1e-2


@pytest.mark.parametrize("by", ["mean", 0.5, -1.0])
def test_what_comes_can_be_changed(tokens: Model, small_rgbd: RGBDImage, by: "Literal['mean'] | float") -> None:
    found = outputs(tokens, small_rgbd, do(SITE, "rgb", "depth", by=by))
    assert np.isfinite(found).all()
    assert np.abs(found - outputs(tokens, small_rgbd)).max() > 1e-3


def test_another_pictures_tokens_can_come(tokens: Model, small_rgbd: RGBDImage) -> None:
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    other = RGBDImage(small_rgbd.colour[::-1].copy(), small_rgbd.depth[::-1].copy())
    plain = outputs(tokens, small_rgbd)
    assert np.abs(outputs(tokens, small_rgbd, do(SITE, "rgb", "depth", by=other)) - plain).max() > 1e-3
    np.testing.assert_array_equal(outputs(tokens, small_rgbd, do(SITE, by=1.0)), plain)


def test_a_sweep_finds_effects_where_tokens_were_given_up(tokens: Model, tokens_trace: FusionTrace,
                                                          small_rgbd: RGBDImage) -> None:  # fmt: skip
    found = sweep(tokens, small_rgbd, kinds=("total",))
    given_up = {
        (name, target): bool(site.extras["given_up"][index].any())
        for name, site in tokens_trace.sites.items()
        for index, target in enumerate(site.site.targets)
    }
    effects = {(row.edge.site, row.edge.target): float(row.total[0]) for row in found.rows}
    assert set(effects) == set(given_up)
    assert all(effects[edge] == 0 for edge, any_ in given_up.items() if not any_)
    assert sum(effects[edge] > 0 for edge, any_ in given_up.items() if any_) > len(given_up) // 2


def test_the_threshold_is_one_control_of_that_name() -> None:
    """The registry takes the first of that name: all must ask for the same range."""

    def asked(control: Control) -> tuple[str, str, float, float]:
        return control.name, control.title, control.low, control.high

    every = [control for method in methods().values() for control in method.controls if control.name == "threshold"]
    assert len(every) > 1
    assert {asked(control) for control in every} == {asked(METHOD.controls[0])}


def test_only_two_streams_exchange() -> None:
    for inputs in (("rgb",), ("rgb", "depth", "infrared")):
        with pytest.raises(ValueError, match="tokens are exchanged between two"):
            build_network(replace(COMPACT, inputs=inputs))
