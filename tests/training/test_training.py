"""Recipes, data folders, a few real training steps of each network, resuming, CEN's proximal step."""

import csv
import dataclasses
import json
import math
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from lightning.pytorch import seed_everything
from safetensors.torch import load_file, save_file

from vizlab import load_model
from vizlab.core.outputs import Output
from vizlab.core.registry import build_network
from vizlab.errors import CheckpointError, DataError
from vizlab.methods.cen.network import CEN, cen_compact
from vizlab.methods.cen.sparsity import shrink_eligible
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone
from vizlab.study.data import RGBDFolder
from vizlab.study.training.augment import GeometricAugmentation
from vizlab.study.training.data import InMemory, as_measured
from vizlab.study.training.losses import class_weights, depth_loss, edge_loss, normals_loss, semantic_edges, semseg_loss
from vizlab.study.training.module import FusionTraining, network_inputs
from vizlab.study.training.recipe import Recipe, load_recipe
from vizlab.study.training.train import train

RECIPE_FOLDER = Path(__file__).parents[2] / "vizlab/study/training/recipes"
RECIPES = sorted(RECIPE_FOLDER.glob("*-nyuv2.toml"))
CEN_RECIPE = RECIPE_FOLDER / "cen-mobilenetv2-nyuv2.toml"


def small(path: Path) -> Recipe:
    return dataclasses.replace(
        load_recipe(path), epochs=2, batch_size=4, crop=(64, 64), zoom=(1.0, 1.1), precision="32-true"
    )


def test_there_is_a_recipe_for_each_network() -> None:
    networks = (
        "cen", "cen-multitask", "cen-multimodal-multitask", "nddr-cnn", "mti-net", "cross-stitch", "pad-net", "mtan",
        "token-fusion",
    )  # fmt: skip
    baselines = ("semseg-rgb", "semseg-rgb-24-epochs", "semseg-depth", "depth-rgb", "normals-rgb")
    assert {f"{name}-mobilenetv2-nyuv2" for name in (*networks, *baselines)} <= {p.stem for p in RECIPES}


def test_a_network_and_its_baselines_are_trained_the_same_way() -> None:
    """What a gain says of a network must not come from another schedule, start, augmentation or seed."""
    recipes = {p.stem.removesuffix("-mobilenetv2-nyuv2"): load_recipe(p) for p in RECIPES}
    several = ("depth-rgb", "normals-rgb", "semseg-rgb-24-epochs")
    of_tasks = ("cen-multitask", "mti-net", "nddr-cnn", "cross-stitch", "pad-net", "mtan")
    of_inputs = dict.fromkeys(("cen", "token-fusion"), ("semseg-rgb", "semseg-depth"))
    pairs = {**of_inputs, **dict.fromkeys(of_tasks, several)}
    differing = {"name", "network", "loss_weights", "sparsity", "class_balance", "sensor_share", "card"}
    shared = {f.name for f in dataclasses.fields(Recipe)} - differing
    for name, baselines in pairs.items():
        ours = recipes[name]
        for theirs in map(recipes.__getitem__, baselines):
            assert {n: getattr(ours, n) for n in shared} == {n: getattr(theirs, n) for n in shared}
            if "semseg" in theirs.loss_weights:
                assert theirs.class_balance == ours.class_balance
            if "depth" in theirs.network.inputs:
                assert theirs.sensor_share == ours.sensor_share


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_the_loss_falls_within_a_few_steps_on_rendered_rooms(path: Path, scene_folder: Path) -> None:
    """Each recipe's network, on one batch of bundled scenes seen again and again, with the recipe's own losses."""
    seed_everything(0)
    recipe = small(path)
    samples = InMemory(RGBDFolder(scene_folder, "train"), sensor=recipe.sensor_share > 0)
    module = FusionTraining(recipe, 4, samples.class_counts(recipe.network.semseg_channels))
    module.network.train()
    batch = GeometricAugmentation((64, 64), (1.0, 1.0), recipe.sensor_share)(
        {k: torch.stack([samples[i][k] for i in range(4)]) for k in samples[0]}
    )
    inputs = network_inputs(batch, recipe)
    optimiser = torch.optim.AdamW(module.network.parameters(), 2e-3)
    losses = []
    for _ in range(6):
        loss, parts = module.losses(module.network(inputs), batch)
        assert {Output.parse(name).task for name in parts} == set(recipe.loss_weights)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize(
    ("network", "precision"),
    [("cen", "32-true"), pytest.param("mti-net", "bf16-mixed", marks=pytest.mark.slow)],
)
def test_a_killed_run_goes_on_exactly_where_it_stopped(
    network: str, precision: str, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same order of pictures, same augmentation, same optimiser: the same losses as the run that was left alone."""
    path = RECIPE_FOLDER / f"{network}-mobilenetv2-nyuv2.toml"
    recipe = dataclasses.replace(small(path), epochs=3, precision=precision)
    step = FusionTraining.training_step
    seen: dict[int, float] = {}
    kill_at = -1

    def watched(self: FusionTraining, batch: dict, index: int) -> torch.Tensor:
        if self.global_step == kill_at:
            raise RuntimeError("killed")
        loss = step(self, batch, index)
        seen[self.global_step] = float(loss.detach())
        return loss

    monkeypatch.setattr(FusionTraining, "training_step", watched)
    whole = train(recipe, data_folder, tmp_path / "whole")
    expected, seen = seen, {}
    kill_at = 3  # in the second of three epochs of two steps
    with pytest.raises(RuntimeError, match="killed"):
        train(recipe, data_folder, tmp_path / "killed")
    assert torch.load(tmp_path / "killed" / "last.ckpt", weights_only=True)["global_step"] == 2
    kill_at = -1
    torch.manual_seed(99)  # nothing of what was drawn before may matter
    resumed = train(recipe, data_folder, tmp_path / "killed")
    assert list(expected) == [0, 1, 2, 3, 4, 5]
    assert len(set(expected.values())) == 6
    # Some of CUDA's kernels add in any order.
    assert seen == pytest.approx(expected, rel=1e-2 if torch.cuda.is_available() else 1e-5)
    ours, theirs = load_file(resumed), load_file(whole)
    assert all(torch.allclose(ours[k].float(), theirs[k].float(), atol=1e-3) for k in theirs)
    assert load_model(resumed, "cpu").card["recipe"]["epochs"] == 3
    assert len(load_model(resumed, "cpu").classes) == 40


def test_only_the_same_run_goes_on(data_folder: Path, tmp_path: Path) -> None:
    """Weights of one recipe must not end up in a checkpoint whose card states another."""
    recipe = dataclasses.replace(small(CEN_RECIPE), epochs=1)
    train(recipe, data_folder, tmp_path)
    other = dataclasses.replace(recipe, loss_weights={"semseg": 2.0})
    with pytest.raises(DataError, match=r'loss_weights = \{"semseg": 1.0\}, now it is \{"semseg": 2.0\}; choose'):
        train(other, data_folder, tmp_path)
    with pytest.raises(DataError, match="pictures = "):
        train(recipe, data_folder, tmp_path, limit=4)
    described = shutil.copytree(data_folder, tmp_path / "described")
    part = dict(top=2, left=2, bottom=70, right=90, width=96, height=72)
    (described / "dataset.json").write_text(json.dumps({"measured": part}))
    with pytest.raises(DataError, match='measured part = "everywhere"'):
        train(recipe, described, tmp_path)
    reordered = shutil.copytree(data_folder, tmp_path / "reordered")
    (reordered / "train.txt").write_text("\n".join(reversed((data_folder / "train.txt").read_text().split())))
    with pytest.raises(DataError, match="names of the pictures = "):
        train(recipe, reordered, tmp_path)
    train(dataclasses.replace(recipe, card={"notes": "said anew"}), data_folder, tmp_path)  # texts may change


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None], ids=["empty", "text", "another tool's"])
def test_a_last_ckpt_that_is_none_of_ours_is_named(data_folder: Path, tmp_path: Path, content: bytes | None) -> None:
    if content is None:
        torch.save({"state_dict": {}}, tmp_path / "last.ckpt")
    else:
        (tmp_path / "last.ckpt").write_bytes(content)
    with pytest.raises(DataError, match=r"last.ckpt' (cannot be read|does not say).*delete it"):
        train(small(CEN_RECIPE), data_folder, tmp_path)


def test_a_training_runs_with_the_settings_of_its_recipe(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bf16 autocast around the network, channels_last inside, clipped gradients, the start it was given."""
    recipe = dataclasses.replace(small(CEN_RECIPE), epochs=1, precision="bf16-mixed", gradient_clip=1e-3)
    start = InvertedResidualBackbone(MOBILENET_V2).state_dict()
    state = {k: v for k, v in start.items() if not k.endswith("num_batches_tracked")}
    save_file(state, tmp_path / "imagenet.safetensors")
    norms, formats, outputs = [], [], []
    step, forward = torch.optim.AdamW.step, CEN.forward

    def watched_step(self: torch.optim.AdamW, *args: object, **kwargs: object) -> object:
        result = step(self, *args, **kwargs)  # the closure in it runs the step and clips
        gradients = [p.grad.norm() for group in self.param_groups for p in group["params"] if p.grad is not None]
        norms.append(float(torch.stack(gradients).norm()))
        return result

    def watched_forward(self: CEN, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        formats.append(inputs["rgb"].is_contiguous(memory_format=torch.channels_last))
        found = forward(self, inputs)
        outputs.append(found["semseg/rgb"].dtype)
        return found

    monkeypatch.setattr(torch.optim.AdamW, "step", watched_step)
    monkeypatch.setattr(CEN, "forward", watched_forward)
    trained = train(recipe, data_folder, tmp_path / "run", tmp_path / "imagenet.safetensors")
    assert len(norms) == 2
    assert max(norms) <= 1.01e-3
    assert all(formats)
    assert set(outputs) == {torch.bfloat16}
    card = load_model(trained, "cpu").card
    assert card["start"].startswith("imagenet.safetensors, SHA-256 ")
    assert "bf16-mixed" in card["training"]


def test_what_cannot_be_trained_is_told_of_first(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small(CEN_RECIPE)
    (tmp_path / "page.pth").write_text("<html>")
    with pytest.raises(CheckpointError, match=r"page\.pth': page\.pth is a text file.* Here, .*mobilenet_v2-"):
        train(recipe, data_folder, tmp_path / "run", tmp_path / "page.pth")
    few = dataclasses.replace(recipe, network=dataclasses.replace(recipe.network, semseg_channels=5))
    with pytest.raises(DataError, match="hold the class 5, but the recipe's network knows 0 to 4"):
        train(few, data_folder, tmp_path / "run")
    mixed = shutil.copytree(data_folder, tmp_path / "mixed")
    for kind in ("rgb", "depth", "label40"):
        (path,) = (mixed / kind).glob("000002.*")
        cv2.imwrite(str(path), cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[:48])
    with pytest.raises(DataError, match="of the sizes 48x96, 72x96"):
        train(recipe, mixed, tmp_path / "run")


def test_a_start_from_random_weights_and_another_scale_are_said(
    data_folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trained = train(dataclasses.replace(small(CEN_RECIPE), epochs=1), data_folder, tmp_path)
    assert "start from random weights; --pretrained" in caplog.text
    assert "72x96 pixels, but the network will see others at 240x320" in caplog.text
    assert load_model(trained, "cpu").card["start"] == "random weights"


def test_the_exchanged_fraction_of_each_site_is_logged_over_time(data_folder: Path, tmp_path: Path) -> None:
    recipe = dataclasses.replace(small(CEN_RECIPE), epochs=4, sparsity=1000.0)
    train(recipe, data_folder, tmp_path)
    with next(tmp_path.glob("logs/*/metrics.csv")).open() as file:
        rows = [row for row in csv.DictReader(file) if row["exchanged"]]
    sites = [site.name for site in build_network(recipe.network).sites]
    assert len(rows) == recipe.epochs
    assert {f"exchanged/{name}" for name in sites} <= set(rows[0])
    first, last = (float(rows[i]["exchanged"]) for i in (0, -1))
    assert 0 <= first < last <= 1


def test_the_proximal_step_shrinks_only_eligible_scales() -> None:
    network = cen_compact(width=16)
    shrink_eligible(network, 0.25)
    for norm in network.exchange_norms():
        eligible = norm.eligible()
        assert int(eligible.sum(0).max()) == 1  # disjoint between streams
        assert torch.equal(norm.weight[eligible], torch.full_like(norm.weight[eligible], 0.75))
        assert torch.equal(norm.weight[~eligible], torch.ones_like(norm.weight[~eligible]))
    shrink_eligible(network, 5.0)
    assert all((n.weight[n.eligible()] == 0).all() for n in network.exchange_norms())


def test_losses_in_closed_form() -> None:
    label = torch.full((1, 4, 4), 255)
    label[0, 0, 0] = 1
    logits = torch.zeros(1, 3, 4, 4)
    depth = torch.tensor([[[[2.0, 0.0], [4.0, 1.0]]]])
    normals = torch.tensor([0.0, 0.0, -1.0])[None, :, None, None].repeat(1, 1, 2, 2)
    assert float(semseg_loss(logits, label)) == pytest.approx(torch.log(torch.tensor(3.0)).item())
    assert float(depth_loss(torch.full((1, 1, 2, 2), 3.0), depth)) == pytest.approx((1 + 1 + 2) / 3)
    sideways = torch.tensor([5.0, 0.0, 0.0])[None, :, None, None].repeat(1, 1, 2, 2)
    assert float(normals_loss(sideways, normals)) == pytest.approx(2 * math.sin(math.radians(45)))
    assert float(normals_loss(normals * 7, normals)) == pytest.approx(0.0, abs=1.1e-3)
    label[:] = 255
    assert float(semseg_loss(logits, label)) == 0.0


def test_classes_are_weighed_as_often_as_they_are_rare() -> None:
    counts = torch.tensor([900.0, 90.0, 10.0, 0.0], dtype=torch.float64)
    assert class_weights(counts, 0).tolist() == pytest.approx([1, 1, 1, 1])
    whole = class_weights(counts, 1)
    assert (whole * counts)[:3].tolist() == pytest.approx([1000 / 3] * 3, rel=1e-5)
    assert whole[3] == whole[2]
    half = class_weights(counts, 0.5)
    assert float((half * counts).sum() / counts.sum()) == pytest.approx(1)
    assert float(half[2] / half[0]) == pytest.approx(90**0.5, rel=1e-5)


def test_a_rare_class_pulls_harder_when_balanced() -> None:
    label = torch.tensor([[[0, 1]]])
    logits = torch.zeros(1, 2, 1, 2, requires_grad=True)
    semseg_loss(logits, label, torch.tensor([0.5, 2.0])).backward()
    assert logits.grad is not None
    common, rare = logits.grad[0, 0, 0, 0].abs(), logits.grad[0, 1, 0, 1].abs()
    assert float(rare / common) == pytest.approx(4)


def test_edges_lie_where_the_class_changes_and_are_unknown_beside_void() -> None:
    label = torch.zeros(1, 6, 9, dtype=torch.long)
    label[..., 4:] = 7
    label[:, 5, 8] = 255
    edges, known = semantic_edges(label)
    assert edges[0, 0, 0].tolist() == [False] * 3 + [True] * 2 + [False] * 4
    assert int((~known).sum()) == 4
    right = torch.where(edges, 9.0, -9.0)
    assert float(edge_loss(right, edges, known)) < 0.01
    assert float(edge_loss(torch.zeros(1, 1, 6, 9), edges, known)) == pytest.approx(np.log(2), rel=1e-5)
    assert float(edge_loss(right, *semantic_edges(torch.full_like(label, 255)))) == 0


def test_depth_as_measured_has_holes_and_noise_and_is_drawn_from_the_seed(data_folder: Path) -> None:
    sample = RGBDFolder(data_folder, "train").read(0)
    measured = as_measured(sample, np.random.default_rng(3))
    assert 0.01 < np.isnan(measured).mean() < 0.8
    off = np.abs(measured - sample.depth)[np.isfinite(measured)]
    assert 0.0005 < off.mean() < 0.05
    first, again, other = (
        InMemory(RGBDFolder(data_folder, "train", 1), sensor=True, seed=seed)[0]["sensor"] for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert (first > 0).all()  # filled as a user's holes are
    assert "sensor" not in InMemory(RGBDFolder(data_folder, "train", 1))[0]


def test_depth_that_nobody_measured_is_seen_but_not_learned(data_folder: Path, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(data_folder, root)
    whole = InMemory(RGBDFolder(root, "train", 1))[0]
    height, width = whole["depth"].shape[-2:]
    part = {"top": 8, "left": 0, "bottom": height, "right": width, "width": width, "height": height}
    (root / "dataset.json").write_text(json.dumps({"depth_unit": "mm", "measured": part}))
    sample = InMemory(RGBDFolder(root, "train", 1))[0]
    assert not sample["depth"][:, :8].any()
    assert not sample["normals"][:, :8].any()
    assert torch.equal(sample["depth"][:, 8:], whole["depth"][:, 8:])
    torch.manual_seed(0)
    batch = GeometricAugmentation((height, width), (1.0, 1.0))({k: v[None] for k, v in sample.items()})
    torch.manual_seed(0)
    as_before = GeometricAugmentation((height, width), (1.0, 1.0))({k: v[None] for k, v in whole.items()})
    assert torch.equal(batch["depth_input"], as_before["depth_input"])
    assert not torch.equal(batch["depth"], as_before["depth"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("epochs = ", "not a TOML"),
        ("epochs = 2\nwings = 1", "wings"),
        ("epochs = 2", "network"),
        (CEN_RECIPE.read_text().replace("semseg = 1.0", "depth = 1.0"), "not so for depth, semseg"),
    ],
)
def test_a_wrong_recipe_gets_a_sentence(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(text)
    with pytest.raises(DataError, match=says):
        load_recipe(tmp_path / "r.toml")


def test_a_recipe_that_is_not_there_or_cannot_be_read_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no recipe '.*none\.toml'; give the path"):
        load_recipe(tmp_path / "none.toml")
    (tmp_path / "r.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match=r"'r\.toml' is not a TOML file"):
        load_recipe(tmp_path / "r.toml")


def test_a_wrong_data_folder_gets_a_sentence(data_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no train\.txt"):
        RGBDFolder(tmp_path, "train")
    (tmp_path / "train.txt").write_text("000001\n000002")
    with pytest.raises(DataError, match="lacks 4 of the files"):
        RGBDFolder(tmp_path, "train")


def test_a_data_folder_reads_as_documented(data_folder: Path) -> None:
    sample = RGBDFolder(data_folder, "test").read(0)
    assert sample.colour.shape == (72, 96, 3)
    assert sample.colour[-1, -1] == pytest.approx([160, 180, 200], abs=6)  # RGB of what was written as BGR
    assert sorted(set(sample.depth.flat)) == pytest.approx([1.5, 3.0])
    assert set(sample.label.flat) == {0, 5, 255}
