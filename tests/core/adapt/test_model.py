"""An adapted network is a model like any other: described, hashed, traced, saved, drawn, checked, near in bfloat16."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import vizlab
from tests.core.adapt.toys import AS_THEY_ARE, SIZE, Add, Wrap, adapted, inputs_of, picture, seeded
from vizlab import FusionSite, Gated, Mixed, Projected, Sum
from vizlab.checks import check
from vizlab.core.adapt import fingerprint
from vizlab.core.adapt.readings import Reading
from vizlab.core.config import IMAGENET, METRES
from vizlab.core.predictions import DepthPrediction, SemsegPrediction
from vizlab.core.trace import arrays_of
from vizlab.study.cards import card_sections
from vizlab.tasks import Task


class Streams(nn.Module):
    """Two encoders, a gated sum, a projection and something that only mixes; answers with a dict."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.rgb, self.depth = nn.Conv2d(3, width, 3, 2, 1), nn.Conv2d(1, width, 3, 2, 1)
        self.gate = GatedSum(width)
        self.fuse = nn.Sequential(nn.Conv2d(2 * width, width, 1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.attend = Attend()
        self.classes, self.metres = nn.Conv2d(width, 5, 1), nn.Conv2d(width, 1, 1)

    def forward(self, rgb: Tensor, depth: Tensor) -> dict[str, Any]:
        a, b = self.rgb(rgb).relu_(), self.depth(depth).relu_()
        y = self.attend(self.fuse(torch.cat([self.gate(a, b), b], 1)), b)
        return {"logits": self.classes(y), "dense": [self.metres(y)], "side": self.classes(a)}


class GatedSum(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Sequential(nn.Conv2d(2 * width, 1, 1), nn.Sigmoid())

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + self.gate(torch.cat([a, b], 1)) * b


class Attend(nn.Module):
    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a * (a * b).mean(1, keepdim=True).tanh()


def sites() -> list[FusionSite]:
    readings: dict[str, Reading] = {
        "gate": Gated({"rgb": 0, "depth": 1}, gates={"depth": "gate.gate"}),
        "fuse": Projected({"rgb": 8, "depth": 8}, conv="fuse.0", norm="fuse.1"),
        "attend": Mixed(("rgb", "depth")),
    }
    return [FusionSite(path, {"rgb": reading}) for path, reading in readings.items()]


def two_streams(**changes: Any) -> vizlab.Model:
    given = {
        "outputs": {"semseg": "logits", "depth": lambda result: result["dense"][0]},
        "call": lambda module, inputs: module(inputs["rgb"], inputs["depth"][:, :1]),
        "multiple": 2,
        "classes": ("wall", "floor", "bed", "chair", "sofa"),
        "name": "two-stream",
    }
    return adapted(seeded(Streams()), sites(), **{**given, **changes})


@pytest.fixture(scope="module")
def model() -> vizlab.Model:
    return two_streams()


@pytest.fixture(scope="module")
def trace(model: vizlab.Model) -> vizlab.FusionTrace:
    return vizlab.trace(model, picture())


def test_it_describes_itself(model: vizlab.Model) -> None:
    assert model.inputs == ("rgb", "depth")
    assert model.tasks == (Task("semseg", 5), Task("depth", 1, "m"))
    assert model.classes[2] == "bed"
    assert model.settings == {}
    assert (model.config.architecture, model.method.family, model.name) == ("adapted", "adapted", "two-stream")
    assert model.config.working_size == SIZE
    assert [(s.name, s.kind, s.channels, s.additive) for s in model.sites] == [
        ("gate", "gate", 8, True), ("fuse", "projection", 8, True), ("attend", "mixing", 8, False),
    ]  # fmt: skip
    assert "two-stream" in model.method.sentence
    assert {site.kind for site in model.sites} <= set(model.method.kinds)


def test_its_method_may_be_named() -> None:
    named = two_streams(family="two-streams", title="Two streams", sentence="As in the paper.").method
    assert (named.family, named.title, named.sentence) == ("two-streams", "Two streams", "As in the paper.")


def test_the_hash_is_that_of_names_and_bytes() -> None:
    """Recomputed here; one weight, a name or a shape changes it."""
    module = seeded(Wrap(Add()))
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    known = fingerprint(module)
    assert known == digest.hexdigest() == adapted(module, []).checkpoint_hash
    assert fingerprint(nn.Sequential(module)) != known
    assert fingerprint(seeded(Wrap(Add())).to(memory_format=torch.channels_last)) == known  # type: ignore[call-overload]
    with torch.no_grad():
        module.head.bias[0] += 1  # type: ignore[union-attr,index,operator]
    assert fingerprint(module) != known
    assert len(fingerprint(module.bfloat16())) == 64


def test_names_alone_take_the_usual_normalisation_and_say_so() -> None:
    named = adapted(seeded(Wrap(Add())), [], inputs=["rgb", "depth"])
    assert named.config.normalisation == {"rgb": IMAGENET, "depth": METRES}
    assert "ImageNet" in named.assumed["normalisation"]
    assert adapted(seeded(Wrap(Add())), [], inputs={"rgb": AS_THEY_ARE, "depth": METRES}).assumed == {}


def test_what_the_network_says_is_what_the_module_says(model: vizlab.Model, trace: vizlab.FusionTrace) -> None:
    inputs = inputs_of(model, picture())
    with torch.inference_mode():
        direct = seeded(Streams())(inputs["rgb"], inputs["depth"][:, :1])
    found = model.forward(inputs)
    assert list(found) == ["semseg", "depth"]
    for name, expected in (("semseg", direct["logits"]), ("depth", direct["dense"][0])):
        assert torch.equal(found[name], expected)
    assert isinstance(trace.predictions["semseg"], SemsegPrediction)
    assert isinstance(trace.predictions["depth"], DepthPrediction)
    assert trace.predictions["semseg"].label.shape == SIZE


def test_a_task_may_have_an_output_for_each_stream() -> None:
    """The ensemble stands under the task's bare name too, and each stream has a column of its own."""
    model = two_streams(outputs={"semseg/rgb": "side", "semseg/ensemble": "logits"})
    trace = vizlab.trace(model, picture())
    assert model.tasks == (Task("semseg", 5),)
    assert set(trace.predictions) == {"semseg/rgb", "semseg/ensemble", "semseg"}
    columns = vizlab.views.prediction_grid([trace], picture()).columns
    assert [column.partition(" · ")[2] for column in columns][:2] == ["rgb", "ensemble"]


@pytest.mark.parametrize("form", ["tensor", "tuple", "dict", "attribute"])
def test_outputs_may_be_given_by_name_alone(form: str) -> None:
    class Result:
        def __init__(self, semseg: Tensor, depth: Tensor) -> None:
            self.semseg, self.depth = semseg, depth

    class Answers(Wrap):
        def forward(self, rgb: Tensor, depth: Tensor) -> Any:
            y = super().forward(rgb, depth)
            both = y, y[:, :1]
            forms = {"tensor": y, "tuple": both, "dict": {"depth": both[1], "semseg": y}, "attribute": Result(*both)}
            return forms[form]

    outputs: Any = {"tensor": "semseg", "attribute": {"semseg": "semseg", "depth": "depth"}}.get(
        form, ["semseg", "depth"]
    )
    model = adapted(seeded(Answers(Add())), [], outputs=outputs)
    widths = {name: y.shape[1] for name, y in model.forward(inputs_of(model, picture())).items()}
    assert widths == ({"semseg": 5} if form == "tensor" else {"semseg": 5, "depth": 1})


def test_a_saved_trace_is_the_same_when_loaded(trace: vizlab.FusionTrace, tmp_path: Path) -> None:
    trace.save(str(tmp_path / "own.npz"))
    loaded = vizlab.load_trace(tmp_path / "own.npz")
    assert loaded.model == trace.model
    assert [s.site for s in loaded.sites.values()] == [s.site for s in trace.sites.values()]
    first, second = arrays_of(trace), arrays_of(loaded)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[k], second[k], equal_nan=first[k].dtype.kind == "f") for k in first)
    assert loaded.sites["gate"].gates is not None


def test_views_draw_it(trace: vizlab.FusionTrace) -> None:
    strip = vizlab.views.outside_strip(trace)
    assert [panel.key for panel in strip] == ["outside/gate/rgb", "outside/fuse/rgb", "outside/attend/rgb"]
    assert "of the variance came from other streams" in strip[0].caption
    matrix = vizlab.views.share_matrix(trace, "gate").data[0].z
    np.testing.assert_allclose(matrix, trace.sites["gate"].share)
    profile = vizlab.views.cross_share_profile(trace).data[0].x
    np.testing.assert_allclose(profile, [*(float(trace.sites[n].cross_share[0]) for n in ("gate", "fuse")), np.nan])
    grid = vizlab.views.prediction_grid([trace], picture())
    assert [row for row, _ in grid.rows][:2] == ["semseg", "depth"]
    assert any("two-stream" in column for column in grid.columns)


def test_a_card_without_figures_can_be_shown(model: vizlab.Model) -> None:
    first = card_sections(model)[0]
    assert first.title == "two-stream"
    assert any(model.checkpoint_hash in line for line in first.lines)
    noted = two_streams(card={"notes": ["random weights: mechanics only"]})
    assert any("random weights" in line for section in card_sections(noted) for line in section.lines)


def test_bfloat16_is_near_float32(trace: vizlab.FusionTrace) -> None:
    """Convolutions in bfloat16 round to 8 bits; shares and maps move by a few of those, and parts still sum up."""
    rough = vizlab.trace(two_streams(precision="bfloat16"), picture())
    assert rough.environment["precision"] == "bfloat16"
    for name in ("gate", "fuse"):
        exact, near = trace.sites[name], rough.sites[name]
        assert not np.array_equal(exact.share, near.share)  # type: ignore[arg-type]
        np.testing.assert_allclose(near.share, exact.share, atol=0.01)  # type: ignore[arg-type]
        np.testing.assert_allclose(near.energy, exact.energy, rtol=0.02)  # type: ignore[arg-type]
        assert np.abs(near.outside - exact.outside).mean() < 0.02 * np.mean(exact.outside)  # type: ignore[operator,arg-type]
    cut = vizlab.trace(two_streams(precision="bfloat16"), picture(), cross=False)
    np.testing.assert_allclose(cut.sites["fuse"].share, [[1, 0]], atol=1e-3)  # type: ignore[arg-type]


def test_a_module_stays_where_and_what_it_is() -> None:
    module = seeded(Wrap(Add())).double()
    model = adapted(module, [FusionSite("fuse", {"rgb": Sum({"rgb": 0, "depth": 1})})],
                    call=lambda owner, inputs: owner(*(x.double() for x in inputs.values())))  # fmt: skip
    assert model.network.module is module
    assert module.head.weight.dtype == torch.float64  # type: ignore[union-attr]
    share = vizlab.trace(model, picture()).sites["fuse"].share
    assert share is not None
    assert abs(float(share.sum()) - 1) < 1e-6


def test_it_has_the_properties_that_every_network_must_have() -> None:
    report = check(two_streams())
    assert report.ok, str(report)
