"""Starting from weights that were trained on ImageNet: torchvision's MobileNetV2, and EfficientNet-Lite."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from vizlab.core.config import NetworkConfig
from vizlab.core.door.container import file_hash, read_file
from vizlab.core.registry import build_network
from vizlab.errors import CheckpointError, one_line
from vizlab.methods.parts.compact import COMPACT
from vizlab.methods.parts.inverted_residual import InvertedResidualBackbone, InvertedResidualLayout

EXPECTED = (
    "expected torchvision's mobilenet_v2, such as mobilenet_v2-b0353104.pth, or an EfficientNet-Lite by the names of "
    "torchvision's EfficientNets, in such a file or as safetensors"
)
_USED = re.compile(r"features\.(?:0\.|\d+\.conv\.|\d+\.\d+\.block\.)(?!.*num_batches_tracked)")
"""What a backbone takes: no classifier, no last convolution before it, no counters."""
_OF_EFFICIENTNET = re.compile(r"features\.(\d{1,3})\.(\d{1,3})\.block\.(\d)\.(\d)\.(\w+)")


def load_start(path: Path, config: NetworkConfig) -> dict[str, Tensor]:
    """What the backbones of that network start from, in float32 by the names of our tensors.

    `path` is torchvision's `mobilenet_v2` or an EfficientNet-Lite (.safetensors or .pth), known by its tensors. They
    do not tell how their convolutions were padded, so that is not checked: for a start that was trained with another
    padding than the backbone has by itself, set the option `same_padding` (see `parts.compact`), or features lie a
    pixel off what the weights expect.

    Raises CheckpointError for anything else, and for a start of another backbone than the network's.
    """
    layout = start_layout(config)
    if layout is None:
        known = ", ".join(one.title for one in COMPACT.values())
        raise CheckpointError(
            f"'{path.name}' is no start for {config.architecture}: starts are for networks on {known}; train "
            "one of these, or without a start."
        )
    return _fitting(path, layout, config.architecture)


def start_layout(config: NetworkConfig) -> InvertedResidualLayout | None:
    """The backbone that a start of this network is for, None where there is no such in it."""
    with torch.device("meta"):
        network = build_network(config)
    return next((m.layout for m in network.modules() if isinstance(m, InvertedResidualBackbone)), None)


def _fitting(path: Path, layout: InvertedResidualLayout, architecture: str) -> dict[str, Tensor]:
    try:
        state = read_file(path).tensors
    except CheckpointError as err:
        raise CheckpointError(f"There is no start in '{path}': {err} Here, {EXPECTED}.") from err
    found = _own_names({name: tensor for name, tensor in state.items() if _USED.match(name)})
    shapes, wanted = {name: tensor.shape for name, tensor in found.items()}, _shapes(layout)
    differing = [name for name in sorted(wanted | shapes) if shapes.get(name) != wanted.get(name)]
    if not differing:
        return {name: tensor.float() for name, tensor in found.items()}
    for name, other in COMPACT.items():
        if shapes == _shapes(other):
            raise CheckpointError(
                f"'{path.name}' is a start for {other.title}, but {architecture} is built on {layout.title}; give a "
                f"start for that, or train an architecture that ends with -{name}."
            )
    more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
    raise CheckpointError(
        f"'{path.name}' is no start for {layout.title}: it lacks {', '.join(differing[:3])}{more}, or has other "
        f"shapes; {EXPECTED}."
    )


def _own_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors by our names, which are MobileNetV2's; an EfficientNet numbers groups, and blocks within a group.

    Its projection is a pair of a convolution and a norm, where ours are the last two of the block.
    """
    places = {name: found for name in state if (found := _OF_EFFICIENTNET.fullmatch(name))}
    blocks = sorted({(int(found[1]), int(found[2])) for found in places.values()})
    numbers = {block: index + 1 for index, block in enumerate(blocks)}  # the stem is block 0
    last = {block: 0 for block in blocks}
    for found in places.values():
        block = int(found[1]), int(found[2])
        last[block] = max(last[block], int(found[3]))
    named = {}
    for name, tensor in state.items():
        if found := places.get(name):
            block, part, item = (int(found[1]), int(found[2])), int(found[3]), int(found[4])
            inner = f"{part + item}" if part == last[block] else f"{part}.{item}"
            name = f"features.{numbers[block]}.conv.{inner}.{found[5]}"
        named[name] = tensor
    return named


def _shapes(layout: InvertedResidualLayout) -> dict[str, torch.Size]:
    with torch.device("meta"):
        own = InvertedResidualBackbone(layout).state_dict()
    return {name: value.shape for name, value in own.items() if _USED.match(name)}


def describe_start(path: Path | None) -> str:
    """What a card says of the weights that training starts from: the file, and what its header says of itself."""
    if path is None:
        return "random weights"
    said = read_file(path).metadata
    parts = [f"{key} {one_line(said[key], 200)}" for key in ("origin", "licence", "license") if said.get(key)]
    return "; ".join([f"{path.name}, SHA-256 {file_hash(path)[:16]}", *parts])


def initialise_backbones(network: nn.Module, state: Mapping[str, Tensor]) -> int:
    """Copy `state` into every backbone of `network`; streams with norms or filters of their own get the same start.

    `state` is what `load_start` gives for that network. Returns the number of backbones filled.
    """
    backbones = [m for m in network.modules() if isinstance(m, InvertedResidualBackbone)]
    for backbone in backbones:
        own = backbone.state_dict()
        backbone.load_state_dict({name: _for_streams(value, own[name]) for name, value in state.items()}, strict=False)
    return len(backbones)


def _for_streams(value: Tensor, own: Tensor) -> Tensor:
    """`value` as often as `own` has streams: norms have an axis for them, filters stand one stream's after another."""
    if value.ndim < own.ndim:
        return value.expand_as(own).clone()
    return value.repeat(len(own) // len(value), *[1] * (value.ndim - 1))
