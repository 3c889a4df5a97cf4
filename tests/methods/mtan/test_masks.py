"""What is kept of masks, by brute force."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.methods.mtan.networks import STAGES, TASKS
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.trace_file import load_trace
from vizlab.core.tracer import trace
from vizlab.methods.mtan import masks as module
from vizlab.methods.mtan.masks import Masks, correlations
from vizlab.rgbd import RGBDImage

WHOLE = Framing((6, 8), (6, 8), (6, 8))


def drawn(seed: int = 0) -> list[Tensor]:
    """Three masks (2, 5, 6, 8): the second follows the first, the third turns against it; all near 0.7."""
    generator = torch.Generator().manual_seed(seed)
    one, noise, other = (torch.randn(2, 5, 6, 8, generator=generator) for _ in range(3))
    return [(0.7 + 0.01 * x) for x in (one, one + 0.5 * noise, -one + other)]


def test_overlap_is_pearsons_correlation_over_channels_and_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [x[0].double() for x in drawn()]
    expected = np.corrcoef([x.flatten().numpy() for x in values])
    assert expected[0, 1] > 0.5 > -0.5 > expected[0, 2]
    np.testing.assert_allclose(correlations([x.float() for x in values]), expected, atol=1e-5)
    monkeypatch.setattr(module, "_BLOCK", 100)  # two channels at a time, and one in the end
    np.testing.assert_allclose(correlations([x.float() for x in values]), expected, atol=1e-5)


def test_a_mask_that_is_the_same_everywhere_has_no_overlap() -> None:
    found = correlations([torch.full((2, 3, 4), 0.25), torch.rand(2, 3, 4)])
    assert np.isnan(found).tolist() == [[True, True], [True, False]]
    assert found[1, 1] == 1


def test_means_are_of_the_first_picture_and_leave_padding_out() -> None:
    masks = drawn()
    framing = Framing((4, 6), (4, 6), (6, 8))
    found = Masks(masks).extras(1, framing)
    seen = masks[1][0, :, :4, :6].numpy()
    np.testing.assert_allclose(found["mask"], seen.mean(0), rtol=1e-6)
    np.testing.assert_allclose(found["channels"], seen.mean((1, 2)), rtol=1e-6)
    expected = np.corrcoef([x[0, :, :4, :6].flatten().numpy() for x in masks])[1]
    np.testing.assert_allclose(found["overlap"], expected, atol=1e-4)
    whole = Masks(masks).extras(1, WHOLE)
    assert whole["mask"].shape == (6, 8)
    assert not np.allclose(whole["overlap"], found["overlap"], atol=1e-3)


def test_a_trace_keeps_what_the_networks_own_masks_are(compact: Model, small_rgbd: RGBDImage, tmp_path: Path) -> None:
    model = compact
    sizes = {}
    found: dict[str, Tensor] = {}
    handles = [
        model.network.get_submodule(f"attention_{number}.{task}").register_forward_hook(
            lambda m, given, out, key=(f"attention_{number}", task): found.update({key: out.clone()})
        )
        for number in range(1, 6)
        for task in TASKS
    ]
    try:
        traced = trace(model, small_rgbd)
    finally:
        for handle in handles:
            handle.remove()
    assert [site.stage for site in model.sites] == list(STAGES)
    traced.save(str(tmp_path / "a.npz"))
    for kept in (traced, load_trace(tmp_path / "a.npz")):
        for name, site in kept.sites.items():
            assert site.share is None
            assert site.received is None
            for index, task in enumerate(TASKS):
                mask = found[name, task][0].numpy()
                height, width = kept.framing.visible(mask.shape[1:])
                seen = mask[:, :height, :width]
                np.testing.assert_allclose(site.extras["mask"][index], seen.mean(0, dtype=float), rtol=1e-5)
                np.testing.assert_allclose(site.extras["channels"][index], seen.mean((1, 2), dtype=float), rtol=1e-5)
                sizes[name] = site.grid
            flat = [found[name, task][0][:, :height, :width].flatten().numpy() for task in TASKS]
            np.testing.assert_allclose(site.extras["overlap"], np.corrcoef(flat), atol=1e-4)
    assert sizes["attention_1"] == (48, 64)
    assert sizes["attention_5"] == (3, 4)
