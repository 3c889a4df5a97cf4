"""A card as a person reads it: sections of sentences, lines and tables, which the page and Markdown both show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vizlab.cards.contents import CURVE, baselines_of, curve_of, reading, result_of
from vizlab.evaluation.gain import comparisons
from vizlab.evaluation.literature import NOT_COMPARABLE, PUBLISHED
from vizlab.evaluation.results import Cost
from vizlab.evaluation.run import exchanged_share, exchanges
from vizlab.evaluation.table import (
    COLUMNS,
    FIGURES,
    Row,
    Table,
    cost_sentences,
    curve_table,
    even_sentences,
    gain_sentences,
    markdown,
    measured_sentences,
    rows_of,
    table,
)  # fmt: skip
from vizlab.models.cen import CEN
from vizlab.models.model import Model

METHODS = {
    "cen": "CEN (Wang et al., NeurIPS 2020 and TPAMI 2023): streams share their convolutions, keep norms of their own, "
    "and take each other's channels where a channel's scale is small.",
    "nddr-cnn": "NDDR-CNN (Gao et al., CVPR 2019): one network for each task; after every stage a 1x1 convolution "
    "mixes the features of all.",
    "mti-net": "MTI-Net (Vandenhende et al., ECCV 2020): tasks predict at four scales, and refine each other's "
    "features at each of them.",
}
ALONE = "A baseline: one task from one input by the backbone and decoder of CEN, with nothing to exchange."
_SHOWN = (
    "name",
    "data",
    "training",
    "start",
    "figures",
    "cost",
    CURVE,
    "baselines",
    "notes",
    "recipe",
    "limits",
    "licence",
)


@dataclass(frozen=True)
class Section:
    """Sentences, then a table, then lines; any may be missing. The first section of a card has the model's name."""

    title: str
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    lines: tuple[str, ...] = ()


def card_sections(model: Model) -> tuple[Section, ...]:
    """The whole card; what the file says nothing about is left out. Raises CheckpointError for a broken card."""
    makers = (_figures, _compared, _curve, _cost, _published, _notes, _exchanged, _recipe, _limits, _licence, _other)
    sections = (_identity(model), *(reading(model, lambda make=make: make(model)) for make in makers))  # type: ignore[misc]
    return tuple(section for section in sections if section is not None)


def card_markdown(model: Model) -> str:
    """The card as Markdown."""
    first, *rest = card_sections(model)
    parts = [f"# {first.title}", *_blocks(first)]
    for section in rest:
        parts += [f"## {section.title}", *_blocks(section)]
    return "\n\n".join(parts) + "\n"


def _blocks(section: Section) -> list[str]:
    shown = [] if section.table is None else [markdown(section.table)]
    lines = ["\n".join(f"- {line}" for line in section.lines)] if section.lines else []
    return [*section.sentences, *shown, *lines]


def _identity(model: Model) -> Section:
    config = model.config
    height, width = config.working_size
    lines = [
        f"architecture: {config.architecture}",
        f"inputs: {', '.join(model.inputs)}; tasks: {', '.join(task.name for task in model.tasks)}",
        f"working size: {height}x{width}",
        f"SHA-256: `{model.checkpoint_hash}`",
        *(f"assumed: {name} = {value}" for name, value in model.assumed.items()),
        *(f"{name}: {model.card[name]}" for name in ("data", "start", "training") if model.card.get(name)),
    ]
    alone = model.network.family == "cen" and not model.sites
    return Section(model.name, (ALONE if alone else METHODS[model.network.family],), lines=tuple(lines))


def _figures(model: Model) -> Section | None:
    result = result_of(model)
    if result is None:
        return None
    return Section(
        f"Figures ({_pictures(result.to_dict())})", tuple(measured_sentences([result])), table(rows_of(result), FIGURES)
    )


def _pictures(told: Mapping[str, Any]) -> str:
    """What figures were measured on, and how."""
    source = f"{told['data']}, " if told.get("data") else ""
    return f"{source}split {told['split']}, {told['pictures']} pictures, {told['precision']}"


def _compared(model: Model) -> Section | None:
    result, known = result_of(model), baselines_of(model)
    if result is None or not (found := comparisons(result, known)):
        return None
    others = {other.name: other for comparison in found for other in comparison.against}
    rows = [*rows_of(result, known)[:1], *(row for other in others.values() for row in rows_of(other)[:1])]
    gains = gain_sentences(result, known)
    return Section("Compared with", tuple(even_sentences(gains)), table(rows, COLUMNS), tuple(gains))


def _curve(model: Model) -> Section | None:
    points = curve_of(model)
    if not points:
        return None
    title = f"Threshold curve ({_pictures(model.card[CURVE])})"
    return Section(title, table=curve_table(points, model.config.threshold))


def _cost(model: Model) -> Section | None:
    result = result_of(model)
    cost: Cost | None = result.cost if result is not None else None
    if cost is None:
        return None
    amounts = (
        f"{cost.parameters / 1e6:.2f} million parameters, {cost.flops / 1e9:.2f} GFLOPs, "
        f"{cost.milliseconds:.0f} ms a picture on a CPU"
    )
    return Section("Cost", lines=(amounts, *cost_sentences([cost])))


def _published(model: Model) -> Section | None:
    like = (model.network.family, model.inputs)
    known = [p for p in PUBLISHED if (p.family, p.inputs) == like and "semseg" in model.config.tasks]
    if not known or result_of(model) is None:
        return None
    return Section(
        "Published figures of the method's full-size networks",
        (f"For orientation only: {NOT_COMPARABLE} with the figures above.",),
        table(published_rows(known), FIGURES),
    )


def published_rows(known: Sequence[Any] = PUBLISHED) -> list[Row]:
    """A row for each of `known`, named after method, backbone, setting and source."""
    return [Row(f"{p.name} ({', '.join(filter(None, (p.setting, p.source)))})", p.figures) for p in known]


def _notes(model: Model) -> Section | None:
    return _listed("Notes", model.card.get("notes"))


def _exchanged(model: Model) -> Section | None:
    if not exchanges(model):
        return None
    assert isinstance(model.network, CEN)
    counts = model.network.exchanged_of_eligible()
    lines = [f"all sites: {exchanged_share(model):.1%}"]
    lines += [f"{site}: {some / eligible:.0%}" for site, (some, eligible) in counts.items()]
    title = f"Exchanged at threshold {model.network.exchange_norms()[0].threshold:g} (share of eligible channels)"
    return Section(title, lines=tuple(lines))


def _recipe(model: Model) -> Section | None:
    recipe = model.card.get("recipe")
    return Section("Recipe", lines=tuple(f"{n}: {_setting(v)}" for n, v in recipe.items())) if recipe else None


def _setting(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_setting(item)}" for name, item in value.items())
    return ", ".join(map(_setting, value)) if isinstance(value, list | tuple) else str(value)


def _limits(model: Model) -> Section | None:
    return _listed("Limits", model.card.get("limits"))


def _licence(model: Model) -> Section | None:
    licence = model.card.get("licence")
    return Section("Licence", (str(licence),)) if licence else None


def _other(model: Model) -> Section | None:
    left = {name: value for name, value in model.card.items() if name not in _SHOWN and value}
    return _listed("Further", [f"{name}: {_setting(value)}" for name, value in left.items()])


def _listed(title: str, lines: Any) -> Section | None:
    if not lines:
        return None
    return Section(title, lines=(lines,) if isinstance(lines, str) else tuple(map(str, lines)))
