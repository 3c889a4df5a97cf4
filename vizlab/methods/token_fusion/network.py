"""TokenFusion: two streams through one network with private norms, which give tokens up to each other (CVPR 2022).

The released code fuses two modalities for segmentation (a mix transformer and SegFormer's decoder) and for image
translation (see `translation`). The compact network is ours (see `compact`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.site import declare_sites
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.stream_ensemble import ensemble_weights, with_ensemble
from vizlab.methods.token_fusion.exchange import THRESHOLD
from vizlab.methods.token_fusion.mix_transformer import MixTransformer, StageShape, start_values
from vizlab.tasks import Task

_NARROW, _WIDE = (32, 64, 160, 256), (64, 128, 320, 512)
MIT: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "b0": (_NARROW, (2, 2, 2, 2)),
    "b1": (_WIDE, (2, 2, 2, 2)),
    "b2": (_WIDE, (3, 4, 6, 3)),
    "b3": (_WIDE, (3, 4, 18, 3)),
    "b4": (_WIDE, (3, 8, 27, 3)),
    "b5": (_WIDE, (3, 6, 40, 3)),
}
"""Channels and blocks of the stages, by size."""
_HEADS, _REDUCTIONS = (1, 2, 5, 8), (8, 4, 2, 1)


class TokenFusion(FusionNetwork):
    """One encoder and one decoder for two streams, which are the inputs, stacked along the batch axis.

    `TASK/INPUT` is what each stream gives, `TASK/ensemble` their softmax(alpha)-weighted sum. `encoder` exchanges,
    `decoder` takes the features of its last `reads` stages, finest first.
    """

    def __init__(
        self, encoder: Backbone, decoder: nn.Module, inputs: Sequence[str], task: Task, reads: int | None = None
    ) -> None:
        super().__init__()
        self.inputs, self.tasks = tuple(inputs), (task,)
        self.encoder, self.decoder = encoder, decoder
        self.alpha = nn.Parameter(torch.full((len(self.inputs),), 1.0))
        self.multiple = encoder.strides[-1]
        self._skip = 0 if reads is None else len(encoder.stage_names) - reads
        self.sites = declare_sites(self, hidden_prefix="encoder.", stage_of=encoder.stage_of)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        stacked = torch.cat([inputs[name] for name in self.inputs])
        streams = self.decoder(self.encoder(stacked)[self._skip :]).chunk(len(self.inputs))
        return with_ensemble(self.tasks[0].name, self.inputs, streams, self.alpha)

    def output_weights(self) -> dict[str, np.ndarray]:
        """softmax(alpha) (inputs,) of the ensemble, in the order of the inputs."""
        return {f"{self.tasks[0].name}/ensemble": ensemble_weights(self.alpha)}


class SegFormerDecoder(nn.Module):
    """SegFormer's decoder: each stage to one width, all at the finest size, joined by a 1x1.

    Features of strides 4, 8, 16, 32 (finest first) to (S*B, `outputs`, H/4, W/4).
    """

    def __init__(self, channels: Sequence[int], outputs: int, width: int) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(nn.Linear(c, width) for c in channels)
        self.fuse = nn.Conv2d(width * len(channels), width, 1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout2d(0.1)
        self.classifier = nn.Conv2d(width, outputs, 1)

    def forward(self, features: list[Tensor]) -> Tensor:
        size = features[0].shape[-2:]
        reduced = [
            linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2) for linear, x in zip(self.reduce, features, strict=True)
        ]
        # The coarsest first, as the released weights have it.
        joined = torch.cat([F.interpolate(x, size=size, mode="bilinear") for x in reversed(reduced)], dim=1)
        return self.classifier(self.dropout(F.relu(self.norm(self.fuse(joined)), inplace=True)))


def token_fusion_mit(
    size: str, inputs: Sequence[str], task: Task, threshold: float = THRESHOLD, width: int = 256
) -> TokenFusion:
    """The released segmentation network of that size, "b0" to "b5": exchange in every block (8 to 52 sites)."""
    shapes = [StageShape(*shape) for shape in zip(*MIT[size], _HEADS, _REDUCTIONS, strict=True)]
    encoder = MixTransformer(two_streams(inputs), shapes, threshold, first=(7, 4))
    network = TokenFusion(encoder, SegFormerDecoder(encoder.channels, task.channels, width), inputs, task)
    return network.apply(start_values)


def two_streams(inputs: Sequence[str]) -> tuple[str, str]:
    """The inputs; raises ValueError unless there are two, since the paper's rule says who gives whom for two."""
    if len(inputs) != 2:
        raise ValueError(f"its inputs are {', '.join(inputs)}; tokens are exchanged between two")
    return inputs[0], inputs[1]
