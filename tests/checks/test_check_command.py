"""`vizlab check` as a user runs it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from tests.conftest import make_model
from vizlab.cli import main
from vizlab.core.door import save_checkpoint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that is well, one in which a number grows beyond all bounds at a site, and a file that holds none."""
    folder = tmp_path_factory.mktemp("check")
    model = make_model("nddr-cnn")
    save_checkpoint(folder / "well.safetensors", model.network, model.config, {})
    with torch.no_grad():
        model.network.nddr["stage3"].layer["depth"][1].weight[0] = 3e38  # type: ignore[index,union-attr]
    save_checkpoint(folder / "ill.safetensors", model.network, model.config, {})
    (folder / "none.safetensors").write_bytes(b"nothing")
    return folder


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(*arguments: str) -> Done:
        monkeypatch.chdir(folder)
        monkeypatch.setattr("sys.argv", ["vizlab", "check", *arguments, "--device", "cpu"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return command


def test_the_table_of_a_network_that_is_well(run: Run) -> None:
    done = run("well.safetensors")
    assert done.returncode == 0, done.stderr
    first, head, *lines = done.stdout.strip().splitlines()
    assert first.startswith("well: ")
    assert "findings ok" in first
    assert head.split() == ["property", "site", "figure", "limit"]
    assert all(line.endswith(" ok") for line in lines)
    assert any(line.startswith("parts sum to the output") for line in lines)


def test_every_file_is_told_of_and_one_failure_decides_the_exit_code(run: Run) -> None:
    done = run("ill.safetensors", "none.safetensors", "absent.safetensors", "well.safetensors")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    sentences = done.stderr.strip().splitlines()
    assert [name for name in ("none", "absent") for s in sentences if f"{name}.safetensors" in s] == ["none", "absent"]
    assert all(sentence.startswith("vizlab: ") for sentence in sentences)
    assert "findings FAILED" in done.stdout
    assert "shares sum to 1" in done.stdout
    (line,) = [x for x in done.stdout.splitlines() if x.startswith("shares sum to 1") and "nddr.stage3" in x]
    assert line.endswith("FAILED: target depth, undefined though it varies")
    assert "well: " in done.stdout


def test_a_file_that_cannot_be_loaded_is_one_sentence_and_exit_code_1(run: Run) -> None:
    done = run("absent.safetensors")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_all_prints_every_finding(run: Run) -> None:
    done = run("well.safetensors", "--all")
    assert done.returncode == 0, done.stderr
    sums = [line for line in done.stdout.splitlines() if line.startswith("parts sum to the output")]
    assert len(sums) == len(make_model("nddr-cnn").sites)
