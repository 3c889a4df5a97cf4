"""Units in words: what people write for the length of a count, and what is refused."""

import math

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.rgbd import ENCODINGS, parse_unit, rgbd_from_arrays
from vizlab.rgbd.units import encoding_of, known_mask, rotate_bits

WORDS = {
    1.0: ["m", "M", "metre", "metres", "meter", "meters", "1 m", "1.", "1", 1, "m per count", "metres/count", "1/m"],
    0.1: ["dm", "1 dm", "0.1 m", ",1 m", "10 per metre"],
    0.01: ["cm", "1cm", "centimetre", "centimeters", "0.01", "1/100", "100 per metre", "100/m", "100 a metre", "10 mm"],
    0.001: [
        "mm", "MM", "Millimeters", "1 mm", "1e-3", "1E-3 m", ".001", "1/1000", "1/1e3 m", "1000/m", "1/mm",
        "1000 counts per metre", "1000 units/meter", "1 step per mm", "mm per count", "0.001 metres per count",
        "1 mm/unit", "0.1 cm per step", np.float32(0.001), np.float64(0.001),
    ],
    0.0002: ["tum", "TUM", "1/5000", "1 / 5000 m", "5000 per metre", "5000/m", "0.2 mm", "0.2\u00a0mm", 0.0002, "5/mm"],
    0.0001: ["0.1mm", "0,1 mm", "100 µm", "100 μm", "100um", "100 micrometres", "1/10 mm", "10 per mm"],
    0.00025: ["0.25mm", "0.25 mm", "0,25 mm", "1/4000", "1/4 mm", "4000 per metre", "\t4000\tper m\n"],
    1 / 512: ["1/512", "1/512 m", "512 per metre", "512 a meter", "1.953125 mm"],
    1 / 256: ["1/256", "256 counts/m", "3.90625 mm"],
    1 / 6553.5: ["1/6553.5", "1/6553.5 m", "6553.5 per metre", "6553,5/m"],
    0.0123: ["0.0123", "12.3 mm", "1.23 cm"],
    1 / 300: ["1/300", "300 per metre"],
    100.0: [100, "100", "100 m"],
    1000.0: ["1000 m", "1000 m per count"],
}  # fmt: skip


@pytest.mark.parametrize(("scale", "words"), [(scale, word) for scale, words in WORDS.items() for word in words])
def test_words_mean_so_many_metres_per_count(scale, words):
    encoding = parse_unit(words)
    assert encoding.metres_per_count == pytest.approx(scale, rel=1e-6)
    assert not encoding.rotated


@pytest.mark.parametrize("words", ["sunrgbd", "SUNRGBD", "sun rgbd", "SUN RGB-D"])
def test_rotated_bits_have_a_name_alone(words):
    assert (parse_unit(words).metres_per_count, parse_unit(words).rotated) == (0.001, True)


NONSENSE = [
    "inches", "0.1 inch", "mm mm", "1/0", "0", 0, -0.001, "-1 mm", "1/512/2", "per metre", "/m", "1/", "e-3", "1e400",
    "1e400/1e400", "1e-320 per metre", "0 per metre", "m/2", "1000 per second", "nan", "inf", math.nan, math.inf, True,
    False, 10**400, 5e-324, 1e-10, "1e-12", [1], "5,000/m", "1,000 per metre", "1/5,000", "6,553.5 per metre",
    "1 mm per count per count",
]  # fmt: skip


@pytest.mark.parametrize("words", NONSENSE, ids=lambda words: str(words)[:20])
def test_what_says_no_length_is_refused_with_examples(words):
    """Among them commas that may separate thousands: '5,000/m' is 5000 to some and 5 to others."""
    with pytest.raises(InputError, match=r"expected metres per count \(such as 0\.001 or 1/512\)") as refused:
        parse_unit(words)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(("words", "count"), [(512, "512"), ("6553.5", "6553.5"), (100.5, "100.5"), ("1e4", "10000")])
def test_counts_per_metre_given_as_metres_per_count_are_asked_about(words, count):
    with pytest.raises(InputError, match=f"give '{count} per metre', else '{count} m'") as refused:
        parse_unit(words)
    way_out, other = str(refused.value).split("'")[-4], str(refused.value).split("'")[-2]
    assert parse_unit(way_out).metres_per_count == pytest.approx(1 / float(count))
    assert parse_unit(other).metres_per_count == float(count)


@pytest.mark.parametrize("words", [None, "", "  ", "auto", " Auto ", "detect"])
def test_nothing_asks_for_detection(words):
    assert parse_unit(words) is None


SCALES = [10**exponent * digits for exponent in range(-9, 6) for digits in (1, 2, 2.5, 3.3333, 7.123456789)]
SCALES += [1 / whole for whole in (3, 7, 64, 255, 512, 1000, 4999, 5000, 6553.5, 65535, 1e6)]


def test_every_name_and_label_means_the_same_again():
    """So that what is shown can be typed, and a record's `encoding` handed back to `read_rgbd`."""
    for encoding in [*ENCODINGS, *(encoding_of(scale) for scale in SCALES)]:
        again = parse_unit(encoding.name)
        assert (again.name, again.rotated) == (encoding.name, encoding.rotated)
        assert again.metres_per_count == pytest.approx(encoding.metres_per_count, rel=1e-9)
        if not encoding.rotated:
            assert parse_unit(encoding.label).metres_per_count == pytest.approx(encoding.metres_per_count, rel=1e-5)


def test_names_in_use_are_kept_whatever_way_they_were_given():
    for encoding in ENCODINGS:
        if not encoding.rotated:
            assert encoding_of(encoding.metres_per_count) == encoding
    assert [encoding.name for encoding in ENCODINGS] == [
        "mm", "tum", "0.1mm", "sunrgbd", "m", "cm", "1/512", "1/256", "0.25mm", "1/6553.5",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("scale", "name", "label"),
    [
        (1 / 300, "1/300", "1/300 m"),
        (0.004, "4mm", "4 mm"),
        (0.0123, "0.0123m", "0.0123 m per count"),
        (2, "2m", "2 m per count"),
        (0.5, "0.5m", "0.5 m per count"),
    ],
)
def test_other_units_are_named_after_themselves(scale, name, label):
    assert (encoding_of(scale).name, encoding_of(scale).label) == (name, label)


@pytest.mark.parametrize("words", ["1/512", "0.25 mm", "6553.5 per metre", "cm", "1/300"])
def test_the_reader_takes_the_words(words):
    depth = rgbd_from_arrays(depth=np.full((4, 6), 1024, np.uint16), depth_unit=words)
    np.testing.assert_allclose(depth.depth, 1024 * parse_unit(words).metres_per_count, rtol=1e-6)
    assert (depth.record.depth.assumed, depth.record.depth.confidence) == (False, 1.0)


def test_sixteen_bits_rotate_to_the_right_by_three():
    """SUN RGB-D's toolbox: bitor(bitshift(d, -3), bitshift(d, 16 - 3))."""
    stored = np.array([[8, 1, 0x2468, 0x8001]], np.uint16)
    np.testing.assert_array_equal(rotate_bits(stored), [[1, 1 << 13, 0x2468 >> 3, 0x1000 | 1 << 13]])


@pytest.mark.parametrize("dtype", ["uint16", "int32", "int64", "float32", "float64"])
def test_what_is_no_measurement_in_any_unit(dtype):
    top = np.iinfo(dtype).max if np.dtype(dtype).kind in "iu" else np.finfo(dtype).max
    values = np.array([[0, 65535, top, 1, 65534]], dtype)
    np.testing.assert_array_equal(known_mask(values), [[False, False, False, True, True]])
    if np.dtype(dtype).kind == "f":
        assert not known_mask(np.array([[np.nan, np.inf, -np.inf, -1]], dtype)).any()
