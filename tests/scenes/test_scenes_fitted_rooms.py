"""Bathrooms and kitchens: their layouts, what stands in them, and that nothing stands in anything else."""

from itertools import combinations

import numpy as np
import pytest

from vizlab.scenes import bathroom_fittings as bath
from vizlab.scenes import household, materials
from vizlab.scenes import kitchen_fittings as kit
from vizlab.scenes.basins import Hole, Ring, basin, lofted, worktop
from vizlab.scenes.colour_schemes import draw_scheme
from vizlab.scenes.meshes import Mesh
from vizlab.scenes.parts import Part, Parts
from vizlab.scenes.rooms import build_room
from vizlab.scenes.shell import Room
from vizlab.tasks import NYU40_CLASSES

RNG = np.random.default_rng(0)
SCHEME = draw_scheme(RNG, "tile")
STONE = materials.Material((0.5, 0.5, 0.5))
SEEDS = range(1, 5)
ROOMS: dict[tuple[str, int], Room] = {}

EXPECTED = {
    "bathroom": {"toilet", "sink", "mirror", "bathtub", "shower curtain", "towel", "floor mat", "lamp", "window"},
    "kitchen": {"cabinet", "counter", "sink", "refridgerator", "otherfurniture", "towel", "lamp", "window", "paper"},
}
SOLID = ("toilet", "bathtub", "refridgerator", "otherfurniture", "cabinet", "counter")
"""Classes whose bodies fill their bounding boxes well enough to be compared by them."""
STANDING: dict[str, Parts] = {
    "toilet": bath.toilet(lid_up=False),
    "toilet, open": bath.toilet(lid_up=True),
    "vanity": bath.vanity(SCHEME, SCHEME.wood, STONE, 0.9),
    "pedestal basin": bath.pedestal_basin(),
    "bathtub": bath.bathtub(),
    "bath mat": bath.bath_mat(RNG),
    "base cabinet": kit.base_cabinet(SCHEME, SCHEME.wood, 0.9),
    "sink place": kit.sink_place(SCHEME, SCHEME.wood, STONE, 0.95),
    "cooker": kit.cooker(RNG, steel=True),
    "microwave": kit.microwave(steel=False),
    "kettle": kit.kettle(),
    "toaster": kit.toaster(RNG),
    "board": kit.chopping_board(SCHEME.wood),
    "canisters": kit.canisters(RNG),
    "bottle": household.bottle(RNG, 0.2),
}


def room(kind: str, seed: int) -> Room:
    """Built once for all tests."""
    if (kind, seed) not in ROOMS:
        ROOMS[kind, seed] = build_room(kind, seed)
    return ROOMS[kind, seed]


def signed_volume(mesh: Mesh) -> float:
    """Enclosed volume; positive where the faces look outwards."""
    first, second, third = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    return float(np.einsum("ij,ij->i", first, np.cross(second, third)).sum() / 6)


@pytest.mark.parametrize("name", STANDING)
def test_fittings_stand_on_their_feet(name: str) -> None:
    parts = STANDING[name]
    assert abs(min(float(part.mesh.vertices[:, 2].min()) for part in parts)) < 0.025
    for part in parts:
        assert part.label in NYU40_CLASSES
        assert np.isfinite(part.mesh.vertices).all()
        np.testing.assert_allclose(np.linalg.norm(part.mesh.normals, axis=1), 1, atol=1e-6)


def test_a_lofted_cylinder_has_the_volume_of_one() -> None:
    rings = [Ring(0.0, 0.0, 0.0), Ring(0.3, 0.2, 0.0), Ring(0.3, 0.2, 0.5), Ring(0.0, 0.0, 0.5)]
    # 96 corners instead of a circle lose 0.07 %.
    assert signed_volume(lofted(rings)) == pytest.approx(np.pi * 0.3 * 0.2 * 0.5, rel=2e-3)


def test_a_basin_hangs_in_the_hole_of_its_worktop() -> None:
    hole = Hole(0.29, 0.19, power=9)
    [slab] = worktop((1.0, 0.6, 0.036), STONE, hole)
    bowl, _ = basin(hole, 0.17, STONE)
    middle = np.abs(slab.mesh.vertices - [0, -0.3, 0])[:, :2] / [0.29, 0.19]
    assert (middle.max(axis=1) > 0.9).all()
    assert bowl.mesh.vertices[:, 2].min() == pytest.approx(-0.174)


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_seed_chooses_among_layouts(kind: str) -> None:
    assert len({room(kind, seed).size for seed in SEEDS}) >= 2
    assert len({room(kind, seed).viewpoint for seed in SEEDS}) == len(SEEDS)


@pytest.mark.parametrize("kind", EXPECTED)
def test_same_seed_builds_the_same_room(kind: str) -> None:
    again = build_room(kind, 3)
    for one, other in zip(room(kind, 3).parts, again.parts, strict=True):
        assert one.label == other.label
        assert np.array_equal(one.mesh.vertices, other.mesh.vertices)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", EXPECTED)
def test_a_room_has_what_belongs_to_it(kind: str, seed: int) -> None:
    assert {part.label for part in room(kind, seed).parts} >= EXPECTED[kind]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", EXPECTED)
def test_everything_is_inside_the_room(kind: str, seed: int) -> None:
    place = room(kind, seed)
    # Windows lie in the walls; tiles and skirting boards are centred on their surfaces.
    for part in place.parts:
        slack = 0.2 if part.label == "window" else 0.05
        assert (part.mesh.vertices > -slack).all(), part.label
        assert (part.mesh.vertices < np.array(place.size) + slack).all(), part.label


def shared_depth(one: Part, other: Part) -> float:
    """By how many metres two bounding boxes reach into each other, 0 or less where they do not."""
    (low, high), (bottom, top) = ((part.mesh.vertices.min(0), part.mesh.vertices.max(0)) for part in (one, other))
    return float((np.minimum(high, top) - np.maximum(low, bottom)).min())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", EXPECTED)
def test_solid_things_do_not_stand_in_each_other(kind: str, seed: int) -> None:
    solid = [part for part in room(kind, seed).parts if part.label in SOLID]
    low = [
        part for part in room(kind, seed).parts if part.label == "otherprop" and part.mesh.vertices[:, 2].min() < 0.05
    ]
    for one, other in combinations(solid + low, 2):
        if one.label != other.label:
            assert shared_depth(one, other) < 0.02, (one.label, other.label)
