"""What is read off names and shapes, of every size; our own files; without memory where a network is large."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.methods.token_fusion.networks import COMPACT, noise, spread
from vizlab.core.config import NetworkConfig
from vizlab.core.door import load_model, save_checkpoint
from vizlab.core.published import Clues, PublishedFormat
from vizlab.core.registry import build_network, methods
from vizlab.errors import CheckpointError
from vizlab.methods.token_fusion.files import SEGMENTATION, TRANSLATION
from vizlab.methods.token_fusion.network import MIT
from vizlab.methods.token_fusion.translation import GENERATORS

SITES = {"b0": 8, "b1": 8, "b2": 16, "b3": 28, "b4": 41, "b5": 52}


def published(known: PublishedFormat, config: NetworkConfig) -> dict[str, Tensor]:
    """The tensors of such a file without memory, under the authors' names."""
    with torch.device("meta"):
        own = build_network(config).state_dict()
    state: dict[str, Tensor] = {}
    for key, value in own.items():
        source = known.sources(key, config)
        state |= {source: value} if isinstance(source, str) else {name: value[0] for name in source}
    return state


@pytest.mark.parametrize("size", MIT)
def test_every_size_of_segmentation(size: str) -> None:
    config = NetworkConfig(f"token-fusion-mit-{size}", ("semseg",), ("rgb", "depth"), semseg_channels=12)
    state = published(SEGMENTATION, config)
    assert _recognised(state) == [SEGMENTATION]
    found, assumed = SEGMENTATION.describe(state, Clues())
    assert (found.architecture, found.semseg_channels, found.classes) == (config.architecture, 12, ())
    assert found.options == {"width": 256}
    with torch.device("meta"):
        assert len(build_network(found).sites) == SITES[size]
    assert "classes" not in assumed


@pytest.mark.parametrize("size", GENERATORS)
def test_every_size_of_translation(size: str) -> None:
    """The decoder's numbers of blocks are its own: they need not be the encoder's."""
    config = NetworkConfig(
        f"token-fusion-translation-{size}", ("image",), ("input0", "input1"), options={"decoder1": 1, "decoder3": 5}
    )
    state = published(TRANSLATION, config)
    assert _recognised(state) == [TRANSLATION]
    found, _ = TRANSLATION.describe(state, Clues())
    assert found.architecture == config.architecture
    encoder = GENERATORS[size][1]
    assert found.options == {"decoder1": 1, "decoder2": encoder[2], "decoder3": 5, "decoder4": encoder[0]}


def _recognised(state: dict[str, Tensor]) -> list[PublishedFormat]:
    formats = [known for method in methods().values() for known in method.files]
    return [known for known in formats if known.recognise(state.keys())]


def test_an_encoder_nobody_knows_gets_a_sentence() -> None:
    state = published(SEGMENTATION, NetworkConfig("token-fusion-mit-b0", ("semseg",), ("rgb", "depth")))
    fewer = {key: value for key, value in state.items() if not key.startswith("encoder.block3.1.")}
    with pytest.raises(CheckpointError, match=r"numbers of channels and blocks .* of a mix transformer is none"):
        SEGMENTATION.describe(fewer, Clues())


@pytest.mark.parametrize("threshold", [0.02, 0.3])
def test_a_saved_checkpoint_comes_back(threshold: float, tmp_path: Path) -> None:
    config = replace(COMPACT, threshold=threshold)
    network, path = spread(config), tmp_path / "token-fusion-mobilenetv2.safetensors"
    save_checkpoint(path, network, config, {"data": "none"})
    model = load_model(path, "cpu", precision="float32")
    assert model.config == config
    assert (model.method.family, model.assumed) == ("token-fusion", {})
    assert model.settings == {"threshold": threshold}
    inputs = noise(config)
    assert set(model.forward(inputs)) == set(network(inputs))
