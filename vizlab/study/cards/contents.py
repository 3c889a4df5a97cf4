"""What evaluation puts into a card that training wrote, as JSON-ready values, and what can be read out of one."""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from vizlab.core.model import Model
from vizlab.core.registry import methods
from vizlab.errors import CheckpointError, one_line
from vizlab.study.effects import counted
from vizlab.study.evaluation.curve import Curve, curve_key
from vizlab.study.evaluation.gain import comparisons
from vizlab.study.evaluation.results import Cost, Result, cost_from, rounded

T = TypeVar("T")
OTHERS = "figures in other precisions"


def with_evaluation(card: Mapping[str, Any], result: Result, curve: Curve | None = None) -> dict[str, Any]:
    """The card with what one evaluation found; an earlier curve of the same pictures stays.

    The figures are those in bfloat16, which ships as the default, where there are such; figures of the same pictures
    in another precision stand beside them, under `OTHERS`.
    """
    measured = {"split": result.split, "pictures": result.pictures, "precision": result.precision}
    measured |= {name: text for name in ("data", "measured") if (text := getattr(result, name))}
    told = [card.get("figures"), *card.get(OTHERS, [])]
    entries = {e["precision"]: e for e in told if isinstance(e, Mapping) and _same_pictures(e, measured)}
    entries[result.precision] = {**measured, "outputs": rounded(result.outputs)}
    main = entries.pop("bfloat16", None) or entries.pop(result.precision)
    found: dict[str, Any] = {"figures": main, OTHERS: list(entries.values())}
    if result.cost is not None and main["precision"] == result.precision:
        found["cost"] = dataclasses.asdict(result.cost)
    if curve is not None:
        found[curve.key] = {**measured, "points": curve.rounded.to_list()}
    curves = {curve_key(control) for method in methods().values() for control in method.controls}
    kept = {name: value for name, value in card.items() if name not in curves or _is_of(main, value)}
    return {name: value for name, value in {**kept, **found}.items() if value or name != OTHERS}


def _same_pictures(told: Mapping[str, Any], measured: Mapping[str, Any]) -> bool:
    return all(told.get(name, "") == measured.get(name, "") for name in ("split", "pictures", "data"))


def _is_of(told: Mapping[str, Any], curve: Any) -> bool:
    """Whether an earlier curve was found on the pictures and in the precision of the figures `told`."""
    measured = {name: value for name, value in told.items() if name != "outputs"}
    return isinstance(curve, Mapping) and all(curve.get(name, value) == value for name, value in measured.items())


def with_baselines(card: Mapping[str, Any], result: Result, known: Iterable[Result]) -> dict[str, Any]:
    """The card with those of `known` that `result`, its own, is compared with; gains follow from them when shown."""
    used = {other.name: other for comparison in comparisons(result, known) for other in comparison.against}
    kept = {name: value for name, value in card.items() if name != "baselines"}
    if not used:
        return kept
    return kept | {"baselines": [{**other.to_dict(), "outputs": rounded(other.outputs)} for other in used.values()]}


def result_of(model: Model) -> Result | None:
    """What the model's card says it scored; None if it was not evaluated. Raises CheckpointError for a broken card."""
    told = model.card.get("figures")
    return reading(model, lambda: _result(model, told, cost_from(model.card.get("cost")))) if told else None


def others_of(model: Model) -> tuple[Result, ...]:
    """What the card says it scored in other precisions. Raises CheckpointError for a broken card."""
    return reading(model, lambda: tuple(_result(model, told, None) for told in model.card.get(OTHERS, [])))


def _result(model: Model, told: Mapping[str, Any], cost: Cost | None) -> Result:
    return Result(
        name=model.name,
        checkpoint=model.checkpoint_hash,
        architecture=model.config.architecture,
        inputs=model.inputs,
        tasks=tuple(task.name for task in model.tasks),
        split=told["split"],
        pictures=int(told["pictures"]),
        precision=told["precision"],
        outputs={name: {k: float(v) for k, v in values.items()} for name, values in told["outputs"].items()},
        cost=cost,
        data=str(told.get("data", "")),
        measured=str(told.get("measured", "")),
        epochs=epochs_of(model),
        start=start_of(model),
    )


def epochs_of(model: Model) -> int | None:
    """How long the model was trained, by the recipe in its card; None where there is none."""
    recipe = model.card.get("recipe")
    epochs = recipe.get("epochs") if isinstance(recipe, Mapping) else None
    return epochs if isinstance(epochs, int) else None


def start_of(model: Model) -> str:
    """The first digits of the SHA-256 of the weights it was trained from, by its card; empty where that is unknown."""
    found = re.search(r"SHA-256 ([0-9a-f]{16})", str(model.card.get("start", "")))
    return found[1] if found else ""


def curves_of(model: Model) -> tuple[Curve, ...]:
    """The curves in the model's card over controls that it has. Raises CheckpointError for a broken card."""
    controls = [control for control in counted(model.method, model.config) if model.card.get(curve_key(control))]
    found = (reading(model, lambda c=c: Curve.from_list(c, model.card[curve_key(c)]["points"])) for c in controls)  # type: ignore[misc]
    return tuple(curve for curve in found if curve.points)


def baselines_of(model: Model) -> tuple[Result, ...]:
    """The baselines in the model's card. Raises CheckpointError for a broken card."""
    return reading(model, lambda: tuple(Result.from_dict(values) for values in model.card.get("baselines", [])))


def reading(model: Model, read: Callable[[], T]) -> T:
    """`read()`; what a card of unexpected form makes it raise becomes a CheckpointError."""
    try:
        return read()
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as err:
        raise CheckpointError(
            f"The card of {model.name} cannot be shown ({type(err).__name__}: {one_line(err)}); expected what `vizlab "
            "train` and `vizlab eval --write-card` write."
        ) from err
