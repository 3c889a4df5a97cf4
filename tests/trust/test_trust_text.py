"""docs/trust.md is made of docs/trust.json, and its sentences say what the figures do, also where those are bad."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.trust.record import FILE, Trial, read
from benchmarks.trust.text import trust_text, write_text
from vizlab.errors import DataError

MACHINE = {
    "cores": 2, "cores_used": 1, "memory_gb": 25, "system": "Linux x86_64", "python": "3.11.7", "torch": "2.13",
}  # fmt: skip
SPREAD = {"asked": 600, "unanswered": 0, "over_1_s": 0, "median": 0.01, "p99": 0.2, "longest": 0.9}
CROWD = {
    "visitors": 120, "answers": 65, "wrong": 0, "refused": 55, "sentences": ["64 runs wait already."], "failed": {},
}  # fmt: skip
LOAD = {
    "visitors": 50, "run_seconds": 600, "computed": 300, "answers": 300, "wrong": 0, "refused": 0, "sentences": [],
    "failed": {}, "fewest_of_one": 6, "most_of_one": 6, "wait_median": 100.0, "wait_longest": 110.0, "places": 64,
    "core_share": 0.9, "get": SPREAD, "health": SPREAD, "bare": {**SPREAD}, "crowd": CROWD, "largest_mb": 700,
    "files_left": 0, "tracebacks": 0,
}  # fmt: skip
SOAK = {
    "wanted": 1000, "done": 1000, "run_seconds": 700, "size": [120, 160], "cache_mb": 100, "start_mb": 600,
    "largest_mb": 729, "at_rest_mb": 690, "bound_mb": 730, "memory": [[1, 600], [1000, 690]],
}  # fmt: skip
COMMAND = {"wanted": 10, "kills": 10, "finished": 3, "differing": 0, "broken": [], "parts": 1, "faults": []}
PAGE = {
    "wanted": 10, "kills": 10, "files_left": 30, "files_after_next_start": 0, "answered_again": 10, "wrong": 0,
    "faults": [],
}  # fmt: skip
KILLS = {"seed": 0, "wanted": 20, "kills": 20, "of": {"train": COMMAND, "page": PAGE}}
WRITER = {
    "code": 1, "said": "vizlab: 'a.csv' cannot be written (full). Make room.", "one_sentence": True, "broken": [],
    "parts": 0, "kept": True, "later": True,
}  # fmt: skip
HALF = {**WRITER, "said": "vizlab: 'b.png' cannot be written (full). Make room."}
DISK = {"room": 8_000_000, "left": 0, "writers": {"train": {**WRITER, "half": HALF}, "page": {**WRITER}}}
FUZZ = {
    "seed": 0, "wanted": 10, "done": 10, "verdicts": {"read": 4, "refused": 6}, "faults": 0, "first_faults": [],
    "slowest_seconds": 1.5, "slowest_kind": "exr", "most_mb": 80,
}  # fmt: skip
GOOD = {"load": LOAD, "soak": SOAK, "kills": KILLS, "disk": DISK, "fuzz": FUZZ}


def said(name: str, *path: str, value: Any = None) -> str:
    """The text of one trial, in one line, with the figure at `path` replaced."""
    figures: Any = copy.deepcopy(GOOD[name])
    if path:
        *way, last = path
        place = figures
        for part in way:
            place = place[part]
        place[last] = value
    trial = {
        "date": "2026-11-27 08:00", "commit": "abc", "arguments": {}, "machine": MACHINE, "seconds": 700,
        "load_average": 3.5, "note": "", "figures": figures,
    }  # fmt: skip
    return " ".join(trust_text({name: trial}).split())


@pytest.mark.parametrize(
    ("path", "value", "good", "bad"),
    [
        (("load", "wrong"), 3, "every one was right to the last number and pixel", "3 were wrong"),
        (("load", "answers"), 0, "every one was right to the last number", "nothing shows that answers are right"),
        (("load", "answers"), 335, "in 10 min, each of another picture", "in 10 min, 35 of them from memory"),
        (("load", "crowd"), None, "Then 120 came at once", "It ended before its last part"),
        (("load", "failed"), {"ReadError": 2}, "No request failed", "2 requests failed (2 ReadError)"),
        (("load", "wait_longest"), 250.0, "110 s, near that", "250 s, 2.5 times that"),
        (("load", "get", "over_1_s"), 7, "came within a second each time", "came within a second except 7 times"),
        (("load", "get", "unanswered"), 1, "came within a second each time", "came within a second except once"),
        (("load", "get", "unanswered"), 2, "(`GET /`) | 600 | 0.01 s | 0.20 s | 0.90 s | 0 | 0 |", "0.90 s | 0 | 2"),
        (("load", "bare", "over_1_s"), 4, "nothing else | 600 | 0.01 s | 0.20 s | 0.90 s | 0 | 0 |", "0.90 s | 4 | 0"),
        (("load", "crowd", "wrong"), 1, "and a half, all rightly, and 55", "and a half, 1 of them wrongly, and 55"),
        (("load", "files_left"), 1, "no file of theirs was left", "1 file of theirs was left"),
        (("load", "tracebacks"), 2, "its log no traceback", "its log 2 tracebacks"),
        (("soak", "largest_mb"), 900, "729 MB at most, 1 MB under", "900 MB at most, 170 MB over the bound"),
        (("soak", "at_rest_mb"), 735, "690 MB at rest at the end, 40 MB under", "735 MB at rest at the end, 5 MB over"),
        (("soak", "at_rest_mb"), None, "690 MB at rest at the end", "was ended before it rested"),
        (("soak", "done"), 400, "1,000 analyses, each", "400 analyses of 1,000 that were wanted, each"),
        (("soak", "memory"), [[1, 600], [500, 700], [976, 640]], "it grew by 90 MB", "it shrank by 60 MB"),
        (("kills", "of", "train", "differing"), 2, "| train | 10 | 3 | 0 | 0 | none |", "| train | 10 | 3 | 2 |"),
        (("kills", "of", "train", "broken"), ["a"], "| 0 | none |", "| 0 | 1 | none |"),
        (("kills", "of", "page", "answered_again"), 8, "each time the next page answered", "2 times the next page did"),
        (("kills", "of", "page", "files_after_next_start"), 4, "start left none", "of which 4 outlived the next start"),
        (("kills", "of", "train", "broken"), ["a"], "Every command left no half", "0 of 1 command left no half file"),
        (("kills", "of", "train", "finished"), 0, "Every command", "killed; not so: train."),
        (("kills", "of", "train", "faults"), ["it hung"], "Every command", "killed; not so: train."),
        (("kills", "kills"), 15, "20 kills, seed 0", "15 kills of 20 that were wanted, seed 0"),
        (("disk", "writers", "train", "kept"), False, "All 2 writers said so", "not so: train"),
        (("disk", "writers", "page", "later"), False, "All 2 writers said so", "1 of 2 writers said so"),
        (("disk", "left"), 3000, "of which nothing was free", "of which 3 kB were free"),
        (("disk", "writers", "train", "half"), {**HALF, "parts": 1}, "| yes | likewise |", "not so: train"),
        (("disk", "writers", "train", "half"), {**HALF, "kept": False}, "All 2 writers", "| yes | not so |"),
        (("disk", "writers", "train", "half"), {**HALF, "later": False}, "All 2 writers", "| yes | not so |"),
        (("disk", "writers", "train", "half"), {**HALF, "one_sentence": False}, "All 2 writers", "| yes | not so |"),
        (("disk", "writers", "train", "half"), {**HALF, "one_sentence": False, "code": 0}, "likewise", "did its work"),
        (("disk", "writers", "train", "half", "said"), "Killed", "| `a.csv`, then `b.png` |", "Make room.; Killed |"),
        (("fuzz", "faults"), 1, "No fault: nothing crashed", "1 fault:"),
        (("fuzz", "done"), 4, "10 files, seed 0", "4 files of 10 that were wanted"),
    ],
    ids=lambda found: "-".join(found) if isinstance(found, tuple) else "",
)  # fmt: skip
def test_a_sentence_is_true_for_good_and_for_bad_figures(
    path: tuple[str, ...], value: Any, good: str, bad: str
) -> None:
    name, *below = path
    assert good in said(name)
    assert bad not in said(name)
    assert bad in said(name, *below, value=value)
    assert good not in said(name, *below, value=value)


def test_the_ideal_wait_is_work_by_rate() -> None:
    """50 visitors, 300 analyses in 600 s: half an analysis a second, so that everybody's turn comes every 100 s."""
    assert "It computed 0.50 analyses a second" in said("load")
    assert "who ask again at once, waits 100 s if all wait alike" in said("load")


def test_memory_along_the_way_is_shown_at_a_few_moments_alike_far_from_each_other() -> None:
    readings = [[done, 600 + done // 10] for done in range(1, 1001, 25)]  # 40 of them
    text = said("soak", "memory", value=readings)
    rows = [row.strip().split(" | ") for row in text.partition("| ---: | ---: |")[2].partition("## ")[0].split("| |")]
    shown = [int(row[0].strip("| ").replace(",", "")) for row in rows]
    assert shown == [1, 126, 251, 376, 501, 601, 726, 851, 976]
    assert "In the second half of the run it grew by 50 MB" in text  # 647 after 476, 697 after 976


def test_how_it_was_run_is_a_command_to_copy() -> None:
    """What was left out is not said; a list of words is words, a size is one."""
    arguments = {"minutes": 4.0, "only": [], "size": [120, 160], "seed": 0}
    trial = {"commit": "abc+", "arguments": arguments, "machine": MACHINE, "date": "2026-11-27 08:00", "seconds": 60,
             "load_average": 2.0, "note": "Busy.", "figures": FUZZ}  # fmt: skip
    text = trust_text({"fuzz": trial})
    assert (
        "at commit abc with changes that were not committed as `--minutes 4 --size 120x160 --seed 0`, on 1 of 2" in text
    )
    assert "load average was 2. Busy." in text
    arguments["only"] = ["train", "scenes exam"]
    assert "--only train 'scenes exam' --size" in trust_text({"fuzz": trial})


def test_what_was_not_run_is_said() -> None:
    assert trust_text({}).count("Not run yet.") == len(GOOD)


def test_a_trial_replaces_its_own_figures_alone(tmp_path: Path) -> None:
    out = tmp_path / "trust.json"
    Trial("soak", {"count": 3, "out": out, "note": "busy"}, out).record({"done": 1})
    Trial("fuzz", {}, out).record({"done": 2})
    Trial("soak", {"count": 4}, out).record({"done": 3}, "quiet")
    found = read(out)
    assert {name: trial["figures"] for name, trial in found.items()} == {"fuzz": {"done": 2}, "soak": {"done": 3}}
    assert found["soak"]["arguments"] == {"count": 4}
    assert found["soak"]["note"] == "quiet"
    assert found["fuzz"]["machine"]["cores"] >= found["fuzz"]["machine"]["cores_used"] >= 1
    out.write_text(json.dumps({"version": 99, "trials": {}}))
    with pytest.raises(DataError, match="version 99; expected 1"):
        read(out)


@pytest.mark.skipif(not FILE.is_file(), reason="no trial was written down yet")
def test_the_text_is_that_of_its_figures(tmp_path: Path) -> None:
    write_text(FILE, tmp_path / "trust.md")
    assert (tmp_path / "trust.md").read_bytes() == FILE.with_suffix(".md").read_bytes()
