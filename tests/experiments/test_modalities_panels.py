"""Worth as pictures and sentences: colours from the numbers, ends of the scale, who won in words."""

import numpy as np
import pytest

from vizlab.experiments.modalities.meeting import meet
from vizlab.experiments.modalities.panels import clipped_share, scale_limit, word_colour, worth_grid
from vizlab.experiments.modalities.sentences import signed, winner_sentences
from vizlab.experiments.modalities.worth import ShapleyMaps, Worth
from vizlab.views import ColourBar, Panel
from vizlab.views.palettes import UNKNOWN_GREY, colormap, hex_of, stream_colour

PAIR = ("rgb", "depth")


def maps(rgb: np.ndarray, depth: np.ndarray, together: np.ndarray) -> ShapleyMaps:
    phi = {"rgb": rgb.astype(np.float32), "depth": depth.astype(np.float32)}
    pairs = {PAIR: together.astype(np.float32)}
    none = np.zeros_like(phi["rgb"])
    values = {frozenset(): none, frozenset(PAIR): phi["rgb"] + phi["depth"]}
    return ShapleyMaps(values, phi, pairs, meet(phi, pairs, 0.01))


def made(**by: ShapleyMaps) -> Worth:
    return Worth("net", "modality", "semseg", "p", "probability", PAIR, by, dict.fromkeys(by, "replaced"))


def test_one_scale_of_both_signs_for_all_maps() -> None:
    ramp = np.linspace(-1, 1, 200).reshape(10, 20)
    found = made(a=maps(ramp, ramp / 2, 0 * ramp), b=maps(ramp / 4, 0 * ramp, -2 * ramp))
    everything = np.abs(np.concatenate([ramp, ramp / 2, 0 * ramp, ramp / 4, 0 * ramp, 2 * ramp]).ravel())
    limit = scale_limit(found)
    assert limit == pytest.approx(np.percentile(everything, 99), rel=1e-5)
    assert clipped_share(found) == pytest.approx((everything > limit).mean(), abs=1e-6)
    grid = worth_grid(found)
    assert grid.columns == ("a", "b")
    assert [name for name, _ in grid.rows] == ["rgb", "depth", "interaction", "words"]
    for _, cells in grid.rows[:3]:
        for cell in cells:
            assert isinstance(cell, Panel)
            assert isinstance(cell.legend, ColourBar)
            assert (cell.legend.low, cell.legend.high) == (-limit, limit)


def test_a_pixel_has_the_colour_of_its_value() -> None:
    values = np.array([[-1.0, 0.0, 0.5, np.nan]])
    cells = dict(worth_grid(made(a=maps(values, values, 0 * values))).rows)
    rgb, words = cells["rgb"][0], cells["words"][0]
    assert isinstance(rgb, Panel)
    assert isinstance(words, Panel)
    limit = rgb.legend.high  # type: ignore[union-attr]
    place = [round((v / limit + 1) / 2 * 255) for v in (0.0, 0.5)]
    np.testing.assert_array_equal(rgb.image[0, 0], colormap("diverging")[0])
    assert [hex_of(c) for c in rgb.image[0, 1:3]] == [hex_of(colormap("diverging")[p]) for p in place]
    np.testing.assert_array_equal(rgb.image[0, 3], UNKNOWN_GREY)
    assert [hex_of(c) for c in words.image[0, :3]] == [
        word_colour(w).upper() for w in ("harm", "nothing", "complement")
    ]
    np.testing.assert_array_equal(words.image[0, 3], UNKNOWN_GREY)
    assert {item.label: item.share for item in words.legend} == pytest.approx(  # type: ignore[union-attr]
        {"harm": 1 / 3, "nothing": 1 / 3, "complement": 1 / 3}
    )
    assert rgb.caption == "mean −0.167"


def test_dominance_has_the_players_colour() -> None:
    assert word_colour("dominance of depth") == stream_colour("depth")
    colours = {word_colour(w) for w in ("nothing", "complement", "redundancy", "conflict", "harm")}
    assert len(colours | {stream_colour(s) for s in ("rgb", "depth", "semseg", "normals", "edge")}) == 10


def constant(rgb: float, depth: float) -> ShapleyMaps:
    return maps(np.full((2, 2), rgb), np.full((2, 2), depth), np.zeros((2, 2)))


def test_who_won_in_words() -> None:
    assert winner_sentences(made(mean=constant(0.1, 0.3), other=constant(0.4, 0.2))) == [
        "Missing replaced by mean: depth +0.300, rgb +0.100; depth was worth most.",
        "Missing replaced by other: rgb +0.400, depth +0.200; rgb was worth most.",
        "The replacement turns the winner round: on this picture neither can be said to be worth more.",
    ]
    assert winner_sentences(made(mean=constant(0.1, 0.3), other=constant(0.2, 0.205)))[1:] == [
        "Missing replaced by other: depth +0.205, rgb +0.200; "
        "the first two are as good as even (less than 0.010 apart).",
        "One replacement names a winner, the other does not: on this picture it depends on the replacement.",
    ]
    assert len(winner_sentences(made(mean=constant(0.1, 0.3), other=constant(0.1, 0.2)))) == 2
    assert winner_sentences(made(mean=constant(-0.067, 0.3))) == [
        "Missing replaced by mean: depth +0.300, rgb −0.067; depth was worth most.",
    ]


def test_a_value_has_a_real_minus_its_unit_and_no_sign_before_nothing() -> None:
    shown = [signed(*one) for one in ((-0.067, "probability"), (-0.03, "m"), (-1.24, "degrees"), (-0.0004, "m"))]
    assert shown == ["−0.067", "−0.030 m", "−1.2°", "0.000 m"]
