"""Numbers as files: the values of layers as CSV and NPZ, and what every site mixed as one table.

They are the trace's own, not rounded as a viewer keeps them; a CSV has the shortest decimal of each float32.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.report.figures import title_of
from vizlab.report.layers import Entry, entries, exact_values_of
from vizlab.report.material import Material, Traces, document_of, material
from vizlab.rgbd import RGBDImage
from vizlab.tasks import VOID
from vizlab.views.document import Document
from vizlab.views.flow import flow
from vizlab.views.layers import PHOTOGRAPH

MOST_LAYERS = 2000
PLANES = {"normals": ("x", "y", "z"), "colour": ("red", "green", "blue")}
LAYER_COLUMNS = ("layer", "row", "column", "plane", "value", "class")
SITE_COLUMNS = (
    "network", "site", "order", "stage", "kind", "channels", "target", "source", "share", "energy",
    "same_for_every_picture", "share_from_others", "share_from_others_after_activation", "part_of_mean",
)  # fmt: skip


def layers_csv(
    source: Document | Material | Traces, cells: Sequence[str], rgbd: RGBDImage | None = None
) -> Iterator[str]:
    """A table of the layers `cells`, line by line: one value a line, in reading order, empty where unknown.

    `row` and `column` count the layer's own cells from the top left; the NPZ says how many pixels of the picture one
    covers. Beside other layers the photograph is left out: it has a million values, and is a picture. Raises InputError
    for a layer that there is not, before the first line.
    """
    document = document_of(source, rgbd)
    found = entries(document, cells, most=MOST_LAYERS)
    return _lines(document, [entry for entry in found if entry["key"] != PHOTOGRAPH] or found)


def _lines(document: Document, found: Sequence[Entry]) -> Iterator[str]:
    yield ",".join(LAYER_COLUMNS) + "\n"
    names = document.manifest["classes"]["names"]
    for entry in found:
        yield from _layer_lines(entry, exact_values_of(document, entry).array, names)


def _layer_lines(entry: Entry, values: np.ndarray, names: Sequence[str]) -> Iterator[str]:
    key = _quoted(entry["key"])
    planes = PLANES.get(entry["kind"], ("",))
    is_class = entry["kind"] == "classes"
    for row in range(values.shape[0]):
        parts = []
        for column, value in enumerate(values[row].reshape(values.shape[1], -1)):
            for plane, number in zip(planes, value, strict=True):
                word = _quoted(_class(int(number), names)) if is_class else ""
                parts.append(f"{key},{row},{column},{plane},{_number(number)},{word}\n")
        yield "".join(parts)


def _class(index: int, names: Sequence[str]) -> str:
    return "void" if index == VOID else names[index] if index < len(names) else f"class {index}"


def _number(value: np.generic | float | None) -> str:
    """The shortest decimal that reads back as the same number; nothing where it is not defined."""
    if value is None or not np.isfinite(value):
        return ""
    return np.format_float_positional(value, trim="-") if isinstance(value, np.floating) else str(value)


def _quoted(text: str) -> str:
    """A cell of a CSV file. What a spreadsheet would run as a formula begins with a quote."""
    safe = f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
    return '"' + safe.replace('"', '""') + '"' if any(c in safe for c in ',"\n\r') else safe


def layers_npz(source: Document | Material | Traces, cells: Sequence[str], rgbd: RGBDImage | None = None) -> bytes:
    """The layers `cells` as an NPZ file: an array by each key, and `meta`, a JSON text that says what they are.

    Without pickle. Raises InputError for a layer that there is not.
    """
    document = document_of(source, rgbd)
    found = entries(document, cells, most=MOST_LAYERS)
    arrays = {entry["key"]: exact_values_of(document, entry).array for entry in found}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, meta=np.array(json.dumps(layers_meta(document, found))), **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def layers_meta(document: Document, found: Iterable[Entry]) -> dict[str, Any]:
    """What the numbers are: for each layer its title, unit, meaning and cells; the classes; picture and networks."""
    fields = ("title", "group", "kind", "unit", "sentence", "task", "site", "target", "source")
    layers = {
        entry["key"]: {
            **{field: entry[field] for field in fields},
            "title": title_of(document, entry),
            "cell": list(exact_values_of(document, entry).cell),
        }
        for entry in found
    }
    networks = [{k: v for k, v in one.items() if k != "flow"} for one in document.manifest["networks"]]
    return {
        "layers": layers,
        "classes": document.manifest["classes"]["names"],
        "picture": dict(document.manifest["picture"]),
        "sampling": dict(document.manifest["sampling"]),
        "networks": networks,
        "vizlab": version("vizlab"),
    }


def sites_csv(source: Material | Traces) -> str:
    """One line for each target and source of every site of every network, in network order.

    `share` is of the variance of the target's output, `energy` the mean square of what came, `same_for_every_picture`
    what the method's weights alone say of that edge; the last three are of all that the target got from others.
    Empty is undefined.
    """
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(SITE_COLUMNS)
    for name, trace in material(source).every_trace.items():
        table.writerows(_site_rows(name, trace))
    return text.getvalue()


def _site_rows(name: str, trace: FusionTrace) -> Iterator[list[str]]:
    words, fixed = trace_words(trace), _fixed(trace)
    for site in trace.sites.values():
        about = [name, site.site.name, words[site.site.name].short, site.site.stage, site.site.kind]
        for t, target in enumerate(site.site.targets):
            for s, origin in enumerate(site.site.sources):
                numbers = [
                    *(_at(getattr(site, field), t, s) for field in ("share", "energy")),
                    "" if (value := fixed.get((site.site.name, target, origin))) is None else repr(value),
                    _number(site.cross_share[t]),
                    *(_at(getattr(site, field), t) for field in ("share_after", "outside_mean")),
                ]
                edge = [str(site.site.channels), target, origin]
                yield [_safe(cell) for cell in (*about, *edge)] + numbers


def _fixed(trace: FusionTrace) -> Mapping[tuple[str, str, str], float | None]:
    sites = flow(trace)["sites"] if trace.sites else []
    return {(site["name"], edge["target"], edge["source"]): edge["fixed"] for site in sites for edge in site["edges"]}


def _at(values: np.ndarray | None, *place: int) -> str:
    return "" if values is None else _number(values[place])


def _safe(text: str) -> str:
    return f"'{text}" if str(text)[:1] in ("=", "+", "-", "@") else str(text)
