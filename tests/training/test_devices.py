"""Training shared by two processes, on the CPU since that is what every machine has."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from vizlab import load_model
from vizlab.study.training.train import _hardware

RECIPES = Path(__file__).parents[2] / "vizlab/study/training/recipes"


OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in ("cen-multitask", "nddr-cnn")]
"""MTI-Net has all there is of tasks, auxiliary ones and initial predictions; the others do the same with less."""


@pytest.mark.parametrize("network", ["mti-net", *OTHERS])
def test_two_devices_share_each_batch(network: str, data_folder: Path, tmp_path: Path) -> None:
    """Eight pictures in batches of four, two on each device: two steps, and one file written by one of the two."""
    text = (RECIPES / f"{network}-mobilenetv2-nyuv2.toml").read_text()
    settings = 'epochs = 1\nbatch_size = 4\ncrop = [64, 64]\nprecision = "32-true"'
    recipe = tmp_path / "small.toml"
    recipe.write_text(re.sub(r"^epochs = \d+$", settings, text, flags=re.MULTILINE))
    command = [sys.executable, "-m", "vizlab.cli", "train", recipe, "--data", data_folder, "--out", tmp_path]
    subprocess.run(
        [*map(str, command), "--devices", "2"],
        check=True,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
    )
    (checkpoint,) = (tmp_path / "small").glob("*.safetensors")
    assert load_model(checkpoint, "cpu").card["training"].startswith("2 x CPU")
    assert torch.load(tmp_path / "small" / "last.ckpt", weights_only=True)["global_step"] == 2


def test_a_card_says_on_how_many_threads_it_was_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    trainer = SimpleNamespace(
        strategy=SimpleNamespace(root_device=torch.device("cpu")), num_devices=1, precision="32-true"
    )
    assert _hardware(trainer) == f"1 x CPU, 1 thread, 32-true, torch {torch.__version__}"  # type: ignore[arg-type]
