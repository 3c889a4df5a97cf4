"""`vizlab page`: the same options as app.py, the same sentences."""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import vizlab.page
from vizlab.cli import main


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """The exit code, or the sentence, with which `vizlab page ARGUMENTS` ends."""
    monkeypatch.setattr(sys, "argv", ["vizlab", "page", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_all_options_go_to_the_page_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Sequence[str]] = []
    monkeypatch.setattr(vizlab.page, "main", asked.append)
    given = ["--port", "7999", "--checkpoints", "my folder", "--allow-upload-checkpoints", "--cache-mb=64"]
    assert call(monkeypatch, *given) == 0
    assert asked == [given]


def test_help_is_the_page_s_own(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--help") == 0
    printed = capsys.readouterr().out
    assert printed.startswith("usage: vizlab page")
    assert "--allow-upload-checkpoints" in printed


def test_a_setting_that_cannot_be_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert str(call(monkeypatch, "--add-from", str(tmp_path / "absent"))).startswith("vizlab: --add-from names")


def test_an_option_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "--prot", "7999") == 2
    assert "unrecognized arguments: --prot" in capsys.readouterr().err
