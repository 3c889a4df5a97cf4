"""A trace that is saved and loaded is the same trace."""

import dataclasses
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vizlab.checks.case import Case
from vizlab.checks.distances import array_distance
from vizlab.checks.limits import SAVED
from vizlab.checks.report import Finding
from vizlab.core.trace import FusionTrace, arrays_of
from vizlab.core.trace_file import load_trace
from vizlab.core.tracer import trace
from vizlab.errors import TraceError


def saved_is_same(case: Case) -> Iterator[Finding]:
    """Every array and everything else of a trace, against what is loaded again; the figure counts what differs."""
    traced = trace(case.model, case.rgbd, working_size=case.working_size)
    wrong = _lost(traced)
    yield case.finding(SAVED, "", len(wrong), "; ".join(wrong))
    if wrong:
        yield from _sites_to_blame(case, traced)


def _sites_to_blame(case: Case, traced: FusionTrace) -> Iterator[Finding]:
    """The sites whose part of the trace does not survive on its own."""
    for name, site in traced.sites.items():
        alone = dataclasses.replace(traced, sites={name: site}, predictions={}, initial={})
        if wrong := _lost(alone):
            yield case.finding(SAVED, name, len(wrong), "; ".join(wrong))


def _lost(traced: FusionTrace) -> list[str]:
    """What is not the same after saving and loading, in words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.npz"
        try:
            traced.save(str(path))
            loaded = load_trace(path)
        except (TraceError, TypeError, ValueError) as err:
            return [str(err)]
    return [*_different_arrays(traced, loaded), *_different_facts(traced, loaded)]


def _different_arrays(saved: FusionTrace, loaded: FusionTrace) -> Iterator[str]:
    before, after = arrays_of(saved), arrays_of(loaded)
    for key in {**before, **after}:
        if key not in before or key not in after:
            yield f"the array {key} is {'lost' if key in before else 'new'}"
        elif array_distance(after[key], before[key]) != 0:
            yield f"the array {key} differs"


def _different_facts(saved: FusionTrace, loaded: FusionTrace) -> Iterator[str]:
    for fact in dataclasses.fields(FusionTrace):
        if _plain(getattr(saved, fact.name)) != _plain(getattr(loaded, fact.name)):
            yield f"its {fact.name} differs"


def _plain(value: Any) -> Any:
    """A fact as JSON text holds it: sites as they are declared, predictions by their kind; arrays stand elsewhere."""
    if isinstance(value, np.ndarray):
        return list(value.shape)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if hasattr(value, "site"):
        return dataclasses.asdict(value.site)
    if type(value).__name__.endswith("Prediction"):
        return type(value).__name__
    return json.loads(json.dumps(dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value))  # type: ignore[arg-type]
