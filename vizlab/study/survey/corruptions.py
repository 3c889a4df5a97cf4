"""The measure `corruptions`: how good a network still is on broken sensors, and how its sites respond."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vizlab.core.model import Model
from vizlab.core.outputs import Output
from vizlab.core.site import observing
from vizlab.errors import InputError
from vizlab.experiments.corruptions import CORRUPTIONS, SEVERITIES, corruption_named
from vizlab.rgbd import RGBDImage
from vizlab.study.survey.batch import Batch
from vizlab.study.survey.measures import Rows, ports_of
from vizlab.study.survey.scores import score, score_labels
from vizlab.study.survey.traces import BatchRecorder, cross_share

Variant = tuple[str, int]
"""A corruption's name and the severity; those without degrees have severity 1 alone."""
CLEAN: Variant = ("", 0)


@dataclass(frozen=True)
class Corruptions:
    """V variants: the unbroken picture, then each corruption of `names` (empty: all that fit) at each of `severities`.

    Rows: what `score` gives of the network's answers (B, V, ...), of the ensemble where there is one, and
    `cross_share` (B, V, P), the share that each port took from others. Of a picture that cannot be broken so, say as
    nothing of its depth would be left, there are no pixels, and NaN.
    """

    name: ClassVar[str] = "corruptions"
    names: Sequence[str] = ()
    severities: Sequence[int] = SEVERITIES
    seed: int = 0

    def __post_init__(self) -> None:
        for name in self.names:
            corruption_named(name)
        if not self.severities or not set(self.severities) <= set(SEVERITIES):
            raise InputError(f"The severities are {list(self.severities)}; expected some of {list(SEVERITIES)}.")

    def refuses(self, model: Model) -> str:
        known = f"None of the corruptions breaks what {model.name} takes, {' and '.join(model.inputs)}."
        return "" if len(self.variants(model)) > 1 else known

    def variants(self, model: Model) -> list[Variant]:
        chosen = [corruption_named(name) for name in self.names] or list(CORRUPTIONS.values())
        return [CLEAN] + [
            (one.name, severity)
            for one in chosen
            if one.modality in model.inputs
            for severity in (self.severities if one.graded else (1,))
        ]

    def run(self, model: Model, batch: Batch) -> Rows:
        each = [self._measured(model, batch, variant) for variant in self.variants(model)]
        return {name: np.stack([rows[name] for rows in each], 1) for name in each[0]}

    def _measured(self, model: Model, batch: Batch, variant: Variant) -> Rows:
        broken = [self._broken(batch, place, variant) for place in range(len(batch))]
        pictures = [found or whole for found, whole in zip(broken, batch.pictures, strict=True)]
        recorder = BatchRecorder(batch.framing)
        with observing(recorder):
            outputs = model.forward(batch.prepared(pictures))
        rows = score({name: y for name, y in outputs.items() if Output.parse(name).answer}, batch)
        rows["cross_share"] = cross_share(model, recorder, len(batch))
        refused = np.array([found is None for found in broken])
        for values in rows.values():
            values[refused] = np.nan if values.dtype.kind == "f" else 0
        return rows

    def _broken(self, batch: Batch, place: int, variant: Variant) -> RGBDImage | None:
        """The picture, broken; None where it cannot be. Each picture has noise of its own."""
        picture, (name, severity) = batch.pictures[place], variant
        if variant == CLEAN:
            return picture
        try:
            return corruption_named(name)(picture, severity, self.seed + batch.index[place])
        except InputError:
            return None

    def meta(self, model: Model) -> dict[str, Any]:
        words = {name: corruption_named(name) for name, _ in self.variants(model) if name}
        labels = {"variant": self.variants(model), "port": ports_of(model), **score_labels(model)}
        axes = {"*": ["variant"], "*|counts": ["variant", "count", "class"], "cross_share": ["variant", "port"]}
        parameters = {
            name: [one.parameters(severity) for severity in (self.severities if one.graded else (1,))]
            for name, one in words.items()
        }
        return {"axes": axes, "labels": labels, "parameters": parameters}
