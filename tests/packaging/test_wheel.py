"""The wheel: built the way an index would get it, complete, and a whole vizlab wherever it is installed."""

import json
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from gradio_client import Client

from tests.packaging.commands import ROOT, run
from tests.packaging.served_page import serving
from tests.page.page_process import free_port

NAMES = {path.stem for path in (ROOT / "checkpoints").glob("*.safetensors")}
UNASKED = {name for name in NAMES if name.endswith("-nyuv2")}
"""What the page runs by itself: not the image translation, which takes other pictures."""


def files_under(folder: Path) -> set[str]:
    """The files of a folder, relative to it."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_it_holds_the_package_the_checkpoints_and_the_scenes_and_nothing_else(wheel: Path, checkout: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {f"vizlab/{name}" for name in files_under(checkout / "vizlab")}
    bundled = {
        "checkpoints": {path.name for path in (checkout / "checkpoints").iterdir() if path.is_file()},
        "scenes": files_under(checkout / "assets/scenes"),
    }
    expected |= {f"vizlab/bundled_files/{name}/{file}" for name, files in bundled.items() for file in files}
    assert held == expected
    assert "vizlab/page/static/viewer.js" in held
    assert {"vizlab/py.typed", "vizlab/page/style.css", "vizlab/page/page.js", "vizlab/page/favicon.png"} <= held


def test_what_it_says_of_itself(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        texts = {Path(n).name: archive.read(n).decode() for n in archive.namelist() if ".dist-info/" in n}
    assert {"METADATA", "WHEEL", "RECORD", "LICENSE", "entry_points.txt", "top_level.txt"} == set(texts)
    assert "Root-Is-Purelib: true" in texts["WHEEL"]
    assert "License-Expression: MIT" in texts["METADATA"]
    assert "vizlab = vizlab.cli:main" in texts["entry_points.txt"]
    assert "cen = vizlab.methods.cen.about:METHOD" in texts["entry_points.txt"]
    assert texts["top_level.txt"].split() == ["vizlab"]


WHERE = """
import json, vizlab, vizlab.bundled
from vizlab import bundled, scenes
from vizlab.core.registry import registry
print(json.dumps([vizlab.__file__, vizlab.__version__, str(bundled.folder("checkpoints")), scenes.list_scenes(),
                  str(scenes.load_scene("office").rgb_path), dict(registry().broken)]))
"""


def test_installed_it_uses_its_own_files(python: Path, tmp_path: Path) -> None:
    done = run([python, "-c", WHERE], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    code, version, checkpoints, scenes, picture, broken = json.loads(done.stdout)
    environment = python.parents[1]
    for path in (code, checkpoints, picture):
        assert Path(path).is_relative_to(environment), path
    assert (version, len(scenes), broken) == (vizlab_version(), 12, {})


def vizlab_version() -> str:
    """As pyproject.toml has it, whatever an old installation says."""
    line = next(line for line in (ROOT / "pyproject.toml").read_text().splitlines() if line.startswith("version = "))
    return line.split('"')[1]


@pytest.mark.slow
def test_its_command_opens_the_analysed_page_from_any_folder(python: Path, tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    command = [python.with_name("vizlab"), "page", "--port", url.rpartition(":")[2], "--device", "cpu"]
    options = {"timeout": 300, "trust_env": False}
    with serving(command, url, tmp_path) as html:
        assert '"title":"vizlab"' in html
        with closing(Client(url, verbose=False, analytics_enabled=False, httpx_kwargs=options)) as client:
            scenes = client.predict(api_name="/scenes")
            assert len(scenes) == 12
            assert {card["name"] for card in client.predict(api_name="/models")} == NAMES
            found = client.predict(scene=scenes[0], device="cpu", api_name="/analyse")
    assert set(found["models"]) == UNASKED
    assert found["models"]["cen-mobilenetv2-nyuv2"]["predictions"]["semseg"]["pixel_accuracy"] > 0.5
