"""Rendered scenes: exact geometry, labels, determinism. Needs mitsuba (the extra `render`)."""

import dataclasses

import numpy as np
import pytest

from vizlab.geometry import back_project
from vizlab.rgbd.domains import with_domains
from vizlab.scenes import known_kinds, list_scenes, load_scene, render_scene
from vizlab.scenes.catalogue import CATALOGUE
from vizlab.scenes.materials import Material, flagstones, glow
from vizlab.scenes.meshes import box, panel, plate
from vizlab.scenes.parts import Part
from vizlab.scenes.path_tracing import RoomScene
from vizlab.scenes.rendering import camera_geometry, class_labels, render_room, room_geometry
from vizlab.scenes.rooms import build_room
from vizlab.scenes.shell import Room
from vizlab.scenes.viewpoints import Viewpoint, kinect_intrinsics
from vizlab.tasks import NYU40_CLASSES

pytest.importorskip("mitsuba", reason="rendering scenes needs mitsuba: pip install 'vizlab[render]'")

SIZE = (48, 64)
GREY = Material((0.5, 0.5, 0.5))


def facing_a_wall(roll: float = 0.0) -> Room:
    """A wall 3 m before the camera, at right angles to its axis, and a cube of 0.5 m in its middle, 2 m away."""
    wall = Part(panel(20, 20).moved(0, 3, -10), GREY, "wall")
    cube = Part(box(0.5, 0.5, 0.5, 1e-4).moved(0, 2.25, -0.25), GREY, "box")
    return Room("test", "Test", (4, 4, 3), [wall, cube], Viewpoint((0, 0, 0), (0, 1, 0), roll))


@pytest.mark.parametrize("roll", [0.0, 7.0])
def test_depth_is_along_the_optical_axis(roll: float) -> None:
    """Distance along the ray would grow towards the corners: at 31 degrees off the axis by a sixth."""
    with RoomScene(facing_a_wall(roll), SIZE) as scene:
        geometry = scene.geometry()
        labels = class_labels(scene.bodies, geometry)
    depth, normals = camera_geometry(scene.room, geometry)
    wall, cube = labels == NYU40_CLASSES.index("wall"), labels == NYU40_CLASSES.index("box")
    assert wall.sum() + cube.sum() == labels.size
    np.testing.assert_allclose(depth[wall], 3.0, atol=1e-5)
    np.testing.assert_allclose(depth[cube], 2.0, atol=1e-3)
    np.testing.assert_allclose(normals[wall], np.tile([0.0, 0.0, -1.0], (wall.sum(), 1)), atol=1e-5)


def test_labels_change_exactly_where_depth_does() -> None:
    with RoomScene(facing_a_wall(), SIZE) as scene:
        geometry = scene.geometry()
        labels = class_labels(scene.bodies, geometry)
    depth, _ = camera_geometry(scene.room, geometry)
    assert np.array_equal(np.diff(labels.astype(int), axis=1) != 0, np.abs(np.diff(depth, axis=1)) > 0.5)
    # The cube's face, 0.5 m wide and 2 m away, covers f * 0.5 / 2 pixels: 12.97, so 13 pixel centres at most.
    assert abs((labels[24] == NYU40_CLASSES.index("box")).sum() - kinect_intrinsics(SIZE).fx / 4) < 1


def test_intrinsics_and_depth_give_back_the_points() -> None:
    room = build_room("bedroom", 3)
    with RoomScene(room, SIZE) as scene:
        geometry = scene.geometry()
    depth, _ = camera_geometry(room, geometry)
    expected = room.viewpoint.to_camera(geometry.points)
    np.testing.assert_allclose(back_project(depth, kinect_intrinsics(SIZE)), expected, atol=2e-3)


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow if at % 4 else ()) for at, kind in enumerate(known_kinds())],
)
def test_every_room_renders(kind: str) -> None:
    rendering = render_room(build_room(kind, 5), SIZE, 2, 5)
    assert rendering.rgb.shape == (*SIZE, 3)
    assert rendering.rgb.dtype == np.uint8
    assert 40 < rendering.rgb.mean() < 215
    assert rendering.label.max() < len(NYU40_CLASSES), "a room is closed: no ray may leave it"
    present = {NYU40_CLASSES[index] for index in np.unique(rendering.label)}
    assert {"wall", "floor"} <= present
    assert len(present) >= 8
    assert np.isfinite(rendering.depth).all()
    assert 0.5 < rendering.depth.min() < rendering.depth.max() < 7
    np.testing.assert_allclose(np.linalg.norm(rendering.normals, axis=-1), 1, atol=1e-5)
    seen = rendering.sensor_depth > 0
    assert 0.7 < seen.mean() < 1


def test_normals_face_the_camera() -> None:
    rendering = render_room(build_room("office", 2), SIZE, 1, 2)
    rays = back_project(rendering.depth, rendering.intrinsics)
    assert (np.sum(rendering.normals * rays, axis=-1) <= 1e-4).all()


def test_bump_maps_on_sharp_edges_do_not_spoil_the_picture() -> None:
    """mitsuba gives not-a-number for some paths there; blurred, one such pixel would blacken everything."""
    bricks = flagstones(np.random.default_rng(0), (0.5, 0.3, 0.2), (0.6, 0.6, 0.5), 0.12)
    parts = [
        Part(plate(1, 1).turned(180, "x").moved(0, 1.5, 2.5), glow((1.0, 1.0, 1.0), 5.0), "lamp"),
        Part(plate(8, 8), GREY, "floor"),
        Part(box(1.7, 0.46, 0.04, 0.008).moved(0, 2), bricks, "otherstructure"),
    ]
    with RoomScene(Room("test", "Test", (4, 4, 3), parts, Viewpoint((0, 0, 1.4), (0, 2, 0.4))), (24, 32)) as scene:
        colour, variance = scene.colour(8, 1)
    assert np.isfinite(colour).all()
    assert np.isfinite(variance).all()
    assert colour.mean() > 0.01


def test_same_seed_same_picture() -> None:
    first, second = (render_room(build_room("bedroom", 8), SIZE, 2, 8) for _ in range(2))
    for field in dataclasses.fields(first):
        if field.name != "intrinsics":
            assert np.array_equal(getattr(first, field.name), getattr(second, field.name)), field.name


def test_saved_scene_reads_back(tmp_path) -> None:  # type: ignore[no-untyped-def]
    scene = render_scene("mine", tmp_path, SIZE, 1, seed=4, kind="office")
    rendering = render_room(build_room("office", 4), SIZE, 1, 4)
    assert scene.rgb.shape == (*SIZE, 3)
    assert np.array_equal(scene.label, rendering.label)
    # Half a unit of 1/5000 m; normals: half a step of 2/255 on each axis.
    np.testing.assert_allclose(scene.depth, rendering.depth, atol=1.1e-4)
    np.testing.assert_allclose(scene.normals, rendering.normals, atol=0.012)
    assert np.array_equal(np.isnan(scene.sensor_depth), rendering.sensor_depth == 0)
    domains = with_domains(None, scene.domain_paths).domains
    for name, picture in (("texture", rendering.texture), ("light", rendering.light)):
        assert np.abs(domains[name].astype(int) - picture).mean() < 6, name  # as JPEG


@pytest.mark.parametrize(
    "name", [list_scenes()[0], *(pytest.param(name, marks=pytest.mark.slow) for name in list_scenes()[1:])]
)
def test_tracing_a_bundled_scene_again_gives_its_geometry(name: str) -> None:
    scene, entry = load_scene(name), CATALOGUE[name]
    depth, labels = room_geometry(build_room(entry.kind, entry.seed), entry.size)
    # Another processor may round a ray past an edge here and there.
    assert (labels == scene.label).mean() > 0.999
    assert np.median(np.abs(depth - scene.depth)) < 2e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", list_scenes())
def test_rendering_a_bundled_scene_again_gives_its_pictures(name: str) -> None:
    """With the catalogue's samples per pixel, a minute or more each: colour and the sensor's depth too."""
    scene, entry = load_scene(name), CATALOGUE[name]
    rendering = render_room(build_room(entry.kind, entry.seed), entry.size, entry.spp, entry.seed)
    colour = np.abs(rendering.rgb.astype(int) - scene.rgb)
    assert colour.mean() < 3  # the bundled one went through JPEG
    seen, seen_then = rendering.sensor_depth > 0, np.isfinite(scene.sensor_depth)
    assert (seen == seen_then).mean() > 0.999
    both = seen & seen_then
    off = np.abs(scene.sensor_depth[both] * 1000 - rendering.sensor_depth[both])
    assert (off < 0.6).mean() > 0.99  # a step of disparity is centimetres: where rounding differs, it differs by that
