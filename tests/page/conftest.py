"""The page of whichever workspace a module makes."""

import gradio as gr
import pytest

from vizlab.page.page import Page
from vizlab.page.workspace import Workspace


@pytest.fixture(scope="module")
def page(workspace: Workspace) -> Page:
    with gr.Blocks(analytics_enabled=False):
        return Page(workspace)
