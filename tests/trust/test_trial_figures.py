"""What trials write down, from the definitions, of what was seen: waits, refusals, delays, memory, what was kept."""

import contextlib
import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.trust import disk, load, soak
from benchmarks.trust.commands import Command
from benchmarks.trust.load import SENTENCES, Answer, Seen

HAD = Answer(1, {}, b"")


def test_who_was_never_answered_counts_among_the_visitors() -> None:
    seen = Seen(
        waits=[1.0, 9.96, 2.04], answers={"anna": [HAD, HAD], "bert": [HAD]},
        refused=Counter({"Later.": 1, "No.": 2}), failed=Counter({"ReadError": 4}),
    )  # fmt: skip
    expected = {
        "answers": 3, "fewest_of_one": 0, "most_of_one": 2, "wait_median": 2.0, "wait_longest": 10.0, "refused": 3,
        "sentences": ["No.", "Later."], "failed": {"ReadError": 4},
    }  # fmt: skip
    assert load._said(seen, 4) == expected
    assert load._said(seen, 2) == {**expected, "fewest_of_one": 1}


def test_nobody_answered_has_waited_for_nothing_that_could_be_said() -> None:
    found = load._said(Seen(refused=Counter({f"No {number}.": 9 - number for number in range(9)})), 3)
    assert (found["answers"], found["fewest_of_one"], found["most_of_one"]) == (0, 0, 0)
    assert (found["wait_median"], found["wait_longest"]) == (None, None)
    assert found["refused"] == sum(range(1, 10))
    assert found["sentences"] == [f"No {number}." for number in range(SENTENCES)]  # the most frequent ones


def test_delays_are_those_of_answers_and_who_had_none_counts_apart() -> None:
    """Of 101 answers the median is the 51st; 99 % of the way from the first to the last of them is the 100th."""
    answers = [0.001 * number for number in range(1, 100)] + [1.0, 1.5]
    assert load._spread([-1.0, *answers[::-1], -1.0]) == {
        "asked": 103, "unanswered": 2, "over_1_s": 1, "median": 0.051, "p99": 1.0, "longest": 1.5,
    }  # fmt: skip


def test_delays_of_no_answer_are_not_known() -> None:
    found = load._spread([-1.0, -1.0])
    assert (found["asked"], found["unanswered"], found["over_1_s"]) == (2, 2, 0)
    assert all(math.isnan(found[name]) for name in ("median", "p99", "longest"))


def test_what_was_computed_is_read_off_the_pages_own_count(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        'vizlab_jobs_total{kind="analyse",result="failed"} 3',
        'vizlab_jobs_total{kind="analyse",result="done"} 1.2e+03',
        'vizlab_jobs_total{kind="sweep",result="done"} 7',
    ]
    page: Any = type("Page", (), {"url": "http://here"})
    monkeypatch.setattr(httpx, "get", lambda url, **options: httpx.Response(200, text="\n".join(lines)))
    assert load._computed(page) == 1200
    monkeypatch.setattr(httpx, "get", lambda url, **options: httpx.Response(200, text="\n".join(lines[::2])))
    assert load._computed(page) == 0  # the page counts nothing that has not happened


def test_memory_is_held_against_what_it_was_at_rest_and_the_cache() -> None:
    found = soak._figures(500.4, [610.2, 730.6, 700.0], 61.7, 1000, 100, (120, 160))
    assert found == {
        "wanted": 1000, "done": 3, "run_seconds": 62, "size": [120, 160], "cache_mb": 100, "start_mb": 500,
        "largest_mb": 731, "bound_mb": 630, "memory": [[1, 610], [2, 731], [3, 700]],
    }  # fmt: skip


def test_a_page_that_was_too_large_from_the_start_has_figures_too() -> None:
    found = soak._figures(500, [], 1, 1000, 100, (120, 160))
    assert (found["done"], found["largest_mb"], found["memory"]) == (0, 500, [])


@pytest.mark.parametrize("count", [1, 39, 40, 41, 79, 80, 1000])
def test_so_many_readings_are_written_down_at_most_from_the_first_on(count: int) -> None:
    memory = soak._figures(0, [float(number) for number in range(1, count + 1)], 1, count, 100, (1, 1))["memory"]
    assert min(count, soak.KEPT // 2) <= len(memory) <= soak.KEPT
    assert memory[0] == [1, 1]
    assert all(done == mb for done, mb in memory)
    assert len({later[0] - one[0] for one, later in pairwise(memory)}) <= 1


Do = Callable[[Path], object]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that stands for the small disk, on which commands run in this process."""

    def run(do: Callable[[], object], log: Path, kill_after: float) -> tuple[int, float]:
        log.write_text("vizlab: 'a' cannot be written\n")
        do()
        return 1, 0.0

    monkeypatch.setattr(disk, "run", run)
    monkeypatch.setattr(disk, "filled", lambda *room: contextlib.nullcontext())
    small = tmp_path / "small"
    (small / "others" / "deep").mkdir(parents=True)
    (small / "others" / "deep" / "notes.txt").write_bytes(b"abc")
    (small / "others" / "empty").touch()
    return small


def kept(small: Path, do: Do) -> bool:
    """Whether a command that does this on a full disk is said to have kept what was there."""
    return disk._on_full_disk(Command("x", lambda out: do(small)), small, small.parent / "log").kept


@pytest.mark.parametrize(
    "do",
    [
        lambda small: (small / "others" / "deep" / "notes.txt").write_bytes(b"abd"),
        lambda small: (small / "others" / "deep" / "notes.txt").write_bytes(b"abcd"),
        lambda small: (small / "others" / "deep" / "notes.txt").unlink(missing_ok=True),
        lambda small: (small / "others" / "empty").write_bytes(b"a"),
        lambda small: (small / "others").rename(small / "mine") if (small / "others").exists() else None,
        lambda small: (small / "before").write_bytes(b""),
    ],
    ids=["other bytes", "longer", "gone", "no more empty", "elsewhere", "emptied"],
)  # fmt: skip
def test_whatever_a_writer_does_to_a_file_that_was_there_is_seen(do: Do, here: Path) -> None:
    assert not kept(here, do)


def test_with_half_the_room_what_it_was_given_may_change_and_nothing_else(here: Path) -> None:
    def appends(to: Path) -> None:
        with to.open("ab") as file:
            file.write(b"more")

    def found(do: Do) -> tuple[bool, bool]:
        command = Command("x", do, prepare=lambda out: (out / "given").write_bytes(b"abc"))
        one = disk._on_full_disk(command, here, here.parent / "log")
        assert one.half is not None
        return one.kept, one.half.kept

    assert found(lambda out: None) == (True, True)
    assert found(lambda out: appends(out / "given")) == (False, True)
    assert found(lambda out: appends(here / "others" / "deep" / "notes.txt")) == (False, False)


def test_files_of_its_own_are_no_harm(here: Path) -> None:
    assert kept(here, lambda small: None)
    (here / "others" / "deep" / "notes.txt").write_bytes(b"abc")
    assert kept(here, lambda small: (small / "others" / "more").write_bytes(b"new"))


@pytest.mark.parametrize(
    ("code", "words", "said", "one_sentence"),
    [
        (1, "40 %|####\nvizlab: 'a' cannot be written\n\n", "vizlab: 'a' cannot be written", True),
        (1, "40 %|####vizlab: 'a' cannot be written\n", "vizlab: 'a' cannot be written", True),
        (0, "vizlab: 'a' cannot be written\n", "vizlab: 'a' cannot be written", False),
        (1, "Traceback (most recent call last):\nvizlab: 'a'\n", "vizlab: 'a'", False),
        (1, "OSError: No space left on device\n", "OSError: No space left on device", False),
        (1, "", "", False),
    ],
)
def test_a_sentence_is_the_last_line_alone(
    code: int, words: str, said: str, one_sentence: bool, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.write_text(words)
    found = disk._said(code, log)
    assert (found.code, found.said, found.one_sentence) == (code, said, one_sentence)
