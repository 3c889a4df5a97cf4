"""Which settings and interventions there can be."""

import math

import pytest

import vizlab
from tests.conftest import make_model
from vizlab.core.registry import checked
from vizlab.core.site import NO_INTERVENTION, Intervention
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage


@pytest.mark.parametrize("threshold", [0, 0.0, 0.02, 5])
def test_a_threshold_is_any_number_from_zero(threshold: float) -> None:
    assert checked({"threshold": threshold}) == {"threshold": threshold}


@pytest.mark.parametrize("threshold", [-0.1, math.nan, math.inf, -math.inf, "0.1", True, [0.1], None])
def test_any_other_threshold_is_refused(threshold: object) -> None:
    with pytest.raises(InputError, match=r"The threshold is .*; expected a number of 0 or more\."):
        checked({"threshold": threshold})


def test_a_setting_that_no_method_has_is_refused() -> None:
    with pytest.raises(InputError, match="'temperature' is no setting of any method; known: threshold"):
        checked({"temperature": 1.0})


def test_no_intervention_changes_nothing() -> None:
    assert Intervention() == NO_INTERVENTION
    assert NO_INTERVENTION.touches("anywhere")


@pytest.mark.parametrize("family", ["cen", "nddr-cnn", "mti-net"])
def test_an_intervention_can_be_limited_to_sites(family: str, small_rgbd: RGBDImage) -> None:
    """The named site alone is cut: the others still mix, those before it exactly as they did."""
    model = make_model(family)
    additive = [site.name for site in model.sites if site.additive]
    chosen = additive[len(additive) // 2]
    plain, cut = vizlab.trace(model, small_rgbd), vizlab.trace(model, small_rgbd, cross=False, sites=[chosen])
    for name in additive:
        away = abs(cut.sites[name].cross_share).max()
        assert (away < 1e-4) == (name == chosen), name
    before = additive[: additive.index(chosen)]
    assert all((plain.sites[n].share == cut.sites[n].share).all() for n in before)
    assert dict(cut.changes) == {"settings": {}, "cross": False, "sites": [chosen]}


def test_an_unknown_site_gets_a_sentence(cen_model: vizlab.Model, small_rgbd: RGBDImage) -> None:
    with pytest.raises(InputError, match=r"cen has no site 'nowhere'; its sites are features\.1"):
        vizlab.trace(cen_model, small_rgbd, cross=False, sites=["nowhere"])


def test_cutting_a_distillation_unit_still_shows_it(small_rgbd: RGBDImage) -> None:
    """Nothing is received, which is a share of 0, not an undefined one; propagation stays without a share."""
    cut = vizlab.trace(make_model("mti-net"), small_rgbd, cross=False)
    for site in cut.sites.values():
        if site.site.additive:
            assert abs(site.cross_share).max() < 1e-6
            assert (site.outside == 0).all()  # type: ignore[union-attr]
        else:
            assert site.share is None
