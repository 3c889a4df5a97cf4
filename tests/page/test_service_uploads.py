"""Whose an uploaded file is, how much of them there may be, and when they go."""

import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from vizlab.errors import InputError
from vizlab.page.guard.doors import OneDoor
from vizlab.page.service import uploads as uploads_module
from vizlab.page.service.folder import VARIABLE, PrivateFolder, UploadFolder, remove_left_over
from vizlab.page.service.uploads import GRACE, UNNAMED_KEPT, Uploads
from vizlab.page.service.watching import Watched

MB = 1_000_000


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def uploads(tmp_path: Path, clock: Clock) -> Uploads:
    return Uploads(tmp_path, of_one=3 * MB, of_all=5 * MB, now=clock)


def sent(uploads: Uploads, content: bytes, visitor: str = "a", name: str = "picture.png") -> Path:
    """A file as Gradio leaves it: in a folder that its content names."""
    path = uploads.folder / hashlib.sha256(content).hexdigest() / name
    uploads.coming(visitor, len(content))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    uploads.came(visitor, len(content), [str(path)])
    return path


def test_files_go_a_while_after_their_session(uploads: Uploads, clock: Clock) -> None:
    mine, others = sent(uploads, b"mine"), sent(uploads, b"others")
    uploads.opened("s")
    uploads.opened("t")
    uploads.named("s", "a", f"run {mine}")
    uploads.named("t", "a", f"run {others}")
    uploads.closed("s")
    clock.seconds += GRACE - 1
    assert uploads.sweep() == 0
    clock.seconds += 1
    assert uploads.sweep() == 1
    assert not mine.parent.exists()
    assert others.is_file()
    assert uploads.total_bytes == len(b"others")


def test_who_comes_back_in_time_keeps_his_files(uploads: Uploads, clock: Clock) -> None:
    path = sent(uploads, b"mine")
    uploads.opened("s")
    uploads.named("s", "a", str(path))
    uploads.closed("s")
    clock.seconds += GRACE / 2
    uploads.opened("s")
    clock.seconds += 100 * UNNAMED_KEPT
    assert uploads.sweep() == 0
    assert path.is_file()


def test_who_sends_the_same_file_as_one_who_leaves_still_has_it(uploads: Uploads, clock: Clock) -> None:
    """Both get one file, named by its content; the second has not run anything when the first is gone."""
    path = sent(uploads, b"a picture of the course")
    uploads.opened("s")
    uploads.named("s", "a", f"run {path}")
    uploads.closed("s")
    sent(uploads, b"a picture of the course", "b")
    clock.seconds += GRACE
    assert uploads.sweep() == 0
    assert path.is_file()
    uploads.opened("t")
    uploads.named("t", "b", f"run {path}")
    uploads.closed("t")
    clock.seconds += GRACE
    assert uploads.sweep() == 1


def test_a_folder_that_was_tidied_away_is_made_again(uploads: Uploads) -> None:
    uploads.folder.rmdir()
    uploads.coming("a", 1)
    assert uploads.folder.stat().st_mode & 0o777 == 0o700


def test_a_file_of_two_sessions_goes_with_the_last(uploads: Uploads, clock: Clock) -> None:
    path = sent(uploads, b"both")
    for session in ("s", "t"):
        uploads.opened(session)
        uploads.named(session, "a", str(path))
    uploads.closed("s")
    clock.seconds += 2 * GRACE
    uploads.sweep()
    assert path.is_file()
    uploads.closed("t")
    clock.seconds += 2 * GRACE
    uploads.sweep()
    assert not path.exists()


def test_what_no_session_named_goes_after_long(uploads: Uploads, clock: Clock) -> None:
    path = sent(uploads, b"nobody's")
    made = uploads.folder / "answer" / "site.png"
    made.parent.mkdir()
    made.write_bytes(b"made for somebody")
    clock.seconds += UNNAMED_KEPT - 1
    uploads.sweep()
    assert path.is_file()
    clock.seconds += 2
    uploads.sweep()
    assert not path.exists()
    assert made.is_file()  # was made just now
    os.utime(made, (0, 0))
    assert uploads.sweep() == 1
    assert not made.parent.exists()


def test_one_visitor_and_all_together_are_bounded(uploads: Uploads) -> None:
    sent(uploads, b"1" * 2 * MB, "a")
    with pytest.raises(InputError, match=r"take 2 MB .* 1\.5 MB more, of 3 MB"):
        uploads.coming("a", 3 * MB // 2)
    sent(uploads, b"2" * 2 * MB, "b")
    with pytest.raises(InputError, match="holds 4 MB of files of all its visitors, of 5 MB"):
        uploads.coming("c", 2 * MB)
    uploads.coming("c", MB)


def test_one_file_of_two_visitors_counts_for_both_and_once_for_the_page(uploads: Uploads, clock: Clock) -> None:
    """Each may send 3 MB, all together 5: 2 MB that both sent leave either 1 MB, and the page 3."""
    path = sent(uploads, b"1" * 2 * MB, "a")
    sent(uploads, b"1" * 2 * MB, "b")
    assert uploads.total_bytes == 2 * MB
    for visitor in "ab":
        with pytest.raises(InputError, match=r"take 2 MB .* 1\.1 MB more, of 3 MB"):
            uploads.coming(visitor, 11 * MB // 10)
    # The first leaves: the file stays for the second, and no longer counts for the first.
    for session, visitor in (("s", "a"), ("t", "b")):
        uploads.opened(session)
        uploads.named(session, visitor, str(path))
    uploads.closed("s")
    clock.seconds += GRACE
    assert uploads.sweep() == 0
    uploads.coming("a", 3 * MB)
    uploads.came("a", 3 * MB, [])
    with pytest.raises(InputError, match="take 2 MB"):
        uploads.coming("b", 2 * MB)


def test_a_file_counts_for_who_names_it_without_having_sent_it(uploads: Uploads) -> None:
    path = sent(uploads, b"1" * 2 * MB, "a")
    uploads.named("t", "c", str(path))
    with pytest.raises(InputError, match="take 2 MB"):
        uploads.coming("c", 2 * MB)


def test_who_sent_a_file_and_never_named_it_is_forgotten_after_long(uploads: Uploads, clock: Clock) -> None:
    path = sent(uploads, b"1" * 2 * MB, "a")
    clock.seconds += UNNAMED_KEPT / 2
    uploads.opened("t")
    uploads.named("t", "b", str(path))
    clock.seconds += UNNAMED_KEPT / 2 + 1
    assert uploads.sweep() == 0
    uploads.coming("a", 3 * MB)


def test_what_is_being_sent_counts_until_it_has_come_or_failed(uploads: Uploads) -> None:
    uploads.coming("a", 2 * MB)
    with pytest.raises(InputError, match="keeps for one visitor"):
        uploads.coming("a", 2 * MB)
    uploads.came("a", 2 * MB, [])
    uploads.coming("a", 2 * MB)


def test_a_full_disk_is_said(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("usage", (), {"free": 100})
    monkeypatch.setattr(uploads_module.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(InputError, match="disk is full"):
        uploads.coming("a", 10)


def test_files_elsewhere_are_never_taken_for_uploads(uploads: Uploads, tmp_path: Path, clock: Clock) -> None:
    other = tmp_path.parent / "other.txt"
    other.write_text("not ours")
    uploads.came("a", 0, [str(other), "/etc/passwd", "relative"])
    clock.seconds += 10 * UNNAMED_KEPT
    uploads.sweep()
    assert other.is_file()
    assert uploads.total_bytes == 0


# What passes by


@pytest.fixture
def client(uploads: Uploads) -> TestClient:
    async def upload(request: Request) -> JSONResponse:
        content = await request.body()
        path = uploads.folder / hashlib.sha256(content).hexdigest() / "f"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return JSONResponse([str(path)])

    async def join(request: Request) -> JSONResponse:
        return JSONResponse(await request.json())

    async def heartbeat(request: Request) -> StreamingResponse:
        async def beats():  # type: ignore[no-untyped-def]
            yield str(uploads.sessions)

        return StreamingResponse(beats())

    routes = [
        Route("/gradio_api/upload", upload, methods=["POST"]),
        Route("/gradio_api/queue/join", join, methods=["POST"]),
        Route("/gradio_api/heartbeat/{session}", heartbeat),
    ]
    passed = [Middleware(OneDoor, busy_words=str), Middleware(Watched, uploads=uploads)]
    return TestClient(Starlette(routes=routes, middleware=passed))


def test_an_upload_an_event_and_a_closed_page_end_in_no_file(
    client: TestClient, uploads: Uploads, clock: Clock
) -> None:
    path = client.post("/gradio_api/upload?upload_id=1", content=b"pixels").json()[0]
    assert uploads.total_bytes == len(b"pixels")
    said = {"session_hash": "s", "data": [{"path": path}]}
    assert client.post("/gradio_api/queue/join", json=said).json() == said  # the body arrives whole
    assert client.get("/gradio_api/heartbeat/s").text == "1"
    assert uploads.sessions == 0
    clock.seconds += GRACE
    uploads.sweep()
    assert not Path(path).exists()


def test_what_assistants_sent_goes_though_their_one_client_stays(
    client: TestClient, uploads: Uploads, clock: Clock
) -> None:
    path = client.post("/gradio_api/upload", content=b"pixels").json()[0]
    client.post("/gradio_api/queue/join", json={"session_hash": "all", "data": [{"path": path}]})
    assert client.get("/gradio_api/heartbeat/all", headers={"x-gradio-user": "mcp"}).text == "0"
    clock.seconds += UNNAMED_KEPT
    assert uploads.sweep() == 0
    clock.seconds += 1
    assert uploads.sweep() == 1


def test_an_upload_that_does_not_fit_is_not_read(client: TestClient, uploads: Uploads) -> None:
    refused = client.post("/gradio_api/upload", content=b"0" * 4 * MB)
    assert (refused.status_code, refused.text[-1]) == (413, ".")
    unknown = client.post("/gradio_api/upload", content=iter([b"0"]))  # type: ignore[arg-type]
    assert unknown.status_code == 411
    both = client.post(
        "/gradio_api/upload", content=iter([b"0"]),  # type: ignore[arg-type]
        headers={"Content-Length": "1", "Transfer-Encoding": "chunked"},
    )  # fmt: skip
    assert both.status_code == 411
    assert not list(uploads.folder.iterdir())


@pytest.mark.parametrize("body", [b"{}", b'{"session_hash": 3}', b'{"session_hash": null}'])
def test_events_that_say_nothing_of_files_pass(client: TestClient, body: bytes) -> None:
    assert client.post("/gradio_api/queue/join", content=body).json() == json.loads(body)


def test_an_event_is_read_once_before_gradio(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whoever stands there: the route of this test is the second."""
    read = []
    monkeypatch.setattr(json, "loads", lambda text, loads=json.loads: read.append(text) or loads(text))
    said = b'{"session_hash": "s", "data": []}'
    assert client.post("/gradio_api/queue/join", content=said).status_code == 200
    assert read == [said, said]


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 5000, b"[]"])
def test_events_that_are_none_do_not_pass(client: TestClient, body: bytes) -> None:
    assert client.post("/gradio_api/queue/join", content=body).status_code == 400


# The folder


def test_the_folder_is_private_and_goes_with_everything_in_it(tmp_path: Path) -> None:
    folder = PrivateFolder(tmp_path)
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    (folder.path / "deep" / "er").mkdir(parents=True)
    (folder.path / "deep" / "er" / "file").write_text("x")
    folder.remove()
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_without_a_base_nobody_else_reads_what_is_above_it_either() -> None:
    folder = PrivateFolder()
    try:
        assert stat.S_IMODE(folder.base.stat().st_mode) == 0o700
        assert folder.base.stat().st_uid == os.getuid()
    finally:
        folder.remove()


def test_where_no_folder_can_be_made_the_way_out_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"No folder for uploads can be made in .*; set GRADIO_TEMP_DIR"):
        PrivateFolder(tmp_path / "file" / "below")


def test_what_a_dead_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from vizlab.page.service.folder import PrivateFolder\n"
        "f = PrivateFolder(Path(sys.argv[1])); (f.path / 'upload.png').write_text('x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path(__file__).parents[2])
    (dead,) = tmp_path.glob("page-*-*[!.lock]")
    assert (dead / "upload.png").is_file()
    living = PrivateFolder(tmp_path)
    assert living.left_over == 1
    assert not dead.exists()
    theirs = tmp_path / "page-of-somebody"
    theirs.mkdir()
    assert remove_left_over(tmp_path) == 0
    assert theirs.is_dir()
    assert living.path.is_dir()
    living.remove()


def test_gradio_looks_there_for_as_long_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gradio.utils import get_upload_folder

    monkeypatch.setenv(VARIABLE, str(tmp_path))
    first = UploadFolder()
    assert get_upload_folder() == str(first.path)
    assert first.path.parent == tmp_path
    second = UploadFolder()
    assert second.path.parent == tmp_path  # not inside the first, with which it would go
    second.remove()
    assert get_upload_folder() == str(first.path)
    first.remove()
    assert get_upload_folder() == str(tmp_path)
