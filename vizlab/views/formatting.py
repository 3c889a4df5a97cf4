"""Numbers as people read them: short, with their unit, alike within a column."""

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
