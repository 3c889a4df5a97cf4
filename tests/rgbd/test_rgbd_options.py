"""Words in, arguments of `read_rgbd` out."""

from typing import get_args

import pytest

from tests.rgbd.rgbd_rooms import counts, room
from vizlab.errors import InputError
from vizlab.page.controls import ALIGNMENTS, KINDS, TURNS, UNITS
from vizlab.rgbd import ENCODINGS, ReadOptions, rgbd_from_arrays
from vizlab.rgbd.align import check_mode
from vizlab.rgbd.meanings import Meaning


def test_what_is_empty_keeps_its_default() -> None:
    assert ReadOptions.of({"depth_unit": "", "align": None}) == ReadOptions()
    assert ReadOptions.of(None) == ReadOptions()


def test_numbers_become_words_and_read_alike() -> None:
    options = ReadOptions.of({"depth_unit": 0.001, "turn": "mirrored"})
    assert options.given() == {"depth_unit": "0.001", "turn": "mirrored"}
    image = rgbd_from_arrays(depth=counts(room(), "mm"), **options.arguments())
    assert image.record.depth.encoding == "mm"
    assert (image.depth == rgbd_from_arrays(depth=counts(room(), "mm")).depth[:, ::-1]).all()


def test_the_page_offers_what_the_reader_knows() -> None:
    offered = [[value for _, value in choices] for choices in (UNITS, KINDS)]
    assert sorted(offered[0]) == sorted(["auto", *(encoding.name for encoding in ENCODINGS)])
    assert offered[1] == list(get_args(Meaning))
    for align in (value for _, value in ALIGNMENTS):
        check_mode(align)
    for turn in (value for _, value in TURNS):
        assert rgbd_from_arrays(depth=counts(room(), "mm"), turn=turn).depth is not None


@pytest.mark.parametrize("values", [{"unit": "mm"}, {"depth-unit": "mm"}, ["depth_unit"], "mm"])
def test_what_is_no_option_is_said(values: object) -> None:
    with pytest.raises(InputError, match="reading"):
        ReadOptions.of(values)  # type: ignore[arg-type]
