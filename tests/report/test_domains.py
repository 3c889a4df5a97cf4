"""Further pictures of a scene on the command line, in a report, and in the archive that runs it again."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

import vizlab
from tests.page.page_process import random_checkpoint
from vizlab.cli import app
from vizlab.core.config import SIGNED, NetworkConfig
from vizlab.errors import IncompatibleInputError, InputError
from vizlab.report.opening import open_archive
from vizlab.report.replaying import replay
from vizlab.rgbd import given_domains, read_rgbd

SIZE = (64, 96)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made, random = tmp_path_factory.mktemp("domains"), np.random.default_rng(1)
    for name in ("rgb", "texture"):
        cv2.imwrite(str(made / f"{name}.png"), random.integers(0, 256, (*SIZE, 3), np.uint8))
    normal = {"texture": SIGNED, "edge": SIGNED}
    config = NetworkConfig(
        "cen-pix2pix", ("image",), ("texture", "edge"), working_size=SIZE, normalisation=normal, options={"filters": 4}
    )
    random_checkpoint(made / "translation.safetensors", config)
    return made


def run(folder: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.exception
    return done.stdout


def test_the_command_gives_what_python_gives(folder: Path, tmp_path: Path) -> None:
    given = [
        "--rgb",
        str(folder / "rgb.png"),
        "--domain",
        f"texture={folder / 'texture.png'}",
        "--domain",
        "edge=edges",
    ]
    out = tmp_path / "trace.npz"
    printed = json.loads(
        run(folder, "trace", str(folder / "translation.safetensors"), *given, "--device", "cpu", "--out", str(out))
    )
    rgbd = read_rgbd(folder / "rgb.png", domains={"texture": folder / "texture.png", "edge": "edges"})
    expected = vizlab.trace(vizlab.load_model(folder / "translation.safetensors", "cpu"), rgbd)
    saved = vizlab.load_trace(str(out))
    assert saved.input_digest == rgbd.digest
    np.testing.assert_array_equal(
        saved.predictions["image/ensemble"].value,  # type: ignore[union-attr]
        expected.predictions["image/ensemble"].value,  # type: ignore[union-attr]
    )
    assert saved.record["domains"] == {"texture": "texture.png", "edge": rgbd.record.domains["edge"]}
    assert list(printed["share"]) == list(expected.sites)


def test_a_picture_that_is_missing_is_named(folder: Path) -> None:
    model = vizlab.load_model(folder / "translation.safetensors", "cpu")
    with pytest.raises(
        IncompatibleInputError, match="has only a colour picture and a picture for edge; give pictures for t"
    ):
        vizlab.trace(model, read_rgbd(folder / "rgb.png", domains={"edge": "edges"}))


@pytest.mark.parametrize("pairs", [["light"], ["light="], ["light=a.png", "light=b.png"]])
def test_what_names_no_picture(pairs: list[str]) -> None:
    with pytest.raises(InputError, match="expected NAME=FILE once for each name"):
        given_domains(pairs)


def test_an_archive_holds_domains_and_runs_again(folder: Path, tmp_path: Path) -> None:
    texture, edge = folder / "texture.png", folder / "rgb.png"
    given = ["--domain", f"texture={texture}", "--domain", f"edge={edge}"]
    model = str(folder / "translation.safetensors")
    run(folder, "report", "--model", model, *given, "--out", str(tmp_path), "--device", "cpu")
    stored = open_archive(tmp_path / "analysis.zip")
    rgbd = read_rgbd(domains={"texture": texture, "edge": edge})
    assert stored.inputs["translation"].digest == rgbd.digest
    assert not stored.altered
    assert stored.inputs["translation"].record == rgbd.record
    assert stored.facts["picture"]["title"] == "texture.png + rgb.png"
    assert replay(tmp_path / "analysis.zip", [model], "cpu").status == "bit-equal"
