"""Devices, precisions and the model that carries them."""

import pytest
import torch

from vizlab.core.config import NetworkConfig
from vizlab.core.device import default_precision, pick_device, pick_precision, threads
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.errors import InputError

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "", "tpu:0", "cuda:x"])
def test_unknown_devices(name):
    with pytest.raises(InputError, match="is no device"):
        pick_device(name)


def test_devices_networks_do_not_run_on():
    with pytest.raises(InputError, match="neither"):
        pick_device("meta")


def test_cuda_that_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto") == CPU
    with pytest.raises(InputError, match="no CUDA"):
        pick_device("cuda")


def test_cuda_device_out_of_range(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device("auto") == torch.device("cuda")
    assert pick_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(InputError, match="2 CUDA devices"):
        pick_device("cuda:2")


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True}, "bfloat16"),
        ({"avx512_f": True, "amx_bf16": False}, "float32"),
        ({}, "float32"),
    ],
)
def test_default_precision_of_a_cpu(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert default_precision(CPU) == expected
    assert pick_precision("auto", CPU) == expected


def test_precision_by_name():
    assert pick_precision("float32", CPU) == "float32"
    assert pick_precision("bfloat16", CPU) == "bfloat16"
    with pytest.raises(InputError, match="float16"):
        pick_precision("float16", CPU)


@pytest.mark.parametrize(("count", "said"), [(1, "1 thread"), (2, "2 threads"), (11, "11 threads")])
def test_one_thread_is_no_plural(count: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: count)
    assert threads() == said


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    config = NetworkConfig("cen-mobilenetv2", ("semseg",), ("rgb", "depth"), options={"width": 8})
    return build_network(config), config


def test_precision_reaches_the_convolutions(network):
    inputs = {name: torch.randn(1, 3, 64, 64) for name in ("rgb", "depth")}
    exact = Model(*network, "a", precision="float32").forward(inputs)["semseg/rgb"]
    rough = Model(*network, "a", precision="bfloat16").forward(inputs)["semseg/rgb"]
    assert exact.dtype == rough.dtype == torch.float32
    difference = (exact - rough).abs().max() / exact.std()
    assert 1e-4 < difference < 0.2


def test_plain_forward_equals_the_bare_network(network):
    model = Model(*network, "a", precision="float32")
    inputs = {name: torch.randn(1, 3, 64, 64) for name in ("rgb", "depth")}
    ready = {name: x.contiguous(memory_format=torch.channels_last) for name, x in inputs.items()}
    torch.testing.assert_close(model.forward(inputs)["semseg/depth"], model.network(ready)["semseg/depth"].detach())


def test_model_moves(network):
    model = Model(*network, "a", precision="float32")
    model.move_to(CPU, "bfloat16")
    assert model.precision == "bfloat16"
    assert not model.lock.locked()


def test_a_model_that_does_not_fit_stays_whole_where_it_was(network, monkeypatch: pytest.MonkeyPatch) -> None:
    asked, elsewhere = [], torch.device("meta")

    def to(device: torch.device) -> None:
        asked.append(device)
        if device == elsewhere:
            raise torch.OutOfMemoryError("after half of the tensors")

    model = Model(*network, "a", precision="float32")
    monkeypatch.setattr(model.network, "to", to)
    with pytest.raises(torch.OutOfMemoryError):
        model.move_to(elsewhere, "bfloat16")
    assert (asked, model.device, model.precision) == ([elsewhere, CPU], CPU, "float32")


@pytest.mark.parametrize(("avx512", "amx", "expected"), [(True, False, "bfloat16"), (False, False, "float32")])
def test_older_torch_tells_bfloat16_by_its_private_helpers(
    avx512: bool, amx: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert default_precision(torch.device("cpu")) == expected
