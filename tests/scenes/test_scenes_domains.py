"""Domains of a rendered room: texture without light, light without texture, normals, edges; exact, and as files."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from vizlab.geometry import KINECT_V1, normals_from_depth
from vizlab.rgbd.derived import normals_picture
from vizlab.scenes.__main__ import app
from vizlab.scenes.development import GREY, encoded, light_alone, metered, texture_alone, toned
from vizlab.scenes.rendering import normals_code
from vizlab.study.data import RGBDFolder
from vizlab.study.data.folder import DOMAINS
from vizlab.study.data.rendered import render_dataset

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
SIZE = (32, 40)


def patches(rng: np.random.Generator) -> np.ndarray:
    """A reflectance of coloured squares, none darker than 0.25."""
    return np.kron(rng.uniform(0.25, 0.9, (4, 5, 3)), np.ones((8, 8, 1))).astype(np.float32)


def test_a_camera_meters_the_log_mean_and_its_stops() -> None:
    colour = np.random.default_rng(0).uniform(0.05, 3, (*SIZE, 3)).astype(np.float32)
    for stops in (0.0, 1.0):
        taken = colour * metered(colour, stops)
        assert np.exp(np.log(taken @ LUMINANCE).mean()) == pytest.approx(0.2 * 2**stops, rel=1e-3)


def test_a_colour_cast_is_balanced_in_part() -> None:
    red, _, blue = metered(np.full((*SIZE, 3), (2.0, 1.0, 0.5), np.float32))
    assert 1 < blue / red < 4
    assert blue / red == pytest.approx(4**0.6, rel=1e-4)


def test_light_alone_knows_nothing_of_the_texture_and_texture_nothing_of_the_light() -> None:
    """Radiance is reflectance times light: both pictures show their own factor, whatever the other is."""
    rng = np.random.default_rng(1)
    light = np.linspace(0.3, 2.0, SIZE[1], dtype=np.float32)[None, :, None] * np.array((1.0, 0.9, 0.7), np.float32)
    radiance = patches(rng) * light
    shown = light_alone(radiance, radiance / light, 0.0).astype(int)
    # Up and down a column the texture changes and the light does not.
    assert np.ptp(shown, axis=0).max() <= 3
    assert (np.diff(shown[0], axis=0) >= 0).all()
    assert shown[0, -1].min() > shown[0, 0].max()
    gains = metered(radiance, 0.0)
    assert np.abs(shown[0] - toned(light[0] * GREY * gains) * 255).max() < 12  # gains are of the picture after bloom


def test_what_hardly_reflects_a_colour_has_the_light_of_the_others() -> None:
    albedo = np.full((*SIZE, 3), 0.4, np.float32)
    albedo[:, :12, 0] = 0.002
    shown = light_alone(albedo * 1.5, albedo, 0.0).astype(int)
    assert np.abs(shown[16, 5] - shown[16, 35]).max() < 12
    assert light_alone(np.zeros_like(albedo), np.zeros_like(albedo), 0.0).max() < 30  # black does not glow


def test_texture_is_coded_as_srgb() -> None:
    assert texture_alone(np.full((2, 2, 3), 0.5, np.float32))[0, 0].tolist() == [188] * 3
    ramp = np.linspace(0, 1, 256)
    back = np.where(ramp <= 0.04045, ramp / 12.92, ((ramp + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(encoded(back), ramp, atol=1e-6)


def test_normals_have_the_code_of_those_that_follow_from_depth() -> None:
    column = np.arange(320, dtype=np.float32)
    depth = np.tile(1 / (0.3 + column / 1500), (240, 1)).astype(np.float32)  # a plane: its inverse depth is linear
    normals = normals_from_depth(depth, KINECT_V1)
    exact, derived = normals_code(np.nan_to_num(normals)), normals_picture(depth, KINECT_V1)
    middle = (slice(60, 180), slice(80, 240))
    assert np.abs(exact[middle].astype(int) - derived[middle]).max() <= 2
    assert exact[120, 160, 0] != 128  # it faces to one side


def test_a_data_set_has_its_domains_in_folders_and_exact_depth(tmp_path: Path) -> None:
    pytest.importorskip("mitsuba", reason="rendering needs mitsuba: pip install 'vizlab[render]'")
    (job,) = render_dataset(tmp_path, 1, (24, 32), 1, domains=True)
    sample = RGBDFolder(tmp_path, "train", domains=DOMAINS).read(0)
    assert sample.name == job.name
    assert set(sample.domains) == set(DOMAINS)
    assert np.isfinite(sample.depth).all()  # a sensor would have left holes
    assert len(np.unique(sample.depth * 1000 % 10 // 1)) > 3  # in millimetres, not in a sensor's steps
    assert sample.picture("edges").std(axis=2).max() == 0
    assert not np.array_equal(sample.picture("texture"), sample.picture("light"))
    (tmp_path / "light" / f"{job.name}.png").unlink()
    again = ["dataset", str(tmp_path), "--count", "1", "--size", "32x24", "--spp", "1", "--domains"]
    assert CliRunner().invoke(app, again).output.strip() == job.name
    assert (tmp_path / "light" / f"{job.name}.png").is_file()
