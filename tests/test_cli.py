"""The command line as a user runs it: numbers equal to Python's, one sentence for what goes wrong."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import vizlab
from tests.conftest import make_model
from vizlab.cli import app, main
from vizlab.core.door import save_checkpoint
from vizlab.errors import InputError
from vizlab.rgbd import RGBDImage


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, small_rgbd: RGBDImage) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    model = make_model("cen")
    save_checkpoint(folder / "cen.safetensors", model.network, model.config, {})
    assert small_rgbd.colour is not None
    assert small_rgbd.depth is not None
    Image.fromarray(small_rgbd.colour).save(folder / "rgb.png")
    Image.fromarray((np.nan_to_num(small_rgbd.depth) * 1000).astype(np.uint16)).save(folder / "depth.png")
    return folder


def vizlab_command(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vizlab.cli", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_trace_prints_the_same_shares_as_python(files: Path) -> None:
    done = vizlab_command(
        "trace", "cen.safetensors", "--rgb", "rgb.png", "--depth", "depth.png", "--device", "cpu", "--out", "t.npz",
        cwd=files,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    rgbd = vizlab.read_rgbd(files / "rgb.png", files / "depth.png")
    expected = vizlab.trace(vizlab.load_model(files / "cen.safetensors", "cpu"), rgbd)
    assert printed["checkpoint"] == expected.model.checkpoint_hash
    assert list(printed["sites"]) == list(expected.sites)
    assert printed["sites"]["features.14.conv.1.1"] == "site 14 of 17, stage 5, 576 channels"
    for name, site in expected.sites.items():
        assert printed["share"][name] == [[pytest.approx(float(v), abs=1e-4) for v in row] for row in site.share], name
    assert printed["depth"]["unit"] == rgbd.record.depth.unit  # type: ignore[union-attr]
    assert printed["depth"]["kind"] == "depth"
    assert printed["depth"]["median"] == f"{rgbd.record.depth.median_m:.3g} m"  # type: ignore[union-attr]
    saved = vizlab.load_trace(files / "t.npz")
    assert np.array_equal(saved.predictions["semseg"].label, expected.predictions["semseg"].label)  # type: ignore[union-attr]


def test_trace_reads_as_it_is_told_and_says_how_else(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every option reaches the reader; what is suggested can be typed as it stands."""
    monkeypatch.chdir(files)
    given = ["--unit", "1/512", "--turn", "mirrored", "--depth-kind", "ray", "--field-of-view", "60", "--align", "none"]
    done = CliRunner().invoke(app, ["trace", "cen.safetensors", *PICTURE, *given])
    read = json.loads(done.stdout)["depth"]
    assert (read["unit"], read["unit is"], read["kind"]) == ("1/512 m", "given", "ray")
    assert "mirrored" in read["aligned"]
    values = np.full((240, 320), 7000, np.uint16)
    values[::2] = 6000
    Image.fromarray(values).save(files / "doubtful.png")
    options = ["--rgb", "rgb.png", "--depth", "doubtful.png", "--device", "cpu", "--align", "resize"]
    printed = json.loads(CliRunner().invoke(app, ["trace", "cen.safetensors", *options]).stdout)
    assert "guess" in " ".join(printed["warnings"])
    assert any(way.startswith("--depth-unit '") for way in printed["other readings"])


PICTURE = ("--rgb", "rgb.png", "--depth", "depth.png", "--device", "cpu")


@pytest.mark.parametrize(
    ("options", "changes"),
    [
        (("--threshold", "0.9"), {"threshold": 0.9}),
        (("--set", "threshold=0.9"), {"threshold": 0.9}),
        (("--no-cross", "--site", "features.3.conv.1.1", "--site", "features.5.conv.1.1"), {"cross": False}),
    ],
)
def test_trace_changes_what_python_changes(
    options: tuple[str, ...], changes: dict[str, object], files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    done = CliRunner().invoke(app, ["trace", "cen.safetensors", *PICTURE, "--precision", "float32", *options])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    assert printed["precision"] == "float32"
    model = vizlab.load_model("cen.safetensors", "cpu", precision="float32")
    sites = [name for option, name in itertools.pairwise(options) if option == "--site"]
    rgbd = vizlab.read_rgbd("rgb.png", "depth.png")
    expected, plain = vizlab.trace(model, rgbd, sites=sites or None, **changes), vizlab.trace(model, rgbd)  # type: ignore[arg-type]
    for name, site in expected.sites.items():
        assert printed["share"][name] == [[pytest.approx(float(v), abs=1e-4) for v in row] for row in site.share], name
    first = (sites or [model.sites[0].name])[0]
    assert not np.allclose(expected.sites[first].share, plain.sites[first].share)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--set", "threshold"), "expected NAME=VALUE"),
        (("--set", "threshold=much"), "numbers between commas"),
        (("--set", "threshold=0.1,0.2"), "one value for each name"),
        (("--set", "threshold=0.1", "--threshold", "0.2"), "one value for each name"),
        (("--set", "threshold=-1"), "expected a number of 0 or more"),
        (("--set", "cross=0"), "'cross' is no setting of any method; known: threshold"),
        (("--site", "features.3.conv.1.1"), "nothing is changed"),
        (("--site", "nowhere", "--no-cross"), "has no site 'nowhere'"),
        (("--precision", "int8"), "expected auto, float32 or bfloat16"),
    ],
)
def test_what_trace_cannot_change_is_said(
    options: tuple[str, ...], says: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files)
    done = CliRunner().invoke(app, ["trace", "cen.safetensors", *PICTURE, *options])
    assert isinstance(done.exception, InputError)
    assert says in str(done.exception)


def test_an_error_of_the_command_itself_is_one_sentence_without_a_stack_trace(files: Path) -> None:
    done = vizlab_command("card", "depth.png", cwd=files)
    assert done.returncode == 1
    assert done.stderr.startswith("vizlab: ")
    assert "depth.png" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("trace", "absent.safetensors", "--rgb", "rgb.png"), "absent.safetensors"),
        (("trace", "cen.safetensors", "--rgb", "rgb.png"), "needs a depth map"),
        (("trace", "rgb.png", "--rgb", "rgb.png"), "rgb.png"),
        (("eval", "cen.safetensors", "--data", "."), "holds no test.txt"),
    ],
)
def test_errors_are_one_sentence(
    arguments: tuple[str, ...],
    says: str,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(files)
    monkeypatch.setattr(sys, "argv", ["vizlab", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("vizlab: ")
    assert says in said
    assert "Traceback" not in said


def test_training_without_its_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "lightning", None)
    monkeypatch.delitem(sys.modules, "vizlab.study.training.train", raising=False)
    recipe = next((Path(__file__).parents[1] / "vizlab/study/training/recipes").glob("*.toml"))
    monkeypatch.setattr(sys, "argv", ["vizlab", "train", str(recipe), "--data", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "Training needs lightning" in capsys.readouterr().err
