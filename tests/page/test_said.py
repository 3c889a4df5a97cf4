"""Errors as the page says them."""

import inspect
import re

import pytest

from tests.page.page_process import addable, checkpoints
from vizlab.page.page import Page
from vizlab.page.said import LABELS, on_the_page
from vizlab.page.settings import Settings
from vizlab.page.workspace import Workspace
from vizlab.rgbd import read_rgbd


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace(Settings(checkpoints=checkpoints(), add_from=addable()))


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("no CUDA; use device='cpu', please.", "no CUDA; use “device”: cpu, please."),
        ("one set; leave weights= out.", "one set; leave “weights, where the file holds several” empty."),
        ("expected weights= one of raw, ema.", "expected “weights, where the file holds several” one of raw, ema."),
        ("pass align='resize' or crop", "pass “laid over colour”: stretch to the colour’s size or crop"),
        ("align='offset 8,4' lays nothing", "“laid over colour”: offset 8,4 lays nothing"),
        ('depth_unit="mm" it is', "“unit”: millimetres it is"),
        ("realign=1, and 2 turn = 3", "realign=1, and 2 turn = 3"),
        ("nothing to say", "nothing to say"),
    ],
)  # fmt: skip
def test_arguments_are_called_as_their_controls(sentence: str, said: str) -> None:
    assert on_the_page(sentence) == said


def test_every_way_of_reading_has_its_control() -> None:
    """Each argument of the reader that is a word or a number; what a program alone can give is left."""
    arguments = inspect.signature(read_rgbd).parameters
    assert {"depth_unit", "depth_kind", "field_of_view", "align", "turn"} <= set(arguments) & set(LABELS)


def test_labels_are_those_of_the_page(page: Page) -> None:
    controls = page.controls
    shown = {controls.own_weights.label, controls.kind.label, controls.field_of_view.label, controls.turn.label}
    assert {LABELS[name] for name in ("weights", "depth_kind", "field_of_view", "turn")} == shown
    assert controls.align.label.startswith(LABELS["align"])
    assert not re.search(r"[a-z]_[a-z]", " ".join(LABELS.values()))
