"""Regions, baselines, superpixels, ranks and batch sizes, each by its definition."""

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F

from vizlab.core.framing import frame
from vizlab.errors import InputError
from vizlab.experiments.attribution import Baselines, box, pixel, polygon, segment
from vizlab.experiments.attribution.batching import SHARE, batch_size, free_bytes, halving, kept_bytes
from vizlab.experiments.attribution.superpixels import superpixels
from vizlab.experiments.attribution.target import View, blending
from vizlab.measures.ranks import ranks, spearman
from vizlab.rgbd import RGBDImage, fill_unknown

SIZE = (6, 8)


def test_a_pixel_and_a_box() -> None:
    assert np.argwhere(pixel(SIZE, (7.9, 5.0))).tolist() == [[5, 7]]
    mask = box(SIZE, (6, 4), (2, 1))  # any two opposite corners, both included
    assert mask.sum() == 5 * 4
    assert mask[1:5, 2:7].all()


def test_a_polygon() -> None:
    triangle = polygon((5, 5), [(0, 0), (4, 0), (0, 4)])
    np.testing.assert_array_equal(triangle, np.add.outer(np.arange(5), np.arange(5)) <= 4)


def test_a_segment_is_what_hangs_together() -> None:
    labels = np.array([[1, 1, 2, 1], [2, 2, 1, 2], [1, 2, 2, 2]])
    together = [[1, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0]]  # over corners, too
    np.testing.assert_array_equal(segment(labels, (0, 0)), np.array(together, bool))
    assert segment(labels, (0, 2)).sum() == 1


@pytest.mark.parametrize("at", [(-1, 0), (8, 0), (0, 6), (0, -0.5)])
def test_places_outside_are_refused(at: tuple[float, float]) -> None:
    with pytest.raises(InputError, match="is no pixel of a picture of 8x6"):
        pixel(SIZE, at)
    with pytest.raises(InputError, match="The region has 2 corners"):
        polygon(SIZE, [(0, 0), (1, 1)])


def rgbd() -> RGBDImage:
    random = np.random.default_rng(2)
    depth = random.uniform(1, 3, (20, 30)).astype(np.float32)
    depth[8:12, 3:9] = np.nan
    return RGBDImage(random.integers(0, 256, (20, 30, 3)).astype(np.uint8), depth)


def test_baselines_by_name() -> None:
    picture = rgbd()
    assert picture.colour is not None
    assert picture.depth is not None
    plain = Baselines().picture(picture, ("rgb", "depth"))
    assert plain.colour is not None
    assert plain.depth is not None
    assert np.unique(plain.colour.reshape(-1, 3), axis=0).tolist() == [picture.colour.mean((0, 1)).round().tolist()]
    assert np.unique(plain.depth).tolist() == [np.nanmedian(picture.depth)]
    other = Baselines("black", "unknown").picture(picture, ("rgb", "depth"))
    assert other.colour is not None
    assert other.depth is not None
    assert other.colour.max() == 0
    assert np.isnan(other.depth[1:-1, 1:-1]).all()
    filled, _ = fill_unknown(other.depth)
    assert filled[10, 28] == picture.depth[10, 29]  # the nearest that is known
    np.testing.assert_array_equal(other.depth[0], picture.depth[0])
    only = Baselines("black").picture(picture, ("rgb",))
    assert only.depth is not None
    np.testing.assert_array_equal(only.depth, picture.depth)


def test_a_blurred_picture_keeps_its_mean_and_loses_its_detail() -> None:
    picture = rgbd()
    assert picture.colour is not None
    blurred = Baselines("blurred").picture(picture, ("rgb",)).colour
    assert blurred is not None
    assert abs(blurred.mean() - picture.colour.mean()) < 4
    assert blurred.std() < picture.colour.std() / 2


def test_baselines_that_cannot_be() -> None:
    with pytest.raises(InputError, match="'white' is no baseline for rgb; expected one of mean colour, blurred, black"):
        Baselines("white")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="'0 m' is no baseline for depth; expected one of median plane, unknown"):
        Baselines(depth="0 m")  # type: ignore[arg-type]
    depth = np.full((4, 4), np.nan, np.float32)
    depth[1, 1] = 1
    with pytest.raises(InputError, match="rim is unknown"):
        Baselines(depth="unknown").picture(RGBDImage(None, depth), ("depth",))


def test_superpixels_keep_to_edges_and_cover_all() -> None:
    """Two halves of two colours: no superpixel lies in both."""
    colour = np.zeros((40, 60, 3), np.uint8)
    colour[:, 27:] = 255
    framing = frame((40, 60), (40, 60), 4)
    found = superpixels(RGBDImage(colour), framing, 12)
    assert found.shape == (40, 60)
    assert set(np.unique(found)) == set(range(found.max() + 1))
    assert 6 <= found.max() + 1 <= 12
    assert not set(found[:, :27].ravel()) & set(found[:, 27:].ravel())
    depth = np.where(colour[..., 0] > 0, 3.0, 1.0).astype(np.float32)
    by_depth = superpixels(RGBDImage(None, depth), framing, 12)
    assert not set(by_depth[:, :27].ravel()) & set(by_depth[:, 27:].ravel())
    np.testing.assert_array_equal(found, superpixels(RGBDImage(colour), framing, 12))


def test_ranks_and_their_correlation_are_scipys() -> None:
    random = np.random.default_rng(0)
    a = random.integers(0, 5, 200).astype(float)
    b = a + random.normal(0, 2, 200)
    np.testing.assert_array_equal(ranks(a), scipy.stats.rankdata(a))
    assert spearman(a, b) == pytest.approx(scipy.stats.spearmanr(a, b).statistic)
    assert np.isnan(spearman(a, np.ones(200)))
    assert np.isnan(spearman(a, np.full(200, np.nan)))
    assert spearman(a, -a) == pytest.approx(-1)


@pytest.mark.parametrize(("before", "after"), [(5, 5), (8, 13), (13, 8), (1, 4)])
def test_blending_is_torchs_interpolation(before: int, after: int) -> None:
    x = torch.rand(1, 1, before, 3)
    expected = F.interpolate(x, size=(after, 3), mode="bilinear")[0, 0]
    torch.testing.assert_close(blending(before, after) @ x[0, 0], expected)


def test_a_view_is_the_mean_over_the_region_as_decoded() -> None:
    framing = frame((45, 61), (30, 40), 8)
    region = np.zeros((45, 61), bool)
    region[20:31, 50:61] = True
    region[25, 55] = False
    y = torch.rand(2, 3, 8, 10)
    view = View.of(region, framing, (8, 10), torch.device("cpu"))
    whole = F.interpolate(y, framing.padded, mode="bilinear")[..., : framing.content[0], : framing.content[1]]
    expected = F.interpolate(whole, (45, 61), mode="bilinear")[:, 1].numpy()[:, region].mean(1)
    found = view.mean(view.at_picture(view.at_input(y))[:, 1])
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5)


def test_kept_bytes_are_what_a_backward_needs() -> None:
    """x * x keeps x once, exp its result: two tensors of 4,000 bytes."""
    x = torch.rand(1000, requires_grad=True)
    result, size = kept_bytes(lambda: (x * x).exp())
    assert size == 2 * 4000
    assert result.shape == (1000,)


def test_the_batch_follows_free_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    device = torch.device("cpu")
    assert free_bytes(device) > 10**6
    monkeypatch.setattr("vizlab.experiments.attribution.batching.free_bytes", lambda device: 12 * 10**6)
    assert batch_size(device, 10**6) == int(12 * SHARE / 3)
    assert batch_size(device, 10**9) == 1
    assert batch_size(device, 1) == 8


def test_halving_stops_at_one() -> None:
    tried: list[int] = []

    def compute(size: int) -> int:
        tried.append(size)
        if size > 1:
            raise torch.OutOfMemoryError("out")
        return size

    assert halving(compute, 9) == 1
    assert tried == [9, 4, 2, 1]
