"""What can be measured over a split: the form every measure has, and the ones there are, by name.

A measure is a frozen dataclass whose fields are its options in a study's configuration; `run` gives rows, one for each
picture. To add one, write it in a file of its own and name it in `MEASURES`.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from importlib import import_module
from typing import Any, ClassVar, Protocol

import numpy as np

from vizlab.core.model import Model
from vizlab.errors import DataError
from vizlab.study.survey.batch import Batch

Rows = dict[str, np.ndarray]
"""By name, (B, ...): what was found of each picture of a batch. NaN where it is undefined."""


class Measure(Protocol):
    """One measure with its options.

    `refuses` says in a sentence why a network cannot be measured so; it is empty for those that can, and then
    `run` gives the rows of a batch: for one model the names, dtypes and shapes (but for B) are the same for every
    batch. It is called without gradients being asked for, from one thread at a time, and leaves the model as it was.
    What it computes of a picture must not depend on anything but the batch and its options.

    `meta` says what the rows are, JSON-ready: "axes" by row name the names of its axes after the picture's ("*END"
    stands for all that end so), "labels" by axis name the labels along it. Axes that every study knows: "edge",
    labelled [site, source, target]; "port", labelled [site, target]; "class"; "count" (see `scores.COUNTS`).

    A field named `seed` is the study's.
    """

    name: ClassVar[str]

    def refuses(self, model: Model) -> str: ...

    def run(self, model: Model, batch: Batch) -> Rows: ...

    def meta(self, model: Model) -> dict[str, Any]: ...


MEASURES: dict[str, str] = {
    "traces": "vizlab.study.survey.traces:Traces",
    "sweep": "vizlab.study.survey.sweeps:Sweep",
    "shapley": "vizlab.study.survey.modalities:Shapley",
    "corruptions": "vizlab.study.survey.corruptions:Corruptions",
    "similarity": "vizlab.study.survey.similarity:Similarity",
    "messages": "vizlab.study.survey.messages:Messages",
    "zeros": "vizlab.study.survey.zeros:Zeros",
}
"""Where each measure is, by name: imported when it is asked for, since some need what a bare machine lacks."""


def make_measure(name: str, options: Mapping[str, Any], seed: int = 0) -> Measure:
    """The measure `name` with `options`; raises DataError for what there is none of."""
    if name not in MEASURES:
        raise DataError(f"There is no measure '{name[:40]}'; known: {', '.join(MEASURES)}.")
    module, _, attribute = MEASURES[name].partition(":")
    kind = getattr(import_module(module), attribute)
    seeded = {"seed": seed} if any(f.name == "seed" for f in fields(kind)) else {}
    known = {f.name for f in fields(kind)} - set(seeded)
    if unknown := sorted(set(options) - known):
        raise DataError(f"The measure {name} has no {', '.join(unknown)}; it has {', '.join(sorted(known)) or 'none'}.")
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    if missing := sorted(needed - set(options) - set(seeded)):
        raise DataError(f"The measure {name} needs {', '.join(missing)}; add them to its table.")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}, **seeded)


Edge = tuple[str, str, str]
"""Site, source, target: what one stream sends to another at one place."""


def edges_with_shares(model: Model) -> tuple[Edge, ...]:
    """Every edge between different streams at the sites that add, in network order, then by target, then by source."""
    return tuple(
        (site.name, source, target)
        for site in model.sites
        if site.additive
        for target in site.targets
        for source in site.sources
        if source != target
    )


def ports_of(model: Model) -> tuple[tuple[str, str], ...]:
    """(site, target) of the sites that add, in the order of `edges_with_shares`."""
    return tuple((site.name, target) for site in model.sites if site.additive for target in site.targets)
