"""CEN with several tasks: streams, their exchange and their ensembles, against the plain way written here."""

from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.methods.cen.network import CEN, cen_compact, cen_resnet, exchanged_of_eligible
from vizlab.methods.cen.stream_norm import StreamNorm
from vizlab.methods.parts.inverted_residual import InvertedResidual
from vizlab.tasks import nyu_task

TASKS = tuple(nyu_task(name) for name in ("semseg", "depth", "normals"))
PAIR = (TASKS[0], TASKS[2])
RGBD = ("rgb", "depth")


def randomised(network: CEN) -> CEN:
    """Norms with plausible statistics and a third of the scales near zero; alphas that differ."""
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, StreamNorm):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.5, 1.5)
                if module.threshold is not None:
                    module.weight[torch.rand_like(module.weight) < 0.33] = 0.01
        if network.alpha is not None:
            network.alpha.uniform_(-1, 1)
    return network.eval()


def pictures(names: Sequence[str]) -> dict[str, Tensor]:
    return {name: torch.randn(2, 3, 64, 64) for name in names}


def plain(module: nn.Module, xs: list[Tensor]) -> list[Tensor]:
    """`module` of the encoder called for each stream by itself; a norm exchanges as TPAMI 2023, eq. 6 says."""
    if isinstance(module, nn.Sequential):
        for layer in module:
            xs = plain(layer, xs)
        return xs
    if isinstance(module, InvertedResidual):
        ys = plain(module.conv, xs)
        return [x + y for x, y in zip(xs, ys, strict=True)] if module.residual else ys
    if isinstance(module, StreamNorm):
        return plain_exchange(module, xs)
    return [module(x.clone()) for x in xs]  # activations work in place


def plain_exchange(norm: StreamNorm, xs: list[Tensor]) -> list[Tensor]:
    ys = [
        F.batch_norm(x, norm.running_mean[s], norm.running_var[s], norm.weight[s], norm.bias[s], eps=norm.eps)
        for s, x in enumerate(xs)
    ]
    if norm.threshold is None:
        return ys
    mixed = []
    for stream, own in enumerate(ys):
        others = torch.stack([y for index, y in enumerate(ys) if index != stream]).mean(0)
        small = norm.weight[stream].abs() < norm.threshold
        mixed.append(torch.where(small[:, None, None], others, own))
    return mixed


def plain_features(network: CEN, xs: list[Tensor]) -> list[list[Tensor]]:
    """Of every stream, the features at strides 4, 8, 16, 32; table 2 of MobileNetV2 ends its stages there."""
    found: list[list[Tensor]] = [[] for _ in xs]
    for index, block in enumerate(network.encoder.features):
        xs = plain(block, xs)
        if index + 1 in (4, 7, 14, 18):
            for features, x in zip(found, xs, strict=True):
                features.append(x)
    return found


@torch.no_grad()
def test_task_streams_exchange_as_written_for_each_stream() -> None:
    torch.manual_seed(0)
    network, inputs = randomised(cen_compact(("rgb",), TASKS, width=8)), pictures(["rgb"])
    outputs = network(inputs)
    assert list(outputs) == ["semseg", "depth", "normals"]
    features = plain_features(network, [inputs["rgb"]] * 3)
    for index, task in enumerate(TASKS):
        expected = network.decoder[index](features[index])
        assert expected.shape == (2, task.channels, 16, 16)
        torch.testing.assert_close(outputs[task.name], expected, rtol=1e-3, atol=1e-4 * float(expected.std()))


@torch.no_grad()
def test_pairs_of_task_and_input_exchange_and_have_an_ensemble_for_each_task() -> None:
    torch.manual_seed(1)
    network, inputs = randomised(cen_compact(RGBD, PAIR, width=8)), pictures(RGBD)
    assert network.alpha.shape == (2, 2)
    outputs = network(inputs)
    assert list(outputs) == [f"{task.name}/{name}" for task in PAIR for name in (*RGBD, "ensemble")]
    features = plain_features(network, [inputs[name] for _ in PAIR for name in RGBD])
    for index, task in enumerate(PAIR):
        first, second = (network.decoder[index](features[2 * index + i]) for i in range(2))
        weight = float(torch.sigmoid(network.alpha[index, 0] - network.alpha[index, 1]))  # softmax over two
        tolerance = {"rtol": 1e-3, "atol": 1e-4 * float(first.std())}
        torch.testing.assert_close(outputs[f"{task.name}/rgb"], first, **tolerance)
        torch.testing.assert_close(outputs[f"{task.name}/depth"], second, **tolerance)
        ensemble = weight * first + (1 - weight) * second
        torch.testing.assert_close(outputs[f"{task.name}/ensemble"], ensemble, **tolerance)


@torch.no_grad()
@pytest.mark.parametrize(("inputs", "tasks"), [(("rgb",), TASKS), (RGBD, PAIR)], ids=["tasks", "tasks-and-inputs"])
def test_a_stream_above_the_threshold_does_not_depend_on_the_others(
    inputs: tuple[str, ...], tasks: Sequence[object]
) -> None:
    torch.manual_seed(2)
    network, batch = randomised(cen_compact(inputs, tasks, width=8)), pictures(inputs)  # type: ignore[arg-type]
    for norm in network.exchange_norms():
        norm.weight[0].uniform_(0.5, 1.5)
    before = network(batch)
    for module in network.modules():
        if isinstance(module, StreamNorm):
            module.bias[1:] += 0.3
    after = network(batch)
    first, *rest = [name for name in before if not name.endswith("/ensemble")]
    torch.testing.assert_close(after[first], before[first], rtol=0, atol=0)
    assert all(not torch.allclose(after[name], before[name], rtol=1e-2) for name in rest)


def test_ensembles_teach_alpha_alone() -> None:
    network = randomised(cen_compact(RGBD, PAIR, width=8))
    outputs = network(pictures(RGBD))
    outputs["semseg/ensemble"].square().mean().backward()
    assert network.alpha.grad[0].abs().min() > 0
    assert network.alpha.grad[1].abs().max() == 0
    assert all(p.grad is None for p in (*network.encoder.parameters(), *network.decoder.parameters()))


@torch.no_grad()
@pytest.mark.parametrize("source", RGBD)
def test_a_single_stream_has_nobody_to_exchange_with(source: str) -> None:
    network = cen_compact((source,), TASKS[1:2], width=8).eval()
    assert network.sites == ()
    assert network.exchange_norms() == []
    assert exchanged_of_eligible(network) == {}
    assert "alpha" not in network.state_dict()
    outputs = network(pictures([source]))
    assert {name: y.shape for name, y in outputs.items()} == {"depth": (2, 1, 16, 16)}


def test_streams_are_named_after_what_tells_them_apart() -> None:
    with torch.device("meta"):
        streams = {n.sites[0].targets for n in (cen_compact(), cen_compact(("rgb",), TASKS), cen_compact(RGBD, PAIR))}
    product = ("semseg/rgb", "semseg/depth", "normals/rgb", "normals/depth")
    assert streams == {RGBD, ("semseg", "depth", "normals"), product}


def test_the_names_of_tensors_of_one_task_stay() -> None:
    """The authors' files and the shipped one are read by these names."""
    with torch.device("meta"):
        keys = {k for k in cen_compact().state_dict() if not k.startswith("encoder.")}
        several = {k for k in cen_compact(("rgb",), TASKS).state_dict() if not k.startswith("encoder.")}
    decoder = {key for key in keys if key.startswith("decoder.")}
    assert keys == decoder | {"alpha"}
    assert "decoder.classifier.weight" in decoder
    assert several == {key.replace("decoder.", f"decoder.{i}.") for key in decoder for i in range(3)}


def test_the_eligible_parts_of_all_streams_are_disjoint_and_cover_the_channels() -> None:
    for network in (cen_compact(("rgb",), TASKS, width=8), cen_compact(RGBD, PAIR, width=8)):
        for norm in network.exchange_norms():
            sizes = norm.eligible().sum(1)
            assert norm.eligible().sum(0).eq(1).all()
            assert int(sizes.max() - sizes.min()) <= 1


def test_resnets_take_several_tasks_too() -> None:
    with torch.device("meta"):
        network = cen_resnet(50, ("rgb",), TASKS)
    assert len(network.sites) == 16
    assert {site.targets for site in network.sites} == {tuple(task.name for task in TASKS)}
    assert [decoder.classifier.out_channels for decoder in network.decoder] == [task.channels for task in TASKS]
