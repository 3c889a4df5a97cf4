"""Model cards: what a checkpoint is, how it was trained, what it scores, where it stops. JSON in, Markdown out."""

import dataclasses
from typing import Any

from vizlab.evaluation import Figures
from vizlab.geometry import NORMALS_METHOD
from vizlab.models.cen import CEN
from vizlab.models.model import Model
from vizlab.training.recipe import Recipe

LIMITS = (
    "Trained on 795 indoor pictures of one sensor (Kinect v1) at 240x320; other cameras, outdoor scenes and fine "
    "structures are outside of what it has seen.",
    "About a sixth of the labelled pixels of NYUv2 are void, the picture's border included; predictions there were "
    "never corrected.",
    f"Normals were derived from in-painted depth by a {NORMALS_METHOD}: the figures compare with derived normals, "
    "not with the official ones.",
)
LICENCE = (
    "The weights are under the project's MIT licence. NYUv2 (Silberman et al., ECCV 2012) states no licence and is "
    "used for research with citation; the backbone started from MobileNetV2 trained on ImageNet (Apache-2.0)."
)


def training_card(recipe: Recipe, pictures: int) -> dict[str, Any]:
    """The card of a checkpoint fresh from training, not yet evaluated."""
    settings = {k: v for k, v in dataclasses.asdict(recipe).items() if k not in ("network", "name")}
    return {
        "name": recipe.name,
        "data": f"NYUv2 labelled set, official training split, {pictures} pictures at 240x320",
        "recipe": settings,
        "figures": {},
        "limits": list(LIMITS),
        "licence": LICENCE,
    }


def with_figures(card: dict[str, Any], figures: Figures, split: str, precision: str) -> dict[str, Any]:
    """The card with the figures of one evaluation, rounded as they are printed."""
    rounded = {
        output: {name: round(value, 3) for name, value in values.items()}
        for output, values in figures.by_output.items()
    }
    return dict(
        card, figures={"split": split, "pictures": figures.pictures, "precision": precision, "outputs": rounded}
    )


def card_markdown(model: Model) -> str:
    """The card as Markdown; sections the file says nothing about are left out."""
    card = model.card
    lines = [f"# {model.name}", "", f"- architecture: {model.config.architecture}"]
    lines += [f"- inputs: {', '.join(model.inputs)}; tasks: {', '.join(t.name for t in model.tasks)}"]
    lines += [f"- working size: {model.config.working_size[0]}x{model.config.working_size[1]}"]
    lines += [f"- SHA-256: `{model.checkpoint_hash}`"]
    lines += [f"- assumed: {name} = {value}" for name, value in model.assumed.items()]
    if data := card.get("data"):
        lines += [f"- data: {data}"]
    if figures := card.get("figures"):
        lines += ["", f"## Figures ({figures['split']}, {figures['pictures']} pictures, {figures['precision']})", ""]
        lines += [_figures_row(output, values) for output, values in figures["outputs"].items()]
    if note := card.get("notes"):
        lines += ["", "## Notes", "", *(f"- {line}" for line in note)]
    if isinstance(model.network, CEN):
        lines += ["", f"## Exchanged at threshold {model.config.threshold:g} (share of eligible channels)", ""]
        lines += [
            f"- {site}: {some / all_:.0%}" for site, (some, all_) in model.network.exchanged_of_eligible().items()
        ]
    if recipe := card.get("recipe"):
        lines += ["", "## Recipe", "", *(f"- {name}: {value}" for name, value in recipe.items())]
    if limits := card.get("limits"):
        lines += ["", "## Limits", "", *(f"- {line}" for line in limits)]
    if licence := card.get("licence"):
        lines += ["", "## Licence", "", licence]
    return "\n".join(lines) + "\n"


UNITS = {"RMSE": " m", "mean angle": "°", "median angle": "°"}


def _figures_row(output: str, values: dict[str, float]) -> str:
    cells = ", ".join(
        f"{name} {value:.{3 if name == 'RMSE' else 1}f}{UNITS.get(name, ' %')}" for name, value in values.items()
    )
    return f"- {output}: {cells}"
