"""What one visitor brought or was answered is not another's, whatever he guesses."""

import re
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from gradio.context import LocalContext

import vizlab.page.workspace as workspace_module
from tests.conftest import make_model
from tests.page.page_process import corner
from vizlab.core.door import save_checkpoint
from vizlab.errors import InputError
from vizlab.page.guard.visit import NOBODY, Visit, carried, visit, visiting
from vizlab.page.kit.analysis import Picture, Request
from vizlab.page.settings import Settings
from vizlab.page.shelf import ModelShelf
from vizlab.page.workspace import Workspace
from vizlab.rgbd import RGBDImage, rgbd_from_arrays


def checkpoint(path: Path, **card: object) -> Path:
    model = make_model("cen")
    path.parent.mkdir(exist_ok=True)
    save_checkpoint(path, model.network, model.config, card)
    return path


def may(shelf: ModelShelf, name: str, who: str) -> bool:
    try:
        shelf.check((name,), who)
    except InputError:
        return False
    return True


def test_an_uploaded_checkpoint_is_its_owners(tmp_path: Path) -> None:
    checkpoint(tmp_path / "shipped" / "a.safetensors", number=0)
    shelf, file = ModelShelf(tmp_path / "shipped"), checkpoint(tmp_path / "one" / "mine.safetensors", number=1)
    with visiting(Visit("ada")):
        name = shelf.add_upload(file)
    assert [may(shelf, name, who) for who in ("ada", "bob", "")] == [True, False, False]
    assert may(shelf, "a", "bob")
    with pytest.raises(InputError) as closed:
        shelf.check(("a", name), "bob")
    with pytest.raises(InputError) as unknown:
        shelf.get("unheard")
    assert str(closed.value) == str(unknown.value).replace("unheard", name)  # no word that there is one
    assert shelf.get(name).name == name  # who has the key of an analysis goes on with its networks


def test_who_has_the_same_file_owns_it_as_well(tmp_path: Path) -> None:
    file = checkpoint(tmp_path / "one" / "mine.safetensors")
    again = tmp_path / "two.safetensors"
    again.write_bytes(file.read_bytes())
    shelf = ModelShelf(tmp_path / "none", tmp_path / "one")
    with visiting(Visit("ada")):
        name = shelf.add_upload(file)
    with visiting(Visit("bob")):
        assert shelf.add_upload(again) == name
    assert [may(shelf, name, who) for who in ("ada", "bob", "eve")] == [True, True, False]
    with visiting(Visit("eve")):
        assert shelf.add_from_folder("mine.safetensors") == name  # which the operator offers to everybody
    assert may(shelf, name, "anybody")


def test_an_operators_file_is_everybodys(tmp_path: Path) -> None:
    checkpoint(tmp_path / "own" / "b.safetensors")
    shelf = ModelShelf(tmp_path / "none", tmp_path / "own")
    with visiting(Visit("ada")):
        name = shelf.add_from_folder("b.safetensors")
    assert may(shelf, name, "bob")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(Settings(checkpoints=tmp_path / "none"))


def test_a_guessed_name_is_refused_before_anything_is_read(workspace: Workspace, tmp_path: Path) -> None:
    with visiting(Visit("ada")):
        name = workspace.shelf.add_upload(checkpoint(tmp_path / "one" / "mine.safetensors"))
    request = Request(scene="no scene of that name", models=(name,))
    for ask in (workspace.analyse, workspace.key_of):
        with visiting(Visit("bob")), pytest.raises(InputError, match=f"No network is called '{name}' here"):
            ask(request)
        with visiting(Visit("ada")), pytest.raises(InputError, match="There is no picture"):
            ask(request)


def picture() -> Picture:
    colour, depth = corner()
    return Picture("public", rgbd_from_arrays(colour[:48, :64], depth[:48, :64]), None)


def test_a_key_is_the_same_here_and_nobody_works_it_out_elsewhere(tmp_path: Path) -> None:
    """Another process that knows picture, settings and networks finds another key."""
    here, there = (Workspace(Settings(checkpoints=tmp_path)) for _ in range(2))
    request, shown = Request(scene="public"), picture()
    key = here._key(shown, request, [])
    assert re.fullmatch("[0-9a-f]{32}", key)
    assert key == here._key(picture(), replace(request), [])
    assert key != here._key(shown, replace(request, precision="float32"), [])
    assert key != there._key(shown, request, [])


def test_the_pictures_are_equal() -> None:
    """The test above would say nothing otherwise."""
    assert isinstance(picture().rgbd, RGBDImage)
    assert picture().rgbd.digest == picture().rgbd.digest


def test_who_waits_holds_no_picture(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture weighs up to some hundred MB and many may wait: it is read again when its turn has come."""
    read, waits = [], threading.Event()
    monkeypatch.setattr(workspace, "read", lambda request: (read.append(request.scene), picture())[1])
    monkeypatch.setattr(workspace.shelf, "loaded", lambda names: [])
    monkeypatch.setattr(workspace_module, "_run", lambda key, *others: SimpleNamespace(nbytes=1, key=key))
    workspace.analyse(Request(scene="at once", models=("any",)))
    asked = Request(scene="later", models=("any",), precision="float32")

    def step(done: float, what: str) -> None:
        if what.startswith("waiting"):
            waits.set()

    with workspace.turns.taken():
        thread = threading.Thread(target=workspace.analyse, args=(asked, step))
        thread.start()
        assert waits.wait(20)
    thread.join(20)
    assert read == ["at once", "later", "later"]


def test_whom_an_event_is_for() -> None:
    """A user by his name in every browser, else the session; another thread works for nobody unless it is told."""
    assert visit() == NOBODY
    request = SimpleNamespace(username=None, session_hash="abc")
    token = LocalContext.request.set(request)  # type: ignore[arg-type]
    try:
        assert visit().who == "abc"
        request.username = "ada"
        assert visit().who == "user ada"
        found: list[str] = []
        for do in (lambda: found.append(visit().who), carried(lambda: found.append(visit().who))):
            thread = threading.Thread(target=do)
            thread.start()
            thread.join()
        assert found == ["", "user ada"]
    finally:
        LocalContext.request.reset(token)
    assert visit() == NOBODY


def test_an_event_that_nobody_waits_for_is_gone() -> None:
    event = SimpleNamespace(alive=True)
    queue = SimpleNamespace(event_ids_to_events={"e": event})
    tokens = LocalContext.event_id.set("e"), LocalContext.blocks.set(SimpleNamespace(_queue=queue))  # type: ignore[arg-type]
    try:
        asked = visit()
        assert not asked.gone()
        event.alive = False
        assert asked.gone()
        queue.event_ids_to_events.clear()
        assert not asked.gone()
    finally:
        LocalContext.event_id.reset(tokens[0])
        LocalContext.blocks.reset(tokens[1])


def test_a_visitor_is_gradios(tmp_path: Path) -> None:
    """The names this rests on are there in the Gradio that is installed."""
    assert {"session_hash", "username"} <= set(gr.Request(session_hash="a", username="b").__dict__)
