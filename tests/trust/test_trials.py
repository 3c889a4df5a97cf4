"""What trials stand on: half files are told from whole ones, killed processes from others, refusals by their words."""

import io
import json
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.trust import kills
from benchmarks.trust.answers import NETWORK, Right
from benchmarks.trust.children import KILLED, run
from benchmarks.trust.commands import Command
from benchmarks.trust.kills import Found
from benchmarks.trust.visitor import _last_event, _told
from benchmarks.trust.whole import broken, files_below, parts_below
from vizlab.errors import InputError


def written(name: str) -> bytes:
    """A small whole file of that kind."""
    stream = io.BytesIO()
    if name.endswith(".npz"):
        np.savez_compressed(stream, a=np.arange(2000))
    elif name.endswith(".npy"):
        np.save(stream, np.arange(2000))
    elif name.endswith(".png"):
        Image.fromarray(np.arange(3000, dtype=np.uint8).reshape(50, 60)).save(stream, "png")
    elif name.endswith(".ckpt"):
        torch.save({"a": torch.arange(2000)}, stream)
    else:
        return {
            ".json": json.dumps({"a": list(range(100))}).encode(),
            ".csv": b"a,b\n" + b"1,2\n" * 100,
            ".html": b"<html>" + b"." * 100 + b"</html>\n",
        }[Path(name).suffix]
    return stream.getvalue()


@pytest.mark.parametrize("name", ["a.npz", "a.npy", "a.png", "a.ckpt", "a.json", "a.csv", "a.html"])
def test_a_file_that_was_cut_anywhere_is_not_whole(name: str, tmp_path: Path) -> None:
    path, data = tmp_path / name, written(name)
    path.write_bytes(data)
    assert broken([path]) == []
    for at in (0, 1, len(data) // 3, len(data) - 2):
        path.write_bytes(data[:at])
        assert broken([path]) == [name], at


def test_what_is_being_written_counts_apart(tmp_path: Path) -> None:
    for name in ("a.json", ".a.json.1-2.part"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in files_below(tmp_path)] == ["a.json"]
    assert parts_below(tmp_path) == 1


def test_a_child_ends_by_itself_or_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def refuses() -> None:
        raise InputError("No.")

    def fails() -> None:
        os.stat(tmp_path / "nothing")

    torch.set_num_threads(1)
    if threading.active_count() > 1:
        pytest.skip("another test has left threads")
    assert run(lambda: print("done"), log)[0] == 0
    assert run(refuses, log)[0] == 1
    assert log.read_text() == "done\nvizlab: No.\n"
    assert run(fails, log)[0] == 1
    assert "FileNotFoundError" in log.read_text()
    code, seconds = run(lambda: time.sleep(60), log, kill_after=0.2)
    assert code == KILLED
    assert seconds < 30


def test_the_last_event_counts_and_an_error_is_its_sentence() -> None:
    stream = "event: generating\ndata: [1]\n\nevent: heartbeat\ndata: null\n\nevent: complete\ndata: [2]\n\n"
    assert _last_event(stream) == ("complete", "[2]")
    assert _last_event('event: error\r\ndata: {"error": "No."}\r\n\r\n') == ("error", '{"error": "No."}')
    assert _last_event("event: heartbeat\ndata: null\n\n")[0] == "nothing"
    assert _told('{"error": "No.", "title": "Error"}') == "No."
    assert _told('{"detail": "Not here."}') == "Not here."
    assert _told("not json") == "not json"


def test_an_answer_is_right_to_the_last_number_and_pixel() -> None:
    """How long it took, and where, is no part of it."""
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    right = Right((b"", b""), {"miou": 0.5, "sites": [1, 2]}, labels)

    def png(pixels: np.ndarray) -> bytes:
        stream = io.BytesIO()
        Image.fromarray(pixels).save(stream, "png")
        return stream.getvalue()

    def answer(**numbers: object) -> dict[str, object]:
        return {"models": {NETWORK: {"miou": 0.5, "sites": [1, 2], "seconds": 3.0, "environment": "cpu", **numbers}}}

    other = labels.copy()
    other[2, 3] = 0
    assert right.is_answered_by(answer(), png(labels))
    assert right.is_answered_by(answer(seconds=4.0, environment="cuda"), png(labels))
    assert not right.is_answered_by(answer(sites=[1, 3]), png(labels))
    assert not right.is_answered_by(answer(further=1), png(labels))
    assert not right.is_answered_by({"models": {}}, png(labels))
    assert not right.is_answered_by(answer(), png(other))
    assert not right.is_answered_by(answer(), png(labels[:2]))


def test_a_run_that_hangs_is_a_fault_and_no_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two kills at the moments that were drawn; then nobody kills it, and it does not end."""
    waits: list[float] = []

    def hangs(do: object, log: Path, kill_after: float) -> tuple[int, float]:
        assert len(waits) < 3
        waits.append(kill_after)
        return KILLED, kill_after

    monkeypatch.setattr(kills, "run", hangs)
    found = Found()
    kills._one_run(Command("x", print, ()), tmp_path, tmp_path / "log", iter([0.1, 0.2]), found)
    assert waits == [0.1, 0.2, kills.TAKES]
    assert found.kills == 2
    assert found.faults == [f"it ended with {KILLED} after a kill: "]
