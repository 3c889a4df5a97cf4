"""Small pieces of the page as HTML text; whatever comes from a user or a file is escaped here."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from vizlab.core.method import Citation
from vizlab.page.kit.images import NETWORK_SIDE, data_uri
from vizlab.views import ColourBar, LegendItem, Panel
from vizlab.views.panels import Legend, number, percent

_SUMMED_UP = re.compile(r"\d+ .*class(es)?$")  # "9 smaller classes" of one picture are not those of the next

CHIPS = 8
"""A legend beside pictures lists at most so many classes."""


def tag(name: str, content: str, css: str = "", **attributes: str) -> str:
    """One element; `content` is HTML, attribute values are escaped here, `data_x` is written data-x."""
    given = {"class": css, **attributes} if css else attributes
    written = "".join(f' {key.strip("_").replace("_", "-")}="{escape(value)}"' for key, value in given.items())
    return f"<{name}{written}>{content}</{name}>"


def words(text: str, css: str = "") -> str:
    """Plain text, escaped, in a span."""
    return tag("span", escape(text), css)


def badge(text: str, kind: str = "quiet", tip: str = "") -> str:
    """A short remark that stays in sight: `kind` quiet or warn."""
    return tag("span", escape(text), f"vz-badge vz-{kind}", title=tip) if tip else words(text, f"vz-badge vz-{kind}")


def note(sentence: str, citation: Citation | None = None, badges: Iterable[str] = ()) -> str:
    """What to look for, and where the definition comes from."""
    link = ""
    if citation is not None:
        link = " " + tag("a", escape(citation.text), "vz-source", href=citation.url, target="_blank", rel="noreferrer")
    return tag("p", escape(sentence) + link + "".join(f" {b}" for b in badges), "vz-note")


def heading(title: str, sentence: str = "", citation: Citation | None = None, badges: Iterable[str] = ()) -> str:
    """A panel's head: its title and remarks, one sentence, its source."""
    head = tag("div", tag("h3", escape(title)) + "".join(badges), "vz-heading")
    return head + (note(sentence, citation) if sentence else "")


def alert(sentence: str) -> str:
    """An error: the sentence as it stands."""
    return tag("div", words("!", "vz-alert-mark") + words(sentence), "vz-alert", role="alert")


def notice(sentence: str) -> str:
    """Something to know that is no error."""
    return tag("div", words(sentence), "vz-notice", role="status")


def empty_state(title: str, sentences: Sequence[str], buttons: str = "", first: bool = False) -> str:
    """What a tab shows when there is nothing to show, and how to change that; `buttons` are HTML, they do it.

    `first`: nothing was drawn yet. While there is something to draw, the page says so instead.
    """
    said = tag("h3", escape(title)) + "".join(tag("p", escape(s)) for s in sentences)
    return tag("div", said + (tag("div", buttons) if buttons else ""), "vz-empty vz-first" if first else "vz-empty")


def button(text: str, **data: str) -> str:
    """A button; `data` are attributes that say what it does in the browser."""
    return tag("button", escape(text), "vz-do", type="button", **data)


def image_tag(panel: Panel, max_side: int = NETWORK_SIDE) -> str:
    """The panel's image; a click enlarges it in the browser."""
    height, width = panel.image.shape[:2]
    return (
        f'<img src="{data_uri(panel.image, max_side)}" width="{width}" height="{height}" '
        f'alt="{escape(panel.title)}" data-enlarge tabindex="0" decoding="async">'
    )


def panel_figure(panel: Panel, max_side: int = NETWORK_SIDE, title: bool = True, legend: bool = True) -> str:
    """A picture with its title, sentence and legend."""
    lines = []
    if title and panel.title != panel.caption:
        lines.append(words(panel.title, "vz-title"))
    if legend:
        lines.append(legend_of(panel.legend))
    if panel.caption:
        lines.append(words(panel.caption, "vz-caption"))
    return tag("figure", image_tag(panel, max_side) + tag("figcaption", "".join(lines)), "vz-panel")


def legend_of(legend: Legend) -> str:
    """Chips for classes, a bar with its numbers for maps."""
    if legend is None:
        return ""
    return colour_bar(legend) if isinstance(legend, ColourBar) else chips(legend)


def chips(items: Sequence[LegendItem], limit: int = CHIPS) -> str:
    """Colour, name and share of the first `limit` classes."""
    parts = []
    for item in items[:limit]:
        share = "" if item.share is None else " " + percent(item.share)
        swatch = tag("i", "", style=f"background:{item.colour}")
        parts.append(tag("span", f"{swatch}{escape(item.label)}{share}", "vz-chip"))
    return tag("span", "".join(parts), "vz-chips")


def colour_bar(bar: ColourBar) -> str:
    """Low, the colours, high and unit."""
    stops = ", ".join(f"{colour} {at:.1%}" for at, colour in bar.stops())
    ramp = tag("i", "", style=f"background:linear-gradient(90deg, {stops})")
    ends = [words(text) for text in (number(bar.low), number(bar.high, bar.unit))]
    return tag("span", f"{ends[0]}{ramp}{ends[1]}", "vz-bar", title=bar.label)


def shared_legend(panels: Sequence[Panel]) -> str:
    """One legend for a row of label maps: the classes of all of them, by their largest share."""
    largest: dict[str, LegendItem] = {}
    for item in (i for p in panels if isinstance(p.legend, tuple) for i in p.legend):
        if item.label not in largest or (item.share or 0) > (largest[item.label].share or 0):
            largest[item.label] = item
    ordered = sorted(largest.values(), key=lambda i: -(i.share or 0))
    return chips([LegendItem(i.label, i.colour) for i in ordered if not _SUMMED_UP.match(i.label)], limit=16)
