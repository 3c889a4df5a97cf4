"""Every piece of furniture: finite, of known classes, on its feet, in front of its wall."""

from collections.abc import Callable

import numpy as np
import pytest

from vizlab.scenes import clutter, fittings, lighting, materials, seating, storage, tables
from vizlab.scenes.beds import bed
from vizlab.scenes.palettes import Palette, draw_palette
from vizlab.scenes.parts import Parts
from vizlab.scenes.storage import bookshelf
from vizlab.tasks import NYU40_CLASSES

RNG = np.random.default_rng(0)
PALETTE: Palette = draw_palette(RNG, "wood")
WOOD = PALETTE.wood

STANDING: dict[str, Callable[[], Parts]] = {
    "bed": lambda: bed(RNG, PALETTE),
    "single bed": lambda: bed(RNG, PALETTE, 0.95, padded=True),
    "sofa": lambda: seating.sofa(RNG, PALETTE, PALETTE.fabric),
    "chair": lambda: seating.dining_chair(RNG, WOOD, PALETTE.linen),
    "office chair": lambda: seating.office_chair(RNG, PALETTE, PALETTE.fabric),
    "table": lambda: tables.table(WOOD, 1.2, 0.8, 0.75),
    "coffee table": lambda: tables.coffee_table(WOOD),
    "steel table": lambda: tables.steel_table(WOOD, PALETTE.metal, (1.5, 0.8, 0.73)),
    "desk": lambda: tables.desk(PALETTE, WOOD),
    "bookshelf": lambda: bookshelf(RNG, PALETTE, WOOD),
    "dresser": lambda: storage.chest(PALETTE, WOOD, (1.2, 0.45, 0.8), 3, 2),
    "kitchen": lambda: storage.kitchen_unit(RNG, PALETTE, WOOD, 2.0),
    "fridge": lambda: storage.refrigerator(RNG),
    "filing cabinet": lambda: storage.filing_cabinet(PALETTE, PALETTE.white),
    "fireplace": lambda: fittings.fireplace(PALETTE, WOOD),
    "laptop": lambda: clutter.laptop(RNG, PALETTE),
    "clothes": lambda: clutter.folded_clothes(RNG),
    "media board": lambda: storage.media_board(PALETTE, WOOD),
    "basket": lambda: storage.basket(RNG),
    "floor lamp": lambda: lighting.floor_lamp(PALETTE, 0.0),
    "table lamp": lambda: lighting.table_lamp(RNG, PALETTE, 2.0),
    "plant": lambda: clutter.plant(RNG),
    "television": lambda: clutter.television(RNG, PALETTE),
    "books": lambda: clutter.bookrow(RNG, 0.8, 0.3),
    "rug": lambda: fittings.floor_rug(RNG, PALETTE, 1.5, 2.0),
}
HANGING: dict[str, Callable[[], Parts]] = {
    "window": lambda: fittings.window(RNG, PALETTE, 1.2, 1.2, 2.0),
    "curtains": lambda: fittings.curtains(RNG, PALETTE, 1.2, 2.3),
    "blinds": lambda: fittings.blinds(PALETTE, 1.2, 1.0),
    "door": lambda: fittings.door(PALETTE, WOOD),
    "mirror": lambda: fittings.wall_mirror(WOOD, 0.6, 0.9),
    "radiator": lambda: fittings.radiator(PALETTE),
    "wall shelf": lambda: storage.wall_shelf(RNG, PALETTE, WOOD),
    "closed curtains": lambda: fittings.curtains(RNG, PALETTE, 1.2, 2.3, closed=True),
    "whiteboard": lambda: fittings.whiteboard(PALETTE, RNG),
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
    glowing = any(part.material.finish == "glow" for part in lighting.floor_lamp(PALETTE, lit))
    assert glowing == (lit > 0)


def test_a_sensor_gets_nothing_back_from_glass_and_screens() -> None:
    assert materials.mirror().echo == materials.glossy_black().echo == 0
    panes = [part for part in HANGING["window"]() if part.material.finish == "glow"]
    assert [part.material.echo for part in panes] == [0]
