"""`vizlab report` writes what it says, and every way in gives the same numbers."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from typer.testing import CliRunner

import vizlab
from tests.conftest import make_model
from vizlab.cli import app
from vizlab.core.door import save_checkpoint
from vizlab.core.trace import FusionTrace, arrays_of
from vizlab.errors import IncompatibleInputError, InputError
from vizlab.report.folder import file_name
from vizlab.report.making import analysed
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, small_rgbd: RGBDImage) -> Path:
    """A picture and two checkpoints."""
    folder = tmp_path_factory.mktemp("report")
    for family in ("cen", "nddr-cnn"):
        model = make_model(family)
        save_checkpoint(folder / f"{family}.safetensors", model.network, model.config, {"data": "made up"})
    Image.fromarray(small_rgbd.colour).save(folder / "rgb.png")  # type: ignore[arg-type]
    millimetres = (np.nan_to_num(small_rgbd.depth) * 1000).astype(np.uint16)  # type: ignore[call-overload]
    Image.fromarray(millimetres).save(folder / "depth.png")
    return folder


def command(files: Path, out: Path, *more: str) -> str:
    pictures = [str(files / "rgb.png"), str(files / "depth.png")]
    models = [part for name in ("cen", "nddr-cnn") for part in ("--model", str(files / f"{name}.safetensors"))]
    done = CliRunner().invoke(
        app, ["report", *pictures, *models, "--out", str(out), "--device", "cpu", "--precision", "float32", *more]
    )
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def report(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "report"
    assert command(files, out).strip() == str(out / "report.html")
    return out


@pytest.fixture(scope="module")
def traces(files: Path) -> dict[str, FusionTrace]:
    """The same by Python."""
    rgbd = vizlab.read_rgbd(files / "rgb.png", files / "depth.png")
    models = [vizlab.load_model(files / f"{n}.safetensors", "cpu", precision="float32") for n in ("cen", "nddr-cnn")]
    return {model.name: vizlab.trace(model, rgbd) for model in models}


def test_predictions_are_files_that_others_read(report: Path, traces: dict[str, FusionTrace]) -> None:
    label = np.asarray(Image.open(report / "predictions/cen/semseg.png"))
    np.testing.assert_array_equal(label, traces["cen"].predictions["semseg"].label)  # type: ignore[union-attr]
    depth = traces["nddr-cnn"].predictions["depth"].value  # type: ignore[union-attr]
    np.testing.assert_array_equal(np.load(report / "predictions/nddr-cnn/depth.npy"), depth)
    millimetres = cv2.imread(str(report / "predictions/nddr-cnn/depth-mm.png"), cv2.IMREAD_UNCHANGED)
    assert millimetres.dtype == np.uint16
    np.testing.assert_array_equal(millimetres, np.rint(depth * 1000))


def test_traces_numbers_and_archive_hold_the_same_numbers_as_python(
    report: Path, files: Path, traces: dict[str, FusionTrace]
) -> None:
    for name, trace in traces.items():
        saved = arrays_of(vizlab.load_trace(report / f"traces/{name}.npz"))
        for key, values in arrays_of(trace).items():
            np.testing.assert_array_equal(saved[key], values, err_msg=key)
        with np.load(report / f"numbers/{name}.npz", allow_pickle=False) as numbers:
            task = "semseg/ensemble" if name == "cen" else "semseg"
            np.testing.assert_array_equal(numbers[f"{name}|{task}"], trace.predictions["semseg"].label)  # type: ignore[union-attr]
    assert vizlab.report.replay(report / "analysis.zip", [files]).status == "bit-equal"


def test_figures_are_png_and_pdf_of_every_kind(report: Path) -> None:
    found = {path.relative_to(report / "figures").as_posix() for path in (report / "figures").rglob("*.*")}
    kinds = {"predictions", "errors", "confidence", "network_map", "cen/outside", "cen/exchange_ledger",
             "nddr-cnn/nddr_block_norms"}  # fmt: skip
    assert {f"{kind}.{form}" for kind in kinds for form in ("png", "pdf")} <= found


def test_facts_name_settings_hashes_and_versions(report: Path, traces: dict[str, FusionTrace]) -> None:
    facts = json.loads((report / "report.json").read_text())
    for name, trace in traces.items():
        assert facts["networks"][name]["checkpoint"] == trace.model.checkpoint_hash
        assert facts["networks"][name]["settings"] == dict(trace.model.settings)
        assert facts["networks"][name]["environment"] == dict(trace.environment)
    assert facts["reading"]["depth"]["encoding"] == "mm"
    words = (report / "citation.txt").read_text()
    assert "CEN (Wang et al." in words
    assert "NDDR-CNN (Gao et al." in words
    assert "cen, data: made up" in words
    assert traces["cen"].model.checkpoint_hash in words


def test_scores_are_those_of_python(report: Path, files: Path, traces: dict[str, FusionTrace]) -> None:
    depth = vizlab.read_rgbd(files / "rgb.png", files / "depth.png").depth
    lines = list(csv.DictReader((report / "numbers/scores.csv").read_text().splitlines()))
    (line,) = [one for one in lines if one["network"] == "nddr-cnn" and one["output"] == "depth"]
    error = traces["nddr-cnn"].predictions["depth"].value - depth  # type: ignore[union-attr]
    assert float(line["value"]) == pytest.approx(float(np.sqrt(np.nanmean(error.astype(float) ** 2))), rel=1e-6)


@pytest.mark.slow
def test_a_setting_goes_to_the_networks_that_have_it_and_their_own_stands_beside(files: Path, tmp_path: Path) -> None:
    command(files, tmp_path, "--set", "threshold=0.9", "--layers", "predictions", "--megabytes", "1")
    facts = json.loads((tmp_path / "report.json").read_text())["networks"]
    assert facts["cen"]["settings"] == {"threshold": 0.9}
    assert facts["cen (own setting)"]["settings"] == {"threshold": 0.02}
    assert "nddr-cnn (own setting)" not in facts
    assert (tmp_path / "figures/changes.pdf").is_file()


def test_a_network_that_the_picture_does_not_suit_is_named_and_the_others_run(files: Path) -> None:
    colour = vizlab.read_rgbd(files / "rgb.png")
    paths = [files / f"{name}.safetensors" for name in ("cen", "nddr-cnn")]
    found = analysed(colour, paths, device="cpu")
    assert list(found.traces) == ["nddr-cnn"]
    assert "depth" in found.skipped["cen"]
    with pytest.raises(IncompatibleInputError, match="cen: "):
        analysed(colour, paths[:1], device="cpu")
    with pytest.raises(InputError, match="No network here has a threshold"):
        analysed(colour, paths[1:], settings={"threshold": 0.1}, device="cpu")


def test_two_checkpoints_of_one_name_stand_side_by_side(files: Path, tmp_path: Path) -> None:
    (tmp_path / "cen.safetensors").write_bytes((files / "cen.safetensors").read_bytes())
    rgbd = vizlab.read_rgbd(files / "rgb.png", files / "depth.png")
    found = analysed(rgbd, [files / "cen.safetensors", tmp_path / "cen.safetensors"], device="cpu")
    assert list(found.traces) == ["cen", "cen 2"]


NAMES = [("semseg/rgb", "semseg-rgb"), ("../../x", "x"), ("a b|c", "a-b-c"), ("..", "unnamed")]


@pytest.mark.parametrize(("text", "name"), NAMES)
def test_names_of_networks_are_safe_names_of_files(text: str, name: str) -> None:
    assert file_name(text) == name


def test_wrong_options_end_in_one_sentence(files: Path, tmp_path: Path) -> None:
    def said(*arguments: str) -> str:
        done = CliRunner().invoke(app, ["report", str(files / "rgb.png"), *arguments, "--out", str(tmp_path)])
        assert done.exit_code != 0
        return str(done.exception)

    model = ("--model", str(files / "nddr-cnn.safetensors"))
    assert "No checkpoint is given" in said()
    assert "expected NAME=VALUE" in said(*model, "--set", "threshold")
    assert "expected all or predictions" in said(*model, "--layers", "some")


def test_command_python_api_and_page_give_equal_numbers(
    report: Path, files: Path, traces: dict[str, FusionTrace], tmp_path: Path
) -> None:
    """The browser's part is in tests/browser; here is what the page's server gives it, and programs."""
    from starlette.applications import Starlette

    from vizlab.page.api import Endpoints
    from vizlab.page.serving import serving
    from vizlab.page.settings import Settings
    from vizlab.page.workspace import Workspace

    workspace = Workspace(Settings(checkpoints=files, device="cpu"))
    does = Endpoints(workspace)
    answer = does.analyse(
        str(files / "rgb.png"), str(files / "depth.png"), models=list(traces), device="cpu", precision="float32"
    )
    page = TestClient(Starlette(routes=serving(workspace)["routes"]))
    runner = CliRunner()
    for name, trace in traces.items():
        pictures = ["--rgb", str(files / "rgb.png"), "--depth", str(files / "depth.png")]
        target = str(tmp_path / f"{name}.npz")
        more = ["--device", "cpu", "--precision", "float32", "--out", target]
        assert runner.invoke(app, ["trace", str(files / f"{name}.safetensors"), *pictures, *more]).exit_code == 0
        ways = {
            "vizlab trace": arrays_of(vizlab.load_trace(target)),
            "vizlab report": arrays_of(vizlab.load_trace(report / f"traces/{name}.npz")),
            "API": arrays_of(vizlab.load_trace(does.trace(answer["key"], name))),
            "page": arrays_of(workspace.get(answer["key"]).traces[name]),
        }
        for way, arrays in ways.items():
            for key, values in arrays_of(trace).items():
                np.testing.assert_array_equal(arrays[key], values, err_msg=f"{way}: {key}")
        for site, said in answer["models"][name]["sites"].items():
            if (share := trace.sites[site].share) is not None:
                np.testing.assert_allclose(np.array(said["share"], float), share, rtol=1e-5, atol=1e-7)
    table = page.get(f"/vizlab/export/{answer['key']}/sites.csv")
    assert table.text == (report / "numbers/sites.csv").read_text()
