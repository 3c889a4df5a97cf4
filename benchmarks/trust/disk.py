"""A disk that is full: every writer on a small file system of its own, with too little room for what it writes."""

import contextlib
import hashlib
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import httpx
import torch

from benchmarks.page_process import place, wait_until_ready, without_scenes
from benchmarks.trust.children import run, started
from benchmarks.trust.commands import Command, Inputs, long_commands, quick_commands
from benchmarks.trust.killed_page import serving
from benchmarks.trust.kills import PAGE
from benchmarks.trust.pictures import picture
from benchmarks.trust.record import Trial
from benchmarks.trust.whole import broken, files_below, parts_below

ROOM = 150_000_000
"""Bytes of the small disk."""
LEFT = 0
"""Bytes that are left of it for a command; then half of what it needs."""
KEEP = b"what was there before"
SAID = "vizlab: "
"""How the sentence of a command begins."""
TAKES = 1800.0


@dataclass
class Found:
    """Of one writer: its exit code and last words, files that were not whole, parts that were left, whether every file
    that was there before is as it was, and whether it did its work once there was room again. `half` is the same where
    there was room for half of what it writes; what it wrote before the disk was full may stay.
    """

    code: int
    said: str
    one_sentence: bool
    broken: list[str] = field(default_factory=list)
    parts: int = 0
    kept: bool = True
    later: bool = True
    half: "Found | None" = None


def disk(trial: Trial, note: str, minutes: float, only: Sequence[str]) -> None:
    """Fill a small disk, run every writer on it, or `only` some, make room, run it again.

    Needs the right to mount (root, Linux).
    """
    torch.set_num_threads(1)  # a pool of threads would not be there in a child
    with tempfile.TemporaryDirectory() as name, small_disk(Path(name)) as small:
        folder = Path(name)
        given = Inputs(folder / "inputs")
        found: dict[str, object] = {}
        known = {one.name: one for one in (*quick_commands(given), *long_commands(given))}
        for name in [one for one in (PAGE, *known) if not only or one in only]:
            log = folder / f"{name}.log"
            one = _page_on_full_disk(folder, small) if name == PAGE else _on_full_disk(known[name], small, log)
            found[name] = asdict(one)
            print(name, found[name], flush=True)
            trial.record({"room": ROOM, "left": LEFT, "writers": found}, note)
            if trial.seconds > 60 * minutes:
                return


@contextlib.contextmanager
def small_disk(folder: Path, room: int = ROOM) -> Iterator[Path]:
    """A file system of so many bytes, in memory. Raises PermissionError where this user may not mount."""
    place = folder / "small"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={room}", "tmpfs", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PermissionError(f"No small disk can be mounted ({done.stderr.strip()}); run this as root, on Linux.")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _on_full_disk(command: Command, small: Path, log: Path) -> Found:
    """The command where there is no room, then again where there is; anew with half the room, and again with enough."""
    (small / "before").write_bytes(KEEP)
    out = _prepared(command, small)
    before = contents(small)
    with filled(small):
        code, _ = run(lambda: command.run(out), log, TAKES)
        found = _said(code, log)
        found.broken, found.parts = broken(files_below(out)), parts_below(out)
        found.kept = before.items() <= contents(small).items()
    used = shutil.disk_usage(small).used
    found.later = _does_its_work(command, out, log)
    needs = shutil.disk_usage(small).used - used
    shutil.rmtree(out)
    found.half = _with_some_room(command, small, needs // 2, log.with_suffix(".half"))
    return found


def _with_some_room(command: Command, small: Path, left: int, log: Path) -> Found:
    before = contents(small)
    out = _prepared(command, small)
    with filled(small, left):
        code, _ = run(lambda: command.run(out), log, TAKES)
        found = _said(code, log)
        found.broken, found.parts = broken(files_below(out)), parts_below(out)
        found.kept = before.items() <= contents(small).items()
    found.later = _does_its_work(command, out, log)
    shutil.rmtree(out)
    return found


def _prepared(command: Command, small: Path) -> Path:
    """The folder that it writes to, with what it needs there."""
    out = small / command.name
    out.mkdir()
    command.prepare(out)
    return out


def _does_its_work(command: Command, out: Path, log: Path) -> bool:
    code, _ = run(lambda: command.run(out), log, TAKES)
    return code == 0 and not broken(files_below(out))


def contents(folder: Path) -> dict[str, str]:
    """The digest of every file below `folder`, by its path there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _said(code: int, log: Path) -> Found:
    lines = [line for line in log.read_text().splitlines() if line.strip()]
    traces = any(line.startswith("Traceback") for line in lines)
    last = lines[-1] if lines else ""
    said = last[max(0, last.find(SAID)) :]  # a progress bar does not end its line
    return Found(code, said[:300], code == 1 and not traces and said.startswith(SAID))


@contextlib.contextmanager
def filled(small: Path, left: int = LEFT) -> Iterator[None]:
    """Within the block the disk has `left` bytes free."""
    stuff = small / "stuff"
    with contextlib.suppress(OSError), stuff.open("wb") as file:
        while True:
            free = shutil.disk_usage(small).free - left
            if free <= 0:
                break
            file.write(bytes(min(free, 100_000)))
            file.flush()
    try:
        yield
    finally:
        stuff.unlink()


def _page_on_full_disk(folder: Path, small: Path) -> Found:
    """A page whose folder for uploads is full: what who uploads is told, and whether it goes on where there is room.

    The page leaves 200 MB of a disk to everything else; here that is set to nothing, so that it meets the end itself.
    """
    page = replace(place(folder), uploads=small / "uploads")
    child = started(serving(page, without_scenes(folder), kept_free=0), page.log)
    try:
        wait_until_ready(page, child.is_alive)
        before = contents(small)
        with filled(small):
            status, said = _upload(page.url)
            found = Found(status, said, status in (413, 507) and "disk is full" in said, kept=_health(page.url))
            found.kept &= before.items() <= contents(small).items()
            found.parts = len(page.files())
        found.later = _upload(page.url)[0] == 200
        return found
    finally:
        child.terminate()
        child.join()


def _upload(url: str) -> tuple[int, str]:
    data = picture(0, 240, 320)[0]
    answer = httpx.post(f"{url}/gradio_api/upload", files={"files": (f"{uuid.uuid4().hex}.png", data)}, trust_env=False)
    return answer.status_code, answer.text[:300]


def _health(url: str) -> bool:
    return httpx.get(f"{url}/health", timeout=60, trust_env=False).status_code == 200
