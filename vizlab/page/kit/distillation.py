"""What tasks tell each other, for tabs: initial against final predictions, and every message with its gate."""

from collections.abc import Sequence

from vizlab.core.method import Citation
from vizlab.core.trace import FusionTrace
from vizlab.measures.distillation import Message, messages
from vizlab.measures.reference import Reference
from vizlab.page.kit.analysis import Picture
from vizlab.page.kit.grid import ROWS, grid_table
from vizlab.page.kit.html import badge, colour_bar, heading, tag, words
from vizlab.page.kit.words import THIS
from vizlab.views import ColourBar, Grid, Panel
from vizlab.views.distillation import gate_bar, message_and_gate_panels, strength_bar
from vizlab.views.initial import initial_predictions
from vizlab.views.palettes import Palette
from vizlab.views.panels import Cell, EmptyCell
from vizlab.views.shares import NOT_AN_EFFECT

_BY_SCALE = "Columns are messages, rows scales, finest first."
_BY_TASK = "Columns send, rows receive."
MESSAGES = (
    "Above: the message as it arrives, conv(F) × gate; bright is where it is strong, against all that the receiver "
    "has there. Below: its gate; bright is where less is held back, be it of much or of little. Where the maps' "
    "correlation is below 0, the message is strong where its gate is rather closed."
)
GATES_ALONE = (
    "This trace was saved before the strength of messages was kept, so only gates are shown: bright is where less is "
    "held back, be it of much or of little."
)
CUT_APART = "No message was sent: the tasks were cut apart in this run."


def initial_html(
    trace: FusionTrace, picture: Picture, palette: Palette, title: str, sentence: str, citation: Citation
) -> str:
    """Initial and final predictions of all tasks, with the reference where there is one."""
    reference = (picture.reference or Reference()).completed(picture.rgbd)
    grid = grid_table(initial_predictions(trace, reference, palette), ROWS)
    return heading(title, sentence, citation, [badge(THIS)]) + grid


def messages_html(trace: FusionTrace, citation: Citation) -> str:
    """Every message with its gate under it, two colour bars for all.

    Scales down and messages across or, where there is one unit alone, receivers down and senders across.
    """
    title, sent, panels = "Messages and their gates", messages(trace), message_and_gate_panels(trace)
    if not panels:
        return heading(title, CUT_APART, citation, [badge(THIS)])
    several = len({message.site for message in sent}) > 1
    grid = grid_table(_by_scale(panels) if several else _by_task(sent, panels), {})
    known = all(message.strength is not None for message in sent)
    places = _BY_SCALE if several else _BY_TASK
    sentence = f"{places} {MESSAGES} {NOT_AN_EFFECT}" if known else f"{places} {GATES_ALONE}"
    bars = (strength_bar(sent), gate_bar(sent)) if known else (gate_bar(sent),)
    return heading(title, sentence, citation, [badge(THIS)]) + _bars(bars) + grid


def _by_scale(panels: Sequence[Panel]) -> Grid:
    rows: dict[str, list[Panel]] = {}
    for panel in panels:
        rows.setdefault(panel.title.partition(":")[0], []).append(panel)
    columns = tuple(panel.title.partition(": ")[2] for panel in next(iter(rows.values())))
    return Grid(columns, tuple((scale, tuple(of_scale)) for scale, of_scale in rows.items()))


def _by_task(sent: Sequence[Message], panels: Sequence[Panel]) -> Grid:
    """Nobody sends to himself, which leaves a gap."""
    found: dict[tuple[str, str], Cell] = {(m.target, m.source): p for m, p in zip(sent, panels, strict=True)}
    sources, targets = (tuple(dict.fromkeys(getattr(m, role) for m in sent)) for role in ("source", "target"))
    order = tuple(dict.fromkeys([*(t for t in targets if t in sources), *sources]))  # one's own on the diagonal
    itself = EmptyCell("Its own features stay as they are.")
    rows = tuple((f"into {t}", tuple(found.get((t, s), itself) for s in order)) for t in targets)
    return Grid(tuple(f"from {s}" for s in order), rows)


def _bars(bars: Sequence[ColourBar]) -> str:
    """Colour bars in a row, each after what it is of."""
    return tag("div", "".join(words(bar.label, "vz-caption") + colour_bar(bar) for bar in bars), "vz-strip-head")
