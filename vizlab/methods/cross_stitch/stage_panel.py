"""One cross-stitch unit in numbers, as the tab shows it: effective ranks, and the channels that are taken most."""

from collections.abc import Sequence

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.methods.cross_stitch import citations
from vizlab.methods.cross_stitch.numbers import ChannelAlpha, effective_ranks, strongest_channels, unit_at
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import SAME
from vizlab.views.figures import stream_title

CHANNELS = 8
"""So many channels stand in the table; the rest are counted."""
RANK = (
    "How many channels a task takes as if alike: exp of the entropy of the normalised singular values (Roy & Vetterli "
    "2007), which here are the channels’ |α|. The curves above are this spectrum, with its signs."
)


def ranks_html(trace: FusionTrace, site: str) -> str:
    """Target x source effective ranks of one unit, with the number of channels they are out of."""
    unit = unit_at(trace, site)
    titles = [stream_title(trace, task) for task in unit.tasks]
    rows = [
        (f"into {name}", *(f"{value:.1f}" for value in row))
        for name, row in zip(titles, effective_ranks(unit).tolist(), strict=True)
    ]
    headers = ("", *(f"from {name}" for name in titles))
    title = f"Effective rank: site {trace_words(trace)[site].label}"
    caption = f"out of {unit.channels}, the channels of a task"
    return heading(title, RANK, citations.RANK, [badge(SAME)]) + table(headers, rows, "effective ranks", caption)


def channels_html(trace: FusionTrace, site: str, target: str) -> str:
    """The largest alphas into one task, of its own channels beside those of others."""
    unit = unit_at(trace, site)
    others = [task for task in unit.tasks if task != target]
    own = strongest_channels(unit, target, [target], CHANNELS)
    foreign = strongest_channels(unit, target, others, CHANNELS) if others else ()
    rows = [
        (str(place + 1), *_cells(own, place, False), *_cells(foreign, place, True))
        for place in range(max(len(own), len(foreign)))
    ]
    more = unit.channels * len(unit.tasks) - len(own) - len(foreign)
    headers = ("", "own channel", "α", "others’ channel", "α")
    title = f"Channels that {stream_title(trace, target)} takes most"
    shown = table(headers, rows, "channels taken most", f"+{more:,} more into this task")
    return heading(title, "", None, [badge(SAME)]) + shown


def _cells(found: Sequence[ChannelAlpha], index: int, named: bool) -> tuple[str, str]:
    if index >= len(found):
        return "", ""
    one = found[index]
    return f"{one.source} {one.channel}" if named else str(one.channel), f"{one.alpha:.3f}".replace("-", "−")
