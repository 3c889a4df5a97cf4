"""How made pictures are scored: pixels by hand, distances of features by closed form and by all pairs."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vizlab.core.predictions import ImagePrediction
from vizlab.geometry import KINECT_V1
from vizlab.study.data import Sample
from vizlab.study.evaluation import distances
from vizlab.study.evaluation.distances import FeatureDistances
from vizlab.study.evaluation.scores import ImageScores, Tally

BLANK = np.zeros((16, 16), np.float32)


class FirstPixel(nn.Module):
    """The colour of the first pixel is all that is seen of a picture."""

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures[:, :, 0, 0].double()


def sample(colour: np.ndarray, **domains: np.ndarray) -> Sample:
    return Sample("x", colour, BLANK, BLANK.astype(np.uint8), KINECT_V1, domains=domains)


def test_errors_are_over_all_pixels_of_the_set_and_against_the_target() -> None:
    """One picture off by 10, one right: L1 5 of 255, mean square 50; the colour, off by far more, is not asked."""
    scores, white = ImageScores("light"), np.full((16, 16, 3), 255, np.uint8)
    rng = np.random.default_rng(0)
    light = rng.integers(20, 200, (16, 16, 3)).astype(np.uint8)
    scores.add(ImagePrediction(light + 10), sample(white, light=light))
    scores.add(ImagePrediction(light), sample(white, light=light))
    found = scores.result()
    assert found["L1"] == pytest.approx(100 * 5 / 255)
    assert found["PSNR"] == pytest.approx(10 * np.log10(255**2 / 50), abs=1e-4)
    assert 0.9 < found["SSIM"] < 1


def test_a_copy_is_alike_and_an_inverted_picture_is_not() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (16, 16, 3)).astype(np.uint8)
    for made, alike in ((picture, 1.0), (255 - picture, -0.9)):
        tally = Tally(40)
        tally.add({"image/ensemble": ImagePrediction(made)}, sample(picture))
        assert tally.result()["image/ensemble"]["SSIM"] == pytest.approx(alike, abs=0.1)


def added(made: np.ndarray, real: np.ndarray) -> FeatureDistances:
    """Pictures of one colour each, (N, 3) uint8."""
    found = FeatureDistances(FirstPixel(), 3)
    for one, other in zip(made, real, strict=True):
        found.add(np.full((4, 4, 3), one, np.uint8), np.full((4, 4, 3), other, np.uint8))
    return found


def test_the_frechet_distance_of_gaussians_is_the_closed_form() -> None:
    """Independent channels: the squared distance of the means and of the standard deviations, channel by channel."""
    # All corners of a box: channels are uncorrelated exactly, with the variance of two values seen n / 2 times each.
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    made, real = 100 + corners * (2, 10, 30), np.array([100, 107, 90]) + corners * (6, 10, 20)
    bessel = 8 / 7
    expected = (0 + 49 + 100) + bessel * ((6 - 2) ** 2 + 0 + (30 - 20) ** 2)
    result = added(made, real).result()
    assert result is not None
    assert result.frechet == pytest.approx(expected, rel=1e-4)


def test_the_kernel_distance_is_that_of_all_pairs() -> None:
    rng = np.random.default_rng(2)
    made, real = rng.integers(0, 9, (5, 3)), rng.integers(0, 12, (5, 3))

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float(x @ y / 3 + 1) ** 3

    within = [
        np.mean([kernel(x, y) for i, x in enumerate(of) for j, y in enumerate(of) if i != j]) for of in (made, real)
    ]
    across = np.mean([kernel(x, y) for x in made for y in real])
    result = added(made, real).result()
    assert result is not None
    assert result.kernel == pytest.approx(sum(within) - 2 * across, rel=1e-5)


def test_one_picture_has_no_distances() -> None:
    assert added(np.ones((1, 3)), np.ones((1, 3))).result() is None


def test_without_inception_s_weights_there_is_no_fid_but_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert distances.inception_distances() is None
    assert "weights-inception-2015-12-05" in distances.missing()
    scores, picture = ImageScores(), np.zeros((16, 16, 3), np.uint8)
    for _ in range(2):
        scores.add(ImagePrediction(picture), sample(picture))
    assert set(scores.result()) == {"L1", "PSNR", "SSIM"}


def test_with_them_fid_and_kid_stand_beside_the_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vizlab.study.evaluation.scores.inception_distances", lambda: FeatureDistances(FirstPixel(), 3))
    scores = ImageScores()
    for value in (3, 4):
        picture = np.full((16, 16, 3), value, np.uint8)
        scores.add(ImagePrediction(picture + 2), sample(picture))
    assert scores.result()["FID"] == pytest.approx(12, abs=1e-3)
    assert "KID" in scores.result()
