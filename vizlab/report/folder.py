"""A report as a folder: the offline page, predictions, figures, numbers, traces, and what they are of."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from vizlab.core.outputs import ENSEMBLE
from vizlab.core.predictions import (
    DepthPrediction,
    ImagePrediction,
    MapPrediction,
    NormalsPrediction,
    Prediction,
    SemsegPrediction,
)
from vizlab.core.registry import methods
from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.measures.reference import Reference
from vizlab.measures.scores import scores
from vizlab.replacing import made_folder, replace_bytes
from vizlab.report.archive import trace_bytes, write_archive
from vizlab.report.charts import chart
from vizlab.report.citation import citation
from vizlab.report.figures import figure
from vizlab.report.layers import MOST_CELLS
from vizlab.report.machine import machine
from vizlab.report.map_figure import network_map
from vizlab.report.material import Material
from vizlab.report.numbers import layers_npz, sites_csv
from vizlab.report.offline import MOST_BYTES, Which, offline_page
from vizlab.report.saving import DOUBLE, saved
from vizlab.views.layers import PHOTOGRAPH, PICTURE, REFERENCE

FORMS = ("png", "pdf")
MEASURES = {
    "accuracy": "pixel accuracy", "miou": "mean IoU", "rmse": "RMSE, m", "angle": "mean angle, degrees",
    "f": "F-measure", "iou": "IoU",
}  # fmt: skip
"""What scores.csv calls them."""
Files = Iterator[tuple[str, bytes]]
"""Names within the folder, and contents."""


def write_report(
    found: Material, out: str | Path, *, which: Which = "all", most_bytes: int = MOST_BYTES
) -> dict[str, Path]:
    """Write everything below the folder `out`, which is made; returns the files by their names in it.

    `report.html` is the viewer in one file, `analysis.zip` what `vizlab replay` runs again; predictions/, figures/,
    numbers/ and traces/ hold the rest, `report.json` settings, hashes and versions, `citation.txt` what to cite.
    Files of the same names are replaced. Raises InputError.
    """
    place = made_folder(out, InputError)
    written = {name: _write(place / name, data) for name, data in _files(found, which, most_bytes)}
    written["analysis.zip"] = write_archive(found, place / "analysis.zip")
    return written


def _write(path: Path, data: bytes) -> Path:
    made_folder(path.parent, InputError)
    replace_bytes(path, data, InputError)
    return path


def _files(found: Material, which: Which, most_bytes: int) -> Files:
    words = citation(found)
    page = offline_page(found, which=which, most_bytes=most_bytes, citation=words.replace("\n", " "))
    yield "report.html", page.encode()
    yield "citation.txt", words.encode()
    yield "report.json", json.dumps(_facts(found), indent=2).encode()
    yield from prediction_files(found.every_trace)
    yield from _figures(found)
    yield "numbers/sites.csv", sites_csv(found).encode()
    yield "numbers/scores.csv", scores_csv(found).encode()
    for name in found.traces:
        keys = [e["key"] for e in found.document.manifest["layers"] if e["group"] == name and e["values"]]
        yield f"numbers/{file_name(name)}.npz", layers_npz(found, keys)
    for name, trace in found.every_trace.items():
        yield f"traces/{file_name(name)}.npz", trace_bytes(trace)


def file_name(text: str) -> str:
    """A name of a network, output or layer as that of a file anywhere."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "unnamed"


def prediction_files(traces: Mapping[str, FusionTrace]) -> Files:
    """Predictions and traces as files that other programs read."""
    for name, trace in traces.items():
        answers = {k: p for k, p in trace.predictions.items() if not k.endswith(f"/{ENSEMBLE}")}  # the task's own name
        for output, prediction in answers.items():
            for ending, data in _prediction(prediction):
                yield f"predictions/{file_name(name)}/{file_name(output)}{ending}", data


def _prediction(prediction: Prediction) -> Files:
    """Classes as an 8-bit PNG of indices; depth in metres (NPY) and in millimetres (16-bit PNG); the rest NPY."""
    if isinstance(prediction, SemsegPrediction):
        yield ".png", _png(prediction.label)
        yield "-confidence.npy", _npy(prediction.confidence)
        if prediction.entropy is not None:
            yield "-entropy.npy", _npy(prediction.entropy)
    elif isinstance(prediction, DepthPrediction):
        yield ".npy", _npy(prediction.value)
        millimetres = np.clip(np.rint(np.nan_to_num(prediction.value) * 1000), 0, 65535).astype(np.uint16)
        yield "-mm.png", _encoded(millimetres)
    elif isinstance(prediction, ImagePrediction):
        yield ".png", _png(prediction.value)
    elif isinstance(prediction, NormalsPrediction | MapPrediction):
        yield ".npy", _npy(prediction.value)


def _png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def _encoded(counts: np.ndarray) -> bytes:
    """16 bits a pixel, which Pillow writes only by way of its own types."""
    ok, data = cv2.imencode(".png", counts)
    assert ok
    return data.tobytes()


def _npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _figures(found: Material) -> Files:
    for name, cells, columns in _grids(found):
        drawn = figure(found, cells, columns=columns, width=DOUBLE)
        for form in FORMS:
            yield f"figures/{name}.{form}", saved(drawn, form)
    for form in FORMS:
        yield f"figures/network_map.{form}", saved(network_map(found), form)
    for name, trace in found.traces.items():
        yield from _charts(name, trace)


def _grids(found: Material) -> Iterator[tuple[str, list[str], int]]:
    """Names, layers and columns of the figures that lay layers side by side."""
    layers = found.document.manifest["layers"]
    keys = {entry["key"]: entry for entry in layers}
    first = [PHOTOGRAPH] if PHOTOGRAPH in keys else []
    answers = [k for k, e in keys.items() if e["task"] and not e["made"] and k.count("|") == 1 and "|scale_" not in k]
    outputs = [key for key in answers if keys[key]["group"] not in (PICTURE, REFERENCE)]
    truths = [key for key in answers if keys[key]["group"] in (PICTURE, REFERENCE)]
    yield "predictions", (first + truths + outputs)[:MOST_CELLS], 4
    for end, name in (("|error", "errors"), ("|confidence", "confidence"), ("|change", "changes")):
        some = [key for key in keys if key.endswith(end) and "|scale_" not in key]
        if some:
            yield name, (first + some)[:MOST_CELLS], 4
    for network, trace in found.traces.items():
        some = [k for k, e in keys.items() if e["group"] == network and e["site"] and k.endswith("|outside")]
        if some and trace.sites:
            yield f"{file_name(network)}/outside", (first + some)[:MOST_CELLS], 6


def _charts(name: str, trace: FusionTrace) -> Files:
    """The charts that the method draws of one trace."""
    method = methods().get(trace.model.family)
    views: Mapping[str, Callable] = {} if method is None or not trace.sites else method.views()
    for view in method.charts if method is not None and trace.sites else ():
        drawn = chart(views[view](trace), DOUBLE)
        for form in FORMS:
            yield f"figures/{file_name(name)}/{view}.{form}", saved(drawn, form)


def scores_csv(found: Material) -> str:
    """Each network's answers against the reference: pixel accuracy, mean IoU (0..1), RMSE (m), mean angle (degrees)."""
    reference = found.reference or Reference()
    complete = reference if found.rgbd is None else reference.completed(found.rgbd)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("network", "output", "measure", "value", "reference"))
    for name, trace in found.traces.items():
        truth = complete.truths(trace.model.classes)
        for output, prediction in trace.predictions.items():
            task = output.partition("/")[0]
            if task in truth:
                note = reference.notes.get(task, "the picture's own")
                table.writerows((name, output, *score, note) for score in _scores(prediction, truth[task], task))
    return text.getvalue()


def _scores(prediction: Prediction, truth: np.ndarray, task: str) -> Iterator[tuple[str, float]]:
    found = scores(prediction, truth, task)
    yield from ((words, found[name]) for name, words in MEASURES.items() if name in found)


def _facts(found: Material) -> dict[str, object]:
    """Settings, hashes and versions."""
    networks = {
        name: {
            "checkpoint": trace.model.checkpoint_hash,
            "family": trace.model.family,
            "architecture": trace.model.architecture,
            "settings": dict(trace.model.settings),
            "assumed": dict(trace.model.assumed),
            "environment": dict(trace.environment),
            "changes": dict(trace.changes),
            "working size": list(trace.framing.content),
            "depth filled": trace.filled,
            "sites": {site: words.title for site, words in trace_words(trace).items()},
        }
        for name, trace in found.every_trace.items()
    }
    return {
        "vizlab": version("vizlab"),
        "machine": machine(),
        "picture": dict(found.document.manifest["picture"]),
        "reading": None if found.rgbd is None else found.rgbd.record.to_dict(),
        "networks": networks,
        "skipped": dict(found.skipped),
        "notes": list(found.notes),
    }
