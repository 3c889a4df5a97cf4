"""Missing modalities, a row each: what a network makes of what is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.experiments.corruptions.catalogue import corrupted
from vizlab.experiments.corruptions.measured import Measured, measured
from vizlab.experiments.corruptions.summaries import expected_metric, subsets
from vizlab.measures.reference import Reference
from vizlab.progress import Step, silent
from vizlab.rgbd import RGBDImage

Replacement = Literal["mean", "other"]
REPLACEMENTS: dict[Replacement, str] = {"mean": "mean picture", "other": "another picture"}
"""What takes the place of a missing modality, in words: two, for the choice decides who wins."""
PROBABILITIES = (0.05, 0.1, 0.2)
"""Of a modality to be missing, for the expected metric."""


@dataclass(frozen=True, eq=False)
class MissingModalities:
    """One network on one picture; `by_present` by the modalities that are left, from all of `inputs` to none."""

    model: str
    inputs: tuple[str, ...]
    replacement: Replacement
    seed: int
    by_present: Mapping[frozenset[str], Measured]

    def expected(self, metric: str, missing: float) -> float:
        """The score ("semseg.miou") to expect when each modality is missing with that probability."""
        return expected_metric({one: found.scores[metric] for one, found in self.by_present.items()}, missing)


def missing_modalities(
    model: Model,
    rgbd: RGBDImage,
    replacement: Replacement,
    *,
    truth: Reference | None = None,
    seed: int = 0,
    step: Step = silent,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] | None = None,
    clean: FusionTrace | None = None,
) -> MissingModalities:
    """Trace `model` with every subset of its inputs present, the others replaced; arguments as in `severity_sweep`."""
    given, found = dict(settings or {}), {}
    every = subsets(model.inputs)
    for at, present in enumerate(every):
        gone = [name for name in model.inputs if name not in present]
        step(at / len(every), f"without {' and '.join(gone)}" if gone else "with everything")
        picture = rgbd
        for name in gone:
            picture = corrupted(picture, f"{name}-dropped-{replacement}", 1, seed)
        if gone or clean is None:
            with model.lock:
                now = trace(model, picture, working_size=working_size, **given)  # type: ignore[arg-type]
            clean = now if clean is None else clean
        else:
            now = clean
        found[present] = measured(now, truth, clean)
    return MissingModalities(model.name, model.inputs, replacement, seed, found)
