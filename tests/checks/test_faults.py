"""Every property fails on a network that has exactly that fault, and says at which site and by how much."""

import threading

import pytest
import torch

import vizlab
from tests.checks import toys
from vizlab.checks import check, default_picture
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
    ROUGH_SHARES,
    ROWS,
    SAVED,
    SUM,
    THREADS,
    WATCHING,
    WITHOUT,
)
from vizlab.checks.report import Finding, Report
from vizlab.checks.threads import in_threads
from vizlab.core.site import FusionModule, Intervention, Mixing, intervening, observing

FAULTS = {
    toys.NeverShown: {DECLARED, CUT_SHARES},
    toys.ShownTwice: {DECLARED},
    toys.ShownThoughNotAdditive: {DECLARED},
    toys.OwnNotSaid: {DECLARED},
    toys.PartMissing: {SUM, ROWS},
    toys.WrongConstant: {SUM},
    toys.OtherSumThanShown: {HANDED_ON, EDGES},
    toys.ChangedByWatching: {WATCHING},
    toys.LeakingRest: {REST, EDGES},
    toys.ChangedWhenEmpty: {EMPTY},
    toys.ChangedFromElsewhere: {ELSEWHERE},
    toys.NeverCut: {CUT_SHARES, WITHOUT, APART, EDGES},
    toys.CutInPart: {CUT_SHARES, WITHOUT, APART, EDGES},
    toys.NotCutByName: {EVERY_SITE},
    toys.LoudAtZero: {WITHOUT},
    toys.PastTheEdits: {EDGES},
    toys.CutByHalf: {EDGES},
    toys.RoughInHalf: {ROUGH_SHARES, ROUGH_OUTPUTS},
    toys.LeavesAHook: {AFTER_ERROR},
    toys.LeavesAContext: {AFTER_ERROR},
    toys.LeavesTraining: {AFTER_ERROR},
    toys.SwallowsErrors: {AFTER_ERROR},
    toys.KeepsItsIntervention: {THREADS},
    toys.KeepsItsObserver: {THREADS},
    toys.UnsavedArray: {SAVED},
    toys.UnreadableName: {SAVED},
}
"""Which properties a network with that site lacks, and no others."""
NAMELESS = {WITHOUT, APART, ROUGH_OUTPUTS}
"""Properties of outputs."""


def failed(report: Report, name: str, site: str = "b") -> Finding:
    (found, *_) = [f for f in report.failures if f.property == name and f.site == site]
    return found


@pytest.mark.parametrize("site", [toys.GoodSite, toys.ExchangingSite, toys.Constant])
def test_a_network_built_right_has_every_property(site: type[FusionModule]) -> None:
    report = check(toys.toy_model(site))
    assert report.ok, report
    missing = set(LIMITS) - {f.property for f in report.findings}
    assert missing == (set() if site is toys.ExchangingSite else {REST})


@pytest.mark.parametrize("site", FAULTS, ids=lambda site: site.__name__)
def test_a_fault_fails_its_property_and_no_other_at_its_site_and_no_other(site: type[FusionModule]) -> None:
    report = check(toys.toy_model(site))
    assert {f.property for f in report.failures} == FAULTS[site], report
    assert not [f for f in report.failures if f.site == "a"], report
    for name in FAULTS[site] - NAMELESS:
        found = failed(report, name)
        assert not found.figure <= found.limit
    for name in FAULTS[site] & NAMELESS:
        assert [f for f in report.failures if f.property == name and f.site.startswith("output semseg/")], report


def mixings_at_b(model: vizlab.Model) -> list[tuple[torch.Tensor, list[torch.Tensor]]]:
    """Output and parts of each target, in a plain forward on the picture of the checks."""
    kept = []

    def observe(module: FusionModule, mixing: Mixing) -> None:
        if module.site.name == "b":
            kept.append((mixing.output.clone(), [part.value.clone() for part in mixing.parts]))

    with observing(observe):
        model.forward(model.preprocess(default_picture()))
    return kept


def test_the_figure_of_a_missing_part_is_its_largest_value_over_the_size_of_the_output() -> None:
    sizes = [float(parts[1].abs().max() / y.square().mean().sqrt()) for y, parts in mixings_at_b(toys.toy_model())]
    found = failed(check(toys.toy_model(toys.PartMissing)), SUM)
    assert found.figure == pytest.approx(max(sizes), rel=1e-4)
    assert found.note == f"target {toys.STREAMS[sizes.index(max(sizes))]}"


def test_the_figure_of_a_wrong_constant_is_its_error_over_the_size_of_the_output() -> None:
    """One of six channels by a hundredth: no mean hides it. With the edges cut the output is smaller, the error not."""
    figures = []
    for cross in (True, False):
        model = toys.toy_model()
        with intervening(Intervention(cross=cross, sites=frozenset("b"))):
            figures += [0.01 / float(y.square().mean().sqrt()) for y, _ in mixings_at_b(model)]
    assert failed(check(toys.toy_model(toys.WrongConstant)), SUM).figure == pytest.approx(max(figures), rel=1e-3)


def test_the_figure_of_a_share_that_stays_is_the_share() -> None:
    report = check(toys.toy_model(toys.NeverCut))
    model = toys.toy_model(toys.NeverCut)
    site = vizlab.trace(model, default_picture(), cross=False).sites["b"]
    assert site.share is not None
    assert site.energy is not None
    crossing = max(abs(site.share[t] - torch.eye(2)[t].numpy()).max() for t in (0, 1))
    sizes = max((site.energy[t, 1 - t] / site.energy[t, t]) ** 0.5 for t in (0, 1))
    assert failed(report, CUT_SHARES).figure == pytest.approx(max(crossing, sizes), rel=1e-4)


def test_what_is_sent_without_varying_is_found_by_its_energy() -> None:
    """No share shows a constant."""
    found = failed(check(toys.toy_model(toys.CutInPart)), CUT_SHARES)
    assert found.figure > 0.01


@pytest.mark.parametrize(
    ("site", "network", "place", "says"),
    [
        (toys.NeverShown, toys.ToyNetwork, "b", "rgb is shown never, expected once; depth is shown never"),
        (toys.ShownTwice, toys.ToyNetwork, "b", "depth is shown 2 times, expected once"),
        (toys.ShownThoughNotAdditive, toys.ToyNetwork, "b", "parts are shown, but it does not add"),
        (toys.ShownHalf, toys.ToyNetwork, "b", "depth is shown never, expected once"),
        (toys.NoSourceOfItsOwn, toys.ToyNetwork, "b", "its target depth is not among its sources"),
        (toys.OtherChannels, toys.ToyNetwork, "b", "rgb has 6 channels, declared are 8"),
        (toys.OwnNotSaid, toys.ToyNetwork, "b", "depth is not said to be its own source"),
        (toys.GoodSite, toys.UndeclaredSite, "b", "no site of the network"),
        (toys.GoodSite, toys.OneNameForTwo, "b", "2 sites have this name"),
    ],
)
def test_contradictions_are_said_in_words(site, network, place: str, says: str) -> None:
    assert says in failed(check(toys.toy_model(site, network)), DECLARED, place).note


@pytest.mark.parametrize(
    ("site", "says"),
    [
        (toys.LeavesAHook, "+1 hooks"),
        (toys.LeavesAContext, "the context variable looking has another value"),
        (toys.LeavesTraining, "+3 modules in training mode"),
        (toys.SwallowsErrors, "the observer's error does not come out"),
        (toys.LeavesItsGain, "its results differ by"),
    ],
)
def test_what_an_error_leaves_is_said_in_words(site: type[FusionModule], says: str) -> None:
    assert says in failed(check(toys.toy_model(site)), AFTER_ERROR).note


def test_an_edge_that_edits_do_not_meet_is_said_in_words() -> None:
    found = failed(check(toys.toy_model(toys.PastTheEdits)), EDGES)
    assert found.note == "what comes from rgb to depth does not go through `arriving`, so it cannot be changed"
    assert found.figure == float("inf")


def test_the_figure_of_half_a_cut_is_half_of_what_comes() -> None:
    """After the ReLU it is at most that, over the root mean square of the output."""
    found = failed(check(toys.toy_model(toys.CutByHalf)), EDGES)
    assert 0.01 < found.figure < 10
    assert found.note == "cut one by one it is another than cut apart"


def test_streams_that_mix_where_no_site_is_are_found() -> None:
    report = check(toys.toy_model(network=toys.MixesInTheHead))
    assert [(f.property, f.site, f.note) for f in report.failures] == [(APART, "output semseg/rgb", "another depth")]


def test_what_a_network_notes_for_all_threads_is_found_by_whole_forwards() -> None:
    report = check(toys.toy_model(toys.AsksTheNetwork, toys.NotesItsIntervention))
    assert {(f.property, f.site) for f in report.failures} == {(THREADS, "b")}, report


def test_threads_are_judged_without_luck() -> None:
    """Ten times of ten, though most schedules would not show it."""
    model = toys.toy_model(toys.KeepsItsIntervention)
    assert all(failed(check(model), THREADS).figure > 0.01 for _ in range(10))


def test_a_network_that_lets_one_thread_in_at_a_time_is_none_the_worse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vizlab.checks.threads.STEP", 0.2)
    assert check(toys.toy_model(network=toys.OneAtATime)).ok


def test_threads_that_do_not_come_to_an_end_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vizlab.checks.threads.PATIENCE", 0.1)
    freed = threading.Event()
    with pytest.raises(TimeoutError, match="threads wait for each other"):
        in_threads([freed.wait, lambda: True])
    freed.set()


def test_shares_that_are_no_numbers_fail_though_a_constant_may_have_none() -> None:
    report = check(toys.toy_model(toys.NoNumbers))
    assert failed(report, ROWS).note == "target depth, undefined though it varies"


def test_an_error_of_the_network_is_a_failure_with_its_words() -> None:
    report = check(toys.toy_model(toys.CrashesWhenCut))
    found = failed(report, SUM)
    assert found.figure != found.figure
    assert "ZeroDivisionError" in found.note
    assert {SUM, CUT_SHARES} <= {f.property for f in report.failures}


def test_a_network_that_only_runs_in_float32_fails_in_bfloat16_and_keeps_its_precision() -> None:
    model = toys.toy_model(toys.CrashesInHalf)
    report = check(model)
    assert [f.property for f in report.failures] == [ROUGH_OUTPUTS]
    assert "only float32 here" in report.failures[0].note
    assert model.precision == "float32"
