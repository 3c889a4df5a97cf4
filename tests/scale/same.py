"""Whether two analyses are the same, to the bit."""

import numpy as np

from vizlab.core.trace import FusionTrace, arrays_of
from vizlab.page.kit.analysis import Analysis


def assert_same(found: Analysis, expected: Analysis) -> None:
    """All numbers and all words, but how long it took."""
    assert list(found.traces) == list(expected.traces)
    assert list(found.unchanged) == list(expected.unchanged)
    for name in expected.traces:
        assert_same_trace(found.traces[name], expected.traces[name])
    for name in expected.unchanged:
        assert_same_trace(found.unchanged[name], expected.unchanged[name])
    assert (found.notes, found.skipped, found.stand_in) == (expected.notes, expected.skipped, expected.stand_in)
    assert found.effects.keys() == expected.effects.keys()
    for name, effects in expected.effects.items():
        assert list(found.effects[name]) == list(effects)
        for output, effect in effects.items():
            other = found.effects[name][output]
            np.testing.assert_array_equal(other.map, effect.map)
            for word in ("size", "metrics", "flips"):
                np.testing.assert_equal(getattr(other, word), getattr(effect, word))


def assert_same_trace(found: FusionTrace, expected: FusionTrace) -> None:
    arrays, others = arrays_of(found), arrays_of(expected)
    assert list(arrays) == list(others)
    for key, array in others.items():
        assert arrays[key].dtype == array.dtype
        np.testing.assert_array_equal(arrays[key], array, err_msg=key)
        assert not arrays[key].flags.writeable
    assert {**found._meta(), "seconds": 0} == {**expected._meta(), "seconds": 0}
