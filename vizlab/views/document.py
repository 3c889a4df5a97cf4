"""One analysis as a document for a viewer: what there is as JSON, and the values by name.

The page, an offline file and a notebook show the same document (`page/web/src/document.ts` has its types).
"""

import hashlib
import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from vizlab.core.outputs import answers
from vizlab.core.predictions import (
    DepthPrediction,
    MapPrediction,
    NormalsPrediction,
    Prediction,
    SemsegPrediction,
)
from vizlab.core.registry import title_of
from vizlab.core.trace import FusionTrace
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage
from vizlab.tasks import same_classes
from vizlab.views.class_table import ClassTable, class_table
from vizlab.views.flow import flow
from vizlab.views.headings import network_titles
from vizlab.views.layers import (
    PHOTOGRAPH,
    PICTURE,
    REFERENCE,
    Layer,
    Sampling,
    picture_layers,
    prediction_layers,
    sampling,
    site_layers,
)
from vizlab.views.packing import Packed, pack_bytes, pack_numbers
from vizlab.views.palettes import colormap
from vizlab.views.panels import reduced
from vizlab.views.predictions import limit_of

VERSION = 1
JPEG_QUALITY, PHOTOGRAPH_SIDE = 90, 1280
OWN = " (own setting)"
"""Ends the group of a network whose control was moved, at the checkpoint's own value."""


@dataclass(frozen=True, eq=False)
class Document:
    """`manifest` is JSON-ready; `layers` holds by id what its entries' values are packed from."""

    manifest: Mapping[str, Any]
    layers: Mapping[str, Layer] = field(default_factory=dict)

    def packed(self, name: str) -> bytes:
        """The values of the layer of that id as the manifest says they are packed. Raises KeyError."""
        return pack(self.layers[name])


@dataclass(frozen=True)
class _Made:
    """A layer that is made of two others where it is shown."""

    key: str
    title: str
    group: str
    kind: str
    by: str
    of: tuple[str, str]
    sentence: str
    unit: str = ""
    row: str = ""
    colormap: str = "diverging"
    low: float = 0.0
    high: float = 1.0
    digits: int = 2
    task: str = ""
    site: str = ""
    target: str = ""
    source: str = ""


_FIELDS = (
    "key", "title", "group", "kind", "unit", "sentence", "row", "colormap", "low", "high", "digits", "task", "site",
    "target", "source",
)  # fmt: skip
"""What a manifest says of every layer, whether its values are there or made."""


def document(
    traces: Mapping[str, FusionTrace],
    rgbd: RGBDImage | None,
    reference: Reference | None = None,
    *,
    key: str = "",
    title: str = "",
    scene: str | None = None,
    own: Mapping[str, FusionTrace] | None = None,
) -> Document:
    """All layers of `traces` (by network name) and their picture, None where that is not at hand.

    `own` are the same networks at their checkpoints' own settings, where a control was moved. `key` names the analysis,
    `title` the picture, `scene` the bundled scene that it is, if any.
    """
    complete = reference or Reference()
    complete = complete if rgbd is None else complete.completed(rgbd)
    first = next(iter(traces.values()))
    size, digest = (first.framing.picture, first.input_digest) if rgbd is None else (rgbd.size, rgbd.digest)
    sampled = sampling(trace.framing for trace in traces.values())
    named, table = _named_layers(traces, rgbd, complete, own or {}, sampled)
    keys = {layer.key for layer in named.values()}
    made = [*_errors(traces, complete, keys), *_changes(own or {}), *_moved_maps(own or {}, named), *_between(traces)]
    titles = _titles(traces)
    manifest = {
        "version": VERSION,
        "key": key,
        "picture": {"title": title, "scene": scene, "size": list(size), "digest": digest},
        "sampling": {"stride": sampled.stride, "offset": sampled.offset},
        "networks": [_network(name, t, text) for (name, t), text in zip(traces.items(), titles, strict=True)],
        "layers": [_entry(layer, name) for name, layer in named.items()] + [_made_entry(one) for one in made],
        "classes": table.to_dict(),
        "colormaps": _colormaps(),
    }
    return Document(plain(manifest), named)


def pack(layer: Layer) -> bytes:
    """The values of a layer: a JPEG of the photograph, else what `packing` makes of it."""
    if layer.key == PHOTOGRAPH:
        return photograph(layer.values)
    return _packed(layer).data


def photograph(colour: np.ndarray) -> bytes:
    """HxWx3 uint8 as JPEG, its longer side at most 1280 pixels."""
    small = reduced(colour, PHOTOGRAPH_SIDE, smooth=True)
    ok, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert ok
    return data.tobytes()


def _packed(layer: Layer) -> Packed:
    if layer.kind in ("classes", "colour"):
        return pack_bytes(layer.values)
    return pack_numbers(layer.values, layer.digits)


def plain(value: Any, digits: int | None = None) -> Any:
    """As JSON has it: arrays and mappings as lists and dicts, NaN and infinity null, numbers of NumPy Python's own.

    `digits` significant ones of a number are kept, or all.
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [plain(item, digits) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item(), digits)
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else float(f"{value:.{digits}g}")
    return value


def _named_layers(
    traces: Mapping[str, FusionTrace],
    rgbd: RGBDImage | None,
    reference: Reference,
    own: Mapping[str, FusionTrace],
    sampled: Sampling,
) -> tuple[dict[str, Layer], ClassTable]:
    """Layers by id, and the table of their classes.

    An id says of what picture, network and setting its values are, so that equal ids are equal.
    """
    pictures = [] if rgbd is None else picture_layers(rgbd, reference, sampled)
    named = {_id(_content(layer), layer.key): layer for layer in pictures}
    groups = [*traces.items(), *((name + OWN, trace) for name, trace in own.items())]
    for group, trace in groups:
        about = f"{_identity(trace)}|{sampled.stride}"
        layers = [*prediction_layers(trace, group, sampled), *site_layers(trace, group)]
        named |= {_id(about, layer.key): layer for layer in layers}
    table = class_table(named.values())
    return {_placed_id(name, layer, table): table.placed(layer) for name, layer in named.items()}, table


def _placed_id(name: str, layer: Layer, table: ClassTable) -> str:
    """The id of values that were moved to their place in the table."""
    start = table.start(layer.classes) if layer.kind == "classes" else 0
    return _id(f"{name}|{start}", layer.key) if start else name


def _identity(trace: FusionTrace) -> str:
    parts = [
        trace.input_digest, trace.model.checkpoint_hash, dict(trace.model.settings), dict(trace.environment),
        dict(trace.changes), list(trace.framing.padded), list(trace.framing.content), trace.filled,
    ]  # fmt: skip
    return json.dumps(parts, sort_keys=True, default=str)


def _content(layer: Layer) -> str:
    return hashlib.blake2b(np.ascontiguousarray(layer.values).tobytes(), digest_size=16).hexdigest()


def _id(about: str, key: str) -> str:
    return hashlib.sha256(f"{about}|{key}".encode()).hexdigest()[:24]


def _network(name: str, trace: FusionTrace, title: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "family": trace.model.family,
        "method": title_of(trace.model.family),
        "settings": dict(trace.model.settings),
        "checkpoint": trace.model.checkpoint_hash,
        "precision": trace.environment.get("precision", ""),
        "device": trace.environment.get("device", ""),
        "seconds": round(trace.seconds, 3),
        "flow": flow(trace) if trace.sites else None,
    }


def _entry(layer: Layer, identity: str) -> dict[str, Any]:
    photo = layer.key == PHOTOGRAPH
    planes = 1 if layer.values.ndim == 2 else layer.values.shape[2]
    form = "image" if photo else "bytes" if layer.kind in ("classes", "colour") else "numbers"
    return {
        **{name: getattr(layer, name) for name in _FIELDS},
        "shape": list(layer.values.shape[:2]),
        "cell": [round(side, 6) for side in layer.cell],
        "values": {"id": identity, "planes": planes, "form": form},
        "made": None,
    }


def _made_entry(made: _Made) -> dict[str, Any]:
    return {
        **{name: getattr(made, name) for name in _FIELDS},
        "shape": [0, 0],
        "cell": [1, 1],
        "values": None,
        "made": {"by": made.by, "of": list(made.of)},
    }


def _errors(traces: Mapping[str, FusionTrace], reference: Reference, keys: Collection[str]) -> Iterable[_Made]:
    """How far every network's answer is from the reference; `keys` are the layers that there are."""
    maps = reference.maps()
    end = _depth_limit(traces, maps.get("depth"))
    for name, trace in traces.items():
        for task, prediction in answers(trace.predictions).items():
            if task in maps and (task != "semseg" or same_classes(trace.model.classes, reference.classes)):
                truth = next(key for key in (f"{REFERENCE}|{task}", f"{PICTURE}|{task}") if key in keys)
                of = (truth, f"{name}|{_answer(trace, task)}")
                key, title = f"{name}|{task}|error", f"{task}, error"
                yield from _compared(prediction, key, title, name, task, of, end, "the reference")


def _between(traces: Mapping[str, FusionTrace]) -> Iterable[_Made]:
    """How far the answers of every two networks are from each other, task by task: the later less the earlier."""
    names, titles = list(traces), dict(zip(traces, _titles(traces), strict=True))
    for second, first in ((b, a) for i, b in enumerate(names) for a in names[:i]):
        for task, prediction in answers(traces[second].predictions).items():
            if _comparable(task, traces[second], traces[first]):
                of = tuple(f"{name}|{_answer(traces[name], task)}" for name in (first, second))
                key, title = f"{second}|{task}|between|{first}", f"{task}, against {titles[first]}"
                yield from _compared(prediction, key, title, second, task, (of[0], of[1]), 1.0, titles[first])


def _comparable(task: str, *both: FusionTrace) -> bool:
    """Whether both predict that task, in one form and with classes of one meaning."""
    found = [answers(trace.predictions).get(task) for trace in both]
    if None in found or type(found[0]) is not type(found[1]):
        return False
    return task != "semseg" or same_classes(*(trace.model.classes for trace in both))


def _titles(traces: Mapping[str, FusionTrace]) -> tuple[str, ...]:
    return network_titles([(t.model.family, t.model.architecture, name) for name, t in traces.items()])


def _depth_limit(traces: Mapping[str, FusionTrace], reference: np.ndarray | None) -> float:
    """The end of the scale of depth errors, metres: seen on every fourth pixel, which is enough for one digit."""
    if reference is None:
        return 1.0
    few = (slice(None, None, 2), slice(None, None, 2))
    found = [answers(trace.predictions).get("depth") for trace in traces.values()]
    depths = [prediction.value[few] for prediction in found if isinstance(prediction, DepthPrediction)]
    return limit_of([depth - reference[few] for depth in depths]) if depths else 1.0


def _answer(trace: FusionTrace, task: str) -> str:
    """The output that is the answer, as layers name it."""
    ensemble = f"{task}/ensemble"
    return ensemble if ensemble in trace.predictions else task


def _changes(own: Mapping[str, FusionTrace]) -> Iterable[_Made]:
    """What moving a control did to every answer."""
    for name, trace in own.items():
        for task, prediction in answers(trace.predictions).items():
            output = _answer(trace, task)
            of = (f"{name}{OWN}|{output}", f"{name}|{output}")
            key, title = f"{name}|{task}|change", f"{task}, change"
            yield from _compared(prediction, key, title, name, task, of, 1.0, "its own setting")


def _moved_maps(own: Mapping[str, FusionTrace], named: Mapping[str, Layer]) -> Iterable[_Made]:
    """What a change did to every map of a site, and to confidence and entropy: now less before."""
    by_key = {layer.key: layer for layer in named.values()}
    for name in own:
        of_own = [layer for layer in named.values() if layer.group == name + OWN and layer.kind == "scalar"]
        for before in of_own:
            after = by_key.get(f"{name}|{before.key.removeprefix(name + OWN + '|')}")
            if after is not None and before.task != "depth":  # of which the answer's own change is shown
                end = max(abs(before.high), abs(after.high)) or 1.0
                yield _Made(
                    f"{after.key}|moved", f"{after.title}, change", name, "signed", "difference",
                    (before.key, after.key), "Now less before the change.", after.unit, f"{after.row} change",
                    "diverging", -end, end, after.digits, after.task, after.site, after.target, after.source,
                )  # fmt: skip


def _compared(
    prediction: Prediction, key: str, title: str, group: str, task: str, of: tuple[str, str], end: float, against: str
) -> Iterable[_Made]:
    """The layer in which second and first of one task are held against each other; `prediction` is one of them."""
    if isinstance(prediction, SemsegPrediction):
        yield _Made(key, title, group, "mask", "mismatch", of, f"Where the class is not that of {against}.", task=task)
    elif isinstance(prediction, MapPrediction):
        sentence = f"Probability less that of {against}: orange is higher, purple lower."
        yield _Made(
            key, title, group, "signed", "difference", of, sentence, "", "probability difference", "diverging", -1.0,
            1.0, task=task,
        )  # fmt: skip
    elif isinstance(prediction, DepthPrediction):
        sentence = f"Prediction less {against}: orange is farther, purple nearer, grey unknown."
        yield _Made(
            key,
            title,
            group,
            "signed",
            "difference",
            of,
            sentence,
            "m",
            "depth error",
            "diverging",
            -end,
            end,
            task=task,
        )
    elif isinstance(prediction, NormalsPrediction):
        sentence = f"Angle to the direction of {against}."
        yield _Made(
            key, title, group, "scalar", "angle", of, sentence, "°", "angle", "magma", 0.0, 60.0, digits=1, task=task
        )


@lru_cache(maxsize=1)
def _colormaps() -> dict[str, str]:
    """Every map of colours as 256 colours of six hexadecimal digits, one after the other."""
    names = ("viridis", "cividis", "magma", "inferno", "diverging")
    return {name: colormap(name).tobytes().hex() for name in names}
