"""CEN of one stream against the authors' code, through the door a user's checkpoint takes (numbers: tests/golden/)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.door.authors_files import authors_state, distances, golden_facts, golden_outputs, image
from vizlab.checks import check
from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.published import Clues
from vizlab.core.tracer import trace
from vizlab.errors import IncompatibleInputError, InputError
from vizlab.methods.cen.files import SEGMENTATION as SEGMENTATION_FILE
from vizlab.rgbd import RGBDImage

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""
SEGMENTATION, TRANSLATION = "cen_refinenet50_rgb_only", "cen_pix2pix_nf8_one_input"
FILES = {
    # the task, its stream in the authors' numbers, the input that is assumed, and a norm that shows in them
    SEGMENTATION: ("semseg", "rgb", "rgb", "encoder.layer3.2.bn2"),
    TRANSLATION: ("image", "a", "input0", "encoder.conv3.insnorm_conv"),
}


def write(name: str, folder: Path) -> Path:
    """As the authors' programs leave it: trained on one input, they keep its one weight in the ensemble as well."""
    state: Any = authors_state(golden_facts(name), "module." if name == SEGMENTATION else "")
    path = folder / f"{name}.pkl"
    torch.save(
        {"segmenter": state, "epoch_start": 9, "best_val": np.float64(0.45)} if len(state) > 200 else state, path
    )
    return path


@pytest.fixture(scope="module", params=FILES)
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = write(request.param, tmp_path_factory.mktemp("model"))
    yield path
    path.unlink()  # it is large


@pytest.fixture(scope="module")
def published(file: Path) -> Model:
    return load_model(file, "cpu", precision="float32")


def run(model: Model) -> dict[str, torch.Tensor]:
    facts = golden_facts(model.name)
    return model.forward({model.inputs[0]: image(facts["input"][0], facts["size"])})


def test_authors_numbers(published: Model) -> None:
    task, stream, only, norm = FILES[published.name]
    golden = golden_outputs(published.name)
    assert golden.pop("alpha").tolist() == [1.0]
    np.testing.assert_array_equal(golden["ensemble"], golden[stream])  # one answer, under two names
    assert published.inputs == (only,)
    outputs = run(published)
    assert list(outputs) == [task]
    found = distances(outputs, {task: golden[stream]})
    print(published.name, found)
    assert max(found.values()) <= TOLERANCE, found
    # The numbers prove the norms only if one of them shows: with its scales negated they are others.
    scales = published.network.get_submodule(norm).weight.data
    scales.neg_()
    moved = distances(run(published), {task: golden[stream]})
    scales.neg_()
    assert min(moved.values()) > 100 * TOLERANCE


def test_one_stream_exchanges_nothing(published: Model) -> None:
    assert published.sites == ()
    assert published.settings == {}
    assert published.config.threshold is None
    assert "threshold" not in published.assumed
    assert {"inputs", "normalisation", "working_size"} <= set(published.assumed)


def test_a_threshold_cannot_be_given(file: Path) -> None:
    with pytest.raises(InputError, match="exchanges no channels"):
        load_model(file, "cpu", threshold=0.5)


def test_one_input_can_be_given(file: Path, small_rgbd: RGBDImage) -> None:
    """A network of depth alone runs where there is no colour, and has every property of a network."""
    model = load_model(file, "cpu", inputs=("depth",), working_size=(64, 96))
    assert model.inputs == ("depth",)
    assert "inputs" not in model.assumed
    if SEGMENTATION in file.name:
        np.testing.assert_array_equal(model.preprocess(small_rgbd)["depth"].max(), np.nanmax(small_rgbd.depth))
    found = trace(model, RGBDImage(None, small_rgbd.depth))
    assert set(found.predictions) == {FILES[model.name][0]}
    with pytest.raises(IncompatibleInputError, match="a depth map"):
        trace(model, RGBDImage(small_rgbd.colour, None))
    if model.name == TRANSLATION:  # the smaller
        report = check(model)
        assert report.ok, str(report)


@pytest.mark.parametrize(
    ("folder", "modality"),
    [("model", "rgb"), ("nyuv2_depth", "depth"), ("nyu_depth_v2", "rgb"), ("RGB-only", "rgb"), ("rgb_depth", "rgb")],
)
def test_the_folder_may_name_the_input(folder: str, modality: str) -> None:
    """Neither the name of the data set nor one that names both does."""
    shapes = golden_facts(SEGMENTATION)["keys"]
    state = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    config, assumed = SEGMENTATION_FILE.describe(state, Clues(folders=(folder, "depth")))
    assert config.inputs == (modality,)
    assert ("folder" in assumed["inputs"]) == (folder in ("nyuv2_depth", "RGB-only"))
