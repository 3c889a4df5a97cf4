"""Every piece of furniture: finite, of known classes, on its feet, in front of its wall."""

from collections.abc import Callable

import numpy as np
import pytest

from vizlab.scenes import clutter, cupboards, fittings, lighting, materials, seating, tables
from vizlab.scenes.beds import bed
from vizlab.scenes.colour_schemes import ColourScheme, draw_scheme
from vizlab.scenes.cupboards import bookshelf
from vizlab.scenes.parts import Parts
from vizlab.tasks import NYU40_CLASSES

RNG = np.random.default_rng(0)
SCHEME: ColourScheme = draw_scheme(RNG, "wood")
WOOD = SCHEME.wood

STANDING: dict[str, Callable[[], Parts]] = {
    "bed": lambda: bed(RNG, SCHEME),
    "single bed": lambda: bed(RNG, SCHEME, 0.95, padded=True),
    "sofa": lambda: seating.sofa(RNG, SCHEME, SCHEME.fabric),
    "chair": lambda: seating.dining_chair(RNG, WOOD, SCHEME.linen),
    "office chair": lambda: seating.office_chair(RNG, SCHEME, SCHEME.fabric),
    "table": lambda: tables.table(WOOD, 1.2, 0.8, 0.75),
    "coffee table": lambda: tables.coffee_table(WOOD),
    "steel table": lambda: tables.steel_table(WOOD, SCHEME.metal, (1.5, 0.8, 0.73)),
    "desk": lambda: tables.desk(SCHEME, WOOD),
    "bookshelf": lambda: bookshelf(RNG, SCHEME, WOOD),
    "dresser": lambda: cupboards.chest(SCHEME, WOOD, (1.2, 0.45, 0.8), 3, 2),
    "kitchen": lambda: cupboards.kitchen_unit(RNG, SCHEME, WOOD, 2.0),
    "fridge": lambda: cupboards.refrigerator(RNG),
    "filing cabinet": lambda: cupboards.filing_cabinet(SCHEME, SCHEME.white),
    "fireplace": lambda: fittings.fireplace(SCHEME, WOOD),
    "laptop": lambda: clutter.laptop(RNG, SCHEME),
    "clothes": lambda: clutter.folded_clothes(RNG),
    "media board": lambda: cupboards.media_board(SCHEME, WOOD),
    "basket": lambda: cupboards.basket(RNG),
    "floor lamp": lambda: lighting.floor_lamp(SCHEME, 0.0),
    "table lamp": lambda: lighting.table_lamp(RNG, SCHEME, 2.0),
    "plant": lambda: clutter.plant(RNG),
    "television": lambda: clutter.television(RNG, SCHEME),
    "books": lambda: clutter.bookrow(RNG, 0.8, 0.3),
    "rug": lambda: fittings.floor_rug(RNG, SCHEME, 1.5, 2.0),
}
HANGING: dict[str, Callable[[], Parts]] = {
    "window": lambda: fittings.window(RNG, SCHEME, 1.2, 1.2, 2.0),
    "curtains": lambda: fittings.curtains(RNG, SCHEME, 1.2, 2.3),
    "blinds": lambda: fittings.blinds(SCHEME, 1.2, 1.0),
    "door": lambda: fittings.door(SCHEME, WOOD),
    "mirror": lambda: fittings.wall_mirror(WOOD, 0.6, 0.9),
    "radiator": lambda: fittings.radiator(SCHEME),
    "wall shelf": lambda: cupboards.wall_shelf(RNG, SCHEME, WOOD),
    "closed curtains": lambda: fittings.curtains(RNG, SCHEME, 1.2, 2.3, closed=True),
    "whiteboard": lambda: fittings.whiteboard(SCHEME, RNG),
}


@pytest.mark.parametrize("name", [*STANDING, *HANGING])
def test_parts_are_sound(name: str) -> None:
    for part in (STANDING | HANGING)[name]():
        assert part.label in NYU40_CLASSES
        assert np.isfinite(part.mesh.vertices).all()
        assert np.isfinite(part.mesh.uvs).all()
        assert part.mesh.faces.max() < len(part.mesh.vertices)
        np.testing.assert_allclose(np.linalg.norm(part.mesh.normals, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("name", STANDING)
def test_furniture_stands_on_the_floor(name: str) -> None:
    lowest = min(float(part.mesh.vertices[:, 2].min()) for part in STANDING[name]())
    assert abs(lowest) < 0.025


@pytest.mark.parametrize("lit", [0.0, 2.0])
def test_only_a_lamp_that_is_on_glows(lit: float) -> None:
    glowing = any(part.material.finish == "glow" for part in lighting.floor_lamp(SCHEME, lit))
    assert glowing == (lit > 0)


def test_a_sensor_gets_nothing_back_from_glass_and_screens() -> None:
    assert materials.mirror().echo == materials.glossy_black().echo == 0
    panes = [part for part in HANGING["window"]() if part.material.finish == "glow"]
    assert [part.material.echo for part in panes] == [0]
