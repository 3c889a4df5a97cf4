"""Where a target is in what a module is called with or returns: found, and replaced where it is cut."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import adapted, inputs_of, mixings, picture, seeded
from vizlab import FusionSite, Sum, argument
from vizlab.core.site import Intervention, intervening


class Both(NamedTuple):
    rgb: Tensor
    note: str


class Given(NamedTuple):
    """How a container holds the fused tensor, how it is taken out, and what a declaration says of it."""

    wrap: Callable[[Tensor], Any]
    unwrap: Callable[[Any], Tensor]
    item: int | str | None = None


RETURNED = {
    "tensor": Given(lambda y: y, lambda r: r),
    "tuple": Given(lambda y: (y, "note"), lambda r: r[0]),
    "second of a list": Given(lambda y: [None, y], lambda r: r[1], 1),
    "named tuple": Given(lambda y: Both(y, "note"), lambda r: r.rgb),
    "dict": Given(lambda y: {"rgb": y}, lambda r: r["rgb"]),
    "another key": Given(lambda y: OrderedDict(map=y, size=3), lambda r: r["map"], "map"),
}


class Returns(nn.Module):
    """left(a) + right(b) in a container."""

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.left, self.right, self.given = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1), given

    def forward(self, a: Tensor, b: Tensor) -> Any:
        return self.given.wrap(self.left(a) + self.right(b))


class Around(nn.Module):
    """A fusion that returns a container, or a sum that is handed to `next` in some way."""

    def __init__(self, given: Given, hand: Callable[[nn.Module, Tensor], Tensor] | None = None) -> None:
        super().__init__()
        self.fuse, self.next, self.head = Returns(given), Next(), nn.Conv2d(3, 5, 1)
        self.hand = hand or (lambda module, y: module("unused", y))

    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        y = self.fuse.given.unwrap(kept := self.fuse(rgb, depth))
        assert type(kept) is type(self.fuse.given.wrap(y))
        return self.head(self.hand(self.next, y))


class Next(nn.Module):
    def forward(self, other: str, y: Tensor) -> Tensor:
        return y.relu_()


PARTS = Sum({"rgb": "fuse.left", "depth": "fuse.right"})
HANDED = {
    "by position": (lambda module, y: module("unused", y), 1),
    "by name": (lambda module, y: module("unused", y=y), "y"),
    "by name, declared by position": (lambda module, y: module(y=y, other="unused"), 1),
    "by position, declared by name": (lambda module, y: module("unused", y), "y"),
}


def assert_cut(module: nn.Module, site: FusionSite) -> None:
    """What is shown sums to what is handed on; cut, the network goes on with its own part alone."""
    model = adapted(module, [site])
    inputs = inputs_of(model, picture())
    shown = mixings(model, inputs)[site.title, "rgb"]
    left, right = (part.value for part in shown.parts)
    assert torch.allclose(left + right, shown.output, atol=1e-5)
    with intervening(Intervention(cross=False)):
        cut = model.forward(inputs)["semseg"]
    assert torch.allclose(cut, module.head(module.fuse.left(inputs["rgb"]).relu()), atol=1e-5)  # type: ignore[operator,union-attr]
    assert not torch.allclose(cut, model.forward(inputs)["semseg"], atol=0.1)


@pytest.mark.parametrize("name", RETURNED)
def test_a_target_in_what_is_returned(name: str) -> None:
    given = RETURNED[name]
    reading = Sum(PARTS.parts, item=given.item)
    assert_cut(seeded(Around(given)), FusionSite("fuse", {"rgb": reading}))


@pytest.mark.parametrize("name", HANDED)
def test_a_target_in_what_a_module_is_called_with(name: str) -> None:
    hand, item = HANDED[name]
    reading = Sum(PARTS.parts, item=item)
    assert_cut(seeded(Around(RETURNED["tensor"], hand)), FusionSite("next", {"rgb": reading}, at="input"))


def test_an_argument_may_be_one_of_any_keywords() -> None:
    """A module that takes whatever it is given: its signature does not name the stream."""

    class Whatever(nn.Module):
        def forward(self, *given: Tensor, **named: Tensor) -> Tensor:
            return given[0] + named["b"]

    class Calls(Around):
        def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
            return self.head(self.fuse(rgb, b=depth))

    module = Calls(RETURNED["tensor"])
    module.fuse = Whatever()
    reading = Sum({"rgb": 0, "depth": argument("b")})
    model = adapted(seeded(module), [FusionSite("fuse", {"rgb": reading})])
    shown = mixings(model, inputs := inputs_of(model, picture()))["fuse", "rgb"]
    assert torch.equal(shown.parts[1].value, inputs["depth"])


def test_a_list_that_the_owner_keeps_is_not_changed() -> None:
    """The container is copied before a tensor in it is replaced."""
    kept: list[Any] = []

    class Keeps(Returns):
        def forward(self, a: Tensor, b: Tensor) -> Any:
            kept.append([self.left(a) + self.right(b)])
            return kept[-1]

    module = Around(RETURNED["second of a list"]._replace(wrap=lambda y: [y], unwrap=lambda r: r[0]))
    module.fuse = Keeps(module.fuse.given)
    model = adapted(seeded(module), [FusionSite("fuse", {"rgb": PARTS})])
    inputs = inputs_of(model, picture())
    with torch.inference_mode():
        expected = module.fuse.left(inputs["rgb"]) + module.fuse.right(inputs["depth"])
    with intervening(Intervention(cross=False)):
        model.forward(inputs)
    assert torch.allclose(kept[-1][0], expected, atol=1e-5)


def test_the_network_itself_may_be_a_site() -> None:
    """Late fusion: two networks' logits are added last."""

    class Late(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rgb, self.depth = nn.Conv2d(3, 5, 1), nn.Conv2d(3, 5, 1)

        def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
            return self.rgb(rgb) + self.depth(depth)

    module = seeded(Late())
    model = adapted(module, [FusionSite("", {"rgb": Sum({"rgb": "rgb", "depth": "depth"})})])
    assert [site.name for site in model.sites] == ["output"]
    inputs = inputs_of(model, picture())
    with intervening(Intervention(cross=False)):
        assert torch.allclose(model.forward(inputs)["semseg"], module.rgb(inputs["rgb"]), atol=1e-6)  # type: ignore[operator]
    assert np.isfinite(vizlab.trace(model, picture()).sites["output"].cross_share).all()
