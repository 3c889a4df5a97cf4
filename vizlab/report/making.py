"""From files to material: a picture read, and every checkpoint that suits it run on it once."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from vizlab.core.door import load_model
from vizlab.core.model import Model
from vizlab.core.registry import checked
from vizlab.core.trace import FusionTrace
from vizlab.core.tracer import trace
from vizlab.errors import IncompatibleInputError, InputError
from vizlab.report.material import Material
from vizlab.rgbd import RGBDImage


def analysed(
    rgbd: RGBDImage,
    checkpoints: Sequence[str | Path],
    *,
    title: str = "",
    settings: Mapping[str, float] | None = None,
    device: str = "auto",
    precision: str = "auto",
    step: Callable[[str], object] = lambda name: None,
) -> Material:
    """The picture run through every network of `checkpoints`, which need not all suit it.

    `settings` are given to the networks that have such a control, whose run at their own setting stands beside it.
    Raises InputError for a setting that no network has, IncompatibleInputError where no network suits.
    """
    given = checked(settings or {})
    traces: dict[str, FusionTrace] = {}
    own: dict[str, FusionTrace] = {}
    cards: dict[str, Mapping[str, object]] = {}
    skipped: dict[str, str] = {}
    taken: set[str] = set()
    for path in checkpoints:
        model = load_model(path, device, precision=precision)
        name = _free(model.name, (*traces, *skipped))
        step(name)
        taken |= given.keys() & model.settings.keys()
        moved = model.moved(given)
        try:
            traces[name] = _traced(model, rgbd, moved)
        except IncompatibleInputError as err:
            skipped[name] = str(err)
            continue
        cards[name] = model.card
        if moved:
            own[name] = _traced(model, rgbd, {})
    _check(given, taken, traces, skipped)
    return Material(traces, rgbd, own=own, cards=cards, skipped=skipped, title=title)


def _traced(model: Model, rgbd: RGBDImage, settings: Mapping[str, float]) -> FusionTrace:
    return trace(model, rgbd, **settings)  # type: ignore[arg-type]


def _check(
    given: Mapping[str, float], taken: set[str], traces: Mapping[str, FusionTrace], skipped: Mapping[str, str]
) -> None:
    if not traces:
        said = " ".join(f"{name}: {why}" for name, why in skipped.items())
        raise IncompatibleInputError(said or "No checkpoint is given; name at least one with --model.")
    if without := set(given) - taken:
        raise InputError(f"No network here has a {min(without)} to set; leave it out.")


def _free(name: str, known: Sequence[str]) -> str:
    """The name, with a number behind it where another network has it already."""
    free, count = name, 2
    while free in known:
        free, count = f"{name} {count}", count + 1
    return free
