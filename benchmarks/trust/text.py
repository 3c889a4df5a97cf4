"""docs/trust.md out of docs/trust.json: every sentence is chosen by the figures."""

import re
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.trust.record import FILE, read
from vizlab.errors import DataError
from vizlab.replacing import replace_text

Figures = Mapping[str, Any]
_UNWRITTEN = re.compile("vizlab: '([^']*)' cannot be written")
NEAR = 1.25
"""Times the ideal wait that still count as near it."""
ROWS = 9
"""Of memory along the way."""

HEAD = """# Trials

A page that one may leave running, and commands that may be killed: what was tried, and what was found. Each trial is a
command, bounded in time, memory and disk, and reaches nothing beyond this machine. It writes its figures to
[trust.json](trust.json); this text is made of them by `python -m benchmarks.trust text`. What is held by tests beside
these trials stands in [who may do what](security.md).
"""


def write_text(source: Path = FILE, target: Path | None = None) -> None:
    """Write the text of the trials in `source`, beside it if nothing else is said. Raises DataError."""
    replace_text(target or source.with_suffix(".md"), trust_text(read(source)), DataError)


def trust_text(trials: Mapping[str, Figures]) -> str:
    """Markdown; a trial that was not run yet is said to be so."""
    sections = [HEAD]
    for name, (title, about, say) in _SECTIONS.items():
        trial = trials.get(name)
        lines = ["Not run yet."] if trial is None else [_where(trial), *say(trial["figures"])]
        sections.append("\n\n".join([f"## {title}", f"`python -m benchmarks.trust {name}`: {about}", *lines]) + "\n")
    return "\n".join(sections)


def _where(trial: Figures) -> str:
    machine, commit = trial["machine"], trial["commit"]
    words = " ".join(_option(name, value) for name, value in trial["arguments"].items() if value != [])
    at = f"commit {commit.removesuffix('+')}" if commit else "an unknown commit"
    changed = " with changes that were not committed" if commit.endswith("+") else ""
    given = f" as `{words}`" if words else ""
    note = f" {trial['note']}" if trial["note"] else ""
    cores = f"{machine['cores_used']} of {machine['cores']} cores with {machine['memory_gb']} GB of memory"
    versions = f"{machine['system']}, Python {machine['python']}, torch {machine['torch']}"
    return (
        f"Run on {trial['date']} UTC at {at}{changed}{given}, on {cores}: {versions}. It took "
        f"{_seconds(trial['seconds'])}; in the 15 minutes before its end the machine's load average was "
        f"{trial['load_average']:g}.{note}"
    )


def _option(name: str, value: Any) -> str:
    """As it is given to the command."""
    if isinstance(value, list):
        said = "x".join(map(str, value)) if isinstance(value[0], int) else shlex.join(value)
    else:
        said = f"{value:g}" if isinstance(value, float) else f"{value}"
    return f"--{name.replace('_', '-')} {said}"


def _load(found: Figures) -> list[str]:
    return [_answers(found), _waits(found), _page_itself(found), *_crowd(found)]


def _answers(found: Figures) -> str:
    if not found["answers"]:
        wrong = "nothing shows that answers are right"
    elif found["wrong"]:
        wrong = f"{found['wrong']} were wrong"
    else:
        wrong = "every one was right to the last number and pixel"
    failed, known = found["failed"], found["answers"] - found["computed"]
    memory = f", {known} of them from memory" if known > 0 else ", each of another picture"
    broken = (
        "No request failed" if not failed else f"{_many(sum(failed.values()), 'request')} failed ({_counted(failed)})"
    )
    refused = "none was refused" if not found["refused"] else f"{found['refused']} were refused"
    return (
        f"{found['visitors']} visitors got {_many(found['answers'], 'answer')} in {_seconds(found['run_seconds'])}"
        f"{memory}: {wrong}. {broken}, and {refused}. Each visitor got {found['fewest_of_one']} to "
        f"{found['most_of_one']} answers. The page used {found['core_share']:.2f} of a core."
    )


def _waits(found: Figures) -> str:
    if not found["computed"] or found["wait_longest"] is None:
        return "Nothing was computed, so that nothing is known of waits."
    ideal = found["visitors"] * found["run_seconds"] / found["computed"]
    times = found["wait_longest"] / ideal
    near = "near that" if times <= NEAR else f"{times:.1f} times that"
    return (
        f"It computed {found['computed'] / found['run_seconds']:.2f} analyses a second; at that rate each of so many "
        f"visitors, who ask again at once, waits {ideal:.0f} s if all wait alike. The longest wait was "
        f"{found['wait_longest']:.0f} s, {near}; the median was {found['wait_median']:.0f} s."
    )


def _page_itself(found: Figures) -> str:
    late = found["get"]["over_1_s"] + found["get"]["unanswered"]
    within = "came within a second each time" if not late else f"came within a second except {_times(late)}"
    names = {"get": "the page itself (`GET /`)", "health": "its `/health`", "bare": "a server that does nothing else"}
    head = (
        "| asked for every second | times | median | 99 % within | longest | after more than 1 s | never |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    rows = [
        f"| {names[name]} | {one['asked']} | {one['median']:.2f} s | {one['p99']:.2f} s | {one['longest']:.2f} s | "
        f"{one['over_1_s']} | {one['unanswered']} |"
        for name in names
        for one in [found[name]]
    ]
    said = (
        f"Meanwhile the page itself, for somebody else, {within}. Its `/health` needs next to no work; the server that "
        "does nothing else, on the same machine, shows what the machine alone takes."
    )
    return "\n\n".join([said, "\n".join([head, *rows])])


def _crowd(found: Figures) -> list[str]:
    crowd = found.get("crowd")
    if crowd is None:
        return ["It ended before its last part, in which more visitors come at once than there are places."]
    wrong = "all rightly" if not crowd["wrong"] else f"{crowd['wrong']} of them wrongly"
    failed = "" if not crowd["failed"] else f" Requests failed: {_counted(crowd['failed'])}."
    told = f", told for instance: “{crowd['sentences'][0]}”" if crowd["sentences"] else ""
    left = found["files_left"]
    files = "no file of theirs was left" if not left else f"{_many(left, 'file')} of theirs {_were(left)} left"
    traces = "no traceback" if not found["tracebacks"] else _many(found["tracebacks"], "traceback")
    return [
        f"Then {crowd['visitors']} came at once, where {found['places']} may wait: {crowd['answers']} had an answer "
        f"after a minute and a half, {wrong}, and {crowd['refused']} were refused{told}. The others left, and their "
        f"places with them.{failed}",
        f"A minute after the last had left, {files}; the page held {found['largest_mb']} MB, and its log {traces}.",
    ]


def _soak(found: Figures) -> list[str]:
    size = "x".join(map(str, found["size"]))
    rest, bound, memory = found.get("at_rest_mb"), found["bound_mb"], found["memory"]
    resting = f"and {rest} MB at rest at the end, {_beside(rest, bound)}" if rest else "and was ended before it rested"
    shown = [memory[round(at * (len(memory) - 1) / (ROWS - 1))] for at in range(ROWS)] if len(memory) > ROWS else memory
    analyses = f"{_many(found['done'], 'analysis')}{_partly(found['done'], found['wanted'])}"
    return [
        f"{analyses}, each of another picture of {size} pixels, in {_seconds(found['run_seconds'])}. The process had "
        f"{found['start_mb']} MB at rest at the start, with its network loaded, {resting}. The bound, {bound} MB, is "
        f"its start and 1.3 times the cache of {found['cache_mb']} MB. Right after an analysis, with what that needed, "
        f"it had {found['largest_mb']} MB at most, {_beside(found['largest_mb'], bound)}.{_grown(memory)}",
        "\n".join(["| after analyses | MB |", "| ---: | ---: |", *(f"| {done:,} | {mb} |" for done, mb in shown)]),
    ]


def _grown(memory: Sequence[tuple[int, int]]) -> str:
    """What became of it in the later half of a run; nothing is said of one reading."""
    if len(memory) < 2:
        return ""
    last, mb = memory[-1]
    grown = mb - min(memory, key=lambda one: abs(one[0] - last / 2))[1]
    return f" In the second half of the run it {'grew' if grown >= 0 else 'shrank'} by {abs(grown)} MB."


def _beside(size: float, bound: float) -> str:
    return f"{bound - size} MB under the bound" if size <= bound else f"{size - bound} MB over the bound"


def _kills(found: Figures) -> list[str]:
    head = (
        "| command | kills | runs gone on with to the end | to other bytes | half files | faults |\n"
        "| --- | ---: | ---: | ---: | ---: | --- |"
    )
    of = {name: one for name, one in found["of"].items() if name != "page"}
    rows = [
        f"| {name} | {one['kills']} | {one['finished']} | {one['differing']} | {len(one['broken'])} | "
        f"{'; '.join(one['faults']) or 'none'} |"
        for name, one in of.items()
    ]
    bad = [n for n, one in of.items() if one["differing"] or one["broken"] or one["faults"] or not one["finished"]]
    well = "left no half file, and came, gone on with, to the bytes of a run that nobody killed"
    verdict = (
        f"Every command {well}." if not bad else f"{_of_all(of, bad, 'command')} {well}; not so: {', '.join(bad)}."
    )
    killed = f"{_many(found['kills'], 'kill')}{_partly(found['kills'], found['wanted'])}, seed {found['seed']}."
    return [f"{killed} {verdict}" if of else killed, "\n".join([head, *rows]), *_page(found["of"].get("page"))]


def _of_all(all_: Collection[str], bad: Collection[str], word: str) -> str:
    """How many of them are not bad."""
    return f"{len(all_) - len(bad)} of {_many(len(all_), word)}"


def _page(page: Figures | None) -> list[str]:
    if page is None:
        return []
    again = page["kills"] - page["answered_again"]
    answered = "each time the next page answered" if not again else f"{again} times the next page did not answer"
    wrong = "rightly" if not page["wrong"] else f"{page['wrong']} times wrongly"
    after = page["files_after_next_start"]
    gone = "of which the next page's start left none" if not after else f"of which {after} outlived the next start"
    faults = f" Faults: {'; '.join(page['faults'])}." if page["faults"] else ""
    return [
        f"The page was killed {page['kills']} times while three visitors waited for it: {answered}, {wrong}. The kills "
        f"left {_many(page['files_left'], 'file')} of visitors, {gone}.{faults}"
    ]


def _disk(found: Figures) -> list[str]:
    writers = found["writers"]
    bad = [name for name, one in writers.items() if not _is_well(one)]
    well = "said so in one sentence, left no half file, changed nothing else, and did their work once there was room"
    verdict = f"All {len(writers)} writers {well}." if not bad else (
        f"{_of_all(writers, bad, 'writer')} {well}; not so: {', '.join(bad)}."
    )  # fmt: skip
    free = f"{found['left'] / 1e3:g} kB were" if found["left"] else "nothing was"
    room = f"The file system had {found['room'] / 1e6:g} MB, of which {free} free."
    half = [name for name, one in writers.items() if one.get("half")]
    again = f" Then {len(half)} of them ran with room for half of what they write." if half else ""
    head = (
        "| writer | one sentence | half files | other files as before | works once there is room | "
        "with half the room | what could not be written |\n| --- | --- | ---: | --- | --- | --- | --- |"
    )
    rows = [
        f"| {name} | {_yes(one['one_sentence'])} | {len(one['broken']) + one['parts']} | {_yes(one['kept'])} | "
        f"{_yes(one['later'])} | {_halfway(one.get('half'))} | {_unwritten(one)} |"
        for name, one in writers.items()
    ]
    return [f"{verdict} {room}{again}", "\n".join([head, *rows]), *_sentence(writers)]


def _is_well(one: Figures) -> bool:
    half = one.get("half")
    whole = not one["broken"] and not one["parts"] and one["kept"] and one["later"]
    return bool(one["one_sentence"] and whole and (half is None or _halfway(half) != "not so"))


def _halfway(half: Figures | None) -> str:
    if half is None:
        return "not tried"
    if half["broken"] or half["parts"] or not half["kept"] or not half["later"]:
        return "not so"
    return "likewise" if half["one_sentence"] else "did its work" if half["code"] == 0 else "not so"


def _unwritten(one: Figures) -> str:
    """The file that its sentence names, then that where there was half the room; other words as they are."""
    both = [said for said in (one, one.get("half")) if said and said["code"]]
    named = [_UNWRITTEN.match(said["said"]) for said in both]
    if not all(named):
        return "; ".join(said["said"] for said in both).replace("|", "/")
    return ", then ".join(dict.fromkeys(f"`{match[1]}`" for match in named if match))


def _sentence(writers: Mapping[str, Figures]) -> list[str]:
    """What commands say, once."""
    said = next((one["said"] for one in writers.values() if _UNWRITTEN.match(one["said"])), None)
    return ["Commands say: “" + _UNWRITTEN.sub("vizlab: 'NAME' cannot be written", said) + "”"] if said else []


def _fuzz(found: Figures) -> list[str]:
    faults = (
        "No fault: nothing crashed, hung, took too much memory or ended in anything but a sentence."
        if not found["faults"]
        else f"{_many(found['faults'], 'fault')}: {'; '.join(found['first_faults'])}."
    )
    files = f"{_many(found['done'], 'file')}{_partly(found['done'], found['wanted'])}, seed {found['seed']}"
    return [
        f"{files}: {_counted(found['verdicts'])}. {faults} The slowest took {found['slowest_seconds']:g} s "
        f"({found['slowest_kind']}); the most memory that one added was {found['most_mb']} MB."
    ]


_SECTIONS: dict[str, tuple[str, str, Callable[[Figures], list[str]]]] = {
    "load": (
        "Load",
        "visitors with sessions of their own upload pictures, run a network, and fetch its labels. Every number and "
        "every pixel is compared with what Python computes of the same files.",
        _load,
    ),
    "soak": (
        "Memory",
        "one analysis after another of pictures that the page has never seen, each with its document and values.",
        _soak,
    ),
    "kills": (
        "Kills",
        "SIGKILL at random moments of a run, in processes that have imported everything before. The same command then "
        "goes on; in the end its results must be the bytes of a run that nobody killed. A file is whole or absent at "
        "any time.",
        _kills,
    ),
    "disk": (
        "A full disk",
        "whatever writes files, on a small file system in memory that is full, then again with room; then anew where "
        "there is room for half of what it writes.",
        _disk,
    ),
    "fuzz": (
        "Damaged files",
        "tiny valid files of every kind that is read, changed at random; each is read in a child with bounds of time "
        "and memory.",
        _fuzz,
    ),
}
"""By command: title, what it does, and what is said of its figures."""


def _many(count: int, word: str) -> str:
    plural = "analyses" if word == "analysis" else f"{word}s"
    return f"{count:,} {word if count == 1 else plural}"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _counted(found: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in found.items())


def _seconds(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 180 else f"{seconds / 60:.0f} min"


def _partly(done: int, wanted: int) -> str:
    return "" if done >= wanted else f" of {wanted:,} that were wanted"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _yes(well: bool) -> str:
    return "yes" if well else "no"
