"""The page: Gradio on top of views. Nothing below imports it."""

from vizlab.page.app_builder import build_app, launch, launch_options, main
from vizlab.page.settings import Settings, parse_settings

__all__ = ["Settings", "build_app", "launch", "launch_options", "main", "parse_settings"]
