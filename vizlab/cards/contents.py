"""What stands in a card, as JSON-ready values: written by training, completed by evaluation."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from vizlab.cards.data_sets import data_texts
from vizlab.errors import CheckpointError
from vizlab.evaluation.gain import comparisons
from vizlab.evaluation.results import Result, ThresholdPoint, cost_from, rounded
from vizlab.models.model import Model
from vizlab.training.recipe import Recipe

T = TypeVar("T")
CURVE = "threshold curve"


def training_card(
    recipe: Recipe, pictures: int, size: tuple[int, int] | None = None, training: str = ""
) -> dict[str, Any]:
    """The card of a checkpoint fresh from training, not yet evaluated.

    `pictures` were trained on, of `size` (H, W) where that is known; `training` says where it was trained and for how
    long, if somebody knows. The recipe's table [card] goes into the card; see `data_sets`.
    """
    settings = {k: v for k, v in dataclasses.asdict(recipe).items() if k not in ("network", "name", "card")}
    card = {"name": recipe.name, "recipe": settings, "figures": {}}
    card |= data_texts(recipe.card, recipe.network.tasks, pictures, size)
    return card | ({"training": training} if training else {})


def with_evaluation(card: Mapping[str, Any], result: Result, curve: Sequence[ThresholdPoint] = ()) -> dict[str, Any]:
    """The card with what one evaluation found; an earlier threshold curve stays where there is no new one."""
    measured = {"split": result.split, "pictures": result.pictures, "precision": result.precision}
    part = {"measured": result.measured} if result.measured else {}
    found: dict[str, Any] = {"figures": {**measured, **part, "outputs": rounded(result.outputs)}}
    if result.cost is not None:
        found["cost"] = dataclasses.asdict(result.cost)
    if curve:
        points = [
            {"threshold": p.threshold, "exchanged": round(p.exchanged, 4), "outputs": rounded(p.outputs)} for p in curve
        ]
        found[CURVE] = {**measured, "points": points}
    return {**card, **found}


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
