"""What only a GPU can show. `pytest -m gpu` runs it; without one every test skips and says so.

Numbers are those of the authors' code (tests/golden) and of our own float32 on the CPU.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import vizlab
from tests.door.authors_files import NAMES, golden_facts, golden_outputs, image
from tests.door.test_parity import OURS, distances
from tests.page.page_process import NAMES as SHIPPED
from tests.page.page_process import checkpoints, write_pair
from vizlab.core.model import Model
from vizlab.core.reduction import Recorder
from vizlab.core.site import observing
from vizlab.page.kit.analysis import Request
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device: the GPU tests were not run"),
]

# Of an output's standard deviation: the largest difference in float32, the root mean square one in bfloat16.
FLOAT32, BFLOAT16 = 1e-3, 0.08


@pytest.fixture(autouse=True)
def exact_products() -> Iterator[None]:
    """TF32 would round every product to ten bits."""
    kept = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = kept
    torch.cuda.set_per_process_memory_fraction(1.0)
    torch.cuda.empty_cache()


def inputs_of(model: Model, name: str) -> dict[str, torch.Tensor]:
    facts = golden_facts(name)
    return {key: image(source, facts["size"]) for key, source in zip(model.inputs, facts["input"], strict=True)}


@pytest.mark.parametrize("name", NAMES)
def test_authors_numbers_in_float32(name: str, authors_file: Callable[[str], Path]) -> None:
    golden = golden_outputs(name)
    golden.pop("alpha", None)
    model = vizlab.load_model(authors_file(name), "cuda", precision="float32")
    outputs = {key: y.cpu() for key, y in model.forward(inputs_of(model, name)).items()}
    found = distances(outputs, golden, OURS.get(name, {}))
    print(name, found)
    assert max(found.values()) <= FLOAT32, found


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16_stays_near_float32(name: str, authors_file: Callable[[str], Path]) -> None:
    whole = vizlab.load_model(authors_file(name), "cuda", precision="float32")
    half = vizlab.load_model(authors_file(name), "cuda", precision="bfloat16")
    inputs = inputs_of(whole, name)
    expected, found = whole.forward(inputs), half.forward(inputs)
    apart = {key: float((found[key] - y).square().mean().sqrt() / y.std()) for key, y in expected.items()}
    print(name, apart)
    assert max(apart.values()) <= BFLOAT16, apart


@pytest.mark.parametrize("name", SHIPPED.values())
def test_a_trace_has_the_numbers_of_the_cpu(name: str, tmp_path: Path) -> None:
    file, rgbd = checkpoints() / f"{name}.safetensors", vizlab.read_rgbd(*write_pair(tmp_path))
    on_gpu, on_cpu = (
        vizlab.trace(vizlab.load_model(file, device, precision="float32"), rgbd) for device in ("cuda", "cpu")
    )
    assert on_gpu.environment["device"].startswith("cuda")
    for site, expected in on_cpu.sites.items():
        if expected.share is not None:
            np.testing.assert_allclose(on_gpu.sites[site].share, expected.share, atol=2e-3, err_msg=site)


def peak_memory(run: Callable[[], object]) -> int:
    run()
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()


def milliseconds(run: Callable[[], object], repeats: int = 20) -> float:
    """Of the fastest run, by the device's own clock."""
    taken = []
    for _ in range(repeats):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run()
        end.record()
        torch.cuda.synchronize()
        taken.append(start.elapsed_time(end))
    return min(taken)


@pytest.mark.parametrize("name", NAMES)
def test_watching_costs_little_memory(name: str, authors_file: Callable[[str], Path]) -> None:
    """Time is printed, not judged; `python -m benchmarks.forward` judges it."""
    model = vizlab.load_model(authors_file(name), "cuda", precision="bfloat16")
    size = (512, 768) if name == "cen_pix2pix_nf8" else (480, 640)
    inputs = {key: torch.randn(1, 3, *size, device="cuda") for key in model.inputs}

    def watched() -> None:
        with observing(Recorder(model.frame(size, size))):
            model.forward(inputs)

    memory = peak_memory(watched) / peak_memory(lambda: model.forward(inputs))
    time = milliseconds(watched) / milliseconds(lambda: model.forward(inputs))
    print(f"{name}: traced / plain: memory {memory:.3f}, time {time:.2f}")
    assert memory <= 1.25


def workspace_of(tmp_path: Path) -> tuple[Workspace, Request]:
    colour, depth = write_pair(tmp_path)
    request = Request(colour=colour, depth=depth, models=(SHIPPED["mti"],), device="cuda:0")
    return Workspace(Settings(checkpoints=checkpoints())), request


def test_what_does_not_fit_runs_on_the_cpu(tmp_path: Path) -> None:
    """For real: the allocator refuses, at a working size that fits into the machine's memory but not into the GPU's."""
    workspace, request = workspace_of(tmp_path)
    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, 400e6 / total))
    analysis = workspace.analyse(
        Request(**{**vars(request), "working_size": (720, 960)}),
    )
    trace = analysis.traces[SHIPPED["mti"]]
    assert trace.environment["device"] == "cpu"
    assert "did not fit into the memory of cuda:0" in " ".join(analysis.warnings)
    assert np.isfinite(trace.predictions["depth"].value).all()  # type: ignore[union-attr]


def test_a_model_moves_while_another_visitor_waits(tmp_path: Path) -> None:
    """Two visitors want one network on different devices, again and again: each gets his device's numbers."""
    workspace, request = workspace_of(tmp_path)
    name, failed = SHIPPED["mti"], []
    expected = {
        device: workspace.analyse(Request(**{**vars(request), "device": device})).traces[name]
        for device in ("cuda:0", "cpu")
    }

    def visit(device: str, size: tuple[int, int]) -> None:
        try:
            found = workspace.analyse(Request(**{**vars(request), "device": device, "working_size": size}))
            assert found.traces[name].environment["device"] == expected[device].environment["device"]
        except Exception as err:
            failed.append(err)

    sizes = [(240, 320), (208, 272), (192, 256), (176, 240)]
    threads = [threading.Thread(target=visit, args=(device, size)) for size in sizes for device in expected]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
