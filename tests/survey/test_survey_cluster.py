"""A cluster that does not answer is said in a sentence."""

from types import SimpleNamespace

import pytest

from vizlab.errors import InputError
from vizlab.study.survey import engine


@pytest.mark.parametrize("error", [ConnectionError("refused"), TimeoutError("late"), RuntimeError("no GCS")])
def test_what_ray_says_of_it_is_the_cause(error: Exception) -> None:
    def init(address: str, **options: object) -> None:
        raise error

    said = "No Ray cluster answers at 'auto'; start one with `ray start --head`"
    with pytest.raises(InputError, match=said) as found:
        engine._connect(SimpleNamespace(init=init), "auto")
    assert found.value.__cause__ is error
