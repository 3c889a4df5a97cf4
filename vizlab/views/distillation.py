"""Distillation between tasks as charts: shares unit by unit, messages and their gates as maps."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go

from vizlab.core.trace import FusionTrace
from vizlab.measures.distillation import Message, messages, unit_shares
from vizlab.views.figures import matrix_multiples, multiples_height, styled, this_picture
from vizlab.views.formatting import signed
from vizlab.views.outside import THUMBNAIL
from vizlab.views.palettes import UNKNOWN_GREY, coloured
from vizlab.views.panels import ColourBar, Panel, percent, placed, range_bar
from vizlab.views.shares import NOT_AN_EFFECT

STRENGTH = "message, relative to all that the receiver has"
GATE = "gate, mean over channels"
_LEVELS = 64
"""Steps of a map's colour range: two maps in one picture then have few enough colours to weigh half."""
_GAP = 4
"""Pixels of grey between a message and its gate in one panel."""


def affinity_shares(trace: FusionTrace) -> go.Figure:
    """Target x source share of every distillation unit, finest scale first, for this picture."""
    shares = unit_shares(trace)
    end = max(1.0, *(float(np.abs(s.share[np.isfinite(s.share)]).max(initial=0)) for s in shares))
    figure = matrix_multiples(
        [s.stage for s in shares], [s.share for s in shares], shares[0].targets, shares[0].sources,
        low=-end, high=end, colours="diverging", bar_title="share", columns=2,
    )  # fmt: skip
    first = f"{this_picture(trace)}; each row sums to 1."
    several = len(shares) > 1
    without = dict.fromkeys(site.site.kind for site in trace.sites.values() if not site.site.additive)
    undefined = f" Sites that do not add ({', '.join(without)}) have no share." if without else ""
    notes = [f"{first}{' Finest scale first.' if several else ''}{undefined}", NOT_AN_EFFECT]
    return styled(
        figure,
        "Who tells whom, scale by scale" if several else "Who tells whom",
        notes,
        multiples_height(len(shares), len(shares[0].targets), columns=2),
        headings=True,
    )


def message_panels(trace: FusionTrace) -> tuple[Panel, ...]:
    """Where each message is strong, finest scale first, then by target and source; all on one range from 0.

    `key` is "message/SITE/TARGET/SOURCE". Empty for a trace saved before strengths were kept, or with its tasks cut
    apart.
    """
    sent = messages(trace)
    bar = strength_bar(sent)
    return tuple(_panel(trace, m, m.strength, bar, strength_caption(m)) for m in sent if m.strength is not None)


def gate_panels(trace: FusionTrace) -> tuple[Panel, ...]:
    """The mean gate of every message in the order of `message_panels`; all on one range.

    `key` is "gate/SITE/TARGET/SOURCE". A gate says which part of a message passes, not how much there was to pass.
    """
    sent = messages(trace)
    bar = gate_bar(sent)
    return tuple(_panel(trace, m, m.gate, bar, gate_caption(m)) for m in sent)


def message_and_gate_panels(trace: FusionTrace) -> tuple[Panel, ...]:
    """Every message with its gate under it in one picture; the gate alone where the trace has no strengths.

    `key` is "exchange/SITE/TARGET/SOURCE"; the ranges are those of `message_panels` and `gate_panels`, whose colour
    bars are to be shown once for all.
    """
    gates, strengths, sent = gate_panels(trace), message_panels(trace), messages(trace)
    if not strengths:
        return gates
    return tuple(_stacked(*both) for both in zip(strengths, gates, sent, strict=True))


def strength_bar(sent: Sequence[Message]) -> ColourBar:
    """0 to the 98th percentile of all maps, each counting alike whatever its resolution."""
    known = [m.strength for m in sent if m.strength is not None and np.isfinite(m.strength).all()]
    levels = [np.percentile(strength, np.arange(0, 100.5, 0.5)) for strength in known]
    high = float(f"{np.percentile(levels, 98):.2g}") if levels else 0.0
    return ColourBar(0, max(0.01, high), "", "magma", STRENGTH)


def gate_bar(sent: Sequence[Message]) -> ColourBar:
    """The 1st to the 99th percentile of all gates, to the next twentieth."""
    return range_bar([m.gate for m in sent] or [np.array([0.0, 1.0])], "viridis", GATE)


def strength_caption(message: Message) -> str:
    """Its share of the variance, and whether it is strong where its gate is open."""
    share = f"{percent(message.share)} of the variance."
    if not np.isfinite(message.correlation):
        return share
    return f"{share} Correlation with its gate {signed(message.correlation)}."


def gate_caption(message: Message) -> str:
    """The mean gate."""
    return f"Mean gate {message.mean_gate:.2f}."


def _panel(trace: FusionTrace, message: Message, values: np.ndarray, bar: ColourBar, caption: str) -> Panel:
    level = np.clip((values - bar.low) / (bar.high - bar.low), 0, 1)
    drawn = placed(np.round(level * (_LEVELS - 1)), trace.framing, trace.sites[message.site].grid, THUMBNAIL)
    image = coloured(drawn, 0, _LEVELS - 1, bar.colormap)
    title = f"{message.stage}: {message.source} → {message.target}"
    kind = "gate" if bar.label == GATE else "message"
    return Panel(image, title, caption, bar, f"{kind}/{message.site}/{message.target}/{message.source}")


def _stacked(upper: Panel, lower: Panel, message: Message) -> Panel:
    gap = np.full((_GAP, upper.image.shape[1], 3), UNKNOWN_GREY, np.uint8)
    image = np.concatenate([upper.image, gap, lower.image])
    numbers = [f"Share {percent(message.share)}", f"mean gate {message.mean_gate:.2f}"]
    if np.isfinite(message.correlation):
        numbers.append(f"correlation {signed(message.correlation)}")
    return Panel(image, upper.title, f"{', '.join(numbers)}.", key=upper.key.replace("message/", "exchange/", 1))


PUBLIC = {view.__name__: view for view in (affinity_shares, gate_panels, message_and_gate_panels, message_panels)}
"""What a method whose tasks send each other gated messages offers of it in `vizlab.views`."""
