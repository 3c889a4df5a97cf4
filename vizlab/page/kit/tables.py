"""Tables of numbers as HTML."""

from collections.abc import Iterable, Sequence
from html import escape

from vizlab.page.kit.html import tag, words


def table(headers: Sequence[str], rows: Iterable[Sequence[str]], name: str, caption: str = "") -> str:
    """Texts in rows, the first cell of which names its row; `name` is read aloud, `caption` stands under it."""
    head = tag("tr", "".join(tag("th", escape(cell), scope="col") for cell in headers))
    lines = (
        tag("tr", tag("th", escape(first), scope="row") + "".join(tag("td", escape(cell)) for cell in cells))
        for first, *cells in rows
    )
    shown = tag("table", head + "".join(lines), aria_label=name) + (words(caption, "vz-caption") if caption else "")
    # A wide table scrolls by itself; keys must reach it, too.
    inner = tag("div", shown, "vz-card-table", tabindex="0", role="region", aria_label=name)
    return tag("div", inner, "vz-card")
