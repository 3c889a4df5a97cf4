"""Every button that stops something is wired to what stops it."""

from pathlib import Path

import gradio as gr

from vizlab.page import app_builder
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace


def test_every_stop_is_wired_to_one(tmp_path: Path) -> None:
    page = app_builder._page_of(Workspace(Settings(checkpoints=tmp_path)))
    buttons = [one for one in page.blocks.values() if isinstance(one, gr.Button) and one.value == "Stop"]
    assert len(buttons) >= 5  # each experiment's, and the scenes'
    for button in buttons:
        wired = [fn for fn in page.fns.values() if (button._id, "click") in fn.targets]
        assert [getattr(fn.fn, "__name__", "") for fn in wired] == ["stop"], button.elem_id
        assert wired[0].concurrency_limit is None or wired[0].concurrency_id != "networks"
