"""The tab Study without a browser: what it shows of a study whose numbers are known."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from tests.survey.studies import made_study, shapley_section
from vizlab.page.study_charts import damage_chart, edges_chart, scatter_chart
from vizlab.page.study_panels import interval_words, likeness_html, worth_html
from vizlab.page.tab_study import StudyTab, opened
from vizlab.study.survey.intervals import Estimate
from vizlab.study.survey.study import Section
from vizlab.study.survey.summaries import edges_into_targets


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> StudyTab:
    with gr.Blocks(analytics_enabled=False):
        return StudyTab(tmp_path_factory.mktemp("shipped") / "study.npz")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("studies") / "study.npz"
    made_study().save(path)
    return str(path)


def chart(update: Any) -> Any:
    return update["value"]


def test_opened(tab: StudyTab, file: str) -> None:
    updates = tab.guarded(lambda: tab.opened(file))
    assert updates[tab.said] == ""
    assert "40 pictures of split test of made up." in updates[tab.head]
    assert "95 % of 200 resamples of pictures, seed 3" in updates[tab.head]
    assert updates[tab.task]["choices"] == ["semseg", "depth"]
    assert updates[tab.target]["choices"] == [
        "exchanging, into rgb", "exchanging, into depth", "distilling, into semseg", "distilling, into depth"
    ]  # fmt: skip
    assert updates[tab.body]["visible"]
    assert not updates[tab.empty]["visible"]
    # Class b is never hit; see `made_study`.
    assert "36.4 % [36.4, 36.4]" in text_of(updates[tab.rest])


def test_means_and_intervals_of_every_edge(file: str) -> None:
    listed = opened(file)[1]
    figure = edges_chart(listed[0], [f"edge {i}" for i in range(6)], 40)
    share, effect = figure.data
    np.testing.assert_allclose(share.x, [1, 2, 3, 4, 5, 6], rtol=0.02)
    np.testing.assert_allclose(effect.x, 1.5 * 2.0 ** -np.arange(6), rtol=1e-5)
    estimate = listed[0].effect
    np.testing.assert_allclose(effect.error_x.array, estimate.high - estimate.value)
    np.testing.assert_allclose(effect.error_x.arrayminus, estimate.value - estimate.low)
    assert list(share.y) == list(effect.y) == [0, 1, 2, 3, 4, 5]
    assert effect.customdata[0][1] == f"1.50 nats [{float(estimate.low[0]):.2f}, {float(estimate.high[0]):.2f}]"
    assert "into rgb; means over 40 pictures. Left: the share it carries." in spoken(figure)


def test_whether_it_gets_worse(file: str) -> None:
    one = opened(file)[1][0]
    assert damage_chart(one, [str(i) for i in range(6)]) is None
    lost = np.array([-1.0, 0, 1, 2, 3, 4])
    scored = replace(one, damage=Estimate.of(lost, np.stack([lost - 1, lost + 1])), figure=("mIoU", "%"))
    figure = damage_chart(scored, [str(i) for i in range(6)])
    np.testing.assert_allclose(figure.data[0].x, lost)
    np.testing.assert_allclose(figure.data[0].error_x.array, 0.95)
    assert figure.layout.xaxis.title.text == "mIoU worse by, points"
    assert "Left of 0 a cut helps." in spoken(figure)


def test_all_networks_on_one_axis(file: str) -> None:
    listed = [one for one in opened(file)[1] if one.task == "semseg"]
    figure = scatter_chart(listed, "semseg")
    assert [trace.name for trace in figure.data] == ["exchanging, into rgb", "exchanging, into depth", "distilling"]
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"
    np.testing.assert_allclose(figure.data[2].x, 100 * listed[2].share.value)
    np.testing.assert_allclose(figure.data[2].y, listed[2].effect.value)
    assert len({(trace.marker.color, trace.marker.symbol) for trace in figure.data}) == 3


def test_an_edge_without_effect_is_told_of(file: str) -> None:
    one = opened(file)[1][0]
    idle = replace(one, effect=Estimate.of(np.where(np.arange(6) == 2, 0, one.effect.value), one.effect.resampled))
    figure = scatter_chart([idle], "semseg")
    assert len(figure.data[0].x) == 5
    assert "no place on a logarithmic axis: 1 edge." in spoken(figure)


def spoken(figure: Any) -> str:
    """The title and the small print under it, without their line breaks."""
    return " ".join(re.sub("<.*?>", " ", figure.layout.title.text).split())


def text_of(html: str) -> str:
    """Without the marks of what is kept in one line."""
    return re.sub("</?span[^>]*>", "", html)


def test_rank_correlations_stand_beside_the_order_of_sites(tab: StudyTab, file: str) -> None:
    html = tab.of_task(file, "depth")[tab.correlations]
    assert html.count('<span class="vz-whole">[−1.00, −1.00]</span>') == 2  # no line ends within an interval
    cells = re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", text_of(html))
    assert cells[-7:] == ["distilling", "depth", "6", "−1.00 [−1.00, −1.00]", "−1.00 [−1.00, −1.00]", "–", "–"]


def test_drill_down_to_the_pictures(tab: StudyTab, file: str) -> None:
    updates = tab.of_target(file, "exchanging, into rgb")
    choices = updates[tab.edge]["choices"]
    assert choices[0] == ("1, stage 0: depth → rgb (share 1.0 %)", 0), "the edge that does most comes first"
    html = tab.of_edge(file, "exchanging, into rgb", 1)[tab.mattered]
    assert "How far semseg moves when 2, stage 1: depth → rgb is cut: KL, nats." in html
    most, least = html.split("where it mattered least")
    assert re.findall(r"<span>(\d+)</span>", most) == [f"{i:03d}" for i in range(6)]
    assert re.findall(r"<span>(\d+)</span>", least) == [f"{i:03d}" for i in range(39, 33, -1)]
    assert ">1.00 nats<" in most
    assert html.count("data:image/jpeg;base64,/9j/") == 12


def test_without_thumbnails_names_alone(tab: StudyTab, tmp_path: Path) -> None:
    made_study(thumbnails=False).save(tmp_path / "study.npz")
    html = tab.of_edge(str(tmp_path / "study.npz"), "distilling, into depth", 0)[tab.mattered]
    assert "<img" not in html
    assert "RMS change, m." in html


def test_bands_of_pictures(tab: StudyTab, file: str) -> None:
    html = tab.opened(file)[tab.rest]
    assert "1 to 2 (13 pictures)" in html
    assert "By share without depth." in html


def test_modalities_and_likeness(tab: StudyTab) -> None:
    study = made_study()
    terms = np.tile(np.array([[[1.0, 4, 1, 0, 0, 0]]]), (3, 1, 1))
    labels = {"place": [["s", "after", "a", "b"]]}
    similarity = Section("n", "similarity", np.arange(3), {"terms": terms}, {"labels": labels}, [])
    shapley = shapley_section(5, {"": 10, "rgb": 40, "depth": 30, "rgb+depth": 70})
    study = replace(study, sections={("n", "shapley"): shapley, ("n", "similarity"): similarity})
    assert "35.0 % [35.0, 35.0]" in text_of(worth_html(study))
    assert "63.1 % [63.1, 63.1]" in text_of(worth_html(study))  # p = 0.1
    assert "s, a and b: 0.50 [0.50, 0.50]" in text_of(likeness_html(study))


def test_a_study_without_sweeps(tab: StudyTab, tmp_path: Path) -> None:
    study = made_study()
    traces = {key: section for key, section in study.sections.items() if key[1] == "traces"}
    replace(study, sections=traces).save(tmp_path / "study.npz")
    updates = tab.guarded(lambda: tab.opened(str(tmp_path / "study.npz")))
    assert "nothing was cut" in updates[tab.correlations]
    assert not updates[tab.scatter]["visible"]
    assert "36.4 %" in updates[tab.rest]


def test_what_is_no_study_is_said_and_the_rest_stays(tab: StudyTab, tmp_path: Path) -> None:
    (tmp_path / "notes.npz").write_text("nothing")
    updates = tab.guarded(lambda: tab.opened(str(tmp_path / "notes.npz")))
    assert list(updates) == [tab.said]
    assert "is no result of a study" in updates[tab.said]
    gone = tab.guarded(lambda: tab.of_task(str(tmp_path / "gone.npz"), "semseg"))
    assert "open it again" in gone[tab.said]
    assert (
        "no &#x27;x, into y&#x27;" in tab.guarded(lambda: tab.of_target(str(_saved(tmp_path)), "x, into y"))[tab.said]
    )


def _saved(folder: Path) -> Path:
    made_study(3, 2).save(folder / "small.npz")
    return folder / "small.npz"


def test_a_name_from_a_file_is_text(tab: StudyTab, tmp_path: Path) -> None:
    study = made_study(3, 2)
    config = {**study.meta["config"], "split": "<b>x</b>"}
    replace(study, meta={**study.meta, "config": config, "source": "<i>y</i>"}).save(tmp_path / "study.npz")
    head = tab.opened(str(tmp_path / "study.npz"))[tab.head]
    assert "<b>" not in head
    assert "<i>" not in head


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("", "0.72 [0.60, 0.81]"),
        ("%", "0.7 % [0.6, 0.8]"),
        ("nats", "0.720 nats [0.600, 0.810]"),
        ("°", "0.7° [0.6, 0.8]"),
    ],
)
def test_intervals_in_words(unit: str, said: str) -> None:
    value, low, high = (np.asarray(x) for x in (0.72, 0.6, 0.81))
    assert interval_words(Estimate(value, low, high, value), unit) == said
    nothing = np.asarray(np.nan)
    assert interval_words(Estimate(nothing, nothing, nothing, nothing), unit) == "–"


def test_edges_are_found_once_for_a_file(file: str) -> None:
    assert opened(file)[1] is opened(file)[1]
    assert len(edges_into_targets(opened(file)[0], "distilling")) == 2
