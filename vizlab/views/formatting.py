"""Numbers as people read them: short, with their unit, alike within a column; and the words around them."""

import math
import re

_HYPHEN = re.compile(r"(?<![\w.-])-(?=\d)")
"""One that stands for a minus: before a digit, and neither within a word nor a range."""


def real_minus(text: str) -> str:
    """The text with real minuses before its numbers: "−1.00 [−1.00, −0.20]"; hyphens of names stay."""
    return _HYPHEN.sub("−", text)


def with_unit(text: str, unit: str) -> str:
    """A number that is written already and its unit: "0.5 m", "27°", "28 %"; nothing more without a unit."""
    return f"{text}{'' if unit in ('', '°') else ' '}{unit}"


def in_form(value: float, form: str) -> str:
    """A number in a format of Python's, with a real minus and a space before %: "38.4 %", "−0.53"."""
    return f"{value:{form}}".replace("%", " %").replace("-", "−")


SMALLEST = 1e-6
"""What `number` still has digits for."""


def number(value: float, unit: str = "") -> str:
    """Three significant digits with a real minus and the unit; an en dash for what is undefined.

    What is too small for six decimals is not written as nothing: "under 0.000001", "above −0.000001".
    """
    if not math.isfinite(value):
        return "–"
    if 0 < abs(value) < SMALLEST:
        return with_unit(("under " if value > 0 else "above −") + f"{SMALLEST:.6f}", unit)
    if value == 0:
        return with_unit("0", unit)  # no "−0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return with_unit(real_minus(f"{value:.{min(digits, 6)}f}"), unit)


def percent(value: float) -> str:
    """A share 0..1 in percent with one decimal, whatever its size, for columns: "33.2 %", "−3.4 %"."""
    if not math.isfinite(value):
        return "–"
    return in_form(0.0 if abs(value) < 0.0005 else value, ".1%")  # no "−0.0 %"


def percent_words(value: float) -> str:
    """A finite share 0..1 in percent for a sentence: "33 %", one decimal near 0 and 100, a real minus.

    What is not nothing is not written as 0: "under 0.1 %", "above −0.1 %".
    """
    size = abs(value)
    if 0 < size < 0.001:
        return "under 0.1 %" if value > 0 else "above −0.1 %"
    fine = 0 < size < 0.0995 or 0.995 <= size < 1
    # Cut, not rounded, near all of it: 99.97 % is not all.
    shown = math.floor(size * 1000) / 10 if 0.995 <= size < 1 else size * 100
    return f"{'−' if value < 0 else ''}{shown:.{1 if fine else 0}f} %"


def whose(name: str) -> str:
    """The possessive: rgb's, normals'."""
    return f"{name}'" if name.endswith("s") else f"{name}'s"


def signed(value: float) -> str:
    """Two digits, with a real minus; what rounds to nothing has no sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
