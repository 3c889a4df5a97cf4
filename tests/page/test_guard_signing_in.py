"""Passwords are kept as hashes; who has not signed in sees the form that asks for one, and nothing else."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.page.guarded_app import Tiny, client_of
from vizlab.errors import InputError
from vizlab.page.app_builder import launch_options
from vizlab.page.guard import passwords, signing_in
from vizlab.page.guard.exposure import check_exposure, door_of
from vizlab.page.guard.passwords import Hashed, Users, read_users
from vizlab.page.guard.signing_in import Door
from vizlab.page.settings import Settings, parse_settings

RIGHT = "correct horse battery"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("auth") / "users.txt"
    lines = ["# who may", "", *(f"{name}:{Hashed.of(word).written()}" for name, word in (("ada", RIGHT), ("bob", "x")))]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_password_is_known_by_its_hash_alone(file: Path) -> None:
    users = read_users(file)
    assert len(users) == 2
    assert users.know("ada", RIGHT)
    for name, word in (("ada", "x"), ("ada", ""), ("ada", RIGHT + " "), ("bob", RIGHT), ("eve", RIGHT), ("", "")):
        assert not users.know(name, word), (name, word)
    assert RIGHT not in file.read_text()
    assert Hashed.of(RIGHT).written() != Hashed.of(RIGHT).written()  # a salt of its own


def test_the_hash_is_scrypts() -> None:
    """The third vector of RFC 7914, section 12, cut to the 32 bytes that are kept: a prefix, as PBKDF2 gives them."""
    digest = bytes.fromhex("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    assert Hashed(b"SodiumChloride", digest, 16384, 8, 1).fits("pleaseletmein")
    assert not Hashed(b"SodiumChloride", digest, 16384, 8, 1).fits("pleaseletmeout")


def test_an_unknown_name_costs_a_try_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    real = passwords._scrypt
    monkeypatch.setattr(passwords, "_scrypt", lambda *a: (tried.append(a[1]), real(*a))[1])
    assert not Users({}).know("eve", "x")
    assert len(tried) == 1


@pytest.mark.parametrize(
    "text",
    ["ada:secret", "ada", "ada:scrypt:16384:8:1:00:00", "ada:scrypt:x:8:1:" + "00" * 16 + ":" + "00" * 32,
     "ada:md5:16384:8:1:" + "00" * 16 + ":" + "00" * 32, ":scrypt:16384:8:1:" + "00" * 16 + ":" + "00" * 32,
     "ada:scrypt:3:8:1:" + "00" * 16 + ":" + "00" * 32, "ada:scrypt:1073741824:8:1:" + "00" * 16 + ":" + "00" * 32],
)  # fmt: skip
def test_a_line_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "users").write_text("# one\n" + text)
    with pytest.raises(InputError, match="line 2 is no user") as said:
        read_users(tmp_path / "users")
    assert "secret" not in str(said.value)


def test_a_file_that_is_none_is_said(tmp_path: Path, file: Path) -> None:
    for name, content in (("empty", b"# nobody\n"), ("bytes", b"\xff\xfe")):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "twice").write_text(file.read_text() + file.read_text())
    for name, said in (("empty", "names no user"), ("bytes", "cannot be read"), ("absent", "cannot be read"),
                       ("twice", "is there twice")):  # fmt: skip
        with pytest.raises(InputError, match=said):
            read_users(tmp_path / name)


def test_the_command_prints_a_line_that_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vizlab.page.guard.passwords", "ada"]
    done = subprocess.run(command, input=f"{RIGHT}\n", capture_output=True, text=True, check=True)
    (tmp_path / "users").write_text(done.stdout)
    assert read_users(tmp_path / "users").know("ada", RIGHT)
    assert RIGHT not in done.stdout


@pytest.mark.parametrize("name", ["a:b", "", " a", "a#", "a\nb"])
def test_a_name_that_would_break_the_file_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="no user's name"):
        passwords._named(name)


def test_the_settings_name_the_file(file: Path) -> None:
    settings = parse_settings(["--auth", str(file), "--host", "0.0.0.0"], {})
    check_exposure(settings)  # who may is said
    door = door_of(settings)
    assert door is not None
    options = launch_options(settings, door)
    assert options["auth"] == door.known
    assert options["mcp_server"] is False
    assert launch_options(Settings())["auth"] is None
    with pytest.raises(InputError, match="cannot be read"):
        door_of(parse_settings(["--auth", "/nowhere"], {}))


@pytest.fixture(scope="module")
def client(file: Path) -> Iterator[TestClient]:
    tiny = Tiny(Settings(auth=file))
    tiny.gate.set()
    with client_of(tiny, Door(read_users(file), wrong=0)) as client:
        client.app.add_route("/vizlab/document/key", lambda request: signing_in.refusal("", 200, "seen"))  # type: ignore[attr-defined]
        client.app.add_route("/health", lambda request: signing_in.refusal("", 200, "well"))  # type: ignore[attr-defined]
        yield client


CLOSED = [
    ("GET", "/config"), ("GET", "/vizlab/document/key"), ("GET", "/vizlab/export/k/report.html"), ("GET", "/metrics"),
    ("GET", "/gradio_api/info"), ("POST", "/gradio_api/upload"), ("POST", "/gradio_api/call/work"),
    ("POST", "/gradio_api/queue/join"), ("GET", "/gradio_api/queue/data?session_hash=s"),
    ("POST", "/gradio_api/cancel"), ("GET", "/gradio_api/heartbeat/s"), ("GET", "/gradio_api/file=/tmp/x"),
    ("POST", "/gradio_api/mcp/"), ("GET", "/monitoring"), ("GET", "/assets"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_who_has_not_signed_in_gets_nothing(client: TestClient, method: str, path: str) -> None:
    client.cookies.clear()
    answer = client.request(method, path, json={"data": ["x"]} if method == "POST" else None)
    assert answer.status_code == 401
    assert "Sign in first" in answer.text


def test_what_shows_the_form_is_open(client: TestClient) -> None:
    client.cookies.clear()
    page = client.get("/")
    assert page.status_code == 200
    assert '"auth_required":true' in page.text
    assert client.get("/health").status_code == 200
    assert client.get("/gradio_api/login_check").status_code == 401  # Gradio's own answer


def test_who_signs_in_is_let_in_and_out(client: TestClient) -> None:
    client.cookies.clear()
    for word in ("wrong", ""):
        assert client.post("/login", data={"username": "ada", "password": word or " "}).status_code == 400
    assert client.get("/vizlab/document/key").status_code == 401
    assert client.post("/login", data={"username": "ada", "password": RIGHT}).status_code == 200
    assert client.get("/vizlab/document/key").status_code == 200
    assert client.get("/config").json()["username"] == "ada"
    event = client.post("/gradio_api/call/work", json={"data": ["x"]}).json()["event_id"]
    assert '["worked on x"]' in client.get(f"/gradio_api/call/work/{event}").text
    cookies = dict(client.cookies)
    client.get("/logout", follow_redirects=False)
    client.cookies.update(cookies)
    assert client.get("/vizlab/document/key").status_code == 401  # the old cookie is worth nothing


def test_a_made_up_cookie_is_worth_nothing(client: TestClient) -> None:
    client.cookies.clear()
    name = f"access-token-unsecure-{client.app.cookie_id}"  # type: ignore[attr-defined]
    for value in ("", "x", "None", '"'):
        headers = {"Cookie": f"{name}={value}"}
        assert client.get("/vizlab/document/key", headers=headers).status_code == 401


def test_programs_send_name_and_password_for_the_pages_own_routes(client: TestClient) -> None:
    client.cookies.clear()
    for _ in range(2):  # the second from memory
        assert client.get("/vizlab/document/key", auth=("ada", RIGHT)).status_code == 200
    answer = client.get("/vizlab/document/key", auth=("ada", "wrong"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")
    for header in ("Basic", "Basic ?", "Basic YWRh", "Bearer x", ""):
        assert client.get("/vizlab/document/key", headers={"Authorization": header}).status_code == 401
    foreign = client.get("/vizlab/document/key", headers=[(b"Authorization", b"Basic \xe9")])
    assert foreign.status_code == 401
