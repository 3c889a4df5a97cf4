"""Broken colour against closed forms: light, contrast, point spread, variance, luma."""

import numpy as np
import pytest

from vizlab.experiments.corruptions import SEVERITIES, corrupted
from vizlab.experiments.corruptions.colour import disc, line
from vizlab.rgbd import RGBDImage


def even(grey: int, size: tuple[int, int] = (240, 320)) -> RGBDImage:
    return RGBDImage(np.full((*size, 3), grey, np.uint8))


def broken(rgbd: RGBDImage, name: str, severity: int, seed: int = 0) -> np.ndarray:
    colour = corrupted(rgbd, name, severity, seed).colour
    assert colour is not None
    return colour


@pytest.mark.parametrize(
    ("name", "severity", "grey"), [("rgb-dark", 1, 137), ("rgb-dark", 3, 71), ("rgb-bright", 2, 255)]
)
def test_a_stop_is_a_factor_of_two_in_light(name: str, severity: int, grey: int) -> None:
    """188 is half of white's light (0.5029 by IEC 61966-2-1): a stop less is 137, three less 71, a stop more white."""
    assert set(np.unique(broken(even(188), name, severity))) == {grey}


def test_contrast_is_kept_about_each_channel_s_mean() -> None:
    """Severity 1 keeps 40 %: 100 +- 50 becomes 100 +- 20."""
    colour = np.full((10, 10, 3), 50, np.uint8)
    colour[5:] = 150
    changed = broken(RGBDImage(colour), "rgb-contrast", 1)
    assert set(np.unique(changed[:5])) == {80}
    assert set(np.unique(changed[5:])) == {120}


@pytest.mark.parametrize("radius", [2.5, 3.0, 7.25])
def test_a_disc_has_its_area(radius: float) -> None:
    kernel = disc(radius)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert kernel.max() * np.pi * radius**2 == pytest.approx(1, rel=0.03)
    np.testing.assert_array_equal(kernel, kernel[::-1, ::-1])
    rows, columns = np.indices(kernel.shape) - kernel.shape[0] // 2
    # The mean square distance of a disc's points from its middle is r^2 / 2; to bin them adds 1/12 each way (Sheppard).
    assert (kernel * (rows**2 + columns**2)).sum() == pytest.approx(radius**2 / 2 + 1 / 6, abs=0.08)


def test_a_disc_within_a_pixel_is_that_pixel() -> None:
    assert set(np.unique(disc(0.3))) == {0, 1}
    assert set(np.unique(disc(0.5))) == {0, 1}


@pytest.mark.parametrize(("length", "angle"), [(6.0, 0.0), (15.0, 0.7), (30.0, 2.5)])
def test_a_line_has_its_length_and_direction(length: float, angle: float) -> None:
    """The variance along a line of length L is L^2 / 12; to share each place among four pixels adds 1/6 each way."""
    kernel = line(length, angle)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    rows, columns = np.indices(kernel.shape) - kernel.shape[0] // 2
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    assert (kernel * along).sum() == pytest.approx(0, abs=1e-4)
    assert (kernel * along**2).sum() == pytest.approx(length**2 / 12 + 1 / 6, abs=0.08)
    assert (kernel * across**2).sum() == pytest.approx(1 / 6, abs=0.18)


@pytest.mark.parametrize("name", ["rgb-defocus", "rgb-motion"])
def test_blur_spans_the_same_angle_at_any_size(name: str) -> None:
    """A point's light spreads over four times as many pixels in a picture twice as tall; half of them wide."""

    def spread(height: int) -> float:
        colour = np.zeros((height, height, 3), np.uint8)
        middle = slice(height // 2 - height // 48, height // 2 + height // 48)
        colour[middle, middle] = 255
        return float((broken(RGBDImage(colour), name, 5) > 0).mean())

    assert spread(480) == pytest.approx(spread(240), rel=0.15)


def test_blur_leaves_what_is_even() -> None:
    for name in ("rgb-defocus", "rgb-motion"):
        assert set(np.unique(broken(even(90), name, 5))) == {90}


@pytest.mark.parametrize(("severity", "deviation"), [(1, 0.08), (2, 0.12)])
def test_normal_noise_has_its_deviation(severity: int, deviation: float) -> None:
    noisy = broken(even(128), "rgb-gaussian", severity).astype(float) / 255
    assert noisy.std() == pytest.approx(deviation, rel=0.02)
    assert noisy.mean() == pytest.approx(128 / 255, abs=0.002)


@pytest.mark.parametrize(("severity", "photons"), [(1, 60), (2, 25)])
def test_shot_noise_grows_with_the_root_of_light(severity: int, photons: int) -> None:
    """A Poisson count of mean c x has the variance c x: x / c once divided by c."""
    for grey in (51, 102):
        noisy = broken(even(grey), "rgb-shot", severity).astype(float) / 255
        assert noisy.var() == pytest.approx(grey / 255 / photons, rel=0.04)
        assert noisy.mean() == pytest.approx(grey / 255, abs=0.003)


def test_grey_is_bt_601_luma() -> None:
    """0.299 R + 0.587 G + 0.114 B; two fifths of the way at severity 2."""
    colour = np.tile(np.array([200, 100, 50], np.uint8), (8, 8, 1))
    luma = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    np.testing.assert_allclose(broken(RGBDImage(colour), "rgb-grey", 5)[0, 0], [luma] * 3, atol=0.51)
    expected = [one + 0.4 * (luma - one) for one in (200, 100, 50)]
    np.testing.assert_allclose(broken(RGBDImage(colour), "rgb-grey", 2)[0, 0], expected, atol=0.51)


def test_jpeg_gets_worse_with_its_quality(small_rgbd: RGBDImage) -> None:
    assert small_rgbd.colour is not None
    colour = small_rgbd.colour.astype(float)
    errors = [float(np.abs(broken(small_rgbd, "rgb-jpeg", severity) - colour).mean()) for severity in SEVERITIES]
    assert errors == sorted(errors)
    assert 0 < errors[0] < errors[-1] < 40


def test_jpeg_keeps_channels_in_their_places() -> None:
    red = RGBDImage(np.tile(np.array([220, 30, 30], np.uint8), (32, 32, 1)))
    np.testing.assert_allclose(broken(red, "rgb-jpeg", 1)[16, 16], [220, 30, 30], atol=12)
