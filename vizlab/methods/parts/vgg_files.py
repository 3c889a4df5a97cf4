"""How NDDR-CNN's authors name the tensors of their VGG-16 networks, in TensorFlow and in PyTorch."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vizlab.core.config import NetworkConfig, Normalisation
from vizlab.core.published import Clues, State
from vizlab.errors import CheckpointError
from vizlab.methods.parts.published_files import distinct, nyu_classes, task_widths, width
from vizlab.methods.parts.vgg import BLOCKS, CONVOLUTIONS, WIDTH, is_fine

_MEANS = (104.00698793, 116.66876762, 122.67891434)
BGR_LESS_MEAN = Normalisation(
    (_MEANS[0] / 255, _MEANS[1] / 255, _MEANS[2] / 255), (1 / 255, 1 / 255, 1 / 255), order="bgr"
)
"""Blue, green and red from 0 to 255, less the means with which VGG-16 was trained."""
RGB_LESS_MEAN = Normalisation(BGR_LESS_MEAN.mean[::-1], BGR_LESS_MEAN.std)
SIZE = (480, 640)
NORMALS = (
    "colours of the 8-bit picture of normals, of length 1 but not centred: they are shown as that, and held against no "
    "other normals"
)
"""What these networks predict under that name."""


@dataclass(frozen=True)
class Colours:
    """How a code base gives a picture to its networks, and why that is assumed."""

    normalisation: Normalisation
    origin: str


TENSORFLOW_COLOURS = Colours(BGR_LESS_MEAN, "BGR from 0 to 255 less VGG's mean (the authors' code)")
PYTORCH_COLOURS = Colours(
    RGB_LESS_MEAN,
    "RGB from 0 to 255 less the mean of the authors' TensorFlow code (this one's lies in a file that is not published)",
)


def vgg_config(
    architecture: str, outputs: Sequence[int], channels: int, colours: Colours, **options: int
) -> tuple[NetworkConfig, dict[str, str]]:
    """The configuration, and what of it is assumed, of heads of so many `outputs` and `channels` in the first block."""
    tasks = _tasks(outputs)
    classes, widths = task_widths(dict(zip(tasks, outputs, strict=True)))
    assumed = {
        "tasks": f"{', '.join(tasks)} (3 outputs are normals; the authors' order)",
        "normalisation": colours.origin,
        "working_size": f"{SIZE[0]}x{SIZE[1]} (NYUv2)",
        **({"normals": NORMALS} if "normals" in tasks else {}),
    }
    config = NetworkConfig(
        architecture,
        tasks=tasks,
        inputs=("rgb",),
        semseg_channels=classes,
        classes=nyu_classes(classes, assumed) if "semseg" in tasks else (),
        working_size=SIZE,
        normalisation={"rgb": colours.normalisation},
        options={**options, **({"width": channels} if channels != WIDTH else {})},
        task_channels=widths,
    )
    return config, assumed


def _tasks(outputs: Sequence[int]) -> tuple[str, ...]:
    """Of one or two heads: three outputs are normals, any other number are classes."""
    named = tuple("normals" if count == 3 else "semseg" for count in outputs)
    if len(set(named)) < len(named):
        raise CheckpointError(
            f"its tasks have {' and '.join(map(str, outputs))} outputs; expected classes and 3 normals."
        )
    return named


_WORDS = {
    "weights": "weight", "biases": "bias", "gamma": "weight", "beta": "bias", "moving_mean": "running_mean",
    "moving_variance": "running_var",
}  # fmt: skip


def from_tensorflow(state: State) -> State:
    """Variables under PyTorch's words and in its order of axes, without what optimisers keep below a variable's name.

    `SCOPE/weights` (h, w, in, out) becomes `SCOPE/weight` (out, in, h, w), `SCOPE/BatchNorm/gamma` its `weight`.
    """
    own = {key: tensor for key, tensor in state.items() if key.rpartition("/")[0] not in state}
    return {
        _in_our_words(key): tensor.permute(3, 2, 0, 1) if tensor.ndim == 4 else tensor for key, tensor in own.items()
    }


def _in_our_words(key: str) -> str:
    scope, slash, leaf = key.rpartition("/")
    return f"{scope}{slash}{_WORDS.get(leaf, leaf)}"


def tensorflow_name(scope: str, inside: str) -> str:
    """Of a tensor `inside` a layer of that scope: "0.weight" a convolution's, "1.bias" its norm's, "weight" alone."""
    number, _, leaf = inside.rpartition(".")
    return f"{scope}/{'BatchNorm/' if number == '1' else ''}{leaf}"


def tensorflow_vgg(key: str, trunk: Mapping[str, str], head: str, shortcut: str) -> str:
    """The variable of a backbone's or head's tensor: below the names of `backbone.TASK` or `heads.TASK`.

    `trunk` gives the scope of each block, `head` that of fc6 to fc8, `shortcut` the shortcut's convolution's whole.
    """
    first, _, inside = key.partition(".")
    if first in CONVOLUTIONS:
        block = first.split("_")[0]
        return tensorflow_name(f"{trunk[block]}/{block}/{first}", inside)
    if first in ("shortcut", "reduce"):
        return tensorflow_name(shortcut, inside.removeprefix("reduce."))
    if first == "head":
        first, _, inside = inside.partition(".")
    layer = "fc8_voc12" if first == "fc8" else first
    return tensorflow_name(f"{head}/{layer}", inside)


def pytorch_source(key: str, config: NetworkConfig) -> str:
    """The stored tensor of one of a backbone or a head, `backbone.TASK.*` or `heads.TASK.*`.

    Of thirteen stages those that begin with a pool have their convolution after it.
    """
    _, task, layer, inside = key.split(".", 3)
    network, fine = f"net{config.tasks.index(task) + 1}", is_fine(config.options.get("stages", 5))
    number, _, leaf = inside.rpartition(".")
    if layer in CONVOLUTIONS:
        stage, place = _place(layer, fine)
        return f"{network}.stages.{stage}.feature.{place + int(number)}.{leaf}"
    place = {"fc6": 0, "fc7": 4, "fc8": 8}[layer] + (2 if fine else 0)
    return f"{network}.head.{place + int(number or 0)}.{leaf}"


def stage_places(config: NetworkConfig) -> dict[str, int]:
    """The number of each stage, from 0."""
    names = CONVOLUTIONS if is_fine(config.options.get("stages", 5)) else [block for block, _, _ in BLOCKS]
    return {name: place for place, name in enumerate(names)}


_AFTER_POOLS = {"conv2_1": 2, "conv3_1": 2, "conv4_1": 2, "conv5_1": 1}  # two steps to pad and pool, or one to pool


def _place(convolution: str, fine: bool) -> tuple[int, int]:
    """The stage of a convolution and its place in it."""
    if fine:
        return CONVOLUTIONS.index(convolution), _AFTER_POOLS.get(convolution, 0)
    block, number = convolution.removeprefix("conv").split("_")
    return int(block) - 1, 3 * (int(number) - 1)


_UNUSED = re.compile(r"(.*\.)?(net[12]\.features\.|aux_conv|path_costs$)")


def pytorch_unused(key: str) -> bool:
    """Second names of the stages, heads of training, and a cost of the search."""
    return _UNUSED.match(key) is not None


def pytorch_stages(state: State) -> int:
    """How many stages the file's networks have, 5 or 13."""
    found = len(distinct(state, r"net1\.stages\.(\d+)\."))
    try:
        is_fine(found)
    except ValueError as err:
        raise CheckpointError(f"{err}.") from err
    return found


def pytorch_config(architecture: str, state: State, **options: int) -> tuple[NetworkConfig, dict[str, str]]:
    """Of a file with two networks, as `vgg_config` says; "stages" is among the options where there are 13."""
    stages = pytorch_stages(state)
    last = 10 if is_fine(stages) else 8
    outputs = [width(state, f"net{number}.head.{last}.weight") for number in (1, 2)]
    channels = width(state, "net1.stages.0.feature.0.weight")
    return vgg_config(architecture, outputs, channels, PYTORCH_COLOURS, stages=stages, **options)


def said(clues: Clues, setting: str) -> bool | None:
    """A truth value of the authors' configuration in the file, None where it is not there."""
    value = next((v for k, v in clues.settings.items() if k == setting or k.endswith(f".{setting}")), None)
    return None if value is None else bool(value)
