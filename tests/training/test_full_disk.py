"""Training on a disk that gets full: what was trained before stays, and the same command goes on from it."""

import errno
import os
from pathlib import Path

import pytest
import torch

from benchmarks.trust.commands import Inputs
from vizlab.errors import DataError
from vizlab.study.training.resume import WholeCheckpoints


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, whole = tmp_path / "run" / "last.ckpt", WholeCheckpoints()
    whole.save_checkpoint({"epoch": 1, "weights": torch.ones(3)}, path)
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(DataError, match=r"'last\.ckpt' cannot be written \(No space left on device\)"):
            whole.save_checkpoint({"epoch": 2, "weights": torch.zeros(3)}, path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["last.ckpt"]
    assert torch.load(path, weights_only=True)["epoch"] == 1


def test_a_disk_that_gets_full_half_way_through_a_checkpoint_is_said(tmp_path: Path) -> None:
    """The system lets no file have more than 100 kB."""
    resource = pytest.importorskip("resource")
    path, whole = tmp_path / "last.ckpt", WholeCheckpoints()
    whole.save_checkpoint({"epoch": 1}, path)
    before, limits = path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(DataError, match=r"'last\.ckpt' cannot be written \(File too large\)"):
            whole.save_checkpoint({"epoch": 2, "weights": torch.zeros(400_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["last.ckpt"]


def test_training_says_that_the_disk_is_full_and_goes_on_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, out, times = Inputs(tmp_path / "inputs"), tmp_path / "run", 0
    fsync = os.fsync

    def full_from_the_second_on(descriptor: int) -> None:
        nonlocal times
        times += 1
        if times > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_from_the_second_on)
        with pytest.raises(DataError, match=r"'last\.ckpt' cannot be written"):
            given.train(out)
    assert torch.load(out / "last.ckpt", weights_only=True)["epoch"] == 0
    given.train(out)
    assert len(list(out.glob("*.safetensors"))) == 1
