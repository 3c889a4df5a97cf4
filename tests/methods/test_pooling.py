"""The decoders' pooling against torch's own, to the bit."""

import pytest
import torch
import torch.nn.functional as F

from vizlab.methods.parts.refinenet import max_pool_5x5


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3), (4, 5), (15, 20), (31, 18)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_it_is_max_pool2d(size: tuple[int, int], dtype: torch.dtype, layout: torch.memory_format) -> None:
    x = torch.randn(2, 6, *size, generator=torch.Generator().manual_seed(1)).to(dtype).to(memory_format=layout)
    expected = F.max_pool2d(x, 5, stride=1, padding=2)
    with torch.inference_mode():
        found = max_pool_5x5(x)
    assert torch.equal(found, expected)
    assert found.is_contiguous(memory_format=layout) == expected.is_contiguous(memory_format=layout)


def test_what_is_no_number_stays_none() -> None:
    x = torch.randn(1, 2, 9, 11, generator=torch.Generator().manual_seed(2))
    x[0, 0, 4, 4], x[0, 1, 2, 2], x[0, 1, 6, 6] = torch.nan, torch.inf, -torch.inf
    with torch.inference_mode():
        found = max_pool_5x5(x)
    torch.testing.assert_close(found, F.max_pool2d(x, 5, stride=1, padding=2), rtol=0, atol=0, equal_nan=True)


def test_gradients_of_ties_are_those_of_max_pool2d() -> None:
    gradients = []
    for pool in (max_pool_5x5, lambda x: F.max_pool2d(x, 5, stride=1, padding=2)):
        x = torch.zeros(1, 1, 6, 7, requires_grad=True)
        pool(x).sum().backward()
        gradients.append(x.grad)
    assert torch.equal(*gradients)  # type: ignore[arg-type]
