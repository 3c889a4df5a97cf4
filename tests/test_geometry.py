"""Normals derived from depth: exact on planes, sharp at edges, nearer to the truth than plain windows."""

import cv2
import numpy as np
import pytest

from vizlab.geometry import KINECT_V1, Intrinsics, back_project, normals_from_depth
from vizlab.rgbd import fill_unknown
from vizlab.scenes import list_scenes, load_scene


def angles(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Degrees, at pixels where both are known."""
    known = np.isfinite(found).all(-1) & np.isfinite(expected).all(-1)
    return np.degrees(np.arccos(np.clip((found * expected).sum(-1)[known], -1, 1)))


def plane(normal: np.ndarray, distance: float, camera: Intrinsics) -> np.ndarray:
    rays = back_project(np.ones(camera.size, np.float32), camera)
    depth = -distance / (rays @ normal)
    return np.where((depth > 0.2) & (depth < 8), depth, np.nan).astype(np.float32)


@pytest.mark.parametrize("size", [(120, 160), (240, 320), (480, 640)])
@pytest.mark.parametrize("direction", [(0.3, -0.8, -0.5), (0.0, 0.0, -1.0), (-0.9, 0.1, -0.3)])
def test_normals_of_a_plane_are_exact(direction: tuple[float, float, float], size: tuple[int, int]) -> None:
    """Closed form: the plane n.P = -2 has the normal n everywhere it is seen, whichever side of it that is."""
    normal = np.array(direction) / np.linalg.norm(direction)
    camera = KINECT_V1.scaled_to(size)
    depth = plane(normal, 2, camera)
    found = normals_from_depth(depth, camera)
    assert not np.isfinite(found[np.isnan(depth)]).any()
    assert np.isfinite(found[np.isfinite(depth)]).mean() > 0.999
    error = angles(found, np.broadcast_to(normal, found.shape))
    assert np.median(error) < 0.05
    assert np.percentile(error, 99) < 1
    assert np.linalg.norm(found[np.isfinite(found[..., 0])], axis=-1) == pytest.approx(1, abs=1e-5)


def test_two_surfaces_do_not_mix_at_their_border() -> None:
    """A box's front before a wall that turns away: up to the last column, each keeps its own normal."""
    front, wall = np.array([0.0, 0.0, -1.0]), np.array([0.6, 0.0, -0.8])
    near, far = plane(front, 1.2, KINECT_V1), plane(wall, 2.5, KINECT_V1)
    inside = np.zeros(KINECT_V1.size, bool)
    inside[60:180, 100:200] = True
    found = normals_from_depth(np.where(inside, near, far), KINECT_V1)
    expected = np.where(inside[..., None], front, wall)
    assert np.percentile(angles(found, expected), 99.5) < 2


def test_unknown_depth_and_lone_pixels_have_no_normal() -> None:
    depth = np.full(KINECT_V1.size, np.nan, np.float32)
    depth[100:140, 100:140] = 2.0
    depth[20, 20] = 1.0
    found = normals_from_depth(depth, KINECT_V1)
    assert np.isfinite(found).all(-1).sum() == 40 * 40
    assert np.isfinite(found[100:140, 100:140]).all()


def falls_short(depth: np.ndarray, camera: Intrinsics) -> np.ndarray:
    """OpenCV's FALS with its largest window, what was used before."""
    matrix = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]], np.float32)
    points = back_project(depth, camera)
    estimator = getattr(cv2, "RgbdNormals_create")(  # noqa: B009
        *depth.shape, cv2.CV_32F, matrix, 7, 50.0, cv2.RgbdNormals_RGBD_NORMALS_METHOD_FALS
    )
    normals = estimator.apply(np.concatenate([points, np.zeros_like(points[..., :1])], -1))[..., :3]
    return np.where((normals * points).sum(-1, keepdims=True) > 0, -normals, normals)


def test_from_a_sensor_s_depth_they_are_nearer_to_the_truth_than_a_plain_window() -> None:
    """On the bundled scenes, whose exact normals are known: mean and median angle, all scenes together."""
    ours, theirs = [], []
    for name in list_scenes()[:4]:
        scene = load_scene(name)
        camera = scene.intrinsics.scaled_to((240, 320))
        small = lambda a: cv2.resize(a, (320, 240), interpolation=cv2.INTER_NEAREST)  # noqa: E731
        depth = fill_unknown(small(scene.sensor_depth))[0]
        exact = small(scene.normals)
        ours.append(angles(normals_from_depth(depth, camera), exact))
        theirs.append(angles(falls_short(depth, camera), exact))
    mine, plain = np.concatenate(ours), np.concatenate(theirs)
    assert mine.mean() < 0.8 * plain.mean()
    assert np.median(mine) < 0.6 * np.median(plain)
