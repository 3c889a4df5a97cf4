"""Starting from an ImageNet-trained MobileNetV2 with torchvision's tensor names."""

from pathlib import Path

from torch import Tensor, nn

from vizlab.core.door.container import file_hash, read_file
from vizlab.errors import CheckpointError
from vizlab.methods.parts.mobilenet import MobileNetV2

EXPECTED = "expected torchvision's mobilenet_v2, such as mobilenet_v2-b0353104.pth, or the same tensors as safetensors"


def load_mobilenet(path: Path) -> dict[str, Tensor]:
    """The feature tensors of a torchvision `mobilenet_v2` checkpoint (.safetensors or .pth), in float32.

    Raises CheckpointError for anything else.
    """
    try:
        state = read_file(path).tensors
    except CheckpointError as err:
        raise CheckpointError(f"There is no start in '{path}': {err} Here, {EXPECTED}.") from err
    found = {k: v.float() for k, v in state.items() if _is_used(k)}
    shapes = {k: v.shape for k, v in found.items()}
    own = {k: v.shape for k, v in MobileNetV2().state_dict().items() if _is_used(k)}
    if differing := [k for k in sorted(own | shapes) if shapes.get(k) != own.get(k)]:
        more = f" and {len(differing) - 3} more" if len(differing) > 3 else ""
        raise CheckpointError(
            f"'{path.name}' is no start: it lacks {', '.join(differing[:3])}{more}, or has other shapes; {EXPECTED}."
        )
    return found


def _is_used(name: str) -> bool:
    """Whether a backbone takes this tensor: no classifier, no last convolution before it, no counters."""
    outside = name.startswith("features.18.") or name.endswith("num_batches_tracked")
    return name.startswith("features.") and not outside


def describe_start(path: Path | None) -> str:
    """What a card says of the weights that training starts from."""
    return "random weights" if path is None else f"{path.name}, SHA-256 {file_hash(path)[:16]}"


def initialise_backbones(network: nn.Module, state: dict[str, Tensor]) -> int:
    """Copy `state` into every MobileNetV2 of `network`; norms with private streams all get the same start.

    `state` is what `load_mobilenet` gives. Returns the number of backbones filled.
    """
    backbones = [m for m in network.modules() if isinstance(m, MobileNetV2)]
    for backbone in backbones:
        own = backbone.state_dict()
        backbone.load_state_dict({k: v.expand_as(own[k]).clone() for k, v in state.items()}, strict=False)
    return len(backbones)
