"""The page: Gradio on top of views. Nothing below imports it.

Gradio is loaded with the first name that is taken from here: who runs networks for a page elsewhere needs none.
"""

import os
from typing import TYPE_CHECKING, Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when Gradio is imported: nothing is sent anywhere

if TYPE_CHECKING:
    from vizlab.page.app_builder import build_app, launch, launch_options, main
    from vizlab.page.settings import Settings, parse_settings

__all__ = ["Settings", "build_app", "launch", "launch_options", "main", "parse_settings"]


def __getattr__(name: str) -> Any:
    """What `__all__` names."""
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from vizlab.page import app_builder

    return getattr(app_builder, name)
