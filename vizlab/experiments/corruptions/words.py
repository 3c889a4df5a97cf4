"""What a sweep says in sentences: which way a network turned as a sensor got worse. Each is true of the numbers."""

import numpy as np

from vizlab.core.preprocess import MODALITIES
from vizlab.experiments.corruptions.corruption import Corruption
from vizlab.experiments.corruptions.measured import Pair
from vizlab.experiments.corruptions.sweep import SeveritySweep
from vizlab.views.formatting import percent_words

STILL = 0.0005
"""A share that moved by less, 0.05 percentage points, stands still."""
TURNED = 0.005
"""A mean share must move by half a percentage point before a network is said to turn."""


def stream_words(sweep: SeveritySweep, stream: str) -> str:
    """How a stream is called: "semseg from rgb" for TASK/INPUT, "depth task" where an input is called alike."""
    task, _, source = stream.partition("/")
    if source:
        return f"{task} from {source}"
    return f"{stream} task" if len(sweep.tasks) > 1 and stream in MODALITIES else stream


def senders(sweep: SeveritySweep, pair: Pair) -> str:
    """Who sends to that pair's target: the other stream by name, or all others together."""
    others = sweep.sources[pair]
    return stream_words(sweep, others[0]) if len(others) == 1 else "the other streams"


def last_known(sweep: SeveritySweep, corruption: str) -> int | None:
    """The place in `severities` of the worst one that could be measured; None where there is none."""
    known = [i for i, s in enumerate(sweep.severities) if sweep.at(corruption, s) is not None]
    return max(known, key=lambda i: sweep.severities[i], default=None)


def most_moved(sweep: SeveritySweep, corruption: str, count: int = 1) -> list[Pair]:
    """The pairs whose share moved most at the worst severity measured, largest first; none that stands still."""
    at = last_known(sweep, corruption)
    if at is None:
        return []
    size = np.nan_to_num(np.abs(sweep.response(corruption)[at]))
    return [sweep.pairs[i] for i in np.argsort(-size, kind="stable")[:count] if size[i] >= STILL]


def moved_words(sweep: SeveritySweep, corruption: str, pair: Pair) -> str:
    """ "rgb takes less from depth: share at site 14 from 19 % to 7.0 %"."""
    at, which = last_known(sweep, corruption), sweep.pairs.index(pair)
    assert at is not None
    before, after = float(sweep.clean.share[which]), float(sweep.share(corruption)[at, which])
    verb = "less" if after < before else "more"
    old, new = told_apart(before, after)
    return (
        f"{stream_words(sweep, pair[1])} takes {verb} from {senders(sweep, pair)}: share at site "
        f"{sweep.sites[pair[0]].short} from {old} to {new}"
    )


def told_apart(before: float, after: float) -> tuple[str, str]:
    """Two shares in percent, with as many decimals as it takes to tell them apart, two at most."""
    short = percent_words(before), percent_words(after)
    if short[0] != short[1]:
        return short
    finer = [(f"{100 * before:.{n}f} %", f"{100 * after:.{n}f} %") for n in (1, 2)]
    old, new = finer[0] if finer[0][0] != finer[0][1] else finer[1]
    return old.replace("-", "−"), new.replace("-", "−")


def turned(sweep: SeveritySweep, corruption: Corruption) -> str:
    """What happened to the shares by the worst severity measured: the most moved pair, then the mean of all sites."""
    name, at = corruption.name, last_known(sweep, corruption.name)
    if at is None:
        return f"{corruption.title}: this picture could not be broken so."
    if not np.isfinite(sweep.response(name)[at]).any():
        return "No site of this network has a cross-stream share."
    what = "depth" if corruption.modality == "depth" else "colour"
    when = f"at severity {sweep.severities[at]}" if corruption.graded else "so"
    head = f"With {what} broken {when} ({corruption.title})"
    most = most_moved(sweep, name)
    if not most:
        return f"{head}, no site's share moved by 0.05 percentage points: the fusion does not respond."
    return f"{head}, {moved_words(sweep, name, most[0])}. {_in_the_mean(sweep, corruption, at)}"


def _in_the_mean(sweep: SeveritySweep, corruption: Corruption, at: int) -> str:
    """Per target the mean change over its sites; for two streams that are the inputs, which way that is."""
    means = mean_response(sweep, corruption.name, at)
    several = len({senders(sweep, pair) for pair in sweep.pairs}) > 1
    listed = [
        f"{stream_words(sweep, target)} takes {points(change)}"
        + (f" from {_sender_of(sweep, target)}" if several else "")
        for target, change in means.items()
    ]
    said = f"Mean over sites: {', '.join(listed)}."
    return f"{said} {direction}" if (direction := _direction(sweep, corruption, means)) else said


def mean_response(sweep: SeveritySweep, corruption: str, at: int) -> dict[str, float]:
    """By target, the mean change of its share over its sites at the severity in that place."""
    response = sweep.response(corruption)[at]
    means = {}
    for target in dict.fromkeys(t for _, t in sweep.pairs):
        own = response[[t == target for _, t in sweep.pairs]]
        if np.isfinite(own).any():
            means[target] = float(np.nanmean(own))
    return means


def points(change: float) -> str:
    """A change of a share in words: "3.1 points less", "no more and no less"."""
    if abs(change) < STILL:
        return "no more and no less"
    return f"{abs(change) * 100:.1f} points {'more' if change > 0 else 'less'}"


def _sender_of(sweep: SeveritySweep, target: str) -> str:
    return next(senders(sweep, pair) for pair in sweep.pairs if pair[1] == target)


def _direction(sweep: SeveritySweep, corruption: Corruption, means: dict[str, float]) -> str:
    """For two streams that are the network's two inputs: away from the broken one, towards it, or neither."""
    if set(means) != set(sweep.inputs) or len(means) != 2 or len(sweep.tasks) > 1:
        return ""
    broken = corruption.modality
    intact = next(stream for stream in means if stream != broken)
    from_broken, from_intact = (change if abs(change) >= STILL else 0.0 for change in (means[intact], means[broken]))
    if max(abs(from_broken), abs(from_intact)) < TURNED:
        return "So it hardly turns."
    if from_broken <= 0 <= from_intact:
        return f"So it turns away from {broken}, to {intact}."
    if from_intact <= 0 <= from_broken:
        return f"So it turns to {broken}, the broken one."
    return f"So both streams take {'more' if from_broken > 0 else 'less'} from each other."
