"""The layers of a document as a viewer has them: found by key, with the values that it decodes or makes.

The same arithmetic as `page/web/src/made.ts` and `geometry.ts`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vizlab.core.outputs import ENSEMBLE
from vizlab.errors import InputError, one_line
from vizlab.tasks import VOID
from vizlab.views.document import Document
from vizlab.views.layers import PHOTOGRAPH
from vizlab.views.packing import pack_numbers, unpack

MOST_CELLS = 48
Entry = Mapping[str, Any]
"""What a manifest says of one layer (`LayerInfo` in document.ts)."""


@dataclass(frozen=True, eq=False)
class Values:
    """`array` (h, w) or (h, w, 3): uint8 of classes and pictures, else float32, NaN where unknown.

    `cell` (height, width) is how many pixels of the picture one value covers, the first at the top left.
    """

    array: np.ndarray
    cell: tuple[float, float]


def entries(document: Document, cells: Sequence[str], most: int = MOST_CELLS) -> list[Entry]:
    """The layers of these keys, in this order. `*` stands for any text without a "|", and NAME|TASK for the answer
    where streams have one each: "*|semseg" is what every network says in the end.

    Raises InputError for one that there is not, and for more than a figure holds.
    """
    found: list[Entry] = []
    for wanted in cells:
        fitting = [entry for entry in document.manifest["layers"] if _fits(entry["key"], wanted)]
        if not fitting:
            raise InputError(f"There is no layer '{one_line(wanted, 80)}' in this analysis{_near(document, wanted)}.")
        found += [entry for entry in fitting if entry not in found or "*" not in wanted]
    if not 1 <= len(found) <= most:
        raise InputError(f"{len(found)} layers are asked for; expected 1 to {most}.")
    return found


def _fits(key: str, wanted: str) -> bool:
    pattern = "[^|]*".join(re.escape(part) for part in wanted.split("*"))
    return re.fullmatch(f"{pattern}(/{ENSEMBLE})?", key) is not None


def _near(document: Document, wanted: str) -> str:
    """Keys that end alike, as the end of a sentence."""
    ending = wanted.rpartition("|")[2].strip("*")
    alike = [entry["key"] for entry in document.manifest["layers"] if ending and entry["key"].endswith(ending)]
    some = alike or [entry["key"] for entry in document.manifest["layers"] if not entry["site"]]
    return f"; there are for instance {', '.join(some[:4])}"


def entry_of(document: Document, key: str) -> Entry:
    """The layer of exactly that key; raises InputError where there is none."""
    found = next((entry for entry in document.manifest["layers"] if entry["key"] == key), None)
    if found is None:
        raise InputError(f"There is no layer '{one_line(key, 80)}' in this analysis{_near(document, key)}.")
    return found


def values_of(document: Document, entry: Entry) -> Values:
    """What a viewer has of that layer: rounded to its digits, as it reads it out. A photograph is whole."""
    if entry["made"] is not None:
        first, second = (values_of(document, entry_of(document, key)) for key in entry["made"]["of"])
        return Values(_between(entry["made"]["by"], first, second), first.cell)
    layer = document.layers[entry["values"]["id"]]
    cell = (float(layer.cell[0]), float(layer.cell[1]))
    if layer.key == PHOTOGRAPH or entry["values"]["form"] == "bytes":
        return Values(layer.values, cell)
    planes = unpack(pack_numbers(layer.values, layer.digits)).astype(np.float32)
    return Values(planes[0] if layer.values.ndim == 2 else np.moveaxis(planes, 0, -1), cell)


def exact_values_of(document: Document, entry: Entry) -> Values:
    """The same as the trace holds them, not rounded."""
    if entry["made"] is not None:
        first, second = (exact_values_of(document, entry_of(document, key)) for key in entry["made"]["of"])
        return Values(_between(entry["made"]["by"], first, second), first.cell)
    layer = document.layers[entry["values"]["id"]]
    return Values(layer.values, (float(layer.cell[0]), float(layer.cell[1])))


def _between(by: str, first: Values, second: Values) -> np.ndarray:
    """What `made.ts` makes of two layers, on the first one's grid."""
    a, b = first.array, second.array[_under(first, second)]
    if by == "mismatch":
        unknown = (a == VOID) | (b == VOID)
        return np.where(unknown, np.float32(np.nan), (a != b).astype(np.float32))
    if by == "angle":
        return _angle(a, b)
    difference = b.astype(np.float32) - a.astype(np.float32)
    return np.abs(difference) if by == "absolute" else difference


def _under(first: Values, second: Values) -> tuple[np.ndarray, np.ndarray]:
    """For every value of the first grid, row and column of the second that cover the middle of its pixels."""
    places = []
    for axis in (0, 1):
        count, last = first.array.shape[axis], second.array.shape[axis] - 1
        middle = (np.arange(count) + 0.5) * first.cell[axis]
        places.append(np.minimum(last, np.floor(middle / second.cell[axis]).astype(int)))
    return np.ix_(*places)


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype(np.float64), b.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (a * b).sum(-1) / np.sqrt((a * a).sum(-1) * (b * b).sum(-1))
    return np.degrees(np.arccos(np.clip(cosine, -1, 1))).astype(np.float32)
