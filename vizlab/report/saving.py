"""Figures as files for papers: widths, fonts, formats. Never pyplot: nothing of it is shared between threads."""

import io
import threading
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib.figure import Figure

from vizlab.errors import InputError, one_line
from vizlab.replacing import replace_bytes

SINGLE, DOUBLE = 3.5, 7.16
"""Inches: a column (88 mm) and the width of a page (182 mm) of two-column journals."""
NARROWEST, WIDEST = 1.5, 30.0
DPI = 300
MOST_PIXELS = 120_000_000
FORMATS = ("png", "svg", "pdf")
Width = float | Literal["single", "double"]

_STYLE = {
    "pdf.fonttype": 42,  # TrueType, embedded, as IEEE and ACM want it; the default (3) is refused there
    "svg.fonttype": "path",  # letters as outlines: the same on every machine, whether it has the font or not
    "svg.hashsalt": "vizlab",
    "font.family": "DejaVu Sans",
}
_WITHOUT_DATES: dict[str, dict[str, Any]] = {
    "svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None},
}  # fmt: skip
_LOCK = threading.Lock()
"""matplotlib's settings are of the whole process."""


def inches(width: Width | str) -> float:
    """A width in inches: "single" and "double" columns, a number of inches, "88mm" or "5in".

    Raises InputError for anything else, and for what no page is wide enough for.
    """
    named = {"single": SINGLE, "double": DOUBLE}
    text = str(width).strip().lower()
    unit = next((factor for end, factor in (("mm", 1 / 25.4), ("in", 1.0)) if text.endswith(end)), 1.0)
    try:
        value = named[text] if text in named else float(text.removesuffix("mm").removesuffix("in")) * unit
    except ValueError as err:
        raise _no_width(text) from err
    if not NARROWEST <= value <= WIDEST:
        raise _no_width(text)
    return value


def _no_width(text: str) -> InputError:
    return InputError(
        f"The width is '{one_line(text, 40)}'; expected single (3.5 in), double (7.16 in), or {NARROWEST:g} to "
        f"{WIDEST:g} inches, such as 5in or 120mm."
    )


def saved(figure: Figure, form: str, dpi: int = DPI) -> bytes:
    """The figure as a PNG, SVG or PDF file, exactly as wide as it was made; two runs give the same bytes.

    Letters are embedded: TrueType in PDF, outlines in SVG. Raises InputError for another format.
    """
    if form not in FORMATS:
        raise InputError(f"'{one_line(form, 40)}' is no format of figures; expected {', '.join(FORMATS)}.")
    width, height = figure.get_size_inches()
    if form == "png" and width * height * dpi * dpi > MOST_PIXELS:
        raise InputError(
            f"A figure of {width:.1f} x {height:.1f} inches has more than {MOST_PIXELS / 1e6:g} million pixels at "
            f"{dpi} to the inch; make it narrower, or write a PDF."
        )
    buffer = io.BytesIO()
    with _LOCK, matplotlib.rc_context(_STYLE):  # type: ignore[arg-type]
        figure.savefig(buffer, format=form, dpi=dpi, metadata=_WITHOUT_DATES[form], facecolor="white")
    return buffer.getvalue()


def save(figure: Figure, path: str | Path, dpi: int = DPI) -> Path:
    """Write a figure; the format follows the name's ending (.png, .svg, .pdf). Raises InputError."""
    data = saved(figure, Path(path).suffix.lower().lstrip("."), dpi)
    replace_bytes(path, data, InputError)
    return Path(path)
