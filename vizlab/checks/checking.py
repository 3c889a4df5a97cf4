"""`check`: every property, on one network and one picture."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import copy_context
from typing import TypeVar

from vizlab.checks.case import Case, exact, in_precision
from vizlab.checks.declarations import declared
from vizlab.checks.edges import edited_at_a_site, edited_in_a_network
from vizlab.checks.errors_inside import error_at_a_site, error_in_a_network
from vizlab.checks.interventions import (
    cut_shares,
    elsewhere,
    elsewhere_in_a_network,
    empty_at_a_site,
    empty_in_a_network,
    every_site,
    streams_apart,
    without_exchange,
)
from vizlab.checks.limits import (
    AFTER_ERROR,
    APART,
    CUT_SHARES,
    DECLARED,
    EDGES,
    ELSEWHERE,
    EMPTY,
    EVERY_SITE,
    HANDED_ON,
    LIMITS,
    REST,
    ROUGH_OUTPUTS,
    ROWS,
    SAVED,
    SUM,
    THREADS,
    WATCHING,
    WITHOUT,
    with_limits,
)
from vizlab.checks.picture import default_picture
from vizlab.checks.precision import bfloat16_is_near
from vizlab.checks.report import Finding, Report
from vizlab.checks.saving import saved_is_same
from vizlab.checks.shares import rows_sum
from vizlab.checks.site_call import SiteCall, visit_sites
from vizlab.checks.sums import (
    handed_on,
    parts_sum,
    parts_sum_in_forwards,
    rest_is_own,
    watching_a_network,
    watching_a_site,
)
from vizlab.checks.threads import forwards_in_step
from vizlab.core.model import Model
from vizlab.rgbd import RGBDImage

T = TypeVar("T")

OF_NETWORKS: tuple[tuple[str, Callable[[Case], Iterator[Finding]]], ...] = (
    (DECLARED, declared),
    (SUM, parts_sum_in_forwards),
    (WATCHING, watching_a_network),
    (EMPTY, empty_in_a_network),
    (ELSEWHERE, elsewhere_in_a_network),
    (CUT_SHARES, cut_shares),
    (EVERY_SITE, every_site),
    (EDGES, edited_in_a_network),
    (WITHOUT, without_exchange),
    (APART, streams_apart),
    (ROWS, rows_sum),
    (AFTER_ERROR, error_in_a_network),
    (THREADS, forwards_in_step),
    (SAVED, saved_is_same),
    (ROUGH_OUTPUTS, bfloat16_is_near),
)
"""Properties that are looked at in whole forwards."""

OF_SITES: tuple[tuple[str, Callable[[SiteCall], Iterator[Finding]]], ...] = (
    (SUM, parts_sum),
    (REST, rest_is_own),
    (HANDED_ON, handed_on),
    (WATCHING, watching_a_site),
    (EMPTY, empty_at_a_site),
    (ELSEWHERE, elsewhere),
    (EDGES, edited_at_a_site),
    (AFTER_ERROR, error_at_a_site),
)
"""Properties that are looked at in calls of one site."""


def check(
    model: Model,
    rgbd: RGBDImage | None = None,
    *,
    working_size: tuple[int, int] | None = None,
    limits: Mapping[str, float] | None = None,
) -> Report:
    """Whether `model` has the properties that every network must have for its traces to be true.

    Looked at on `rgbd`, or a small picture made on the spot, at the model's working size or another one (H, W);
    a smaller one is faster. `limits` take the place of those in `vizlab.checks.LIMITS`, by property. A property that
    cannot be looked at because the network raises an error has failed. `model` keeps its precision and is not changed,
    but nobody else should run it meanwhile.

    Raises IncompatibleInputError if the picture lacks an input, InputError for a property that there is not.
    """
    started = time.perf_counter()
    picture = default_picture(model.inputs) if rgbd is None else rgbd
    case = Case(in_precision(model, "float32"), picture, with_limits(limits), working_size)
    # In a context of its own: what a network leaves in context variables is found, and does not reach the caller.
    found = copy_context().run(_findings, case)
    order = list(LIMITS)
    found.sort(key=lambda finding: order.index(finding.property))
    return Report(model.name, tuple(found), time.perf_counter() - started)


def require(
    model: Model,
    rgbd: RGBDImage | None = None,
    *,
    working_size: tuple[int, int] | None = None,
    limits: Mapping[str, float] | None = None,
) -> Report:
    """`check`, for tests: raises VizlabError, naming site and figure of each failure, unless every property holds."""
    return check(model, rgbd, working_size=working_size, limits=limits).require()


def _findings(case: Case) -> list[Finding]:
    found: list[Finding] = []

    def visit(call: SiteCall) -> None:
        for name, look in OF_SITES:
            found.extend(_looked(case, name, call.site.name, look, call))

    with exact():
        _ = case.plain  # a network that does not run, or not on this picture, has no properties
        visit_sites(case, visit)
        for name, look in OF_NETWORKS:
            found.extend(_looked(case, name, "", look, case))
    return found


def _looked(case: Case, name: str, site: str, look: Callable[[T], Iterator[Finding]], subject: T) -> Iterator[Finding]:
    """What `look` finds; an error on the way is a finding too, since a stranger's network may raise anything."""
    try:
        yield from look(subject)
    except Exception as err:
        yield case.finding(name, site, float("nan"), f"{type(err).__name__}: {err}")
