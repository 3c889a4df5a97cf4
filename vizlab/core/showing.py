"""How a trace shows itself: core knows no viewer, so whoever has one says so here, once a process."""

from collections.abc import Callable
from typing import Any

from vizlab.errors import TraceError

_viewer: list[Callable[[Any, Any], Any]] = []


def use(viewer: Callable[[Any, Any], Any]) -> None:
    """Let traces be shown by `viewer`, which is called with a trace and its picture or None."""
    _viewer[:] = [viewer]


def shown(trace: Any, rgbd: Any) -> Any:
    """What the viewer makes of a trace; raises TraceError where there is none."""
    if not _viewer:
        raise TraceError("Nothing is installed that shows traces; `import vizlab` brings a viewer.")
    return _viewer[0](trace, rgbd)
