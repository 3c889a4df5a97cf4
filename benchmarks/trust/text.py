"""docs/trust.md out of docs/trust.json: every sentence is chosen by the figures."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.trust.record import FILE, read
from vizlab.core.replacing import replace_text
from vizlab.errors import DataError

Figures = Mapping[str, Any]
NEAR = 1.25
"""Times the ideal wait that still count as near it."""

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
    machine, given = trial["machine"], trial["arguments"]
    cores = f"{machine['cores_used']} of {machine['cores']} cores"
    listed = ", ".join(f"{name.replace('_', '-')} {_plain(value)}" for name, value in given.items() if value != [])
    note = f" {trial['note']}" if trial["note"] else ""
    return (
        f"Run on {trial['date']} UTC at commit {trial['commit'] or 'unknown'} with {listed}; on {cores}, "
        f"{machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}, torch {machine['torch']}. "
        f"It took {_seconds(trial['seconds'])}; on average {trial['load_average']:g} processes of the machine wanted "
        f"to run.{note}"
    )


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
    broken = "no request failed" if not failed else "requests failed: " + _counted(failed)
    refused = "none was refused" if not found["refused"] else f"{found['refused']} were refused"
    return (
        f"{found['visitors']} visitors got {_many(found['answers'], 'answer')} in {_seconds(found['run_seconds'])}"
        f"{memory}: {wrong}, {broken}, {refused}. Each visitor got {found['fewest_of_one']} to "
        f"{found['most_of_one']} answers. The page had "
        f"{found['core_share']:.2f} of a core."
    )


def _waits(found: Figures) -> str:
    if not found["computed"] or found["wait_longest"] is None:
        return "Nothing was computed, so that nothing is known of waits."
    ideal = found["visitors"] * found["run_seconds"] / found["computed"]
    times = found["wait_longest"] / ideal
    near = "near that" if times <= NEAR else f"{times:.1f} times that"
    return (
        f"With {found['computed'] / found['run_seconds']:.2f} analyses a second and as many visitors who ask again at "
        f"once, each waits {ideal:.0f} s if all wait alike (work / rate). The longest wait was "
        f"{found['wait_longest']:.0f} s, {near}; the median {found['wait_median']:.0f} s."
    )


def _page_itself(found: Figures) -> str:
    page, health, bare = found["get"], found["health"], found["bare"]
    late = page["over_1_s"] + page["unanswered"]
    within = (
        "every answer came within a second"
        if not late
        else f"{late} answers took more than a second"
        + (f", {page['unanswered']} of them never came" if page["unanswered"] else "")
    )
    loop = (
        f"`/health`, which needs next to no work, took {health['median']:.2f} s, {health['p99']:.2f} s and "
        f"{health['longest']:.2f} s."
    )
    others = "none" if not bare["over_1_s"] + bare["unanswered"] else str(bare["over_1_s"] + bare["unanswered"])
    return (
        f"Meanwhile somebody else asked for the page itself (`GET /`) every second, {page['asked']} times: {within}; "
        f"median {page['median']:.2f} s, 99 % within {page['p99']:.2f} s, the longest {page['longest']:.2f} s. "
        f"{loop} A server that does nothing else, asked at the same moments on the same machine, took "
        f"{bare['median']:.2f} s, {bare['p99']:.2f} s and {bare['longest']:.2f} s; {others} of its answers took more "
        "than a second."
    )


def _crowd(found: Figures) -> list[str]:
    crowd = found.get("crowd")
    if crowd is None:
        return ["It ended before more visitors came at once than there are places."]
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
        f"A minute after the last had left {files}; the page held {found['largest_mb']} MB, and its log {traces}.",
    ]


def _soak(found: Figures) -> list[str]:
    size = "x".join(map(str, found["size"]))
    partly = "" if found["done"] >= found["wanted"] else f" of {found['wanted']:,}, for want of time"
    rest, bound = found.get("at_rest_mb"), found["bound_mb"]
    resting = f"at rest again it had {rest} MB, {_beside(rest, bound)}" if rest else "it was ended before it rested"
    points = ", ".join(f"{mb} after {done}" for done, mb in found["memory"])
    return [
        f"{_many(found['done'], 'analysis')}{partly}, each of another picture of {size} pixels, in "
        f"{_seconds(found['run_seconds'])}. The process had {found['start_mb']} MB at rest at the start, with its "
        f"network loaded; {resting}. The bound, {bound} MB, is its start and 1.3 times the cache of "
        f"{found['cache_mb']} MB. Right after an analysis, with what that needed, it had {found['largest_mb']} MB at "
        f"most, {_beside(found['largest_mb'], bound)}.",
        f"MB along the way, right after an analysis: {points}.",
    ]


def _beside(size: float, bound: float) -> str:
    return f"{bound - size} MB under the bound" if size <= bound else f"{size - bound} MB over the bound"


def _kills(found: Figures) -> list[str]:
    partly = "" if found["kills"] >= found["wanted"] else f" of {found['wanted']:,}, for want of time"
    head = (
        "| command | kills | runs finished afterwards | with other bytes | files not whole | faults |\n"
        "| --- | ---: | ---: | ---: | ---: | --- |"
    )
    of = {name: one for name, one in found["of"].items() if name != "page"}
    rows = [
        f"| {name} | {one['kills']} | {one['finished']} | {one['differing']} | {len(one['broken'])} | "
        f"{'; '.join(one['faults']) or 'none'} |"
        for name, one in of.items()
    ]
    page = found["of"].get("page")
    return [f"{_many(found['kills'], 'kill')}{partly}, seed {found['seed']}.", "\n".join([head, *rows]), *_page(page)]


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
    verdict = (
        f"All {len(writers)} writers said so in one sentence, left no half file and nothing else changed, and did "
        "their work once there was room."
        if not bad
        else f"{len(writers) - len(bad)} of {len(writers)} writers said so in one sentence, left no half file and "
        f"nothing else changed, and did their work once there was room; not so: {', '.join(bad)}."
    )
    head = (
        "| writer | one sentence | half files | others' kept | works once there is room | its last words |\n"
        "| --- | --- | ---: | --- | --- | --- |"
    )
    rows = [
        f"| {name} | {_yes(one['one_sentence'])} | {len(one['broken']) + one['parts']} | {_yes(one['kept'])} | "
        f"{_yes(one['later'])} | {one['said'].replace('|', '/')} |"
        for name, one in writers.items()
    ]
    room = f"The file system had {found['room'] / 1e6:g} MB, of which {found['left'] / 1e3:g} kB were free."
    return [f"{verdict} {room}", "\n".join([head, *rows])]


def _is_well(one: Figures) -> bool:
    return bool(one["one_sentence"] and not one["broken"] and not one["parts"] and one["kept"] and one["later"])


def _fuzz(found: Figures) -> list[str]:
    partly = "" if found["done"] >= found["wanted"] else f" of {found['wanted']:,}, for want of time"
    faults = (
        "No fault: nothing crashed, hung, took too much memory or ended in anything but a sentence."
        if not found["faults"]
        else f"{_many(found['faults'], 'fault')}: {'; '.join(found['first_faults'])}."
    )
    return [
        f"{_many(found['done'], 'file')}{partly}, seed {found['seed']}: {_counted(found['verdicts'])}. {faults} The "
        f"slowest took {found['slowest_seconds']:g} s ({found['slowest_kind']}); the most memory that one added was "
        f"{found['most_mb']} MB."
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
        "whatever writes files, on a small file system in memory that is full but for some bytes, then again with "
        "room.",
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


def _yes(well: bool) -> str:
    return "yes" if well else "no"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value) if all(isinstance(one, str) for one in value) else "x".join(map(str, value))
    return f"{value}"
