"""Starting from an ImageNet-trained MobileNetV2 with torchvision's tensor names."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from vizlab.errors import CheckpointError
from vizlab.models.mobilenet import MobileNetV2


def load_mobilenet(path: Path) -> dict[str, Tensor]:
    """The feature tensors of a torchvision `mobilenet_v2` checkpoint (.safetensors or .pth), in float32."""
    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, ValueError) as err:
        raise CheckpointError(f"'{path.name}' cannot be read as MobileNetV2 weights: {err}.") from err
    wanted = {k: v for k, v in state.items() if k.startswith("features.") and not k.startswith("features.18.")}
    if not wanted:
        raise CheckpointError(f"'{path.name}' holds no 'features.*' tensors; expected torchvision's mobilenet_v2.")
    return {k: v.float() for k, v in wanted.items() if not k.endswith("num_batches_tracked")}


def initialise_backbones(network: nn.Module, state: dict[str, Tensor]) -> int:
    """Copy `state` into every MobileNetV2 of `network`; norms with private streams all get the same start.

    Returns the number of backbones filled.
    """
    backbones = [m for m in network.modules() if isinstance(m, MobileNetV2)]
    for backbone in backbones:
        own = {k: v for k, v in backbone.state_dict().items() if not k.endswith("num_batches_tracked")}
        if own.keys() != state.keys():
            differing = sorted(own.keys() ^ state.keys())[:4]
            raise CheckpointError(f"The MobileNetV2 weights do not fit: {', '.join(differing)} differ.")
        backbone.load_state_dict({k: v.expand_as(own[k]).clone() for k, v in state.items()}, strict=False)
    return len(backbones)
