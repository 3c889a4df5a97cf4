"""Sample scenes of our own making: furnished rooms from a seed, path-traced, with exact depth, classes and normals.

`load_scene` reads the bundled ones and needs no renderer; `render_scene` makes them and needs the extra `render`.
"""

from vizlab.scenes.library import Scene, known_kinds, list_scenes, load_scene, render_scene
from vizlab.tasks import NYU40_CLASSES

__all__ = ["NYU40_CLASSES", "Scene", "known_kinds", "list_scenes", "load_scene", "render_scene"]
