"""Which names the page answers to, and which sites may have a browser call it."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from vizlab.errors import InputError
from vizlab.page.app_builder import _as_launched
from vizlab.page.guard.exposure import answered_names, check_exposure, guarded
from vizlab.page.guard.hosts import Hosts, bare
from vizlab.page.settings import Settings, parse_settings
from vizlab.page.turns import Turns


def client_at(settings: Settings) -> TestClient:
    """An app with one page, guarded as the settings ask."""
    app = FastAPI(**guarded({}, settings, Turns()))
    app.add_api_route("/", lambda: "page", methods=["GET", "POST"])
    app.add_api_route("/gradio_api/upload", lambda: "stored", methods=["POST"])
    return TestClient(app)


@pytest.fixture(scope="module")
def local() -> TestClient:
    return client_at(Settings())


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "localhost.", "[::1]:7860", "127.8.9.10", "localhost:1"]
)
def test_this_machine_is_answered(local: TestClient, host: str) -> None:
    assert local.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["attacker.example", "attacker.example:7860", "127.0.0.1.attacker.example", "localhost.attacker.example",
     "192.168.1.5:7860", "", "127.0.0.1:port", "user@127.0.0.1", "127.0.0.1/x", "127.0.0.1, attacker.example"],
)  # fmt: skip
def test_another_name_for_this_machine_is_not(local: TestClient, host: str) -> None:
    """What a site gets that lets its own name mean 127.0.0.1."""
    answer = local.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.text == "This page does not answer to that name; its operator can allow it with --allowed-host."
    forwarded = {"Host": "localhost", "X-Forwarded-Host": host}
    assert local.get("/", headers=forwarded).status_code == 421


HOME = "127.0.0.1:7860"


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://127.0.0.1:7860", 200), ("https://127.0.0.1:7860", 200), ("http://127.0.0.1:3000", 403),
     ("http://127.0.0.1", 403), ("http://localhost:7860", 403), ("https://attacker.example", 403), ("null", 403),
     ("https://attacker.example:7860", 403), ("file://", 403), ("", 403),
     ("http://[", 403), ("http://[::1]:x", 403),
     ("http://127.0.0.1:7860.attacker.example", 403), ("http://attacker.example@127.0.0.1:7860", 403)],
)  # fmt: skip
def test_a_foreign_site_sends_nothing_here(local: TestClient, origin: str, status: int) -> None:
    headers = {"Host": HOME, "Origin": origin}
    assert local.post("/gradio_api/upload", headers=headers).status_code == status
    assert local.get("/", headers=headers).status_code == status


def test_a_link_on_a_foreign_site_leads_here_and_nothing_else_does(local: TestClient) -> None:
    headers = {"Host": HOME, "Sec-Fetch-Site": "cross-site"}
    assert local.get("/", headers={**headers, "Sec-Fetch-Mode": "navigate"}).status_code == 200
    for mode in ("no-cors", "cors", "websocket"):
        assert local.get("/", headers={**headers, "Sec-Fetch-Mode": mode}).status_code == 403
    same = {"Host": HOME, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert local.get("/", headers=same).status_code == 200


def test_names_that_the_operator_gave() -> None:
    client = client_at(Settings(host="0.0.0.0", allowed_hosts=("Lab.example.org", "*.hf.space")))

    def status(host: str, origin: str = "") -> int:
        return client.get("/", headers={"Host": host, **({"Origin": origin} if origin else {})}).status_code

    named = [status(h) for h in ("lab.example.org", "lab.example.org:443", "a.hf.space", "localhost")]
    others = [status(h) for h in ("hf.space", "a.b.hf.space", "example.org", "x.lab.example.org", "evil-hf.space")]
    assert (named, others) == ([200] * 4, [421] * 5)
    # Behind a proxy that speaks for the browser, and drops the port or keeps its own.
    assert status("lab.example.org", "https://lab.example.org") == 200
    assert status("lab.example.org:7860", "https://lab.example.org") == 200
    assert status("127.0.0.1:7860", "https://lab.example.org") == 200
    assert status("lab.example.org", "https://attacker.example") == 403


def test_an_address_to_listen_on_is_a_name() -> None:
    assert answered_names(Settings(host="192.168.1.5", allowed_hosts=("a.org",))) == ("a.org", "192.168.1.5")
    assert answered_names(Settings(host="0.0.0.0", allowed_hosts=("a.org",))) == ("a.org",)
    assert answered_names(Settings()) == ()
    assert answered_names(Settings(host="0.0.0.0", open=True)) is None


def test_an_open_page_answers_to_all_names_but_not_to_other_sites() -> None:
    client = client_at(Settings(host="0.0.0.0", open=True))
    assert client.get("/", headers={"Host": "any.example"}).status_code == 200
    assert client.post("/", headers={"Host": "any.example", "Origin": "http://any.example"}).status_code == 200
    assert client.post("/", headers={"Host": "any.example", "Origin": "http://other.example"}).status_code == 403
    assert client.get("/", headers={"Host": "any.example/x"}).status_code == 421


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "lab.example.org", ""])
def test_others_reach_the_page_only_if_somebody_said_who_may(host: str, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InputError, match="nothing says who may: give --auth FILE or --allowed-host NAME, or --open"):
        check_exposure(Settings(host=host))
    check_exposure(Settings(host=host, allowed_hosts=("lab.example.org",)))
    check_exposure(Settings(host=host), asks=True)
    assert caplog.messages == []
    check_exposure(Settings(host=host, open=True))
    assert [("is open" in said, "--allowed-host" in said) for said in caplog.messages] == [(True, True)]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_this_machine_alone_needs_no_leave(host: str, caplog: pytest.LogCaptureFixture) -> None:
    check_exposure(Settings(host=host))
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["", "a/b", "https://a.org", "a b@c", "*."])
def test_what_is_no_host_is_said(name: str) -> None:
    with pytest.raises(InputError, match="is no host's name"):
        Hosts.of([name])


@pytest.mark.parametrize("site", ["example.org", "http://[", "https://example.org:port"])
def test_what_is_no_site_is_said(site: str) -> None:
    with pytest.raises(InputError, match="is no site; expected one such as"):
        check_exposure(Settings(embed_in=(site,)))


def test_options_that_are_given_again_and_their_variables() -> None:
    env = {"VIZLAB_ALLOWED_HOST": "a.org, b.org", "VIZLAB_OPEN": "1", "VIZLAB_EMBED_IN": "https://huggingface.co"}
    found = parse_settings([], env)
    assert (found.allowed_hosts, found.open) == (("a.org", "b.org"), True)
    assert found.embed_in == ("https://huggingface.co",)
    given = parse_settings(["--allowed-host", "c.org", "--allowed-host", "d.org", "--no-open"], env)
    assert (given.allowed_hosts, given.open) == (("c.org", "d.org"), False)
    assert parse_settings([], {}).allowed_hosts == ()


def test_a_shared_link_is_a_name_too() -> None:
    assert "*.gradio.live" in _as_launched(Settings(), {"share": True}).allowed_hosts
    assert _as_launched(Settings(), {}).allowed_hosts == ()


def test_bare_names() -> None:
    assert [bare(h) for h in ("A.org:80", "[::1]:80", "a.org.", "a.org:x", "a:1:2")] == [
        "a.org",
        "::1",
        "a.org",
        "",
        "",
    ]
