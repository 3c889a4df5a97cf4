"""MTAN against its formulas, tensor by tensor; the backbone and the heads are tested where they are shared."""

from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import vizlab
from tests.methods.mtan.networks import COMPACT, TASKS, resnet
from tests.methods.warmed import made
from vizlab.checks import require
from vizlab.core.config import NetworkConfig
from vizlab.errors import InputError
from vizlab.methods.mtan.network import MTAN, mtan_resnet
from vizlab.rgbd import RGBDImage
from vizlab.tasks import nyu_task

State = dict[str, Tensor]


def normed(state: State, name: str, x: Tensor) -> Tensor:
    mean, var, weight, bias = (
        state[f"{name}.{leaf}"][:, None, None] for leaf in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (var + 1e-5).sqrt() * weight + bias


def mask(state: State, name: str, x: Tensor) -> Tensor:
    """1x1 with bias, norm, ReLU, 1x1 with bias, norm, sigmoid."""
    x = normed(state, f"{name}.1", F.conv2d(x, state[f"{name}.0.weight"], state[f"{name}.0.bias"])).relu()
    return normed(state, f"{name}.4", F.conv2d(x, state[f"{name}.3.weight"], state[f"{name}.3.bias"])).sigmoid()


def refined(state: State, name: str, x: Tensor) -> Tensor:
    """A bottleneck with a 1x1 and a norm on its shortcut."""
    y = normed(state, f"{name}.bn1", F.conv2d(x, state[f"{name}.conv1.weight"])).relu()
    y = normed(state, f"{name}.bn2", F.conv2d(y, state[f"{name}.conv2.weight"], padding=1)).relu()
    y = normed(state, f"{name}.bn3", F.conv2d(y, state[f"{name}.conv3.weight"]))
    return (y + normed(state, f"{name}.downsample.1", F.conv2d(x, state[f"{name}.downsample.0.weight"]))).relu()


def by_hand(network: MTAN, image: Tensor, task: str) -> Tensor:
    """What a task selects at layer4 of a dilated ResNet."""
    state, backbone = network.state_dict(), network.backbone
    x, chosen = backbone.run_stage(0, image), None
    for number in (1, 2, 3, 4):
        *blocks, last = backbone.get_submodule(f"layer{number}").children()
        for block in blocks:
            x = block(x)
        before, x = x, last(x)
        given = before if chosen is None else torch.cat([before, chosen], 1)
        chosen = mask(state, f"attention_{number}.{task}", given) * x
        if number < 4:
            chosen = refined(state, f"refine_{number}.0", chosen)
        if number == 1:
            chosen = F.max_pool2d(chosen, 2)
    return chosen


@pytest.mark.parametrize("depth", [18, 50])
@torch.inference_mode()
def test_what_tasks_select_follows_the_formulas(depth: int) -> None:
    model = made(resnet(depth))
    found: list[Sequence[Tensor]] = []
    image = torch.randn(1, 3, 32, 48)
    handle = model.network.get_submodule("attention_4").register_forward_hook(lambda m, given, out: found.append(out))
    try:
        outputs = model.forward({"rgb": image})
    finally:
        handle.remove()
    for task, selected in zip(("semseg", "depth"), found[0], strict=True):
        expected = by_hand(model.network, image, task)
        torch.testing.assert_close(selected, expected, rtol=1e-4, atol=1e-5 * float(expected.abs().max()))
        assert expected.shape == (1, 512 if depth == 18 else 2048, 4, 6)
        head = model.network.heads[task](expected)
        whole = F.interpolate(head, size=(32, 48), mode="bilinear")
        torch.testing.assert_close(outputs[task], whole, rtol=1e-3, atol=1e-4 * float(whole.abs().max()))


def test_tensors_are_named_and_shaped_as_in_the_code_base() -> None:
    with torch.device("meta"):
        network = mtan_resnet(50, [nyu_task("semseg", 21), nyu_task("edge")])
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for number, channels in enumerate((256, 512, 1024, 2048), 1):
        cin = channels if number == 1 else 2 * channels
        for task in ("semseg", "edge"):
            assert shapes[f"attention_{number}.{task}.0.weight"] == (channels // 4, cin, 1, 1)
            assert shapes[f"attention_{number}.{task}.0.bias"] == (channels // 4,)
            assert shapes[f"attention_{number}.{task}.3.weight"] == (channels, channels // 4, 1, 1)
            assert shapes[f"attention_{number}.{task}.4.running_mean"] == (channels,)
        if number < 4:
            assert shapes[f"refine_{number}.0.conv2.weight"] == (channels // 2, channels // 2, 3, 3)
            assert shapes[f"refine_{number}.0.downsample.0.weight"] == (2 * channels, channels, 1, 1)
    assert not any(name.startswith("refine_4") for name in shapes)


def test_tasks_send_each_other_nothing() -> None:
    """With other weights in one task's masks and head, no other task's output moves."""
    model = made(COMPACT)
    image = {"rgb": torch.randn(1, 3, 96, 128)}
    before = model.forward(image)
    with torch.no_grad():
        for name, weight in model.network.named_parameters():
            if ".semseg." in name:
                weight.normal_()
    after = model.forward(image)
    assert not torch.equal(before["semseg"], after["semseg"])
    for task in TASKS[1:]:
        assert torch.equal(before[task], after[task])


@pytest.mark.parametrize("config", [COMPACT, resnet(18)], ids=["compact", "published"])
def test_traces_are_true(config: NetworkConfig) -> None:
    require(made(config), working_size=(32, 64))


def test_there_is_nothing_to_cut(small_rgbd: RGBDImage) -> None:
    model = made(COMPACT)
    with pytest.raises(InputError, match="is sent nothing by other streams, so there is nothing to change"):
        vizlab.intervene(model, small_rgbd, [vizlab.cut("attention_2", target="semseg", source="depth")])
    assert vizlab.sweep(model, small_rgbd).rows == ()
