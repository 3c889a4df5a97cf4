"""Which of black and white can be read on a colour (WCAG 2.2, contrast ratio)."""

from collections.abc import Sequence

BLACK, WHITE = "#000000", "#FFFFFF"


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two hex colours, 1..21; text needs 4.5."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever has more contrast with the hex colour: never less than 4.58."""
    return max((BLACK, WHITE), key=lambda ink: contrast(ink, colour))


def mixed(scale: Sequence[str], place: float) -> str:
    """The colour at `place` 0..1 of evenly spaced hex colours, blended between neighbours; the end colours beyond."""
    at = min(max(place, 0.0), 1.0) * (len(scale) - 1)
    below = min(int(at), len(scale) - 2)
    part = at - below
    pairs = zip(_channels(scale[below]), _channels(scale[below + 1]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02X}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def _luminance(colour: str) -> float:
    """Relative luminance, 0..1, of sRGB."""
    parts = [c / 255 for c in _channels(colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
