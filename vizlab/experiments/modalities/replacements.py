"""What stands in for a modality that is missing. It decides who wins, so it always has a name, and never is 0 m."""

from collections.abc import Mapping, Sequence

from torch import Tensor

from vizlab.core.framing import Framing
from vizlab.core.model import Model
from vizlab.errors import InputError
from vizlab.experiments.attribution.baselines import Baselines
from vizlab.rgbd import RGBDImage

MEAN, OTHER, UNKNOWN, TRAINING = "own mean", "another picture", "unknown depth", "training mean"
SENTENCES = {
    MEAN: "missing colour is this picture's mean colour, missing depth a plane at its median depth",
    OTHER: "what is missing is that of another picture",
    UNKNOWN: (
        "missing depth is unknown but for the picture's rim, and filled from there as a reader fills holes; missing "
        "colour is this picture's mean colour"
    ),
    TRAINING: "what is missing is, everywhere, the mean by which the network's inputs are normalised",
}
"""What is done, by name of the replacement."""
_UNKNOWN = Baselines("mean colour", "unknown")


def stand_ins(
    model: Model, rgbd: RGBDImage, framing: Framing, names: Sequence[str], other: RGBDImage | None = None
) -> dict[str, dict[str, Tensor]]:
    """By name of the replacement, then by modality: what takes its place, as the network gets it, (1, 3, H', W').

    `other` is brought to the picture's size, whatever its aspect. Raises InputError for a name that is unknown, and if
    `other` is asked for but not given, IncompatibleInputError if it lacks a modality.
    """
    inputs = model.preprocess(rgbd, framing)
    return {name: _stand_in(name, model, rgbd, inputs, framing, other) for name in names}


def _stand_in(
    name: str,
    model: Model,
    rgbd: RGBDImage,
    inputs: Mapping[str, Tensor],
    framing: Framing,
    other: RGBDImage | None,
) -> dict[str, Tensor]:
    if name == MEAN:
        return {modality: own_mean(x, framing, modality) for modality, x in inputs.items()}
    if name == TRAINING:
        return {modality: training_mean(x) for modality, x in inputs.items()}
    if name == UNKNOWN:
        return model.preprocess(_UNKNOWN.picture(rgbd, model.inputs), framing)
    if name != OTHER:
        raise InputError(f"'{name[:40]}' replaces nothing; expected {', '.join(SENTENCES)}.")
    if other is None:
        raise InputError(f"The replacement '{OTHER}' needs a second picture; pass other= or leave it out.")
    return model.preprocess(other, framing)


def own_mean(x: Tensor, framing: Framing, modality: str) -> Tensor:
    """A plane of each picture's own: the mean over what shows the picture, for "depth" the median. x (B, C, H', W').

    The median is of the depth that the network sees, unknown pixels filled.
    """
    shown = x[..., : framing.content[0], : framing.content[1]].flatten(2)
    level = shown.median(dim=2).values if modality == "depth" else shown.mean(2)
    return level[:, :, None, None].expand_as(x)


def training_mean(x: Tensor) -> Tensor:
    """What normalisation brings to 0, everywhere. x (B, C, H', W')."""
    return x.new_zeros(()).expand_as(x)
