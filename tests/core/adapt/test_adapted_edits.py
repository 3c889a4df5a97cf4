"""Edges of adapted networks cut and scaled: the output is that of the owner's formula with the part changed."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import Add, Wrap, adapted, inputs_of, picture, seeded
from vizlab import FusionSite, Gated, Mixed, Replaced, Sum, argument, cut, do, output_of, stored
from vizlab.core.changes import Change, intervention_of
from vizlab.core.site import intervening
from vizlab.errors import InputError
from vizlab.experiments.interventions.edges import edges_of

Fused = Callable[[nn.Module, Tensor, Tensor, float], Tensor]
"""What the site gives, with what depth sends times a factor."""


class Gate(nn.Module):
    """(1 - g) a + g b."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Conv2d(6, 3, 1), nn.Sigmoid())

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        gate = self.gate(torch.cat([a, b], 1))
        return (1 - gate) * a + gate * b


class Swap(nn.Module):
    """The channels of small scale are b's."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.zeros(3))

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.where((self.scale.abs() < 0.5)[:, None, None], b, a)


class Places(nn.Module):
    """Pixels of low score are b's."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Conv2d(3, 1, 1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.where(self.score(a) < 0, b, a)


class Patches(nn.Module):
    """Both as tokens of 16x16 pixels, the sum of two projections, spread over the picture again."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right, self.sum = nn.Linear(3, 4), nn.Linear(3, 4), Add()
        self.back = nn.Linear(4, 3)

    def tokens(self, x: Tensor) -> Tensor:
        return nn.functional.avg_pool2d(x, 16).flatten(2).transpose(1, 2)

    def spread(self, tokens: Tensor, like: Tensor) -> Tensor:
        height, width = like.shape[2] // 16, like.shape[3] // 16
        maps = self.back(tokens).transpose(1, 2).unflatten(2, (height, width))
        return nn.functional.interpolate(maps, scale_factor=16)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return self.spread(self.sum(self.left(self.tokens(a)), self.right(self.tokens(b))), a)


def small(module: nn.Module) -> Tensor:
    return (module.scale.abs() < 0.5)[:, None, None]  # type: ignore[operator,union-attr]


def low(module: nn.Module, a: Tensor) -> Tensor:
    return module.score(a) < 0  # type: ignore[operator]


CASES: dict[str, tuple[Callable[[], nn.Module], FusionSite, Fused]] = {
    "sum": (Add, FusionSite("fuse", {"rgb": Sum({"rgb": 0, "depth": 1})}), lambda m, a, b, f: a + f * b),
    "gate": (
        Gate,
        FusionSite(
            "fuse",
            {
                "rgb": Gated(
                    {"rgb": 0, "depth": 1},
                    gates={"rgb": output_of("fuse.gate").then(lambda g: 1 - g), "depth": "fuse.gate"},
                )
            },
        ),
        # The gate itself still sees both: it is the part that is changed.
        lambda m, a, b, f: (1 - m.gate(torch.cat([a, b], 1))) * a + f * m.gate(torch.cat([a, b], 1)) * b,  # type: ignore[operator]
    ),
    "channels": (
        Swap,
        FusionSite(
            "fuse", {"rgb": Replaced({"rgb": 0, "depth": 1}, mask=stored("fuse.scale").then(lambda s: s.abs() < 0.5))}
        ),
        lambda m, a, b, f: torch.where(small(m), f * b + (1 - f) * a, a),
    ),
    "places": (
        Places,
        FusionSite(
            "fuse",
            {"rgb": Replaced({"rgb": 0, "depth": 1}, mask=output_of("fuse.score").then(lambda s: s < 0), per="token")},
        ),
        lambda m, a, b, f: torch.where(low(m, a), f * b + (1 - f) * a, a),
    ),
    "tokens": (
        Patches,
        FusionSite("fuse.sum", {"rgb": Sum({"rgb": 0, "depth": 1})}, tokens=16),
        lambda m, a, b, f: m.spread(m.left(m.tokens(a)) + f * m.right(m.tokens(b)), a),  # type: ignore[operator]
    ),
}


def made(name: str) -> tuple[nn.Module, vizlab.Model, dict[str, Tensor]]:
    module = seeded(Wrap(CASES[name][0]()))
    if name == "channels":
        module.fuse.scale.copy_(torch.tensor([0.1, 1, -0.2]))  # type: ignore[union-attr,operator]
    model = adapted(module, [CASES[name][1]])
    return module, model, inputs_of(model, picture())


def run(model: vizlab.Model, inputs: dict[str, Tensor], changes: list[Change]) -> Tensor:
    framing = model.frame(picture().size)
    with intervening(intervention_of(model, changes, framing)):
        return model.forward(inputs)["semseg"]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("factor", [0.0, 0.25, 3.0, 1.0])
def test_a_part_scaled_in_closed_form(name: str, factor: float) -> None:
    module, model, inputs = made(name)
    fused = CASES[name][2](module.fuse, inputs["rgb"], inputs["depth"], factor)  # type: ignore[arg-type]
    site = model.sites[0].name
    changes: list[Change] = [do(site, "rgb", "depth", by=factor)]
    expected = module.head(fused.relu())  # type: ignore[operator]
    torch.testing.assert_close(run(model, inputs, changes), expected, rtol=1e-4, atol=1e-4)
    if factor == 0:
        assert torch.equal(run(model, inputs, [cut(site)]), run(model, inputs, changes))
    if factor == 1:
        assert torch.equal(run(model, inputs, changes), run(model, inputs, []))
    else:
        assert not torch.allclose(run(model, inputs, []), expected, atol=1e-2)


@pytest.mark.parametrize("name", CASES)
def test_the_trace_after_a_cut_shows_nothing_of_the_source(name: str) -> None:
    _, model, _ = made(name)
    site = model.sites[0].name
    effect = vizlab.intervene(model, picture(), [cut(site, "rgb", "depth")])
    before, after = (one.sites[site].share for one in (effect.before, effect.after))
    assert before is not None
    assert after is not None
    assert abs(before[0, 1]) > 1e-3
    assert after[0].tolist() == pytest.approx([1, 0], abs=1e-5)
    assert effect.kl > 0


def test_every_way_of_three_streams_is_an_edge_and_cut_by_itself() -> None:
    class Three(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.third = nn.Conv2d(3, 3, 1)

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            return a + b + self.third(b)

    module = seeded(Wrap(Three()))
    parts = {"rgb": argument(0), "depth": argument(1), "third": output_of("fuse.third")}
    model = adapted(module, [FusionSite("fuse", {"rgb": Sum(parts)})])
    inputs = inputs_of(model, picture())
    assert [edge.source for edge in edges_of(model)] == ["depth", "third"]
    a, b = inputs["rgb"], inputs["depth"]
    expected = module.head((a + b).relu())  # type: ignore[operator]
    torch.testing.assert_close(run(model, inputs, [cut("fuse", source="third")]), expected, rtol=1e-4, atol=1e-4)


def test_what_mixes_without_adding_cannot_be_cut() -> None:
    model = adapted(seeded(Wrap(Add())), [FusionSite("fuse", {"rgb": Mixed(("rgb", "depth"))})])
    with pytest.raises(InputError, match=r"'fuse' of .* mixes streams, but not in parts that could be taken away"):
        vizlab.intervene(model, picture(), [cut("fuse")])
    assert vizlab.sweep(model, picture()).rows == ()
