"""What the page's own routes answer, and how long a browser may keep it."""

import gzip
import json

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.page.page_process import LESS, NAMES, checkpoints, small_scenes
from vizlab.page.kit.analysis import Analysis, Request
from vizlab.page.serving import serving, viewer_address, viewer_script
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace
from vizlab.views.packing import Packed, unpack


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(Settings(checkpoints=checkpoints(), scenes=small_scenes()))


@pytest.fixture(scope="module")
def analysis(workspace: Workspace) -> Analysis:
    scene = workspace.scenes()[0]
    return workspace.analyse(Request(scene, models=(NAMES["nddr"],), device="cpu", working_size=LESS))


@pytest.fixture(scope="module")
def client(workspace: Workspace) -> TestClient:
    return TestClient(FastAPI(**serving(workspace)))


def test_a_document_leads_to_values_that_are_the_traces(client: TestClient, analysis: Analysis) -> None:
    manifest = client.get(f"/vizlab/document/{analysis.key}").json()
    entry = next(e for e in manifest["layers"] if e["key"] == f"{NAMES['nddr']}|depth")
    answer = client.get(f"/vizlab/values/{analysis.key}/{entry['values']['id']}")
    assert "immutable" in answer.headers["cache-control"]
    found = unpack(Packed(answer.content, "numbers", tuple(entry["shape"]), 1))[0]
    stride, offset = manifest["sampling"]["stride"], manifest["sampling"]["offset"]
    depth = analysis.traces[NAMES["nddr"]].predictions["depth"].value  # type: ignore[union-attr]
    assert np.abs(found - depth[offset::stride, offset::stride]).max() <= 0.5 * 10.0 ** -entry["digits"] + 1e-6


def test_values_are_packed_once(client: TestClient, analysis: Analysis) -> None:
    """Their bytes are gzip already: the answer is not gzip of gzip, and not unpacked on the way."""
    manifest = client.get(f"/vizlab/document/{analysis.key}").json()
    entry = next(e for e in manifest["layers"] if e["kind"] == "classes" and e["values"])
    answer = client.get(f"/vizlab/values/{analysis.key}/{entry['values']['id']}", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert len(gzip.decompress(answer.content)) == entry["shape"][0] * entry["shape"][1]


def test_a_document_that_is_known_is_not_sent_again(client: TestClient, analysis: Analysis) -> None:
    first = client.get(f"/vizlab/document/{analysis.key}")
    again = client.get(f"/vizlab/document/{analysis.key}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["content-encoding"] == "gzip"
    json.dumps(first.json(), allow_nan=False)


@pytest.mark.parametrize("path", ["document/nobody", "values/nobody/x", "values/{key}/x"])
def test_what_is_not_there_is_a_sentence(client: TestClient, analysis: Analysis, path: str) -> None:
    answer = client.get("/vizlab/" + path.format(key=analysis.key))
    assert answer.status_code == 404
    assert answer.text.endswith(".")
    assert "Traceback" not in answer.text


def test_the_viewer_may_be_kept_and_another_one_has_another_address(client: TestClient) -> None:
    answer = client.get(f"/{viewer_address()}", headers={"Accept-Encoding": "gzip"})
    assert answer.content == viewer_script()
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert "javascript" in answer.headers["content-type"]
