"""Properties of every corruption: pure, seeded, worse by severity, and true of what it says."""

import itertools

import cv2
import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.experiments.corruptions import CORRUPTIONS, SEVERITIES, Corruption, corrupted, fitting
from vizlab.experiments.corruptions.replacing import covering, others
from vizlab.rgbd import RGBDImage, fill_unknown
from vizlab.scenes import list_scenes, load_scene
from vizlab.study.scene_scores import scene_picture

EVERY = pytest.mark.parametrize("one", CORRUPTIONS.values(), ids=list(CORRUPTIONS))


@pytest.fixture(scope="module")
def bedroom() -> RGBDImage:
    return scene_picture(load_scene("bedroom"))[0]


def changed(rgbd: RGBDImage, one: Corruption, severity: int, seed: int = 0) -> np.ndarray:
    broken = one(rgbd, severity, seed)
    pixels = broken.depth if one.modality == "depth" else broken.colour
    assert pixels is not None
    return pixels


@EVERY
def test_the_other_modality_and_the_size_stay(one: Corruption, small_rgbd: RGBDImage) -> None:
    broken = one(small_rgbd, 5)
    assert broken.size == small_rgbd.size
    untouched = ("colour", "depth")[one.modality == "rgb"]
    np.testing.assert_array_equal(getattr(broken, untouched), getattr(small_rgbd, untouched))
    assert broken.digest != small_rgbd.digest


@EVERY
def test_a_seed_gives_the_same_picture_again(one: Corruption, small_rgbd: RGBDImage) -> None:
    np.testing.assert_array_equal(changed(small_rgbd, one, 4, 3), changed(small_rgbd, one, 4, 3))


@pytest.mark.parametrize(
    "name", ["depth-missing", "depth-noise", "rgb-motion", "rgb-gaussian", "rgb-shot", "depth-dropped-other"]
)
def test_what_is_left_to_chance_differs_by_seed(name: str, small_rgbd: RGBDImage) -> None:
    pictures = {corrupted(small_rgbd, name, 4, seed).digest for seed in range(4)}
    assert len(pictures) > 1


@EVERY
def test_each_severity_is_worse_than_the_one_before(one: Corruption, bedroom: RGBDImage) -> None:
    """By the mean size of what changed; lost depth counts as its whole distance."""
    pixels = bedroom.depth if one.modality == "depth" else bedroom.colour
    assert pixels is not None
    before = np.nan_to_num(pixels.astype(float))
    sizes = [float(np.abs(np.nan_to_num(changed(bedroom, one, s).astype(float)) - before).mean()) for s in SEVERITIES]
    assert sizes[0] > 0
    assert all(later > earlier if one.graded else later == earlier for earlier, later in itertools.pairwise(sizes))


@EVERY
def test_parameters_are_said_of_every_severity(one: Corruption, small_rgbd: RGBDImage) -> None:
    said = [one.parameters(severity) for severity in SEVERITIES]
    assert len(set(said)) == (5 if one.graded else 1)
    assert not any("{" in text for text in said)
    assert all(text.isascii() for text in said)  # in files; on the page minus signs are real
    assert said[2] in one(small_rgbd, 3).record.warnings[-1]


def test_the_definition_s_corruptions_are_all_there() -> None:
    """Eight of depth and ten of colour; dropped ones by two replacements, scaling both ways."""
    names = {modality: [n for n, c in CORRUPTIONS.items() if c.modality == modality] for modality in ("depth", "rgb")}
    assert names["depth"] == [
        f"depth-{what}"
        for what in (
            "missing", "holes", "noise", "steps", "near", "far", "shifted", "unit", "dropped-mean", "dropped-other",
        )
    ]  # fmt: skip
    assert names["rgb"] == [
        f"rgb-{what}"
        for what in (
            "dark", "bright", "contrast", "defocus", "motion", "gaussian", "shot", "jpeg", "grey", "dropped-mean",
            "dropped-other",
        )
    ]  # fmt: skip


@pytest.mark.parametrize("severity", [0, 6, -1, 2.5])
def test_other_severities_are_refused(severity: int, small_rgbd: RGBDImage) -> None:
    with pytest.raises(InputError, match="expected a whole number from 1 to 5"):
        corrupted(small_rgbd, "depth-noise", severity)


def test_unknown_names_and_missing_modalities_are_refused(small_rgbd: RGBDImage) -> None:
    with pytest.raises(InputError, match="no corruption 'fog'; there are depth-missing"):
        corrupted(small_rgbd, "fog", 1)
    with pytest.raises(InputError, match="'depth-noise' breaks depth, but the picture has only rgb"):
        corrupted(RGBDImage(small_rgbd.colour), "depth-noise", 1)
    with pytest.raises(InputError, match="The seed is -1"):
        corrupted(small_rgbd, "depth-noise", 1, -1)


def test_only_what_the_picture_and_the_network_have_is_offered(small_rgbd: RGBDImage) -> None:
    assert {one.modality for one in fitting(small_rgbd, ("rgb",))} == {"rgb"}
    assert {one.modality for one in fitting(RGBDImage(None, small_rgbd.depth), ("rgb", "depth"))} == {"depth"}
    assert len(fitting(small_rgbd, ("rgb", "depth"))) == len(CORRUPTIONS)


def test_a_scene_does_not_stand_in_for_itself() -> None:
    """Of the scenes' own pictures, all others: by colour as well as by depth alone."""
    name = list_scenes()[0]
    rgbd, _ = scene_picture(load_scene(name))
    for known in (rgbd, RGBDImage(rgbd.colour), RGBDImage(None, rgbd.depth)):
        assert len(others(known)) == len(list_scenes()) - 1
        assert rgbd.digest not in {other.digest for other in others(known)}


def test_the_mean_picture_is_the_mean_of_the_others(bedroom: RGBDImage) -> None:
    expected = np.mean([other.colour for other in others(bedroom)], axis=0)
    np.testing.assert_allclose(changed(bedroom, CORRUPTIONS["rgb-dropped-mean"], 1), expected, atol=0.501)
    filled = [fill_unknown(other.depth)[0] for other in others(bedroom) if other.depth is not None]
    np.testing.assert_allclose(
        changed(bedroom, CORRUPTIONS["depth-dropped-mean"], 1), np.mean(filled, axis=0), rtol=1e-5
    )


@pytest.mark.parametrize("size", [(40, 40), (20, 60), (90, 30)])
def test_what_stands_in_is_cut_to_its_middle_not_squeezed(size: tuple[int, int]) -> None:
    """A ramp along x of slope 1 in a 40x60 picture: scaled alike both ways, as much cut left as right."""
    ramp = np.tile(np.arange(60, dtype=np.float32), (40, 1))
    fitted = covering(ramp, size, cv2.INTER_LINEAR)
    assert fitted.shape == size
    scale = max(size[0] / 40, size[1] / 60)
    middle = fitted[size[0] // 2]
    assert np.median(np.diff(middle)) == pytest.approx(1 / scale, rel=0.02)
    assert middle[0] + middle[-1] == pytest.approx(59, abs=1.01)


def test_another_picture_is_one_of_the_others() -> None:
    rgbd, _ = scene_picture(load_scene("office"))
    colours = {corrupted(rgbd, "rgb-dropped-other", 1, seed).digest for seed in range(12)}
    assert 3 < len(colours) < 12
    depth = corrupted(rgbd, "depth-dropped-other", 1).depth
    assert depth is not None
    assert np.isfinite(depth).all()
