"""The card that training puts into a checkpoint, as JSON-ready values; evaluation completes it."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from vizlab.core.model import Model
from vizlab.geometry import NORMALS_METHOD
from vizlab.study.data.manifest import Manifest
from vizlab.study.training.recipe import Recipe

NORMALS_LIMIT = (
    f"Normals were derived from depth by an {NORMALS_METHOD}: the figures compare with derived normals, not with "
    "measured or official ones."
)
UNSAID = ("translation", "joint", "learn_ensemble", "distil", "exchange_least", "hold_out")
"""Settings that a card names only where they are used."""


def training_card(
    recipe: Recipe,
    data: Manifest,
    pictures: int,
    size: tuple[int, int] | None = None,
    training: str = "",
    start: str = "",
    teachers: Sequence[Model] = (),
) -> dict[str, Any]:
    """The card of a checkpoint fresh from training, not yet evaluated.

    `pictures` of the folder that `data` describes were trained on, of `size` (H, W) where that is known; `training`
    says where, `start` from which weights, and `teachers` are those it was distilled from. The recipe's table [card]
    goes into the card as it stands; its `licence` is that of the weights and comes before that of the data.
    """
    settings = {k: v for k, v in dataclasses.asdict(recipe).items() if k not in ("network", "name", "card")}
    idle = [f.name for f in dataclasses.fields(Recipe) if f.name in UNSAID and settings[f.name] == f.default]
    for name in idle:
        del settings[name]
    card = {"name": recipe.name, "recipe": settings, "figures": {}}
    amount = f"{pictures} pictures" + ("" if size is None else f" at {size[0]}x{size[1]}")
    limits = [f"Trained on {amount} only.", *data.limits]
    if "normals" in recipe.network.tasks:
        limits.append(NORMALS_LIMIT)
    licence = " ".join(filter(None, (recipe.card.get("licence"), data.licence)))
    without = "without the tenth that is held out, " if recipe.hold_out else ""
    texts = {"data": ", ".join(filter(None, (data.source, f"split train, {without}{amount}"))), "limits": limits}
    taught = ", ".join(f"{teacher.name} ({teacher.checkpoint_hash[:16]})" for teacher in teachers)
    given = {"training": training, "start": start, "teachers": taught, "licence": licence}
    return card | texts | recipe.card | {name: text for name, text in given.items() if text}
