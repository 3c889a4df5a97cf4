"""An exam in the tab Study as a visitor meets it: the project's own by its button, then a small one from a file."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_study_tab import give, open_tab
from tests.conftest import make_model
from vizlab.core.door import save_checkpoint
from vizlab.study.exam.result import ExamResult, load_result
from vizlab.study.exam.running import Explaining, run_exam
from vizlab.study.exam.summaries import KINDS, accuracies, pointings, present
from vizlab.study.exam.tables import explanation_rows, object_rows, pixel_rows

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]


@contextmanager
def quiet(length: int) -> Iterator[Any]:
    yield lambda done: None


def small_exam(folder: Path) -> Path:
    """Two of the rendered pictures that ship, before a network of random weights."""
    model = make_model("cen")
    save_checkpoint(folder / "small.safetensors", model.network, model.config, {})
    run_exam(
        [folder / "small.safetensors"], ROOT / "tests/exam/tiny", folder / "exam.json", quiet, limit=2, device="cpu",
        explaining=Explaining(("received",)),
    )  # fmt: skip
    return folder / "exam.json"


def cells(page: Page, table: str) -> list[list[str]]:
    """Of all rows of all tables in an element, what is written there."""
    return page.locator(f"{table} tr:has(td)").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )


def points(page: Page, chart: str, axis: str) -> list[list[float]]:
    """What each series of a chart shows along an axis."""
    found = page.evaluate(
        f"document.querySelector('{chart} .js-plotly-plot').calcdata.map(s => s.map(p => p.{axis} ?? null))"
    )
    return [[np.nan if value is None else float(value) for value in series] for series in found]


def written(*tables: list[tuple[str, ...]]) -> list[list[str]]:
    """Rows of text as the page has them: a minus before a number."""
    return [[re.sub(r"(^|[ \[])-", r"\1−", cell) for cell in row] for table in tables for row in table]


def check(page: Page, result: ExamResult) -> None:
    """Tables and charts hold the result's numbers."""
    expected = written(object_rows(result)[1], pixel_rows(result)[1])
    expect(page.locator("#vz-exam-networks tr:has(td)").first).to_contain_text(expected[0][2])
    assert cells(page, "#vz-exam-networks") == expected
    explained = written(explanation_rows(result)[1])
    assert cells(page, "#vz-exam-explanations")[: len(explained)] == explained
    shown = points(page, "#vz-exam-accuracy", "y")
    for one, series in zip(accuracies(result), shown, strict=True):
        kinds = [100 * float(one.objects[kind].value) for kind in KINDS if kind in present(result)]
        np.testing.assert_allclose(series, kinds, atol=1e-6)
    areas = [float(one.graded["all"].modality.value) for one in pointings(result)]
    np.testing.assert_allclose(points(page, "#vz-exam-pointing", "x")[0], areas, atol=1e-6)


def test_its_own_exam_and_a_small_one(visitor: Page, tmp_path: Path) -> None:
    small = small_exam(tmp_path)
    page = visitor
    open_tab(page)
    page.get_by_role("button", name="Open its exam").click()
    expect(page.locator("#vz-exam-head")).to_contain_text("56 pictures of rooms rendered by vizlab scenes exam")
    expect(page.locator("#vz-exam-pointing .js-plotly-plot")).to_be_visible()
    check(page, load_result(ROOT / "docs" / "exam.json"))
    give(page, small)
    expect(page.locator("#vz-exam-head")).to_contain_text("2 pictures of rooms rendered by vizlab scenes exam")
    expect(page.locator("#vz-exam-explanations")).to_contain_text("control: height in the picture")
    check(page, load_result(small))
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
