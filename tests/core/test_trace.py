"""The traced forward: one pass, contributions that add up, nothing left behind, the same numbers again."""

import json
import threading
import time

import numpy as np
import pytest
import torch

import vizlab
from tests.conftest import make_model
from vizlab.core.config import NetworkConfig
from vizlab.core.model import Model
from vizlab.core.predictions import DepthPrediction, NormalsPrediction, SemsegPrediction
from vizlab.core.registry import build_network
from vizlab.core.site import FusionModule, Intervention, Mixing, intervening, observing
from vizlab.core.trace import arrays_of
from vizlab.errors import IncompatibleInputError, InputError, TraceError
from vizlab.rgbd import RGBDImage

TOLERANCE = 2e-5


def same_numbers(first: vizlab.FusionTrace, second: vizlab.FusionTrace) -> bool:
    a, b = arrays_of(first), arrays_of(second)
    return a.keys() == b.keys() and all(
        np.array_equal(a[k], b[k], equal_nan=a[k].dtype.kind == "f") and a[k].dtype == b[k].dtype for k in a
    )


def test_trace_runs_exactly_one_forward(model: Model, small_rgbd: RGBDImage) -> None:
    calls: list[int] = []
    handle = model.network.register_forward_hook(lambda *_: calls.append(1))
    try:
        vizlab.trace(model, small_rgbd)
    finally:
        handle.remove()
    assert len(calls) == 1


def test_watching_does_not_change_the_outputs(model: Model, small_rgbd: RGBDImage) -> None:
    inputs = model.preprocess(small_rgbd)
    plain = model.forward(inputs)
    with observing(lambda module, mixing: None):
        watched = model.forward(inputs)
    for name, y in plain.items():
        assert torch.allclose(watched[name], y, atol=TOLERANCE * float(y.std())), name


def test_predictions_have_the_pictures_own_size(model: Model, small_rgbd: RGBDImage) -> None:
    traced = vizlab.trace(model, small_rgbd)
    for name, prediction in traced.predictions.items():
        if isinstance(prediction, SemsegPrediction):
            assert prediction.label.shape == prediction.confidence.shape == small_rgbd.size, name
            assert prediction.confidence.min() > 0
            assert prediction.confidence.max() <= 1
        elif isinstance(prediction, DepthPrediction):
            assert prediction.value.shape == small_rgbd.size
        elif isinstance(prediction, NormalsPrediction):
            assert np.linalg.norm(prediction.value, axis=-1) == pytest.approx(1, abs=1e-4)


def test_portrait_and_odd_sizes_are_never_stretched(cen_model: Model) -> None:
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 255, (201, 97, 3), dtype=np.uint8)
    rgbd = RGBDImage(colour, np.full((201, 97), 2.0, np.float32))
    traced = vizlab.trace(cen_model, rgbd)
    height, width = traced.framing.content
    assert abs(height / width - 201 / 97) < 0.02
    assert traced.predictions["semseg"].label.shape == (201, 97)  # type: ignore[union-attr]


def test_statistics_leave_the_padding_out(cen_model: Model, small_rgbd: RGBDImage) -> None:
    traced = vizlab.trace(cen_model, small_rgbd, working_size=(72, 96))  # padded to 96x96
    first = next(iter(traced.sites.values()))
    assert traced.framing.padded == (96, 96)
    assert first.outside is not None
    assert first.outside.shape == (2, 36, 48)


def test_nothing_is_left_behind_after_an_error(cen_model: Model, small_rgbd: RGBDImage) -> None:
    def explode(module: FusionModule, mixing: Mixing) -> None:
        raise RuntimeError("observer failed")

    before = vizlab.trace(cen_model, small_rgbd)
    inputs = cen_model.preprocess(small_rgbd)
    with pytest.raises(RuntimeError, match="observer failed"), observing(explode):
        cen_model.forward(inputs)
    cen_model.forward(inputs)  # would explode again if the observer were still there
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in cen_model.network.modules()]
    assert sum(hooks) == 0
    assert same_numbers(before, vizlab.trace(cen_model, small_rgbd))


def test_threads_do_not_see_each_other(cen_model: Model, small_rgbd: RGBDImage) -> None:
    thresholds = [0.0, 0.02, 0.7, 5.0]
    alone = [vizlab.trace(cen_model, small_rgbd, threshold=t) for t in thresholds]
    together: dict[int, vizlab.FusionTrace] = {}

    def run(index: int) -> None:
        together[index] = vizlab.trace(cen_model, small_rgbd, threshold=thresholds[index])

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(thresholds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same_numbers(together[i], alone[i]) for i in range(len(thresholds)))
    assert not same_numbers(alone[0], alone[2])


def test_a_trace_knows_its_threshold(cen_trace: vizlab.FusionTrace, mti_trace: vizlab.FusionTrace) -> None:
    assert cen_trace.model.settings == {"threshold": 0.02}
    assert mti_trace.model.settings == {}


@pytest.mark.parametrize("threshold", [-1.0, float("nan"), float("inf"), "0.1"])
def test_an_impossible_threshold_gets_a_sentence(cen_model: Model, small_rgbd: RGBDImage, threshold: float) -> None:
    with pytest.raises(InputError, match="expected a number of 0 or more"):
        vizlab.trace(cen_model, small_rgbd, threshold=threshold)


def test_a_threshold_without_an_exchange_gets_a_sentence(small_rgbd: RGBDImage) -> None:
    with pytest.raises(InputError, match="exchanges no channels"):
        vizlab.trace(make_model("mti-net"), small_rgbd, threshold=0.1)


def test_a_trace_that_cannot_be_written_gets_a_sentence(cen_trace: vizlab.FusionTrace, tmp_path) -> None:
    with pytest.raises(TraceError, match="cannot be written"):
        cen_trace.save(str(tmp_path / "absent" / "t.npz"))


def test_threshold_zero_is_the_same_as_cutting_the_streams(cen_model: Model, small_rgbd: RGBDImage) -> None:
    none = vizlab.trace(cen_model, small_rgbd, threshold=0.0)
    cut = vizlab.trace(cen_model, small_rgbd, cross=False)
    assert np.array_equal(none.predictions["semseg"].label, cut.predictions["semseg"].label)  # type: ignore[union-attr]
    assert all(np.allclose(s.cross_share, 0, atol=1e-6) for s in none.sites.values())


@pytest.mark.parametrize(
    ("family", "streams"),
    [
        ("cen-multitask", ("semseg", "depth", "normals")),
        ("cen-multimodal-multitask", ("semseg/rgb", "semseg/depth", "normals/rgb", "normals/depth")),
    ],
)
def test_streams_of_tasks_share_with_all_others(family: str, streams: tuple[str, ...], small_rgbd: RGBDImage) -> None:
    model = make_model(family)
    whole, cut = vizlab.trace(model, small_rgbd), vizlab.trace(model, small_rgbd, cross=False)
    assert len(whole.sites) == 17
    for site in whole.sites.values():
        assert site.site.targets == site.site.sources == streams
        assert site.share is not None
        # A third of the channels is below the threshold, so every stream gets something of every other.
        assert (np.abs(site.share) > 1e-6).all()
        np.testing.assert_allclose(site.share.sum(1), 1, atol=1e-4)
    for site in cut.sites.values():
        np.testing.assert_allclose(site.share, np.eye(len(streams)), atol=1e-6)


def test_a_task_has_its_ensemble_under_its_own_name(multimodal_multitask_trace: vizlab.FusionTrace) -> None:
    found = multimodal_multitask_trace.predictions
    outputs = {f"{task}/{name}" for task in ("semseg", "normals") for name in ("rgb", "depth", "ensemble")}
    assert set(found) == outputs | {"semseg", "normals"}
    assert isinstance(found["semseg/depth"], SemsegPrediction)
    assert isinstance(found["normals/depth"], NormalsPrediction)
    assert found["normals"] is found["normals/ensemble"]


@pytest.mark.parametrize("family", ["cen-multitask", "nddr-cnn", "mti-net"])
def test_cutting_the_streams_changes_multi_task_networks(family: str, small_rgbd: RGBDImage) -> None:
    network = make_model(family)
    inputs = network.preprocess(small_rgbd)
    plain = network.forward(inputs)
    with intervening(Intervention(cross=False)):
        cut = network.forward(inputs)
    assert not torch.allclose(plain["depth"], cut["depth"], atol=1e-3 * float(plain["depth"].std()))


def test_a_trace_is_immutable(cen_trace: vizlab.FusionTrace) -> None:
    with pytest.raises(AttributeError):
        cen_trace.filled = 1.0  # type: ignore[misc]
    with pytest.raises(TypeError):
        cen_trace.sites["other"] = next(iter(cen_trace.sites.values()))  # type: ignore[index]
    for array in arrays_of(cen_trace).values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize("fixture", ["cen_trace", "multimodal_multitask_trace", "nddr_trace", "mti_trace"])
def test_saved_traces_come_back_whole(fixture: str, request: pytest.FixtureRequest, tmp_path) -> None:
    traced: vizlab.FusionTrace = request.getfixturevalue(fixture)
    traced.save(str(tmp_path / "t.npz"))
    loaded = vizlab.load_trace(tmp_path / "t.npz")
    assert same_numbers(traced, loaded)
    assert loaded.model == traced.model
    assert loaded.framing == traced.framing
    assert [s.site for s in loaded.sites.values()] == [s.site for s in traced.sites.values()]
    assert [s.grid for s in loaded.sites.values()] == [s.grid for s in traced.sites.values()]
    assert dict(loaded.environment) == dict(traced.environment)
    with np.load(tmp_path / "t.npz", allow_pickle=False) as archive:
        assert all(archive[key].dtype != object for key in archive.files)


def test_same_input_and_checkpoint_give_the_same_numbers(model: Model, small_rgbd: RGBDImage) -> None:
    first, second = vizlab.trace(model, small_rgbd), vizlab.trace(model, small_rgbd)
    assert same_numbers(first, second)
    assert first.input_digest == second.input_digest == small_rgbd.digest
    assert set(first.environment) == {"device", "precision", "vizlab", "torch", "numpy", "python"}


def test_traces_from_before_are_read_without_what_they_lack(cen_trace: vizlab.FusionTrace, tmp_path) -> None:
    cen_trace.save(str(tmp_path / "new.npz"))
    with np.load(tmp_path / "new.npz") as archive:
        arrays = {k: archive[k] for k in archive.files}
    meta = json.loads(str(arrays.pop("meta")))
    del meta["site_grids"]
    for site in meta["sites"]:
        del site["activation"]
    new = ("received", "outside_mean", "share_after")
    old = {k: a for k, a in arrays.items() if not k.endswith(tuple(f"|{name}" for name in new))}
    assert len(arrays) - len(old) == len(new) * len(cen_trace.sites)
    np.savez(tmp_path / "old.npz", meta=np.array(json.dumps(meta)), **old)
    loaded = vizlab.load_trace(tmp_path / "old.npz")
    for name, site in loaded.sites.items():
        assert (site.received, site.outside_mean, site.share_after, site.grid) == (None,) * 4
        assert site.site.activation is None
        np.testing.assert_array_equal(site.share, cen_trace.sites[name].share)


@pytest.mark.parametrize("content", [b"", b"not a trace", b"PK\x03\x04broken"])
def test_a_wrong_trace_file_gets_a_sentence(content: bytes, tmp_path) -> None:
    path = tmp_path / "wrong.npz"
    path.write_bytes(content)
    with pytest.raises(TraceError, match=r"wrong\.npz.*not a vizlab trace"):
        vizlab.load_trace(path)


def test_a_trace_with_objects_inside_is_refused(tmp_path) -> None:
    np.savez(tmp_path / "evil.npz", meta=np.array([{"a": 1}], dtype=object))
    with pytest.raises(TraceError, match="not a vizlab trace"):
        vizlab.load_trace(tmp_path / "evil.npz")


def test_a_missing_modality_is_said(cen_model: Model, small_rgbd: RGBDImage) -> None:
    with pytest.raises(IncompatibleInputError, match="needs a depth map"):
        vizlab.trace(cen_model, RGBDImage(small_rgbd.colour))


def test_a_trace_says_whose_it_is(model: Model, small_rgbd: RGBDImage) -> None:
    started = time.perf_counter()
    found = vizlab.trace(model, small_rgbd)
    assert 0 < found.seconds < time.perf_counter() - started
    described, config = found.model, model.config
    assert (described.name, described.family) == (model.name, model.method.family)
    assert (described.architecture, described.checkpoint_hash) == (config.architecture, "0" * 64)
    assert (described.inputs, described.tasks) == (model.inputs, config.tasks)
    assert described.classes == model.classes
    assert dict(described.assumed) == dict(model.assumed)
    assert described.settings == model.settings
    assert found.environment["device"] == "cpu"
    assert found.environment["precision"] == "float32"
    assert found.environment["vizlab"] == vizlab.__version__
    assert found.environment["numpy"] == np.__version__


def test_how_much_of_the_depth_was_filled(cen_model: Model, small_rgbd: RGBDImage) -> None:
    """A hole of 5x7 in 90x120 pixels; of no account to a network that sees colour alone."""
    assert vizlab.trace(cen_model, small_rgbd).filled == pytest.approx(5 * 7 / (90 * 120))
    coloured = make_model("nddr-cnn")
    assert coloured.inputs == ("rgb",)
    for picture in (small_rgbd, RGBDImage(small_rgbd.colour)):
        assert vizlab.trace(coloured, picture).filled == 0


def test_arrays_of_a_site_are_float32(mti_trace: vizlab.FusionTrace, cen_trace: vizlab.FusionTrace) -> None:
    gates = [site.gates for site in mti_trace.sites.values() if site.gates is not None]
    assert len(gates) == 4
    assert all(values.dtype == np.float32 for values in gates)
    for site in cen_trace.sites.values():
        assert site.share is not None
        assert site.share_after is not None
        assert site.share.dtype == site.share_after.dtype == np.float32
        assert site.energy is not None
        assert site.outside is not None
        assert site.energy.dtype == site.outside.dtype == np.float32


def test_a_site_of_one_target_has_a_grid() -> None:
    config = NetworkConfig("nddr-cnn-resnet18", ("depth",), ("rgb",), working_size=(32, 64))
    model = Model(build_network(config), config, "alone", precision="float32")
    found = vizlab.trace(model, RGBDImage(np.full((32, 64, 3), 90, np.uint8)))
    assert {site.site.targets for site in found.sites.values()} == {("depth",)}
    assert next(iter(found.sites.values())).grid == (8, 16)
