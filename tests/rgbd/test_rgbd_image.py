"""The value itself: validated, immutable, comparable, and its record in JSON."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.rgbd.rgbd_rooms import counts, photograph, room
from vizlab.errors import InputError
from vizlab.rgbd import ReadRecord, RGBDImage, fill_unknown, read_rgbd, rgbd_from_arrays

DEPTH = room().astype(np.float32)


def test_arrays_are_read_only_and_the_callers_stay_writeable():
    colour, depth = photograph(), DEPTH.copy()
    image = RGBDImage(colour, depth)
    colour[:] = 0
    depth[:] = 1
    np.testing.assert_array_equal(image.colour, photograph())
    np.testing.assert_array_equal(image.depth, DEPTH)
    for pixels in (image.colour, image.depth):
        with pytest.raises(ValueError, match="read-only"):
            pixels[0] = 1
    with pytest.raises(AttributeError):
        image.depth = DEPTH  # type: ignore[misc]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "neither was given"),
        ({"colour": photograph().astype(float)}, "48x64x3 float64; expected an HxWx3 uint8"),
        ({"colour": photograph()[..., 0]}, "expected an HxWx3"),
        ({"colour": [[1]]}, "a list"),
        ({"depth": room()}, "float64; expected an HxW float32"),
        ({"depth": DEPTH[None]}, "1x48x64 float32"),
        ({"depth": np.full((2, 3), np.nan, np.float32)}, "no known pixel"),
        ({"depth": np.array([[1, np.inf]], np.float32)}, "infinite, zero or negative"),
        ({"depth": np.array([[1, 0]], np.float32)}, "infinite, zero or negative"),
        ({"colour": photograph((4, 6)), "depth": DEPTH}, "Depth is 64x48 but colour is 6x4"),
    ],
)
def test_what_breaks_the_contract_is_refused(arguments, words):
    with pytest.raises(InputError, match=words):
        RGBDImage(**arguments)


def test_size_and_modalities():
    assert RGBDImage(photograph()).modalities == ("rgb",)
    assert RGBDImage(depth=DEPTH).modalities == ("depth",)
    both = RGBDImage(photograph(), DEPTH)
    assert (both.modalities, both.size) == (("rgb", "depth"), (48, 64))


def test_digest_is_sha256_of_the_numbers_alone():
    expected = hashlib.sha256(b"depth float32 (48, 64)\n" + DEPTH.tobytes()).hexdigest()
    assert RGBDImage(depth=DEPTH).digest == expected
    assert RGBDImage(depth=np.asfortranarray(DEPTH)).digest == expected
    other = DEPTH.copy()
    other[3, 4] += 0.001
    assert len({RGBDImage(depth=DEPTH).digest, RGBDImage(depth=other).digest, RGBDImage(photograph()).digest}) == 3


def test_files_and_arrays_give_the_same_picture(save_colour, save_depth):
    from_files = read_rgbd(save_colour(), save_depth(counts(room(), "mm")))
    assert from_files.digest == rgbd_from_arrays(photograph(), counts(room(), "mm")).digest


@pytest.mark.parametrize("given", [("colour",), ("depth",), ("colour", "depth")])
def test_record_survives_json(save_colour, save_depth, given):
    paths = {"colour": save_colour((24, 32)), "depth": save_depth(counts(room(), "mm"))}
    record = read_rgbd(**{role: paths[role] for role in given}).record
    text = json.dumps(record.to_dict())
    assert ReadRecord.from_dict(json.loads(text)) == record
    assert str(paths["colour"].parent) not in text
    assert (record.colour is not None, record.depth is not None) == ("colour" in given, "depth" in given)


def test_many_threads_read_one_pair_alike(save_colour, save_depth):
    colour, depth = save_colour(orientation=6), save_depth(counts(room(), "sunrgbd"))
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: read_rgbd(colour, depth).digest, range(32)))
    assert len(digests) == 1


def test_filling_takes_the_nearest_known_pixel():
    """Against the exact nearest distance; OpenCV's chamfer distance is within 2 % of it."""
    rng = np.random.default_rng(1)
    depth = rng.uniform(1, 4, (20, 30)).astype(np.float32)
    depth[rng.random(depth.shape) < 0.9] = np.nan
    filled, share = fill_unknown(depth)
    known = np.argwhere(~np.isnan(depth))
    assert share == pytest.approx(1 - len(known) / depth.size)
    np.testing.assert_array_equal(filled[tuple(known.T)], depth[tuple(known.T)])
    for row, column in np.argwhere(np.isnan(depth)):
        distances = np.hypot(*(known - (row, column)).T)
        near = known[distances <= distances.min() * 1.02 + 1e-6]
        assert filled[row, column] in depth[tuple(near.T)]


def test_filling_complete_depth_copies_it_and_empty_depth_is_refused():
    depth = DEPTH.copy()
    filled, share = fill_unknown(depth)
    filled[:] = 0
    assert share == 0
    np.testing.assert_array_equal(depth, DEPTH)
    with pytest.raises(InputError, match="no known pixel"):
        fill_unknown(np.full((3, 3), np.nan, np.float32))
