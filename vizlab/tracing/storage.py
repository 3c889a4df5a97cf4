"""Traces on disk: one .npz of arrays plus a JSON text, never pickle."""

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from vizlab import predictions as kinds
from vizlab.errors import TraceError
from vizlab.models.preprocess import Framing
from vizlab.models.site import Site
from vizlab.tracing.types import FusionTrace, SiteTrace, TracedModel, arrays_of

FORMAT = 1
_PREDICTIONS = {
    kind.__name__: kind
    for kind in (
        kinds.SemsegPrediction,
        kinds.DepthPrediction,
        kinds.NormalsPrediction,
        kinds.MapPrediction,
        kinds.ImagePrediction,
    )
}


def save_trace(trace: FusionTrace, path: str | Path) -> None:
    """Write atomically: an interrupted save leaves no half file under the wanted name. Raises TraceError."""
    meta = {
        "format": FORMAT,
        "model": dataclasses.asdict(trace.model),
        "framing": dataclasses.asdict(trace.framing),
        "sites": [dataclasses.asdict(site.site) for site in trace.sites.values()],
        "predictions": {name: type(p).__name__ for name, p in trace.predictions.items()},
        "initial": {name: type(p).__name__ for name, p in trace.initial.items()},
        **{key: _plain(getattr(trace, key)) for key in ("record", "environment", "changes")},
        **{key: getattr(trace, key) for key in ("input_digest", "filled", "seconds")},
    }
    target = Path(path)
    partial = target.with_name(target.name + ".part")
    try:
        with partial.open("wb") as file:
            np.savez_compressed(file, meta=np.array(json.dumps(meta)), **arrays_of(trace))  # type: ignore[arg-type]
        partial.replace(target)
    except OSError as err:
        partial.unlink(missing_ok=True)
        raise TraceError(
            f"The trace cannot be written to '{target.name}' ({err.strerror}); choose a folder that exists and can be "
            "written to."
        ) from err


def load_trace(path: str | Path) -> FusionTrace:
    """Read what `save_trace` wrote; raises TraceError for anything else."""
    name = Path(path).name
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
        meta = json.loads(str(arrays.pop("meta")))
        if meta["format"] != FORMAT:
            raise TraceError(
                f"'{name}' is a trace of format {meta['format']}, expected {FORMAT}; trace the picture again."
            )
        return _rebuild(meta, arrays)
    except FileNotFoundError as err:
        raise TraceError(f"There is no trace file '{name}'; check the path.") from err
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as err:
        raise TraceError(
            f"'{name}' is not a vizlab trace (expected an .npz written by trace.save); save it again."
        ) from err


def _plain(mapping: Any) -> Any:
    return json.loads(json.dumps(dict(mapping)))


def _rebuild(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> FusionTrace:
    tree: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    for key, array in arrays.items():
        group, name, leaf = key.split("|")
        tree.setdefault(group, {}).setdefault(name, {})[leaf] = array
    sites = [Site(**_tuples(values)) for values in meta["sites"]]
    return FusionTrace(
        model=TracedModel(**_tuples(meta["model"])),
        predictions=_predictions(meta["predictions"], tree.get("predictions", {})),
        initial=_predictions(meta["initial"], tree.get("initial", {})),
        sites={site.name: _site(site, tree) for site in sites},
        framing=Framing(**_tuples(meta["framing"])),
        **{key: meta[key] for key in ("record", "environment", "changes", "input_digest", "filled", "seconds")},
    )


def _site(site: Site, tree: dict[str, dict[str, dict[str, np.ndarray]]]) -> SiteTrace:
    own = tree.get("sites", {}).get(site.name, {})
    weights = tree.get("weights", {}).get(site.name, {})
    return SiteTrace(site, own.get("share"), own.get("energy"), own.get("outside"), own.get("gates"), weights)


def _predictions(types: dict[str, str], arrays: dict[str, dict[str, np.ndarray]]) -> dict[str, kinds.Prediction]:
    return {name: _PREDICTIONS[kind](**arrays[name]) for name, kind in types.items()}


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has only lists; the dataclasses hold tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
