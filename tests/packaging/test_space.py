"""A Space: what its header says holds, and its folder starts where nothing of vizlab is installed."""

import re
import sys
import tomllib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from gradio_client import Client
from packaging.requirements import Requirement

from tests.packaging.commands import ROOT, run
from tests.packaging.served_page import serving
from tests.page.page_process import free_port

SPACE = ROOT / "space"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
"""What a header may say of the two ends of a thumbnail's colours."""


def pinned() -> dict[str, str]:
    """The version of every package in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text().split()
    return dict(line.split("==") for line in lines)


@pytest.fixture(scope="module")
def header() -> dict[str, Any]:
    _, block, _ = re.split(r"^---\n", (SPACE / "README.md").read_text(), maxsplit=2, flags=re.MULTILINE)
    found: dict[str, Any] = yaml.safe_load(block)
    return found


def test_the_header_says_what_the_project_is(header: dict[str, Any]) -> None:
    assert header["sdk"] == "gradio"
    assert header["sdk_version"] == pinned()["gradio"]
    assert header["license"] == PROJECT["license"].lower()
    assert PROJECT["requires-python"] == f">={header['python_version']}"  # the oldest: what the tests run on
    assert (SPACE / header["app_file"]).is_file()
    assert header["suggested_hardware"] == "cpu-basic"


def test_the_header_keeps_to_the_form(header: dict[str, Any]) -> None:
    assert {header["colorFrom"], header["colorTo"]} <= COLOURS
    assert len(header["short_description"]) <= 60
    assert isinstance(header["python_version"], str)  # 3.10 as a number is 3.1
    assert len(header["emoji"]) == 1


def test_it_requires_what_the_project_requires_in_the_pinned_versions() -> None:
    """But gradio, which the header's sdk_version installs."""
    wanted = [Requirement(text) for text in PROJECT["dependencies"]]
    lines = (SPACE / "requirements.txt").read_text().splitlines()
    assert lines == [f"{one.name}=={pinned()[one.name]}" for one in wanted if one.name != "gradio"]
    assert all(one.specifier.contains(pinned()[one.name]) for one in wanted)


@pytest.fixture(scope="module")
def space(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("spaces") / "space"
    done = run([sys.executable, SPACE / "make_space.py", wheel, "--out", out, "--torch-index", "INDEX"], cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return out


def test_the_folder_is_whole(space: Path) -> None:
    names = {path.name for path in space.iterdir()}
    assert names == {
        *("README.md", "app.py", "requirements.txt", ".gitattributes", "vizlab"),
        f"vizlab-{PROJECT['version']}.dist-info",
    }
    requirements = (space / "requirements.txt").read_text().splitlines()
    assert requirements[:2] == ["--extra-index-url INDEX", f"torch=={pinned()['torch']}+cpu"]
    endings = {path.suffix for path in space.rglob("*") if path.is_file() and path.stat().st_size > 1_000_000}
    kept_outside = re.findall(r"^\*(\.\w+) filter=lfs", (space / ".gitattributes").read_text(), re.MULTILINE)
    assert endings <= {*kept_outside, ".js"}


def test_a_folder_with_files_is_left_as_it_is(space: Path, wheel: Path) -> None:
    done = run([sys.executable, SPACE / "make_space.py", wheel, "--out", space], cwd=ROOT)
    assert done.returncode == 1
    assert re.fullmatch(r"'.*' holds files already; expected .*\.\n", done.stderr)


@pytest.mark.slow
def test_it_starts_and_analyses_where_no_vizlab_is_installed(borrowed: Path, space: Path, tmp_path: Path) -> None:
    port = free_port()
    code = (space / "app.py").read_text()
    assert code.count('"7860"') == 1
    (space / "app.py").write_text(code.replace('"7860"', f'"{port}"'))
    url = f"http://127.0.0.1:{port}"
    options = {"timeout": 300, "trust_env": False}
    assert run([borrowed, "-c", "import vizlab"], cwd=tmp_path).returncode == 1
    with (
        serving([borrowed, space / "app.py"], url, tmp_path),
        closing(Client(url, verbose=False, analytics_enabled=False, httpx_kwargs=options)) as client,
    ):
        scenes = client.predict(api_name="/scenes")
        found = client.predict(scene=scenes[0], device="cpu", api_name="/analyse")
    assert found["models"]["cen-mobilenetv2-nyuv2"]["predictions"]["semseg"]["pixel_accuracy"] > 0.5
