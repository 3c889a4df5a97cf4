"""Losses against those of training, and a network's gradients against autograd on the network itself."""

import copy

import numpy as np
import pytest
import torch

from tests.conftest import make_model
from vizlab.core.model import Model
from vizlab.core.site import FusionModule, Site
from vizlab.core.site_words import site_words
from vizlab.errors import InputError
from vizlab.experiments.conflict.losses import task_losses
from vizlab.experiments.conflict.tasks import LAST, Conflicts, stage_label, task_conflicts, watching_use
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.study.training.losses import depth_loss, normals_loss, semseg_loss
from vizlab.tasks import VOID

SIZE = (96, 128)
"""A picture that is the network's input, pixel for pixel."""


def truth_of(size: tuple[int, int] = SIZE) -> Reference:
    random = np.random.default_rng(3)
    depth = random.uniform(1, 4, size).astype(np.float32)
    label = random.integers(0, 40, size).astype(np.uint8)
    normals = random.normal(size=(*size, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    depth[:5], label[:9], normals[:3] = np.nan, VOID, np.nan
    return Reference(depth=depth, label=label, normals=normals)


def picture() -> RGBDImage:
    random = np.random.default_rng(1)
    return RGBDImage(random.integers(0, 256, (*SIZE, 3)).astype(np.uint8))


@pytest.fixture(scope="module", params=["cen-multitask", "nddr-cnn", "mti-net"])
def found(request: pytest.FixtureRequest) -> tuple[Model, Conflicts]:
    model = make_model(request.param)
    return model, task_conflicts(model, picture(), truth_of())


def test_losses_are_those_of_training() -> None:
    """At the input's resolution, without weights by task or class."""
    model, truth = make_model("nddr-cnn"), truth_of()
    outputs = model.forward(model.preprocess(picture()))
    losses = task_losses(outputs, truth, model.frame(SIZE))
    assert truth.label is not None
    assert truth.depth is not None
    assert truth.normals is not None
    label, depth = torch.from_numpy(truth.label).long()[None], torch.from_numpy(truth.depth)[None, None].nan_to_num(0)
    normals = torch.from_numpy(truth.normals).permute(2, 0, 1)[None].nan_to_num(0)
    assert float(losses["semseg"]) == pytest.approx(float(semseg_loss(outputs["semseg"], label)), rel=1e-5)
    assert float(losses["depth"]) == pytest.approx(float(depth_loss(outputs["depth"], depth)), rel=1e-5)
    assert float(losses["normals"]) == pytest.approx(float(normals_loss(outputs["normals"], normals)), rel=1e-5)


def test_padding_and_void_count_nowhere() -> None:
    model, size = make_model("nddr-cnn"), (90, 128)
    outputs, framing = model.forward(model.preprocess(picture())), model.frame(size, size)
    assert framing.padded == SIZE
    truth = truth_of(size)
    before = task_losses(outputs, truth, framing)
    changed = {name: y.clone() for name, y in outputs.items()}
    for y in changed.values():
        y[..., -1:, :] += 7.0  # at stride 4 the last row lies over padding alone
    after = task_losses(changed, truth, framing)
    assert framing.visible(tuple(outputs["depth"].shape[-2:]))[0] < outputs["depth"].shape[-2]
    for task, loss in before.items():
        assert float(after[task]) == pytest.approx(float(loss), rel=0.05)
    depth = outputs["depth"].new_full(outputs["depth"].shape, 2.0)
    assert truth.depth is not None
    only = task_losses({**outputs, "depth": depth}, truth, framing)["depth"]
    assert float(only) == pytest.approx(float(np.nanmean(np.abs(truth.depth - 2))), rel=1e-5)


def test_streams_of_a_task_count_alike_and_their_ensemble_not_at_all() -> None:
    model = make_model("cen-multimodal-multitask")
    rgbd = RGBDImage(picture().colour, np.full(SIZE, 2, np.float32))
    outputs = model.forward(model.preprocess(rgbd))
    losses = task_losses(outputs, truth_of(), model.frame(SIZE))
    single = [
        task_losses({"semseg": outputs[f"semseg/{name}"], "normals": outputs["normals/rgb"]}, truth_of(),
                    model.frame(SIZE))["semseg"]
        for name in ("rgb", "depth")
    ]  # fmt: skip
    assert float(losses["semseg"]) == pytest.approx(float(sum(single)) / 2)


def test_features_are_compared_as_autograd_gives_them() -> None:
    """What enters the first fusion layer, from a copy of the network whose layers are called one by one."""
    model, truth, conflicts = make_model("nddr-cnn"), truth_of(), None
    conflicts = task_conflicts(model, picture(), truth)
    network = copy.deepcopy(model.network).float()
    entered = [x.detach().requires_grad_() for x in _first_stage(network, model.preprocess(picture())["rgb"])]
    features = network.nddr["stage1"]([x.clone() for x in entered])
    own = list(network.backbone.values())
    stages = [features]
    for index, stage in enumerate(network.stage_names[1:], 1):
        features = network.nddr[stage]([b.run_stage(index, x) for b, x in zip(own, features, strict=True)])
        stages.append(features)
    outputs = {t.name: network.heads[t.name]([s[i] for s in stages]) for i, t in enumerate(model.tasks)}
    losses = task_losses(outputs, truth, model.frame(SIZE))
    flat = {
        task: torch.cat([g.flatten() for g in torch.autograd.grad(loss, entered, retain_graph=True)]).double()
        for task, loss in losses.items()
    }
    first = conflicts.features[0]
    assert first.name == "stage 1"
    for i, one in enumerate(first.tasks):
        assert first.norm[i] == pytest.approx(float(flat[one].norm()), rel=1e-3)
        for j, other in enumerate(first.tasks):
            expected = float(torch.nn.functional.cosine_similarity(flat[one], flat[other], dim=0))
            assert first.cosine[i, j] == pytest.approx(expected, abs=1e-3)
            inner = float(flat[one] @ flat[other]) / float(losses[other].detach())
            assert first.affinity[i, j] == pytest.approx(inner, rel=1e-2, abs=1e-9)


def _first_stage(network: torch.nn.Module, image: torch.Tensor) -> list[torch.Tensor]:
    return [backbone.run_stage(0, image) for backbone in network.backbone.values()]


def test_every_site_has_features_and_the_matrices_are_sound(found: tuple[Model, Conflicts]) -> None:
    model, conflicts = found
    words = site_words(model.sites)
    assert conflicts.tasks == ("semseg", "depth", "normals")
    assert [a.name for a in conflicts.features] == list(dict.fromkeys(stage_label(words[s.name]) for s in model.sites))
    for a in (*conflicts.features, *conflicts.parameters):
        np.testing.assert_allclose(a.cosine, a.cosine.T, atol=1e-9)
        np.testing.assert_allclose(np.diag(a.cosine), 1, atol=1e-6)
        assert (np.abs(a.cosine) <= 1 + 1e-9).all()
        losses = np.array(list(conflicts.losses.values()))
        full = (a.values == a.values.max()).all()
        if full:
            np.testing.assert_allclose(a.affinity, a.cosine * np.outer(a.norm, a.norm) / losses, rtol=1e-6)


def test_parameters_are_counted_once_each(found: tuple[Model, Conflicts]) -> None:
    model, conflicts = found
    network = copy.deepcopy(model.network).float()
    with watching_use(network) as use:
        network(model.preprocess(picture()))
    listed = [id(p) for group in use.parameters().values() for p in group]
    assert len(listed) == len(set(listed))
    assert set(listed) <= {id(p) for p in network.parameters()}
    with_norms = [p for p in network.parameters() if id(p) not in set(listed)]
    assert sum(p.numel() for p in with_norms) < 10  # an ensemble's weights are used outside of any module
    assert not any(m._forward_pre_hooks for m in network.modules())
    assert list(use.parameters())[-1] == LAST
    names = [a.name for a in conflicts.parameters]
    assert names == [name for name in use.parameters() if name in names]


def test_the_shared_network_is_left_alone(found: tuple[Model, Conflicts]) -> None:
    model, _ = found
    assert not any(m._forward_pre_hooks for m in model.network.modules())
    assert all(p.grad is None for p in model.network.parameters())


class Doubling(FusionModule):
    """Changes what it is given in place, as an activation may."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site("here", "double", ("a", "b"), ("a", "b"), 1, "stage1")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mul_(2).relu_()


class PastTheSite(torch.nn.Module):
    """y = relu(2 h) + 10 h with h = w x: what enters the site goes past it as well."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(1, 1, bias=False), Doubling()
        self.first.weight.data.fill_(3.0)
        self.sites = (self.second.site,)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.first(x)
        return self.second(h) + 10 * h


def test_gradients_are_of_what_entered_the_site_and_of_nothing_else() -> None:
    """d(y^2)/dh by way of the site alone is 2 y * 2 with y = 12 h = 36, whatever the site overwrites."""
    network = PastTheSite()
    with watching_use(network) as use:  # type: ignore[arg-type]
        loss = network(torch.ones(1, 1)).square().sum()
    [entered] = use.features()["stage 1"]
    (gradient,) = torch.autograd.grad(loss, entered)
    assert float(loss.detach()) == 36**2
    assert float(gradient) == 2 * 36 * 2
    assert [p is network.first.weight for p in use.parameters()["stage 1"]] == [True]


def test_what_cannot_be_compared_is_said() -> None:
    with pytest.raises(InputError, match="cen has one task, semseg"):
        task_conflicts(make_model("cen"), RGBDImage(picture().colour, np.full(SIZE, 2, np.float32)), truth_of())
    model = make_model("nddr-cnn")
    only = Reference(depth=truth_of().depth)
    with pytest.raises(InputError, match=r"here that is depth\. A network makes no error"):
        task_conflicts(model, picture(), only)
    empty = Reference(depth=truth_of().depth, label=np.full(SIZE, VOID, np.uint8))
    with pytest.raises(InputError, match="here that is depth"):
        task_conflicts(model, picture(), empty)
    with pytest.raises(InputError, match="The reference of depth is 8x6 but"):
        task_conflicts(model, picture(), Reference(depth=np.ones((6, 8), np.float32)))
