"""`adapt`: a plain PyTorch network that its owner has already becomes a `Model`."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vizlab.core.adapt.network import AdaptedNetwork, Caller, check_paths
from vizlab.core.adapt.outputs import Getter, named_outputs, tasks_of
from vizlab.core.adapt.projection import Projected
from vizlab.core.adapt.readings import Gated, Mixed, Reading, Replaced, Sum
from vizlab.core.adapt.sites import FusionSite
from vizlab.core.adapt.values import reason
from vizlab.core.config import IMAGENET, METRES, NetworkConfig, Normalisation
from vizlab.core.device import pick_precision
from vizlab.core.framing import frame
from vizlab.core.method import Method
from vizlab.core.model import Model
from vizlab.core.preprocess import MODALITIES
from vizlab.core.registry import methods
from vizlab.errors import InputError, VizlabError
from vizlab.tasks import Task

ARCHITECTURE = "adapted"
USUAL = {"rgb": (IMAGENET, "ImageNet's mean and deviation"), "depth": (METRES, "metres as they are")}
"""What inputs given by name alone are normalised by: an assumption, and listed as one."""
READINGS: tuple[type[Reading], ...] = (Sum, Gated, Replaced, Projected, Mixed)


def adapt(
    module: nn.Module,
    *,
    inputs: Mapping[str, Normalisation] | Sequence[str],
    outputs: Mapping[str, Getter] | Sequence[str],
    sites: Sequence[FusionSite],
    call: Caller | None = None,
    classes: Sequence[str] = (),
    tasks: Sequence[Task] | None = None,
    working_size: tuple[int, int] = (240, 320),
    multiple: int = 32,
    name: str = "",
    family: str = ARCHITECTURE,
    title: str = "",
    sentence: str = "",
    card: Mapping[str, Any] | None = None,
    precision: str = "float32",
) -> Model:
    """`module` as a vizlab model: traced, cut, drawn and shown on the page like any other.

    `inputs` are rgb, depth or both in the order in which the module takes them, each (B, 3, H, W) float32 (depth in
    metres, three times), with their normalisation or, by name alone, the usual one. `call(module, inputs)` says how the
    module is called where that is not `module(*inputs)`. `outputs` name what it returns, (B, C, h, w) each: `semseg`,
    `depth`, `semseg/rgb`, ... to an index, a key or a function of it. `sites` declare where streams mix. `classes` are
    the semseg classes by index; `tasks` follow from the outputs. A picture is scaled to the area of `working_size`
    (H, W) and padded to multiples of `multiple`. `name`, `family`, `title` and `sentence` are what the network and its
    method are called, `card` its model card, `precision` auto, float32 or bfloat16.

    The module is not copied: it is put into evaluation mode and stays where it is. It is run once, on noise, to find
    its widths and to compare every site's parts with its output. The model's hash is that of the weights it has now;
    after further training adapt it again. Raises InputError, in one sentence, for whatever does not fit.
    """
    named = _normalisations(inputs)
    getters, device = named_outputs(outputs), _device_of(module)
    _check_family(family)
    check_paths(module, sites)
    network = AdaptedNetwork(module, tuple(named), getters, sites, call, multiple).eval()
    found = _survey(network, working_size, device)
    network.tasks = tasks_of(found, tasks)
    config = _config(network, named, classes, working_size)
    called = name or type(module).__name__
    return Model(
        network,
        config,
        called,
        card=card,
        assumed=_assumed(inputs),
        checkpoint_hash=fingerprint(module),
        device=device,
        precision=pick_precision(precision, device),
        method=_method(network, called, family, title, sentence),
    )


def fingerprint(module: nn.Module) -> str:
    """SHA-256, as hex, over name, type, shape and bytes of every tensor of the state dict, in its order."""
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        if isinstance(tensor, Tensor):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            flat = tensor.detach().cpu().contiguous().reshape(-1)
            digest.update(flat.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _normalisations(inputs: Mapping[str, Normalisation] | Sequence[str]) -> dict[str, Normalisation]:
    names = [inputs] if isinstance(inputs, str) else list(inputs)
    unknown = [name for name in names if name not in MODALITIES]
    if unknown or not names or len(set(names)) < len(names):
        raise InputError(
            f"The inputs are {', '.join(map(str, names)) or 'none'}; expected rgb, depth or both, once each: what else "
            "the module takes can be made of them with call=."
        )
    if not isinstance(inputs, Mapping):
        return {name: USUAL[name][0] for name in names}
    if wrong := [name for name, given in inputs.items() if not isinstance(given, Normalisation)]:
        raise InputError(
            f"The normalisation of {wrong[0]} is {inputs[wrong[0]]!r}; expected Normalisation(mean, std), each three "
            "numbers."
        )
    return dict(inputs)


def _assumed(inputs: Mapping[str, Normalisation] | Sequence[str]) -> dict[str, str]:
    """What was not given, and what stands in."""
    if isinstance(inputs, Mapping):
        return {}
    names = [inputs] if isinstance(inputs, str) else inputs
    told = "; ".join(f"{name}: {USUAL[name][1]}" for name in names)
    return {"normalisation": f"{told} (inputs= gives names alone)"}


def _device_of(module: nn.Module) -> torch.device:
    devices = {tensor.device for tensor in (*module.parameters(), *module.buffers())}
    if len(devices) > 1:
        raise InputError(
            f"The module is spread over {', '.join(sorted(map(str, devices)))}; a model runs on one "
            "device, move it there."
        )
    return next(iter(devices), torch.device("cpu"))


def _check_family(family: str) -> None:
    if family in methods():
        raise InputError(
            f"The family '{family}' is {methods()[family].title}'s, whose charts expect its networks; choose another."
        )


def _survey(network: AdaptedNetwork, working_size: tuple[int, int], device: torch.device) -> dict[str, Tensor]:
    """Run on noise at the working size; what the module raises becomes an InputError that says how it was called."""
    size = frame(working_size, working_size, network.multiple).padded
    source = torch.Generator().manual_seed(0)
    noise = {name: torch.randn(1, 3, *size, generator=source).to(device) for name in network.inputs}
    try:
        with torch.inference_mode():
            return network.survey(noise)
    except VizlabError:
        raise
    except Exception as err:  # an owner's module may raise anything
        told = " and ".join(f"{name} of 1x3x{size[0]}x{size[1]}" for name in noise)
        raise InputError(
            f"The module cannot be run on {told} ({reason(err)}); say with call=, working_size= and "
            "multiple= how it can."
        ) from err


def _config(
    network: AdaptedNetwork,
    normalisation: Mapping[str, Normalisation],
    classes: Sequence[str],
    working_size: tuple[int, int],
) -> NetworkConfig:
    widths = {task.name: task.channels for task in network.tasks}
    if classes and len(classes) != widths.get("semseg", 0):
        raise InputError(
            f"{len(classes)} classes are named, but the semseg output has {widths.get('semseg', 0)} channels; name "
            "each."
        )
    return NetworkConfig(
        architecture=ARCHITECTURE,
        tasks=tuple(widths),
        inputs=network.inputs,
        semseg_channels=widths.get("semseg", 0),
        classes=tuple(classes),
        working_size=working_size,
        normalisation=normalisation,
        task_channels=widths,
    )


def _method(network: AdaptedNetwork, name: str, family: str, title: str, sentence: str) -> Method:
    count = len(network.sites)
    told = f"{count} {'site' if count == 1 else 'sites'}" if count else "no site"
    return Method(
        family=family,
        title=title or family,
        sentence=sentence or f"{name}: a network adapted to vizlab, with {told} as its owner declared.",
        kinds={reading.kind: reading.words for reading in READINGS},
    )
