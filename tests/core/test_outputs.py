"""The names of outputs, taken apart and put together."""

import pytest

from vizlab.core.outputs import Output, answers


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("depth", Output("depth")),
        ("semseg/rgb", Output("semseg", "rgb")),
        ("image/ensemble", Output("image", "ensemble")),
        ("scale_2/normals", Output("normals", scale=2)),
        ("scale_10/depth", Output("depth", scale=10)),
        ("scale_x/depth", Output("scale_x", "depth")),
        ("scale_2", Output("scale_2")),
    ],
)
def test_a_name_comes_apart_and_together(name: str, output: Output) -> None:
    assert Output.parse(name) == output
    assert str(output) == name


def test_which_outputs_are_answers() -> None:
    named = {"depth": 1, "semseg/rgb": 2, "semseg/ensemble": 3, "scale_0/depth": 4}
    assert answers(named) == {"depth": 1, "semseg": 3}
    assert [Output.parse(name).initial for name in named] == [False, False, False, True]
    assert [Output.parse(name).ensemble for name in named] == [False, False, True, False]
