"""What the page's server makes of an analysis, over HTTP: the right file, its type and name, or one sentence."""

import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

import vizlab
from tests.page.page_process import LESS, NAMES, SMALL, checkpoints, write_pair
from vizlab.page.exports import material_of
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.serving import serving
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace
from vizlab.report import replay

CEN, NDDR = NAMES["cen"], NAMES["nddr"]
REQUEST = Request(models=(CEN, NDDR), device="cpu", working_size=LESS)


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(Settings(checkpoints=checkpoints(), device="cpu"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("exports"), size=SMALL)


@pytest.fixture(scope="module")
def analysis(workspace: Workspace, pair: tuple[Path, Path]) -> Analysis:
    return workspace.analyse(replace(REQUEST, colour=pair[0], depth=pair[1], settings={"threshold": 0.3}))


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> TestClient:
    return TestClient(Starlette(routes=serving(workspace)["routes"]))


def address(analysis: Analysis, file: str) -> str:
    return f"/vizlab/export/{analysis.key}/{file}"


@pytest.mark.parametrize(
    ("file", "kind", "begins"),
    [
        ("report.html", "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        ("analysis.zip", "application/zip", b"PK"),
        (f"figure.png?cells={NDDR}|semseg~picture|colour", "image/png", b"\x89PNG"),
        (f"figure.svg?cells={NDDR}|depth", "image/svg+xml", b"<?xml"),
        ("figure.pdf?cells=*|depth&columns=2&width=single&zoom=2,0.5,0.5&opacity=0.5", "application/pdf", b"%PDF"),
        ("map.png", "image/png", b"\x89PNG"),
        ("map.pdf?measure=fixed&width=120mm", "application/pdf", b"%PDF"),
        (f"numbers.csv?cells={CEN}|semseg/ensemble|confidence", "text/csv; charset=utf-8", b"layer,row"),
        ("numbers.npz?cells=picture|depth", "application/octet-stream", b"PK"),
        ("sites.csv", "text/csv; charset=utf-8", b"network,site"),
    ],
)
def test_every_file_has_its_type_and_a_name(
    page: TestClient, analysis: Analysis, file: str, kind: str, begins: bytes
) -> None:
    answer = page.get(address(analysis, file))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == kind
    assert answer.content.startswith(begins)
    name = re.fullmatch(r'attachment; filename="([\w.-]+)"', answer.headers["content-disposition"])
    assert name is not None
    assert name[1].startswith("vizlab-corner.jpg-corner_depth.png-")
    assert name[1].endswith("." + file.partition("?")[0].rpartition(".")[2])


@pytest.mark.parametrize(
    ("file", "status", "sentence"),
    [
        ("figure.png", 400, "No layer is named"),
        ("figure.png?cells=nothing", 400, "There is no layer 'nothing'"),
        ("figure.gif?cells=picture|depth", 400, "'gif' is no format of figures"),
        ("figure.png?cells=picture|depth&columns=two", 400, "'columns' is 'two'"),
        ("figure.png?cells=picture|depth&columns=inf", 400, "'columns' is 'inf'"),
        ("figure.png?cells=picture|depth&columns=-1", 400, "0 or more columns"),
        ("figure.png?cells=picture|depth&width=9999", 400, "The width is '9999'"),
        ("figure.png?cells=*|depth~*|semseg&columns=1&width=30", 400, "inches high"),
        ("figure.png?cells=picture|depth&palette=pink", 400, "no palette 'pink'"),
        ("figure.png?cells=picture|depth&ranges=depth", 400, "The range 'depth' cannot be read"),
        ("figure.png?cells=picture|depth&ranges=depth~lock~0~1~pink", 400, "no colours called 'pink'"),
        ("figure.png?cells=picture|depth&zoom=2", 400, "'zoom' is '2'"),
        ("figure.png?cells=picture|depth&zoom=nan,0,0", 400, "'zoom' is 'nan,0,0'"),
        ("figure.png?cells=picture|depth&opacity=2", 400, "an opacity of 0 to 1"),
        ("map.png?measure=effect", 400, "The measure is 'effect'"),
        ("numbers.xls?cells=picture|depth", 400, "csv or npz"),
        ("numbers.csv?cells=nothing", 400, "There is no layer 'nothing'"),
        ("report.html?layers=some", 400, "expected all or predictions"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    page: TestClient, analysis: Analysis, file: str, status: int, sentence: str
) -> None:
    answer = page.get(address(analysis, file))
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert sentence in answer.text
    assert "\n" not in answer.text
    assert len(answer.text) < 400


def test_results_that_are_gone_are_not_found(page: TestClient) -> None:
    answer = page.get("/vizlab/export/0123/sites.csv")
    assert answer.status_code == 404
    assert "no longer kept" in answer.text


def test_the_archive_of_the_page_is_replayed_bit_by_bit(
    page: TestClient, analysis: Analysis, workspace: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "analysis.zip"
    path.write_bytes(page.get(address(analysis, "analysis.zip")).content)
    found = replay(path, [checkpoints()])
    assert found.status == "bit-equal", found.lines
    assert [one.name for one in found.networks] == [CEN, NDDR, f"{CEN} (own setting)"]
    facts = json.loads(zipfile.ZipFile(path).read("analysis.json"))
    assert facts["networks"][0]["settings"]["threshold"] == 0.3
    assert facts["key"] == analysis.key


def test_depth_that_stood_in_travels_with_the_archive(
    page: TestClient, workspace: Workspace, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    analysis = workspace.analyse(replace(REQUEST, colour=pair[0], predicted_depth=True))
    assert analysis.stand_in == {CEN: NDDR}
    given = material_of(workspace, analysis).shown[CEN]
    predicted = analysis.traces[NDDR].predictions["depth"].value  # type: ignore[union-attr]
    np.testing.assert_array_equal(given.depth, np.maximum(predicted, 0.1))  # type: ignore[arg-type]
    path = tmp_path / "analysis.zip"
    path.write_bytes(page.get(address(analysis, "analysis.zip")).content)
    assert replay(path, [checkpoints()]).status == "bit-equal"


def test_numbers_are_the_traces(page: TestClient, analysis: Analysis) -> None:
    answer = page.get(address(analysis, f"numbers.npz?cells={NDDR}|depth~{NDDR}|semseg"))
    with np.load(io.BytesIO(answer.content), allow_pickle=False) as found:
        predictions = analysis.traces[NDDR].predictions
        stride = json.loads(str(found["meta"]))["sampling"]
        every = slice(stride["offset"], None, stride["stride"])
        np.testing.assert_array_equal(found[f"{NDDR}|depth"], predictions["depth"].value[every, every])  # type: ignore[union-attr]
        np.testing.assert_array_equal(found[f"{NDDR}|semseg"], predictions["semseg"].label[every, every])  # type: ignore[union-attr]


def test_a_figure_follows_palette_and_range(page: TestClient, analysis: Analysis) -> None:
    def picture(query: str) -> np.ndarray:
        content = page.get(address(analysis, f"figure.png?width=3&{query}")).content
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))

    classes = f"cells={NDDR}|semseg"
    assert not np.array_equal(picture(classes), picture(f"{classes}&palette=safe"))
    locked = picture("cells=picture|depth&ranges=depth~lock~0.1~0.2~magma")
    middle = locked[locked.shape[0] // 2, locked.shape[1] // 4]
    np.testing.assert_array_equal(middle, vizlab.views.colormap("magma")[255])  # all is beyond 0.2 m


def test_a_title_from_a_file_never_reaches_a_header(page: TestClient, workspace: Workspace, analysis: Analysis) -> None:
    evil = replace(analysis, key="e" * 32, picture=replace(analysis.picture, title='x"\r\nSet-Cookie: a=b; é'))
    workspace._results.put(evil.key, evil, 1)
    answer = page.get(address(evil, "sites.csv"))
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert re.fullmatch(r'attachment; filename="[\w.-]+"', answer.headers["content-disposition"])
