"""Every number of a site against its formula, written out here in float64, channel by channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from vizlab.core.framing import Framing
from vizlab.core.moments import blocks
from vizlab.core.reduction import TargetReduction, reduce_mixing
from vizlab.core.site import Activation, Mixing, Part, Site

STREAMS = ("rgb", "depth", "normals")
WHOLE = Framing((6, 8), (6, 8), (6, 8))
Arrays = Mapping[int, np.ndarray]


@dataclass(frozen=True)
class Case:
    """By source what it adds, (C, h, w) over all channels, and the constant (C,)."""

    added: Arrays
    constant: np.ndarray
    own: int = 0

    @property
    def output(self) -> np.ndarray:
        """y, without the constant."""
        return sum(self.added.values(), start=np.zeros_like(self.added[self.own]))

    @property
    def others(self) -> np.ndarray:
        return self.output - self.added[self.own]


def random_case(sources: int = 3, own: int = 0, seed: int = 0) -> Case:
    rng = np.random.default_rng(seed)
    added = {s: rng.normal(rng.normal(size=(5, 1, 1)), 1 + s, (5, 6, 8)) for s in range(sources)}
    return Case(added, rng.normal(size=5), own)


def tensor(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values).float()[None]


def site_of(case: Case, activation: Activation | None = None) -> Site:
    names = STREAMS[: len(case.added)]
    return Site("a", "sum", names, names, len(case.constant), "stage1", activation=activation)


def reduced(case: Case, framing: Framing = WHOLE, padding: float | None = None) -> TargetReduction:
    """What the hook makes of it; the map is extended by `padding` to `framing.padded`, if given."""

    def padded(values: np.ndarray) -> torch.Tensor:
        if padding is None:
            return tensor(values)
        below, right = (p - n for p, n in zip(framing.padded, values.shape[1:], strict=True))
        return tensor(np.pad(values, ((0, 0), (0, below), (0, right)), constant_values=padding))

    parts = [Part(s, padded(values)) for s, values in case.added.items()]
    output = padded(case.output + case.constant[:, None, None])
    mixing = Mixing(case.own, output, parts, torch.from_numpy(case.constant).float(), own=case.own)
    return reduce_mixing(mixing, site_of(case), framing)


def variance(values: np.ndarray) -> float:
    """Sum over channels of the variance over pixels."""
    return sum(float(np.mean((c - np.mean(c)) ** 2)) for c in values)


def covariance(a: np.ndarray, b: np.ndarray) -> float:
    return sum(float(np.mean((x - np.mean(x)) * (y - np.mean(y)))) for x, y in zip(a, b, strict=True))


def mean_square(values: np.ndarray) -> float:
    """Sum over channels of the mean square over pixels."""
    return sum(float(np.mean(c**2)) for c in values)


def expected_share(case: Case) -> list[float]:
    return [covariance(c, case.output) / variance(case.output) for c in case.added.values()]


def expected_outside(case: Case) -> np.ndarray:
    """Pixel by pixel: sqrt(mean_ch (o - E o)^2) / sqrt(mean_ch Var(y))."""
    others = case.others
    channels, height, width = others.shape
    means = [float(np.mean(c)) for c in others]
    scale = np.sqrt(variance(case.output) / channels)
    found = np.empty((height, width))
    for i in range(height):
        for j in range(width):
            squares = [(others[k, i, j] - means[k]) ** 2 for k in range(channels)]
            found[i, j] = np.sqrt(np.mean(squares)) / scale
    return found


def expected_received(case: Case, source: int) -> np.ndarray:
    """Pixel by pixel: sqrt(mean_ch c^2) / sqrt(mean_ch E(y^2))."""
    return np.sqrt(np.mean(case.added[source] ** 2, axis=0) / (mean_square(case.output) / len(case.constant)))


def agrees(found: TargetReduction, case: Case) -> None:
    np.testing.assert_allclose(found.share, expected_share(case), atol=2e-6)
    energies = [mean_square(c) / len(case.constant) for c in case.added.values()]
    np.testing.assert_allclose(found.energy, energies, rtol=2e-6)
    np.testing.assert_allclose(found.outside, expected_outside(case), rtol=2e-5)
    for source in case.added:
        np.testing.assert_allclose(found.received[source], expected_received(case, source), rtol=1e-3)
    means = float(np.sum(np.mean(case.others, axis=(1, 2)) ** 2))
    assert found.outside_mean == pytest.approx(means / mean_square(case.others), rel=1e-5)


@pytest.mark.parametrize("sources", [2, 3])
@pytest.mark.parametrize("own", [0, 1])
def test_sums_of_streams(sources: int, own: int) -> None:
    case = random_case(sources, own)
    found = reduced(case)
    agrees(found, case)
    assert found.received.dtype == np.float16
    assert found.share_after is None
    assert found.grid == (6, 8)


def test_the_constant_belongs_to_no_source() -> None:
    case = random_case()
    other = Case(case.added, case.constant + 100, case.own)
    np.testing.assert_allclose(reduced(case).share, reduced(other).share, atol=1e-4)
    np.testing.assert_allclose(reduced(case).received, reduced(other).received, rtol=2e-3)


def test_a_mean_counts_for_received_and_energy_alone() -> None:
    """What came is larger by 10 everywhere: neither share nor outside map sees it."""
    case = random_case()
    larger = Case({**case.added, 1: case.added[1] + 10}, case.constant)
    before, after = reduced(case), reduced(larger)
    np.testing.assert_allclose(after.share, before.share, atol=1e-5)
    np.testing.assert_allclose(after.outside, before.outside, rtol=1e-4)
    assert after.energy[1] > before.energy[1] + 50
    agrees(after, larger)
    assert after.outside_mean > 0.85


def test_outside_is_bright_on_both_sides_of_the_mean() -> None:
    """From another stream 0 comes to one half of the picture, 2 to the other: both are 1 off the mean."""
    other = np.zeros((1, 6, 8))
    other[:, :, 4:] = 2
    own = np.indices((6, 8))[0][None] % 2 - 0.5
    found = reduced(Case({0: own, 1: other}, np.zeros(1)))
    assert np.ptp(found.outside) == pytest.approx(0, abs=1e-6)
    assert found.outside[0, 0] == pytest.approx(1 / np.sqrt(1 + 0.25))  # Var(y) = 1 of the other + 1/4 of its own
    assert found.received[1, 0, 0] == 0
    assert found.received[1, 0, 7] == pytest.approx(2 / np.sqrt(2 + 0.25), rel=1e-3)  # E(y^2) = 2 + 1/4


def test_what_is_its_own_does_not_come_from_outside() -> None:
    case = random_case()
    alone = Case({0: case.added[0]}, case.constant)
    found = reduced(alone)
    assert (found.outside == 0).all()
    assert np.isnan(found.outside_mean)
    np.testing.assert_allclose(found.share, [1], atol=1e-6)


def test_a_source_that_works_against_the_rest_has_a_negative_share() -> None:
    own = np.random.default_rng(0).normal(size=(4, 6, 8))
    found = reduced(Case({0: own, 1: -0.25 * own}, np.zeros(4)))
    np.testing.assert_allclose(found.share, [1 / 0.75, -0.25 / 0.75], rtol=1e-5)
    np.testing.assert_allclose(found.energy[1], 0.25**2 * found.energy[0], rtol=1e-5)
    assert (found.energy > 0).all()


def test_a_constant_stream_sends_no_variation() -> None:
    case = random_case(2)
    found = reduced(Case({**case.added, 1: np.full((5, 6, 8), 3.7)}, case.constant))
    np.testing.assert_allclose(found.share, [1, 0], atol=1e-6)
    assert (found.outside == 0).all()
    assert found.outside_mean == 1
    assert found.energy[1] == pytest.approx(3.7**2, rel=1e-6)
    assert (found.received[1] > 0).all()


@pytest.mark.parametrize("offset", [0.0, 0.1, 1234.567, -4e5])
def test_an_output_that_does_not_vary_has_no_share(offset: float) -> None:
    """In float32 rounding once made shares of it."""
    added = {s: np.full((5, 6, 8), part * offset) for s, part in enumerate((0.3, 0.7))}
    found = reduced(Case(added, np.zeros(5)))
    assert np.isnan(found.share).all()
    assert np.isnan(found.outside).all()
    assert np.isnan(found.received).all() == (offset == 0)


@pytest.mark.parametrize("offset", [0.1, 1234.567, -4e5])
def test_numbers_that_differ_by_their_rounding_do_not_vary(offset: float) -> None:
    step = np.spacing(np.float32(abs(offset))) * np.random.default_rng(0).integers(0, 2, (5, 6, 8))
    added = {0: np.full((5, 6, 8), 0.3 * offset) + step, 1: np.full((5, 6, 8), 0.7 * offset)}
    assert np.isnan(reduced(Case(added, np.zeros(5))).share).all()


def test_rounding_in_one_channel_has_no_part_in_the_others_shares() -> None:
    """A channel of 30,000 that varies by its rounding, beside five that vary by hundredths: rows still sum to 1."""
    case = random_case(2)
    step = np.spacing(np.float32(3e4)) * np.random.default_rng(1).integers(0, 2, (1, 6, 8))
    small = {s: 0.01 * values for s, values in case.added.items()}
    added = {0: np.concatenate([small[0], 3e4 + step]), 1: np.concatenate([small[1], np.zeros((1, 6, 8))])}
    found = reduced(Case(added, np.zeros(6)))
    np.testing.assert_allclose(found.share, expected_share(Case(small, case.constant)), atol=1e-4)
    assert found.share.sum() == pytest.approx(1, abs=1e-5)


def test_rounding_of_parts_that_cancel_is_no_variation() -> None:
    rng = np.random.default_rng(0)
    left = rng.integers(0, 2, (5, 6, 8)) * np.spacing(np.float32(1000))
    added = {0: np.full((5, 6, 8), 1000.0) + left, 1: np.full((5, 6, 8), -1000.0)}
    assert np.isnan(reduced(Case(added, np.zeros(5))).share).all()
    assert np.isnan(reduced(Case({0: added[0]}, np.full(5, -1000.0))).share).all()
    small = Case({**added, 2: np.full((5, 6, 8), 0.01)}, np.zeros(5))
    assert np.isnan(reduced(small).share).all()


def test_streams_that_cancel_have_neither_shares_nor_maps() -> None:
    """Both vary, their sum is 0 everywhere: nothing to measure by."""
    own = np.random.default_rng(0).integers(-3, 4, (5, 6, 8)).astype(float)
    found = reduced(Case({0: own, 1: -own}, np.zeros(5)))
    for values in (found.share, found.outside, found.received):
        assert np.isnan(values).all()
    assert (found.energy > 1).all()


def test_a_tiny_variation_on_a_large_offset_is_one() -> None:
    """A hundredth on 1000: the share is what it is without the offset, and constant channels beside it do no harm."""
    rng = np.random.default_rng(3)
    small = {s: rng.normal(0, 0.01 * (s + 1), (5, 6, 8)) for s in range(2)}
    large = {s: np.concatenate([values + 1000, np.full((2, 6, 8), 3e4)]) for s, values in small.items()}
    found = reduced(Case(large, np.zeros(7)))
    # Stored as float32 around 2000, the values themselves are off by 1e-4.
    np.testing.assert_allclose(found.share, expected_share(Case(small, np.zeros(5))), atol=0.01)


def test_statistics_are_of_the_picture_not_of_its_padding() -> None:
    case = random_case()
    framing = Framing((60, 80), (6, 8), (10, 12))
    for padding in (0.0, 1000.0, float("nan")):
        found = reduced(case, framing, padding)
        agrees(found, case)
        assert found.grid == (10, 12)


def test_a_cell_that_is_half_padding_counts_whole() -> None:
    """Of 4 rows of 32 pixels each the picture ends in the middle of the third, of 5 columns in the fourth."""
    rng = np.random.default_rng(5)
    whole = {s: rng.normal(size=(3, 4, 5)) for s in range(2)}
    framing = Framing((80, 116), (80, 116), (128, 160))  # 2.5 rows, 3.625 columns
    parts = [Part(s, tensor(values)) for s, values in whole.items()]
    output = tensor(sum(whole.values(), start=np.zeros((3, 4, 5))))
    site = Site("a", "sum", STREAMS[:2], STREAMS[:2], 3, "stage1")
    found = reduce_mixing(Mixing(0, output, parts, own=0), site, framing)
    assert found.outside.shape == (3, 4)
    agrees(found, Case({s: values[:, :3, :4] for s, values in whole.items()}, np.zeros(3)))


def test_gates_are_cropped_alike() -> None:
    case = random_case(2)
    framing = Framing((6, 8), (4, 5), (6, 8))
    parts = [Part(s, tensor(values)) for s, values in case.added.items()]
    gate = np.random.default_rng(1).uniform(size=(6, 8))
    mixing = Mixing(0, tensor(case.output), parts, own=0, gates={1: tensor(gate)})
    gates = reduce_mixing(mixing, site_of(case), framing).gates
    assert gates is not None
    assert np.isnan(gates[0]).all()
    np.testing.assert_allclose(gates[1], gate[:4, :5], rtol=1e-6)


def exchange(
    streams: Sequence[np.ndarray], replaced: Sequence[int], target: int = 0, activation: Activation | None = None
) -> tuple[TargetReduction, Case]:
    """The target's channels `replaced` are the mean of the other streams'; as the hook sees it, and as sums."""
    others = [s for s in range(len(streams)) if s != target]
    names = np.isin(np.arange(len(streams[0])), replaced)[:, None, None]
    added = {s: np.where(names, streams[s] / len(others), 0) for s in others}
    added[target] = np.where(names, 0, streams[target])
    case = Case({s: added[s] for s in range(len(streams))}, np.zeros(len(streams[0])), target)
    channels = torch.tensor(sorted(replaced), dtype=torch.long)
    parts = [Part(s, tensor(added[s]).index_select(1, channels), channels) for s in others]
    mixing = Mixing(target, tensor(case.output), parts, own=target, own_is_rest=True)
    return reduce_mixing(mixing, site_of(case, activation), WHOLE), case


@pytest.mark.parametrize("streams", [2, 3])
@pytest.mark.parametrize("target", [0, 1])
def test_channel_exchange(streams: int, target: int) -> None:
    rng = np.random.default_rng(2)
    features = [rng.normal(rng.normal(size=(7, 1, 1)), 1 + s, (7, 6, 8)) for s in range(streams)]
    found, case = exchange(features, [1, 2, 5], target)
    agrees(found, case)


@pytest.mark.parametrize("replaced", [[], list(range(7))])
def test_exchange_of_nothing_and_of_everything(replaced: list[int]) -> None:
    rng = np.random.default_rng(2)
    found, _ = exchange([rng.normal(size=(7, 6, 8)) for _ in range(2)], replaced)
    own, other = (1.0, 0.0) if not replaced else (0.0, 1.0)
    np.testing.assert_allclose(found.share, [own, other], atol=1e-6)
    assert (found.received[0] > 0).all() == bool(own)
    assert (found.received[0] == 0).all() == bool(other)
    assert (found.energy > 0).tolist() == [bool(own), bool(other)]
    assert np.isnan(found.outside_mean) == (not replaced)


def test_a_single_channel_that_nobody_replaces_is_its_own() -> None:
    found, case = exchange([np.random.default_rng(2).normal(1, 1, (1, 6, 8))], [])
    assert found.share.tolist() == [1]
    assert found.energy[0] == pytest.approx(mean_square(case.output), rel=1e-6)


def test_what_is_left_of_its_own_after_an_exchange_of_everything_is_nothing() -> None:
    """Not even the rounding of two sums that should be equal."""
    rng = np.random.default_rng(2)
    found, case = exchange([rng.normal(size=(7, 6, 8)) for _ in range(3)], list(range(7)))
    assert (found.received[0] == 0).all()
    assert found.energy[0] == 0
    agrees(found, case)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_parts_may_name_channels_of_their_own(order: Sequence[int]) -> None:
    """One source adds to channels 0 and 3, another to 3 and 4."""
    rng = np.random.default_rng(8)
    own, first, second = (rng.normal(2, 1, (c, 6, 8)) for c in (5, 2, 2))
    spread = np.zeros((2, 5, 6, 8))
    spread[0, [0, 3]], spread[1, [3, 4]] = first, second
    case = Case({0: own, 1: spread[0], 2: spread[1]}, np.zeros(5))
    parts = [
        Part(0, tensor(own)),
        Part(1, tensor(first), torch.tensor([0, 3])),
        Part(2, tensor(second), torch.tensor([3, 4])),
    ]
    mixing = Mixing(0, tensor(case.output), [parts[i] for i in order], own=0)
    agrees(reduce_mixing(mixing, site_of(case), WHOLE), case)


def test_a_source_may_add_several_parts() -> None:
    """One to channels 0 and 3, another to 4: its share and energy are of both."""
    rng = np.random.default_rng(9)
    own, first, second = (rng.normal(1, 1, (c, 6, 8)) for c in (5, 2, 1))
    spread = np.zeros((5, 6, 8))
    spread[[0, 3]], spread[[4]] = first, second
    case = Case({0: own, 1: spread}, np.zeros(5))
    places = (torch.tensor([0, 3]), torch.tensor([4]))
    parts = [Part(0, tensor(own)), *(Part(1, tensor(v), c) for v, c in zip((first, second), places, strict=True))]
    agrees(reduce_mixing(Mixing(0, tensor(case.output), parts, own=0), site_of(case), WHOLE), case)


@pytest.mark.parametrize("size", [1e-3, 1e3])
def test_an_exchange_of_any_size_has_the_same_shares(size: float) -> None:
    rng = np.random.default_rng(2)
    found, case = exchange([size * rng.normal(1, 1 + s, (7, 6, 8)) for s in range(2)], [1, 2, 5])
    agrees(found, case)


@pytest.mark.parametrize(("activation", "high"), [("relu", np.inf), ("relu6", 6.0)])
@pytest.mark.parametrize("streams", [2, 3])
def test_the_share_after_the_activation(activation: Activation, high: float, streams: int) -> None:
    """By channel: each is wholly one's own or wholly from others, before and after."""
    rng = np.random.default_rng(4)
    features = [rng.normal(-1 + 3 * s, 3, (7, 6, 8)) for s in range(streams)]
    found, case = exchange(features, [0, 4], 0, activation)
    after = np.clip(case.output, 0, high)
    assert found.share_after == pytest.approx(variance(after[[0, 4]]) / variance(after), rel=1e-5)
    assert found.share_after != pytest.approx(1 - found.share[0], rel=0.01)


def test_there_is_no_share_after_an_activation_of_a_sum() -> None:
    """relu(a + b) is not relu(a) + relu(b)."""
    case = random_case(2)
    parts = [Part(s, tensor(values)) for s, values in case.added.items()]
    mixing = Mixing(0, tensor(case.output), parts, own=0)
    assert reduce_mixing(mixing, site_of(case, "relu"), WHOLE).share_after is None


def test_where_the_activation_leaves_nothing_there_is_no_share_after_it() -> None:
    found, _ = exchange([-np.random.default_rng(s).uniform(1, 2, (4, 6, 8)) for s in range(2)], [1], 0, "relu")
    assert found.share_after is not None
    assert np.isnan(found.share_after)


def test_large_maps_are_added_up_from_several_blocks() -> None:
    """Twice the same map one above the other has the numbers of one of them."""
    rng = np.random.default_rng(6)
    added = {s: rng.normal(s, 1, (8, 200, 300)) for s in range(2)}
    assert len(list(blocks(tensor(added[0])[0]))) > 1
    once = Case(added, np.zeros(8))
    framing = Framing((200, 300), (200, 300), (200, 300))
    found = reduced(once, framing)
    agrees(found, once)
    twice = Case({s: np.concatenate([values, values], axis=1) for s, values in added.items()}, np.zeros(8))
    double = reduced(twice, Framing((400, 300), (400, 300), (400, 300)))
    np.testing.assert_allclose(double.share, found.share, atol=1e-6)
    np.testing.assert_allclose(double.outside[200:], found.outside, rtol=1e-5)
