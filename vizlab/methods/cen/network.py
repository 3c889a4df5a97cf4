"""CEN for dense prediction: shared convolutions, private norms, channel exchange (NeurIPS 2020, TPAMI 2023).

The released code fuses modalities for one task. The TPAMI paper has the same exchange between tasks, and between
tasks and modalities at once, without code; of it we know the abstract, the rule of exchange (eq. 6: a channel becomes
the mean of all others) and what its authors answered to users (streams run in parallel through the same parameters
with norms of their own). The rest is our reading: a stream for every pair of a task and an input, one encoder in which
all streams exchange with one another, one decoder for each task, and an ensemble for each task over its inputs.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from vizlab.core.network import FusionNetwork
from vizlab.core.outputs import Output
from vizlab.core.site import declare_sites
from vizlab.methods.cen.stream_norm import StreamNorm, stream_norm
from vizlab.methods.parts.backbone import Backbone
from vizlab.methods.parts.compact import MOBILENET_V2
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone, InvertedResidualLayout
from vizlab.methods.parts.refinenet import LightRefineNet, RefineNet
from vizlab.methods.parts.resnet import ResNet
from vizlab.methods.parts.stream_ensemble import ensemble_weights, with_ensemble
from vizlab.tasks import Task

THRESHOLD = 0.02
"""|gamma| below which a channel is exchanged in the released segmentation code."""
NYU_SEMSEG = Task("semseg", 40)


def stream_names(tasks: Sequence[Task], inputs: Sequence[str]) -> tuple[str, ...]:
    """The streams, task by task: named after what tells them apart, `TASK/INPUT` where it takes both."""
    if len(tasks) == 1:
        return tuple(inputs)
    if len(inputs) == 1:
        return tuple(task.name for task in tasks)
    return tuple(f"{task.name}/{name}" for task in tasks for name in inputs)


class CEN(FusionNetwork):
    """One backbone for all streams; one decoder a task, or one a stream. A task's streams are the network's inputs.

    With one input an output is called `TASK`. With several, `TASK/INPUT` is what each stream gives and
    `TASK/ensemble` their softmax(alpha)-weighted sum, taken of detached outputs so that learning alpha does not
    disturb the streams. `alpha` is (inputs,) for one task, (tasks, inputs) for several, None for one input. RefineNet
    decoders give (B, channels, H/4, W/4).

    `decoders` holds one decoder a task, or one a stream. The encoder is made for the streams that `stream_names` gives.
    """

    alpha: nn.Parameter | None

    def __init__(
        self, encoder: Backbone, decoders: Sequence[nn.Module], inputs: Sequence[str], tasks: Sequence[Task], skip: int
    ) -> None:
        super().__init__()
        self.inputs, self.tasks = tuple(inputs), tuple(tasks)
        self.encoder = encoder
        # Published files know one decoder. Several go by number: by name, another order of `tasks` would load, and
        # join every task's decoder to another task's norms.
        self.decoder = decoders[0] if len(decoders) == 1 else nn.ModuleList(decoders)
        shape = (len(self.inputs),) if len(self.tasks) == 1 else (len(self.tasks), len(self.inputs))
        start = torch.full(shape, 1.0 / len(self.inputs))
        self.alpha = nn.Parameter(start) if len(self.inputs) > 1 else None
        self.multiple = encoder.strides[-1]
        self._skip = skip  # stages the decoder does not read
        self.sites = declare_sites(self, hidden_prefix="encoder.", stage_of=encoder.stage_of)

    def forward(self, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
        stacked = torch.cat([inputs[name] for name in self.inputs] * len(self.tasks))
        decoders = list(self.decoder) if isinstance(self.decoder, nn.ModuleList) else [self.decoder]
        features = [f.chunk(len(decoders)) for f in self.encoder(stacked)[self._skip :]]
        each = len(self.inputs) * len(self.tasks) // len(decoders)  # streams of a decoder
        decoded = [decode(list(parts)).chunk(each) for decode, *parts in zip(decoders, *features, strict=True)]
        streams = [y for of_one in decoded for y in of_one]
        outputs: dict[str, Tensor] = {}
        for index, task in enumerate(self.tasks):
            outputs |= self._named(task.name, index, streams[index * len(self.inputs) :][: len(self.inputs)])
        return outputs

    def spliced(
        self, before: Mapping[str, Tensor], after: Mapping[str, Tensor], streams: Collection[str]
    ) -> dict[str, Tensor]:
        outputs: dict[str, Tensor] = {}
        names = stream_names(self.tasks, self.inputs)
        for index, task in enumerate(self.tasks):
            own = self.inputs if self.alpha is not None else ("",)
            places = zip(own, names[index * len(own) :], strict=False)
            given = [(after if name in streams else before)[str(Output(task.name, one))] for one, name in places]
            outputs |= self._named(task.name, index, given)
        return outputs

    def _named(self, task: str, index: int, streams: Sequence[Tensor]) -> dict[str, Tensor]:
        """The outputs of one task by name, with their ensemble where there are several."""
        if self.alpha is None:
            return {task: streams[0]}
        return with_ensemble(task, self.inputs, streams, self.alpha.view(len(self.tasks), -1)[index])

    def output_weights(self) -> dict[str, np.ndarray]:
        """softmax(alpha) (inputs,) of each ensemble, in the order of the inputs."""
        if self.alpha is None:
            return {}
        rows = ensemble_weights(self.alpha.view(len(self.tasks), -1))
        return {f"{task.name}/ensemble": row for task, row in zip(self.tasks, rows, strict=True)}

    def exchange_norms(self) -> list[StreamNorm]:
        """The norms at which channels are exchanged, in network order."""
        return exchange_norms(self)


def exchange_norms(network: nn.Module) -> list[StreamNorm]:
    """The norms of any network at which channels are exchanged, in network order."""
    return [m for m in network.modules() if isinstance(m, StreamNorm) and m.threshold is not None]


def exchanged_of_eligible(network: nn.Module) -> dict[str, tuple[int, int]]:
    """By site, how many of the eligible channels the current threshold exchanges, and how many there are."""
    counts = {}
    for norm in exchange_norms(network):
        eligible = norm.eligible()
        counts[norm.site.name] = (int((eligible & norm.exchanged().cpu()).sum()), int(eligible.sum()))
    return counts


def cen_compact(
    inputs: Sequence[str] = ("rgb", "depth"),
    tasks: Sequence[Task] = (NYU_SEMSEG,),
    threshold: float = THRESHOLD,
    width: int = 128,
    private_decoders: int = 0,
    private_stages: int = 0,
    layout: InvertedResidualLayout = MOBILENET_V2,
) -> CEN:
    """The compact CEN: exchange after each inverted residual's depthwise norm (MobileNetV2: 17), light-weight decoders.

    With `private_decoders` (1) every stream has a decoder of its own, so that streams need not err alike; with
    `private_stages` that many of the deepest stages of the encoder have convolutions for each stream. With both, and
    all 5 stages, streams are networks apart but for the exchange.
    """
    streams = stream_names(tasks, inputs)
    norm = stream_norm(streams, threshold, activation="relu6")
    encoder = InvertedResidualBackbone(layout, norm, len(streams), private_stages)
    copies = len(inputs) if private_decoders else 1
    decoders = [LightRefineNet(encoder.channels[1:], width, task.channels) for task in tasks for _ in range(copies)]
    return CEN(encoder, decoders, inputs, tasks, skip=1)


def cen_resnet(
    depth: int = 50,
    inputs: Sequence[str] = ("rgb", "depth"),
    tasks: Sequence[Task] = (NYU_SEMSEG,),
    threshold: float = THRESHOLD,
) -> CEN:
    """The released segmentation network: exchange after each bottleneck's bn2 (16, 33, 50 sites), full RefineNet."""
    encoder = ResNet(depth, stream_norm(stream_names(tasks, inputs), threshold, activation="relu"))
    decoders = [RefineNet(encoder.channels[1:], task.channels) for task in tasks]
    return CEN(encoder, decoders, inputs, tasks, skip=1)
