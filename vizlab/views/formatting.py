"""Numbers as people read them: short, with their unit, alike within a column; and the words around them."""

import math


def number(value: float, unit: str = "") -> str:
    """Three significant digits and the unit; an en dash for what is undefined."""
    if not math.isfinite(value):
        return "–"
    digits = 0 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(digits, 6)}f}"
    return f"{text} {unit}" if unit else text


def percent(value: float) -> str:
    """A share 0..1 in percent with one decimal, whatever its size: such numbers stand in columns."""
    if not math.isfinite(value):
        return "–"
    return f"{0.0 if abs(value) < 0.0005 else value:.1%}"  # no "-0.0%"


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
