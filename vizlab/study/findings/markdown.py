"""Markdown out of rows and counted words."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, its first column to the left and the others to the right; bars in a cell are escaped."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    lines = [" | ".join(cell.replace("|", "\\|") for cell in cells) for cells in (head, marks, *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def listed(words: Sequence[str]) -> str:
    """ "a, b and c"; "none" of nothing."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:]))) or "none"


def counted(chosen: Sequence[str], every: Sequence[str], noun: str) -> str:
    """ "2 of 8 targets (a, b)"; those that are not, where they are fewer; no names where it is all or none."""
    others = [name for name in every if name not in chosen]
    said = f"{len(chosen)} of {len(every)} {noun}"
    if not chosen or not others:
        return said
    return f"{said} (not {', '.join(others)})" if len(others) < len(chosen) else f"{said} ({', '.join(chosen)})"
