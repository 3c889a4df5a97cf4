"""What is kept of each visitor's session: what he set, and neither the page nor what it shows him."""

import asyncio
import contextlib
import gc
from typing import Any

import gradio as gr
import pytest
from gradio.blocks import Block
from gradio.state_holder import SessionState

from tests.page.test_guard_threads import in_a_thread
from vizlab.page.app_builder import PageApp, launch_options
from vizlab.page.settings import Settings

SHOWN = "what the page shows"


def made(page: Any) -> Any:
    """A page on which a click counts, shows a long text, and hides a box."""
    with page:
        count, box, text = gr.State(0), gr.Textbox(label="box"), gr.HTML()
        gr.Button().click(
            lambda n, said: (n + 1, SHOWN + said * 1000, gr.update(visible=False)), [count, box], [count, text, box]
        )
    page.queue()
    return page


@pytest.fixture
def page() -> PageApp:
    return made(PageApp(None, analytics_enabled=False))  # type: ignore[arg-type]


def click(page: Any, session: SessionState) -> Any:
    """What that session's browser is answered with."""

    async def process() -> Any:
        return await page.process_api(page.fns[0], [None, "said"], session, root_path="http://here")

    found: list[Any] = []
    in_a_thread(lambda: found.append(asyncio.run(process())))
    return found[0]["data"]


def described(page: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many components are described for a visitor who comes."""
    asked: list[Block] = []
    own = Block.get_config
    with monkeypatch.context() as patched:
        patched.setattr(Block, "get_config", lambda self, cls=None: asked.append(self) or own(self, cls))
        SessionState(page)
    return len(asked)


def test_a_visitor_who_comes_has_nothing_described(page: PageApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would keep the event loop, and with it everybody."""
    assert described(made(gr.Blocks(analytics_enabled=False)), monkeypatch) >= 4  # else this counts nothing
    assert described(page, monkeypatch) == 0
    kinds = {one["type"] for one in page.get_config_file()["components"]}  # which the page itself is made of
    assert kinds >= {"state", "textbox", "html", "button"}


def test_what_a_visitor_sees_is_not_kept(page: PageApp) -> None:
    session = SessionState(page)
    answer = click(page, session)
    assert SHOWN in str(answer)
    del answer
    seen, waiting = set(), [session.config_values, session.state_data]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen and not isinstance(one, type):
            seen.add(id(one))
            assert not (isinstance(one, str) and SHOWN in one)
            waiting += gc.get_referents(one)


def test_visitors_are_apart(page: PageApp) -> None:
    """What one counts and hides is his alone."""
    one, other = SessionState(page), SessionState(page)
    click(page, one)
    click(page, one)
    count, box = page.fns[0].inputs
    assert (one[count._id], other[count._id]) == (2, 0)
    assert (one[box._id].visible, other[box._id].visible, box.visible) == (False, True, True)
    click(page, other)
    assert (one[count._id], other[count._id]) == (2, 1)


def test_sessions_are_bounded() -> None:
    """Gradio keeps ten thousand, also of those who have left."""
    assert launch_options(Settings())["state_session_capacity"] <= 1000


def test_no_table_is_made_of_events(page: PageApp, monkeypatch: pytest.MonkeyPatch) -> None:
    def tables(queue: Any) -> int:
        made: list[Any] = []
        with monkeypatch.context() as patched:
            patched.setattr(queue, "_get_df", lambda records: made.extend(records))
            queue.events_recorded = 5
            with contextlib.suppress(AttributeError):  # there is no table to go on with
                queue.compute_analytics_summary([{"function": "f"}])
        return len(made)

    assert tables(made(gr.Blocks(analytics_enabled=False))._queue) == 1  # else this counts nothing
    assert tables(page._queue) == 0
