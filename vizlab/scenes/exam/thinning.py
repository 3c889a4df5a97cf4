"""Rooms with some of their furniture taken out: furnished as they are, they leave no place for anything else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vizlab.scenes.parts import Parts
from vizlab.scenes.shell import Room

TOUCH = 0.012
"""Metres between the extents of two parts up to which they belong to one piece of furniture, or stand on it."""
KEPT = (0.15, 0.6)
"""Share of the pieces that stay, drawn anew for each room between these."""
_SHELL = ("wall", "floor", "ceiling")
_STAYS = ("window", "curtain", "blinds", "door")


def thinned(room: Room, rng: np.random.Generator) -> Room:
    """The room with each of its pieces (what touches is one) kept or not by lot; walls, windows and lamps all stay."""
    shell = [part for part in room.parts if part.label in _SHELL]
    rest = [part for part in room.parts if part.label not in _SHELL]
    share = rng.uniform(*KEPT)
    pieces = touching(rest)
    lots = rng.random(len(rest)) < share
    needed = [part.label in _STAYS or part.material.finish == "glow" for part in rest]
    # A piece has the lot of its first part, and stays if any part must.
    stays = {int(piece) for piece, must in zip(pieces, needed, strict=True) if must}
    return replace(
        room,
        parts=[
            *shell,
            *(part for part, piece in zip(rest, pieces, strict=True) if lots[piece] or int(piece) in stays),
        ],
    )


def touching(parts: Parts) -> np.ndarray:
    """For each part the index of the first part of its piece: connected, by extents that come within `TOUCH`."""
    lows = np.array([part.mesh.vertices.min(0) for part in parts]) - TOUCH / 2
    highs = np.array([part.mesh.vertices.max(0) for part in parts]) + TOUCH / 2
    # Everything stands on a rug: rugs are pieces of their own.
    loose = np.array([part.label == "floor mat" for part in parts])
    piece = np.full(len(parts), -1)
    for start in range(len(parts)):
        if piece[start] >= 0:
            continue
        waiting = [start]
        piece[start] = start
        while waiting:
            here = waiting.pop()
            near = ((lows < highs[here]) & (highs > lows[here])).all(1) & (piece < 0) & (loose == loose[here])
            piece[near] = start
            waiting += np.nonzero(near)[0].tolist()
    return piece
