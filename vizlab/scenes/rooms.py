"""The rooms: each recipe furnishes one kind of room from a seed. Same seed, same room, to the last book."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vizlab.errors import InputError
from vizlab.scenes.bathrooms import bathroom
from vizlab.scenes.bedrooms import bedroom
from vizlab.scenes.dining_rooms import dining_room
from vizlab.scenes.kitchens import kitchen
from vizlab.scenes.living_rooms import living_room
from vizlab.scenes.offices import office
from vizlab.scenes.shell import Room


def build_room(kind: str, seed: int) -> Room:
    """The room of that kind and seed; kinds are the keys of `RECIPES`."""
    if kind not in RECIPES:
        raise InputError(f"There is no room called {kind!r}; choose one of {', '.join(sorted(RECIPES))}.")
    # The kind's own letters join the seed, so that two kinds with one seed do not share their colours.
    return RECIPES[kind](np.random.default_rng([seed, *kind.encode()]))


RECIPES: dict[str, Callable[[np.random.Generator], Room]] = {
    "bedroom": bedroom,
    "living_room": living_room,
    "dining_room": dining_room,
    "office": office,
    "bathroom": bathroom,
    "kitchen": kitchen,
}
