"""Where everything of the network map stands, in pixels of the plot: the rules of `page/web/src/map_layout.ts`.

Only the width of a site follows the paper here, not the pointer: a printed map is never scrolled.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Measure = Literal["share", "fixed"]
"""Which number of an edge is drawn: this picture's share, or what is the same for every picture."""
Mark = Literal["band", "negative", "undefined", "nothing"]

HEAD, LANE, FOOT, BETWEEN = 16.0, 17.0, 11.0, 8.0
"""Rows of a network, top to bottom: stages, lanes, places; and the distance between networks."""
FULL = 15.0
"""Of a band that carries all (1.0), for every network alike."""
THINNEST, FAINTEST, WIDEST = 0.9, 0.35, 1.5 * FULL
LONGEST, BREAK, SIDE = 84.0, 8.0, 6.0

Site = Mapping[str, Any]
"""`SiteInfo` of document.ts, as `vizlab.views.flow` writes it."""
Edge = Mapping[str, Any]


@dataclass(frozen=True)
class Lane:
    """`parts` are where the lane is drawn, from x to x."""

    stream: str
    title: str
    colour: str
    y: float
    parts: tuple[tuple[float, float], ...]


@dataclass(frozen=True, eq=False)
class Place:
    """A site's slot `left`..`right`, its middle, and where its bands leave and arrive."""

    site: Site
    left: float
    right: float
    x: float
    start: float
    end: float


@dataclass(frozen=True)
class Group:
    """Sites under one heading."""

    label: str
    left: float
    right: float


@dataclass(frozen=True, eq=False)
class Row:
    """One network: its lanes from the top down, its sites from the left."""

    network: Mapping[str, Any]
    top: float
    bottom: float
    lanes: tuple[Lane, ...] = ()
    sites: tuple[Place, ...] = ()
    stages: tuple[Group, ...] = ()
    beside: tuple[Group, ...] = ()


@dataclass(frozen=True, eq=False)
class Band:
    """One edge as it is drawn: from lane `start` to `end`, a place on the lane at `level`.

    `mark` is "nothing" for what is exactly 0 or what the method does not have; `opacity` is below 1 for what is thinner
    than a line can be.
    """

    edge: Edge
    value: float | None
    mark: Mark
    width: float
    opacity: float
    colour: str
    start: float
    end: float
    level: float


def layout_map(networks: Sequence[Mapping[str, Any]], width: float) -> list[Row]:
    """One row of lanes per network, all of one width: input at the left, output at the right."""
    rows: list[Row] = []
    for network in networks:
        rows.append(_row(network, width, rows[-1].bottom + BETWEEN if rows else 0.0))
    return rows


def _row(network: Mapping[str, Any], width: float, top: float) -> Row:
    flow = network["flow"]
    if not flow or not flow["sites"]:
        return Row(network, top, top + HEAD + FOOT / 2)
    sites = placed(flow["sites"], width)
    lanes = tuple(
        Lane(
            one["name"], one["title"], one["colour"], top + HEAD + LANE * (index + 0.5),
            tuple(lane_parts(one["name"], sites, width)),
        )
        for index, one in enumerate(flow["streams"])
    )  # fmt: skip
    bottom = top + HEAD + LANE * len(lanes) + FOOT
    return Row(network, top, bottom, lanes, tuple(sites), tuple(stages_of(sites)), tuple(_beside(sites)))


def placed(sites: Sequence[Site], width: float) -> list[Place]:
    """Columns share the width evenly, and the sites of a column share the column."""
    columns = _columns(sites)
    each = (width - 2 * SIDE) / len(columns)
    found = []
    for at, column in enumerate(columns):
        slot = each / len(column)
        reach = min(slot * 0.74, LONGEST) / 2
        for within, site in enumerate(column):
            left = SIDE + each * at + slot * within
            x = left + slot / 2
            found.append(Place(site, left, left + slot, x, x - reach, x + reach))
    return found


def _columns(sites: Sequence[Site]) -> list[list[Site]]:
    """Sites by column, in the order in which they come."""
    columns: dict[int, list[Site]] = {}
    for site in sites:
        columns.setdefault(site["column"], []).append(site)
    return list(columns.values())


def lane_parts(stream: str, places: Sequence[Place], width: float) -> list[tuple[float, float]]:
    """A lane is broken between sites side by side, and ends where its stream receives nothing any more."""
    last, parts, start = places[-1].site["column"], [], 0.0
    for index, place in enumerate(places):
        following = places[index + 1] if index + 1 < len(places) else None
        receives, final = stream in place.site["targets"], place.site["column"] == last
        beside_next = following is not None and following.site["column"] == place.site["column"]
        if not receives and (final or beside_next):
            parts.append((start, place.start))
        elif beside_next:
            parts.append((start, place.right - BREAK / 2))
        elif following is None:
            parts.append((start, width))
        if beside_next:
            start = place.right + BREAK / 2
    return parts


def stages_of(places: Sequence[Place]) -> list[Group]:
    """Neighbouring sites of one stage (and, side by side, every site by itself) under one heading."""
    groups: list[tuple[Group, int]] = []
    for place in places:
        label, column = place.site["stage"], place.site["column"]
        if groups and groups[-1][0].label == label and groups[-1][1] != column:
            groups[-1] = (Group(label, groups[-1][0].left, place.right), column)
        else:
            groups.append((Group(label, place.left, place.right), column))
    return [group for group, _ in groups]


def _beside(places: Sequence[Place]) -> list[Group]:
    columns: dict[int, list[Place]] = {}
    for place in places:
        columns.setdefault(place.site["column"], []).append(place)
    return [Group("side by side", c[0].left, c[-1].right) for c in columns.values() if len(c) > 1]


def bands_of(place: Place, lanes: Sequence[Lane], measure: Measure) -> list[Band]:
    """The bands of one site. Those that arrive at one lane stand on one another, in the order of the senders' lanes."""
    order = {lane.stream: index for index, lane in enumerate(lanes)}
    found = []
    for lane in lanes:
        arriving = [edge for edge in place.site["edges"] if edge["target"] == lane.stream]
        arriving.sort(key=lambda edge: order[edge["lane"]])
        end = lane.y - sum(band_width(edge[measure]) for edge in arriving) / 2
        for edge in arriving:
            value, sender = edge[measure], lanes[order[edge["lane"]]]
            wide = band_width(value)
            found.append(
                Band(
                    edge, value, mark_of(value, measure), wide, opacity_of(value), sender.colour, sender.y,
                    end + wide / 2, lane.y,
                )
            )  # fmt: skip
            end += wide
    return found


def band_width(value: float | None) -> float:
    """Pixels: `FULL` for 1, whatever the sign; nothing for nothing."""
    if value is None or value == 0:
        return 0.0
    return min(WIDEST, max(THINNEST, abs(value) * FULL))


def opacity_of(value: float | None) -> float:
    """Fainter in proportion where the width cannot say it."""
    return min(1.0, max(FAINTEST, abs(value or 1) * FULL / THINNEST))


def mark_of(value: float | None, measure: Measure) -> Mark:
    """A share that is not there is undefined; a weight that is not there is one that the method does not have."""
    if value is None:
        return "undefined" if measure == "share" else "nothing"
    if value == 0:
        return "nothing"
    return "negative" if value < 0 else "band"


def every(slot: float, room: float) -> int:
    """Each how-many-th of neighbouring numbers can be written, where one needs `room` and has `slot`."""
    return max(1, math.ceil(room / slot))
