"""Pictures of the exam: what only colour, only depth, both together or either show, proved on the geometries."""

import hashlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from vizlab.scenes.exam.layout import LEAST, Placed
from vizlab.scenes.exam.needs import CODES
from vizlab.scenes.exam.picture import Solved, by_kinect, picture_of, solve, whole_colour
from vizlab.scenes.exam.places import SHELL
from vizlab.scenes.exam.plan import plan
from vizlab.scenes.exam.truth import Sight, colour_room, depth_room, sight
from vizlab.tasks import VOID

pytest.importorskip("mitsuba", reason="rendering needs mitsuba: pip install 'vizlab[render]'")

SIZE = (48, 64)


def _telling(fault: str) -> int:
    """The first picture with all four needs, a raised slab, and that fault."""
    return next(
        index
        for index in range(400)
        if plan(0, 0, index).fault == fault
        and {one.need for one in plan(0, 0, index).wanted} == {"rgb", "depth", "both", "either"}
        and any(one.raised for one in plan(0, 0, index).wanted)
    )


INDEX = _telling("rgb and depth")


@pytest.fixture(scope="module")
def solved() -> Solved:
    return solve(plan(0, 0, INDEX), SIZE)


@pytest.fixture(scope="module")
def empty(solved: Solved) -> Sight:
    """The room without any exam."""
    return sight(solved.room, [], SIZE)


def of(solved: Solved, *needs: str) -> tuple[Placed, ...]:
    return tuple(one for one in solved.placed if one.wanted.need in needs)


def in_depth(solved: Solved, placed: Sequence[Placed]) -> Sight:
    return sight(depth_room(solved.room, placed), placed, SIZE)


def in_colour(solved: Solved, placed: Sequence[Placed]) -> Sight:
    return sight(colour_room(solved.room, placed), placed, SIZE)


def test_colour_is_the_same_to_the_bit_without_what_only_depth_shows(solved: Solved) -> None:
    """Without it, and with every slab lying flush: shadows, reflections and noise included."""
    flush = tuple(replace(one, felt=[]) for one in of(solved, "rgb", "both")) + of(solved, "either")
    np.testing.assert_array_equal(whole_colour(solved, 1), whole_colour(replace(solved, placed=flush), 1))


def test_depth_is_the_same_to_the_bit_without_what_only_colour_shows(solved: Solved) -> None:
    bare = tuple(replace(one, seen=[]) for one in solved.placed if one.wanted.need != "rgb")
    without = in_depth(solved, bare)
    np.testing.assert_array_equal(without.depth, solved.truth.depth)


def test_depth_is_the_empty_rooms_where_nothing_with_a_body_stands(solved: Solved, empty: Sight) -> None:
    felt = in_depth(solved, solved.placed)
    np.testing.assert_array_equal(solved.truth.depth[felt.number == 0], empty.depth[felt.number == 0])
    assert (solved.truth.depth[felt.number > 0] < empty.depth[felt.number > 0]).all()
    flat = np.isin(solved.truth.need, [CODES["rgb"]])
    assert flat.any()
    np.testing.assert_array_equal(solved.truth.depth[flat], empty.depth[flat])


def test_maps_agree_with_each_object_looked_at_alone(solved: Solved, empty: Sight) -> None:
    """Brute force: every object by itself in the empty room, once in what colour sees, once in what depth sees."""
    need, number = np.zeros_like(solved.truth.need), np.zeros_like(solved.truth.number)
    label, touched = empty.label.copy(), np.zeros(SIZE, bool)
    for one in solved.placed:
        seen, felt = (look(solved, [one]).number > 0 for look in (in_colour, in_depth))
        where = {
            "rgb": seen,
            "depth": felt & np.isin(empty.label, SHELL),
            "both": seen & felt if one.wanted.raised else seen,
            "either": seen & felt,
        }[one.wanted.need]
        assert not (touched & (seen | felt)).any(), "no two objects meet in the picture"
        touched |= seen | felt
        label[seen | felt] = VOID
        need[where], number[where], label[where] = CODES[one.wanted.need], one.number, one.index
    np.testing.assert_array_equal(need, solved.truth.need)
    np.testing.assert_array_equal(number, solved.truth.number)
    np.testing.assert_array_equal(label, solved.truth.label)
    assert set(np.unique(need)) == {0, 1, 2, 3, 4}


def test_a_slab_has_the_same_pixels_whether_raised_or_flush(solved: Solved) -> None:
    """Else its outline would tell what only the depth shall."""
    (one,) = (one for one in of(solved, "both") if one.wanted.raised)
    flush = in_colour(solved, solved.placed).number == one.number
    np.testing.assert_array_equal(flush, solved.truth.number == one.number)


def test_the_list_of_objects_agrees_with_the_maps(solved: Solved) -> None:
    records = solved.records()
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    for record in records:
        where = solved.truth.number == record["number"]
        assert where.sum() == record["pixels"] >= LEAST * where.size
        assert set(solved.truth.need[where]) == {CODES[record["need"]]}
        assert set(solved.truth.label[where]) == {record["class"]}
    assert (solved.truth.number > 0).sum() == (solved.truth.need > 0).sum()


def test_faults_stay_inside_their_mask(solved: Solved) -> None:
    whole = replace(solved, broken=())
    fault = solved.fault
    assert {1, 2} <= set(np.unique(fault)) | {1, 2} & {3}
    np.testing.assert_array_equal(solved.millimetres[fault & 2 == 0], whole.millimetres[fault & 2 == 0])
    assert (solved.millimetres[fault & 2 > 0] == 0).all()
    assert (whole.millimetres > 0).all()
    rgb, untouched = picture_of(solved, 1), picture_of(whole, 1)
    np.testing.assert_array_equal(rgb[fault & 1 == 0], untouched[fault & 1 == 0])
    assert len(np.unique(rgb[fault & 1 > 0])) == 1, "one value, that tells nothing"
    np.testing.assert_array_equal(solved.need[fault == 0], whole.need[fault == 0])
    assert (solved.need[fault > 0] != whole.need[fault > 0]).any()


def test_millimetres_are_the_depths(solved: Solved) -> None:
    known = solved.fault & 2 == 0
    assert np.abs(solved.millimetres[known] / 1000 - solved.truth.depth[known]).max() <= 0.0005 + 1e-6


@pytest.fixture(scope="module")
def noisy(solved: Solved) -> Solved:
    """The same picture, measured by a Kinect."""
    return replace(solved, measured=by_kinect(solved.plan, solved.room, solved.placed, SIZE))


def test_a_kinect_has_noise_and_its_holes_are_faults(solved: Solved, noisy: Solved) -> None:
    whole, measured = replace(solved, broken=()), replace(noisy, broken=())
    seen = measured.millimetres > 0
    off = np.abs(measured.millimetres[seen] / 1000 - solved.truth.depth[seen])
    assert 0.5 < seen.mean() < 1
    assert 0.001 < np.median(off) < 0.03
    np.testing.assert_array_equal(measured.fault, np.where(seen, 0, 2))
    np.testing.assert_array_equal(measured.need[seen], whole.need[seen])
    turned = {CODES["either"]: CODES["rgb"], CODES["depth"]: CODES["none"], CODES["both"]: CODES["none"]}
    for before, after in zip(whole.need[~seen], measured.need[~seen], strict=True):
        assert after == turned.get(int(before), before)
    assert (noisy.fault & 2 >= solved.fault & 2).all()


def test_a_kinect_has_no_trace_of_what_only_colour_shows(noisy: Solved) -> None:
    """To the bit: neither noise nor holes depend on it."""
    bare = [replace(one, seen=[]) for one in noisy.placed if one.wanted.need != "rgb"]
    np.testing.assert_array_equal(by_kinect(noisy.plan, noisy.room, bare, SIZE), noisy.measured)


def test_another_process_finds_the_same_to_the_bit(noisy: Solved) -> None:
    code = (
        "import hashlib; from vizlab.scenes.exam.plan import plan; from vizlab.scenes.exam.picture import solve\n"
        f"maps = solve(plan(0, 0, {INDEX}), {SIZE}, 'kinect').maps()\n"
        "print(*[hashlib.sha256(maps[name].tobytes()).hexdigest() for name in sorted(maps)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    maps = noisy.maps()
    assert done.stdout.split() == [hashlib.sha256(maps[name].tobytes()).hexdigest() for name in sorted(maps)]
