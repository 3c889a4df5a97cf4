"""Masked replacement, per channel and per place: the parts are what stands where the mask says."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import PADDED, Wrap, adapted, assert_defined, inputs_of, picture, seeded, visible
from vizlab import FusionSite, Replaced, argument, output_of, stored
from vizlab.core.site import Intervention, intervening


class Exchange(nn.Module):
    """Channels whose scale is below 0.5 are the other stream's; returns both streams in a container of `kind`."""

    def __init__(self, kind: type) -> None:
        super().__init__()
        self.kind = kind
        self.register_buffer("scale", torch.zeros(2, 3))

    def forward(self, streams: list[Tensor]) -> Any:
        a, b = streams
        mask = (self.scale.abs() < 0.5)[:, :, None, None]
        pair = torch.where(mask[0], b, a), torch.where(mask[1], a, b)
        return {"depth": pair[1], "rgb": pair[0]} if self.kind is dict else self.kind(pair)


class Exchanging(Wrap):
    def forward(self, rgb: Tensor, depth: Tensor) -> Tensor:
        given = self.fuse([rgb, depth])
        a, b = (given["rgb"], given["depth"]) if isinstance(given, dict) else given
        return self.head(self.relu(a)) + self.head(self.relu(b))


def exchange_site() -> FusionSite:
    both = {"rgb": argument(0)[0], "depth": argument("streams")[1]}
    small = stored("fuse.scale").then(lambda scale: scale.abs() < 0.5)
    return FusionSite("fuse", {"rgb": Replaced(both, mask=small[0]), "depth": Replaced(both, mask=small[1])})


def exchanging(kind: type) -> nn.Module:
    module = seeded(Exchanging(Exchange(kind)))
    module.fuse.scale.copy_(torch.tensor([[0.1, 1, 2], [1, -0.2, 0.3]]))  # type: ignore[union-attr,operator]
    return module


@pytest.mark.parametrize("kind", [tuple, list, dict])
def test_exchanged_channels_are_the_other_streams_part(kind: type) -> None:
    model, rgbd = adapted(exchanging(kind), [exchange_site()]), picture()
    rgb, depth = (visible(x) for x in inputs_of(model, rgbd).values())
    trace = vizlab.trace(model, rgbd)
    first, second = np.array([True, False, False]), np.array([False, True, True])
    for target, own, other, mask in (("rgb", rgb, depth, first), ("depth", depth, rgb, second)):
        place = mask[:, None, None]
        sender = "depth" if target == "rgb" else "rgb"
        assert_defined(trace, "fuse", target, {target: np.where(place, 0, own), sender: np.where(place, other, 0)})


@pytest.mark.parametrize("kind", [tuple, list, dict])
def test_cut_it_gives_each_stream_its_own_channels_back(kind: type) -> None:
    module = exchanging(kind)
    model = adapted(module, [exchange_site()])
    inputs = inputs_of(model, picture())
    with intervening(Intervention(cross=False)):
        cut = model.forward(inputs)["semseg"]
    expected = sum(module.head(x.relu()) for x in inputs.values())  # type: ignore[operator]
    assert torch.equal(cut, expected)
    assert not torch.allclose(model.forward(inputs)["semseg"], cut, atol=1e-2)


class Token(nn.Module):
    """Pixels whose score is below zero are the other stream's; `soft` also gives 0 and 1 as numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Conv2d(3, 1, 1)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        keep = (self.score(a) >= 0).float()
        return keep * a + (1 - keep) * b


@pytest.mark.parametrize("form", ["(B, 1, H, W) bool", "(B, H, W) float"])
def test_a_mask_may_decide_over_places(form: str) -> None:
    module = seeded(Wrap(Token()))
    score = output_of("fuse.score")
    mask = score.then(lambda s: s < 0) if "bool" in form else score.then(lambda s: (s[:, 0] < 0).float())
    site = FusionSite("fuse", {"rgb": Replaced({"rgb": 0, "depth": 1}, mask=mask, per="token")})
    model, rgbd = adapted(module, [site]), picture()
    rgb, depth = inputs_of(model, rgbd).values()
    low = (module.fuse.score(rgb) < 0).expand(1, 3, *PADDED)  # type: ignore[union-attr,operator]
    assert 0.1 < low.float().mean() < 0.9
    zero = torch.zeros(())
    parts = {"rgb": visible(rgb.where(~low, zero)), "depth": visible(depth.where(low, zero))}
    assert_defined(vizlab.trace(model, rgbd), "fuse", "rgb", parts)


def test_of_several_others_each_may_have_a_mask_of_its_own_or_a_half() -> None:
    """Channel 0 is depth's, channel 1 the mean of both others, channel 2 its own."""

    class Mean(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.third = nn.Identity()

        def forward(self, a: Tensor, b: Tensor) -> Tensor:
            third = self.third(a * b)
            return torch.stack([b[:, 0], (b[:, 1] + third[:, 1]) / 2, a[:, 2]], 1)

    weight = torch.tensor([1, 0.5, 0])[:, None, None]
    parts = {
        "rgb": argument(0),
        "depth": argument(1).then(lambda b: b * weight),
        "third": output_of("fuse.third").then(lambda c: c / 2),
    }
    masks = {
        "depth": argument(0).then(lambda a: torch.tensor([True, True, False])),
        "third": argument(0).then(lambda a: torch.tensor([[False, True, False]])),
    }
    model, rgbd = adapted(seeded(Wrap(Mean())), [FusionSite("fuse", {"rgb": Replaced(parts, mask=masks)})]), picture()
    rgb, depth = (visible(x) for x in inputs_of(model, rgbd).values())
    at = [np.array(m)[:, None, None] for m in ([0, 0, 1], [1, 0.5, 0], [0, 0.5, 0])]
    expected = {"rgb": at[0] * rgb, "depth": at[1] * depth, "third": at[2] * rgb * depth}
    assert_defined(vizlab.trace(model, rgbd), "fuse", "rgb", expected)
