"""Errors of one picture against closed forms, void and unknown pixels left out."""

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.measures.metrics import depth_error, normals_error, semseg_score
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage


def test_depth_error_is_zero_after_aligning_a_wrong_scale() -> None:
    reference = np.random.default_rng(0).uniform(1, 5, (20, 30)).astype(np.float32)
    reference[0, 0] = np.nan
    error = depth_error(2 * reference, reference)
    known = reference[np.isfinite(reference)]
    assert error.scale == pytest.approx(0.5)
    assert error.aligned_rmse == pytest.approx(0, abs=1e-6)
    assert error.rmse == pytest.approx(np.sqrt(np.mean(known**2)), rel=1e-5)
    assert error.abs_rel == pytest.approx(1)
    assert error.valid == pytest.approx(599 / 600)
    assert np.isnan(error.error[0, 0])
    assert (error.error[1:] > 0).all()


def test_depth_without_any_reference_is_undefined() -> None:
    error = depth_error(np.ones((2, 2), np.float32), np.full((2, 2), np.nan, np.float32))
    assert np.isnan([error.rmse, error.aligned_rmse, error.scale, error.abs_rel]).all()
    assert error.valid == 0
    assert error.error.shape == (2, 2)
    assert np.isnan(error.error).all()


def test_normals_error_measures_the_angle() -> None:
    angle = np.radians(20)
    prediction = np.zeros((4, 4, 3), np.float32) + np.array([np.sin(angle), 0, -np.cos(angle)], np.float32)
    reference = np.zeros((4, 4, 3), np.float32) + np.array([0, 0, -1], np.float32)
    reference[0] = np.nan
    error = normals_error(prediction, reference)
    assert error.mean == pytest.approx(20, abs=1e-3)
    assert error.median == pytest.approx(20, abs=1e-3)
    assert error.within == (0, 1, 1)
    assert error.valid == 0.75


def test_semseg_counts_no_void_and_averages_over_present_classes() -> None:
    reference = np.array([[0, 0, 1, 1], [255, 255, 1, 1]], np.uint8)
    label = np.array([[0, 2, 1, 1], [5, 5, 1, 1]], np.uint8)
    score = semseg_score(label, reference)
    assert score.accuracy == pytest.approx(5 / 6)
    assert score.miou == pytest.approx((0.5 + 1) / 2)
    assert score.present == 2
    assert score.valid == 0.75


def test_other_sizes_are_refused() -> None:
    with pytest.raises(InputError, match="The depth prediction is 3x2 but its reference is 4x2"):
        depth_error(np.ones((3, 2), np.float32), np.ones((4, 2), np.float32))
    with pytest.raises(InputError, match="The normals prediction is 3x2x3"):
        normals_error(np.ones((3, 2, 3), np.float32), np.ones((4, 2, 3), np.float32))
    with pytest.raises(InputError, match="The semseg prediction is 3x2"):
        semseg_score(np.ones((3, 2), np.uint8), np.ones((4, 2), np.uint8))
    with pytest.raises(InputError, match="differ in size"):
        Reference(depth=np.ones((2, 2), np.float32), label=np.ones((2, 3), np.uint8))


def test_reference_is_completed_from_the_picture(small_rgbd: RGBDImage) -> None:
    given = Reference(label=np.zeros(small_rgbd.size, np.uint8), notes={"semseg": "exact, rendered"})
    complete = given.completed(small_rgbd)
    assert list(complete.maps()) == ["semseg", "depth", "normals"]
    assert complete.notes["semseg"] == "exact, rendered"
    assert "derived from depth" in complete.notes["normals"]
    assert complete.normals is not None
    assert complete.normals.shape == (*small_rgbd.size, 3)
    assert np.isnan(complete.normals[0, 0]).all()


def test_derived_normals_of_a_large_wall_face_the_camera() -> None:
    complete = Reference().completed(RGBDImage(None, np.full((480, 640), 2, np.float32)))
    assert complete.normals is not None
    np.testing.assert_allclose(complete.normals[240, 320], [0, 0, -1], atol=1e-3)


def test_depth_errors_are_signed_and_float32() -> None:
    """Too far is positive; what is unknown on either side is NaN, in the map and nowhere in the figures."""
    prediction = np.array([[1.5, 2.0, np.nan, 4.0]], np.float32)
    reference = np.array([[2.0, 1.0, 3.0, 0.0]], np.float32)
    found = depth_error(prediction, reference)
    np.testing.assert_array_equal(found.error, np.array([[-0.5, 1.0, np.nan, np.nan]], np.float32))
    assert found.error.dtype == np.float32
    assert found.rmse == pytest.approx(np.sqrt((0.25 + 1) / 2))
    assert found.abs_rel == pytest.approx((0.25 + 1) / 2)
    assert found.valid == 0.5


def test_angles_by_pixel_and_their_root_mean_square() -> None:
    angles = np.radians([0.0, 10.0, 20.0, 40.0])
    prediction = np.stack([np.sin(angles), 0 * angles, -np.cos(angles)], -1)[None].astype(np.float32)
    found = normals_error(prediction, np.broadcast_to(np.array([0, 0, -1], np.float32), prediction.shape))
    np.testing.assert_allclose(found.error, [[0, 10, 20, 40]], atol=0.05)
    assert found.rmse == pytest.approx(np.sqrt((100 + 400 + 1600) / 4), rel=1e-3)
    assert (found.mean, found.median) == (pytest.approx(17.5, abs=0.05), pytest.approx(15, abs=0.05))
    assert found.within == (0.5, 0.75, 0.75)


def test_normals_without_any_reference_are_undefined() -> None:
    unknown = np.full((2, 3, 3), np.nan, np.float32)
    found = normals_error(np.ones((2, 3, 3), np.float32), unknown)
    assert all(np.isnan(v) for v in (found.mean, found.median, found.rmse, *found.within))
    assert len(found.within) == 3
    assert found.valid == 0
    assert found.error.shape == (2, 3)
    assert np.isnan(found.error).all()


def test_labels_without_any_reference_are_undefined() -> None:
    found = semseg_score(np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8))
    assert np.isnan(found.accuracy)
    assert np.isnan(found.miou)
    assert (found.present, found.valid) == (0, 0)


@pytest.mark.parametrize("metres", [0.25, 3.0])
def test_the_scale_is_that_of_the_medians(metres: float) -> None:
    """Near or far: 1, 2 and 6 of a unit against 2, 3 and 5 of it."""
    prediction, reference = (np.array([row], np.float32) * metres for row in ([1, 2, 6], [2, 3, 5]))
    found = depth_error(prediction, reference)
    assert found.scale == pytest.approx(3 / 2)
    assert found.aligned_rmse == pytest.approx(metres * np.sqrt((0.5**2 + 0 + 4**2) / 3))


def test_a_depth_of_nothing_has_no_scale() -> None:
    found = depth_error(np.zeros((2, 2), np.float32), np.ones((2, 2), np.float32))
    assert np.isnan(found.scale)
    assert np.isnan(found.aligned_rmse)
    assert found.rmse == 1


def test_vectors_longer_than_one_by_rounding_have_an_angle() -> None:
    """1.00001 squared is no cosine."""
    facing = np.full((1, 2, 3), (0, 0, -1.00001), np.float32)
    found = normals_error(facing, facing * np.array([[[1], [-1]]], np.float32))
    np.testing.assert_array_equal(found.error, [[0, 180]])
    assert found.error.dtype == np.float32


def test_an_angle_of_the_limit_is_not_within_it() -> None:
    angles = np.radians([[11.25, 22.5, 30, 60]])
    found = normals_error(np.stack([np.sin(angles), 0 * angles, np.cos(angles)], -1), np.full((1, 4, 3), (0, 0, 1.0)))
    np.testing.assert_array_equal(found.error, [[11.25, 22.5, 30, 60]])
    assert found.within == (0, 0.25, 0.5)


def test_a_class_of_one_pixel_is_present() -> None:
    """Of which it is missed: an intersection of 0 over a union of 1, beside 3 of 4."""
    found = semseg_score(np.array([[0, 0, 0, 0]], np.uint8), np.array([[0, 0, 0, 1]], np.uint8))
    assert found.present == 2
    assert found.miou == pytest.approx((3 / 4 + 0) / 2)
