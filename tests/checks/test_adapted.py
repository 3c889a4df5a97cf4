"""Adapted networks, whose sites are no modules that a forward calls: their properties, looked at in whole forwards."""

import pytest
import torch
from torch import Tensor, nn

import vizlab
from vizlab.checks import LIMITS, check
from vizlab.checks.limits import AFTER_ERROR, ELSEWHERE, EMPTY, HANDED_ON, REST, ROWS, SUM, THREADS, WITHOUT
from vizlab.core.adapt.sites import AdaptedSite, Split
from vizlab.core.site import NO_INTERVENTION
from vizlab.core.site import _intervention as asked_of_all

SIZE = 0.0012
"""Part of the output's size that the declaration below leaves out: `adapt` lets 0.002 pass."""


class Add(nn.Module):
    def __init__(self, extra: float = 0.0) -> None:
        super().__init__()
        self.extra = extra

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        total = first + second
        return total + self.extra * total.square().mean().sqrt()


class Owners(nn.Module):
    """Colour takes what depth has, twice; depth runs alone."""

    def __init__(self, extra: float) -> None:
        super().__init__()
        self.colour, self.depth = nn.Conv2d(3, 8, 4, stride=4), nn.Conv2d(3, 8, 4, stride=4)
        self.deeper = nn.ModuleList([nn.Conv2d(8, 8, 1), nn.Conv2d(8, 8, 1)])
        self.early, self.late = Add(), Add(extra)
        self.head = nn.Conv2d(8, 5, 1)

    def forward(self, colour: Tensor, depth: Tensor) -> Tensor:
        x, y = self.colour(colour), self.depth(depth)
        x = self.early(x, y).relu()
        return self.head(self.late(self.deeper[0](x), self.deeper[1](y)).relu())


def adapted(extra: float = 0.0) -> vizlab.Model:
    torch.manual_seed(2)
    reading = vizlab.Sum({"rgb": 0, "depth": 1})
    sites = [vizlab.FusionSite(path, {"rgb": reading}) for path in ("early", "late")]
    return vizlab.adapt(
        Owners(extra), inputs=["rgb", "depth"], outputs=["semseg"], sites=sites, working_size=(40, 56), multiple=8
    )


def test_an_adapted_network_has_every_property() -> None:
    report = check(adapted())
    assert report.ok, str(report)
    looked_at = {(f.property, f.site) for f in report.findings}
    for name in (SUM, AFTER_ERROR, ROWS):
        assert {(name, "early"), (name, "late")} <= looked_at
    unseen = set(LIMITS) - {name for name, _ in looked_at}
    assert {HANDED_ON, REST, WITHOUT} <= unseen
    assert {EMPTY, ELSEWHERE, THREADS} & unseen == set()


def test_a_sum_that_is_off_by_less_than_adapting_allows_is_found_at_its_site() -> None:
    """The constant that nobody named is one thousandth of the output's root mean square, and so is the figure."""
    (found,) = [f for f in check(adapted(SIZE)).failures if f.property == SUM]
    assert found.site == "late"
    assert found.figure == pytest.approx(SIZE, rel=0.01)


def test_a_site_that_is_changed_when_the_intervention_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    mix = AdaptedSite.mix

    def louder(self: AdaptedSite, target: str, split: Split, forward) -> Tensor | None:
        changed = mix(self, target, split, forward)
        return changed if asked_of_all.get() is NO_INTERVENTION else forward.output * 1.01

    monkeypatch.setattr(AdaptedSite, "mix", louder)
    monkeypatch.setattr("vizlab.core.adapt.network.AdaptedNetwork._watched", lambda self: self._adapted)
    assert (EMPTY, "output semseg") in {(f.property, f.site) for f in check(adapted()).failures}


def test_a_site_that_is_cut_though_no_site_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AdaptedSite, "intervention", property(lambda self: asked_of_all.get()))
    assert {(f.property, f.site) for f in check(adapted()).failures} == {(ELSEWHERE, "output semseg")}


def test_an_error_that_leaves_a_hook_at_the_second_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """A forward that ends at its first site does not come there."""
    mix = AdaptedSite.mix

    def hooked(self: AdaptedSite, target: str, split: Split, forward) -> Tensor | None:
        handle = self.register_forward_hook(lambda *_: None) if self.site.name == "late" else None
        changed = mix(self, target, split, forward)
        if handle is not None:
            handle.remove()
        return changed

    monkeypatch.setattr(AdaptedSite, "mix", hooked)
    failures = check(adapted()).failures
    assert [(f.property, f.site, f.note) for f in failures] == [(AFTER_ERROR, "late", "+1 hooks")]
