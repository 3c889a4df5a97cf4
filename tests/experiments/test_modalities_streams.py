"""Streams as players at a site: against forwards with the same parts replaced one by one, and what must be 0."""

import numpy as np
import pytest
import torch

from tests.conftest import make_model
from vizlab.core.changes import do, intervention_of
from vizlab.core.model import Model
from vizlab.core.site import Intervention, fusion_modules, intervening
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.modalities.replacements import OTHER
from vizlab.experiments.modalities.shapley import coalitions
from vizlab.experiments.modalities.streams import CUT, SPATIAL_MEAN, stream_forwards, ways_between
from vizlab.experiments.modalities.worth import worth_from
from vizlab.rgbd import RGBDImage


def additive(model: Model) -> list[str]:
    return [site.name for site in model.sites if site.additive]


@pytest.fixture(scope="module", params=["cen", "cen-multitask", "nddr-cnn", "mti-net"])
def model(request: pytest.FixtureRequest) -> Model:
    return make_model(request.param)


def test_nobody_sending_is_the_network_cut_apart(model: Model, small_rgbd: RGBDImage) -> None:
    """At all sites or at one, v(none) under "cut" is the forward without exchange there, v(all) the plain one."""
    inputs = model.preprocess(small_rgbd)
    for site in (None, additive(model)[-1]):
        found = stream_forwards(model, small_rgbd, site, replacements=(CUT,)).outputs[CUT]
        sites = frozenset(additive(model) if site is None else [site])
        with intervening(Intervention(cross=False, sites=sites)):
            apart = model.forward(inputs)
        whole = model.forward(inputs)
        for here, expected in ((frozenset(), apart), (max(found, key=len), whole)):
            for output, y in found[here].items():
                torch.testing.assert_close(y, expected[output], rtol=1e-3, atol=1e-3)


def test_each_coalition_is_the_forward_with_the_others_replaced(model: Model, small_rgbd: RGBDImage) -> None:
    site = additive(model)[len(additive(model)) // 2]
    other = RGBDImage(small_rgbd.colour[::-1].copy(), small_rgbd.depth[::-1].copy())  # type: ignore[index]
    forwards = stream_forwards(model, small_rgbd, site, replacements=(SPATIAL_MEAN, CUT, OTHER), other=other)
    framing, inputs = model.frame(small_rgbd.size), model.preprocess(small_rgbd)
    ways = fusion_modules(model.network)[site].edges()
    for name, by in ((SPATIAL_MEAN, "mean"), (CUT, "cut"), (OTHER, other)):
        for here in coalitions(forwards.players):
            changes = [do(site, t, s, by if s not in here else 1.0) for t, s in ways]  # type: ignore[arg-type]
            with intervening(intervention_of(model, changes, framing)):
                expected = model.forward(inputs)
            for output, y in forwards.outputs[name][here].items():
                torch.testing.assert_close(y, expected[output], rtol=0, atol=1e-6)


def test_values_add_up_to_what_the_exchange_was_worth(model: Model, small_rgbd: RGBDImage) -> None:
    forwards = stream_forwards(model, small_rgbd, additive(model)[0])
    output = next(name for name in forwards.whole if name.startswith("semseg"))
    for maps in worth_from(forwards, output=output).maps.values():
        total = maps.values[forwards.everybody] - maps.values[frozenset()]
        np.testing.assert_allclose(sum(maps.phi.values()), total, atol=1e-5)


def test_the_last_site_of_a_task_network_serves_a_target_by_its_senders_alone(small_rgbd: RGBDImage) -> None:
    """After the last fusion nothing meets again: what semseg sends there is worth nothing to semseg, exactly."""
    model = make_model("nddr-cnn")
    forwards = stream_forwards(model, small_rgbd, additive(model)[-1])
    for maps in worth_from(forwards, output="semseg").maps.values():
        assert np.abs(maps.phi["semseg"]).max() < 1e-7
        assert np.abs(maps.phi["depth"]).max() > 1e-5


def test_who_plays_and_what_is_said(model: Model, small_rgbd: RGBDImage) -> None:
    told: list[tuple[float, str]] = []
    forwards = stream_forwards(
        model, small_rgbd, additive(model)[0], replacements=(CUT,), step=lambda done, what: told.append((done, what))
    )
    assert forwards.players == next(site for site in model.sites if site.additive).sources
    assert forwards.kind.startswith("stream at site ")
    assert len(told) == 2 ** len(forwards.players) - 1
    assert told[0][1] == f"cut: no stream sending in {model.name}"
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_stopped(small_rgbd: RGBDImage) -> None:
    def step(done: float, what: str) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        stream_forwards(make_model("cen"), small_rgbd, step=step)


def test_what_cannot_be_asked_is_said(small_rgbd: RGBDImage) -> None:
    mti = make_model("mti-net")
    with pytest.raises(InputError, match="has no site 'x'"):
        stream_forwards(mti, small_rgbd, "x")
    propagation = next(site.name for site in mti.sites if not site.additive)
    with pytest.raises(InputError, match="no two streams send parts that can be told apart at site 'fpm"):
        stream_forwards(mti, small_rgbd, propagation)
    assert propagation not in ways_between(mti)
    with pytest.raises(InputError, match="'zero' replaces nothing"):
        stream_forwards(mti, small_rgbd, replacements=("zero",))
    with pytest.raises(InputError, match="needs a second picture"):
        stream_forwards(mti, small_rgbd, replacements=(OTHER,))
