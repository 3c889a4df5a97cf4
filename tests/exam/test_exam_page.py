"""An exam in the tab Study without a browser: what it shows of a result whose numbers are known."""

import json
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from tests.exam.made_exam import made_result
from tests.survey.studies import made_study
from vizlab.page.exam_charts import accuracy_chart, explanation_chart
from vizlab.page.exam_part import explanations_html, head_html, networks_html, opened
from vizlab.page.tab_study import StudyTab
from vizlab.study.exam.result import result_of
from vizlab.study.exam.summaries import pointings, row_names


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    (folder / "exam.json").write_text(json.dumps(made_result()))
    made_study(3, 2).save(folder / "study.npz")
    return folder


@pytest.fixture(scope="module")
def tab(folder: Path) -> StudyTab:
    with gr.Blocks(analytics_enabled=False):
        return StudyTab(folder / "study.npz")


def test_an_exam_takes_the_place_of_a_study(tab: StudyTab, folder: Path) -> None:
    assert tab.own_exam.visible
    exam = tab.guarded(lambda: tab.opened(str(folder / "exam.json")))
    assert exam[tab.said] == ""
    assert exam[tab.exam.body]["visible"]
    assert not exam[tab.body]["visible"]
    assert not exam[tab.empty]["visible"]
    assert "12 pictures of &lt;b&gt;boxes&lt;/b&gt;, 60 objects" in exam[tab.exam.head]
    study = tab.guarded(lambda: tab.opened(str(folder / "study.npz")))
    assert study[tab.body]["visible"]
    assert not study[tab.exam.body]["visible"]


def test_without_an_exam_beside_the_study_there_is_no_button(tmp_path: Path) -> None:
    with gr.Blocks(analytics_enabled=False):
        assert not StudyTab(tmp_path / "study.npz").own_exam.visible


def test_what_is_no_exam_is_said_and_the_rest_stays(tab: StudyTab, tmp_path: Path) -> None:
    (tmp_path / "exam.json").write_text("[]")
    updates = tab.guarded(lambda: tab.opened(str(tmp_path / "exam.json")))
    assert list(updates) == [tab.said]
    assert "is no result of an exam" in updates[tab.said]
    gone = tab.guarded(lambda: tab.opened(str(tmp_path / "gone.json")))
    assert "open it again" in gone[tab.said]


def test_tables_of_the_page() -> None:
    result = result_of(made_result())
    assert "other predicts depth." in head_html(result, "exam.json")
    networks = networks_html(result)
    assert '100.0 <span class="vz-whole">[100.0, 100.0]</span>' in networks
    assert '50.0 <span class="vz-whole">[50.0, 50.0]</span>' in networks  # of pixels that are not asked about
    explanations = explanations_html(result)
    assert "blind takes rgb." in explanations
    assert "control: size of the object" in explanations
    assert "*" not in explanations


def test_charts_of_the_page() -> None:
    result = result_of(made_result())
    bars = accuracy_chart(result)
    assert [one.name for one in bars.data] == ["sees, semseg", "blind, semseg"]
    np.testing.assert_allclose(bars.data[0].y[:4], [100, 100, 0, 100])
    dots = explanation_chart(result)
    assert len(dots.data) == 4
    np.testing.assert_allclose(dots.data[0].x, [1, 0, *[0.5] * 4, np.nan])
    np.testing.assert_allclose(dots.data[0].y, np.arange(7) - 0.15)
    assert dots.data[0].customdata[0][1] == "1.00 [1.00, 1.00]"
    lines = [line for name in dots.layout.yaxis.labelalias.values() for line in name.split("<br>")]
    assert max(map(len, lines)) <= 28 < max(map(len, row_names(pointings(result))))


def test_an_exam_without_explanations(tab: StudyTab, tmp_path: Path) -> None:
    values = made_result()
    values["networks"] = values["networks"][1:]
    (tmp_path / "exam.json").write_text(json.dumps(values))
    updates = tab.guarded(lambda: tab.opened(str(tmp_path / "exam.json")))
    assert updates[tab.said] == ""
    assert not updates[tab.exam.pointing]["visible"]


def test_a_file_is_read_once(folder: Path) -> None:
    assert opened(str(folder / "exam.json")) is opened(str(folder / "exam.json"))
