"""Layers as the viewer has them: found, made, and coloured, by definition and not by the code that draws."""

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.report import Material
from vizlab.report.colouring import Range, Setting, pixels_of, range_of, read_settings
from vizlab.report.layers import Values, _between, entries, entry_of, exact_values_of, values_of
from vizlab.views.palettes import class_colours, colormap


def test_a_star_stands_for_text_between_bars_and_a_task_for_its_ensemble(material: Material) -> None:
    found = [entry["key"] for entry in entries(material.document, ["picture|colour", "*|semseg"])]
    assert found == ["picture|colour", "cen|semseg/ensemble", "nddr-cnn|semseg", "mti-net|semseg"]


def test_a_layer_that_there_is_not_is_named_with_some_that_there_are(material: Material) -> None:
    with pytest.raises(InputError, match=r"no layer 'cen\|depth\|error'.*nddr-cnn\|depth\|error"):
        entries(material.document, ["cen|depth|error"])
    with pytest.raises(InputError, match="no layer 'nobody"):
        entries(material.document, ["nobody[*"])


def test_depth_error_is_prediction_less_reference_where_both_are_known(material: Material) -> None:
    values = exact_values_of(material.document, entry_of(material.document, "nddr-cnn|depth|error")).array
    prediction, truth = material.traces["nddr-cnn"].predictions["depth"].value, material.rgbd.depth  # type: ignore[union-attr]
    np.testing.assert_array_equal(values, prediction - truth)
    assert np.isnan(values[:5, :7]).all()


def test_the_angle_of_two_directions_is_theirs() -> None:
    first = Values(np.array([[[1.0, 0, 0], [0, 1, 0]]], np.float32), (1, 1))
    second = Values(np.array([[[0, 0, 2.0], [0, 0.5, 0.5]]], np.float32), (1, 1))
    assert _between("angle", first, second)[0] == pytest.approx([90, 45], abs=1e-4)


def test_the_second_grid_is_read_under_the_middle_of_the_first_ones_cells() -> None:
    fine = Values(np.zeros((4, 4), np.float32), (1, 1))
    coarse = Values(np.array([[1, 2], [3, 4]], np.float32), (2, 2))
    expected = [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    np.testing.assert_array_equal(_between("difference", fine, coarse), expected)
    np.testing.assert_array_equal(_between("difference", coarse, fine), -coarse.array)
    twos = Values(np.zeros((1, 3), np.float32), (2, 2))  # their middles: 1, 3, 5
    threes = Values(np.array([[1, 2]], np.float32), (3, 3))
    np.testing.assert_array_equal(_between("difference", twos, threes), [[1, 2, 2]])


def test_void_is_neither_right_nor_wrong() -> None:
    first, second = (Values(np.array([row], np.uint8), (1, 1)) for row in ([3, 3, 255, 3], [3, 4, 3, 255]))
    np.testing.assert_array_equal(_between("mismatch", first, second), [[0, 1, np.nan, np.nan]])


def test_values_are_rounded_once_to_the_digits_that_are_read_out(material: Material) -> None:
    entry = entry_of(material.document, "nddr-cnn|depth")
    exact, kept = (values(material.document, entry).array for values in (exact_values_of, values_of))
    assert np.abs(exact - kept).max() <= 0.5 * 10.0 ** -entry["digits"] + 1e-6
    np.testing.assert_allclose(
        kept, np.round(exact.astype(float), entry["digits"]), atol=1.01 * 10.0 ** -entry["digits"]
    )


def test_numbers_get_the_nearest_of_256_colours_and_the_ends_beyond(material: Material) -> None:
    entry = entry_of(material.document, "picture|depth")
    values = np.array([[2.0, 4.0, 3.0, -7.0, 99.0, np.nan, 2.0 + 2 / 255 * 10.4]], np.float32)
    pixels = pixels_of(material.document, entry, values, Range(2, 4, "viridis"))[0]
    table = colormap("viridis")
    expected = [table[0], table[255], table[128], table[0], table[255], (128, 128, 128), table[10]]
    np.testing.assert_array_equal(pixels[:, :3], expected)
    assert (pixels[:, 3] == 255).all()


def test_classes_have_their_palettes_colours_and_void_is_black(material: Material) -> None:
    entry = entry_of(material.document, "nddr-cnn|semseg")
    values = np.array([[0, 7, 39, 255]], np.uint8)
    for palette in ("voc", "safe"):
        pixels = pixels_of(material.document, entry, values, Range(0, 1, ""), palette)[0, :, :3]
        np.testing.assert_array_equal(pixels, [*class_colours(palette)[[0, 7, 39]], (0, 0, 0)])


def test_directions_are_red_right_green_up_blue_towards(material: Material) -> None:
    entry = entry_of(material.document, "nddr-cnn|normals")
    right, up, towards = (1, 0, 0), (0, -1, 0), (0, 0, -1)  # x right, y down, z forward
    values = np.array([[right, up, towards, (np.nan,) * 3]], np.float32)
    pixels = pixels_of(material.document, entry, values, Range(0, 1, ""))[0, :, :3]
    np.testing.assert_array_equal(pixels, [(255, 128, 128), (128, 255, 128), (128, 128, 255), (128, 128, 128)])


def test_a_row_shares_its_range_unless_a_layer_has_its_own_or_it_is_locked(material: Material) -> None:
    document = material.document
    depths = [entry for entry in document.manifest["layers"] if entry["row"] == "depth"]
    entry = entry_of(document, "nddr-cnn|depth")
    assert len({(one["low"], one["high"]) for one in depths}) > 1
    assert range_of(document, entry) == Range(min(o["low"] for o in depths), max(o["high"] for o in depths), "viridis")
    assert range_of(document, entry, {"depth": Setting("auto")}) == Range(entry["low"], entry["high"], "viridis")
    assert range_of(document, entry, {"depth": Setting("lock", 1, 2, "magma")}) == Range(1, 2, "magma")


def test_ranges_are_read_as_the_address_has_them() -> None:
    text = "depth~lock~1~2.5~magma;gate~auto~0~1~"
    assert read_settings(text) == {"depth": Setting("lock", 1, 2.5, "magma"), "gate": Setting("auto", 0, 1, "")}
    assert read_settings("") == {}
    for wrong in ("depth~lock~1", "depth~often~1~2~", "depth~lock~a~2~"):
        with pytest.raises(InputError, match="cannot be read"):
            read_settings(wrong)
