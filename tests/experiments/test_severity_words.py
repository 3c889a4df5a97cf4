"""Sentences about the fusion response must be true of the numbers they stand beside."""

from dataclasses import replace

import numpy as np
import pytest

from vizlab.core.site_words import SiteWords
from vizlab.experiments.corruptions import CORRUPTIONS, Measured, SeveritySweep
from vizlab.experiments.corruptions.words import most_moved, told_apart, turned

NOISE, DARK, UNIT = CORRUPTIONS["depth-noise"], CORRUPTIONS["rgb-dark"], CORRUPTIONS["depth-unit"]
PAIRS = (("one", "rgb"), ("one", "depth"), ("two", "rgb"), ("two", "depth"))


def measured(*shares: float) -> Measured:
    return Measured({}, {}, 0.5, np.array(shares))


def sweep(clean: tuple[float, ...], *worse: tuple[float, ...] | None, one: object = NOISE) -> SeveritySweep:
    """Two sites of streams rgb and depth; a share for each pair."""
    found = {(one.name, s): measured(*shares) for s, shares in enumerate(worse, 1) if shares is not None}  # type: ignore[attr-defined]
    return SeveritySweep(
        model="m", checkpoint_hash="", inputs=("rgb", "depth"), tasks=("semseg",), picture="", seed=0,
        corruptions=(one,), severities=tuple(range(1, len(worse) + 1)), pairs=PAIRS,  # type: ignore[arg-type]
        sites={name: SiteWords(name, place, 2, "", "", 8) for place, name in ((1, "one"), (2, "two"))},
        sources={pair: ("depth",) if pair[1] == "rgb" else ("rgb",) for pair in PAIRS},
        clean=measured(*clean), broken=found,
        refused={(one.name, s): "no" for s, shares in enumerate(worse, 1) if shares is None},  # type: ignore[attr-defined]
    )  # fmt: skip


def test_the_sentence_of_the_most_moved_site() -> None:
    """rgb at site 2 falls by 12 points, more than anything else; means -8 and +2 points."""
    found = sweep((0.10, 0.20, 0.19, 0.30), (0.1, 0.2, 0.15, 0.3), (0.06, 0.22, 0.07, 0.32))
    assert turned(found, NOISE) == (
        "With depth broken at severity 2 (Kinect noise), rgb takes less from "
        "depth: share at site 2 from 19 % to 7.0 %. Mean over sites: rgb takes 8.0 points less from depth, depth "
        "takes 2.0 points more from rgb. So it turns away from depth, to rgb."
    )


@pytest.mark.parametrize(
    ("one", "after", "said"),
    [
        (NOISE, (0.3, 0.1, 0.3, 0.1), "So it turns to depth, the broken one."),
        (NOISE, (0.3, 0.3, 0.3, 0.3), "So both streams take more from each other."),
        (NOISE, (0.1, 0.1, 0.1, 0.1), "So both streams take less from each other."),
        (NOISE, (0.1, 0.2, 0.1, 0.2), "So it turns away from depth, to rgb."),
        (DARK, (0.1, 0.3, 0.1, 0.3), "So it turns to rgb, the broken one."),
        (DARK, (0.3, 0.1, 0.3, 0.1), "So it turns away from rgb, to depth."),
    ],
)
def test_which_way_it_turns(one: object, after: tuple[float, ...], said: str) -> None:
    sentence = turned(sweep((0.2,) * 4, after, one=one), one)  # type: ignore[arg-type]
    assert sentence.endswith(said)
    assert ("colour" if one is DARK else "depth") in sentence.split(" (")[0]


def test_a_rounding_is_no_direction() -> None:
    """A mean of 0.04 points counts as none: only rgb's loss is left."""
    said = turned(sweep((0.2,) * 4, (0.1, 0.1996, 0.1, 0.1996)), NOISE)
    assert said.endswith("depth takes no more and no less from rgb. So it turns away from depth, to rgb.")


def test_less_than_half_a_point_is_hardly_a_turn() -> None:
    """Means of -0.4 and +0.4 points."""
    said = turned(sweep((0.2,) * 4, (0.196, 0.204, 0.196, 0.204)), NOISE)
    assert said.endswith("So it hardly turns.")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0.19, 0.07, ("19 %", "7.0 %")),
        (0.267, 0.274, ("26.7 %", "27.4 %")),
        (0.2666, 0.2674, ("26.66 %", "26.74 %")),
        (-0.2666, -0.2674, ("−26.66 %", "−26.74 %")),
    ],
)
def test_two_shares_can_be_told_apart(before: float, after: float, said: tuple[str, str]) -> None:
    assert told_apart(before, after) == said


def test_nothing_moved_is_said_so() -> None:
    found = sweep((0.2,) * 4, (0.2004, 0.2, 0.1996, 0.2))
    assert "no site's share moved by 0.05 percentage points" in turned(found, NOISE)
    assert most_moved(found, "depth-noise") == []


def test_the_worst_severity_that_could_be_made_counts() -> None:
    said = turned(sweep((0.2,) * 4, (0.3, 0.2, 0.2, 0.2), None), NOISE)
    assert "at severity 1" in said
    assert "rgb takes more from depth: share at site 1 from 20 % to 30 %" in said
    assert turned(sweep((0.2,) * 4, None), NOISE).endswith("could not be broken so.")


def test_without_degrees_no_severity_is_named() -> None:
    assert turned(sweep((0.2,) * 4, (0.3, 0.2, 0.2, 0.2), one=UNIT), UNIT).startswith(
        "With depth broken so (wrong unit)"
    )


def test_pairs_come_in_the_order_of_their_change() -> None:
    found = sweep((0.2,) * 4, (0.21, 0.15, 0.5, np.nan))
    assert most_moved(found, "depth-noise", 4) == [("two", "rgb"), ("one", "depth"), ("one", "rgb")]


def test_of_task_streams_no_direction_is_claimed() -> None:
    """With several tasks, "depth" is a task: nothing turns from one sensor to another."""
    found = replace(sweep((0.2,) * 4, (0.1, 0.3, 0.1, 0.3)), tasks=("semseg", "depth"), inputs=("rgb",))
    said = turned(found, NOISE)
    assert "So" not in said
    assert "rgb task takes less from depth task" in said


def test_with_several_senders_they_are_the_other_streams() -> None:
    found = replace(sweep((0.2,) * 4, (0.1, 0.2, 0.2, 0.2)), sources=dict.fromkeys(PAIRS, ("a", "b")))
    assert "rgb takes less from the other streams: share at site 1 from 20 % to 10 %" in turned(found, NOISE)
