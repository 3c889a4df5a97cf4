"""A CEN whose streams begin as networks that learned apart, and exchange what counts least from then on."""

import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.methods.cen.test_private_stages import CONFIG, STREAMS, fill, pictures
from vizlab import load_model
from vizlab.core.config import IMAGENET, NetworkConfig
from vizlab.core.door import save_checkpoint
from vizlab.core.registry import build_network
from vizlab.errors import DataError
from vizlab.methods.cen.apart import as_networks
from vizlab.methods.cen.network import CEN, cen_compact, exchange_norms, exchanged_of_eligible
from vizlab.methods.cen.sparsity import exchange_least
from vizlab.study.training.apart import begin_as, describe_networks, load_networks_apart
from vizlab.study.training.recipe import Recipe, load_recipe
from vizlab.study.training.resume import require_same_run
from vizlab.study.training.train import train


def alone(name: str, seed: int) -> CEN:
    """A network of one stream, each tensor its own numbers."""
    network = cen_compact((name,), width=8).eval()
    fill(network)
    torch.manual_seed(seed)
    for value in network.parameters():
        value.data.mul_(1 + 0.1 * torch.rand_like(value))
    return network


def together(private_decoders: int = 1, private_stages: int = 5) -> CEN:
    return cen_compact(width=8, threshold=0.0, private_decoders=private_decoders, private_stages=private_stages).eval()


@torch.no_grad()
def test_streams_that_begin_as_networks_predict_what_these_do() -> None:
    network, parts = together(), [alone(name, seed) for seed, name in enumerate(STREAMS)]
    as_networks(network, parts)
    x: dict[str, Tensor] = pictures()
    expected = [part({name: x[name]})["semseg"] for name, part in zip(STREAMS, parts, strict=True)]
    found = network(x)
    for name, y in zip(STREAMS, expected, strict=True):
        torch.testing.assert_close(found[f"semseg/{name}"], y, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(found["semseg/ensemble"], sum(expected) / 2, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "parts"),
    [({"private_stages": 4}, STREAMS), ({"private_decoders": 0}, STREAMS), ({}, STREAMS[:1]), ({}, (*STREAMS, "rgb"))],
)
def test_streams_that_share_or_are_others_cannot(options: dict[str, int], parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=rf"is not made of {len(parts)} networks of one stream.*private_stages = 5"):
        as_networks(together(**options), [alone(name, 0) for name in parts])


@torch.no_grad()
@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_least_of_the_eligible_channels_are_exchanged(share: float) -> None:
    network = cen_compact(width=8)
    torch.manual_seed(0)
    for norm in exchange_norms(network):
        norm.weight.uniform_(-1.5, 1.5).add_(norm.weight.sign() * 0.03)
    before = [norm.weight.clone() for norm in exchange_norms(network)]
    exchange_least(network, share)
    for norm, had in zip(exchange_norms(network), before, strict=True):
        for gamma, whole, eligible in zip(norm.weight, had, norm.eligible(), strict=True):
            gone = (gamma == 0) & (whole != 0)
            assert gone.sum() == round(share * int(eligible.sum()))
            assert not (gone & ~eligible).any()
            assert torch.equal(gamma[~gone], whole[~gone])
            if 0 < share < 1:
                assert whole[gone].abs().max() <= whole[eligible & ~gone].abs().min()
    assert all(some == pytest.approx(share * of, abs=2) for some, of in exchanged_of_eligible(network).values())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Networks of one stream as files, with a card that names their start."""
    folder, found = tmp_path_factory.mktemp("apart"), {}
    for seed, name in enumerate(STREAMS):
        config = dataclasses.replace(
            CONFIG, inputs=(name,), normalisation={name: CONFIG.normalisation[name]}, options={"width": 8}
        )
        found[name] = folder / f"semseg-{name}.safetensors"
        card = {"name": f"semseg-{name}", "start": "start.safetensors, SHA-256 0123456789abcdef"}
        save_checkpoint(found[name], alone(name, seed), config, card)
    return found


def recipe(**changes: object) -> Recipe:
    plain = load_recipe(Path(__file__).parents[3] / "vizlab/study/training/recipes/cen-unshared-mobilenetv2-nyuv2.toml")
    brief = {
        "epochs": 1,
        "batch_size": 4,
        "crop": (64, 64),
        "zoom": (1.0, 1.1),
        "precision": "32-true",
        "network": CONFIG,
    }
    return dataclasses.replace(plain, **{**brief, "hold_out": False, **changes})  # type: ignore[arg-type]


def test_a_training_begins_with_them(files: dict[str, Path], data_folder: Path, tmp_path: Path) -> None:
    """At a rate of zero nothing is learned, so that what comes out is what it began as, less what is exchanged."""
    still = {"backbone_lr": 1e-20, "lr": 1e-20, "fusion_lr": 1e-20, "sparsity": 0.0, "exchange_least": 0.25}
    path = train(recipe(**still), data_folder, tmp_path, streams=[files[name] for name in STREAMS])
    model = load_model(path, "cpu", precision="float32")
    begun = {name: load_model(file, "cpu", precision="float32").network.state_dict() for name, file in files.items()}
    for stream, name in enumerate(STREAMS):
        filters = model.network.state_dict()["encoder.features.5.conv.0.0.weight"].chunk(2)[stream]
        assert torch.equal(filters, begun[name]["encoder.features.5.conv.0.0.weight"])
    for some, of in exchanged_of_eligible(model.network).values():
        assert some == pytest.approx(0.25 * of, abs=2)
    said = model.card["start"]
    assert said.startswith("start.safetensors, SHA-256 0123456789abcdef; streams that began as semseg-rgb (")
    assert model.card["recipe"]["exchange_least"] == 0.25
    state = torch.load(tmp_path / "last.ckpt", weights_only=True)
    older = {name: value for name, value in state["vizlab_run"].items() if name not in ("streams", "exchange_least")}
    torch.save({"vizlab_run": older}, tmp_path / "older.ckpt")
    now = {**older, "streams": [], "exchange_least": 0.0}
    require_same_run(tmp_path / "older.ckpt", now)  # begun before these were
    with pytest.raises(DataError, match=r"exchange_least = 0\.0, now it is 0\.5"):
        require_same_run(tmp_path / "older.ckpt", {**now, "exchange_least": 0.5})
    with pytest.raises(DataError, match=r"was trained with streams = \[.*now it is \[\]"):
        train(recipe(**still), data_folder, tmp_path)


def test_two_starts_of_one_file_are_named_once(files: dict[str, Path]) -> None:
    models = [load_model(file, "cpu") for file in files.values()]
    assert describe_networks(models).count("SHA-256") == 1


def test_what_cannot_be_a_stream_is_refused(files: dict[str, Path]) -> None:
    one, other = files["rgb"], files["depth"]
    with pytest.raises(DataError, match=r"1 networks were given.*2 streams: semseg from rgb, semseg from depth"):
        load_networks_apart([one], recipe())
    with pytest.raises(DataError, match=r"semseg-depth cannot be the stream 'semseg from rgb'.*in the order"):
        load_networks_apart([other, one], recipe())
    wrong = dataclasses.replace(CONFIG, normalisation={"rgb": IMAGENET, "depth": IMAGENET})
    with pytest.raises(DataError, match="semseg-depth cannot be the stream 'semseg from depth'"):
        load_networks_apart([one, other], recipe(network=wrong))
    nddr = NetworkConfig("nddr-cnn-mobilenetv2", ("semseg", "depth"), ("rgb",), normalisation={"rgb": IMAGENET})
    weights = {"semseg": 1.0, "depth": 1.0}
    with pytest.raises(DataError, match="nddr-cnn-mobilenetv2 cannot begin as networks of their own; leave --stream"):
        load_networks_apart([one, other], recipe(network=nddr, loss_weights=weights))
    shared = dataclasses.replace(CONFIG, options={**CONFIG.options, "private_stages": 2})
    with pytest.raises(DataError, match=r"cannot begin as semseg-rgb, semseg-depth: 'encoder\.features"):
        begin_as(build_network(shared), recipe(network=shared), load_networks_apart([one, other], recipe()))


def test_another_padding_is_refused(files: dict[str, Path], tmp_path: Path) -> None:
    """No tensor's shape tells it, and features would lie a pixel off."""
    config = dataclasses.replace(
        CONFIG,
        inputs=("rgb",),
        normalisation={"rgb": CONFIG.normalisation["rgb"]},
        options={"width": 8, "same_padding": 1},
    )
    save_checkpoint(tmp_path / "same.safetensors", alone("rgb", 0), config, {"name": "same"})
    with pytest.raises(DataError, match=r"same cannot be the stream 'semseg from rgb'.*padding"):
        load_networks_apart([tmp_path / "same.safetensors", files["depth"]], recipe())


def test_no_start_is_taken_beside_them(files: dict[str, Path], data_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give one of the two"):
        train(recipe(), data_folder, tmp_path, tmp_path / "start.pth", streams=[files[name] for name in STREAMS])


@pytest.mark.parametrize(
    ("share", "threshold", "said"),
    [("1.5", "0.02", "exchange_least is a share, 0 to 1"), ("0.5", "0.0", "exchange_least needs a threshold above 0")],
)
def test_a_share_that_does_nothing_is_refused(share: str, threshold: str, said: str, tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "vizlab/study/training/recipes/cen-unshared-mobilenetv2-nyuv2.toml").read_text()
    changed = text.replace("threshold = 0.02", f"threshold = {threshold}")
    (tmp_path / "wrong.toml").write_text(f"exchange_least = {share}\n{changed}")
    with pytest.raises(DataError, match=said):
        load_recipe(tmp_path / "wrong.toml")
