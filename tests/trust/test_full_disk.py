"""Commands that find the disk full: a sentence, and what was there before stays. `benchmarks.trust disk` fills one."""

import errno
import os
from pathlib import Path

import pytest

from benchmarks.trust.commands import Command, Inputs, long_commands, quick_commands

NAMES = ("trace", "attribute", "intervene", "corrupt", "methods", "sweep", "report")
BEFORE = b"what was there before"


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Command]:
    given = Inputs(tmp_path_factory.mktemp("inputs"))
    return {one.name: one for one in (*long_commands(given), *quick_commands(given))}


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_said_in_a_sentence_and_takes_nothing(
    name: str, writers: dict[str, Command], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """The disk says at the latest when a file is brought to it that there is no room, as some file systems do."""
    files = {"methods": "methods.md", "attribute": "maps.npz", "intervene": "moved.npz", "report": "report.html"}
    target = tmp_path / files.get(name, f"{name}.{'npz' if name == 'trace' else 'csv'}")
    target.write_bytes(BEFORE)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit) as ended:
        writers[name].run(tmp_path)
    said = capsys.readouterr().err.splitlines()[-1]
    assert ended.value.code == 1
    assert said.startswith(f"vizlab: '{target.name}' cannot be written (No space left on device)")
    assert target.read_bytes() == BEFORE
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
