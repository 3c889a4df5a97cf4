"""Attributions of a linear fusion network, known exactly; of small networks of every method, by what must hold."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import vizlab
from tests.conftest import make_model
from tests.core.adapt.toys import Add, Wrap, adapted, picture, seeded
from tests.experiments.attribution_networks import SIZE, Linear, changed, model_of, noise
from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.errors import CancelledError, InputError
from vizlab.experiments.attribution import METHODS, Attribution, Baselines, Target, attribute, box, pixel, segment
from vizlab.experiments.attribution.problem import pose, unpadded
from vizlab.experiments.attribution.result import WARN_ABOVE
from vizlab.rgbd import RGBDImage

REGION = box(SIZE, (2, 1), (5, 3))


def exact(network: Linear, rgbd: RGBDImage, region: np.ndarray = REGION) -> dict[str, np.ndarray]:
    """(h, w): the slope at each pixel of the region times what changed there, over the region's pixels."""
    mean = region / region.sum()
    return {name: mean * (moved @ network.slope(s)) for s, (name, moved) in enumerate(changed(rgbd).items())}


@pytest.mark.parametrize("method", ["integrated gradients", "gradient x input"])
@pytest.mark.parametrize("batch", [1, 3, None])
def test_a_linear_network_is_attributed_exactly(method: str, batch: int | None) -> None:
    network, rgbd = Linear(), noise()
    found = attribute(model_of(network), rgbd, Target("depth", REGION), method, steps=7, batch=batch)
    for name, expected in exact(network, rgbd).items():
        np.testing.assert_allclose(found.maps[name], expected, rtol=1e-4, atol=1e-6)
        assert found.totals[name] == pytest.approx(expected.sum(), rel=1e-4)
    assert found.residual < 1e-3
    assert found.total == pytest.approx(sum(found.totals.values()))
    assert found.unit == "m"
    assert found.of == "depth, mean over 12 pixels"


def test_occlusion_of_a_linear_network_is_exact_superpixel_by_superpixel() -> None:
    network, rgbd = Linear(), noise()
    found = attribute(model_of(network), rgbd, Target("depth", REGION), "occlusion", count=6)
    assert found.segments is not None
    assert 2 <= found.segments.max() + 1 <= 6
    for name, expected in exact(network, rgbd).items():
        for number in np.unique(found.segments):
            inside = found.segments == number
            effect = expected[inside].sum()
            assert found.maps[name][inside].sum() == pytest.approx(effect, rel=1e-3, abs=1e-5)
            np.testing.assert_allclose(found.effects(name)[inside], effect, rtol=1e-3, atol=1e-5)
    assert found.residual < 1e-3  # nothing interacts here


def test_grad_cam_is_the_mean_gradient_times_the_features() -> None:
    """At `fuse` the gradient is v[t] / pixels in the region, 0 outside it; its mean is over all cells."""
    network, rgbd = Linear(), noise()
    found = attribute(model_of(network), rgbd, Target("depth", REGION), "grad-cam", site="fuse")
    problem = pose(model_of(network), rgbd, Target("depth", REGION), Baselines())
    features = network.fuse(list(problem.inputs))
    for target, name in enumerate(("rgb", "depth")):
        alpha = network.heads[target, :, 0, 0] / (8 * 8)  # the region's 12 cells of 1/12 each, over 64 cells
        expected = (alpha[:, None, None] * features[target][0]).sum(0)[:6].detach().numpy()
        np.testing.assert_allclose(found.maps[name], expected, rtol=1e-4, atol=1e-6)


def test_gradients_arrive_before_an_activation_in_place() -> None:
    """Grad-CAM at the site sees what the site gave, not what the ReLU made of it."""
    network, rgbd = Linear(relu=True), noise()
    found = attribute(model_of(network), rgbd, Target("depth", REGION), "grad-cam", site="fuse")
    problem = pose(model_of(network), rgbd, Target("depth", REGION), Baselines())
    feature = network.fuse(list(problem.inputs))[0][0].detach()
    inside = torch.zeros(8, 8)
    inside[:6] = torch.from_numpy(REGION) / REGION.sum()
    alpha = (network.heads[0, :, 0, 0, None, None] * inside * (feature > 0)).mean((1, 2))
    expected = (alpha[:, None, None] * feature).sum(0)[:6].detach().numpy()
    np.testing.assert_allclose(found.maps["rgb"], expected, rtol=1e-4, atol=1e-6)
    assert (feature < 0).any()


def test_what_padding_received_belongs_to_what_it_repeats() -> None:
    """Brute force: the picture's pixels are moved one by one, and padding moves with them."""
    network, rgbd = Linear(kernel=3), noise()
    region = box(SIZE, (0, 4), (7, 5))  # the kernel reaches into two padded rows below it
    found = attribute(model_of(network), rgbd, Target("depth", region), "integrated gradients", steps=2)
    problem = pose(model_of(network), rgbd, Target("depth", region), Baselines())
    for index, name in enumerate(problem.names):
        moved = np.zeros(SIZE)
        for row, column in np.ndindex(SIZE):
            place = np.zeros(SIZE, np.float32)
            place[row, column] = 1
            at = problem.spread(place)
            tensors = list(problem.baselines)
            tensors[index] = torch.where(at > 0, problem.inputs[index], problem.baselines[index])
            moved[row, column] = float(problem(*tensors)) - problem.before
        np.testing.assert_allclose(found.maps[name], moved, rtol=1e-3, atol=1e-5)
    assert found.residual < 1e-3


def test_folding_keeps_the_sum_and_gives_it_to_the_edge() -> None:
    values = np.arange(20.0).reshape(4, 5)
    folded = unpadded(values, (3, 3))
    assert folded.sum() == values.sum()
    np.testing.assert_array_equal(folded[:2, :2], values[:2, :2])
    assert folded[2, 2] == values[2:, 2:].sum()
    assert folded[0, 2] == values[0, 2:].sum()


@pytest.mark.parametrize(
    "family",
    [
        *("cen", "cen-multitask", "nddr-cnn", "mti-net"),
        pytest.param("cen-multimodal-multitask", marks=pytest.mark.slow),
    ],
)
def test_integrated_gradients_add_up_on_every_method(family: str, small_rgbd: RGBDImage) -> None:
    """Completeness in float32, of the answer for semseg, whose ensembles are detached from their streams."""
    model, region = make_model(family), box((90, 120), (30, 40), (60, 70))
    target = Target("semseg", region, scale="logit")
    found = attribute(model, small_rgbd, target, steps=128, working_size=(48, 64))
    assert found.residual < 0.02
    assert found.warning == ""
    assert set(found.maps) == set(model.inputs)
    assert {values.shape for values in found.maps.values()} == {found.framing.content}
    assert found.total == pytest.approx(found.difference, rel=0.02)


@pytest.mark.parametrize("scale", ["probability", "logit", "log-probability"])
def test_a_class_is_the_mean_of_what_the_page_shows(scale: str, small_rgbd: RGBDImage) -> None:
    """By the definition of `decode`: to the input's size, cropped, softmax, to the picture's size."""
    model, region = make_model("cen"), box((90, 120), (30, 40), (60, 70))
    found = attribute(model, small_rgbd, Target("semseg", region, 7, scale), "gradient x input")  # type: ignore[arg-type]
    framing = model.frame(small_rgbd.size)
    logits = F.interpolate(
        model.forward(model.preprocess(small_rgbd))["semseg/ensemble"], framing.padded, mode="bilinear"
    )
    logits = logits[..., : framing.content[0], : framing.content[1]]
    at_input = logits if scale == "logit" else logits.softmax(1)
    at_picture = F.interpolate(at_input, (90, 120), mode="bilinear")[0, 7].numpy()
    shown = np.log(at_picture) if scale == "log-probability" else at_picture
    assert found.value == pytest.approx(float(shown[region].mean()), rel=1e-4, abs=1e-6)


def test_the_class_is_the_one_predicted_there_unless_named(small_rgbd: RGBDImage) -> None:
    model = make_model("cen")
    trace = vizlab.trace(model, small_rgbd)
    label, confidence = trace.predictions["semseg"].label, trace.predictions["semseg"].confidence
    region = segment(label, (60, 50))
    found = attribute(model, small_rgbd, Target("semseg", region), "gradient x input")
    assert found.of.startswith(f"probability of {model.classes[label[50, 60]]}, mean over {region.sum():,} pixel")
    assert found.value == pytest.approx(float(confidence[region].mean()), rel=1e-4)
    named = attribute(model, small_rgbd, Target("semseg", region, "wall"), "gradient x input")
    assert named.of.startswith("probability of wall")


def test_depth_and_normals_are_means_of_predictions(small_rgbd: RGBDImage) -> None:
    model, region = make_model("nddr-cnn"), box((90, 120), (10, 20), (100, 80))
    predictions = vizlab.trace(model, small_rgbd).predictions
    depth = attribute(model, small_rgbd, Target("depth", region), "gradient x input")
    raw = F.interpolate(
        model.forward(model.preprocess(small_rgbd))["depth"], model.frame((90, 120)).padded, mode="bilinear"
    )
    content = model.frame((90, 120)).content
    enlarged = F.interpolate(raw[..., : content[0], : content[1]], (90, 120), mode="bilinear")[0, 0].numpy()
    assert depth.value == pytest.approx(float(enlarged[region].mean()), rel=1e-4)
    normals = predictions["normals"].value[region]
    for index, axis in enumerate("xyz"):
        found = attribute(model, small_rgbd, Target("normals", region, axis), "gradient x input")
        assert found.value == pytest.approx(float(normals[:, index].mean()), abs=1e-5)
    angle = attribute(model, small_rgbd, Target("normals", region, "angle to up"), "gradient x input")
    assert angle.value == pytest.approx(float(np.degrees(np.arccos(np.clip(-normals[:, 1], -1, 1))).mean()), abs=0.01)
    assert angle.unit == "degrees"


def test_an_ensemble_is_the_sum_of_its_streams(small_rgbd: RGBDImage) -> None:
    """Logits are linear, so its attribution is the weighted sum of theirs."""
    model, region = make_model("cen"), pixel((90, 120), (60, 50))
    maps = {
        name: attribute(model, small_rgbd, Target(f"semseg/{name}", region, 3, "logit"), "gradient x input").maps
        for name in ("rgb", "depth", "ensemble")
    }
    weights = model.network.output_weights()["semseg/ensemble"]
    for modality in ("rgb", "depth"):
        expected = weights[0] * maps["rgb"][modality] + weights[1] * maps["depth"][modality]
        np.testing.assert_allclose(maps["ensemble"][modality], expected, rtol=1e-3, atol=1e-6)
        assert np.abs(expected).max() > 0


def test_grad_cam_knows_the_streams_of_every_method(small_rgbd: RGBDImage) -> None:
    region = pixel((90, 120), (60, 50))
    for family, site in (
        ("cen", "features.13.conv.1.1"),
        ("nddr-cnn", "nddr.stage3"),
        ("mti-net", "distillation_scale_1"),
    ):
        model = make_model(family)
        found = attribute(model, small_rgbd, Target("semseg", region), "grad-cam", site=site)
        assert tuple(found.maps) == next(s.targets for s in model.sites if s.name == site)
        assert any(np.abs(values).max() > 0 for values in found.maps.values())
    with pytest.raises(InputError, match=r"'stage 9' is no place for Grad-CAM; expected a site \(fpm_scale_3, .*"):
        attribute(model, small_rgbd, Target("semseg", region), "grad-cam", site="stage 9")


def test_an_adapted_network_is_attributed_too() -> None:
    reading = vizlab.Sum({"rgb": 0, "depth": 1})
    model = adapted(seeded(Wrap(Add())), [vizlab.FusionSite("fuse", {"rgb": reading})])
    region = box((96, 100), (10, 10), (30, 30))
    found = attribute(model, picture(), Target("semseg", region, 2, "logit"), steps=200)
    assert found.residual < 0.01
    cam = attribute(model, picture(), Target("semseg", region, 2), "grad-cam", site="module.fuse")
    assert cam.maps["output"].shape == (96, 100)


def test_settings_are_those_of_a_trace(small_rgbd: RGBDImage) -> None:
    model, region = make_model("cen"), box((90, 120), (30, 40), (60, 70))
    confidence = vizlab.trace(model, small_rgbd, threshold=0.0).predictions["semseg"]
    found = attribute(model, small_rgbd, Target("semseg", region, 3), "gradient x input", settings={"threshold": 0.0})
    plain = attribute(model, small_rgbd, Target("semseg", region, 3), "gradient x input")
    assert found.value != plain.value
    assert confidence is not None
    with pytest.raises(InputError, match="temperature"):
        attribute(model, small_rgbd, Target("semseg", region), settings={"temperature": 1.0})


# what others get meanwhile


def test_nobody_else_notices(small_rgbd: RGBDImage) -> None:
    """Forwards before, during and after are bit-identical, and the shared network is left as it was."""
    model, region = make_model("cen"), box((90, 120), (30, 40), (60, 70))
    inputs = model.preprocess(small_rgbd)
    before = {name: y.clone() for name, y in model.forward(inputs).items()}
    state = {name: x.clone() for name, x in model.network.state_dict().items()}
    during: list[dict[str, torch.Tensor]] = []
    running = threading.Event()

    def look() -> None:
        running.wait(30)
        during.extend(model.forward(inputs) for _ in range(3))

    other = threading.Thread(target=look)
    other.start()
    for method in METHODS:
        attribute(model, small_rgbd, Target("semseg", region), method, steps=4, count=4, step=lambda *_: running.set())
    other.join()
    for outputs in (*during, model.forward(inputs)):
        assert all(torch.equal(y, before[name]) for name, y in outputs.items())
    assert len(during) == 3
    assert all(torch.equal(x, state[name]) for name, x in model.network.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in model.network.parameters())
    assert all(m.inplace for m in model.network.modules() if isinstance(m, torch.nn.ReLU6))


def test_one_attribution_at_a_time_for_each_model() -> None:
    """The second one waits, says so, and can be given up; on another model nobody waits."""
    model, region = model_of(Linear()), Target("depth", REGION)
    started, finish = threading.Event(), threading.Event()
    said: list[str] = []

    def slow(done: float, what: str) -> None:
        started.set()
        finish.wait(30)

    def waiting(done: float, what: str) -> None:
        said.append(what)
        raise CancelledError("Stopped.")

    first = threading.Thread(target=attribute, args=(model, noise(), region), kwargs={"step": slow})
    first.start()
    assert started.wait(30)
    with pytest.raises(CancelledError):
        attribute(model, noise(), region, step=waiting)
    assert said == ["waiting for another attribution on this network"]
    attribute(model_of(Linear()), noise(), region)
    finish.set()
    first.join()
    attribute(model, noise(), region)  # the lock is free again


@pytest.mark.parametrize("method", list(METHODS))
def test_it_tells_its_progress_and_stops_when_asked(method: str) -> None:
    told: list[float] = []
    model = model_of(Linear())
    attribute(model, noise(), Target("depth", REGION), method, steps=9, batch=2, step=lambda done, _: told.append(done))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert 0 <= told[0] < 1

    def stop(done: float, what: str) -> None:
        if done > 0:
            raise CancelledError("Stopped.")

    with pytest.raises(CancelledError):
        attribute(model, noise(), Target("depth", REGION), method, step=stop)
    found = attribute(model, noise(), Target("depth", REGION), method)  # and nothing is left behind
    assert np.isfinite(found.total)


def test_half_as_many_at_once_when_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = attribute(model_of(Linear()), noise(), Target("depth", REGION), steps=8, batch=4)
    sizes: list[int] = []
    forward = Linear.forward

    def short(self: Linear, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        size = len(inputs["rgb"])
        sizes.append(size)
        if size == 4 and sizes.count(4) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(self, inputs)

    monkeypatch.setattr(Linear, "forward", short)
    found = attribute(model_of(Linear()), noise(), Target("depth", REGION), steps=8, batch=4)
    assert sizes[-5:] == [4, 2, 2, 2, 2]
    assert (found.forwards, found.backwards) == (8, 8)
    for name, values in whole.maps.items():
        np.testing.assert_allclose(found.maps[name], values, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", list(METHODS))
def test_too_little_memory_for_one_is_said(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    forward = Linear.forward

    def short(self: Linear, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        calls.append(len(inputs["rgb"]))
        if len(calls) > 3:  # what poses the problem
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory")
        return forward(self, inputs)

    monkeypatch.setattr(Linear, "forward", short)
    with pytest.raises(InputError, match="not enough memory for gradients of even one picture"):
        attribute(model_of(Linear()), noise(), Target("depth", REGION), method, batch=2)


def test_too_little_memory_to_begin_with_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    forward = Linear.forward

    def short(self: Linear, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        if torch.is_grad_enabled():
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return forward(self, inputs)

    monkeypatch.setattr(Linear, "forward", short)
    with pytest.raises(InputError, match="not enough memory for gradients of even one picture"):
        attribute(model_of(Linear()), noise(), Target("depth", REGION))


def test_any_other_error_is_no_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Linear, inputs: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(Linear, "forward", broken)
    with pytest.raises(RuntimeError, match="shapes"):
        attribute(model_of(Linear()), noise(), Target("depth", REGION))


# what is refused


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        (Target("flow", REGION), "'flow' is no final output of this network; expected one of depth"),
        (Target("depth", REGION, "chair"), "depth has no 'chair' to choose"),
        (Target("depth", np.zeros(SIZE, bool)), "The region has no pixel"),
        (Target("depth", np.ones((2, 2), bool)), r"The region is bool of \(2, 2\); expected a bool mask"),
        (Target("depth", np.ones(SIZE)), "The region is float64"),
    ],
)
def test_targets_that_cannot_be(target: Target, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        attribute(model_of(Linear()), noise(), target)


def test_other_things_that_cannot_be(small_rgbd: RGBDImage) -> None:
    model, target = model_of(Linear()), Target("depth", REGION)
    with pytest.raises(InputError, match="'saliency' is no method of attribution; expected one of integrated"):
        attribute(model, noise(), target, "saliency")
    with pytest.raises(InputError, match="0 steps are asked for; expected 1 to"):
        attribute(model, noise(), target, steps=0)
    with pytest.raises(InputError, match="1 superpixels are asked for"):
        attribute(model, noise(), target, "occlusion", count=1)
    with pytest.raises(InputError, match="leave the picture as it is"):
        attribute(model, noise(), target, baselines=Baselines("unchanged", "unchanged"))
    with pytest.raises(InputError, match="'dragon' is no class of this network; expected a name"):
        attribute(make_model("cen"), small_rgbd, Target("semseg", pixel((90, 120), (1, 1)), "dragon"))
    with pytest.raises(InputError, match="'w' is nothing of a normal; expected one of x, y, z, angle to up, angle to"):
        attribute(make_model("nddr-cnn"), small_rgbd, Target("normals", pixel((90, 120), (1, 1)), "w"))


# what the numbers say


def made(total: float, difference: float, complete: bool = True) -> Attribution:
    framing = Framing((1, 1), (1, 1), (1, 1))
    maps = {"rgb": np.full((1, 1), total, np.float32)}
    return Attribution("m", "n", "o", "of", "m", np.ones((1, 1), bool), maps, difference, 0.0, {}, framing, complete)


def test_the_residual_and_its_warning() -> None:
    assert made(0.9, 1.0).residual == pytest.approx(0.1)
    assert made(-0.9, -1.0).residual == pytest.approx(0.1)
    assert made(1.0, 1.0).warning == ""
    assert made(1 + WARN_ABOVE - 0.001, 1.0).warning == ""
    assert "6 % off the difference it should equal" in made(1.06, 1.0).warning
    assert "does not promise that it adds up" in made(2.0, 1.0, complete=False).warning
    assert made(0.0, 0.0).residual == 0
    assert made(1.0, 0.0).residual == np.inf
    assert "infinitely far off" in made(1.0, 0.0).warning


def test_a_map_is_shown_over_its_own_pixels() -> None:
    found = replace(made(0, 1), framing=Framing((4, 4), (2, 2), (4, 4)), maps={"rgb": np.float32([[1, 2], [3, 4]])})
    np.testing.assert_array_equal(found.at_picture_size("rgb"), np.kron([[1, 2], [3, 4]], np.ones((2, 2))))


def test_maps_cannot_be_written_to(small_rgbd: RGBDImage) -> None:
    found = attribute(model_of(Linear()), noise(), Target("depth", REGION), "gradient x input")
    with pytest.raises(ValueError, match="read-only"):
        found.maps["rgb"][0, 0] = 1


def test_the_device_of_a_copy_is_that_of_its_model(cen_model: Model, small_rgbd: RGBDImage) -> None:
    problem = pose(cen_model, small_rgbd, Target("semseg", pixel((90, 120), (3, 3))), Baselines())
    assert problem.batch >= 1
    assert problem.inputs[0].device == cen_model.device
    assert problem.network is not cen_model.network
