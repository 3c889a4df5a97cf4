"""Which interventions there can be."""

import math

import pytest

from vizlab.errors import InputError
from vizlab.models.site import NO_INTERVENTION, Intervention


@pytest.mark.parametrize("threshold", [None, 0, 0.0, 0.02, 5])
def test_a_threshold_is_any_number_from_zero(threshold: float | None) -> None:
    assert Intervention(threshold=threshold).threshold == threshold


@pytest.mark.parametrize("threshold", [-0.1, math.nan, math.inf, -math.inf, "0.1", True, [0.1]])
def test_any_other_threshold_is_refused_where_an_intervention_is_made(threshold: object) -> None:
    with pytest.raises(InputError, match=r"The threshold is .*; expected a number of 0 or more\."):
        Intervention(threshold=threshold)  # type: ignore[arg-type]


def test_no_intervention_changes_nothing() -> None:
    assert Intervention() == NO_INTERVENTION
    assert NO_INTERVENTION.touches("anywhere")
