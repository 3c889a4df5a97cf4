"""Depth of another size, shape or orientation than its colour."""

import numpy as np
import pytest
from PIL import Image

from tests.rgbd.rgbd_rooms import counts, photograph, room
from vizlab.errors import InputError
from vizlab.rgbd import read_rgbd, rgbd_from_arrays

KNOWN = {"depth_unit": "m", "depth_kind": "depth"}  # so that no doubt about the numbers is among the warnings
MILLIMETRES = {"depth_unit": "mm", "depth_kind": "depth"}


def labelled(size: tuple[int, int]) -> np.ndarray:
    """Depth (HxW float32) in which every pixel has a distance of its own, from 1 to 3 m."""
    return np.linspace(1, 3, size[0] * size[1], dtype=np.float32).reshape(size)


def align(depth: np.ndarray, size: tuple[int, int], mode: str = "auto"):
    return rgbd_from_arrays(photograph(size), depth, align=mode, **KNOWN)


def test_same_size_moves_nothing():
    image = align(labelled((6, 8)), (6, 8))
    np.testing.assert_array_equal(image.depth, labelled((6, 8)))
    assert image.record.depth.alignment == "Depth has the colour picture's size and was laid on it pixel for pixel."
    assert image.record.warnings == ()


def test_same_shape_takes_nearest_samples_as_a_lidar_beside_a_photograph_needs():
    """192x256 beside 1440x1920 is a factor of 7.5; here 12x16 beside 90x120."""
    depth = labelled((12, 16))
    depth[3, 4] = np.nan
    image = align(depth, (90, 120))
    rows, columns = np.floor((np.arange(90) + 0.5) / 7.5), np.floor((np.arange(120) + 0.5) / 7.5)
    np.testing.assert_array_equal(image.depth, depth[rows.astype(int)][:, columns.astype(int)])
    assert image.record.depth.alignment.startswith("Depth was resized from 16x12 to 120x90 by taking nearest samples.")
    assert image.record.depth.size == (12, 16)
    assert image.record.warnings == ()


def test_larger_depth_is_thinned_out_about_pixel_centres():
    image = align(labelled((9, 12)), (3, 4))
    np.testing.assert_array_equal(image.depth, labelled((9, 12))[1::3, 1::3])


def test_wider_colour_crops_the_depth_about_its_centre():
    image = align(labelled((12, 16)), (18, 32))  # 4:3 beside 16:9, scaled by 2: three rows go at either end
    np.testing.assert_array_equal(image.depth, np.kron(labelled((12, 16)), np.ones((2, 2)))[3:-3].astype(np.float32))
    assert "scaled by 2 (nearest samples), centred, and cropped by 6 rows to 32x18" in image.record.depth.alignment
    assert "assumption" in image.record.warnings[0]


def test_wider_depth_is_padded_with_unknown():
    image = align(labelled((9, 16)), (24, 32))
    np.testing.assert_array_equal(image.depth[3:-3], np.kron(labelled((9, 16)), np.ones((2, 2))).astype(np.float32))
    assert np.isnan(image.depth[:3]).all()
    assert np.isnan(image.depth[-3:]).all()
    assert "padded with 6 unknown rows" in image.record.depth.alignment


def test_portrait_pairs_agree_on_their_longer_side():
    image = align(labelled((16, 12)), (32, 18))
    np.testing.assert_array_equal(image.depth, np.kron(labelled((16, 12)), np.ones((2, 2)))[:, 3:-3].astype("float32"))
    assert "cropped by 6 columns" in image.record.depth.alignment


def test_a_sliver_costs_no_more_than_the_picture():
    assert align(labelled((100_000, 1)), (30, 40)).depth.shape == (30, 40)


def test_resize_stretches_on_demand():
    image = align(labelled((6, 8)), (6, 24), "resize")
    np.testing.assert_array_equal(image.depth, np.repeat(labelled((6, 8)), 3, axis=1))


def test_none_insists_on_one_size():
    with pytest.raises(InputError, match="Depth is 8x6 but colour is 16x12; choose align 'resize'"):
        align(labelled((6, 8)), (12, 16), "none")
    assert align(labelled((6, 8)), (6, 8), "none").size == (6, 8)


def test_a_pair_of_which_one_lies_on_its_side_is_refused():
    with pytest.raises(InputError, match="lay on its side"):
        align(labelled((16, 12)), (24, 32))
    assert align(labelled((16, 12)), (24, 32), "centre").size == (24, 32)


def test_unknown_modes_are_refused():
    with pytest.raises(InputError, match="align is 'fit'; expected one of 'auto', 'resize', 'centre', 'crop', 'none'"):
        align(labelled((6, 8)), (6, 8), "fit")


def test_crop_takes_the_middle_and_scales_nothing():
    """The rest of 5 rows and 4 columns: two and two go at the start, the odd row at the end."""
    image = align(labelled((15, 20)), (10, 16), "crop")
    np.testing.assert_array_equal(image.depth, labelled((15, 20))[2:12, 2:18])
    assert image.record.depth.alignment == "Depth was cropped about its centre from 20x15 to 16x10, unscaled."


def test_crop_pads_what_is_smaller_with_unknown():
    image = align(labelled((6, 8)), (10, 4), "crop")
    np.testing.assert_array_equal(image.depth[2:8], labelled((6, 8))[:, 2:6])
    assert np.isnan(image.depth[[0, 1, 8, 9]]).all()
    assert "cropped and padded" in image.record.depth.alignment


def test_an_offset_says_where_in_the_depth_the_colour_begins():
    """Columns first, in depth's pixels: the colour's first pixel is depth's column 3, row 1."""
    image = align(labelled((9, 12)), (6, 8), "offset 3,1")
    np.testing.assert_array_equal(image.depth, labelled((9, 12))[1:7, 3:11])
    assert "the colour picture begins at its column 3, row 1" in image.record.depth.alignment


def test_a_negative_offset_leaves_the_colours_edge_unknown():
    image = align(labelled((6, 8)), (6, 8), "offset -2,0")
    np.testing.assert_array_equal(image.depth[:, 2:], labelled((6, 8))[:, :6])
    assert np.isnan(image.depth[:, :2]).all()


def test_a_scale_magnifies_about_the_centre():
    image = align(labelled((6, 8)), (6, 8), "scale 2")
    np.testing.assert_array_equal(image.depth, np.kron(labelled((6, 8)), np.ones((2, 2)))[3:9, 4:12].astype("float32"))


def test_a_scale_with_an_offset_counts_the_offset_in_depths_own_pixels():
    image = align(labelled((6, 8)), (6, 8), "scale 2 offset 4,1")
    np.testing.assert_array_equal(image.depth, np.kron(labelled((6, 8))[1:4, 4:8], np.ones((2, 2))).astype("float32"))


def test_an_offset_beyond_the_depth_is_refused():
    with pytest.raises(InputError, match="lays no measured pixel of the depth \\(8x6\\) under the colour"):
        align(labelled((6, 8)), (6, 8), "offset 8,0")


@pytest.mark.parametrize("mode", ["offset 3", "scale 0", "scale -1", "scale 65", "offset 1,2,3", "scale x", ""])
def test_placements_that_say_nothing_are_refused(mode):
    with pytest.raises(InputError, match=r"expected one of .* 'offset X,Y' \(depth pixels"):
        align(labelled((6, 8)), (6, 8), mode)


@pytest.mark.parametrize(
    ("turn", "done", "words"),
    [
        ("mirrored", lambda d: d[:, ::-1], "mirrored left to right"),
        ("upside down", lambda d: d[::-1], "mirrored top to bottom"),
        ("turned 180", lambda d: d[::-1, ::-1], "turned by 180 degrees"),
        ("turned 90", lambda d: np.rot90(d, -1), "turned by 90 degrees clockwise"),
        ("turned 270", np.rot90, "turned by 90 degrees counter-clockwise"),
    ],
)
def test_depth_is_turned_as_asked_and_it_is_said(turn, done, words):
    wanted = done(labelled((6, 8)))
    image = rgbd_from_arrays(photograph(wanted.shape), labelled((6, 8)), turn=turn, **KNOWN)
    np.testing.assert_array_equal(image.depth, wanted)
    assert image.record.depth.alignment.startswith(f"Depth was {words}, as asked. ")
    alone = rgbd_from_arrays(None, labelled((6, 8)), turn=turn, **KNOWN)
    np.testing.assert_array_equal(alone.depth, wanted)
    assert alone.record.depth.alignment.startswith(f"Depth was {words}, as asked. There is no colour picture")


def test_unknown_turns_are_refused():
    with pytest.raises(InputError, match=r"turn is 'left'; expected one of 'none', 'mirrored', 'upside down'"):
        rgbd_from_arrays(photograph((6, 8)), labelled((6, 8)), turn="left")


def test_a_turn_comes_after_exif(save_colour, save_depth):
    """EXIF 6 turns the sensor's frame clockwise; what is mirrored is the upright depth."""
    image = read_rgbd(
        save_colour((48, 64), 6), save_depth(counts(room((48, 64)), "mm")), turn="mirrored", **MILLIMETRES
    )
    np.testing.assert_allclose(image.depth, np.rot90(room((48, 64)), -1)[:, ::-1], atol=1e-6)


# What EXIF asks of the stored pixels, in numpy's words.
TURNS = {
    3: lambda d: np.rot90(d, 2),
    5: lambda d: d.T,
    6: lambda d: np.rot90(d, -1),
    7: lambda d: np.rot90(d, 2).T,
    8: lambda d: np.rot90(d),
}


@pytest.mark.parametrize("orientation", TURNS)
def test_depth_in_the_sensors_frame_turns_with_the_colour(save_colour, save_depth, orientation):
    stored = room((24, 32))
    colour, depth = save_colour((48, 64), orientation), save_depth(counts(stored, "mm"))
    image = read_rgbd(colour, depth, **MILLIMETRES)
    turned = TURNS[orientation](np.kron(stored, np.ones((2, 2))))
    np.testing.assert_allclose(image.depth, turned, atol=1e-6)
    assert image.record.depth.alignment.startswith("Depth was ")
    assert "EXIF orientation" in image.record.depth.alignment
    # Half a turn leaves the shape as it was, so that the depth alone cannot tell.
    assert bool(image.record.warnings) == (orientation == 3)


def test_depth_that_is_already_upright_stays(save_colour, save_depth):
    upright = room((32, 24))
    image = read_rgbd(save_colour((24, 32), 6), save_depth(counts(upright, "mm")), **MILLIMETRES)
    np.testing.assert_allclose(image.depth, upright, atol=1e-6)
    assert image.record.warnings == ()


def test_depth_with_an_orientation_of_its_own_is_turned_once(save_colour, save_depth, tmp_path):
    picture = Image.fromarray(counts(room((24, 32)), "mm"))
    picture.getexif()[274] = 3
    picture.save(tmp_path / "own.png", exif=picture.getexif())
    image = read_rgbd(save_colour((24, 32), 3), tmp_path / "own.png", **MILLIMETRES)
    np.testing.assert_allclose(image.depth, np.rot90(room((24, 32)), 2), atol=1e-6)
    assert image.record.depth.orientation == 3
    assert image.record.warnings == ()
