"""What networks that saw no depth say of its scale: by the ratio of two medians."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vizlab.core.predictions import DepthPrediction
from vizlab.page.depth_scale import predicted_without_depth, unit_question, with_predicted_scale
from vizlab.rgbd import RGBDImage, rgbd_from_arrays

SIZE = (48, 64)


def metres() -> np.ndarray:
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return 1 + rows / 24 + 0.01 * np.sin(columns)


def traces(factor: float, inputs: tuple[str, ...] = ("rgb",), name: str = "blind") -> dict[str, Any]:
    prediction = DepthPrediction((metres() * factor).astype(np.float32))
    return {name: SimpleNamespace(model=SimpleNamespace(inputs=inputs), predictions={"depth": prediction})}


def read(**options: str) -> RGBDImage:
    colour = np.zeros((*SIZE, 3), np.uint8)
    return rgbd_from_arrays(colour, np.round(metres() * 1000).astype(np.uint16), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("factor", "unit"), [(1000 / 512, "1/512 m"), (0.25, "0.25 mm"), (10.0, "centimetres"), (0.1, "0.1 mm")]
)
def test_networks_that_see_another_size_question_the_unit(factor: float, unit: str) -> None:
    said = unit_question(read(), traces(factor))
    assert said is not None
    assert f"blind, which saw no depth, puts the scene at {factor:.2g} times the distance" in said
    assert f"in millimetres, its detected unit; {unit} would agree better" in said


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.7])
def test_as_large_as_predictions_err_there_is_no_question(factor: float) -> None:
    assert unit_question(read(), traces(factor)) is None


def test_a_unit_that_was_given_is_not_questioned_nor_by_a_network_that_saw_it() -> None:
    assert unit_question(read(depth_unit="mm"), traces(4)) is None
    assert unit_question(read(), traces(4, inputs=("rgb", "depth"))) is None
    assert unit_question(read(), {}) is None


def test_of_several_networks_the_geometric_mean_counts() -> None:
    assert unit_question(read(), traces(4) | traces(0.25, name="other")) is None
    assert "blind and other, which saw no depth, put the scene at 4 times" in str(
        unit_question(read(), traces(8) | traces(2, name="other"))
    )


def test_depth_without_a_scale_gets_that_of_a_prediction() -> None:
    relative = read(depth_kind="relative")
    (name, prediction), *_ = predicted_without_depth(traces(3)).items()
    scaled = with_predicted_scale(relative, name, prediction)
    np.testing.assert_allclose(scaled.depth, 3 * np.round(metres(), 3), rtol=2e-3)
    assert scaled.record.warnings[-1].startswith("Depth without a scale was multiplied by ")
    assert "blind" in scaled.record.warnings[-1]
    assert unit_question(relative, traces(3)) is None


@pytest.mark.parametrize("factor", [0.0, -1.0])
def test_a_prediction_behind_the_camera_is_no_scale(factor: float) -> None:
    """A network that learned nothing must not take the picture's depth with it."""
    assert predicted_without_depth(traces(factor)) == {}
    assert unit_question(read(), traces(factor)) is None
