"""One exchange site in detail, as the tab shows it: its groups of channels as pictures, its channels as a table."""

from dataclasses import replace
from html import escape

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import TraceError
from vizlab.methods.cen import citations
from vizlab.methods.cen.channels import Channels, Ordering, channel_groups, channels_of, exchange_site
from vizlab.methods.cen.feature_maps import exchange_groups, features_bar
from vizlab.methods.cen.numbers import exchange_sites
from vizlab.page.kit.grid import grid_table
from vizlab.page.kit.html import badge, colour_bar, heading, note, tag, words
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import THIS
from vizlab.views import Panel
from vizlab.views.figures import stream_title
from vizlab.views.panels import Cell, number, percent

ROWS = 12
"""So many channels stand in the table; the rest are counted."""
SORTS: dict[str, Ordering] = {
    "smallest |γ|": "gamma",
    "strongest": "got",
    "most gained": "change",
    "as stored": "index",
}
"""Which channels come first, in words."""

GROUPS = (
    "Look at the row of a stream under the group whose γ is near 0 there: flat is what carries nothing, and the other "
    "rows of that column show what other streams have in its place. Maps are means over the group's channels before "
    "the exchange, each less its own mean over the picture; all share one range."
)
CHANNELS = (
    "Strength is the mean square over this picture, before the activation: what the stream had of its own, and what it "
    "goes on with, and the second over the first. Training pushes eligible channels to 0. An exchange is dead where "
    "the giver's scale is below the threshold, too."
)


def site_choices(trace: FusionTrace) -> list[tuple[str, str]]:
    """Label and name of every exchange site, in network order: "site 1 of 17, stage 1, ... · 33.2 % exchanged"."""
    called = trace_words(trace)
    return [
        (f"{called[s.site.name].title} · {percent(float(s.weights['exchanged'].mean()))} exchanged", s.site.name)
        for s in exchange_sites(trace)
    ]


def groups_html(trace: FusionTrace, site: str) -> str:
    """Figure 3 for one site; in its place a sentence if the trace does not hold it."""
    title = f"Channels by group: {_called(trace, site)}"
    try:
        grid = exchange_groups(trace, site)
    except TraceError as err:
        return heading(title, str(err), citations.GROUPS)
    found = exchange_site(trace, site)
    bar = features_bar(channel_groups(found))
    rows = {stream: stream_title(trace, stream) for stream in found.site.targets}
    legend = tag("div", words(bar.label, "vz-caption") + colour_bar(bar), "vz-strip-head")
    bare = replace(grid, rows=tuple((stream, tuple(map(_without_legend, cells))) for stream, cells in grid.rows))
    pictures = tag("div", grid_table(bare, rows), style=f"max-width:{90 + 230 * len(grid.columns)}px")
    return heading(title, GROUPS, citations.GROUPS, [badge(THIS)]) + legend + pictures


def _without_legend(cell: Cell) -> Cell:
    """One colour bar stands above all."""
    return replace(cell, legend=None) if isinstance(cell, Panel) else cell


def _called(trace: FusionTrace, site: str) -> str:
    """The site's name; of one that is not there what was asked for."""
    found = trace_words(trace).get(site)
    return found.title if found else site


def channels_html(trace: FusionTrace, site: str, target: str, by: Ordering) -> str:
    """The first channels of one target in that order, with every stream's |gamma| and what was exchanged for what."""
    found = channels_of(exchange_site(trace, site), target)
    title = stream_title(trace, target)
    streams = [f"|γ| {stream_title(trace, stream)}" for stream in found.streams]
    headers = ("channel", *streams, "eligible", "state", "had", "goes on with", "ratio")
    order = found.ordered(by)
    rows = [_row(found, int(index)) for index in order[:ROWS]]
    more = f"+{len(order) - ROWS} more of {len(order)} channels" if len(order) > ROWS else ""
    head = heading(f"Channels of {title}, site {trace_words(trace)[site].label}", _counts(found), None, [badge(THIS)])
    return head + table(headers, rows, f"channels of {title}", more) + note(CHANNELS)


def _counts(found: Channels) -> str:
    total, exchanged, dead = len(found.exchanged), int(found.exchanged.sum()), int(found.dead.sum())
    return f"{exchanged} of {total} are exchanged, {dead} of these dead."


def _row(found: Channels, index: int) -> tuple[str, ...]:
    had, got = float(found.had[index]), float(found.got[index])
    exchanged = bool(found.exchanged[index])
    return (
        str(index),
        *(number(float(value)) for value in found.gamma[:, index]),
        "yes" if found.eligible[index] else "no",
        _state(exchanged, bool(found.dead[index])),
        number(had),
        number(got),
        number(got / had) if exchanged and had > 0 else "–",
    )


def _state(exchanged: bool, dead: bool) -> str:
    if not exchanged:
        return "kept"
    return "exchanged, dead" if dead else "exchanged"


def ensemble_html(sentence: str) -> str:
    """What the ensemble weighs; nothing without one."""
    return heading("What the ensemble weighs", sentence, citations.ENSEMBLE) if sentence else escape(sentence)
