"""Parts: a mesh with its material and its class; furniture is a list of them.

Every piece of furniture is built with its back in the plane y = 0, facing -y, centred in x and standing on z = 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from vizlab.scenes.materials import Material
from vizlab.scenes.meshes import Mesh


@dataclass(frozen=True)
class Part:
    """One body of one material and one class (a name out of `NYU40_CLASSES`)."""

    mesh: Mesh
    material: Material
    label: str


Parts = list[Part]


def moved(parts: Sequence[Part], x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Parts:
    """All parts shifted by metres."""
    return [replace(part, mesh=part.mesh.moved(x, y, z)) for part in parts]


def turned(parts: Sequence[Part], degrees: float, axis: str = "z") -> Parts:
    """All parts turned about a coordinate axis."""
    return [replace(part, mesh=part.mesh.turned(degrees, axis)) for part in parts]
