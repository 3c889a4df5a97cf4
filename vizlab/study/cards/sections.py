"""A card as a person reads it: sections of sentences, lines and tables, which the page and Markdown both show."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vizlab.core.method import Published
from vizlab.core.model import Model
from vizlab.core.site_words import site_words
from vizlab.study.cards.contents import OTHERS, baselines_of, curves_of, others_of, reading, result_of
from vizlab.study.effects import counted, effect_of
from vizlab.study.evaluation.curve import curve_key
from vizlab.study.evaluation.gain import comparisons
from vizlab.study.evaluation.results import Cost
from vizlab.study.evaluation.table import (
    COLUMNS,
    SCORES,
    Row,
    Table,
    cost_sentences,
    curve_table,
    even_sentences,
    gain_sentences,
    markdown,
    measured_sentences,
    rows_in,
    rows_of,
    table,
)

NOT_COMPARABLE = "measured by others at other resolutions and on other backbones, not comparable"
_SHOWN = (
    "name", "data", "training", "start", "teachers", "figures", OTHERS, "cost", "baselines", "notes", "recipe",
    "limits", "licence",
)  # fmt: skip
"""The keys of a card that sections of their own show, beside the curves."""


@dataclass(frozen=True)
class Section:
    """Sentences, then a table, then lines; any may be missing. The first section of a card has the model's name."""

    title: str
    sentences: tuple[str, ...] = ()
    table: Table | None = None
    lines: tuple[str, ...] = ()


def card_sections(model: Model) -> tuple[Section, ...]:
    """The whole card; what the file says nothing about is left out. Raises CheckpointError for a broken card."""
    makers = (
        _identity, _scores, _compared, _curves, _cost, _published, _notes, _counts, _recipe, _limits, _licence, _other,
    )  # fmt: skip
    return tuple(section for make in makers for section in reading(model, lambda make=make: tuple(make(model))))  # type: ignore[misc]


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


def _identity(model: Model) -> Iterator[Section]:
    config, method = model.config, model.method
    height, width = config.working_size
    lines = (
        f"architecture: {config.architecture}",
        f"inputs: {', '.join(model.inputs)}; tasks: {', '.join(task.name for task in model.tasks)}",
        f"working size: {height}x{width}",
        f"SHA-256: `{model.checkpoint_hash}`",
        *(f"assumed: {name} = {value}" for name, value in model.assumed.items()),
        *(f"{name}: {model.card[name]}" for name in ("data", "start", "teachers", "training") if model.card.get(name)),
    )
    sentence = method.sentence if model.sites else method.alone or method.sentence
    yield Section(model.name, (sentence,), lines=lines)


def _scores(model: Model) -> Iterator[Section]:
    result = result_of(model)
    if result is not None:
        title = f"Figures ({_pictures(result.to_dict())})"
        rows = [*rows_of(result), *(row for other in others_of(model) for row in rows_in(other))]
        yield Section(title, tuple(measured_sentences([result])), table(rows, SCORES))


def _pictures(told: Mapping[str, Any]) -> str:
    """What scores were measured on, and how."""
    source = f"{told['data']}, " if told.get("data") else ""
    return f"{source}split {told['split']}, {told['pictures']} pictures, {told['precision']}"


def _compared(model: Model) -> Iterator[Section]:
    result, known = result_of(model), baselines_of(model)
    if result is None or not (found := comparisons(result, known)):
        return
    others = {other.name: other for comparison in found for other in comparison.against}
    rows = [*rows_of(result, known)[:1], *(row for other in others.values() for row in rows_of(other)[:1])]
    gains = gain_sentences(result, known)
    yield Section("Compared with", tuple(even_sentences(gains)), table(rows, COLUMNS), tuple(gains))


def _curves(model: Model) -> Iterator[Section]:
    for curve in curves_of(model):
        title = f"{curve.key.capitalize()} ({_pictures(model.card[curve.key])})"
        yield Section(title, table=curve_table(curve, model.settings[curve.control.name]))


def _cost(model: Model) -> Iterator[Section]:
    result = result_of(model)
    cost: Cost | None = result.cost if result is not None else None
    if cost is None:
        return
    amounts = (
        f"{cost.parameters / 1e6:.2f} million parameters, {cost.flops / 1e9:.2f} GFLOPs, "
        f"{cost.milliseconds:.0f} ms a picture on a CPU"
    )
    yield Section("Cost", lines=(amounts, *cost_sentences([cost])))


def _published(model: Model) -> Iterator[Section]:
    tasks = set(model.config.tasks)
    known = [p for p in model.method.literature if p.inputs == model.inputs and tasks & set(p.figures)]
    if known and result_of(model) is not None:
        yield Section(
            "Published figures of the method's full-size networks",
            (f"For orientation only: {NOT_COMPARABLE} with the figures above.",),
            table(published_rows(known), SCORES),
        )


def published_rows(known: Iterable[Published]) -> list[Row]:
    """A row for each of `known`, named after method, backbone, setting and source."""
    return [Row(f"{p.name} ({', '.join(filter(None, (p.setting, p.source)))})", p.figures) for p in known]


def _notes(model: Model) -> Iterator[Section]:
    yield from _listed("Notes", model.card.get("notes"))


def _counts(model: Model) -> Iterator[Section]:
    """What the weights alone say of the effect of each control, over all sites and at each."""
    for control in counted(model.method, model.config):
        effect = effect_of(control)
        by_site = effect.counts(model.network)
        if not by_site:
            continue
        lines = [f"all sites: {100 * effect.share(model.network):.1f} %"]
        called = {name: f"{words.title} ({name})" for name, words in site_words(model.sites).items()}
        lines += [f"{called.get(site, site)}: {100 * some / of:.0f} %" for site, (some, of) in by_site.items()]
        at = f"{control.name} {model.settings[control.name]:g}"
        yield Section(f"{effect.name.capitalize()} at {at} (share of {effect.what})", lines=tuple(lines))


def _recipe(model: Model) -> Iterator[Section]:
    if recipe := model.card.get("recipe"):
        yield Section("Recipe", lines=tuple(f"{n}: {_setting(v)}" for n, v in recipe.items()))


def _setting(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_setting(item)}" for name, item in value.items())
    return ", ".join(map(_setting, value)) if isinstance(value, list | tuple) else str(value)


def _limits(model: Model) -> Iterator[Section]:
    yield from _listed("Limits", model.card.get("limits"))


def _licence(model: Model) -> Iterator[Section]:
    if licence := model.card.get("licence"):
        yield Section("Licence", (str(licence),))


def _other(model: Model) -> Iterator[Section]:
    shown = (*_SHOWN, *map(curve_key, counted(model.method, model.config)))
    left = {name: value for name, value in model.card.items() if name not in shown and value}
    yield from _listed("Further", [f"{name}: {_setting(value)}" for name, value in left.items()])


def _listed(title: str, lines: Any) -> Iterator[Section]:
    if lines:
        yield Section(title, lines=(lines,) if isinstance(lines, str) else tuple(map(str, lines)))
