"""Colour in every container and pixel type; EXIF against Pillow's own rule."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.rgbd.rgbd_rooms import SIZE, photograph
from vizlab.errors import InputError
from vizlab.rgbd import read_rgbd, rgbd_from_arrays

LOSSLESS = {"PNG": {}, "TIFF": {}, "WEBP": {"lossless": True}}


@pytest.mark.parametrize("container", ["JPEG", *LOSSLESS])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_one_rule_for_all_containers(tmp_path, container, orientation):
    stored = Image.fromarray(photograph())
    stored.getexif()[274] = orientation
    path = tmp_path / "view.bin"  # the name must not matter
    stored.save(path, container, exif=stored.getexif(), **LOSSLESS.get(container, {}))
    with Image.open(path) as reopened:
        expected = np.array(ImageOps.exif_transpose(reopened))
    image = read_rgbd(path)
    np.testing.assert_array_equal(image.colour, expected)
    assert image.size == (SIZE if orientation < 5 else SIZE[::-1])
    assert image.record.colour.orientation == orientation
    assert image.record.colour.size == SIZE
    assert image.record.colour.container.upper() == container
    assert image.modalities == ("rgb",)


@pytest.mark.parametrize("tag", [0, 9, 400])
def test_orientations_that_do_not_exist_are_ignored(save_colour, tag):
    image = read_rgbd(save_colour(orientation=tag))
    np.testing.assert_array_equal(image.colour, photograph())


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_is_repeated(tmp_path, mode):
    grey = Image.fromarray(photograph()).convert("L")
    grey.convert(mode).save(tmp_path / "grey.png")
    image = read_rgbd(tmp_path / "grey.png")
    expected = np.array(grey.convert(mode).convert("L"))
    np.testing.assert_array_equal(image.colour, np.repeat(expected[..., None], 3, axis=2))
    assert "is grey" in image.record.warnings[0]


@pytest.mark.parametrize(("alpha", "expected"), [(255, 40), (0, 255), (128, 147)])
def test_transparency_is_laid_over_white(tmp_path, alpha, expected):
    """128/255 of 40 and the rest of 255 is 147.1."""
    Image.new("RGBA", (6, 4), (40, 40, 40, alpha)).save(tmp_path / "cut.png")
    image = read_rgbd(tmp_path / "cut.png")
    np.testing.assert_array_equal(image.colour, np.full((4, 6, 3), expected))
    assert bool(image.record.warnings) == (alpha < 255)


def test_palette_with_a_transparent_entry(tmp_path):
    indexed = Image.new("P", (6, 4), 1)
    indexed.putpalette([0, 0, 0, 200, 10, 20])
    indexed.putpixel((0, 0), 0)
    indexed.save(tmp_path / "palette.png", transparency=0)
    colour = read_rgbd(tmp_path / "palette.png").colour
    assert colour[0, 0].tolist() == [255, 255, 255]
    assert colour[1, 1].tolist() == [200, 10, 20]


@pytest.mark.parametrize("name", ["deep.png", "deep.tiff"])
def test_sixteen_bit_colour_keeps_its_upper_half(tmp_path, name):
    values = photograph().astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / name), values[..., ::-1])
    image = read_rgbd(tmp_path / name)
    np.testing.assert_array_equal(image.colour, photograph())
    assert image.record.colour.dtype == "uint16"
    assert "upper 8" in image.record.warnings[0]


def test_cmyk_jpeg_becomes_rgb(tmp_path):
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "print.jpg")  # no cyan: red
    red, green, blue = read_rgbd(tmp_path / "print.jpg").colour[8, 8]
    assert red > 200
    assert green < 40
    assert blue < 40


@pytest.mark.parametrize("container", ["WEBP", "PNG", "TIFF"])
def test_the_first_of_several_pictures_is_read(tmp_path, container):
    first, second = Image.new("RGB", (8, 8), (9, 9, 9)), Image.new("RGB", (8, 8), (200, 9, 9))
    options = {"lossless": True} if container == "WEBP" else {}
    first.save(tmp_path / "many", container, save_all=True, append_images=[second], **options)
    image = read_rgbd(tmp_path / "many")
    assert (image.colour == 9).all()
    assert "more than one picture" in image.record.warnings[0]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_does_not_cost_the_picture(tmp_path):
    stream = io.BytesIO()
    Image.fromarray(photograph()).save(stream, "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    (tmp_path / "view.jpg").write_bytes(stream.getvalue())
    assert read_rgbd(tmp_path / "view.jpg").size == SIZE


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3)])
def test_colour_arrays(shape):
    assert rgbd_from_arrays(np.full(shape, 7, np.uint8)).colour.shape == (4, 6, 3)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 6, 3)), "expected uint8"),
        (np.zeros((4, 6, 4), np.uint8), "expected HxWx3"),
        (np.zeros((3, 4, 6), np.uint8), "expected HxWx3"),
        (np.zeros((0, 6, 3), np.uint8), "expected HxWx3"),
    ],
)
def test_colour_arrays_of_another_kind_are_refused(array, words):
    with pytest.raises(InputError, match=words):
        rgbd_from_arrays(array)
