"""The layouts of the rooms. Needs no renderer."""

from collections.abc import Callable

import numpy as np
import pytest

from vizlab.scenes import bedrooms, living_rooms, offices
from vizlab.scenes.shell import Room
from vizlab.tasks import NYU40_CLASSES

LAYOUTS = [*bedrooms.LAYOUTS, *living_rooms.LAYOUTS, *offices.LAYOUTS]
HEAVY = {"bed", "sofa", "chair", "table", "desk", "cabinet", "dresser", "bookshelf", "night stand"}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
def test_furniture_stays_inside_its_walls(layout: Callable[[np.random.Generator], Room]) -> None:
    room = layout(np.random.default_rng(11))
    classes = {part.label for part in room.parts}
    assert classes <= set(NYU40_CLASSES)
    assert len(classes) >= 12
    for part in room.parts:
        low, high = part.mesh.vertices.min(axis=0), part.mesh.vertices.max(axis=0)
        # Windows reach into the walls and leaves touch them, by less than a wall's thickness.
        slack = 0.02 if part.label in HEAVY else 0.45
        assert (low > -slack).all(), part.label
        assert (high < np.array(room.size) + slack).all(), part.label
    # A Kinect in the hand of somebody who stands in the room and looks slightly down.
    x, y, z = room.viewpoint.origin
    assert 0 < x < room.size[0]
    assert 0 < y < room.size[1]
    assert 1.2 < z < 1.7
    assert room.viewpoint.target[2] < z - 0.4
