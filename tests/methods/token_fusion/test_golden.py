"""Against the authors' code, through the door a user's checkpoint takes (numbers: tests/golden/)."""

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.door.authors_files import GOLDEN, authors_state, distances, golden_facts, golden_outputs, image
from vizlab.core.door import load_model
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.reduction import Recorder
from vizlab.core.site import Intervention, intervening, observing
from vizlab.methods.token_fusion.exchange import TokenScores

TOLERANCE = 2e-4
"""Of an output's standard deviation, in float32."""
SEGMENTATION, TRANSLATION = ("token_fusion_mit_b0", "token_fusion_mit_b2"), "token_fusion_gen_b0"
SITES = {"token_fusion_mit_b0": 8, "token_fusion_mit_b2": 16, TRANSLATION: 5}
ARCHITECTURES = {
    "token_fusion_mit_b0": "token-fusion-mit-b0",
    "token_fusion_mit_b2": "token-fusion-mit-b2",
    TRANSLATION: "token-fusion-translation-b0",
}


@pytest.fixture(scope="module", params=[*SEGMENTATION, TRANSLATION])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Model]:
    """The authors' file of that name, read and removed again: it is large."""
    name, path = request.param, tmp_path_factory.mktemp("authors") / f"{request.param}.pth.tar"
    state = authors_state(golden_facts(name), "" if name == TRANSLATION else "module.")
    content = state if name == TRANSLATION else {"segmenter": state, "epoch_start": 299, "best_val": np.float64(0.5)}
    torch.save(content, path)
    try:
        return name, load_model(path, "cpu", precision="float32")
    finally:
        path.unlink()


def inputs_of(name: str, model: Model) -> dict[str, Tensor]:
    facts = golden_facts(name)
    return {ours: image(theirs, facts["size"]) for ours, theirs in zip(model.inputs, facts["input"], strict=True)}


def expected_of(name: str, model: Model) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The outputs under our names, and the weights of the ensemble."""
    golden = golden_outputs(name)
    alpha = golden.pop("alpha")
    streams = (*model.inputs, "ensemble")
    task = model.tasks[0].name
    return {f"{task}/{ours}": golden[theirs] for ours, theirs in zip(streams, golden, strict=True)}, alpha


def test_authors_numbers(published: tuple[str, Model]) -> None:
    name, model = published
    inputs, (golden, alpha) = inputs_of(name, model), expected_of(name, model)
    outputs = model.forward(inputs)
    assert list(outputs) == list(golden)
    found = distances(outputs, golden)
    print(name, found)
    assert max(found.values()) <= TOLERANCE, found
    (weights,) = model.network.output_weights().values()
    np.testing.assert_allclose(weights, alpha, atol=1e-6)


def test_the_numbers_see_the_exchange(published: tuple[str, Model]) -> None:
    name, model = published
    inputs, (golden, _) = inputs_of(name, model), expected_of(name, model)
    for change in (Intervention(cross=False), Intervention(settings={"threshold": 0.1})):
        with intervening(change):
            moved = distances(model.forward(inputs), golden)
        assert max(moved.values()) > 100 * TOLERANCE, change


def test_each_block_gives_up_as_many_tokens(published: tuple[str, Model]) -> None:
    """Stream by stream, the shares that the authors' code counted, to the three digits that were kept."""
    name, model = published
    facts = golden_facts(name)
    size = tuple(facts["size"])
    recorder = Recorder(Framing(size, size, size))
    with observing(recorder):
        model.forward(inputs_of(name, model))
    rows = [[row[t].extras["given_up"].mean() for t in range(2)] for row in recorder.rows.values()]
    assert list(recorder.rows) == [site.name for site in model.sites]
    np.testing.assert_allclose(rows, facts["exchanged_share"], atol=6e-4)


@pytest.mark.parametrize("published", SEGMENTATION, indirect=True)
def test_every_score(published: tuple[str, Model]) -> None:
    name, model = published
    found: list[Tensor] = []
    modules = [m for m in model.network.modules() if isinstance(m, TokenScores)]
    handles = [m.register_forward_hook(lambda module, given, scores: found.append(scores)) for m in modules]
    model.forward(inputs_of(name, model))
    for handle in handles:
        handle.remove()
    with np.load(GOLDEN / f"{name}.scores.npz") as golden:
        assert len(golden.files) == 2 * len(found)
        for block, scores in enumerate(found):
            for score, stream in zip(scores.flatten(1).numpy(), model.inputs, strict=True):
                np.testing.assert_allclose(score, golden[f"score_{block}/{stream}"], atol=1e-4)


def test_what_is_read_off_the_file(published: tuple[str, Model]) -> None:
    name, model = published
    assert model.method.family == "token-fusion"
    assert model.config.architecture == ARCHITECTURES[name]
    assert len(model.sites) == SITES[name]
    assert {site.kind for site in model.sites} == {"token exchange"}
    assert model.settings == {"threshold": golden_facts(name)["mask_threshold"]}
    assert {"threshold", "inputs", "normalisation", "working_size"} <= set(model.assumed)
    assert model.network.multiple == 32
    if name == TRANSLATION:
        assert [site.name for site in model.sites] == [f"stage{n}.blocks.1.exchange" for n in range(1, 6)]
        assert model.inputs == ("input0", "input1")
    else:
        assert len(model.classes) == golden_facts(name)["num_classes"]
        assert (model.inputs, model.config.working_size) == (("rgb", "depth"), (480, 640))
