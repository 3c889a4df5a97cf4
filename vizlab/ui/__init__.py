"""The page: Gradio on top of views. Nothing below imports it."""

from vizlab.ui.app_builder import build_app, launch_options
from vizlab.ui.settings import Settings, parse_settings

__all__ = ["Settings", "build_app", "launch_options", "parse_settings"]
