"""One application for all pages of a cluster: found, awaited or deployed once; and what is said where it fails."""

import threading

import pytest

from tests.scale.made_ray import NAME, MadeCluster, Word
from vizlab.errors import InputError
from vizlab.page.scale import application
from vizlab.page.scale.application import State, last_line, running

PLACE = "the Ray cluster at 'made:1'"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for comes at once, or never."""
    monkeypatch.setattr(application, "LOOKS_EVERY", 0.001)
    monkeypatch.setattr(application, "STARTS", 0.5)


def start(cluster: MadeCluster, who: str = "a", alone: bool = False) -> State:
    ray, serve = cluster.page()
    return running(ray, serve, NAME, lambda: cluster.deploy(who), PLACE, alone)


def test_the_first_page_deploys_and_the_next_one_finds_it() -> None:
    cluster = MadeCluster()
    assert [start(cluster, who).count for who in ("a", "b")] == [2, 2]
    assert cluster.deployed == ["a"]
    assert not cluster.names


def test_a_page_that_comes_while_another_one_deploys_waits() -> None:
    """Its application is DEPLOYING, whose turn it is known: nothing is deployed over it."""
    cluster = MadeCluster(looks=5)
    cluster.deploy("a")
    cluster.names.add(f"{NAME} is being deployed")
    assert start(cluster, "b").count == 2
    assert cluster.deployed == ["a"]


def test_of_two_pages_that_start_at_once_one_deploys() -> None:
    """Both have seen that there is no application before either asks for its turn."""
    cluster, both, found = MadeCluster(), threading.Barrier(2, timeout=10), []

    def page(who: str) -> None:
        first = [True]

        def before_turn() -> None:
            if first:
                first.pop()
                both.wait()

        ray, serve = cluster.page(before_turn)
        found.append(running(ray, serve, NAME, lambda: cluster.deploy(who), PLACE, alone=False).count)

    threads = [threading.Thread(target=page, args=(who,)) for who in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert found == [2, 2]
    assert len(cluster.deployed) == 1


def test_who_had_its_turn_between_a_look_and_the_next_has_deployed() -> None:
    """A whole deployment of another page goes by just before this one gets its turn."""
    cluster = MadeCluster(looks=0)
    ray, serve = cluster.page(lambda: cluster.deploy("other") if not cluster.deployed else None)
    assert running(ray, serve, NAME, lambda: cluster.deploy("this"), PLACE, alone=False).count == 2
    assert cluster.deployed == ["other"]


@pytest.mark.parametrize("word", [Word.UNHEALTHY, Word.DEPLOYING])
def test_replicas_that_are_being_started_again_are_waited_for(word: Word) -> None:
    """Serve does so by itself, and other pages ask the ones that run."""
    cluster = MadeCluster()
    cluster.word, cluster._left = word, 10**6
    threading.Timer(0.05, lambda: setattr(cluster, "word", Word.RUNNING)).start()
    assert start(cluster).count == 2
    assert cluster.deployed == []


def test_a_deployment_that_failed_before_is_made_anew() -> None:
    cluster = MadeCluster()
    cluster.word = Word.DEPLOY_FAILED
    assert start(cluster).count == 2
    assert cluster.deployed == ["a"]


def test_a_replica_that_cannot_be_started_is_said_and_its_deployment_removed() -> None:
    why = "The deployment failed to start 2 times in a row. Error:\nTraceback\n  File x\nMemoryError: 3 GB\n"
    cluster = MadeCluster(then=Word.DEPLOY_FAILED, why=why)
    expected = (
        r"No replica could be started on the Ray cluster at 'made:1' \(MemoryError: 3 GB\); expected .* free memory .*"
        r"start it without --scale"
    )
    with pytest.raises(InputError, match=expected):
        start(cluster)
    assert (cluster.deployed, cluster.removed, cluster.names) == (["a"], 1, set())


def test_replicas_for_which_there_is_no_room_are_not_waited_for_for_ever() -> None:
    cluster = MadeCluster(looks=10**6, why="pending: {'CPU': 64.0}")
    expected = r"No replicas run .* after 0 s \(DEPLOYING: pending: \{'CPU': 64.0\}\); expected free cores.*--replicas"
    with pytest.raises(InputError, match=expected):
        start(cluster)
    assert (cluster.removed, cluster.names) == (1, set())


def test_who_only_waited_removes_nothing() -> None:
    cluster = MadeCluster(looks=10**6)
    cluster.deploy("other")
    cluster.names.add(f"{NAME} is being deployed")
    with pytest.raises(InputError, match="No replicas run"):
        start(cluster)
    assert cluster.removed == 0
    assert cluster.names


def test_what_serve_raises_is_said() -> None:
    cluster = MadeCluster()

    def failing() -> None:
        raise RuntimeError("no\nport 8000 is taken")

    ray, serve = cluster.page()
    with pytest.raises(InputError, match=r"No replica could be started on .* \(port 8000 is taken\)") as raised:
        running(ray, serve, NAME, failing, PLACE, alone=False)
    assert isinstance(raised.value.__cause__, RuntimeError)
    assert not cluster.names


def test_on_a_ray_of_its_own_a_page_asks_nobody_for_its_turn() -> None:
    cluster = MadeCluster(then=Word.DEPLOY_FAILED)
    ray, serve = cluster.page(lambda: pytest.fail("asked"))
    with pytest.raises(InputError, match=r"nothing was said why"):
        running(ray, serve, NAME, lambda: cluster.deploy("a"), PLACE, alone=True)
    assert cluster.removed == 0  # its Ray ends


def test_of_a_traceback_what_was_raised_is_told() -> None:
    assert last_line("Traceback\n  File\nOSError: gone\n\n") == "OSError: gone"
    assert len(last_line("x" * 9000)) == application.TOLD
