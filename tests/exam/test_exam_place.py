"""What an object's place says, against brute force over pixels of layouts made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from tests.exam.made_exam import CHAIR, SIZE, write_exam
from vizlab.scenes.exam.needs import CODES, DEPTH, EITHER, RGB
from vizlab.study.exam.folder import ExamFolder, ExamObject, ExamPicture
from vizlab.study.exam.place import by_place, centre

Thing = tuple[str, int, int, int, int, int]
"""Built to need, the need, and a rectangle: its top, left, height and width, in multiples of 3 pixels: whole cells."""
LAYOUTS: tuple[tuple[Thing, ...], ...] = (
    (("rgb", RGB, 0, 0, 12, 12), ("depth", DEPTH, 30, 30, 12, 24)),
    (("rgb", RGB, 6, 6, 12, 12), ("depth", DEPTH, 0, 0, 6, 12), ("either", EITHER, 33, 33, 12, 12)),
    (("depth", DEPTH, 36, 30, 15, 15), ("either", RGB, 0, 0, 18, 18), ("rgb", RGB, 54, 72, 12, 12)),
)
"""In the last one a fault has turned the need of a thing that either shows: it counts for no need."""


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> ExamPicture:
    return ExamFolder(write_exam(tmp_path_factory.mktemp("exams") / "exam", 1)).read(0)


def mask_of(thing: Thing) -> np.ndarray:
    _, _, top, left, height, width = thing
    mask = np.zeros(SIZE, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def laid_out(blank: ExamPicture, things: tuple[Thing, ...]) -> ExamPicture:
    need, number = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    for place, thing in enumerate(things, 1):
        need[mask_of(thing)], number[mask_of(thing)] = thing[1], place
    objects = tuple(ExamObject(place, thing[0], CHAIR, "x") for place, thing in enumerate(things, 1))
    sample = replace(blank.sample, label=np.full(SIZE, CHAIR, blank.sample.label.dtype))
    return ExamPicture(sample, need, number, np.zeros(SIZE, np.uint8), objects)


def by_hand(own: int, thing: Thing) -> float:
    """Pixel by pixel, of the other layouts."""
    share = {}
    for name in ("rgb", "depth"):
        masks = [
            mask_of(one)
            for place, things in enumerate(LAYOUTS)
            for one in things
            if place != own and (one[0], one[1]) == (name, CODES[name])
        ]
        share[name] = sum((mask & mask_of(thing)).sum() for mask in masks) / sum(mask.sum() for mask in masks)
    total = share["rgb"] + share["depth"]
    return (share["depth"] - share["rgb"]) / total if total else np.nan


def test_what_is_needed_there_in_the_other_pictures(blank: ExamPicture) -> None:
    found = by_place(laid_out(blank, things) for things in LAYOUTS)
    expected = [by_hand(own, thing) for own, things in enumerate(LAYOUTS) for thing in things]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.isnan(expected[-1])  # nothing is there in the others
    assert len(set(expected[:-1])) > 3


def test_where_all_needs_are_at_one_place_it_says_nothing(blank: ExamPicture) -> None:
    """However many there are of either: the picture that is left out must not tell by what it leaves behind."""
    here = (0, 0, 12, 12)
    needs = ("rgb", "rgb", "depth", "rgb", "depth")
    found = by_place(laid_out(blank, ((name, CODES[name], *here),)) for name in needs)
    np.testing.assert_allclose(found, 0, atol=1e-9)


def test_alone_there_are_no_others(blank: ExamPicture) -> None:
    assert np.isnan(by_place([laid_out(blank, LAYOUTS[0])])).all()


def test_the_centre_is_a_share_of_the_sides() -> None:
    region = np.zeros((10, 40), bool)
    region[2:4, 10:30] = True
    assert centre(region) == pytest.approx((0.3, 0.5))
