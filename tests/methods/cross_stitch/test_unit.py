"""The unit: a plain sum of scaled features, its parts, what cutting leaves of it, and this picture's shares."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.methods.cross_stitch.networks import STAGES, TASKS
from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.core.site import FusionModule, Intervention, Mixing, intervening, observing
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.methods.cross_stitch.network import CrossStitchUnit
from vizlab.rgbd import RGBDImage

CHANNELS = 6


@pytest.fixture
def unit() -> CrossStitchUnit:
    torch.manual_seed(1)
    unit = CrossStitchUnit(TASKS, CHANNELS).eval()
    with torch.no_grad():
        for parameter in unit.parameters():
            parameter.copy_(torch.randn(CHANNELS))
    unit.site = unit.describe_site("cross_stitch.stage3")
    return unit


@pytest.fixture
def features() -> list[Tensor]:
    torch.manual_seed(2)
    return [torch.randn(2, CHANNELS, 5, 7) for _ in TASKS]


def scaled(unit: CrossStitchUnit, features: list[Tensor], target: str, source: str) -> Tensor:
    """alpha[target, source] * x[source], read off the tensor's published name."""
    alpha = unit.state_dict()[f"cross_stitch_unit.{target}.{source}.param"]
    return alpha[None, :, None, None] * features[TASKS.index(source)]


@contextmanager
def kept(model: Model) -> Iterator[dict[str, tuple[list[Tensor], list[Tensor]]]]:
    """What goes into and comes out of every unit of a network, by stage."""
    seen: dict[str, tuple[list[Tensor], list[Tensor]]] = {}

    def hook(module: torch.nn.Module, given: tuple[list[Tensor]], result: list[Tensor]) -> None:
        assert isinstance(module, CrossStitchUnit)
        seen[module.site.stage] = ([x.clone() for x in given[0]], [y.clone() for y in result])

    handles = [m.register_forward_hook(hook) for m in model.network.modules() if isinstance(m, CrossStitchUnit)]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def test_the_output_is_the_plain_sum_to_the_last_bit(unit: CrossStitchUnit, features: list[Tensor]) -> None:
    outputs = unit(features)
    with observing(lambda module, mixing: None):
        watched = unit(features)
    for target, y, z in zip(TASKS, outputs, watched, strict=True):
        first, second, third = (scaled(unit, features, target, source) for source in TASKS)
        assert torch.equal(y, (first + second) + third)
        assert torch.equal(z, y)
    assert any(bool((y < 0).any()) for y in outputs), "no ReLU follows the unit"


def test_parts_are_alpha_times_feature_without_a_constant(unit: CrossStitchUnit, features: list[Tensor]) -> None:
    seen: list[Mixing] = []
    with observing(lambda module, mixing: seen.append(mixing)):
        outputs = unit(features)
    assert [mixing.target for mixing in seen] == [0, 1, 2]
    for mixing, target, y in zip(seen, TASKS, outputs, strict=True):
        assert mixing.constant is None
        assert mixing.own == mixing.target
        assert [part.source for part in mixing.parts] == [0, 1, 2]
        for part, source in zip(mixing.parts, TASKS, strict=True):
            assert part.channels is None
            torch.testing.assert_close(part.value, scaled(unit, features, target, source), rtol=0, atol=0)
        torch.testing.assert_close(sum(part.value for part in mixing.parts), y)
        torch.testing.assert_close(mixing.output, y, rtol=0, atol=0)


def test_cutting_leaves_the_own_part(unit: CrossStitchUnit, features: list[Tensor]) -> None:
    seen: list[Mixing] = []
    with intervening(Intervention(cross=False)), observing(lambda module, mixing: seen.append(mixing)):
        outputs = unit(features)
    for mixing, target, y in zip(seen, TASKS, outputs, strict=True):
        assert [part.source for part in mixing.parts] == [mixing.target]
        assert torch.equal(y, scaled(unit, features, target, target))


@pytest.mark.parametrize(("sites", "cut"), [({"cross_stitch.stage3"}, True), ({"cross_stitch.stage2"}, False)])
def test_only_named_units_are_cut(unit: CrossStitchUnit, features: list[Tensor], sites: set[str], cut: bool) -> None:
    whole = unit(features)
    with intervening(Intervention(cross=False, sites=frozenset(sites))):
        found = unit(features)
    for target, y, before in zip(TASKS, found, whole, strict=True):
        assert torch.equal(y, scaled(unit, features, target, target) if cut else before)


def test_a_cut_at_one_stage_leaves_the_others_mixing(stitched: Model, small_rgbd: RGBDImage) -> None:
    inputs = stitched.preprocess(small_rgbd)
    with kept(stitched) as whole:
        stitched.forward(inputs)
    change = Intervention(cross=False, sites=frozenset({"cross_stitch.stage3"}))
    with kept(stitched) as changed, intervening(change):
        stitched.forward(inputs)
    for stage, unit in stitched.network.cross_stitch.items():
        given, found = changed[stage]
        sources = {t: [t] if stage == "stage3" else list(TASKS) for t in TASKS}
        for target, y in zip(TASKS, found, strict=True):
            expected = sum(scaled(unit, given, target, source) for source in sources[target])
            torch.testing.assert_close(y, expected)
        untouched = all(torch.equal(a, b) for a, b in zip(found, whole[stage][1], strict=True))
        assert untouched is (stage in ("stage1", "stage2"))


def test_training_sums_everything_and_reaches_every_alpha(unit: CrossStitchUnit, features: list[Tensor]) -> None:
    def fail(module: FusionModule, mixing: Mixing) -> None:
        raise AssertionError("training is not watched")

    unit.train()
    with intervening(Intervention(cross=False)), observing(fail):
        outputs = unit(features)
    sum(y.sum() for y in outputs).backward()
    for target in TASKS:
        for source in TASKS:
            gradient = unit.get_parameter(f"cross_stitch_unit.{target}.{source}.param").grad
            torch.testing.assert_close(gradient, features[TASKS.index(source)].sum((0, 2, 3)))


def test_features_keep_their_number_format(unit: CrossStitchUnit, features: list[Tensor]) -> None:
    assert {y.dtype for y in unit([x.bfloat16() for x in features])} == {torch.bfloat16}
    assert {y.dtype for y in unit(features)} == {torch.float32}


def test_a_fresh_unit_has_the_papers_start() -> None:
    alpha = CrossStitchUnit(TASKS, CHANNELS).static_weights()["alpha"]
    assert alpha.shape == (3, 3, CHANNELS)
    assert alpha.dtype == np.float32
    np.testing.assert_allclose(alpha, np.where(np.eye(3)[..., None] == 1, 0.9, 0.1) * np.ones(CHANNELS), rtol=1e-6)


def test_compact_sites(stitched: Model) -> None:
    assert [(s.name, s.stage, s.channels) for s in stitched.sites] == [
        (f"cross_stitch.{stage}", stage, channels)
        for stage, channels in zip(STAGES, (16, 24, 32, 96, 320), strict=True)
    ]
    for site in stitched.sites:
        assert (site.kind, site.targets, site.sources, site.additive) == ("cross-stitch", TASKS, TASKS, True)
        assert site.kind in stitched.method.kinds


def test_resnet50_sites() -> None:
    config = NetworkConfig("cross-stitch-resnet50", TASKS, ("rgb",), options={"output_stride": 8})
    with torch.device("meta"):
        network = build_network(config)
    assert [(s.name, s.channels) for s in network.sites] == [
        ("cross_stitch.layer1", 256), ("cross_stitch.layer2", 512), ("cross_stitch.layer3", 1024),
        ("cross_stitch.layer4", 2048),
    ]  # fmt: skip
    outputs = network({"rgb": torch.zeros(1, 3, 64, 96, device="meta")})
    assert {name: y.shape[1:] for name, y in outputs.items()} == {
        "semseg": (40, 64, 96), "depth": (1, 64, 96), "normals": (3, 64, 96),
    }  # fmt: skip


def test_shares_follow_their_definition(stitched: Model, stitched_trace: FusionTrace, small_rgbd: RGBDImage) -> None:
    """share[t,s] = sum_ch Cov(alpha x_s, y_t) / sum_ch Var(y_t) over the picture's own pixels, the long way."""
    framing = stitched.frame(small_rgbd.size)
    with kept(stitched) as seen:
        stitched.forward(stitched.preprocess(small_rgbd))
    for stage, unit in stitched.network.cross_stitch.items():
        share = stitched_trace.sites[f"cross_stitch.{stage}"].share
        assert share is not None
        given, found = seen[stage]
        rows, columns = framing.visible((found[0].shape[2], found[0].shape[3]))
        for t, target in enumerate(TASKS):
            y = found[t][0, :, :rows, :columns].flatten(1).double().numpy()
            for s, source in enumerate(TASKS):
                c = scaled(unit, given, target, source)[0, :, :rows, :columns].flatten(1).double().numpy()
                covariance = sum(np.cov(a, b, bias=True)[0, 1] for a, b in zip(c, y, strict=True))
                assert share[t, s] == pytest.approx(covariance / y.var(1).sum(), abs=1e-4), (stage, target, source)


def test_a_cut_trace_takes_nothing_from_others(stitched: Model, small_rgbd: RGBDImage) -> None:
    whole, cut = trace(stitched, small_rgbd), trace(stitched, small_rgbd, cross=False)
    for name in whole.sites:
        np.testing.assert_allclose(cut.sites[name].share, np.eye(3), atol=1e-5)
        assert cut.sites[name].outside is not None
        assert not cut.sites[name].outside.any()
        assert np.abs(whole.sites[name].cross_share).max() > 0.01


def test_watching_runs_the_same_numbers(stitched: Model, small_rgbd: RGBDImage) -> None:
    inputs = stitched.preprocess(small_rgbd)
    plain = stitched.forward(inputs)
    modules: list[FusionModule] = []
    with observing(lambda module, mixing: modules.append(module)):
        watched = stitched.forward(inputs)
    assert len(modules) == len(STAGES) * len(TASKS)
    assert all(torch.equal(plain[name], watched[name]) for name in plain)
