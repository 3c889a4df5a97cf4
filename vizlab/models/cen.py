"""CEN for dense prediction: shared convolutions, private norms, channel exchange (NeurIPS 2020, TPAMI 2023)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vizlab.models.backbone import Backbone
from vizlab.models.mobilenet import MobileNetV2
from vizlab.models.network import FusionNetwork
from vizlab.models.refinenet import LightRefineNet, RefineNet
from vizlab.models.resnet import ResNet
from vizlab.models.site import declare_sites
from vizlab.models.stream_norm import StreamNorm, stream_norm
from vizlab.tasks import Task

THRESHOLD = 0.02
"""|gamma| below which a channel is exchanged in the released segmentation code."""
NYU_SEMSEG = Task("semseg", 40)


class CEN(FusionNetwork):
    """One backbone and one decoder for all modalities; the outputs are each stream's logits and their ensemble.

    `TASK/STREAM` are (B, classes, H/4, W/4) logits; `TASK/ensemble` is the softmax(alpha)-weighted sum of the
    detached stream logits, so that learning alpha does not disturb the streams.
    """

    family = "cen"

    def __init__(self, encoder: Backbone, decoder: nn.Module, inputs: Sequence[str], task: Task, skip: int) -> None:
        super().__init__()
        self.inputs, self.tasks = tuple(inputs), (task,)
        self.encoder, self.decoder = encoder, decoder
        self.alpha = nn.Parameter(torch.full((len(self.inputs),), 1.0 / len(self.inputs)))
        self.multiple = encoder.strides[-1]
        self._skip = skip  # stages the decoder does not read
        self.sites = declare_sites(self, hidden_prefix="encoder.", stage_of=encoder.stage_of)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        stacked = torch.cat([inputs[name] for name in self.inputs])
        logits = self.decoder(self.encoder(stacked)[self._skip :]).chunk(len(self.inputs))
        task = self.tasks[0].name
        outputs = {f"{task}/{stream}": y for stream, y in zip(self.inputs, logits, strict=True)}
        weights = self.alpha.softmax(0)
        outputs[f"{task}/ensemble"] = sum(
            (w * y.detach() for w, y in zip(weights, logits, strict=True)), start=torch.zeros(())
        )
        return outputs

    def exchange_norms(self) -> list[StreamNorm]:
        """The norms at which channels are exchanged, in network order."""
        return [m for m in self.modules() if isinstance(m, StreamNorm) and m.threshold is not None]

    def exchanged_of_eligible(self) -> dict[str, tuple[int, int]]:
        """By site, how many of the eligible channels the current threshold exchanges, and how many there are."""
        counts = {}
        for norm in self.exchange_norms():
            eligible = norm.eligible()
            counts[norm.site.name] = (int((eligible & norm.exchanged().cpu()).sum()), int(eligible.sum()))
        return counts


def cen_mobilenetv2(
    inputs: Sequence[str] = ("rgb", "depth"),
    task: Task = NYU_SEMSEG,
    threshold: float = THRESHOLD,
    width: int = 128,
) -> CEN:
    """The compact CEN: exchange after each inverted residual's depthwise norm (17 sites), light-weight decoder."""
    encoder = MobileNetV2(stream_norm(tuple(inputs), threshold))
    decoder = LightRefineNet(encoder.channels[1:], width, task.channels)
    return CEN(encoder, decoder, inputs, task, skip=1)


def cen_resnet(
    depth: int = 50,
    inputs: Sequence[str] = ("rgb", "depth"),
    task: Task = NYU_SEMSEG,
    threshold: float = THRESHOLD,
) -> CEN:
    """The released segmentation network: exchange after each bottleneck's bn2 (16, 33, 50 sites), full RefineNet."""
    encoder = ResNet(depth, stream_norm(tuple(inputs), threshold))
    return CEN(encoder, RefineNet(encoder.channels[1:], task.channels), inputs, task, skip=1)
