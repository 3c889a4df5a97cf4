"""Tables of numbers as HTML, with real minuses."""

import re
from collections.abc import Iterable, Sequence
from html import escape

from vizlab.page.kit.html import tag, words
from vizlab.views.formatting import real_minus

_INTERVAL = re.compile(r"\[[^\[\]]*\]")
_MEASURED = re.compile(r"[−+<≈]?\d\S* \S+")
"""A number and its unit."""


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], name: str, caption: str = "") -> str:
    """Texts in rows, the first cell of which names its row; `name` is read aloud, `caption` stands under it."""
    head = tag("tr", "".join(tag("th", escape(cell), scope="col") for cell in headers))
    lines = (tag("tr", tag("th", escape(first), scope="row") + "".join(map(cell_of, cells))) for first, *cells in rows)
    shown = tag("table", head + "".join(lines), aria_label=name) + (
        words(real_minus(caption), "vz-caption") if caption else ""
    )
    # A wide table scrolls by itself; keys must reach it, too.
    inner = tag("div", shown, "vz-card-table", tabindex="0", role="region", aria_label=name)
    return tag("div", inner, "vz-card")


def cell_of(text: str) -> str:
    """A cell in which no line ends within an interval, or between a number and its unit."""
    written = real_minus(text)
    whole = "vz-whole" if _MEASURED.fullmatch(written) else ""
    return tag("td", _INTERVAL.sub(lambda found: tag("span", found[0], "vz-whole"), escape(written)), whole)
