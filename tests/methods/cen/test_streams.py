"""Files of two and more streams, which the authors' own programs do not exchange between; by eq. 6 of TPAMI 2023."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.door.authors_files import fill_value, golden_facts, image
from vizlab.checks import check
from vizlab.core.config import IMAGENET, METRES, SIGNED, SIGNED_LOG_DEPTH
from vizlab.core.door import load_model
from vizlab.core.site import Intervention, intervening
from vizlab.core.tracer import trace
from vizlab.rgbd import RGBDImage

TRANSLATION, SEGMENTATION = "cen_pix2pix_nf8_one_input", "cen_refinenet50_rgb_only"
LEVELS = range(1, 9)


def of_streams(name: str, streams: int, narrow: int = 1) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the authors' file with that many streams; translation with fewer filters, `narrow` times."""
    found: dict[str, tuple[int, ...]] = {"alpha": (streams,)}
    for key, shape in golden_facts(name)["keys"].items():
        thin = tuple(n if n < 8 else n // narrow for n in shape[:2]) + tuple(shape[2:])
        for stream in range(streams):
            named = key.replace("insnorm_0.", f"insnorm_{stream}.").replace(".bn_0.", f".bn_{stream}.")
            found.setdefault(named, thin)
    return found


def translated(state: Mapping[str, Tensor], pictures: list[Tensor], threshold: float) -> list[Tensor]:
    """The generator written out: streams in a list, layer by layer, each with norms of its own."""

    def norm(y: list[Tensor], path: str) -> list[Tensor]:
        kinds = ("running_mean", "running_var", "weight", "bias")
        return [F.batch_norm(x, *(state[f"{path}.insnorm_{s}.{kind}"] for kind in kinds)) for s, x in enumerate(y)]

    def exchanged(y: list[Tensor], path: str) -> list[Tensor]:
        result = [x.clone() for x in y]
        for target, mixed in enumerate(result):
            small = state[f"{path}.insnorm_{target}.weight"].abs() < threshold
            others = [x for source, x in enumerate(y) if source != target]
            if others:
                mixed[:, small] = torch.stack(others).mean(0)[:, small]
        return result

    x, kept = pictures, []
    for level in LEVELS:
        weight, bias = (state[f"conv{level}.conv.module.{k}"] for k in ("weight", "bias"))
        x = [F.conv2d(y if level == 1 else F.leaky_relu(y, 0.2), weight, bias, 2, 1) for y in x]
        if level not in (1, 8):
            path = f"conv{level}.insnorm_conv"
            x = exchanged(norm(x, path), path)
        kept.append(x)
    for level in LEVELS:
        weight, bias = (state[f"deconv{level}.deconv.module.{k}"] for k in ("weight", "bias"))
        if level > 1:
            x = [torch.cat(pair, 1) for pair in zip(x, kept[8 - level], strict=True)]
        x = [F.conv_transpose2d(F.relu(y), weight, bias, 2, 1) for y in x]
        if level != 8:
            x = norm(x, f"deconv{level}.insnorm_deconv")
    return [y.tanh() for y in x]


SETTINGS = [(2, 0.02, (512, 256)), (3, 0.3, (256, 512)), (4, 0.5, (256, 256))]


@pytest.mark.parametrize(("streams", "threshold", "size"), SETTINGS)
def test_translation_by_hand(streams: int, threshold: float, size: tuple[int, int], tmp_path: Path) -> None:
    shapes = of_streams(TRANSLATION, streams, narrow=2)
    state = {key: torch.from_numpy(np.asarray(fill_value(key, shape))) for key, shape in shapes.items()}
    torch.save(state, tmp_path / "checkpoint-gen.pkl")
    model = load_model(tmp_path / "checkpoint-gen.pkl", "cpu", precision="float32", threshold=threshold)
    names = [f"input{i}" for i in range(streams)]
    assert model.inputs == tuple(names)
    assert [site.sources for site in model.sites] == [tuple(names)] * 6
    pictures = [image(name, size) for name in names]
    outputs = model.forward(dict(zip(names, pictures, strict=True)))
    with torch.no_grad():
        expected = translated(state, pictures, threshold)
        apart = translated(state, pictures, 0.0)
    ensemble = sum(w * y for w, y in zip(state["alpha"].softmax(0), expected, strict=True))
    for name, y in zip([*names, "ensemble"], [*expected, ensemble], strict=True):
        torch.testing.assert_close(outputs[f"image/{name}"], y, rtol=0, atol=2e-4 * float(y.std()))
    moved = [float((a - b).abs().max() / b.std()) for a, b in zip(apart, expected, strict=True)]
    assert min(moved) > 0.02, "the numbers prove the exchange only if it shows in them"


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("four") / "checkpoint-gen.pkl"
    shapes = of_streams(TRANSLATION, 4, narrow=4)
    torch.save({key: torch.from_numpy(np.asarray(fill_value(key, shape))) for key, shape in shapes.items()}, path)
    return path


def test_a_translation_of_four_has_every_property(four: Path) -> None:
    report = check(load_model(four, "cpu", threshold=0.3))
    assert report.ok, str(report)


def test_inputs_that_are_given_are_fed_as_pictures(four: Path, small_rgbd: RGBDImage) -> None:
    """Whatever they are called: -1 to 1; depth alone as the logarithm of counts."""
    names = ("rgb", "light", "depth", "normals")
    model = load_model(four, "cpu", inputs=names)
    assert {name: model.config.normalisation[name] for name in names} == {
        "rgb": SIGNED, "light": SIGNED, "depth": SIGNED_LOG_DEPTH, "normals": SIGNED
    }  # fmt: skip
    assert small_rgbd.colour is not None
    picture = RGBDImage(small_rgbd.colour, small_rgbd.depth, domains=dict.fromkeys(names[1::2], small_rgbd.colour))
    fed = model.preprocess(picture)
    torch.testing.assert_close(fed["light"], fed["rgb"])
    found = trace(model, picture)
    assert set(found.predictions) == {"image", "image/ensemble", *(f"image/{name}" for name in names)}
    for site in found.sites.values():
        np.testing.assert_allclose(site.share.sum(1), 1, atol=1e-4)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Tensor]]:
    """A segmentation file of three streams with weights drawn fast; a fifth of all scales is small."""
    torch.manual_seed(3)
    state = {}
    for key, shape in of_streams(SEGMENTATION, 3).items():
        state[key] = torch.empty(shape).uniform_(0.5, 1.5)
        if len(shape) == 4:
            state[key].normal_(0, (1 / np.prod(shape[1:])) ** 0.5)
        elif key.endswith("weight") and ".bn_" in key:
            state[key][torch.rand(shape) < 0.2] = -0.01
    path = tmp_path_factory.mktemp("three") / "model.pth.tar"
    torch.save({"segmenter": {f"module.{key}": value for key, value in state.items()}, "epoch_start": 1}, path)
    return path, state


def test_segmentation_of_three(three: tuple[Path, dict[str, Tensor]]) -> None:
    path, state = three
    model = load_model(path, "cpu", precision="float32")
    path.unlink()  # it is large
    assert model.inputs == ("rgb", "depth", "input2")
    assert [model.config.normalisation[name] for name in model.inputs] == [IMAGENET, METRES, IMAGENET]
    assert len(model.sites) == 16
    for norm in model.network.exchange_norms():
        key = norm.site.name
        small = torch.stack([state[f"{key}.bn_{stream}.weight"].abs() < 0.02 for stream in range(3)])
        assert torch.equal(norm.exchanged(), small)
    pictures = {name: image(name, (64, 64)) for name in model.inputs}
    outputs = model.forward(pictures)
    weights = state["alpha"].softmax(0)
    ensemble = sum(w * outputs[f"semseg/{name}"] for w, name in zip(weights, model.inputs, strict=True))
    torch.testing.assert_close(outputs["semseg/ensemble"], ensemble)
    with intervening(Intervention({"threshold": 0.0})):
        apart = model.forward(pictures)
    assert all(float((outputs[name] - y).abs().max()) > 0.1 * float(y.std()) for name, y in apart.items())
