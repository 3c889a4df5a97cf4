"""Words in, arguments of `read_rgbd` out."""

import pytest

from tests.rgbd.rgbd_rooms import counts, room
from vizlab.errors import InputError
from vizlab.rgbd import ReadOptions, rgbd_from_arrays


def test_what_is_empty_keeps_its_default() -> None:
    assert ReadOptions.of({"depth_unit": "", "align": None}) == ReadOptions()
    assert ReadOptions.of(None) == ReadOptions()


def test_numbers_become_words_and_read_alike() -> None:
    options = ReadOptions.of({"depth_unit": 0.001, "turn": "mirrored"})
    assert options.given() == {"depth_unit": "0.001", "turn": "mirrored"}
    image = rgbd_from_arrays(depth=counts(room(), "mm"), **options.arguments())
    assert image.record.depth.encoding == "mm"
    assert (image.depth == rgbd_from_arrays(depth=counts(room(), "mm")).depth[:, ::-1]).all()


@pytest.mark.parametrize("values", [{"unit": "mm"}, {"depth-unit": "mm"}, ["depth_unit"], "mm"])
def test_what_is_no_option_is_said(values: object) -> None:
    with pytest.raises(InputError, match="reading"):
        ReadOptions.of(values)  # type: ignore[arg-type]
