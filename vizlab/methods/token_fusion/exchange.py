"""Which tokens a stream gives up, and the exchange itself (TokenFusion, CVPR 2022, section 3).

Streams are stacked along the batch axis, stream-major. Every token is weighed by a score of its own, which a small
network reads off it; where the score is below the threshold, the stream has the other stream's token in its place.
"""

from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.framing import Framing
from vizlab.core.pixels import cropped
from vizlab.core.site import FusionModule, Mixing, Part, Site

THRESHOLD = 0.02
"""The score below which the released code gives a token up."""
SCORE, GIVEN_UP = "score", "given_up"
"""What a trace keeps of every target, by name: (h, w) float16 scores 0..1, and (h, w) bool."""


class TokenScores(nn.Module):
    """How much each token is worth, by a network for each stream.

    (2B, h, w, C) stream-major to scores (2B, 1, h, w) float32, 0..1.
    """

    def __init__(self, streams: int, channels: int) -> None:
        super().__init__()
        self.score_nets = nn.ModuleList(_score_net(channels) for _ in range(streams))

    def forward(self, tokens: Tensor) -> Tensor:
        # A score decides by a threshold, so it is not rounded: in bfloat16 the next number above 0.02 is 0.0201.
        with torch.autocast(tokens.device.type, enabled=False):
            parts = tokens.float().chunk(len(self.score_nets))
            logits = torch.cat([net(part) for net, part in zip(self.score_nets, parts, strict=True)])
            return logits.softmax(-1)[..., 0].unsqueeze(1)


def _score_net(channels: int) -> nn.Sequential:
    half, quarter = channels // 2, channels // 4
    return nn.Sequential(
        nn.LayerNorm(channels),
        nn.Linear(channels, channels), nn.GELU(),
        nn.Linear(channels, half), nn.GELU(),
        nn.Linear(half, quarter), nn.GELU(),
        nn.Linear(quarter, 2),
    )  # fmt: skip


class TokenExchange(FusionModule):
    """`y[t] = s[t] * y[t]`, and `s[other] * y[other]` at the tokens where s[t] is below `threshold`.

    Takes what is to be exchanged, (2B, C, h, w) stream-major, and its scores (2B, 1, h, w); gives the former's shape.
    Both streams decide on their own, so two may change places, and one token may go on in both.
    """

    def __init__(self, streams: tuple[str, str], channels: int, threshold: float) -> None:
        super().__init__()
        self.streams, self.channels, self.threshold = streams, channels, threshold

    def describe_site(self, name: str) -> Site:
        return Site(name, "token exchange", self.streams, self.streams, self.channels, "")

    def static_weights(self) -> dict[str, np.ndarray]:
        """Nothing: which tokens are exchanged depends on the picture."""
        return {}

    def sends(self, target: str, source: str | None) -> bool:
        return self.below > 0

    @property
    def below(self) -> float:
        """The score below which a token is given up under the current intervention; 0 gives none up."""
        change = self.intervention
        return change.settings.get("threshold", self.threshold) if change.cross else 0.0

    def forward(self, tokens: Tensor, scores: Tensor) -> Tensor:
        weighed, given_up = (tokens * scores).chunk(2), (scores < self.below).chunk(2)
        return torch.cat([self._target(t, weighed, given_up[t], scores.chunk(2)[t]) for t in range(2)])

    def _target(self, target: int, weighed: tuple[Tensor, ...], given_up: Tensor, score: Tensor) -> Tensor:
        own, other = weighed[target], weighed[1 - target]
        way = self.streams[target], self.streams[1 - target]
        edited = way in self.edits
        # Every token is wholly one's own or the other's, so taking it from either is their sum, to the bit.
        output = torch.where(given_up, other, own)
        if self.observer is None and not edited:
            return output
        parts = [Part(target, own.masked_fill(given_up, 0))]
        if self.intervention.cross:
            arrived = self.arriving(*way, lambda: other.masked_fill(~given_up, 0))
            if edited:
                back = own.masked_fill(~given_up, 0) * arrived.own
                parts = [Part(target, parts[0].value + back.to(own.dtype))]
                output = parts[0].value if arrived.part is None else parts[0].value + arrived.part
            parts += [] if arrived.part is None else [Part(1 - target, arrived.part)]
        if self.observer is not None:
            self.observer(self, Mixing(target, output, parts, own=target, extras=partial(_kept, score, given_up)))
        return output


def _kept(score: Tensor, given_up: Tensor, framing: Framing) -> Mapping[str, np.ndarray]:
    """Of the first picture, where it shows: its scores and which tokens were given up."""
    return {
        SCORE: cropped(score, framing)[0, 0].half().cpu().numpy(),
        GIVEN_UP: cropped(given_up, framing)[0, 0].cpu().numpy(),
    }
