"""The bundled scenes: which room each name stands for. This table is the one place that decides them.

`vizlab scenes render --all --out assets/scenes` renders them all again.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """How a bundled scene is rendered.

    kind: a key of `rooms.RECIPES`; size: (height, width) in pixels; spp: samples per pixel of the colour picture.
    """

    kind: str
    seed: int
    size: tuple[int, int] = (480, 640)
    spp: int = 64


# Seeds were chosen by eye. The order is that of the page: its first scene is the one it opens with.
CATALOGUE: dict[str, Entry] = {
    "bedroom": Entry("bedroom", 4),
    "living_room": Entry("living_room", 1),
    "office": Entry("office", 4),
    "kitchen": Entry("kitchen", 3),
    "bathroom": Entry("bathroom", 2),
    "bedroom_evening": Entry("bedroom", 1),
    "bedroom_small": Entry("bedroom", 2),
    "living_room_tv": Entry("living_room", 4),
    "living_room_fireside": Entry("living_room", 8),
    "office_meeting": Entry("office", 2),
    "kitchen_corner": Entry("kitchen", 2),
    "bathroom_square": Entry("bathroom", 3),
}

FIRST_SEED = 1 + max(entry.seed for entry in CATALOGUE.values())
"""Smallest seed that belongs to no bundled scene: what networks are shown, they should not have been trained on."""
