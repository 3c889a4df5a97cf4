"""A training recipe: one TOML file for each shipped checkpoint and baseline; what it leaves out is set here."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from vizlab.core.config import NetworkConfig
from vizlab.core.registry import method_of
from vizlab.errors import DataError
from vizlab.study.toml_files import read_toml


@dataclass(frozen=True)
class Translation:
    """How a network learns to make one picture of others.

    `target` names the picture: rgb, or a domain of the data folder; inputs are named likewise. In the last `settled`
    of the epochs, 0 to 1, norms use their running statistics and nothing is dropped out, as when the network is used:
    norms of single pictures would otherwise be trained with statistics that they are never used with. `scale` is where
    that begins which the method shrinks (`Learning.start`), 1 for where the network has it. `cycle` is the weight of
    the way back to the inputs (see `vizlab.study.training.cycle`), `adversarial` that of a judge beside it (see
    `vizlab.study.training.adversary`), 0 for none; one of the two at most.
    """

    target: str = "rgb"
    settled: float = 0.0
    scale: float = 1.0
    cycle: float = 0.0
    adversarial: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """How a checkpoint is trained.

    `zoom` is the range of magnification of the random crops, 1 being the picture's own resolution. `fusion_lr` is
    the rate of the modules at which the method fuses, where it names them; `sparsity`, relative to `backbone_lr`, how
    far the method shrinks after each step what it wants small, or the weight of that in the loss where it is a penalty.
    Neither does anything for a method without such. With `joint`, the losses of ensembles whose gradient reaches their
    streams are added, times that; without `learn_ensemble`, streams keep equal weights in them. `distil` weighs what
    teachers say of semseg beside the labels (see `vizlab.study.training.teacher`). `exchange_least`, 0 to 1, is the
    share of what each site may exchange that it exchanges from the first step on, what counts least, beside what is
    below the threshold already.

    `class_balance` is the exponent of `losses.class_weights`; `sensor_share` the share of pictures whose depth
    input is what a Kinect would measure, with holes and noise. With `hold_out`, a tenth of the training split is never
    learned from, for choices to be made on (`vizlab.study.data.folder.held_out`). `translation` says how the task image
    is learned, and is there only with it. `card` goes into the model card (`licence` of the
    weights, `notes`, ...); what is to be said of the data comes from their dataset.json.
    """

    name: str
    network: NetworkConfig
    loss_weights: dict[str, float]
    epochs: int
    batch_size: int = 8
    crop: tuple[int, int] = (224, 288)
    zoom: tuple[float, float] = (1.0, 1.8)
    backbone_lr: float = 4e-4
    lr: float = 2e-3
    fusion_lr: float = 2e-3
    weight_decay: float = 1e-4
    gradient_clip: float = 5.0
    sparsity: float = 0.0
    joint: float = 0.0
    learn_ensemble: bool = True
    distil: float = 0.0
    exchange_least: float = 0.0
    class_balance: float = 0.0
    sensor_share: float = 0.0
    hold_out: bool = False
    seed: int = 0
    precision: str = "bf16-mixed"
    translation: Translation | None = None
    card: dict[str, Any] = field(default_factory=dict)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe; raises DataError with the offending key."""
    values = read_toml(path, "recipe")
    known = {f.name for f in fields(Recipe)} - {"name"}
    if unknown := sorted(set(values) - known):
        raise DataError(
            f"'{path.name}' sets {', '.join(unknown)}, which no recipe has; known: {', '.join(sorted(known))}."
        )
    try:
        recipe = Recipe(name=path.stem, **_typed(values))
        _check(recipe)
        return recipe
    except (KeyError, TypeError, ValueError) as err:
        raise DataError(f"'{path.name}' is not a complete recipe: {err}.") from err


def _check(recipe: Recipe) -> None:
    """What would fail after hours, or with a riddle, fails here, with a ValueError or TypeError."""
    tasks = {*recipe.network.tasks, *recipe.network.auxiliary_tasks}
    if differing := sorted(tasks ^ set(recipe.loss_weights)):
        raise ValueError(
            f"[loss_weights] must weigh each of the network's tasks and no other, not so for {', '.join(differing)}"
        )
    if (recipe.translation is not None) != ("image" in tasks):
        raise ValueError("[translation] belongs to the task image: give both or neither")
    if recipe.translation is not None:
        _check_translation(recipe.translation, recipe.network)
    if recipe.distil and "semseg" not in tasks:
        raise ValueError("distil learns what teachers say of semseg, which the network does not predict")
    if not 0 <= recipe.exchange_least <= 1:
        raise ValueError("exchange_least is a share, 0 to 1")
    if recipe.exchange_least and (recipe.translation is not None or not recipe.network.threshold):
        raise ValueError("exchange_least needs a threshold above 0, and no [translation], which sets all scales itself")
    if recipe.exchange_least and method_of(recipe.network).learning.exchange_least is None:
        raise ValueError(f"exchange_least is for methods that exchange channels, unlike {recipe.network.architecture}")
    if not isinstance(recipe.card.get("licence", ""), str):
        raise ValueError("the licence in [card] must be a text")
    json.dumps(recipe.card, allow_nan=False)


def _check_translation(translation: Translation, network: NetworkConfig) -> None:
    if not 0 <= translation.settled <= 1:
        raise ValueError("settled is a share of the epochs, 0 to 1")
    if min(translation.cycle, translation.adversarial) < 0 or translation.cycle * translation.adversarial:
        raise ValueError("cycle and adversarial are weights, 0 or more, and one of them at most is used")
    unmade = [name for name in (translation.target, *network.inputs) if name == "depth"]
    if unmade and (translation.target == "depth" or translation.cycle):
        raise ValueError("depth in metres is no picture that could be made; take a domain for it")


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    values = dict(values, network=NetworkConfig.from_dict(values["network"]))
    if "translation" in values:
        values["translation"] = Translation(**values["translation"])
    for name in ("crop", "zoom"):
        if name in values:
            values[name] = tuple(values[name])
    return values
