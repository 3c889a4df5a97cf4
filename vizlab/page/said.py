"""Sentences of the library in the page's words: controls by their labels, not by the names of Python's arguments."""

import re
from collections.abc import Mapping

from vizlab.page.controls import ALIGNMENTS, KINDS, PRECISIONS, TURNS, UNITS
from vizlab.page.kit.words import how_on_the_page

LABELS = {
    "weights": "weights, where the file holds several",
    "align": "laid over colour",
    "depth_unit": "unit",
    "depth_kind": "the numbers are",
    "field_of_view": "field of view across the width, degrees",
    "turn": "depth is first",
    "device": "device",
    "working_size": "working size",
    "precision": "precision",
}
"""What the control of each argument is called."""
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "align": {name: words for words, name in ALIGNMENTS},
    "depth_unit": {name: words.removeprefix("unit: ") for words, name in UNITS},
    "depth_kind": {name: words for words, name in KINDS},
    "turn": {name: words for words, name in TURNS},
    "precision": {name: words.removeprefix("precision: ") for words, name in PRECISIONS},
}
_NAMES = "|".join(LABELS)
_LEFT_OUT = re.compile(rf"\bleave ({_NAMES})= out\b")
_GIVEN = re.compile(rf"""\b({_NAMES})=(?:'([^']*)'|"([^"]*)")?""")


def on_the_page(sentence: str) -> str:
    """The sentence with every argument that the page has a control for called as the control is.

    "use device='cpu'" becomes "use “device”: cpu"; "leave weights= out" tells to leave that field empty.
    """
    sentence = how_on_the_page(sentence)
    return _GIVEN.sub(_control, _LEFT_OUT.sub(lambda found: f"leave “{LABELS[found[1]]}” empty", sentence))


def _control(found: re.Match[str]) -> str:
    name, value = found[1], found[2] if found[2] is not None else found[3]
    label = f"“{LABELS[name]}”"
    return label if value is None else f"{label}: {_CHOICES.get(name, {}).get(value, value)}"
