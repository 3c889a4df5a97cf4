"""All classes of one analysis in one table: networks that tell other things apart have a part of it each.

A viewer has one list of classes to name, colour and highlight. The classes that most networks here have begin it, so
that their indices are the network's own; others (parts of people, PASCAL's beside NYUv2's) follow.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from vizlab.tasks import VOID, same_classes
from vizlab.views.layers import Layer
from vizlab.views.palettes import Palette, class_colours, hex_of

PALETTES: tuple[Palette, ...] = ("voc", "safe")


@dataclass(frozen=True)
class ClassTable:
    """Where the classes of each set of names begin; sets that mean the same by an index begin at one place."""

    starts: Mapping[tuple[str, ...], int]

    def start(self, names: tuple[str, ...]) -> int:
        """The place of the first of these classes; 0 for classes without names, which nobody tells from others."""
        return next((start for known, start in self.starts.items() if same_classes(known, names)), 0)

    def placed(self, layer: Layer) -> Layer:
        """The layer with its values as places in the table; 255 stays."""
        start = self.start(layer.classes) if layer.kind == "classes" else 0
        if not start:
            return layer
        return replace(layer, values=np.where(layer.values == VOID, VOID, layer.values + start).astype(np.uint8))

    def to_dict(self) -> dict[str, Any]:
        """Names and colours in order. Where nothing is named, there are colours alone."""
        names = [name for known in self.starts for name in known]
        colours = {p: [c for known in self.starts for c in _colours(known, p)] or _colours((), p) for p in PALETTES}
        return {"names": names, "palettes": colours}


def class_table(layers: Iterable[Layer]) -> ClassTable:
    """For these layers, the classes of semseg before others, longer lists before shorter ones of the same task."""
    of_classes = [layer for layer in layers if layer.kind == "classes" and layer.classes]
    ordered = sorted(of_classes, key=lambda layer: (layer.task != "semseg", layer.task, -len(layer.classes)))
    starts: dict[tuple[str, ...], int] = {}
    for names in (layer.classes for layer in ordered):
        used = sum(map(len, starts))
        if not any(same_classes(known, names) for known in starts) and used + len(names) <= VOID:
            starts[names] = used
    return ClassTable(starts)


def _colours(names: tuple[str, ...], palette: Palette) -> list[str]:
    return [hex_of(colour) for colour in class_colours(palette, names)[: len(names) or VOID]]
