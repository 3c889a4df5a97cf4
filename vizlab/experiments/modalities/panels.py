"""Worth as pictures: Shapley values and interaction on one symmetric scale, and the words as a label map."""

from collections.abc import Sequence

import numpy as np

from vizlab.experiments.modalities.meeting import (
    COMPLEMENT,
    CONFLICT,
    DOMINANCE,
    HARM,
    NOTHING,
    REDUNDANCY,
    UNKNOWN,
    Meeting,
)
from vizlab.experiments.modalities.worth import ShapleyMaps, Worth, mean_of
from vizlab.views import ColourBar, Grid, LegendItem, Panel
from vizlab.views.formatting import real_minus, with_unit
from vizlab.views.palettes import UNKNOWN_GREY, coloured, stream_colour
from vizlab.views.panels import MAX_SIDE, reduced

WORD_COLOURS = {
    NOTHING: "#DADADA",
    COMPLEMENT: "#F0E442",
    REDUNDANCY: "#56B4E9",
    CONFLICT: "#1A1A1A",
    HARM: "#8C2D04",
}
"""Of the words that no player owns; dominance has the player's colour."""
INTERACTION, WORDS = "interaction", "words"
"""Rows of the grid besides the players'."""
SCALE_SHARE = 99.0
"""Percentile of all magnitudes at which the colours end."""
UNITS_WRITTEN = {"probability": "", "m": "m", "degrees": "°"}


def worth_grid(worth: Worth) -> Grid:
    """Replacements across; a row of Shapley values for each player, one of interactions, one of words."""
    limit = scale_limit(worth)
    rows = [
        (player, tuple(_map(m.phi[player], limit, worth, f"{player}, {name}") for name, m in worth.maps.items()))
        for player in worth.players
    ]
    together = tuple(_map(interaction_of(m), limit, worth, f"interaction, {name}") for name, m in worth.maps.items())
    said = tuple(_words_panel(m.meeting, name) for name, m in worth.maps.items())
    return Grid(tuple(worth.maps), (*rows, (INTERACTION, together), (WORDS, said)))


def scale_limit(worth: Worth) -> float:
    """Where the colours end, the same for all maps of both signs: 99 % of all magnitudes lie within."""
    values = [v for m in worth.maps.values() for v in (*m.phi.values(), interaction_of(m))]
    sizes = np.concatenate([np.abs(v[np.isfinite(v)]) for v in values])
    limit = float(np.percentile(sizes, SCALE_SHARE)) if sizes.size else 0.0
    return limit if limit > 0 else 1.0


def clipped_share(worth: Worth) -> float:
    """Share of all known values of the maps beyond the ends of the colours."""
    limit = scale_limit(worth)
    values = np.concatenate([v.ravel() for m in worth.maps.values() for v in (*m.phi.values(), interaction_of(m))])
    known = values[np.isfinite(values)]
    return float((np.abs(known) > limit).mean()) if known.size else 0.0


def interaction_of(maps: ShapleyMaps) -> np.ndarray:
    """The pairs' interactions added up, HxW; of two players there is one."""
    return np.sum(list(maps.interaction.values()), axis=0)


def word_colour(word: str) -> str:
    """Hex colour of a word on the map."""
    if word in WORD_COLOURS:
        return WORD_COLOURS[word]
    return stream_colour(word.removeprefix(f"{DOMINANCE} of "))


def _map(values: np.ndarray, limit: float, worth: Worth, title: str) -> Panel:
    unit = UNITS_WRITTEN[worth.unit]
    small = reduced(values, MAX_SIDE)
    bar = ColourBar(-limit, limit, unit, "diverging", f"{title}, {worth.unit}")
    written = with_unit(real_minus(f"{mean_of(values):+.3f}"), unit)
    return Panel(coloured(small, -limit, limit, "diverging"), title, f"mean {written}", bar, key=f"worth/{title}")


def _words_panel(meeting: Meeting, name: str) -> Panel:
    table = np.full((256, 3), UNKNOWN_GREY, np.uint8)
    for code, word in enumerate(meeting.words):
        table[code] = _rgb(word_colour(word))
    table[UNKNOWN] = UNKNOWN_GREY
    image = table[reduced(meeting.code, MAX_SIDE)]
    legend = tuple(LegendItem(word, word_colour(word), share) for word, share in _by_share(meeting))
    return Panel(image, f"words, {name}", "", legend, key=f"worth/words, {name}")


def _by_share(meeting: Meeting) -> Sequence[tuple[str, float]]:
    return sorted(((w, s) for w, s in meeting.share.items() if s > 0), key=lambda item: -item[1])


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
