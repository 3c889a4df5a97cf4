"""The components of the page without a server."""

import gradio as gr

from vizlab.page.page import Page
from vizlab.page.workspace import Workspace


def build_page(workspace: Workspace) -> Page:
    """The page of `workspace`, not served."""
    with gr.Blocks(analytics_enabled=False):
        return Page(workspace)
