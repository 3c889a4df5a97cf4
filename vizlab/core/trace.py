"""FusionTrace: everything one forward showed, immutable, as plain arrays."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from vizlab.core.archive import write_archive
from vizlab.core.framing import Framing
from vizlab.core.predictions import Prediction
from vizlab.core.site import Site


@dataclass(frozen=True)
class SiteTrace:
    """What one site mixed for one picture. T targets, S sources, maps at the site's own resolution.

    `share` (T, S) float32, rows sum to 1, NaN where a target did not vary; `energy` (T, S) mean squared contribution;
    `outside` (T, h, w) relative root mean square of what came from other streams; `gates` (T, S, h, w) mean gate in
    (0, 1), NaN on the diagonal, or None; `weights` the static weights, the same for every picture. At a site that
    does not add (feature propagation) share, energy and outside are None.
    """

    site: Site
    share: np.ndarray | None
    energy: np.ndarray | None
    outside: np.ndarray | None
    gates: np.ndarray | None
    weights: Mapping[str, np.ndarray]

    @property
    def cross_share(self) -> np.ndarray:
        """(T,) share that came from other streams; NaN where undefined."""
        if self.share is None:
            return np.full(len(self.site.targets), np.nan, np.float32)
        own = [self.site.sources.index(t) for t in self.site.targets]
        return 1 - self.share[np.arange(len(own)), own]


@dataclass(frozen=True)
class TracedModel:
    """Which network it was: enough to find the checkpoint again and to draw every view.

    `settings` are the values of its controls in this run, by name.
    """

    name: str
    family: str
    architecture: str
    checkpoint_hash: str
    inputs: tuple[str, ...]
    tasks: tuple[str, ...]
    classes: tuple[str, ...]
    settings: Mapping[str, float]
    assumed: Mapping[str, str]


@dataclass(frozen=True)
class FusionTrace:
    """One picture, one network, one forward.

    `predictions` by output name in the picture's size; `initial` those that later parts refine, at their own; `sites` in
    network order; `record` how the picture was read; `input_digest` its content; `environment` device, precision and
    versions; `changes` what an intervention altered; `seconds` the traced forward took (not part of equality of
    numbers).
    """

    model: TracedModel
    predictions: Mapping[str, Prediction]
    initial: Mapping[str, Prediction]
    sites: Mapping[str, SiteTrace]
    framing: Framing
    input_digest: str
    record: Mapping[str, Any]
    environment: Mapping[str, str]
    changes: Mapping[str, Any] = field(default_factory=dict)
    filled: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for name in ("predictions", "initial", "sites", "record", "environment", "changes"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        for array in arrays_of(self).values():
            array.setflags(write=False)

    def save(self, path: str) -> None:
        """Write to a .npz that `load_trace` reads; no pickle. Raises TraceError if it cannot be written."""
        write_archive(path, self._meta(), arrays_of(self))

    def _meta(self) -> dict[str, Any]:
        """What is not an array, JSON-ready."""
        return {
            "model": dataclasses.asdict(self.model),
            "framing": dataclasses.asdict(self.framing),
            "sites": [dataclasses.asdict(site.site) for site in self.sites.values()],
            "predictions": {name: type(p).__name__ for name, p in self.predictions.items()},
            "initial": {name: type(p).__name__ for name, p in self.initial.items()},
            **{key: json.loads(json.dumps(dict(getattr(self, key)))) for key in ("record", "environment", "changes")},
            **{key: getattr(self, key) for key in ("input_digest", "filled", "seconds")},
        }


def arrays_of(trace: FusionTrace) -> dict[str, np.ndarray]:
    """Every array of a trace by a path such as `sites/layer1.0.bn2/share`."""
    arrays: dict[str, np.ndarray] = {}
    for group in ("predictions", "initial"):
        for name, prediction in getattr(trace, group).items():
            arrays |= {f"{group}|{name}|{key}": value for key, value in vars(prediction).items()}
    for name, site in trace.sites.items():
        for key in ("share", "energy", "outside", "gates"):
            value = getattr(site, key)
            if value is not None:
                arrays[f"sites|{name}|{key}"] = value
        arrays |= {f"weights|{name}|{key}": value for key, value in site.weights.items()}
    return arrays
