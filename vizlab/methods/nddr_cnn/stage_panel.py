"""One NDDR layer in numbers, as the tab shows it: each block's effective rank and the channels joined most."""

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.methods.nddr_cnn import citations
from vizlab.methods.nddr_cnn.charts import WIDEST
from vizlab.methods.nddr_cnn.numbers import MatrixKind, nddr_site
from vizlab.methods.nddr_cnn.spectra import ChannelPair, effective_ranks, strongest_pairs
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import SAME
from vizlab.views.figures import stream_title

PAIRS = 8
"""So many pairs of channels stand in the table; the rest are counted."""
RANK = (
    "How many directions of a task's features a block passes on: exp of the entropy of its normalised singular values "
    "(Roy & Vetterli 2007). 1 is a single direction, as many as channels is all alike."
)
TOO_WIDE = f"More than {WIDEST} channels a task: decomposing these blocks takes minutes; `vizlab.views` does it."


def ranks_html(trace: FusionTrace, site: str, kind: MatrixKind) -> str:
    """Target x source effective ranks of one layer, with the number of channels they are out of."""
    found = nddr_site(trace, site)
    title = f"Effective rank: site {trace_words(trace)[site].label}"
    if found.site.channels > WIDEST:
        return heading(title, TOO_WIDE)
    titles = [stream_title(trace, task) for task in found.site.targets]
    rows = [
        (f"into {name}", *(f"{value:.1f}" for value in row))
        for name, row in zip(titles, effective_ranks(found, kind).tolist(), strict=True)
    ]
    caption = f"out of {found.site.channels}, the channels of a task"
    headers = ("", *(f"from {name}" for name in titles))
    return heading(title, RANK, citations.RANK, [badge(SAME)]) + table(headers, rows, "effective ranks", caption)


def pairs_html(trace: FusionTrace, site: str, target: str, kind: MatrixKind) -> str:
    """The strongest weights into one task, from its own channels beside those from others'."""
    found = nddr_site(trace, site)
    tasks, channels = found.site.targets, found.site.channels
    others = [task for task in tasks if task != target]
    own = strongest_pairs(found, target, [target], PAIRS, kind)
    foreign = strongest_pairs(found, target, others, PAIRS, kind) if others else ()
    rows = [
        (str(place), *_cells(own, place - 1, False), *_cells(foreign, place - 1, True))
        for place in range(1, max(len(own), len(foreign)) + 1)
    ]
    more = channels**2 * len(tasks) - len(own) - len(foreign)
    headers = ("", "own: taker ← giver", "weight", "others’: taker ← giver", "weight")
    title = f"Strongest pairs of channels into {stream_title(trace, target)}"
    note = "Pairs of one number are the diagonal, which training began with; others were learnt."
    shown = table(headers, rows, "strongest pairs of channels", f"+{more:,} more weights into this task")
    return heading(title, note, None, [badge(SAME)]) + shown


def _cells(pairs: tuple[ChannelPair, ...], index: int, named: bool) -> tuple[str, str]:
    if index >= len(pairs):
        return "", ""
    pair = pairs[index]
    giver = f"{pair.source} {pair.giver}" if named else str(pair.giver)
    return f"{pair.taker} ← {giver}", f"{pair.weight:.3f}".replace("-", "−")
