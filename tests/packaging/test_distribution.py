"""What an index is given: complete, valid, small enough, and readable there."""

import re
import shutil
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from trove_classifiers import classifiers

from tests.packaging.commands import ROOT, run_python
from tests.packaging.conftest import build
from vizlab import scenes

LARGEST = 100_000_000
"""Bytes that an index takes of one file."""
SECTIONS = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def metadata_of(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(name).decode()


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Metadata:
    """Every field checked as an index checks it: raises a group of faults."""
    return Metadata.from_email(metadata_of(wheel), validate=True)


@pytest.fixture(scope="module")
def headers(wheel: Path) -> Message:
    return Parser().parsestr(metadata_of(wheel))


def test_both_files_are_small_enough_and_rightly_named(wheel: Path, sdist_archive: Path, metadata: Metadata) -> None:
    assert max(wheel.stat().st_size, sdist_archive.stat().st_size) < LARGEST
    name, version, _, tags = parse_wheel_filename(wheel.name)
    assert (name, version) == parse_sdist_filename(sdist_archive.name) == (metadata.name, metadata.version)
    assert {str(tag) for tag in tags} == {"py3-none-any"}


@pytest.mark.slow
def test_the_wheel_of_the_source_distribution_is_that_of_the_checkout(wheel: Path, checkout: Path) -> None:
    with zipfile.ZipFile(build("build_wheel", checkout)) as direct, zipfile.ZipFile(wheel) as through:
        sums = [
            {f.filename: f.CRC for f in archive.infolist() if "RECORD" not in f.filename}
            for archive in (direct, through)
        ]
    assert sums[0] == sums[1]


def test_the_source_distribution_holds_the_whole_project_and_nothing_made_from_it(sdist_archive: Path) -> None:
    held = files_in(sdist_archive)
    assert {"Dockerfile", ".dockerignore", "mkdocs.yml", "SECURITY.md", "space/app.py", "docs/study.md"} <= held
    assert {"tests/conftest.py", "constraints.txt", "vizlab/page/web/package.json"} <= held
    assert not [name for name in held if re.search(r"\.pyc$|(^|/)node_modules/|^\.git/|\.partial$|^runs/", name)]


def files_in(archive: Path) -> set[str]:
    with tarfile.open(archive) as opened:
        return {member.name.partition("/")[2] for member in opened.getmembers() if member.isfile()}


def test_all_that_an_index_shows_is_there(metadata: Metadata, headers: Message) -> None:
    assert metadata.license_expression == "MIT"
    assert metadata.license_files == ["LICENSE"]
    assert str(metadata.requires_python) == ">=3.11"
    assert metadata.summary
    assert len(metadata.summary) < 200
    assert headers["Author"] == "The vizlab developers"
    assert metadata.keywords
    assert metadata.classifiers
    assert set(metadata.classifiers) <= classifiers
    assert not [one for one in metadata.classifiers if one.startswith("License ::")]  # the expression says it
    assert headers.get_all("Project-URL") is None  # none that is not there yet


def test_nothing_is_required_by_address(metadata: Metadata) -> None:
    """An index refuses that."""
    assert metadata.requires_dist
    assert [one for one in metadata.requires_dist if one.url] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(metadata.provides_extra or ()) == set(project["optional-dependencies"])


def test_its_description_needs_nothing_beside_it(metadata: Metadata, headers: Message) -> None:
    assert metadata.description_content_type == "text/markdown"
    text = (ROOT / "docs/on-an-index.md").read_text()
    assert headers.get_payload().strip() == text.strip()
    html = MarkdownIt("commonmark").render(text)
    assert "<h1>vizlab</h1>" in html
    assert html.count("<pre>") == 2
    assert re.findall(r'(?:src|href)="(?!https://)[^"]*"', html) == []


def test_the_python_of_its_description_runs(tmp_path: Path) -> None:
    scene = scenes.load_scene("office")
    shutil.copy2(scene.rgb_path, tmp_path / "rgb.jpg")
    shutil.copy2(scene.depth_path, tmp_path / "depth.png")
    (code,) = SECTIONS.findall((ROOT / "docs/on-an-index.md").read_text())
    (tmp_path / "shown.py").write_text(code)
    run_python(tmp_path / "shown.py", cwd=tmp_path)
