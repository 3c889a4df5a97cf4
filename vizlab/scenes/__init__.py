"""Sample scenes of our own making: furnished rooms from a seed, path-traced, with exact depth, classes and normals.

`load_scene` reads the bundled ones and needs no renderer; `render_scene` makes them and needs the extra `render`.
"""

from typing import TYPE_CHECKING, Any

from vizlab.scenes.library import Scene, list_scenes, load_scene
from vizlab.tasks import NYU40_CLASSES

if TYPE_CHECKING:
    from vizlab.scenes.making import known_kinds, render_scene

__all__ = ["NYU40_CLASSES", "Scene", "known_kinds", "list_scenes", "load_scene", "render_scene"]


def __getattr__(name: str) -> Any:
    """What makes scenes is imported when it is asked for: whoever only loads them needs no furniture."""
    if name not in ("known_kinds", "render_scene"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vizlab.scenes import making

    return getattr(making, name)
