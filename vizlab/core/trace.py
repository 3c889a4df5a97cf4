"""FusionTrace: everything one forward showed, immutable, as plain arrays."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from vizlab.core import showing
from vizlab.core.archive import write_archive
from vizlab.core.framing import Framing
from vizlab.core.predictions import Prediction
from vizlab.core.site import Site

if TYPE_CHECKING:
    from vizlab.rgbd import RGBDImage

SITE_ARRAYS = ("share", "energy", "outside", "gates", "received", "outside_mean", "share_after", "power")
"""The fields of a `SiteTrace` that are arrays, and None where there is none."""


@dataclass(frozen=True)
class SiteTrace:
    """What one site mixed for one picture. T targets, S sources, maps at the site's own resolution.

    Every number is of what the site adds up, before any activation that follows, over the cells that show the picture;
    `vizlab.core.reduction` has the formulas.

    `share` (T, S) float32, rows sum to 1, NaN where a target did not vary: whose variation the output has; a channel's
    mean over the picture counts for nothing. `energy` (T, S) mean squared contribution, means included. `outside`
    (T, h, w) relative root mean square of how far what came from other streams is from its own mean, either way;
    `received` (T, S, h, w) float16 that of what came from each source, mean included; `outside_mean` (T,) how much of
    the energy that came from others lies in these means, 0..1. `share_after` (T,) the share from other streams after
    `site.activation`, None where that is undefined. `gates` (T, S, h, w) mean gate in (0, 1), NaN on the diagonal, or
    None; `weights` the static weights, the same for every picture; `grid` rows and columns of the site's whole map, the
    padded margin included; `power` (T, C) float32 the mean square of each channel of the output; `extras` what else the
    method keeps of this picture, by name, (T, ...) each.

    At a site that does not add all but `weights` is None or empty, and `grid` and `extras` where it shows something.
    `received`, `outside_mean`, `grid` and `power` are also None, and `extras` empty, in traces saved before they were
    kept.
    """

    site: Site
    share: np.ndarray | None
    energy: np.ndarray | None
    outside: np.ndarray | None
    gates: np.ndarray | None
    weights: Mapping[str, np.ndarray]
    received: np.ndarray | None = None
    outside_mean: np.ndarray | None = None
    share_after: np.ndarray | None = None
    grid: tuple[int, int] | None = None
    power: np.ndarray | None = None
    extras: Mapping[str, np.ndarray] = field(default_factory=dict)

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

    `predictions` by output name in the picture's size; `initial` those that later parts refine, at their own; `sites`
    in network order; `record` how the picture was read; `input_digest` its content; `environment` device, precision and
    versions; `changes` what an intervention altered; `seconds` the traced forward took (not part of equality of
    numbers). `grids` are the rows and columns of the map that the network itself predicted for each output, the padded
    margin included: `framing.padded` over them is the output's stride. `weights` are those with which outputs are put
    together of others, by output, the same for every picture (see `FusionNetwork.output_weights`). Both are empty in
    traces saved before they were kept.
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
    grids: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("predictions", "initial", "sites", "record", "environment", "changes", "grids", "weights"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        for array in arrays_of(self).values():
            array.setflags(write=False)

    def save(self, path: str) -> None:
        """Write to a .npz that `load_trace` reads; no pickle. Raises TraceError if it cannot be written."""
        write_archive(path, self._meta(), arrays_of(self))

    def show(self, rgbd: "RGBDImage | None" = None) -> Any:
        """The viewer of this trace, for the end of a notebook's cell; `rgbd` is its picture, which a trace lacks."""
        return showing.shown(self, rgbd)

    def _meta(self) -> dict[str, Any]:
        """What is not an array, JSON-ready."""
        return {
            "model": dataclasses.asdict(self.model),
            "framing": dataclasses.asdict(self.framing),
            "sites": [dataclasses.asdict(site.site) for site in self.sites.values()],
            "site_grids": {name: site.grid for name, site in self.sites.items()},
            "predictions": {name: type(p).__name__ for name, p in self.predictions.items()},
            "initial": {name: type(p).__name__ for name, p in self.initial.items()},
            **{key: json.loads(json.dumps(dict(getattr(self, key)))) for key in ("record", "environment", "changes")},
            **{key: getattr(self, key) for key in ("input_digest", "filled", "seconds")},
            "grids": {name: list(grid) for name, grid in self.grids.items()},
        }


def arrays_of(trace: FusionTrace) -> dict[str, np.ndarray]:
    """Every array of a trace by a path such as `sites/layer1.0.bn2/share`."""
    arrays: dict[str, np.ndarray] = {}
    for group in ("predictions", "initial"):
        for name, prediction in getattr(trace, group).items():
            found = {f"{group}|{name}|{key}": value for key, value in vars(prediction).items()}
            arrays |= {key: value for key, value in found.items() if value is not None}
    for name, site in trace.sites.items():
        for key in SITE_ARRAYS:
            value = getattr(site, key)
            if value is not None:
                arrays[f"sites|{name}|{key}"] = value
        arrays |= {f"weights|{name}|{key}": value for key, value in site.weights.items()}
        arrays |= {f"extras|{name}|{key}": value for key, value in site.extras.items()}
    return arrays | {f"outputs|{name}|weights": value for name, value in trace.weights.items()}
