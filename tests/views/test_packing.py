"""Values that travel are those that were there, to the stated digit."""

import gzip

import numpy as np
import pytest

from vizlab.views.packing import pack_bytes, pack_numbers, unpack


@pytest.mark.parametrize("digits", [0, 1, 2, 3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (9, 11), (4, 5, 3)])
def test_numbers_come_back_rounded_once(shape: tuple[int, ...], digits: int) -> None:
    values = np.random.default_rng(len(shape) + digits).normal(0, 3, shape).astype(np.float32)
    found = unpack(pack_numbers(values, digits))
    planes = values[None] if values.ndim == 2 else np.moveaxis(values, -1, 0)
    for place, value in np.ndenumerate(planes):
        assert found[place] == pytest.approx(round(float(value), digits), abs=1e-9), place


def test_unknown_stays_unknown_and_zero_stays_zero() -> None:
    values = np.array([[np.nan, 0.0, -1.5], [np.inf, 0.004, 2.0]], np.float32)
    assert np.array_equal(unpack(pack_numbers(values, 2))[0], [[np.nan, 0, -1.5], [np.nan, 0, 2.0]], equal_nan=True)


def test_nothing_known_is_nothing_known() -> None:
    assert np.isnan(unpack(pack_numbers(np.full((3, 4), np.nan), 2))).all()


def test_a_wide_span_keeps_as_many_digits_as_fit() -> None:
    """0 to 6,000 in hundredths are 600,000 steps; in tenths 60,000."""
    values = np.array([[0.04, 1234.56, 6000.0]])
    assert unpack(pack_numbers(values, 2))[0].tolist() == [[0.0, 1234.6, 6000.0]]


def test_jumps_of_the_whole_span_survive_the_differences() -> None:
    """Neighbours at either end: the differences do not fit into 16 bits, their remainders do."""
    values = np.where(np.indices((6, 7)).sum(0) % 2, 650.0, 0.0)
    assert np.array_equal(unpack(pack_numbers(values, 2))[0], values)


def test_bytes_are_exact() -> None:
    values = np.random.default_rng(0).integers(0, 256, (5, 6, 3), np.uint8)
    assert np.array_equal(unpack(pack_bytes(values)), np.moveaxis(values, -1, 0))


def test_the_layout_is_that_of_the_definition() -> None:
    """By hand: 1.0, 1.5 / 1.25, unknown, in hundredths: counts 1, 51 / 26, 0; what is left beside the plane through the
    neighbours is 1, 50 / 25, 0 - (51 + 26 - 1) = -76; folded 2, 100 / 50, 151.
    """
    raw = gzip.decompress(pack_numbers(np.array([[1.0, 1.5], [1.25, np.nan]]), 2).data)
    assert np.frombuffer(raw[:8], "<i4").tolist() == [100, 2]
    assert list(raw[8:]) == [2, 100, 50, 151, 0, 0, 0, 0]


def test_equal_values_are_equal_bytes() -> None:
    values = np.random.default_rng(1).normal(size=(8, 9))
    assert pack_numbers(values, 2).data == pack_numbers(values.copy(), 2).data
