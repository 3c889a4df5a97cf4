"""The part of the tab that shows a training's scales, without a browser."""

from pathlib import Path

import gradio as gr
import pytest

from tests.methods.cen.test_history import write
from vizlab.errors import VizlabError
from vizlab.methods.cen.history_panel import HistoryPanel


@pytest.fixture
def panel() -> HistoryPanel:
    with gr.Blocks(analytics_enabled=False):
        return HistoryPanel()


def test_files_become_charts(panel: HistoryPanel, tmp_path: Path) -> None:
    files = [str(path) for path in write(tmp_path, range(4)).iterdir()]
    drawn = panel.draw(files)
    assert set(drawn) == set(panel.outputs)
    assert drawn[panel.figures]["visible"]
    assert len(drawn[panel.film].layout.sliders[0].steps) == 4
    assert list(drawn[panel.shares].data[0].x) == [0, 1, 2, 3]
    assert "conv7" in drawn[panel.channels].layout.title.text


def test_no_files_hide_them(panel: HistoryPanel) -> None:
    for nothing in (None, []):
        assert panel.draw(nothing) == {panel.figures: gr.update(visible=False)}


def test_other_files_are_a_sentence(panel: HistoryPanel, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    with pytest.raises(VizlabError, match="text"):
        panel.draw([str(path)])
