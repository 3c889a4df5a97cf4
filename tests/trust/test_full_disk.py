"""Commands that find the disk full: a sentence, and what was there before stays. `benchmarks.trust disk` fills one."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from benchmarks.trust.commands import Command, Inputs, long_commands, quick_commands
from vizlab.cli import app

LONG = ("train", "study", "exam")
"""They take too long here, where no disk is really full."""
READ_ONLY = {"card", "check", "replay", "data check", "scenes list"}
RENDER = ("scenes render", "scenes dataset", "scenes exam")
FIRST = {
    "trace": "trace.npz", "attribute": "maps.npz", "intervene": "moved.npz", "corrupt": "corrupt.csv",
    "methods": "methods.md", "sweep": "sweep.csv", "report": "report.html", "convert": "converted.safetensors",
    "scales": "scales.html", "eval": "cen.safetensors", "cards": "cen.md", "study-report": "study.md",
    "exam-report": "exam.md", "data nyuv2": "dataset.json", "scenes sheet": "sheet.png", "scenes score": "README.md",
    "scenes render": "rgb.jpg", "scenes dataset": "dataset.json", "scenes exam": "dataset.json",
}  # fmt: skip
"""The file that each writes first."""
BEFORE = b"what was there before"


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Command]:
    given = Inputs(tmp_path_factory.mktemp("inputs"))
    return {one.name: one for one in (*long_commands(given), *quick_commands(given))}


@pytest.fixture
def writer(request: pytest.FixtureRequest, writers: dict[str, Command], tmp_path: Path) -> Command:
    """The one that is named, with what it needs in `tmp_path`."""
    if request.param in RENDER:
        pytest.importorskip("mitsuba", reason="rendering needs mitsuba: pip install 'vizlab[render]'")
    writers[request.param].prepare(tmp_path)
    return writers[request.param]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_command_that_writes_a_file_is_tried(writers: dict[str, Command]) -> None:
    """Whoever adds a command says here that it writes nothing, or has it tried."""

    def names(group: Any, before: str = "") -> set[str]:
        found = set()
        for name, one in group.commands.items():
            found |= names(one, f"{before}{name} ") if hasattr(one, "commands") else {f"{before}{name}"}
        return found

    assert names(typer.main.get_command(app)) == READ_ONLY | {"page"} | set(writers)
    assert set(writers) == {*FIRST, *LONG}


@pytest.mark.parametrize("writer", FIRST, indirect=True)
def test_a_full_disk_is_said_in_a_sentence_and_takes_nothing(
    writer: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The disk says at the latest when a file is brought to it that there is no room, as some file systems do."""
    first = FIRST[writer.name]
    if first not in ("dataset.json", "rgb.jpg") and not (tmp_path / first).exists():
        (tmp_path / first).write_bytes(BEFORE)
    before = contents(tmp_path)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SystemExit) as ended:
        writer.run(tmp_path)
    said = capsys.readouterr().err.splitlines()[-1]
    assert ended.value.code == 1
    assert said[said.find("vizlab: ") :].startswith(
        f"vizlab: '{first}' cannot be written (No space left on device); what was there before is as it was."
    )
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "writer",
    [pytest.param(name, marks=pytest.mark.slow if name == "scenes exam" else ()) for name in FIRST],
    indirect=True,
)
def test_every_file_is_put_into_its_place_whole(
    writer: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is written where it will stand, which leaves half of it when the disk is full."""
    before, placed, put = contents(tmp_path), set[Path](), Path.replace

    def replace(self: Path, target: Path) -> Path:
        placed.add(Path(target))
        return put(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(SystemExit) as ended:
        writer.run(tmp_path)
    assert not ended.value.code
    written = {path for path, data in contents(tmp_path).items() if before.get(path) != data}
    assert tmp_path / FIRST[writer.name] in written or writer.name in RENDER
    assert written <= placed


MAKE_FOLDERS = (
    *("report", "study-report", "exam-report", "data nyuv2", "scenes dataset", "scenes exam"),
    pytest.param("scenes render", marks=pytest.mark.slow),
)


@pytest.mark.parametrize("writer", MAKE_FOLDERS, indirect=True)
def test_a_folder_for_which_there_is_no_room_is_said_in_a_sentence(
    writer: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make = os.mkdir

    def full(path: Any, *arguments: Any, **options: Any) -> None:
        if tmp_path in Path(path).parents:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        make(path, *arguments, **options)

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(SystemExit) as ended:
        writer.run(tmp_path)
    said = capsys.readouterr().err.splitlines()[-1]
    assert ended.value.code == 1
    assert said[said.find("vizlab: ") :].startswith("vizlab: The folder '")
    assert "cannot be made (No space left on device)" in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has such a disk")
def test_what_is_printed_to_a_full_disk_is_said_in_a_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "vizlab.cli", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "vizlab: What is printed cannot be written (No space left on device); make room.\n"


def test_nothing_is_said_where_nobody_reads_on() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "vizlab.cli", "--version"],
            stdout=writes, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (1, "")
