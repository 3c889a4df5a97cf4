"""The exchange from its definition, token by token, and what changes of it do."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from vizlab.core.edits import CUT, Gate, Mean, Put, Scale, Some
from vizlab.core.framing import Framing
from vizlab.core.site import Edit, FusionModule, Intervention, Mixing, Part, intervening, observing
from vizlab.methods.token_fusion.exchange import TokenExchange, TokenScores

STREAMS = ("rgb", "depth")
SIZE = (4, 5)
WHOLE = Framing((16, 20), (16, 20), (16, 20))


def exchange(threshold: float = 0.3) -> TokenExchange:
    module = TokenExchange(STREAMS, 3, threshold)
    module.site = module.describe_site("x")
    return module


@pytest.fixture
def given() -> tuple[Tensor, Tensor]:
    """Two pictures in two streams, scores on both sides of 0.3."""
    torch.manual_seed(0)
    return torch.randn(4, 3, *SIZE), torch.rand(4, 1, *SIZE)


def by_hand(tokens: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """`y[t] = s_t y_t` where s_t >= threshold, else `s_other y_other`, one token after the other."""
    result = torch.empty_like(tokens)
    for stream in (0, 1):
        for picture in (0, 1):
            own, other = 2 * stream + picture, 2 * (1 - stream) + picture
            for row in range(SIZE[0]):
                for column in range(SIZE[1]):
                    at = (slice(None), row, column)
                    keeps = scores[own, 0, row, column] >= threshold
                    source = own if keeps else other
                    result[own][at] = scores[source, 0, row, column] * tokens[source][at]
    return result


def edited(module: TokenExchange, given: tuple[Tensor, Tensor], edit: Edit) -> Tensor:
    """What rgb has, (B, C, h, w), with that done to what comes from depth."""
    with intervening(Intervention(edits={"x": {("rgb", "depth"): edit}})):
        return module(*given)[:2]


def test_one_token_after_the_other(given: tuple[Tensor, Tensor]) -> None:
    assert 0.1 < float((given[1] < 0.3).float().mean()) < 0.5
    torch.testing.assert_close(exchange()(*given), by_hand(*given, 0.3), rtol=0, atol=0)


def test_a_score_at_the_threshold_keeps_its_token(given: tuple[Tensor, Tensor]) -> None:
    tokens = given[0]
    scores = torch.full((4, 1, *SIZE), 0.25)
    torch.testing.assert_close(exchange(0.25)(tokens, scores), 0.25 * tokens)


@pytest.mark.parametrize("change", [Intervention(cross=False), Intervention(settings={"threshold": 0.0})])
def test_without_exchange_every_token_is_weighed(given: tuple[Tensor, Tensor], change: Intervention) -> None:
    with intervening(change):
        torch.testing.assert_close(exchange()(*given), given[0] * given[1], rtol=0, atol=0)


def test_another_threshold(given: tuple[Tensor, Tensor]) -> None:
    with intervening(Intervention(settings={"threshold": 0.7})):
        torch.testing.assert_close(exchange()(*given), by_hand(*given, 0.7), rtol=0, atol=0)


def test_what_is_shown(given: tuple[Tensor, Tensor]) -> None:
    module, seen = exchange(), list[Mixing]()
    with observing(lambda site, mixing: seen.append(mixing)):
        output = module(*given)
    torch.testing.assert_close(output, by_hand(*given, 0.3), rtol=0, atol=0)
    for target, mixing in enumerate(seen):
        assert mixing.target == mixing.own == target
        rows = slice(2 * target, 2 * target + 2)
        given_up = given[1][rows] < 0.3
        parts = {part.source: part.value for part in mixing.parts}
        assert not (parts[target] * given_up).any()
        assert not (parts[1 - target] * ~given_up).any()
        torch.testing.assert_close(parts[0] + parts[1], output[rows], rtol=0, atol=0)


def test_what_is_kept_of_a_picture(given: tuple[Tensor, Tensor]) -> None:
    """Of the first picture, without the padded rows and columns."""
    module, kept = exchange(), list[dict[str, np.ndarray]]()
    framing = Framing((12, 12), (12, 12), (16, 20))  # three of four rows and of five columns show it

    def observe(site: FusionModule, mixing: Mixing) -> None:
        assert mixing.extras is not None
        kept.append(dict(mixing.extras(framing)))

    with observing(observe):
        module(*given)
    for target, extras in enumerate(kept):
        score = given[1][2 * target, 0, :3, :3]
        np.testing.assert_array_equal(extras["score"], score.half().numpy())
        np.testing.assert_array_equal(extras["given_up"], (score < 0.3).numpy())
        assert extras["given_up"].dtype == bool


def put(value: float) -> Edit:
    return Put(torch.full((1, 3, *SIZE), value))


def closed(kept: Tensor, own: Tensor, came: Tensor) -> dict[str, tuple[Edit, Tensor]]:
    """By change, what rgb must have: of `kept` tokens, its `own` at those given up, and what `came` there."""
    factor = torch.tensor([0.0, 0.5]).view(2, 1, 1, 1)
    first = torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1)
    return {
        "cut": (CUT, kept + own),
        "half": (Scale(0.5), kept + 0.5 * own + 0.5 * came),
        "mean": (Mean(WHOLE), kept + came.mean((-2, -1), keepdim=True)),
        "put": (put(2.0), kept + 2),
        "nothing": (Put(None), kept),
        "gate": (Gate(factor), kept + (1 - factor) * own + factor * came),
        "one channel": (Some(CUT, (0,)), kept + first * own + (1 - first) * came),
    }


CHANGES = ("cut", "half", "mean", "put", "nothing", "gate", "one channel")


@pytest.mark.parametrize("name", CHANGES)
def test_changes_of_what_comes(given: tuple[Tensor, Tensor], name: str) -> None:
    tokens, scores = given
    weighed, given_up = tokens * scores, scores[:2] < 0.3
    edit, expected = closed(weighed[:2] * ~given_up, weighed[:2] * given_up, weighed[2:] * given_up)[name]
    module = exchange()
    torch.testing.assert_close(edited(module, given, edit), expected)
    with intervening(Intervention(edits={"x": {("rgb", "depth"): edit}})):
        torch.testing.assert_close(module(*given)[2:], by_hand(*given, 0.3)[2:], rtol=0, atol=0)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_looks_alike_watched_or_not(given: tuple[Tensor, Tensor], name: str) -> None:
    edit, _ = closed(*(torch.zeros(2, 3, *SIZE),) * 3)[name]
    module, seen = exchange(), list[Mixing]()
    observe: Callable[[FusionModule, Mixing], None] = lambda site, mixing: seen.append(mixing)  # noqa: E731
    with observing(observe):
        watched = edited(module, given, edit)
    torch.testing.assert_close(watched, edited(module, given, edit), rtol=0, atol=0)
    parts: list[Part] = list(seen[0].parts)
    torch.testing.assert_close(sum((part.value for part in parts), torch.zeros_like(watched)), watched)


def test_scores_are_the_first_of_two_classes_of_each_streams_own_network() -> None:
    torch.manual_seed(1)
    scores = TokenScores(2, 8)
    tokens = torch.randn(2, 3, 4, 8)
    found = scores(tokens)
    assert found.shape == (2, 1, 3, 4)
    for stream, net in enumerate(scores.score_nets):
        # As published: the log-softmax, and softmax once more.
        twice = net(tokens[stream]).log_softmax(-1).softmax(-1)[..., 0]
        torch.testing.assert_close(found[stream, 0], twice)
    assert [tuple(p.shape) for p in scores.score_nets[0].parameters() if p.ndim > 1] == [(8, 8), (4, 8), (2, 4), (2, 2)]


def test_scores_are_not_rounded_in_bfloat16() -> None:
    torch.manual_seed(1)
    scores, tokens = TokenScores(2, 8), torch.randn(2, 3, 4, 8)
    expected = scores(tokens)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(scores(tokens), expected, rtol=0, atol=0)
