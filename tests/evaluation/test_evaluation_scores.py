"""Scores against closed forms."""

import dataclasses

import numpy as np
import pytest

from vizlab.core.predictions import DepthPrediction, NormalsPrediction, SemsegPrediction
from vizlab.geometry import KINECT_V1
from vizlab.study.data import Sample
from vizlab.study.evaluation import DepthScores, NormalsScores, SemsegScores
from vizlab.study.evaluation.scores import Tally


def sample(**maps: np.ndarray) -> Sample:
    blank = np.zeros((2, 2), np.float32)
    values = {"depth": blank, "label": blank.astype(np.uint8), "normals": np.zeros((2, 2, 3), np.float32)} | maps
    made = Sample("x", np.zeros((2, 2, 3), np.uint8), values["depth"], values["label"], KINECT_V1)
    vars(made)["depth_normals"] = values["normals"]  # in place of what its depth would give
    return made


def test_semseg_scores_count_the_whole_set() -> None:
    """Classes 0 and 1: 3 right of 4 and 1 right of 2; IoU 3/5 and 1/3; void counts nowhere."""
    scores = SemsegScores(40)
    confident = np.ones((2, 4), np.float32)
    label = np.array([[0, 0, 0, 0], [1, 1, 255, 255]], np.uint8)
    predicted = np.array([[0, 0, 0, 1], [1, 0, 7, 0]], np.uint8)
    scores.add(SemsegPrediction(predicted, confident), sample(label=label))
    result = scores.result()
    assert result["mIoU"] == pytest.approx(100 * (3 / 5 + 1 / 3) / 2)
    assert result["mean accuracy"] == pytest.approx(100 * (3 / 4 + 1 / 2) / 2)
    assert result["pixel accuracy"] == pytest.approx(100 * 4 / 6)


def test_depth_rmse_is_over_all_pixels_not_a_mean_of_pictures() -> None:
    scores = DepthScores()
    nan = np.nan
    scores.add(
        DepthPrediction(np.full((2, 2), 2.0, np.float32)), sample(depth=np.array([[1, nan], [nan, nan]], np.float32))
    )
    scores.add(DepthPrediction(np.full((2, 2), 2.0, np.float32)), sample(depth=np.full((2, 2), 2.0, np.float32)))
    assert scores.result()["RMSE"] == pytest.approx(np.sqrt(1 / 5))


def test_what_was_not_measured_does_not_count() -> None:
    left = np.array([[True, False], [True, False]])
    ones, up = np.ones((2, 2), np.float32), np.zeros((2, 2, 3), np.float32)
    up[..., 1] = -1
    depth, normals = DepthScores(), NormalsScores()
    made = dataclasses.replace(sample(depth=np.array([[1, 9], [3, 9]], np.float32)), measured=left)
    vars(made)["depth_normals"] = np.where(left[..., None], up, -up)
    depth.add(DepthPrediction(ones), made)
    normals.add(NormalsPrediction(up), made)
    assert depth.result()["RMSE"] == pytest.approx(np.sqrt(2))
    assert normals.result()["mean angle"] == 0


def test_normals_scores() -> None:
    truth = np.zeros((2, 2, 3), np.float32)
    truth[..., 2] = -1
    truth[1, 1] = np.nan
    tilted = truth.copy()
    tilt = np.radians(20)
    tilted[0, 0] = (np.sin(tilt), 0, -np.cos(tilt))
    scores = NormalsScores()
    scores.add(NormalsPrediction(tilted), sample(normals=truth))
    result = scores.result()
    assert result["mean angle"] == pytest.approx(20 / 3, abs=0.1)
    assert result["median angle"] == pytest.approx(0, abs=0.11)
    assert result["within 11.25"] == pytest.approx(200 / 3)
    assert result["within 22.5"] == pytest.approx(100)


def test_pictures_without_labels_have_no_semseg_scores() -> None:
    label = np.full((2, 2), 255, np.uint8)
    predictions = {
        "semseg": SemsegPrediction(np.zeros((2, 2), np.uint8), np.ones((2, 2), np.float32)),
        "depth": DepthPrediction(np.full((2, 2), 2.0, np.float32)),
    }
    tally = Tally(40)
    tally.add(predictions, sample(label=label, depth=np.full((2, 2), 1.0, np.float32)))
    assert tally.result() == {"depth": {"RMSE": pytest.approx(1.0)}}
