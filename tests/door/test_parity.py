"""Our networks against the authors' code, through the door a user's checkpoint takes (numbers: tests/golden/)."""

import numpy as np
import pytest

from tests.door.authors_files import NAMES, golden_facts, golden_outputs, image
from vizlab.core.door import load_model
from vizlab.core.site import Intervention, intervening

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""

_CEN = {"rgb": "semseg/rgb", "depth": "semseg/depth", "ensemble": "semseg/ensemble"}
_TRANSLATION = {"a": "image/input0", "b": "image/input1", "ensemble": "image/ensemble"}
OURS = {"cen_refinenet50": _CEN, "cen_pix2pix_nf8": _TRANSLATION}
ARCHITECTURES = dict(zip(NAMES, ("cen-resnet50", "cen-pix2pix", "mti-net-hrnet18", "nddr-cnn-resnet18"), strict=True))


def distances(outputs, golden, names):
    """Largest difference over the standard deviation, by output."""
    found = {}
    for name, expected in golden.items():
        ours = outputs[names.get(name, name)].numpy()
        if ours.shape != expected.shape:  # every fourth row and column of full-size outputs was kept
            ours = ours[..., ::4, ::4]
        found[name] = float(np.abs(ours - expected).max() / expected.std())
    return found


@pytest.mark.parametrize("name", NAMES)
def test_authors_numbers(name, authors_file):
    facts, golden = golden_facts(name), golden_outputs(name)
    model = load_model(authors_file(name), "cpu", precision="float32")
    assert model.config.architecture == ARCHITECTURES[name]
    inputs = {key: image(source, facts["size"]) for key, source in zip(model.inputs, facts["input"], strict=True)}
    alpha = golden.pop("alpha", None)
    outputs = model.forward(inputs)
    assert len(outputs) == len(golden)
    found = distances(outputs, golden, OURS.get(name, {}))
    assert max(found.values()) <= TOLERANCE, found
    if alpha is not None:
        np.testing.assert_allclose(model.network.alpha.detach().softmax(0).numpy(), alpha, atol=1e-6)
        # The numbers prove the exchange only if it shows in them.
        with intervening(Intervention({"threshold": 0.0})):
            without = distances(model.forward(inputs), golden, OURS[name])
        assert min(without.values()) > 100 * TOLERANCE


def test_what_the_file_does_not_say_is_assumed(authors_file):
    model = load_model(authors_file("mti_net_hrnet18_nyud"), "cpu")
    assert set(model.assumed) == {"tasks", "auxiliary_tasks", "normalisation", "working_size", "classes"}
    assert model.name == "mti_net_hrnet18_nyud"
    assert [task.name for task in model.tasks] == ["semseg", "depth"]
    assert len(model.classes) == 40
    assert not any(p.is_meta for p in model.network.state_dict().values())


def test_given_settings_replace_assumed_ones(authors_file):
    path = authors_file("mti_net_hrnet18_nyud")
    model = load_model(path, "cpu", tasks=("depth", "semseg"), working_size=(240, 320))
    assert model.config.working_size == (240, 320)
    assert "tasks" not in model.assumed
    assert "working_size" not in model.assumed
    assert "auxiliary_tasks" in model.assumed
    assert [task.name for task in model.tasks] == ["depth", "semseg"]


def test_translation_threshold_and_inputs_can_be_given(authors_file):
    path = authors_file("cen_pix2pix_nf8")
    model = load_model(path, "cpu", threshold=0.5, inputs=("rgb", "depth"), precision="float32")
    assert model.inputs == ("rgb", "depth")
    assert model.sites[0].targets == ("rgb", "depth")
    assert {norm.threshold for norm in model.network.exchange_norms()} == {0.5}
    assert "threshold" not in model.assumed


def test_dilation_can_be_given(authors_file):
    path = authors_file("nddr_cnn_resnet18_nyud")
    model = load_model(path, "cpu", output_stride=16)
    assert model.network.multiple == 16
    assert "output_stride" not in model.assumed
