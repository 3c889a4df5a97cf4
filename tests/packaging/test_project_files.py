"""Files that a host of repositories reads: forms of issues, how to tell of a weakness; and the line of versions."""

import platform
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.packaging.commands import ROOT
from vizlab.cli import app

FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
ISSUES = [path for path in FORMS if path.name != "config.yml"]
KINDS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


@pytest.mark.parametrize("path", ISSUES, ids=lambda path: path.stem)
def test_a_form_keeps_to_the_scheme(path: Path) -> None:
    form = read(path)
    assert set(form) <= {"name", "description", "title", "labels", "assignees", "body"}
    assert form["name"]
    assert form["description"]
    fields = form["body"]
    assert {field["type"] for field in fields} <= KINDS
    asked = [field for field in fields if field["type"] != "markdown"]
    names = [field["id"] for field in asked]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z_-]+", name) for name in names)
    assert all(field["attributes"]["label"] for field in asked)
    assert all(field["attributes"]["options"] for field in asked if field["type"] in ("dropdown", "checkboxes"))
    assert any(field.get("validations", {}).get("required") for field in asked)


def test_there_are_forms_for_a_fault_and_for_a_method() -> None:
    assert {path.stem for path in FORMS} == {"bug", "method", "config"}
    assert "blank_issues_enabled" in read(ROOT / ".github/ISSUE_TEMPLATE/config.yml")


def test_commands_that_are_asked_for_are_there() -> None:
    texts = [path.read_text() for path in [*ISSUES, ROOT / "SECURITY.md"]]
    asked = set(re.findall(r"`vizlab ([a-z-]+)", " ".join(texts)))
    assert asked == {"--version", "check"}
    printed = CliRunner().invoke(app, ["--help"]).output
    assert all(name in printed for name in asked)


def test_versions_are_one_line() -> None:
    done = CliRunner().invoke(app, ["--version"])
    assert done.exit_code == 0
    assert done.output.count("\n") == 1
    parts = done.output.strip().split(", ")
    assert [part.split()[0] for part in parts[:5]] == ["vizlab", "torch", "gradio", "numpy", "Python"]
    assert all(re.fullmatch(r"\w+ \d+\.\S+", part) for part in parts[:5])
    assert parts[5] == platform.platform()


def test_a_weakness_is_told_in_private_and_to_nobody_who_does_not_exist() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert "private vulnerability reporting" in text
    assert not re.search(r"@\w|https?://|mailto:", text)
    assert "newest release" in text
