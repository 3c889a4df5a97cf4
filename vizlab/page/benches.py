"""Networks kept ready on a picture: the next change of what streams send costs what comes after it."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from vizlab.core.changes import Change
from vizlab.core.model import Model
from vizlab.core.trace import FusionTrace
from vizlab.experiments.interventions.effect import Bench, Effect
from vizlab.measures.reference import Reference
from vizlab.rgbd import RGBDImage

KEPT = 2
"""How many are kept: each holds what a forward needs from its sites on, some hundred MB."""


class Benches:
    """The last few networks and pictures on which something was changed. Used by one run at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], Bench] = OrderedDict()

    def effect(
        self,
        model: Model,
        rgbd: RGBDImage,
        changes: Sequence[Change],
        before: FusionTrace,
        settings: Mapping[str, float],
        working_size: tuple[int, int] | None,
        truth: Reference | None,
    ) -> Effect:
        """What `changes` do; `before` is the trace without them, at those settings and that size."""
        key = (
            model.name, model.checkpoint_hash, str(model.device), model.precision, rgbd.digest, working_size,
            tuple(sorted(settings.items())),
        )  # fmt: skip
        bench = self._kept.pop(key, None)
        if bench is None or bench.model is not model:
            bench = Bench(model, rgbd, working_size=working_size, settings=settings, before=before)
        self._kept[key] = bench
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return bench.intervene(changes, truth=truth)
