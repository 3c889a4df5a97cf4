"""The published networks in configurations beyond the golden numbers: sites, shapes, exchange among several streams."""

import pytest
import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.registry import build_network, method_of, methods
from vizlab.core.site import Intervention, intervening, observing
from vizlab.methods.cen.pix2pix import cen_pix2pix
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.tasks import nyu_task

ARCHITECTURES = sorted(name for method in methods().values() for name in method.architectures)
STREAMS = ("rgb", "depth", "infrared")
TASKS = ("semseg", "depth", "normals")


def on_meta(config):
    """The network without memory: shapes and names alone."""
    with torch.device("meta"):
        return build_network(config)


@pytest.mark.parametrize(("depth", "sites", "channels"), [(50, 16, 3776), (101, 33, 8128), (152, 50, None)])
def test_cen_sites(depth, sites, channels):
    """Site counts and, for ResNet-101, channels a stream as published."""
    network = on_meta(NetworkConfig(f"cen-resnet{depth}", ("semseg",), ("rgb", "depth")))
    assert len(network.sites) == sites
    assert {site.kind for site in network.sites} == {"exchange"}
    if channels is not None:
        assert sum(site.channels for site in network.sites) == channels
    found = next(site for site in network.sites if site.name == "layer3.1.bn2")
    assert (found.channels, found.stage) == (256, "layer3")
    assert network.sites[0].name == "layer1.0.bn2"
    assert network.multiple == 32


def test_translation_sites():
    network = cen_pix2pix(filters=2)
    assert [site.name for site in network.sites] == [f"conv{i}.insnorm_conv" for i in range(2, 8)]
    assert [site.stage for site in network.sites] == [f"conv{i}" for i in range(2, 8)]
    assert network.multiple == 256
    owners = {name.rsplit(".", 2)[1] for name, m in network.named_modules() if isinstance(m, StreamNorm)}
    assert not owners & {"conv1", "conv8", "deconv8"}


def test_translation_of_three_streams():
    torch.manual_seed(0)
    network = cen_pix2pix(STREAMS, filters=2).eval()
    outputs = network({name: torch.randn(1, 3, 256, 512).tanh() for name in STREAMS})
    assert list(outputs) == [f"image/{name}" for name in (*STREAMS, "ensemble")]
    assert {y.shape for y in outputs.values()} == {(1, 3, 256, 512)}
    assert max(float(y.detach().abs().max()) for y in outputs.values()) <= 1


def test_nddr_resnet50_of_three_tasks():
    config = NetworkConfig("nddr-cnn-resnet50", TASKS, ("rgb",), options={"output_stride": 8})
    network = on_meta(config)
    assert [(s.name, s.channels) for s in network.sites] == [
        ("nddr.conv", 64), ("nddr.layer1", 256), ("nddr.layer2", 512), ("nddr.layer3", 1024), ("nddr.layer4", 2048),
    ]  # fmt: skip
    assert network.multiple == 8
    outputs = network({"rgb": torch.zeros(2, 3, 64, 96, device="meta")})
    assert {name: y.shape for name, y in outputs.items()} == {
        name: (2, nyu_task(name).channels, 64, 96) for name in TASKS
    }


def test_nddr_fused_after_some_stages():
    config = NetworkConfig("nddr-cnn-resnet18", TASKS, ("rgb",), stages=("conv", "layer3"))
    network = on_meta(config)
    assert [site.name for site in network.sites] == ["nddr.conv", "nddr.layer3"]
    assert set(network({"rgb": torch.zeros(1, 3, 64, 64, device="meta")})) == set(TASKS)


def test_mti_auxiliary_tasks_send_but_do_not_receive():
    senders = ("semseg", "normals", "edge", "depth")
    network = on_meta(NetworkConfig("mti-net-hrnet18", ("semseg", "depth"), ("rgb",), auxiliary_tasks=senders))
    assert [site.name for site in network.sites] == [
        *(f"fpm_scale_{k}" for k in (3, 2, 1)), *(f"distillation_scale_{k}" for k in (3, 2, 1, 0)),
    ]  # fmt: skip
    distillation = network.sites[-1]
    assert distillation.targets == ("semseg", "depth")
    assert distillation.sources == senders
    outputs = network({"rgb": torch.zeros(1, 3, 64, 96, device="meta")})
    assert outputs["semseg"].shape == (1, 40, 64, 96)
    assert outputs["scale_0/edge"].shape == (1, 1, 16, 24)
    assert outputs["scale_3/normals"].shape == (1, 3, 2, 3)
    assert "normals" not in outputs


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_declares_itself(architecture):
    of_streams = architecture.startswith(("cen-", "token-fusion-"))
    inputs = ("rgb", "depth") if of_streams else ("rgb",)
    tasks = ("semseg",) if of_streams or architecture.startswith("reference-single-") else TASKS
    tasks = TASKS[:2] if architecture.startswith("mtl-nas-") else tasks
    network = on_meta(NetworkConfig(architecture, tasks, inputs))
    assert network.inputs == inputs
    assert [task.name for task in network.tasks] == list(tasks)
    assert len({site.name for site in network.sites}) == len(network.sites)
    assert bool(network.sites) != architecture.startswith("reference-")
    assert architecture.startswith(method_of(NetworkConfig(architecture, tasks, inputs)).family)
    assert not network.training


@pytest.mark.parametrize("kind", ["batch", "instance"])
def test_three_streams_get_the_mean_of_the_others(kind):
    """TPAMI 2023, eq. 6; two of four channels of stream 0 are below the threshold."""
    norm = StreamNorm(4, STREAMS, threshold=0.1, kind=kind).eval()
    norm.site = norm.describe_site("norm")
    with torch.no_grad():
        norm.weight[0, :2] = 0.01
    x = torch.randn(6, 4, 5, 5)
    with intervening(Intervention(cross=False)):
        own = norm(x).unflatten(0, (3, 2))
    mixed = norm(x).unflatten(0, (3, 2))
    torch.testing.assert_close(mixed[0, :, :2], (own[1] + own[2])[:, :2] / 2)
    torch.testing.assert_close(mixed[0, :, 2:], own[0, :, 2:])
    torch.testing.assert_close(mixed[1:], own[1:])


def test_parts_of_three_streams_sum_to_the_output():
    norm = StreamNorm(8, STREAMS, threshold=0.5).eval()
    norm.site = norm.describe_site("norm")
    with torch.no_grad():
        norm.weight.copy_(torch.rand(3, 8))
    seen = []

    def observer(module, mixing):
        total = mixing.output.clone()
        for part in mixing.parts:
            total[:, part.channels] -= part.value
        seen.append((mixing.target, total[:, module.exchanged()[mixing.target]].abs().max().item()))

    with observing(observer):
        norm(torch.randn(6, 8, 5, 5))
    assert [target for target, _ in seen] == [0, 1, 2]
    assert max(rest for _, rest in seen) < 1e-6


@pytest.mark.parametrize("kind", ["batch", "instance"])
def test_training_normalises_each_stream_by_its_own_statistics(kind):
    """Against torch's own norms, one per stream, including the running statistics."""
    make = {"batch": torch.nn.BatchNorm2d, "instance": torch.nn.InstanceNorm2d}[kind]
    plain = [make(4, affine=True, track_running_stats=True) for _ in STREAMS]
    norm = StreamNorm(4, STREAMS, kind=kind)
    x = torch.randn(6, 4, 5, 5) * 3 + 1
    expected = torch.cat([own(part) for own, part in zip(plain, x.chunk(3), strict=True)])
    torch.testing.assert_close(norm(x), expected)
    torch.testing.assert_close(norm.running_var, torch.stack([own.running_var for own in plain]))
    norm.eval()
    expected = torch.cat([own.eval()(part) for own, part in zip(plain, x.chunk(3), strict=True)])
    torch.testing.assert_close(norm(x), expected)


def test_pad_net_distils_once_and_its_auxiliary_tasks_only_send():
    senders = ("semseg", "normals", "edge", "depth")
    network = on_meta(NetworkConfig("pad-net-hrnet", ("semseg", "depth"), ("rgb",), auxiliary_tasks=senders))
    (site,) = network.sites
    assert (site.name, site.kind, site.channels) == ("multi_modal_distillation", "distillation", 256)
    assert (site.targets, site.sources) == (("semseg", "depth"), senders)
    outputs = network({"rgb": torch.zeros(1, 3, 64, 96, device="meta")})
    assert {name: tuple(y.shape[1:]) for name, y in outputs.items()} == {
        "scale_0/semseg": (40, 16, 24), "scale_0/normals": (3, 16, 24), "scale_0/edge": (1, 16, 24),
        "scale_0/depth": (1, 16, 24), "semseg": (40, 64, 96), "depth": (1, 64, 96),
    }  # fmt: skip


def test_mtan_resnet50_of_three_tasks():
    network = on_meta(NetworkConfig("mtan-resnet50", TASKS, ("rgb",), options={"output_stride": 8}))
    assert [(s.name, s.stage, s.channels, s.additive) for s in network.sites] == [
        ("attention_1", "layer1", 256, False), ("attention_2", "layer2", 512, False),
        ("attention_3", "layer3", 1024, False), ("attention_4", "layer4", 2048, False),
    ]  # fmt: skip
    assert network.multiple == 8
    outputs = network({"rgb": torch.zeros(2, 3, 64, 96, device="meta")})
    assert {name: y.shape for name, y in outputs.items()} == {
        name: (2, nyu_task(name).channels, 64, 96) for name in TASKS
    }
