"""The secret of the results' keys: a process' own, or one that pages share."""

import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.scale.conftest import request_of
from vizlab.errors import InputError
from vizlab.page.scale.secret import BYTES, secret_of
from vizlab.page.settings import Settings, parse_settings
from vizlab.page.workspace import Workspace


def test_without_a_file_every_page_has_another() -> None:
    assert len(secret_of(None)) == BYTES
    assert secret_of(None) != secret_of(None)


def test_a_file_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """Many at once, as pages that are started together."""
    file, found = tmp_path / "secret", []
    barrier = threading.Barrier(8)

    def read() -> None:
        barrier.wait()
        found.append(secret_of(file))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert len(found[0]) == BYTES
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


def test_who_comes_second_takes_what_the_first_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    first = secret_of(file)
    with monkeypatch.context() as looked:
        looked.setattr(Path, "exists", lambda self: False)  # before the file was there
        assert secret_of(file) == first
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [(b"x" * BYTES, 0o640, r"mode 640\): chmod 600"), (b"x" * (BYTES - 1), 0o600, "has 31 bytes; expected 32")],
)
def test_a_file_that_is_no_secret_is_refused(tmp_path: Path, content: bytes, mode: int, words: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    file.chmod(mode)
    with pytest.raises(InputError, match=words):
        secret_of(file)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be read from '.*absent/secret' \(No such file"):
        secret_of(tmp_path / "absent" / "secret")


def test_pages_with_one_secret_give_one_question_one_key(settings: Settings, scene: str, tmp_path: Path) -> None:
    shared = replace(settings, secret_file=tmp_path / "secret")
    request = request_of("mti", scene=scene)
    first, second, other = (Workspace(one).key_of(request) for one in (shared, shared, settings))
    assert first == second
    assert other != first


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere", "ray://127.0.0.1:1", "127.0.0.1:99999999"])
def test_a_cluster_that_is_none_is_said(settings: Settings, address: str) -> None:
    with pytest.raises(InputError, match=f"no Ray cluster at '{address}'; expected auto or HOST:PORT"):
        Workspace(replace(settings, scale=address))


def test_a_wrong_secret_is_said_before_a_cluster_is_asked(settings: Settings, tmp_path: Path) -> None:
    """Else what was started there stays, and nobody has it to end it."""
    with pytest.raises(InputError, match="The secret cannot be read"):
        Workspace(replace(settings, scale="127.0.0.1:1", secret_file=tmp_path))


def test_options_of_scale() -> None:
    assert parse_settings([], {}).scale == ""
    assert parse_settings(["--scale"], {}).scale == "local"
    both = parse_settings(["--scale", "auto", "--replicas", "3", "--secret-file", "/s"], {})
    assert (both.scale, both.replicas, both.secret_file) == ("auto", 3, Path("/s"))
    assert parse_settings([], {"VIZLAB_SCALE": "local", "VIZLAB_REPLICAS": "2"}).replicas == 2
    for wrong in (["--replicas", "2"], ["--scale", "--replicas", "0"]):
        with pytest.raises(InputError, match="--replicas is how many --scale starts"):
            parse_settings(wrong, {})
