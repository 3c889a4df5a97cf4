"""What reading says and suggests about a pair, and that each suggestion does what it says."""

import numpy as np
import pytest

from tests.rgbd.rgbd_boxes import boxes, middle
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage, pairing, rgbd_from_arrays

KNOWN = {"depth_unit": "m", "depth_kind": "depth"}


def read(colour: np.ndarray, depth: np.ndarray, **options: str) -> RGBDImage:
    return rgbd_from_arrays(colour, depth, **KNOWN, **options)


def follow(colour: np.ndarray, depth: np.ndarray, **options: str) -> RGBDImage:
    """The pair read as its only suggestion says."""
    (suggestion,) = read(colour, depth, **options).record.suggestions
    return read(colour, depth, **(options | dict(suggestion.options)))


def shares(image: RGBDImage, truth: np.ndarray) -> float:
    """The share of the picture whose depth is within 2 % of the truth."""
    return float((np.abs(image.depth / truth - 1) < 0.02).mean())


def smooth(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A picture and a depth of `size` without an edge."""
    return np.full((*size, 3), 90, np.uint8), np.full(size, 2.0, np.float32)


def test_a_right_pair_is_said_to_agree_and_nothing_else():
    colour, depth = boxes()
    record = read(colour, depth).record
    assert record.warnings == ()
    assert record.suggestions == ()
    assert record.depth.agreement > 0.5
    assert record.depth.alignment == (
        "Depth has the colour picture's size and was laid on it pixel for pixel. "
        f"The edges of the two agree ({record.depth.agreement:.2f})."
    )


def test_a_pair_of_two_views_is_not_called_registered():
    record = read(boxes(0)[0], boxes(1)[1]).record
    assert "hardly agree" in record.depth.alignment
    assert "whether they are registered is not to be seen" in record.depth.alignment


@pytest.mark.parametrize(
    ("turn", "where", "label"),
    [
        ("mirrored", np.s_[:, ::-1], "Mirror the depth"),
        ("upside down", np.s_[::-1], "Turn the depth upside down"),
        ("turned 180", np.s_[::-1, ::-1], "Turn the depth by 180 degrees"),
    ],
)
def test_a_turned_depth_is_warned_about_left_alone_and_turned_on_request(turn, where, label):
    colour, depth = boxes()
    image = read(colour, depth[where])
    np.testing.assert_array_equal(image.depth, depth[where])
    (warning,), (suggestion,) = image.record.warnings, image.record.suggestions
    assert f"choose turn '{turn}' if so" in warning
    assert (suggestion.label, suggestion.options) == (label, (("turn", turn),))
    right = follow(colour, depth[where])
    np.testing.assert_array_equal(right.depth, depth)
    assert right.record.warnings == ()


@pytest.mark.parametrize(
    ("given", "wrong", "suggested"),
    [
        ("mirrored", np.s_[:], "none"),
        ("upside down", np.s_[:, ::-1], "mirrored"),
        ("turned 180", np.s_[::-1], "upside down"),
    ],
)
def test_a_turn_asked_for_wrongly_leads_to_the_right_one(given, wrong, suggested):
    colour, depth = boxes()
    image = read(colour, depth[wrong], turn=given)
    assert image.record.suggestions[0].options == (("turn", suggested),)
    np.testing.assert_array_equal(follow(colour, depth[wrong], turn=given).depth, depth)


def test_a_quarter_turn_the_wrong_way_leads_to_the_other():
    colour, depth = boxes(size=(320, 240))
    on_its_side = np.rot90(depth)
    image = read(colour, on_its_side, turn="turned 270")
    assert image.record.suggestions[0].options == (("turn", "turned 90"),)
    np.testing.assert_array_equal(follow(colour, on_its_side, turn="turned 270").depth, depth)


def test_the_refusal_of_depth_on_its_side_names_the_turn_that_its_edges_speak_for():
    colour, depth = boxes(size=(320, 240))
    with pytest.raises(InputError, match=r"lay on its side.*its edges agree with the colour's if it is turned 270"):
        read(colour, np.rot90(depth, -1))
    with pytest.raises(InputError, match="its edges agree with the colour's if it is turned 90"):
        read(colour, np.rot90(depth))
    with pytest.raises(InputError, match=r"or choose align 'centre'\.$"):
        read(smooth((320, 240))[0], np.rot90(depth))


def test_a_moved_depth_is_moved_back_by_the_offset_suggested():
    colour, depth = boxes(1, (256, 340))
    colour, moved, truth = colour[:240, :320], depth[16:, 20:], depth[:240, :320]  # content lies 20 left, 16 up
    image = read(colour, moved)
    assert "registered" in image.record.warnings[0]
    assert shares(image, truth) < 0.8
    assert shares(follow(colour, moved), truth) > 0.8
    ((name, text),) = image.record.suggestions[0].options
    assert name == "align"
    columns, rows = map(float, text.removeprefix("offset ").split(","))
    assert (columns, rows) == (pytest.approx(-20, abs=1.5), pytest.approx(-16, abs=1.5))


@pytest.mark.parametrize("factor", [1.25, 1.4])
def test_a_wider_depth_camera_is_warned_about_and_magnified_on_request(factor):
    colour, depth = boxes(2, (480, 640))
    narrow, truth = middle(colour, factor), middle(depth, factor)
    wide = depth[::2, ::2]  # another size, so that no rule about sizes helps
    image = read(narrow, wide)
    assert "fields of view" in image.record.warnings[-1]
    options = dict(image.record.suggestions[-1].options)
    right = read(narrow, wide, **options)
    assert shares(right, truth) > shares(image, truth) + 0.1
    assert shares(right, truth) > 0.9
    assert right.record.warnings == ()


def cropped_pack() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colour without its border, depth with it, and depth as it belongs: in proportion 561x427 beside 640x480."""
    colour, depth = boxes(3)
    return colour[13:227, 19:300], depth, depth[13:227, 19:300]


def test_colour_whose_border_was_cut_off_takes_the_middle_of_the_depth():
    colour, depth, truth = cropped_pack()
    image = read(colour, depth)
    np.testing.assert_array_equal(image.depth, truth)
    assert "cropped about its centre from 320x240 to 281x214, unscaled. The edges chose so" in (
        image.record.depth.alignment
    )
    assert image.record.warnings == ()


def test_a_border_cut_off_unevenly_is_cropped_and_the_offset_suggested():
    """Cut 26 rows above and none below, where the middle would be 13 and 13."""
    colour, depth = boxes(3)
    image = read(colour[26:, 19:300], depth)
    assert "cropped about its centre" in image.record.depth.alignment
    (way,) = (dict(one.options)["align"] for one in image.record.suggestions if "offset" in dict(one.options)["align"])
    columns, rows = map(float, way.removeprefix("offset ").split(","))
    assert (columns, rows) == (pytest.approx(19, abs=1), pytest.approx(26, abs=1))
    assert shares(read(colour[26:, 19:300], depth, align=way), depth[26:, 19:300]) > 0.9


def test_a_crop_is_asked_more_strictly_whether_its_offset_is_right(monkeypatch):
    margins = []
    monkeypatch.setattr(pairing, "find_better", lambda colour, depth, move_margin: margins.append(move_margin))
    colour, depth, truth = cropped_pack()
    read(colour, depth)
    read(colour, truth)
    assert margins == [pytest.approx(0.06), pytest.approx(0.08)]


def test_the_same_sizes_are_scaled_where_the_edges_say_so():
    colour, depth, _ = cropped_pack()
    size = colour.shape[:2]
    small = boxes(3)[0][np.arange(size[0]) * 240 // size[0]][:, np.arange(size[1]) * 320 // size[1]]
    image = read(small, depth)
    assert "resized from 320x240 to 281x214" in image.record.depth.alignment
    assert "The edges chose so: with cropping they agree less" in image.record.depth.alignment
    assert image.record.warnings == ()


def test_where_the_edges_say_nothing_larger_depth_is_cropped_with_a_word_and_a_way_out():
    colour, _ = smooth((214, 281))
    ramp = np.linspace(1, 3, 240 * 320, dtype=np.float32).reshape(240, 320)
    image = read(colour, ramp)
    np.testing.assert_array_equal(image.depth, ramp[13:227, 19:300])
    assert "their edges do not tell which; depth was cropped: align 'resize'" in image.record.warnings[0]
    assert dict(image.record.suggestions[0].options) == {"align": "resize"}
    assert follow(colour, ramp).record.warnings == ()


def test_where_the_edges_say_nothing_smaller_depth_is_scaled_with_a_word_and_a_way_out():
    colour, _ = smooth((240, 320))
    image = read(colour, smooth((214, 281))[1])
    assert not np.isnan(image.depth).any()
    assert "depth was scaled: align 'crop'" in image.record.warnings[0]
    assert np.isnan(follow(colour, smooth((214, 281))[1]).depth).any()


@pytest.mark.parametrize(
    ("colour", "depth"),
    [
        ((968, 1296), (480, 640)),  # ScanNet's; the aspects differ by 0.4 %
        ((484, 648), (480, 640)),  # the same, halved: 1.3 % and 0.8 % larger
        ((242, 324), (120, 160)),
        ((240, 320), (120, 160)),
        ((213, 284), (240, 320)),  # 8/9 of it, sides rounded
        ((360, 480), (192, 256)),  # a phone's LiDAR
    ],
)
def test_a_plain_change_of_resolution_is_silent(colour, depth):
    image = read(smooth(colour)[0], smooth(depth)[1])
    assert "was resized" in image.record.depth.alignment
    assert image.record.warnings == ()


def test_a_picture_of_a_few_pixels_is_read_without_a_check():
    image = read(*smooth((6, 8)))
    assert image.record.depth.agreement is None
    assert image.record.depth.alignment.endswith("pixel for pixel.")


def test_the_agreement_survives_the_record_as_plain_values():
    record = read(*boxes()).record
    assert type(record).from_dict(record.to_dict()) == record
    assert isinstance(record.to_dict()["depth"]["agreement"], float)
