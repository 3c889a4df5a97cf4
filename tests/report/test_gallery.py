"""Every line of the gallery runs, draws what it says, and its pictures are there and small."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import ROOT, make_model
from vizlab.core.door import save_checkpoint
from vizlab.rgbd import RGBDImage

PAGE = ROOT / "docs" / "gallery.md"
MOST_BYTES = 700_000


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, small_rgbd: RGBDImage) -> Path:
    """A folder as the page supposes it, with tiny random networks."""
    folder = tmp_path_factory.mktemp("gallery")
    for family in ("cen", "nddr-cnn", "mti-net"):
        model = make_model(family)
        save_checkpoint(folder / f"{family}.safetensors", model.network, model.config, {})
    Image.fromarray(small_rgbd.colour).save(folder / "rgb.jpg")  # type: ignore[arg-type]
    millimetres = (np.nan_to_num(small_rgbd.depth) * 1000).astype(np.uint16)  # type: ignore[call-overload]
    Image.fromarray(millimetres).save(folder / "depth.png")
    return folder


def run(command: list[str], place: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_every_line_of_python_runs_and_writes_its_figure(place: Path) -> None:
    (place / "page.py").write_text("\n".join(blocks("python")))
    run([sys.executable, "-W", "error::UserWarning", "page.py"], place)
    names = re.findall(r'"(\w+\.pdf)"', PAGE.read_text())
    assert len(names) >= 10
    for name in names:
        assert (place / name).read_bytes().startswith(b"%PDF"), name
    assert (place / "sites.csv").read_text().startswith("network,site")
    with np.load(place / "layers.npz", allow_pickle=False) as found:
        assert "MTI-Net|depth" in found.files


@pytest.mark.slow
def test_every_command_runs(place: Path) -> None:
    (block,) = blocks("bash")
    for line in block.splitlines():
        name, *arguments = shlex.split(line)
        assert name == "vizlab"
        run([sys.executable, "-m", "vizlab.cli", *arguments], place)
    assert (place / "office" / "report.html").is_file()


def test_every_kind_of_figure_has_its_lines_and_its_picture() -> None:
    sections = PAGE.read_text().split("\n## ")[1:]
    drawn = [section for section in sections if "](gallery/" in section]
    assert len(drawn) >= 10
    for section in drawn:
        (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
        assert len(code.splitlines()) <= 4, section.splitlines()[0]
        pictures = re.findall(r"!\[[^\]]{20,}\]\(gallery/(\w+)\.png\)", section)
        assert {f"{name}.pdf" for name in pictures} == set(re.findall(r'"(\w+\.pdf)"', code))


def test_pictures_are_small_and_none_is_left_over() -> None:
    named = set(re.findall(r"\(gallery/([\w.]+)\)", PAGE.read_text()))
    files = list((PAGE.parent / "gallery").iterdir())
    assert {path.name for path in files} == named
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    for path in files:
        with Image.open(path) as picture:
            assert picture.mode == "P", path.name


def test_the_list_of_documents_names_the_gallery() -> None:
    assert "(gallery.md)" in (ROOT / "docs" / "README.md").read_text()
