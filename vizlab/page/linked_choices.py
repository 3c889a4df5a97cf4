"""The choices of a tab as an address carries them: written as they are now, and set again as far as they can be had.

What a tab has on show is computed again from its choices, so an address names it by the action that drew it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from vizlab.page.experiment import ExperimentTab
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import tag
from vizlab.page.kit.method_tab import Updates
from vizlab.page.link import choices_written
from vizlab.page.page import Page, Shown

NETWORK, SHOWN = "network", "shown"
"""What an address says of a tab beside its choices."""
NAMED = 6
"""At most so many of what could be chosen are listed in a sentence."""


Chosen = tuple[str, Mapping[str, str]]
"""The network of a tab and its choices by name, as an address has them."""


@dataclass(frozen=True, eq=False)
class Due:
    """What a tab is to run as soon as the page is there: names of actions, and the values they get.

    Each is another one, also of the same values: so every visit of an address runs it.
    """

    actions: tuple[str, ...]
    network: str
    choices: Mapping[str, Any]


def address_mark(tab: ExperimentTab, chosen: Chosen, made: Sequence[Chosen | None]) -> str:
    """What the browser puts into the address: what is chosen, and what is on show of exactly that.

    `made` says of each of `tab.made` what was chosen when it was drawn.
    """
    network, choices = chosen
    drawn = [name for name, one in zip(tab.made, made, strict=True) if one == chosen]
    said = {NETWORK: network, **choices, SHOWN: "+".join(drawn)}
    written = choices_written(tab.name, {name: value for name, value in said.items() if value})
    return tag("i", "", data_tab=tab.name, data_choices=written)


def chosen_in(tab: ExperimentTab, network: str | None, values: Mapping[str, Any]) -> Chosen:
    """Of the values of a tab's components what a person chose."""
    return network or "", {name: _text(values[name]) for name, _ in _settable(tab)}


def drawn_over(tab: ExperimentTab, values: Mapping[str, Any], drawn: Updates) -> dict[str, Any]:
    """The values of a tab's choices, by name, once `drawn` has given some of them others."""
    found = dict(values)
    for name, component in tab.choices.items():
        update = drawn.get(component)
        if isinstance(update, dict) and "value" in update:
            found[name] = update["value"]
    return found


def brought_back(page: Page, analysis: Analysis, asked: Mapping[str, Mapping[str, str]], shown: Shown) -> "Back":
    """The tabs of which an address says something, as it says; of the one that is open also what was on show."""
    known = {name: own for name, own in asked.items() if name in page.experiments}
    updates: Updates = {}
    said: list[str] = []
    for name, own in known.items():
        tab = page.experiments[name]
        if not tab.offered(analysis):
            continue  # which the tab itself says
        network, choices, changed = _set_again(tab, analysis, own, said)
        shown = shown.chose(name, network).with_choices(name, choices)
        chosen = chosen_in(tab, network, choices)
        updates |= {**changed, tab.now: chosen, tab.address: address_mark(tab, chosen, [None] * len(tab.made))}
        if name == shown.place and (due := _due(tab, own, choices)):
            updates[tab.due] = Due(due, network, choices)
    return Back(shown, updates, tuple(said))


@dataclass(frozen=True)
class Back:
    """What a visitor sees, new values by component, and a sentence for each choice that cannot be had."""

    shown: Shown
    updates: Updates
    said: tuple[str, ...]


def _due(tab: ExperimentTab, asked: Mapping[str, str], choices: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = asked.get(SHOWN, "").split("+")
    return tuple(name for name in tab.made if name in wanted and tab.comes_back(name, choices))


def _set_again(
    tab: ExperimentTab, analysis: Analysis, asked: Mapping[str, str], said: list[str]
) -> tuple[str, dict[str, Any], Updates]:
    """The network and the choices that are set, and what draws them; what is not as asked is added to `said`."""
    offered, wanted = tab.offered(analysis), asked.get(NETWORK, "")
    network = wanted if wanted in offered else offered[0]
    if wanted not in ("", network):
        said.append(_sentence(tab, "network", wanted, _listed(offered), network))
    read = {name: _value(one, asked[name]) for name, one in _settable(tab) if name in asked}
    drawn = tab.render(analysis, network, {name: value for name, value in read.items() if value is not None})
    own = {name: one.value if read.get(name) is None else read[name] for name, one in tab.choices.items()}
    choices, updates = drawn_over(tab, own, drawn), {}
    for name, component in _settable(tab):
        update = drawn.get(component)
        update = update if isinstance(update, dict) else {}
        if name in asked and not _says(asked[name], choices[name]):
            expected = tab.expected(name, analysis) or _expected(component, update)
            said.append(_sentence(tab, str(component.label), asked[name], expected, _text(choices[name])))
        updates[component] = gr.update(**{**update, "value": choices[name]})
    return network, choices, drawn | updates


def _sentence(tab: ExperimentTab, label: str, asked: str, expected: str, now: str) -> str:
    return (
        f"{tab.title}: the link sets {label.split(':')[0]} to '{asked[:60]}'; expected {expected}. It is '{now}' now."
    )


def _settable(tab: ExperimentTab) -> Iterator[tuple[str, Any]]:
    """The choices that a person makes; what a tab remembers for itself stands in no address."""
    return ((name, one) for name, one in tab.choices.items() if not isinstance(one, gr.State))


def _value(component: Any, text: str) -> Any:
    """What a component would hold; None for what it cannot."""
    if isinstance(component, gr.Slider):
        try:
            value = float(text)
        except ValueError:
            return None
        steps = (value - component.minimum) / (component.step or 1)
        # Three steps of 0.1 are not quite 0.3.
        fits = component.minimum <= value <= component.maximum and math.isclose(steps, round(steps), abs_tol=1e-9)
        return (int(value) if value == int(value) else value) if fits else None
    offered = [value for _, value in getattr(component, "choices", None) or []]
    free = not offered or getattr(component, "allow_custom_value", False)
    return next((value for value in offered if _says(text, value)), text if free else None)


def _expected(component: Any, update: Mapping[str, Any]) -> str:
    if isinstance(component, gr.Slider):
        return f"{component.minimum:g} to {component.maximum:g}"
    offered = update.get("choices") or getattr(component, "choices", None) or []
    return _listed([str(one[1] if isinstance(one, tuple) else one) for one in offered])


def _listed(names: Sequence[str]) -> str:
    more = f" or one of {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more if names else "nothing"


def _says(text: str, value: Any) -> bool:
    """Whether an address with `text` says a choice: of a number however it is written, "4.0" as well as "4"."""
    if isinstance(value, bool) or not isinstance(value, int | float) or text == _text(value):
        return text == _text(value)
    try:
        return float(text) == value
    except ValueError:
        return False


def _text(value: Any) -> str:
    """A choice as an address has it; empty for none."""
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
