"""Learning from teachers, ensembles that learn as one, and streams with decoders of their own."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from vizlab import load_model
from vizlab.core.registry import build_network
from vizlab.errors import DataError
from vizlab.methods.cen.network import CEN, cen_compact
from vizlab.study.data import RGBDFolder, Sample
from vizlab.study.training import teacher as teachers
from vizlab.study.training.augment import GeometricAugmentation
from vizlab.study.training.data import TEACHER, InMemory
from vizlab.study.training.losses import TaskLosses, distillation_loss, semseg_loss
from vizlab.study.training.module import FusionTraining, joined
from vizlab.study.training.recipe import Recipe, load_recipe
from vizlab.study.training.teacher import said_of, taught
from vizlab.study.training.train import train

RECIPE_FOLDER = Path(__file__).parents[2] / "vizlab/study/training/recipes"


def small(**changes: object) -> Recipe:
    recipe = load_recipe(RECIPE_FOLDER / "cen-mobilenetv2-nyuv2.toml")
    base = {"epochs": 1, "batch_size": 4, "crop": (64, 64), "zoom": (1.0, 1.1), "precision": "32-true"}
    plain = {"joint": 0.0, "distil": 0.0, "learn_ensemble": True, "hold_out": False}
    return dataclasses.replace(recipe, **{**base, **plain, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def master(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of RGB alone, briefly trained, as a teacher."""
    recipe = load_recipe(RECIPE_FOLDER / "semseg-rgb-mobilenetv2-nyuv2.toml")
    brief = dataclasses.replace(
        recipe, epochs=1, batch_size=4, crop=(64, 64), zoom=(1.0, 1.1), precision="32-true", distil=0.0, hold_out=False
    )
    return train(brief, data_folder, tmp_path_factory.mktemp("master"))


def test_what_teachers_say_goes_where_the_picture_goes() -> None:
    """Each cell says which column and row of the picture it lies on; so do labels, nearest pixel by nearest pixel."""
    torch.manual_seed(3)
    rows, columns = torch.meshgrid(torch.arange(240.0), torch.arange(320.0), indexing="ij")
    quarter = torch.stack([m.unfold(0, 4, 4).unfold(1, 4, 4).mean((-1, -2)) for m in (columns, rows)])
    batch = {
        "rgb": torch.rand(8, 3, 240, 320),
        "depth": torch.ones(8, 1, 240, 320),
        "label": columns.expand(8, 1, -1, -1).clone(),
        TEACHER: quarter.expand(8, -1, -1, -1).clone(),
    }
    found = GeometricAugmentation((112, 144), (1.0, 1.8))(batch)
    assert found[TEACHER].shape == (8, 2, 28, 36)
    of_labels = found["label"].float().unfold(1, 4, 4).unfold(2, 4, 4).mean((-1, -2))
    off = (found[TEACHER][:, 0] - of_labels)[:, 2:-2, 2:-2]
    assert off.abs().max() < 1
    assert off.mean((1, 2)).abs().max() < 0.3  # half a cell to the side would be 1.1 to 2 columns
    downwards = found[TEACHER][:, 1].diff(dim=1)
    across = found[TEACHER][:, 0].diff(dim=2)
    assert (downwards[:, 2:-2] > 0).all()  # never upside down, but mirrored for some
    assert len({bool(step > 0) for step in across[:, 14, 18]}) == 2


def test_distillation_is_the_divergence_from_what_the_teacher_says() -> None:
    rng = np.random.default_rng(0)
    student, taught_ = rng.normal(size=(2, 5, 3, 4)), rng.normal(size=(2, 5, 3, 4))
    p = np.exp(taught_) / np.exp(taught_).sum(1, keepdims=True)
    q = np.exp(student) / np.exp(student).sum(1, keepdims=True)
    expected = (p * np.log(p / q)).sum(1).mean()
    assert float(distillation_loss(torch.tensor(student), torch.tensor(taught_))) == pytest.approx(expected, rel=1e-6)
    assert float(distillation_loss(torch.tensor(taught_) + 3, torch.tensor(taught_))) == pytest.approx(0, abs=1e-9)


def test_it_stands_beside_the_labels_with_its_weight() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(1, 40, 16, 16, generator=generator)
    batch = {"label": torch.randint(0, 40, (1, 64, 64), generator=generator)}
    batch[TEACHER] = torch.randn(1, 40, 16, 16, generator=generator)
    loss, parts = TaskLosses({"semseg": 2.0}, distil=0.5)({"semseg/rgb": logits, "scale_0/semseg": logits}, batch)
    labels = semseg_loss(logits, batch["label"][:, ::2, ::2])
    expected = 2 * (labels + 0.5 * distillation_loss(logits, batch[TEACHER]))
    assert parts["semseg/rgb"] == pytest.approx(float(expected), rel=1e-6)
    assert parts["scale_0/semseg"] == pytest.approx(2 * float(semseg_loss(logits, batch["label"][:, ::4, ::4])))
    assert float(loss) == pytest.approx(sum(parts.values()), rel=1e-6)


def test_teachers_are_asked_about_the_picture_and_its_mirror_image(master: Path, data_folder: Path) -> None:
    model, sample = load_model(master, "cpu"), RGBDFolder(data_folder, "train").read(0)
    mirrored = Sample("", sample.colour[:, ::-1].copy(), sample.depth[:, ::-1].copy(), sample.label, sample.camera)
    said = said_of([model], sample)
    assert said.shape == (40, sample.depth.shape[0] // 4, sample.depth.shape[1] // 4)
    torch.testing.assert_close(said_of([model], mirrored), said.flip(-1), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(said_of([model, model], sample), said)


def test_several_teachers_say_the_mean_of_their_logits(master: Path, data_folder: Path, tmp_path: Path) -> None:
    recipe = small()
    other = load_model(train(recipe, data_folder, tmp_path), "cpu")
    model, sample = load_model(master, "cpu"), RGBDFolder(data_folder, "train").read(1)
    mean = (said_of([model], sample) + said_of([other], sample)) / 2
    torch.testing.assert_close(said_of([model, other], sample), mean, rtol=1e-4, atol=1e-4)


def test_what_they_said_is_kept_for_these_pictures(
    master: Path, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, folder = load_model(master, "cpu"), RGBDFolder(data_folder, "train", 2)
    first = taught([model], folder, tmp_path)
    assert first is not None
    np.testing.assert_allclose(first[1], said_of([model], folder.read(1)).numpy(), rtol=2e-3, atol=2e-3)
    monkeypatch.setattr(teachers, "said_of", lambda *_: pytest.fail("asked again"))
    again = taught([model], folder, tmp_path)
    assert again is not None
    assert np.array_equal(first, again)
    monkeypatch.undo()
    more = taught([model], RGBDFolder(data_folder, "train", 3), tmp_path)
    assert more is not None
    assert len(more) == 3
    assert taught([], folder, tmp_path) is None
    samples = InMemory(folder, taught=first)
    assert torch.equal(samples[1][TEACHER], torch.from_numpy(np.asarray(first[1], np.float32)))


def test_a_distilled_network_says_whom_it_learned_from(master: Path, data_folder: Path, tmp_path: Path) -> None:
    recipe = small(distil=1.0, joint=1.0, learn_ensemble=False)
    model = load_model(train(recipe, data_folder, tmp_path, teachers=[master]), "cpu")
    whom = load_model(master, "cpu")
    assert model.card["teachers"] == f"{whom.name} ({whom.checkpoint_hash[:16]})"
    assert model.card["recipe"]["distil"] == 1.0
    assert model.network.output_weights()["semseg/ensemble"].tolist() == [0.5, 0.5]  # as it began
    with pytest.raises(DataError, match="teachers = "):
        train(recipe, data_folder, tmp_path, teachers=[master, master])


def test_teachers_and_distilling_belong_together(master: Path, data_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no teacher was given: give --teacher"):
        train(small(distil=1.0), data_folder, tmp_path)
    with pytest.raises(DataError, match="does not distil"):
        train(small(), data_folder, tmp_path, teachers=[master])
    recipe = small(distil=1.0)
    fewer = dataclasses.replace(recipe, network=dataclasses.replace(recipe.network, semseg_channels=13))
    with pytest.raises(DataError, match="tells 40 classes of semseg apart and 'cen-mobilenetv2-nyuv2' 13"):
        train(fewer, data_folder, tmp_path, teachers=[master])


def test_a_joint_loss_reaches_the_streams_and_not_their_weights() -> None:
    network = build_network(small().network).eval()
    assert isinstance(network, CEN)
    with torch.no_grad():
        network.alpha.copy_(torch.tensor([0.7, -0.2]))  # type: ignore[union-attr]
    outputs = network({name: torch.rand(1, 3, 64, 64) for name in ("rgb", "depth")})
    streams = {name: y.detach().requires_grad_() for name, y in outputs.items()}
    (together,) = joined(network, streams).values()
    torch.testing.assert_close(together, outputs["semseg/ensemble"], rtol=1e-5, atol=1e-6)
    together.sum().backward()
    weights = torch.tensor([0.7, -0.2]).softmax(0)
    for name, weight in zip(("rgb", "depth"), weights, strict=True):
        gradient = streams[f"semseg/{name}"].grad
        assert gradient is not None
        torch.testing.assert_close(gradient, weight.expand_as(gradient))
    assert network.alpha.grad is None  # type: ignore[union-attr]


def test_the_joint_loss_is_added_with_its_weight() -> None:
    torch.manual_seed(0)
    plain, joint = FusionTraining(small(), 2), FusionTraining(small(joint=0.5), 2)
    joint.load_state_dict(plain.state_dict())
    batch = {
        "rgb": torch.rand(2, 3, 64, 64), "depth_input": torch.rand(2, 1, 64, 64),
        "label": torch.randint(0, 40, (2, 64, 64)),
    }  # fmt: skip
    without, parts = plain.learn(batch)
    with_, more = joint.learn(batch)
    assert more["joint"] == pytest.approx(0.5 * parts["semseg/ensemble"], rel=1e-5)
    assert float((with_ - without).detach()) == pytest.approx(more["joint"], rel=1e-4)


def test_each_stream_has_its_own_decoder() -> None:
    """Streams that never meet in the encoder: what one decoder holds moves its stream's answer and no other."""
    network = cen_compact(threshold=0.0, width=8, private_decoders=1).eval()
    inputs = {name: torch.rand(1, 3, 64, 64) for name in ("rgb", "depth")}
    with torch.no_grad():
        before = network(inputs)
        network.decoder[1].classifier.bias += 1.0  # type: ignore[index,union-attr,operator]
        after = network(inputs)
    assert torch.equal(before["semseg/rgb"], after["semseg/rgb"])
    torch.testing.assert_close(after["semseg/depth"] - before["semseg/depth"], torch.ones_like(after["semseg/depth"]))
    one = cen_compact(threshold=0.0, width=8).eval()
    state = network.state_dict()
    for index, name in enumerate(("rgb", "depth")):
        prefix = f"decoder.{index}."
        shared = {k.replace(prefix, "decoder."): v for k, v in state.items() if k.startswith(prefix)}
        one.load_state_dict({k: v for k, v in state.items() if not k.startswith("decoder.")} | shared)
        torch.testing.assert_close(one(inputs)[f"semseg/{name}"], after[f"semseg/{name}"], rtol=1e-5, atol=1e-6)
