"""What the tab Modalities shows of one worth: who won, maps on one scale, words, regions, what each set scores."""

import math
from collections.abc import Sequence
from html import escape

import numpy as np

from vizlab.experiments.modalities.meeting import NEGLIGIBLE, meaning
from vizlab.experiments.modalities.panels import (
    INTERACTION,
    WORDS,
    clipped_share,
    interaction_of,
    scale_limit,
    word_colour,
    worth_grid,
)
from vizlab.experiments.modalities.sentences import signed, winner_sentences
from vizlab.experiments.modalities.shapley import Coalition, coalitions
from vizlab.experiments.modalities.worth import RegionWorth, ShapleyMaps, Worth, mean_of, region_worth, winner
from vizlab.page.kit.grid import grid_table
from vizlab.page.kit.html import heading, note, tag, words
from vizlab.page.kit.tables import cell_of, table
from vizlab.views import Grid, image_panel
from vizlab.views.panels import Cell, EmptyCell, percent

MOST_REGIONS = 10
"""So many regions are listed, the largest."""
PHI = (
    "φ of a player is its Shapley value: what it adds to the value, averaged over the orders in which players can come "
    "in. The φ of all players add up to the value with all less the value with none. Interaction: what they are worth "
    "together beyond what each is worth alone; below 0 they say the same."
)
SCORES = {
    "accuracy": ("pixel accuracy", percent),
    "miou": ("mIoU, classes of this picture", percent),
    "rmse": ("RMSE, m", lambda value: f"{value:.3f}"),
    "angle": ("mean angle, °", lambda value: f"{value:.1f}"),
}
"""How the measures of a prediction are called and written."""


def worth_html(worth: Worth, pictures: Sequence[tuple[str, np.ndarray]] = ()) -> str:
    """Who was worth most under each replacement, and the maps with their legend, beside them `pictures` by title."""
    said = winner_sentences(worth)
    lines = "".join(tag("li", escape(line)) for line in said)
    what = f"{worth.model}, output {worth.output}. Value: {worth.value}. {PHI}"
    replaced = "; ".join(f"{name}: {sentence}" for name, sentence in worth.sentences.items())
    head = heading(f"What each {worth.kind} was worth", what) + tag("ul", lines, "vz-won") + note(f"{replaced}.")
    return head + totals_html(worth) + maps_html(worth, pictures) + meetings_html(worth)


def totals_html(worth: Worth) -> str:
    """A row for each replacement: means over the picture."""
    rows = []
    for name, maps in worth.maps.items():
        phi = maps.totals()
        ends = maps.worth_of(frozenset()), maps.worth_of(frozenset(worth.players))
        shown = [signed(phi[player], worth.unit) for player in worth.players]
        together = signed(mean_of(interaction_of(maps)), worth.unit)
        rows.append((name, *shown, together, *(_value(end, worth) for end in ends), worth.winners[name] or "even"))
    head = ("missing replaced by", *(f"φ {p}" for p in worth.players), "interaction", "none", "all", "worth most")
    return table(head, rows, "worth over the picture", "Means over the pixels of this picture whose value is known.")


def maps_html(worth: Worth, pictures: Sequence[tuple[str, np.ndarray]] = ()) -> str:
    """The maps, on one scale of both signs; in a last column the pictures that they are of, HxWx3 uint8."""
    limit, grid = scale_limit(worth), worth_grid(worth)
    if pictures:
        beside: list[Cell] = [image_panel(image, title, title) for title, image in pictures]
        beside += [EmptyCell("")] * (len(grid.rows) - len(beside))
        rows_ = tuple((name, (*cells, beside[place])) for place, (name, cells) in enumerate(grid.rows))
        grid = Grid((*grid.columns, "pictures"), rows_)
    rows = {player: f"φ {player}" for player in worth.players} | {INTERACTION: "inter\u00adaction", WORDS: WORDS}
    scale = (
        f"Orange helps, purple harms; all maps end at ±{_limit(limit, worth)}, and {percent(clipped_share(worth))} of "
        "the values lie beyond and are drawn as the end."
    )
    return grid_table(grid, rows) + note(scale)


def meetings_html(worth: Worth) -> str:
    """The words of the map, what each says and how many pixels have it under each replacement."""
    first = next(iter(worth.maps.values())).meeting
    rows = []
    for word in first.words:
        name = tag("i", "", style=f"background:{word_colour(word)}") + escape(word)
        shares = "".join(cell_of(percent(m.meeting.share[word])) for m in worth.maps.values())
        rows.append(tag("tr", tag("th", tag("span", name, "vz-chip"), scope="row") + shares + _says(meaning(word))))
    redundant = "".join(cell_of(percent(m.meeting.redundant)) for m in worth.maps.values())
    last = _says("whatever the word: together worth less than apart")
    rows.append(tag("tr", tag("th", "interaction below 0", scope="row") + redundant + last))
    head = "".join(tag("th", escape(text), scope="col") for text in ("word", *worth.maps, ""))
    shown = tag("table", tag("tr", head) + "".join(rows), aria_label="how they met")
    inner = tag("div", shown, "vz-card-table", tabindex="0", role="region", aria_label="how they met")
    caption = words(f"Share of known pixels. {first.sentence} Terms after M2Lens, arXiv 2107.08264.", "vz-caption")
    return tag("div", inner + caption, "vz-card")


def class_shares(label: np.ndarray) -> list[tuple[int, float]]:
    """The classes of a label map and their shares of its pixels, the largest first."""
    count = np.bincount(label.ravel(), minlength=1)
    order = np.argsort(-count, kind="stable")
    return [(int(c), float(count[c] / label.size)) for c in order if count[c]]


def _says(text: str) -> str:
    return tag("td", escape(text), style="text-align:left")


def regions_html(worth: Worth, regions: np.ndarray, names: Sequence[str], source: str) -> str:
    """The largest regions of `regions` (HxW class index, 255 = none): φ under each replacement, and who won there."""
    by_replacement = {name: {r.region: r for r in region_worth(m, regions)} for name, m in worth.maps.items()}
    first = next(iter(by_replacement.values()))
    if not first:
        return ""
    rows = []
    for region, one in list(first.items())[:MOST_REGIONS]:
        cells = [cell for found in by_replacement.values() for cell in _region_cells(found[region], worth)]
        rows.append((_class(region, names), percent(one.share), *cells))
    head = ["region", "pixels"]
    for name in worth.maps:
        head += [f"φ {player}, {name}" for player in worth.players] + [f"worth most, {name}"]
    turned = sum(_turns(by_replacement, region, worth) for region in first)
    said = f"{source} In {turned} of {len(first)} regions the replacement turns the winner round."
    return heading("By region", said) + table(head, rows, "worth by region")


def scores_html(worth: Worth) -> str:
    """What every coalition scores against the reference; nothing without one."""
    if not all(m.scores for m in worth.maps.values()):
        return ""
    keys = [key for key in SCORES if key in next(iter(next(iter(worth.maps.values())).scores.values()))]
    everybody = frozenset(worth.players)
    rows = [_scores_row("all", "–", next(iter(worth.maps.values())), everybody, keys, worth)]
    for name, maps in worth.maps.items():
        for here in reversed(coalitions(worth.players)[:-1]):
            called = " and ".join(player for player in worth.players if player in here) or "none"
            rows.append(_scores_row(called, name, maps, here, keys, worth))
    head = ("there is", "in place of the rest", "value", *(SCORES[key][0] for key in keys))
    caption = "The same forwards, scored as the page scores predictions."
    summary = tag("summary", escape(f"What each of the {len(rows)} sets scores"))
    return tag("details", summary + table(head, rows, "scores by set", caption), "vz-note")


def _scores_row(
    called: str, name: str, maps: ShapleyMaps, here: Coalition, keys: Sequence[str], worth: Worth
) -> tuple[str, ...]:
    scores = maps.scores[here]
    shown = (SCORES[key][1](scores[key]) if math.isfinite(scores[key]) else "–" for key in keys)
    return called, name, _value(maps.worth_of(here), worth), *shown


def _region_cells(one: RegionWorth, worth: Worth) -> list[str]:
    won = winner(one.phi, NEGLIGIBLE[worth.unit])
    return [*(signed(one.phi[player], worth.unit) for player in worth.players), won or "even"]


def _turns(by_replacement: dict[str, dict[int, RegionWorth]], region: int, worth: Worth) -> bool:
    found = {winner(of[region].phi, NEGLIGIBLE[worth.unit]) for of in by_replacement.values()}
    return len(found - {None}) > 1


def _class(region: int, names: Sequence[str]) -> str:
    return names[region] if region < len(names) else f"class {region}"


def _value(value: float, worth: Worth) -> str:
    """A value, unsigned where it is a probability."""
    return f"{value:.3f}" if worth.unit == "probability" else signed(value, worth.unit)


def _limit(limit: float, worth: Worth) -> str:
    return signed(limit, worth.unit).lstrip("+")
