"""From an archive back to a trace."""

from pathlib import Path
from typing import Any

import numpy as np

from vizlab.core import predictions as kinds
from vizlab.core.archive import no_trace, read_archive
from vizlab.core.framing import Framing
from vizlab.core.site import Site
from vizlab.core.trace import SITE_ARRAYS, FusionTrace, SiteTrace, TracedModel

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


def load_trace(path: str | Path) -> FusionTrace:
    """Read what `FusionTrace.save` wrote; raises TraceError for anything else."""
    meta, arrays = read_archive(path)
    try:
        return _rebuild(meta, arrays)
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise no_trace(Path(path).name) from err


def _rebuild(meta: dict[str, Any], arrays: dict[str, np.ndarray]) -> FusionTrace:
    tree: dict[str, dict[str, dict[str, np.ndarray]]] = {}
    for key, array in arrays.items():
        group, name, leaf = key.split("|")
        tree.setdefault(group, {}).setdefault(name, {})[leaf] = array
    sites = [Site(**_tuples(values)) for values in meta["sites"]]
    return FusionTrace(
        model=TracedModel(**_tuples(_with_settings(meta["model"]))),
        predictions=_predictions(meta["predictions"], tree.get("predictions", {})),
        initial=_predictions(meta["initial"], tree.get("initial", {})),
        sites={site.name: _site(site, tree, meta.get("site_grids", {}).get(site.name)) for site in sites},
        framing=Framing(**_tuples(meta["framing"])),
        **{key: meta[key] for key in ("record", "environment", "changes", "input_digest", "filled", "seconds")},
        grids=_tuples(meta.get("grids", {})),
        weights={name: leaves["weights"] for name, leaves in tree.get("outputs", {}).items()},
    )


def _site(site: Site, tree: dict[str, dict[str, dict[str, np.ndarray]]], grid: list[int] | None) -> SiteTrace:
    """What is not there is None: the site did not add, or the trace is older."""
    own = tree.get("sites", {}).get(site.name, {})
    weights, extras = (tree.get(group, {}).get(site.name, {}) for group in ("weights", "extras"))
    arrays = {key: own.get(key) for key in SITE_ARRAYS}
    known = None if grid is None else (grid[0], grid[1])
    return SiteTrace(site=site, weights=weights, grid=known, extras=extras, **arrays)


def _predictions(types: dict[str, str], arrays: dict[str, dict[str, np.ndarray]]) -> dict[str, kinds.Prediction]:
    return {name: _PREDICTIONS[kind](**arrays[name]) for name, kind in types.items()}


def _with_settings(model: dict[str, Any]) -> dict[str, Any]:
    """A model as format 2 has it: format 1 knew one setting, by name."""
    if "settings" in model:
        return model
    value = model.pop("threshold")
    return {**model, "settings": {} if value is None else {"threshold": value}}


def _tuples(values: dict[str, Any]) -> dict[str, Any]:
    """JSON has only lists; the dataclasses hold tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
