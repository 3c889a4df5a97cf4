"""A whole analysis as a ZIP that can be run again: what was read, what ran, and every number that came of it.

    analysis.json   what this is: picture, reading, networks, settings, checkpoints and versions; SHA-256 of all files
    inputs/N.*      what networks were given: colour as PNG, depth as NPY (float32 metres, NaN unknown), further
                    pictures as N-0.png, N-1.png, ..., whose names stand in N.json
    traces/N.npz    one trace each, as `vizlab.load_trace` reads it
    citation.txt    what to cite
    README.txt      how to run it again

Nothing in it is pickled. Two archives of one analysis are the same bytes.
"""

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from vizlab.core.trace import FusionTrace
from vizlab.errors import InputError
from vizlab.replacing import replacing
from vizlab.report.citation import citation
from vizlab.report.machine import machine
from vizlab.report.material import Material
from vizlab.rgbd import RGBDImage

FORMAT = 1
MANIFEST = "analysis.json"
PICTURES = "names of further pictures"
"""The key under which a picture's record lists them, in the order of their files."""
_README = """One analysis of vizlab: what was read, what ran, and every number that came of it.

    vizlab replay THIS.zip                  runs it again and compares every number
    vizlab replay THIS.zip --model FOLDER   where the checkpoints are not bundled with vizlab

analysis.json names pictures, settings, checkpoints (by SHA-256) and versions; traces/ are read by vizlab.load_trace.
"""
_NEVER = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive, so that two are the same bytes."""


def write_archive(found: Material, path: str | Path) -> Path:
    """Write the archive, whole or not at all. Raises InputError where `found` lacks what a network was given."""
    with replacing(path, InputError) as file:
        pack(found, file)
    return Path(path)


def pack(found: Material, file: BinaryIO) -> None:
    """The archive into an open file, which need not be on disk."""
    files = {"README.txt": _README.encode(), "citation.txt": citation(found).encode()}
    inputs, places = _inputs(found)
    files |= inputs
    traces = list(found.every_trace.items())
    files |= {f"traces/{index}.npz": trace_bytes(trace) for index, (_, trace) in enumerate(traces)}
    facts = _facts(found, places)
    facts["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, MANIFEST, json.dumps(facts, indent=1).encode())
        for name, data in sorted(files.items()):
            _put(archive, name, data)


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    about = zipfile.ZipInfo(name, _NEVER)
    packed_already = name.endswith((".npz", ".png"))
    about.compress_type = zipfile.ZIP_STORED if packed_already else zipfile.ZIP_DEFLATED
    about.external_attr = 0o644 << 16
    archive.writestr(about, data)


def _facts(found: Material, places: Mapping[str, str]) -> dict[str, Any]:
    networks = [
        {
            "name": name,
            "trace": f"traces/{index}.npz",
            "at its own setting": name not in found.traces,
            "input": places[trace.input_digest],
            "checkpoint": trace.model.checkpoint_hash,
            "family": trace.model.family,
            "architecture": trace.model.architecture,
            "settings": dict(trace.model.settings),
            "environment": dict(trace.environment),
            "card": _plain(found.cards.get(name, {})),
        }
        for index, (name, trace) in enumerate(found.every_trace.items())
    ]
    picture = found.document.manifest["picture"]
    record = next(iter(found.traces.values())).record if found.rgbd is None else found.rgbd.record.to_dict()
    return {
        "format": FORMAT,
        "vizlab": version("vizlab"),
        "machine": machine(),
        "key": found.key,
        "picture": dict(picture),
        "reading": record,
        "networks": networks,
        "skipped": dict(found.skipped),
        "notes": list(found.notes),
    }


def _plain(card: Mapping[str, object]) -> Any:
    """A card as far as JSON has words for it."""
    return json.loads(json.dumps(dict(card), default=str))


def _inputs(found: Material) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files of what networks were given, and by digest the name they begin with; each picture once."""
    files: dict[str, bytes] = {}
    places: dict[str, str] = {}
    for name, trace in found.every_trace.items():
        if trace.input_digest in places:
            continue
        rgbd = _given(found, name, trace)
        place = places[trace.input_digest] = f"inputs/{len(places)}"
        files |= _picture_files(rgbd, place)
    return files, places


def _given(found: Material, name: str, trace: FusionTrace) -> RGBDImage:
    """The picture that trace is of. Raises InputError where nobody has it."""
    for rgbd in (found.rgbd, *found.shown.values()):
        if rgbd is not None and rgbd.digest == trace.input_digest:
            return rgbd
    raise InputError(f"The picture that {name} was given is not at hand; give the one that was traced.")


def _picture_files(rgbd: RGBDImage, place: str) -> dict[str, bytes]:
    """Colour, depth and domains without loss, and how they were read."""
    record = rgbd.record.to_dict()
    files = {f"{place}.json": json.dumps({**record, PICTURES: list(rgbd.domains)} if rgbd.domains else record).encode()}
    if rgbd.colour is not None:
        files[f"{place}.png"] = _png(rgbd.colour)
    files |= {f"{place}-{index}.png": _png(pixels) for index, pixels in enumerate(rgbd.domains.values())}
    if rgbd.depth is not None:
        array = io.BytesIO()
        np.save(array, rgbd.depth, allow_pickle=False)
        files[f"{place}.npy"] = array.getvalue()
    return files


def _png(pixels: np.ndarray) -> bytes:
    picture = io.BytesIO()
    Image.fromarray(pixels).save(picture, "png")
    return picture.getvalue()


def trace_bytes(trace: FusionTrace) -> bytes:
    """The trace's own file."""
    with tempfile.TemporaryDirectory(prefix="vizlab-") as folder:
        path = Path(folder, "trace.npz")
        trace.save(str(path))
        return path.read_bytes()
