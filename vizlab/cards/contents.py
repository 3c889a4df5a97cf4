"""What stands in a card, as JSON-ready values: written by training, completed by evaluation."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from vizlab.data.manifest import Manifest
from vizlab.errors import CheckpointError
from vizlab.evaluation.gain import comparisons
from vizlab.evaluation.results import Result, ThresholdPoint, cost_from, rounded
from vizlab.geometry import NORMALS_METHOD
from vizlab.models.model import Model
from vizlab.training.recipe import Recipe

T = TypeVar("T")
CURVE = "threshold curve"
NORMALS_LIMIT = (
    f"Normals were derived from depth by an {NORMALS_METHOD}: the figures compare with derived normals, not with "
    "measured or official ones."
)


def training_card(
    recipe: Recipe,
    data: Manifest,
    pictures: int,
    size: tuple[int, int] | None = None,
    training: str = "",
    start: str = "",
) -> dict[str, Any]:
    """The card of a checkpoint fresh from training, not yet evaluated.

    `pictures` of the folder that `data` describes were trained on, of `size` (H, W) where that is known; `training`
    says where, and `start` from which weights. The recipe's table [card] goes into the card as it stands; its
    `licence` is that of the weights and comes before that of the data.
    """
    settings = {k: v for k, v in dataclasses.asdict(recipe).items() if k not in ("network", "name", "card")}
    card = {"name": recipe.name, "recipe": settings, "figures": {}}
    amount = f"{pictures} pictures" + ("" if size is None else f" at {size[0]}x{size[1]}")
    limits = [f"Trained on {amount} only.", *data.limits]
    if "normals" in recipe.network.tasks:
        limits.append(NORMALS_LIMIT)
    licence = " ".join(filter(None, (recipe.card.get("licence"), data.licence)))
    texts = {"data": ", ".join(filter(None, (data.source, f"split train, {amount}"))), "limits": limits}
    given = {"training": training, "start": start, "licence": licence}
    return card | texts | recipe.card | {name: text for name, text in given.items() if text}


def with_evaluation(card: Mapping[str, Any], result: Result, curve: Sequence[ThresholdPoint] = ()) -> dict[str, Any]:
    """The card with what one evaluation found; an earlier threshold curve of the same pictures stays."""
    measured = {"split": result.split, "pictures": result.pictures, "precision": result.precision}
    measured |= {name: text for name in ("data", "measured") if (text := getattr(result, name))}
    found: dict[str, Any] = {"figures": {**measured, "outputs": rounded(result.outputs)}}
    if result.cost is not None:
        found["cost"] = dataclasses.asdict(result.cost)
    if curve:
        points = [
            {"threshold": p.threshold, "exchanged": round(p.exchanged, 4), "outputs": rounded(p.outputs)} for p in curve
        ]
        found[CURVE] = {**measured, "points": points}
    earlier = card.get(CURVE)
    kept = {name: value for name, value in card.items() if name != CURVE}
    if isinstance(earlier, Mapping) and all(earlier.get(name, value) == value for name, value in measured.items()):
        kept[CURVE] = earlier
    return {**kept, **found}


def with_baselines(card: Mapping[str, Any], result: Result, known: Iterable[Result]) -> dict[str, Any]:
    """The card with those of `known` that `result`, its own, is compared with; gains follow from them when shown."""
    used = {other.name: other for comparison in comparisons(result, known) for other in comparison.against}
    kept = {name: value for name, value in card.items() if name != "baselines"}
    if not used:
        return kept
    return kept | {"baselines": [{**other.to_dict(), "outputs": rounded(other.outputs)} for other in used.values()]}


def result_of(model: Model) -> Result | None:
    """What the model's card says it scored; None if it was not evaluated. Raises CheckpointError for a broken card."""
    figures = model.card.get("figures")
    if not figures:
        return None
    return reading(
        model,
        lambda: Result(
            name=model.name,
            checkpoint=model.checkpoint_hash,
            architecture=model.config.architecture,
            inputs=model.inputs,
            tasks=tuple(task.name for task in model.tasks),
            split=figures["split"],
            pictures=int(figures["pictures"]),
            precision=figures["precision"],
            outputs={name: {k: float(v) for k, v in values.items()} for name, values in figures["outputs"].items()},
            cost=cost_from(model.card.get("cost")),
            data=str(figures.get("data", "")),
            measured=str(figures.get("measured", "")),
            epochs=epochs_of(model),
        ),
    )


def epochs_of(model: Model) -> int | None:
    """How long the model was trained, by the recipe in its card; None where there is none."""
    recipe = model.card.get("recipe")
    epochs = recipe.get("epochs") if isinstance(recipe, Mapping) else None
    return epochs if isinstance(epochs, int) else None


def curve_of(model: Model) -> tuple[ThresholdPoint, ...]:
    """The threshold curve of the model's card, or nothing. Raises CheckpointError for a broken card."""
    curve = model.card.get(CURVE)
    return reading(model, lambda: tuple(ThresholdPoint.from_dict(p) for p in curve["points"])) if curve else ()


def baselines_of(model: Model) -> tuple[Result, ...]:
    """The baselines in the model's card. Raises CheckpointError for a broken card."""
    return reading(model, lambda: tuple(Result.from_dict(values) for values in model.card.get("baselines", [])))


def reading(model: Model, read: Callable[[], T]) -> T:
    """`read()`; what a card of unexpected form makes it raise becomes a CheckpointError."""
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise CheckpointError(
            f"The card of {model.name} cannot be shown ({type(err).__name__}: {err}); expected what `vizlab train` and "
            "`vizlab eval --write-card` write."
        ) from err
