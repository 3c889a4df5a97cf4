"""A stranger's method that cannot be used is logged, named on the page and left out; everything else works."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.packaging.commands import run

WHY = "no module named <b>tables</b>"
MODULES = {
    "raising": f'raise ImportError("{WHY}")\n',
    "nothing": "METHOD = 3\n",
    "impostor": 'from vizlab.core.method import Method\n\nMETHOD = Method("cen", "Impostor", "Not CEN.")\n',
}
"""What the strangers' packages hold, by entry point."""


def write_package(folder: Path, name: str, source: str) -> None:
    """A package as pip leaves it: a module, and beside it the metadata with its entry point."""
    (folder / f"{name}_method.py").write_text(source)
    metadata = folder / f"{name}_method-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-method\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[vizlab.methods]\n{name} = {name}_method:METHOD\n")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("strangers")
    for name, source in MODULES.items():
        write_package(folder, name, source)
    done = run([sys.executable, Path(__file__).with_name("survivor.py")], cwd=folder, path=[folder])
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def facts(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    return json.loads(done.stdout)


def test_each_is_left_out_with_its_reason(facts: dict[str, Any]) -> None:
    assert facts["broken"] == {
        "raising": f"ImportError: {WHY}",
        "nothing": "TypeError: expected a vizlab.core.method.Method, found a int",
        "impostor": "ValueError: the family 'cen' is there already",
    }


def test_each_is_logged_with_where_it_happened(done: subprocess.CompletedProcess[str]) -> None:
    for name in MODULES:
        assert f"the method '{name}' ({name}_method:METHOD) is left out" in done.stderr
    assert "raising_method.py" in done.stderr  # the stack trace


def test_each_is_named_on_the_page_whose_tabs_are_all_there(facts: dict[str, Any]) -> None:
    for name in MODULES:
        assert f"the method &#x27;{name}&#x27; cannot be used" in facts["html"]
    assert "no module named &lt;b&gt;tables&lt;/b&gt;" in facts["html"]  # a stranger's words are no HTML
    assert {"cen", "nddr-cnn", "mti-net"} <= set(facts["tabs"])


def test_the_methods_of_vizlab_work_and_keep_their_names(facts: dict[str, Any]) -> None:
    assert {"cen", "nddr-cnn", "mti-net"} <= set(facts["families"])
    assert "Wang et al." in facts["method"]
    assert facts["sites"] == 17
