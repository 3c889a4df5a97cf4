"""Files are there whole or not at all: a full disk costs a sentence, never what was there before."""

import errno
import os
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest

from vizlab.core.archive import write_archive
from vizlab.core.door import load_model, save_checkpoint
from vizlab.errors import CheckpointError, DataError, InputError, TraceError, VizlabError
from vizlab.replacing import replace_text, replacing
from vizlab.study.cards.folder import refresh_card
from vizlab.study.marked import Marks

MARKS = Marks("a table", "<!-- start -->", "<!-- end -->")
NOISE = np.random.default_rng(0).random(200_000)


@pytest.fixture
def whole(tmp_path, cen_model):
    """A folder with a checkpoint, a trace, a card and a README."""
    save_checkpoint(tmp_path / "cen.safetensors", cen_model.network, cen_model.config, {"data": "one"})
    write_archive(tmp_path / "trace.npz", {}, {"a": NOISE[:100]})
    refresh_card(tmp_path / "cen.safetensors", ())
    (tmp_path / "README.md").write_text(f"{MARKS.start}\n{MARKS.end}\n")
    return tmp_path


WRITERS = {
    "checkpoint": (CheckpointError, lambda d, m: save_checkpoint(d / "cen.safetensors", m.network, m.config, {})),
    "trace": (TraceError, lambda d, m: write_archive(d / "trace.npz", {}, {"a": NOISE})),
    "card": (DataError, lambda d, m: refresh_card(d / "cen.safetensors", ())),
    "README": (InputError, lambda d, m: MARKS.write(d / "README.md", "text " * 1000)),
}


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def full(*given):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("what", WRITERS)
@pytest.mark.parametrize("fails", ["fsync", "replace"])
def test_a_full_disk_is_a_sentence_and_the_old_file_whole(whole, cen_model, monkeypatch, what, fails):
    error, write = WRITERS[what]
    before = contents(whole)
    if fails == "fsync":
        monkeypatch.setattr("vizlab.replacing.os.fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(
        error, match=r"cannot be written \(No space left on device\); what was there before is as it was"
    ):
        write(whole, cen_model)
    assert contents(whole) == before


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 128 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a file system takes rights that this process does not have")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk, cen_model):
    write_archive(trace := small_disk / "trace.npz", {}, {"a": NOISE[:100]})
    (small_disk / "cen.safetensors").write_bytes(b"old")
    before = contents(small_disk)
    for what in ("trace", "checkpoint"):
        error, write = WRITERS[what]
        with pytest.raises(error, match="No space left on device"):
            write(small_disk, cen_model)
    assert contents(small_disk) == before
    assert trace.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_device_that_is_always_full():
    with pytest.raises(VizlabError, match="'full' cannot be written"):
        replace_text("/dev/full", "x" * 100_000, VizlabError)
    assert not Path("/dev/full").is_file()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match=r"'a\.md' cannot be written \(No such file or directory\)"):
        replace_text(tmp_path / "absent" / "a.md", "x", DataError)


def test_what_comes_is_there_at_once_and_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with replacing(path, DataError) as file:
        file.write(b"ne")
        file.flush()
        assert path.read_text() == "old"
        file.write(b"w")
    assert contents(tmp_path) == {"a.txt": b"new"}


def broken_writer(path):
    with replacing(path, DataError) as file:
        file.write(b"half")
        raise KeyError


def test_an_error_of_the_writer_passes_and_leaves_nothing(tmp_path):
    with pytest.raises(KeyError):
        broken_writer(tmp_path / "a.txt")
    assert contents(tmp_path) == {}


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    replace_text(tmp_path / "link.txt", "new", DataError)
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_several_writers_do_not_share_a_file(tmp_path):
    """Each writes its own beside the place; the last one's is there, whole."""
    texts = [letter * 200_000 for letter in "abcd"]
    threads = [threading.Thread(target=replace_text, args=(tmp_path / "a.txt", text, DataError)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "a.txt").read_text() in texts
    assert len(contents(tmp_path)) == 1


def test_a_checkpoint_written_over_itself_loads(whole, cen_model):
    save_checkpoint(whole / "cen.safetensors", cen_model.network, cen_model.config, {"data": "two"})
    assert load_model(whole / "cen.safetensors", "cpu").card == {"data": "two"}
