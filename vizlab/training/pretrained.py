"""Starting from an ImageNet-trained MobileNetV2 with torchvision's tensor names."""

from pathlib import Path

from torch import Tensor, nn

from vizlab.errors import CheckpointError
from vizlab.models.mobilenet import MobileNetV2
from vizlab.weights.container import file_hash, read_file

EXPECTED = "expected torchvision's mobilenet_v2, such as mobilenet_v2-b0353104.pth, or the same tensors as safetensors"


def load_mobilenet(path: Path) -> dict[str, Tensor]:
    """The feature tensors of a torchvision `mobilenet_v2` checkpoint (.safetensors or .pth), in float32.

    Raises CheckpointError for anything else.
    """
    try:
        state = read_file(path).tensors
    except CheckpointError as err:
        raise CheckpointError(f"'{path}' cannot be read as weights to start from; {EXPECTED}.") from err
    wanted = {k: v for k, v in state.items() if k.startswith("features.") and not k.startswith("features.18.")}
    if not wanted:
        raise CheckpointError(f"'{path.name}' holds no 'features.*' tensors; {EXPECTED}.")
    return {k: v.float() for k, v in wanted.items() if not k.endswith("num_batches_tracked")}


def describe_start(path: Path | None) -> str:
    """What a card says of the weights that training starts from."""
    return "random weights" if path is None else f"{path.name}, SHA-256 {file_hash(path)[:16]}"


def initialise_backbones(network: nn.Module, state: dict[str, Tensor]) -> int:
    """Copy `state` into every MobileNetV2 of `network`; norms with private streams all get the same start.

    Returns the number of backbones filled.
    """
    backbones = [m for m in network.modules() if isinstance(m, MobileNetV2)]
    for backbone in backbones:
        own = {k: v for k, v in backbone.state_dict().items() if not k.endswith("num_batches_tracked")}
        if own.keys() != state.keys():
            differing = sorted(own.keys() ^ state.keys())[:4]
            raise CheckpointError(f"The weights to start from differ in {', '.join(differing)}; {EXPECTED}.")
        backbone.load_state_dict({k: v.expand_as(own[k]).clone() for k, v in state.items()}, strict=False)
    return len(backbones)
