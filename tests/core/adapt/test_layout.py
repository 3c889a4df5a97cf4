"""Gates and masks spread over batches of maps and tokens; every axis here has a length of its own, or the same."""

import pytest
import torch

from vizlab.core.adapt.layout import Maps, Tokens, spread
from vizlab.errors import InputError

B, C, H, W = 2, 3, 3, 2
MAPS, TOKENS = torch.zeros(B, C, H, W), torch.zeros(B, H * W, C)
GRID = torch.zeros(B, H, W, C)


def numbers(*shape: int) -> torch.Tensor:
    return torch.arange(torch.Size(shape).numel(), dtype=torch.float32).reshape(shape)


def test_per_channel_of_maps() -> None:
    """C and H are equal: what is meant cannot be told from the length."""
    each, pair, whole = numbers(C), numbers(B, C), numbers(B, C, 1, 1)
    for b, c in ((0, 1), (1, 2)):
        assert spread(each, "channel", Maps(), MAPS)[b, c].unique().tolist() == [each[c]]
        assert spread(pair, "channel", Maps(), MAPS)[b, c].unique().tolist() == [pair[b, c]]
        assert spread(whole, "channel", Maps(), MAPS)[b, c].unique().tolist() == [whole[b, c, 0, 0]]
    assert spread(torch.tensor(4.0), "channel", Maps(), MAPS).unique().tolist() == [4]


def test_per_place_of_maps() -> None:
    each, pair, whole = numbers(H, W), numbers(B, H, W), numbers(B, 1, H, W)
    for b, y, x in ((0, 1, 1), (1, 2, 0)):
        assert spread(each, "token", Maps(), MAPS)[b, :, y, x].unique().tolist() == [each[y, x]]
        assert spread(pair, "token", Maps(), MAPS)[b, :, y, x].unique().tolist() == [pair[b, y, x]]
        assert spread(whole, "token", Maps(), MAPS)[b, :, y, x].unique().tolist() == [whole[b, 0, y, x]]


def test_per_channel_of_tokens() -> None:
    each, pair = numbers(C), numbers(B, C)
    for layout, like in ((Tokens((H, W)), TOKENS), (Tokens((H, W)), GRID)):
        for b, c in ((0, 1), (1, 2)):
            assert spread(each, "channel", layout, like)[b, ..., c].unique().tolist() == [each[c]]
            assert spread(pair, "channel", layout, like)[b, ..., c].unique().tolist() == [pair[b, c]]


def test_per_token() -> None:
    each, pair = numbers(H * W), numbers(B, H * W)
    for b, n in ((0, 1), (1, 5)):
        assert spread(each, "token", Tokens((H, W)), TOKENS)[b, n].unique().tolist() == [each[n]]
        assert spread(pair, "token", Tokens((H, W)), TOKENS)[b, n].unique().tolist() == [pair[b, n]]
        assert spread(pair[..., None], "token", Tokens((H, W)), TOKENS)[b, n].unique().tolist() == [pair[b, n]]


@pytest.mark.parametrize("skip", [0, 1])
def test_tokens_become_maps_row_by_row(skip: int) -> None:
    tokens = numbers(B, skip + H * W, C)
    maps = Tokens((H, W), skip).to_maps(tokens)
    assert maps.shape == (B, C, H, W)
    assert all(
        maps[b, c, y, x] == tokens[b, skip + y * W + x, c]
        for b in range(B) for c in range(C) for y in range(H) for x in range(W)
    )  # fmt: skip


def test_a_grid_of_tokens_becomes_maps() -> None:
    grid = numbers(B, H, W, C)
    assert torch.equal(Tokens((H, W)).to_maps(grid), grid.permute(0, 3, 1, 2))
    with pytest.raises(InputError, match=r"expected \(batch, 1 \+ 3x2 tokens"):
        Tokens((H, W), skip=1).to_maps(grid)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"shape \(4,\) cannot be spread by channel over one of \(2, 3, 3, 2\)"):
        spread(numbers(4), "channel", Maps(), MAPS)
    with pytest.raises(InputError, match="where they are tokens, give their grid"):
        Maps().to_maps(TOKENS)
