"""The unit of depth as each sensor and data set writes it: found, sure only where it may be, and else asked about."""

import numpy as np
import pytest

from benchmarks.units import ENCODERS, of_folder, verdict
from tests.rgbd.rgbd_sensors import counts, kinect, room, sparse, street, table_top, with_hole
from vizlab.bundled import folder
from vizlab.errors import InputError
from vizlab.rgbd import detect_unit, parse_unit, rgbd_from_arrays

SURE = 0.9
VGA, QVGA, TELEPHONE, REALSENSE, KINECT2, L515 = (480, 640), (240, 320), (192, 256), (270, 480), (424, 512), (768, 1024)


def rotated(numbers: np.ndarray) -> np.ndarray:
    """SUN RGB-D's 16 bits, rotated to the left by three."""
    return ((numbers << 3) | (numbers >> 13)).astype(np.uint16)


def enlarged(size: tuple[int, int]) -> np.ndarray:
    """A room of a quarter of the size, each pixel four by four."""
    return room((size[0] // 4, size[1] // 4)).repeat(4, axis=0).repeat(4, axis=1)


WRITTEN = {
    # name: (numbers, unit, whether it must be sure)
    "Kinect v1": (lambda: counts(kinect(room(VGA)), 1000), "mm", True),
    "RealSense": (lambda: counts(with_hole(room(REALSENSE)), 1000), "mm", True),
    "RealSense over a table": (lambda: counts(with_hole(table_top(REALSENSE)), 1000), "mm", True),
    "telephone on its side": (lambda: counts(with_hole(room(TELEPHONE)), 1000).T, "mm", True),
    "rendered millimetres": (lambda: counts(room(QVGA), 1000), "mm", False),
    "millimetres on 5": (lambda: counts(np.round(room(QVGA) / 0.005) * 0.005, 1000), "mm", False),
    "TUM": (lambda: counts(kinect(room(VGA)), 1000) * np.uint16(5), "tum", True),
    "TUM of rendered millimetres": (lambda: counts(room(QVGA), 1000) * np.uint16(5), "tum", False),
    "TUM not rounded to millimetres": (lambda: counts(kinect(room(VGA)), 5000), "tum", True),
    "SUN RGB-D": (lambda: rotated(counts(kinect(room(VGA)), 1000)), "sunrgbd", True),
    "SUN RGB-D, a hall": (lambda: rotated(counts(2 * room(QVGA, 2), 1000)), "sunrgbd", True),
    "Kinect v2 in 0.1 mm": (lambda: counts(with_hole(room(KINECT2)), 10_000), "0.1mm", False),
    "0.1 mm of millimetres": (lambda: counts(kinect(room(VGA)), 1000) * np.uint16(10), "0.1mm", True),
    "Taskonomy": (lambda: counts(with_hole(room((128, 128))), 512, nothing=65535), "1/512", False),
    "KITTI's laser": (lambda: counts(sparse(street((94, 311))), 256), "1/256", True),
    "KITTI filled": (lambda: counts(street((94, 311)), 256), "1/256", False),
    "Virtual KITTI": (lambda: counts(street((94, 311)), 100, nothing=65535), "cm", True),
    "centimetres": (lambda: counts(room(), 100), "cm", False),
    "L515": (lambda: counts(with_hole(enlarged(L515)), 4000), "0.25mm", False),
    "L515 on its side": (lambda: counts(with_hole(enlarged(L515)), 4000).T, "0.25mm", False),
    "Matterport": (lambda: counts(with_hole(enlarged((1024, 1280))), 4000), "0.25mm", False),
    "float metres": (lambda: room().astype(np.float32), "m", True),
    "half precision": (lambda: room().astype(np.float16), "m", True),
    "KITTI in metres": (lambda: sparse(street()), "m", True),
    "float millimetres": (lambda: (1000 * room()).astype(np.float32), "mm", True),
    "Unreal's centimetres": (lambda: np.nan_to_num(100 * with_hole(room()), nan=1e9).astype(np.float32), "cm", True),
    "TUM kept as floats": (lambda: 5.0 * counts(kinect(room(VGA)), 1000), "tum", True),
    "KITTI kept as floats": (lambda: counts(sparse(street((94, 311))), 256).astype(np.float32), "1/256", True),
    "millimetres in signed 64 bits": (lambda: counts(with_hole(room(REALSENSE)), 1000).astype(np.int64), "mm", True),
    "millimetres, -1 nothing": (lambda: counts(room(REALSENSE), 1000).astype(np.int16) - 1, "mm", True),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_the_unit_of(name):
    write, unit, must_be_sure = WRITTEN[name]
    detected = rgbd_from_arrays(depth=write()).record.depth
    assert detected.encoding == unit
    assert detected.assumed
    assert detected.confidence >= SURE or not must_be_sure


UNTOLD = {
    # Numbers that would be right in another unit too: never sure of the wrong one, and the right one is offered.
    "Taskonomy without a hole": (lambda: counts(room((128, 128)), 512, nothing=65535), "1/512"),
    "a RealSense for close-ups": (lambda: counts(with_hole(table_top(REALSENSE)), 10_000), "0.1mm"),
    "L515, a room, scaled down": (lambda: counts(with_hole(room(QVGA)), 4000), "0.25mm"),
    "L515 over a table": (lambda: counts(with_hole(table_top(L515)), 4000), "0.25mm"),
    "millimetres of L515's size": (lambda: counts(with_hole(enlarged(L515)), 1000), "mm"),
    "Replica": (lambda: counts(room((170, 300)), 6553.5), "1/6553.5"),
    "rendered 1/5000": (lambda: counts(room((170, 300)), 5000), "tum"),
    "ZoeDepth's 1/256 of a room": (lambda: counts(room(QVGA, 3), 256), "1/256"),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_may_be_several_is_a_guess_that_lists_them(name):
    write, unit = UNTOLD[name]
    record = rgbd_from_arrays(depth=write()).record
    assert record.depth.encoding == unit or record.depth.confidence < SURE
    guess = next(warning for warning in record.warnings if "unit is a guess" in warning)
    offered = [dict(suggestion.options)["depth_unit"] for suggestion in record.suggestions]
    assert unit in offered
    assert offered[0] == record.depth.encoding
    assert 2 <= len(offered) <= 4
    assert all(parse_unit(word).label in guess for word in offered)


@pytest.mark.parametrize("name", UNTOLD)
def test_each_reading_gives_the_median_that_it_says(name):
    numbers = UNTOLD[name][0]()
    record = rgbd_from_arrays(depth=numbers).record
    guess = next(warning for warning in record.warnings if "unit is a guess" in warning)
    for suggestion in record.suggestions:
        again = rgbd_from_arrays(depth=numbers, **dict(suggestion.options)).record
        assert again.depth.unit == suggestion.label
        assert suggestion.reason == f"median {again.depth.median_m:.3g} m"
        assert f"{again.depth.median_m:.3g} m" in guess
        assert not any("guess" in warning for warning in again.warnings)
        assert not any("depth_unit" in dict(other.options) for other in again.suggestions)


def test_a_reading_with_rotated_bits_is_offered_with_its_own_median():
    """16000 as SUN RGB-D's is 16000 >> 3 = 2000 mm; the others are of the numbers as they are stored."""
    record = rgbd_from_arrays(depth=np.full((48, 64), 16_000, np.uint16)).record
    reasons = {dict(suggestion.options)["depth_unit"]: suggestion.reason for suggestion in record.suggestions}
    assert reasons["sunrgbd"] == "median 2 m"
    assert reasons["tum"] == "median 3.2 m"
    assert reasons["0.1mm"] == "median 1.6 m"


def test_a_sure_unit_offers_no_others():
    record = rgbd_from_arrays(depth=WRITTEN["Kinect v1"][0]()).record
    assert (record.warnings, record.suggestions) == ((), ())


def test_sentinels_tell_units_apart():
    """65535 alone for nothing is the habit of those who render; with zeros, millimetres are likelier."""
    metres = with_hole(room((128, 128)))
    by_sentinel = [detect_unit(counts(metres, 512, nothing)) for nothing in (65535, 0)]
    assert by_sentinel[0].encoding.name == "1/512"
    millimetres = [dict((c.encoding.name, c.share) for c in one.others).get("mm", 0) for one in by_sentinel]
    assert millimetres[0] < 0.5
    assert by_sentinel[1].encoding.name == "mm" or millimetres[1] > millimetres[0]


def share_of(unit: str, numbers: np.ndarray) -> float:
    detected = detect_unit(numbers)
    shares = {other.encoding.name: other.share for other in detected.others}
    return {**shares, detected.encoding.name: detected.confidence}.get(unit, 0.0)


def test_few_numbers_in_the_picture_make_256ths_likelier():
    """As projected laser points and tracked corners are kept, in a room too (VOID)."""
    few, most = (counts(sparse(room(QVGA, 3), share), 256) for share in (0.05, 0.9))
    assert share_of("1/256", few) > 0.5 > share_of("1/256", most)


def test_steps_of_disparity_choose_the_unit_that_they_fit():
    """0.0029 per metre: in 0.1 mm the same numbers have it, in 1/5000 m they would have twice that."""
    assert detect_unit(counts(kinect(room(VGA)), 10_000)).encoding.name == "0.1mm"
    assert share_of("tum", counts(kinect(room(VGA)), 5000)) > 0.8


def test_a_few_whole_floats_are_metres():
    """Masks and made-up scenes of whole metres are no integers that were kept as floats."""
    whole = np.repeat(np.arange(1.0, 7.0), 20)[:, None] * np.ones((1, 160))
    assert detect_unit(whole).encoding.name == "m"


def test_sizes_of_sensors_make_millimetres_likelier():
    of_a_sensor, of_none = (counts(with_hole(room(size)), 1000) for size in (REALSENSE, (271, 480)))
    assert detect_unit(of_a_sensor).confidence > detect_unit(of_none).confidence


def test_numbers_larger_than_sixteen_bits_have_no_rotated_bits():
    """One such number among many is enough, wherever it is."""
    numbers = rotated(counts(room(QVGA), 1000)).astype(np.int32)
    assert detect_unit(numbers).encoding.name == "sunrgbd"
    numbers[7, 13] = 70_000
    detected = detect_unit(numbers)
    assert detected.encoding.name != "sunrgbd"
    assert "sunrgbd" not in [other.encoding.name for other in detected.others]
    assert rgbd_from_arrays(depth=numbers).depth is not None


def test_floats_are_never_read_with_rotated_bits():
    numbers = rotated(counts(room(QVGA), 1000)).astype(np.float32)
    record = rgbd_from_arrays(depth=numbers).record
    assert record.depth.encoding != "sunrgbd"
    assert "sunrgbd" not in [dict(suggestion.options).get("depth_unit") for suggestion in record.suggestions]


def test_only_the_measurements_that_are_given_count():
    numbers = counts(room(), 1000)
    numbers[:60] = 60_000
    known = np.arange(120)[:, None] >= np.full((1, 160), 60)
    assert detect_unit(numbers, known).encoding.name == "mm"
    assert detect_unit(numbers, known).confidence > detect_unit(numbers).confidence


def test_shares_are_in_order_and_no_more_than_all():
    for write, _ in UNTOLD.values():
        detected = detect_unit(write())
        shares = [detected.confidence, *(other.share for other in detected.others)]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1.005  # the first is rounded
        assert min(shares) > 0.01


@pytest.mark.parametrize("unit", ENCODERS)
def test_the_bundled_scenes_written_anew_are_sure_or_asked_about(unit):
    """As `python -m benchmarks.units` counts: what sensors write is sure, and nothing is sure and wrong."""
    verdicts = {verdict(metres, unit) for metres in of_folder(folder("scenes"), 6)}
    if unit in ("mm", "tum", "sunrgbd", "m"):
        assert verdicts == {"sure, right"}
    assert "sure, wrong" not in verdicts


def any_map(rng: np.random.Generator) -> np.ndarray:
    """Numbers of any size, kind and shape, with anything that may stand for nothing among them."""
    shape = [(1, 1), (1, 7), (9, 1), (5, 6), (40, 50), (96, 120)][rng.integers(6)]
    dtype = np.dtype(rng.choice(["u2", "i2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">u2", ">f4"]))
    top = float(np.iinfo(dtype).max if dtype.kind in "iu" else np.finfo(dtype).max)
    values = {
        "random": lambda: rng.uniform(0, 1, shape) * 10 ** rng.uniform(-3, np.log10(top)),
        "constant": lambda: np.full(shape, 10 ** rng.uniform(-5, 5)),
        "any exponent": lambda: 10 ** rng.uniform(-8, np.log10(top), shape),
        "sentinels": lambda: rng.choice([0, 1, 2047, 65534, 65535, 65504, -1, 1e10, 257, 255, 5e-324], shape),
        "hardly any": lambda: np.where(rng.uniform(size=shape) < 0.002, 10 ** rng.uniform(-8, np.log10(top)), 0),
        "few numbers": lambda: rng.integers(0, 30, shape) * rng.choice([1, 5, 235, 257, 1000]),
    }
    numbers = values[rng.choice(list(values))]()
    return np.clip(numbers, -top if dtype.kind in "if" else 0, top * (1 - 1e-15)).astype(dtype)


@pytest.mark.parametrize("seed", range(150))
def test_whatever_numbers_come_the_unit_is_a_guess_within_bounds(seed):
    """Warnings of numpy are errors here; only a map without any measurement is refused."""
    numbers = any_map(np.random.default_rng(seed))
    try:
        image = rgbd_from_arrays(depth=numbers)
    except InputError as refused:
        assert "has no measurement" in str(refused) or "gives no distance" in str(refused)  # noqa: PT017
        return
    record = image.record.depth
    assert 0 <= record.confidence <= 0.99
    assert 0 < record.range_m[0] <= record.median_m <= record.range_m[1] < np.inf
    for suggestion in image.record.suggestions:
        options = dict(suggestion.options)
        assert parse_unit(options.get("depth_unit")) is not None or "depth_kind" in options


@pytest.mark.parametrize("seed", range(5))
def test_a_kinects_steps_in_a_coarse_unit_leave_others_unsure(seed: int) -> None:
    """They speak for 1/256 m, which hardly any Kinect's depth is kept in, and against what is common."""
    detected = detect_unit(counts(kinect(room(VGA, seed)), 256))
    assert detected.encoding.name == "1/256" or detected.confidence < SURE


def test_a_rendered_floor_is_no_disparity_sensor() -> None:
    """Its 1/z keeps a step from row to row, here what a Kinect's would be if the counts were 1/256 m."""
    rows = np.mgrid[0:90, 0:120][0]
    metres = np.where(rows > 45, 90 / np.maximum(rows - 25, 1), 3.0)
    detected = detect_unit(np.floor(metres * 1000).astype(np.uint16))
    assert detected.encoding.name == "mm"
