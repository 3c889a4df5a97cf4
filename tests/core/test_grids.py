"""On which grid a network predicts: what it enlarges at its end is worth what was enlarged."""

import gc
import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vizlab.core.config import NetworkConfig
from vizlab.core.grids import GridWatch
from vizlab.core.model import Model
from vizlab.core.registry import build_network
from vizlab.core.trace import FusionTrace
from vizlab.core.trace_file import load_trace
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage


def test_an_enlarged_map_has_the_grid_it_came_from() -> None:
    small = torch.rand(1, 2, 6, 8)
    with GridWatch() as watch:
        once = F.interpolate(small, size=(24, 32), mode="bilinear")
        twice = F.interpolate(once, scale_factor=2, mode="nearest")
        cast = twice.to(torch.float64).float()
        by_module = torch.nn.Upsample(size=(9, 9))(small)
    assert [watch.grid(y) for y in (small, once, twice, cast, by_module)] == [(6, 8)] * 5


def test_what_is_computed_after_enlarging_is_predicted_there() -> None:
    """A decoder that convolves at the larger size predicts at the larger size; a smaller map is its own."""
    with GridWatch() as watch:
        large = F.interpolate(torch.rand(1, 2, 6, 8), size=(12, 16))
        decoded = F.conv2d(large, torch.rand(3, 2, 3, 3), padding=1)
        shrunk = F.interpolate(torch.rand(1, 2, 24, 32), size=(6, 8))
        same = F.interpolate(decoded, size=(12, 16))
    assert watch.grid(decoded) == (12, 16)
    assert watch.grid(shrunk) == (6, 8)
    assert watch.grid(same) == (12, 16)


def test_watching_changes_nothing_and_keeps_nothing() -> None:
    small = torch.rand(1, 2, 6, 8)
    plain = F.interpolate(small, size=(24, 32), mode="bilinear")
    with GridWatch() as watch:
        watched = F.interpolate(small, size=(24, 32), mode="bilinear")
        assert torch.equal(plain, watched)
        del watched
        gc.collect()
        assert len(watch._before) == 0


def test_another_thread_is_not_watched() -> None:
    results: list[torch.Tensor] = []
    with GridWatch() as watch:
        thread = threading.Thread(target=lambda: results.append(F.interpolate(torch.rand(1, 1, 2, 2), size=(4, 4))))
        thread.start()
        thread.join()
    assert watch.grid(results[0]) == (4, 4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("architecture", "stride"), [("mti-net-hrnet18", 4), ("nddr-cnn-resnet18", 8)])
def test_a_network_that_enlarges_its_answer_is_traced_at_its_own_stride(
    architecture: str, stride: int, precision: str, small_rgbd: RGBDImage
) -> None:
    """Both hand out maps of the input's size: HRNet's heads work at stride 4, DeepLab's at 8."""
    config = NetworkConfig(architecture, ("semseg", "depth"), ("rgb",), semseg_channels=5, working_size=(64, 96))
    model = Model(build_network(config), config, architecture, precision=precision)  # type: ignore[arg-type]
    found = trace(model, small_rgbd)
    rows, columns = found.framing.padded
    for task in ("semseg", "depth"):
        assert found.grids[task] == (rows // stride, columns // stride)


def test_every_decoded_output_has_its_grid(mti_trace: FusionTrace, cen_trace: FusionTrace) -> None:
    """Initial predictions and the ensemble under its task's bare name included."""
    assert mti_trace.framing.padded == (96, 128)
    assert set(mti_trace.grids) == set(mti_trace.predictions) | set(mti_trace.initial)
    assert mti_trace.grids["depth"] == mti_trace.grids["scale_0/depth"] == (24, 32)
    assert mti_trace.grids["scale_3/normals"] == (3, 4)
    assert cen_trace.grids["semseg"] == cen_trace.grids["semseg/ensemble"] == (24, 32)


def test_grids_are_saved_and_may_be_absent(mti_trace: FusionTrace, tmp_path: Path) -> None:
    path = str(tmp_path / "trace.npz")
    mti_trace.save(path)
    assert load_trace(path).grids == mti_trace.grids
    with np.load(path) as archive:
        arrays = dict(archive)
    meta = json.loads(str(arrays.pop("meta")))
    del meta["grids"]
    np.savez(path, meta=np.array(json.dumps(meta)), **arrays)
    assert load_trace(path).grids == {}


def test_grids_cannot_be_changed(mti_trace: FusionTrace) -> None:
    given = {"depth": (24, 32)}
    copy = replace(mti_trace, grids=given)
    given["depth"] = (1, 1)
    assert copy.grids["depth"] == (24, 32)
    with pytest.raises(TypeError):
        copy.grids["depth"] = (1, 1)  # type: ignore[index]


def test_a_map_named_by_its_keyword_is_watched() -> None:
    small = torch.rand(1, 2, 6, 8)
    with GridWatch() as watch:
        large = F.interpolate(input=small, size=(24, 32))
    assert watch.grid(large) == (6, 8)


def test_the_smaller_of_two_grids_is_that_of_fewer_cells() -> None:
    """Though it has as many columns as the larger, and more than that has rows."""
    with GridWatch() as watch:
        taller = F.interpolate(torch.rand(1, 1, 2, 20), size=(4, 20))
        as_many = F.interpolate(torch.rand(1, 1, 6, 8), size=(4, 12))
    assert watch.grid(taller) == (2, 20)
    assert watch.grid(as_many) == (4, 12)


def test_what_is_no_map_is_let_pass() -> None:
    sequence = torch.rand(1, 2, 6)
    with GridWatch() as watch:
        assert F.interpolate(sequence, size=12).shape == (1, 2, 12)
        assert torch.rand(1, 1, 2, 2).type() == "torch.FloatTensor"
        assert sequence.type() == "torch.FloatTensor"
    assert len(watch._before) == 0
