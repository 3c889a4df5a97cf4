"""What an index would get, built from a copy of this checkout, and an environment that has it installed."""

import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.packaging.commands import ROOT, run

SOURCE = ("vizlab", "checkpoints", "assets", "docs", "examples", "tests", "benchmarks", "space")
"""The folders of a checkout."""
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
"""What `python -m build` asks of the build backend."""


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this checkout: a build leaves files beside its source."""
    copy = tmp_path_factory.mktemp("checkout") / "source"
    for folder in SOURCE:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for file in ROOT.iterdir():
        if file.is_file() and (not file.name.startswith(".") or file.name == ".dockerignore"):
            shutil.copy2(file, copy)
    return copy


@pytest.fixture(scope="session")
def sdist_archive(checkout: Path) -> Path:
    return build("build_sdist", checkout)


@pytest.fixture(scope="session")
def sdist(sdist_archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    place = tmp_path_factory.mktemp("sdist")
    shutil.unpack_archive(sdist_archive, place, filter="data")
    return place / sdist_archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="session")
def wheel(sdist: Path) -> Path:
    """Made from the source distribution, so that this is complete too."""
    return build("build_wheel", sdist)


def build(what: str, folder: Path) -> Path:
    target = folder.parent / "dist"
    target.mkdir(exist_ok=True)
    done = run([sys.executable, "-c", BUILD, what, target], cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return target / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def python(wheel: Path, borrowed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in which this wheel is the only vizlab, and which borrows everything else from ours."""
    done = run(
        [sys.executable, "-m", "pip", "--python", borrowed, "install", "--no-deps", "--no-compile", wheel],
        cwd=tmp_path_factory.mktemp("install"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return borrowed


@pytest.fixture(scope="module")
def borrowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment without vizlab that borrows everything else from ours.

    A path in a .pth file is searched for packages, but the .pth files in it, so also an editable vizlab's, are not
    read; what is installed in the environment itself comes first.
    """
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, symlinks=True)
    (packages,) = place.glob("lib/python*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "bin/python"
