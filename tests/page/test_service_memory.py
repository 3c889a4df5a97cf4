"""What results weigh, and that what is freed goes back."""

import copyreg
import gc
import pickle
import resource
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

import vizlab.page.scale.networks as networks_module
from tests.page.made_scenes import made_analysis, made_trace
from tests.page.page_process import NAMES, checkpoints, scenes
from vizlab.page.experiment import run_on
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.kit.sizes import ARRAY, held_bytes
from vizlab.page.service.memory import AT_MOST_EVERY, Memory, resident_bytes
from vizlab.page.service.on_gpus import OnGpus, network_bytes
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

LINUX = sys.platform.startswith("linux")


def proxied(mapping: dict[Any, Any]) -> MappingProxyType[Any, Any]:
    return MappingProxyType(mapping)


def taken_and_counted(monkeypatch: pytest.MonkeyPatch, *held: Any) -> tuple[int, int]:
    """Bytes that a copy of `held` takes, as Python and NumPy say what they allocate, and those that are counted of it.

    A copy shares nothing with anybody, but each of its views has values of its own.
    """
    monkeypatch.setitem(copyreg.dispatch_table, MappingProxyType, lambda proxy: (proxied, (dict(proxy),)))
    data = pickle.dumps(held, protocol=5)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        copy = pickle.loads(data)
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before, held_bytes(*copy)
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(Settings(checkpoints=checkpoints(), scenes=scenes(), cache_mb=1000))


@pytest.fixture(scope="module")
def analysis(workspace: Workspace) -> Analysis:
    models = (NAMES["cen"], NAMES["nddr"])
    return workspace.analyse(Request(scene=workspace.scenes()[0], models=models, device="cpu"))


def test_an_analysis_is_counted_with_all_that_it_holds(
    workspace: Workspace, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    varied = workspace.vary(analysis.key, {"threshold": 0.4}, model=NAMES["cen"])
    for one in (analysis, varied):
        taken, counted = taken_and_counted(monkeypatch, one)
        assert counted == pytest.approx(taken, rel=0.05)
        assert one.nbytes == pytest.approx(counted, rel=0.05)
    reference = held_bytes(analysis.picture.reference)
    assert reference > 1_000_000
    without = held_bytes(analysis.picture.rgbd, analysis.traces, analysis.unchanged, analysis.effects)
    assert analysis.nbytes > without


def test_what_is_kept_of_a_document_is_counted_too(
    workspace: Workspace, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, counted = taken_and_counted(monkeypatch, workspace.documents._made(analysis.key))
    assert counted == pytest.approx(taken, rel=0.05)


def test_numbers_texts_and_what_holds_them_weigh_something(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document was once kept as a hundred thousand of them, for which nothing was counted."""
    small = {str(n): [n + 0.5, f"text {n}", {"value": (n, None, True)}] for n in range(1000, 3000)}
    taken, counted = taken_and_counted(monkeypatch, small)
    keys = sum(map(sys.getsizeof, small))  # names are mostly shared
    assert counted + keys == pytest.approx(taken, rel=0.1)


def test_a_document_counts_with_its_analysis(workspace: Workspace, analysis: Analysis) -> None:
    """It holds arrays of its own: what is shared counts once."""
    other = workspace.vary(analysis.key, {"threshold": 0.3}, model=NAMES["cen"])
    before = workspace.kept_bytes
    workspace.documents.of(other.key)
    made = workspace.documents._made(other.key)
    grown = workspace.kept_bytes - before
    assert grown == pytest.approx(held_bytes(other, made) - other.nbytes, rel=0.02)
    assert grown > 1_000_000
    workspace.documents.of(other.key)
    assert workspace.kept_bytes - before == grown


def test_a_view_counts_as_what_it_keeps_and_once() -> None:
    whole = np.zeros((100, 100))
    assert held_bytes(whole[:1, :1]) == whole.nbytes + ARRAY
    assert 0 < held_bytes([whole, {"same": whole[3:]}, (whole.T,)]) - whole.nbytes - 3 * ARRAY < 500
    tensor = torch.zeros(50)
    assert held_bytes(tensor[:2], tensor, tensor.numpy()) == 200 + ARRAY
    data = bytes(5000)
    assert held_bytes(data, np.frombuffer(data, np.uint8), memoryview(data)) < 5000 + 500
    looped: list[Any] = [b"12345"]
    looped.append(looped)
    assert held_bytes(looped) == sys.getsizeof(b"12345") + sys.getsizeof(looped)


def test_networks_are_not_part_of_a_result() -> None:
    assert held_bytes({"network": torch.nn.Linear(100, 100)}) == sys.getsizeof({"network": None})


def test_nothing_holds_on_to_results_that_had_to_go() -> None:
    small = Workspace(Settings(checkpoints=checkpoints(), scenes=scenes(), cache_mb=1))
    keys = []
    for size in ((240, 320), (360, 480)):
        request = Request(scene=small.scenes()[0], models=(NAMES["nddr"],), device="cpu", working_size=size)
        keys.append(small.analyse(request).key)
        small.documents.manifest(keys[-1])
    gc.collect()
    left = {one.key for one in gc.get_objects() if type(one) is Analysis} & set(keys)
    assert left == {keys[-1]}
    assert list(small.documents._documents._entries) == [keys[-1]]


def test_packed_values_are_answered_after_their_analysis_went() -> None:
    small = Workspace(Settings(checkpoints=checkpoints(), scenes=scenes(), cache_mb=1))
    first = Request(scene=small.scenes()[0], models=(NAMES["nddr"],), device="cpu", working_size=(240, 320))
    key = small.analyse(first).key
    before = small.documents.manifest(key)
    small.analyse(Request(scene=small.scenes()[0], models=(NAMES["nddr"],), device="cpu", working_size=(360, 480)))
    assert small.known(key) is None
    assert small.documents.manifest(key) == before


@pytest.mark.skipif(not LINUX, reason="reads /proc, calls glibc")
def test_freed_memory_goes_back_to_the_system() -> None:
    memory = Memory()
    if memory._trim is None:
        pytest.skip("another C library than glibc")
    # Many small blocks, every thousandth of which stays: nothing at the heap's end that goes back by itself.
    blocks = [bytes(60_000) for _ in range(4000)]
    stay = blocks[::100]
    full = resident_bytes()
    del blocks
    assert memory.trim()
    assert full - resident_bytes() > 0.8 * 60_000 * (4000 - len(stay))


def test_memory_is_trimmed_after_work_and_not_too_often() -> None:
    trims: list[float] = []
    seconds = [100.0]
    memory = Memory(lambda: trims.append(seconds[0]), lambda: seconds[0])
    memory.used()
    memory.used()
    assert trims == [100.0]
    seconds[0] += AT_MOST_EVERY
    assert memory.trim()  # for the second
    seconds[0] += AT_MOST_EVERY
    assert not memory.trim()  # nothing ran since
    memory.used()
    assert len(trims) == 3


def test_resident_bytes_are_those_the_system_knows() -> None:
    if LINUX:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        assert 0.1 * peak < resident_bytes() <= 1.05 * peak


CPU, GPU = torch.device("cpu"), torch.device("meta")
"""Both are there on every machine; the second stands for a GPU."""


class Network:
    """As much of a model as `OnGpus` asks for: its bytes, and where it is."""

    def __init__(self, megabytes: int) -> None:
        self.network = torch.nn.Linear(megabytes * 250_000, 1, bias=False)
        self.device, self.precision = CPU, "float32"

    def move_to(self, device: torch.device, precision: str = "float32") -> None:
        self.device, self.precision = device, precision


def run(on_gpus: OnGpus, network: Any, device: torch.device = GPU) -> None:
    with on_gpus.placed(network, device, "float32"):
        assert network.device == device


def test_the_least_recently_used_networks_leave_the_gpu() -> None:
    on_gpus = OnGpus(5_000_000)
    a, b, c = Network(2), Network(2), Network(2)
    assert network_bytes(a) == 2_000_000  # type: ignore[arg-type]
    for one in (a, b, a, c):
        run(on_gpus, one)
    assert [one.device for one in (a, b, c)] == [GPU, CPU, GPU]
    assert on_gpus.total_bytes == 4_000_000
    large = Network(9)
    run(on_gpus, large)
    assert [one.device for one in (a, b, c, large)] == [CPU, CPU, CPU, GPU]


def test_room_is_made_before_a_network_comes() -> None:
    on_gpus, there = OnGpus(3_000_000), []
    a, b = Network(2), Network(2)
    run(on_gpus, a)
    b.move_to = lambda device, precision="float32": there.append(a.device)  # type: ignore[method-assign]
    with on_gpus.placed(b, GPU, "float32"):  # type: ignore[arg-type]
        assert there == [CPU]


def test_a_network_in_use_does_not_go_and_afterwards_it_may() -> None:
    on_gpus = OnGpus(3_000_000)
    a, b, c = Network(2), Network(2), Network(2)
    use: Callable[..., Any] = on_gpus.placed
    with use(a, GPU, "float32"), use(b, GPU, "bfloat16"):
        assert (a.device, b.device, b.precision) == (GPU, GPU, "bfloat16")
        with use(a, GPU, "float32"):  # twice, and once over
            pass
        run(on_gpus, c)
        assert (a.device, b.device) == (GPU, GPU)
    run(on_gpus, c)
    assert [one.device for one in (a, b, c)] == [CPU, CPU, GPU]
    with pytest.raises(ValueError, match="failed"), use(a, GPU, "float32"):
        raise ValueError("failed")
    run(on_gpus, b)
    assert a.device == CPU


def test_networks_on_the_cpu_are_left_alone_and_nobody_is_kept_alive() -> None:
    on_gpus = OnGpus(1)
    for _ in range(3):
        run(on_gpus, Network(1), CPU)
    assert on_gpus.total_bytes == 0
    gone = Network(1)
    run(on_gpus, gone)
    assert on_gpus.total_bytes == 1_000_000
    del gone
    gc.collect()
    assert on_gpus.total_bytes == 0


def test_what_another_run_moved_meanwhile_is_back_after_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sweep waits between two steps; another visitor's runs use the GPU, or the same network on the CPU."""
    a, b = Network(2), Network(2)
    of_all: Any = SimpleNamespace(on_gpus=OnGpus(3_000_000), shelf=SimpleNamespace(loaded=lambda names: [a]))
    a.moved = lambda settings: settings  # type: ignore[attr-defined]
    monkeypatch.setattr(networks_module, "pick_device", lambda name: GPU)
    monkeypatch.setattr(networks_module, "pick_precision", lambda name, device: "float32")
    before = replace(made_trace(), environment={"device": "meta"})
    waited: list[torch.device] = []

    def another_runs(done: float, what: str) -> None:
        run(of_all.on_gpus, *{"b": (b, GPU), "a": (a, CPU)}[what])
        waited.append(a.device)

    with run_on(of_all, made_analysis("hall", {"a": before}), ["a"], another_runs) as found:
        for what in "bba":
            found.step(0, what)
            assert (a.device, b.device) == (GPU, CPU)
    assert waited == [CPU] * 3  # who waits holds no room
    run(of_all.on_gpus, b)
    assert a.device == CPU  # and afterwards it makes room as any other
