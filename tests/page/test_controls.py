"""The left column: the buttons of scenes."""

import re
from pathlib import Path

import pytest

from vizlab.page import controls
from vizlab.page.controls import scene_buttons
from vizlab.page.kit.images import THUMBNAIL_SIDE, data_uri
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace


def test_each_button_has_the_photograph_of_its_scene_which_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = Workspace(Settings(checkpoints=tmp_path))
    names = workspace.scenes()
    shown = scene_buttons(workspace, names[1])
    pictures = dict(re.findall(r'data-scene="(\w+)"><img src="([^"]+)"', shown))
    assert pictures == {name: data_uri(workspace.scene(name).rgb, THUMBNAIL_SIDE) for name in names}
    assert re.findall(r'vz-chosen" type="button" data-scene="(\w+)"', shown) == [names[1]]
    monkeypatch.setattr(controls, "data_uri", lambda *given: pytest.fail("read again"))
    assert scene_buttons(workspace, names[1]) == shown
