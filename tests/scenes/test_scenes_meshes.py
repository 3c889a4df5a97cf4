"""Mesh builders: closed, outward, of the stated size."""

import numpy as np
import pytest

from vizlab.scenes.meshes import Mesh, ball, box, cylinder, merged, plate, rounded_box, tube, turned_body
from vizlab.scenes.rooms import build_room
from vizlab.scenes.shell import pierced_wall
from vizlab.scenes.soft_shapes import cover, cushion, hanging, pillow

RNG = np.random.default_rng


def volume(mesh: Mesh) -> float:
    """Signed volume by the divergence theorem: positive when faces wind outwards."""
    a, b, c = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        (box(1, 2, 3, 1e-4), 6.0),
        (cylinder(1, 2, 200), 2 * np.pi),
        (ball(1), 4 / 3 * np.pi),
        (turned_body([(0, 0), (1, 0), (0, 3)], 200), np.pi),
        (tube([(0, 0, 0), (0, 0, 1)], 0.5, 60), np.pi / 4),
    ],
)
def test_volume(mesh: Mesh, expected: float) -> None:
    assert volume(mesh) == pytest.approx(expected, rel=0.04)


def test_rounded_box_has_its_size_and_stands_on_the_floor() -> None:
    mesh = rounded_box((0.4, 0.6, 0.2), 0.05)
    np.testing.assert_allclose(mesh.vertices.min(axis=0), [-0.2, -0.3, 0], atol=1e-9)
    np.testing.assert_allclose(mesh.vertices.max(axis=0), [0.2, 0.3, 0.2], atol=1e-9)


@pytest.mark.parametrize(
    "mesh",
    [
        box(0.4, 0.6, 0.2),
        ball(0.2),
        cushion((0.6, 0.6, 0.2), RNG(0)),
        pillow(0.6, 0.4, 0.15, RNG(0)),
        cover(1.5, 1.0, 0.3, RNG(0)),
        hanging(0.5, 2.0, RNG(0)),
        plate(1, 2),
    ],
)
def test_normals_are_unit_and_agree_with_the_winding(mesh: Mesh) -> None:
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-6)
    corners = mesh.vertices[mesh.faces]
    winding = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    agreement = np.einsum("ij,ij->i", winding, mesh.normals[mesh.faces].mean(axis=1))
    area = np.linalg.norm(winding, axis=1)
    assert area[agreement < 0].sum() < 0.01 * area.sum()


def test_merging_keeps_every_triangle() -> None:
    first, second = box(1, 1, 1), ball(1)
    both = merged([first, second])
    assert volume(both) == pytest.approx(volume(first) + volume(second))


def test_a_wall_loses_the_area_of_its_openings() -> None:
    mesh = pierced_wall(4.0, 2.5, [(0.5, 1.0, 1.2, 1.0)])
    corners = mesh.vertices[mesh.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    assert area == pytest.approx(4.0 * 2.5 - 1.2 * 1.0)


def test_same_seed_builds_the_same_room() -> None:
    first, second = build_room("living_room", 6), build_room("living_room", 6)
    assert len(first.parts) == len(second.parts)
    for one, other in zip(first.parts, second.parts, strict=True):
        assert one.label == other.label
        assert np.array_equal(one.mesh.vertices, other.mesh.vertices)


def test_another_seed_builds_another_room() -> None:
    first, second = build_room("living_room", 6), build_room("living_room", 7)
    assert first.viewpoint != second.viewpoint
