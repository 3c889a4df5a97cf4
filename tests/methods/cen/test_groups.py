"""What is kept of a stream before channels are exchanged, against the norm written out and loops over channels."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.conftest import make_model
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import fusion_modules
from vizlab.core.trace import FusionTrace, arrays_of
from vizlab.core.trace_file import load_trace
from vizlab.core.tracer import trace
from vizlab.methods.cen.groups import BeforeExchange, group_codes, map_step
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.rgbd import RGBDImage

FAMILIES = ("cen", "cen-multitask", "cen-multimodal-multitask")


@contextmanager
def entering(model: Model) -> Iterator[dict[str, Tensor]]:
    """By site, what enters its norm, while the block runs."""
    found: dict[str, Tensor] = {}

    def keep(module: nn.Module, inputs: tuple[Tensor]) -> None:
        assert isinstance(module, StreamNorm)
        found[module.site.name] = inputs[0].clone()

    norms = [m for m in model.network.modules() if isinstance(m, StreamNorm) and m.threshold is not None]
    handles = [m.register_forward_pre_hook(keep) for m in norms]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def norm_of(model: Model, site: str) -> StreamNorm:
    found = fusion_modules(model.network)[site]
    assert isinstance(found, StreamNorm)
    return found


def normalised(norm: StreamNorm, x: Tensor) -> np.ndarray:
    """(S, C, h, w): every stream through its own norm, nothing exchanged."""
    parts = x.chunk(len(norm.streams))
    rows = zip(parts, norm.running_mean, norm.running_var, norm.weight, norm.bias, strict=True)
    with torch.inference_mode():
        done = [F.batch_norm(part, mean, var, weight, bias, eps=norm.eps)[0] for part, mean, var, weight, bias in rows]
    return torch.stack(done).numpy()


@pytest.mark.parametrize("family", FAMILIES)
def test_what_streams_had_follows_their_own_norms(small_rgbd: RGBDImage, family: str) -> None:
    """At every site of a traced network whose picture leaves some of the input to padding."""
    model = make_model(family)
    with entering(model) as entered:
        found = trace(model, small_rgbd, working_size=(72, 96))
    assert found.framing.padded == (96, 96)
    for name, site in found.sites.items():
        norm, (height, width) = norm_of(model, name), entered[name].shape[2:]
        rows, columns = found.framing.visible((height, width))
        own = normalised(norm, entered[name])[..., :rows, :columns]
        below = (norm.weight.detach().abs() < 0.02).numpy()
        patterns = sorted({sum(1 << s for s, b in enumerate(column) if b) for column in below.T})
        for target, features in enumerate(own):
            for group, pattern in enumerate(patterns):
                members = [c for c in range(site.site.channels) if group_codes(below)[c] == pattern]
                mean = sum(features[c] for c in members) / len(members)
                np.testing.assert_allclose(site.extras["features"][target, group], mean, rtol=2e-3, atol=2e-3)
            for channel in range(site.site.channels):
                had = float(np.mean(np.square(features[channel], dtype=np.float64)))
                expected = had if below[target, channel] else np.nan
                assert site.extras["had"][target, channel] == pytest.approx(expected, rel=1e-3, nan_ok=True)
                others = [own[s][channel] for s in range(len(own)) if s != target]
                after = sum(others) / len(others) if below[target, channel] else features[channel]
                goes_on = float(np.mean(np.square(after, dtype=np.float64)))
                assert site.power is not None
                assert site.power[target, channel] == pytest.approx(goes_on, rel=1e-3)


def test_codes_name_the_streams_by_their_bits() -> None:
    exchanged = np.array([[1, 0, 1, 0, 0], [0, 0, 1, 1, 0], [0, 0, 0, 1, 1]], bool)
    assert group_codes(exchanged).tolist() == [1, 0, 3, 6, 4]


@pytest.mark.parametrize(("size", "step"), [((15, 20), 1), ((48, 48), 1), ((30, 49), 2), ((120, 160), 4), ((97, 8), 4)])
def test_no_longer_maps_are_kept_than_promised(size: tuple[int, int], step: int) -> None:
    assert map_step(size) == step
    assert max(size) / step <= 48


@pytest.mark.parametrize("last", [False, True])
def test_of_a_large_map_the_middle_cells_are_kept(last: bool) -> None:
    """One cell of four in each direction, whatever way channels lie in memory; strengths are of all cells."""
    own = torch.randn(1, 3, 60, 160, generator=torch.Generator().manual_seed(0))
    if last:
        own = own.contiguous(memory_format=torch.channels_last)
    exchanged = np.array([[0, 1, 0], [1, 0, 0]], bool)
    framing = Framing((60, 150), (60, 150), (60, 160))
    found = BeforeExchange(exchanged).of(own, 0, framing)
    expected = own[0, :, 2::4, 2:150:4].numpy()
    assert found["features"].dtype == np.float16
    np.testing.assert_allclose(found["features"], expected[[2, 1, 0]], atol=2e-3)  # codes 0, 1, 2
    assert found["had"][1] == pytest.approx(float(own[0, 1, :, :150].square().mean()), rel=1e-5)
    assert np.isnan(found["had"][[0, 2]]).all()


def test_a_site_that_exchanges_nothing_has_one_group(small_rgbd: RGBDImage, cen_model: Model) -> None:
    cut = trace(cen_model, small_rgbd, cross=False)
    for site in cut.sites.values():
        assert site.extras["features"].shape[:2] == (2, 1)
        assert np.isnan(site.extras["had"]).all()


def test_they_are_saved_and_read_back(cen_trace: FusionTrace, tmp_path: Path) -> None:
    cen_trace.save(str(tmp_path / "t.npz"))
    again = load_trace(tmp_path / "t.npz")
    for name, site in cen_trace.sites.items():
        assert set(again.sites[name].extras) == {"features", "had"}
        for key, value in site.extras.items():
            np.testing.assert_array_equal(again.sites[name].extras[key], value)
        np.testing.assert_array_equal(again.sites[name].power, site.power)
    assert list(again.weights) == ["semseg/ensemble"]
    np.testing.assert_array_equal(again.weights["semseg/ensemble"], cen_trace.weights["semseg/ensemble"])
    with pytest.raises(ValueError, match="read-only"):
        again.sites[name].extras["had"][0] = 0


def test_older_files_are_read_without_them(cen_trace: FusionTrace, tmp_path: Path) -> None:
    cen_trace.save(str(tmp_path / "t.npz"))
    with np.load(tmp_path / "t.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    new = [key for key in arrays if key.startswith(("extras|", "outputs|")) or key.endswith("|power")]
    kept = {key: value for key, value in arrays.items() if key not in new}
    np.savez(tmp_path / "old.npz", **kept)
    old = load_trace(tmp_path / "old.npz")
    assert old.weights == {}
    for name, site in old.sites.items():
        assert (site.extras, site.power) == ({}, None)
        np.testing.assert_array_equal(site.share, cen_trace.sites[name].share)
    assert not any(key.startswith("extras|") for key in arrays_of(old))
