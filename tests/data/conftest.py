"""The official files in small, and `vizlab` as a user runs it, in this process."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.data.official import Official, write_official
from vizlab.cli import main


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture(scope="session")
def official(tmp_path_factory: pytest.TempPathFactory) -> Official:
    return write_official(tmp_path_factory.mktemp("official"))


@pytest.fixture
def vizlab_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs `vizlab ARGUMENTS` through the installed program's own entry point."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["vizlab", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        captured = capsys.readouterr()
        return Done(int(end.value.code or 0), captured.out, captured.err)

    return run


def refusal(done: Done) -> str:
    """The sentence a command ended in, which is all it said on purpose."""
    assert done.code == 1, done
    assert "Traceback" not in done.stderr
    sentences = [line for line in done.stderr.splitlines() if line.startswith("vizlab: ")]
    assert len(sentences) == 1, done.stderr
    return sentences[0]
