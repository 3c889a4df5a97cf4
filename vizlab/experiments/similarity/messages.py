"""How much of what comes on each edge the target's own features would have told anyway (see `linear_prediction`).

The target's own features at a site are what it adds there itself; where channels are replaced, those that are not. What
can be predicted brings little that is new, whatever its share; what cannot may still be noise: this says nothing of
effects.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.core.site import FusionModule, Intervention, Mixing, intervening, observing
from vizlab.core.tracer import settings_for
from vizlab.experiments.interventions.edges import Edge
from vizlab.experiments.similarity.streams import cells_of, grid_of
from vizlab.measures.linear_prediction import checkered_folds, predicted_shares
from vizlab.rgbd import RGBDImage


@dataclass
class PredictedMessages:
    """Of every edge of the forwards that it watches: `found` (B,) float64 each, in network order.

    Only of sites that add; NaN where a target has nothing of its own there, where nothing comes or it is constant, and
    where there are too few cells for the target's features.
    """

    framing: Framing
    found: dict[Edge, Tensor] = field(default_factory=dict)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within the block every forward's edges are noted, those of the last one over those before."""
        with observing(self._note):
            yield

    def _note(self, module: FusionModule, mixing: Mixing) -> None:
        site = module.site
        if not site.additive or mixing.own is None:
            return
        sent: dict[Edge, Tensor] = {}
        for source, name in enumerate(site.sources):
            parts = [part.value for part in mixing.parts if part.source == source]
            if source != mixing.own and parts:
                sent[Edge(site.name, site.targets[mixing.target], name)] = torch.cat(parts, 1)
        self.found |= self._shares(own_features(mixing), sent)

    def _shares(self, own: Tensor | None, sent: Mapping[Edge, Tensor]) -> dict[Edge, Tensor]:
        """Of all that comes to one target: its own features are taken apart once for all of it."""
        shares = {edge: torch.full((len(message),), torch.nan, dtype=torch.float64) for edge, message in sent.items()}
        known = [edge for edge, message in sent.items() if message.shape[1]]
        if own is None or not own.shape[1] or not known:
            return shares
        folds = checkered_folds(*grid_of(own, self.framing).shape[-2:]).to(own.device)
        messages = [cells_of(sent[edge], self.framing) for edge in known]
        found = predicted_shares(cells_of(own, self.framing), messages, folds).cpu()
        return shares | dict(zip(known, found, strict=True))


def predicted_messages(
    model: Model,
    rgbd: RGBDImage,
    *,
    working_size: tuple[int, int] | None = None,
    settings: Mapping[str, float] = MappingProxyType({}),
) -> dict[Edge, float]:
    """Of one picture, in one forward: the share of each edge's message that the target's own features predict.

    `working_size` (H, W) and `settings` of the method's controls as in `trace`. Takes the model's lock.
    """
    framing = model.frame(rgbd.size, working_size)
    messages = PredictedMessages(framing)
    with model.lock, intervening(Intervention(settings_for(model, settings))), messages.watching():
        model.forward(model.preprocess(rgbd, framing))
    return {edge: float(values[0]) for edge, values in messages.found.items()}


def own_features(mixing: Mixing) -> Tensor | None:
    """(B, C, H, W) what a target has of its own; None where it adds nothing itself."""
    if mixing.own_is_rest:
        named = [part.channels for part in mixing.parts if part.channels is not None]
        own = torch.ones(mixing.output.shape[1], dtype=torch.bool, device=mixing.output.device)
        if named:
            own[torch.cat(named)] = False
        return mixing.output[:, own]
    parts = [part.value for part in mixing.parts if part.source == mixing.own]
    return torch.cat(parts, 1) if parts else None
