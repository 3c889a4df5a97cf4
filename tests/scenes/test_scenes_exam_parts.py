"""The exam without a renderer: plans are balanced, patterns say nothing but their kind, faults stay in their place."""

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from vizlab.scenes.colour_schemes import draw_scheme
from vizlab.scenes.exam.faults import DEPTH, RGB, Broken, broken_depth, broken_rgb, draw_faults, fault_map, needs_after
from vizlab.scenes.exam.flat import pattern_image
from vizlab.scenes.exam.furniture import ON_FLOOR, ON_WALL, THICKNESS, extent, furniture, slab
from vizlab.scenes.exam.needs import CODES
from vizlab.scenes.exam.plan import BLOCK, CASES, XOR_CLASSES, plan, xor_class
from vizlab.scenes.exam.thinning import TOUCH, thinned, touching
from vizlab.scenes.materials import Material, glow
from vizlab.scenes.meshes import box
from vizlab.scenes.parts import Part
from vizlab.scenes.shell import Room
from vizlab.scenes.viewpoints import Viewpoint
from vizlab.tasks import NYU40_CLASSES

GREY = Material((0.5, 0.5, 0.5))


@pytest.mark.parametrize("seed", [0, 1, 12])
@pytest.mark.parametrize("stream", [0, 1])
def test_needs_are_even_over_any_four_pictures(seed: int, stream: int) -> None:
    for block in range(10):
        plans = [plan(seed, stream, BLOCK * block + place) for place in range(BLOCK)]
        wanted = [one for each in plans for one in each.wanted]
        assert Counter(one.need for one in wanted) == dict.fromkeys(("rgb", "depth", "both", "either"), 4)
        assert Counter((one.need, one.support) for one in wanted if one.need != "both") == {
            (need, support): 2 for need in ("rgb", "depth", "either") for support in ("wall", "floor")
        }
        assert all(3 <= len(each.wanted) <= 6 for each in plans)
        assert all(sum(one.support == "floor" for one in each.wanted) in range(4) for each in plans)
        assert all(sum(one.support == "wall" for one in each.wanted) in range(4) for each in plans)
        assert sum(bool(each.fault) for each in plans) == 1, "a quarter has a fault"


@pytest.mark.parametrize("seed", [0, 1, 12])
def test_neither_pattern_nor_height_alone_tells_a_slabs_class(seed: int) -> None:
    slabs = [one for index in range(200) for one in plan(seed, 0, index).wanted if one.need == "both"]
    assert Counter((one.pattern, one.raised, one.support) for one in slabs) == {
        (*case, support): 25 for case in CASES for support in ("wall", "floor")
    }
    classes = [xor_class(one.pattern, one.raised) for one in slabs if one.pattern and one.raised is not None]
    for known in ("pattern", "raised", "support"):
        values = [getattr(one, known) for one in slabs]
        for value in set(values):
            given = Counter(index for index, found in zip(classes, values, strict=True) if found == value)
            assert given == {XOR_CLASSES[0]: 50, XOR_CLASSES[1]: 50}, f"a class given {known} alone is a coin's toss"
    for pattern, raised in CASES:
        others = {xor_class("A", raised), xor_class("B", raised)}, {xor_class(pattern, True), xor_class(pattern, False)}
        assert others == (set(XOR_CLASSES), set(XOR_CLASSES)), "changing either changes the class"


def test_streams_and_seeds_ask_for_different_pictures() -> None:
    def asked(seed: int, stream: int) -> list[object]:
        return [plan(seed, stream, index).wanted for index in range(16)]

    assert asked(0, 0) == asked(0, 0)
    assert asked(0, 0) != asked(0, 1)
    assert asked(0, 0) != asked(1, 0)
    assert plan(0, 1, 3).name == "train_00003"


def test_both_patterns_have_the_same_colours_in_equal_parts() -> None:
    for seed in range(6):
        a, b = (pattern_image(np.random.default_rng(seed), pattern, (0.75, 0.6)).astype(float) for pattern in "AB")
        assert a.shape == b.shape == (120, 150, 3)
        assert np.abs(a - b).mean() > 20, "they are two patterns"
        np.testing.assert_allclose(a.mean((0, 1)), b.mean((0, 1)), atol=14)
        for channel in range(3):
            np.testing.assert_allclose(
                np.quantile(a[..., channel], [0.1, 0.9]), np.quantile(b[..., channel], [0.1, 0.9]), atol=3
            )


@pytest.mark.parametrize(("support", "makers"), [("floor", ON_FLOOR), ("wall", ON_WALL)])
def test_furniture_stands_where_its_frame_says(support: str, makers: dict[str, object]) -> None:
    rng = np.random.default_rng(3)
    scheme = draw_scheme(rng, "tile")
    before = {id(value) for value in vars(scheme).values()} | {id(accent) for accent in scheme.accents}
    for what in makers:
        parts = furniture(rng, scheme, what, support)
        low, high = extent(parts)
        assert {part.label for part in parts} == {what}
        assert what in NYU40_CLASSES
        np.testing.assert_allclose(low[2], 0, atol=1e-9)
        np.testing.assert_allclose(low[0] + high[0], 0, atol=1e-9)
        np.testing.assert_allclose(high[1] if support == "wall" else low[1] + high[1], 0, atol=1e-9)
        assert not before & {id(part.material) for part in parts}, "bodies are told apart by their materials"


def test_a_slab_stands_out_by_its_thickness() -> None:
    low, high = extent(slab("wall", (0.6, 0.5), THICKNESS[0]))
    np.testing.assert_allclose((low, high), ((-0.3, -THICKNESS[0], 0), (0.3, 0, 0.5)), atol=1e-9)
    low, high = extent(slab("floor", (0.6, 0.5), THICKNESS[1]))
    np.testing.assert_allclose((low, high), ((-0.3, -0.25, 0), (0.3, 0.25, THICKNESS[1])), atol=1e-9)


def test_what_remains_after_a_fault_follows_from_what_still_works() -> None:
    """From what the words mean: a need says which sets of modalities show an object, a fault takes modalities away."""
    shows = {
        "rgb": lambda given: "rgb" in given,
        "depth": lambda given: "depth" in given,
        "both": lambda given: given == {"rgb", "depth"},
        "either": lambda given: bool(given),
        "none": lambda given: False,
    }
    sets: list[set[str]] = [set(), {"rgb"}, {"depth"}, {"rgb", "depth"}]
    for fault in range(4):
        works = {name for name, bit in (("rgb", RGB), ("depth", DEPTH)) if not fault & bit}
        for need, shown in shows.items():
            left = [shown(given & works) for given in sets]
            (expected,) = (other for other, rule in shows.items() if [rule(given) for given in sets] == left)
            after = needs_after(np.array([[CODES[need], 0]], np.uint8), np.array([[fault, fault]], np.uint8))
            assert after.tolist() == [[CODES[expected], 0]], (need, fault)


@pytest.mark.parametrize("fault", ["", "rgb", "depth", "rgb and depth"])
def test_a_fault_covers_one_object_whole_and_changes_nothing_else(fault: str) -> None:
    number = np.zeros((48, 64), np.uint8)
    number[5:12, 6:20], number[30:40, 33:50] = 1, 2
    rgb = np.full((48, 64, 3), 77, np.uint8)
    depth = np.full((48, 64), 2345, np.uint16)
    for seed in range(20):
        broken = draw_faults(np.random.default_rng(seed), fault, number)
        faults = fault_map(broken, number.shape)
        assert len(broken) == (fault != "") + (" and " in fault)
        assert bool((faults & RGB).any()) == ("rgb" in fault)
        assert bool((faults & DEPTH).any()) == ("depth" in fault)
        for one in broken:
            inside = np.zeros_like(number, bool)
            inside[one.window] = True
            assert any(inside[number == which].all() for which in (1, 2))
        np.testing.assert_array_equal((broken_rgb(rgb, broken) != rgb).all(-1), (faults & RGB) > 0)
        np.testing.assert_array_equal(broken_depth(depth, broken) == 0, (faults & DEPTH) > 0)


def test_two_faults_in_one_place_break_both() -> None:
    broken = [Broken(RGB, 0, 0, 4, 4, "black"), Broken(DEPTH, 2, 2, 6, 6, "hole")]
    faults = fault_map(broken, (8, 8))
    assert Counter(faults.ravel().tolist()) == {0: 64 - 28, 1: 12, 2: 12, 3: 4}


def test_pieces_are_what_touches() -> None:
    rng = np.random.default_rng(0)
    parts = [Part(box(0.3, 0.3, 0.3).moved(*rng.uniform(0, 2, 3)), GREY, "box") for _ in range(40)]
    # Brute force: the transitive closure of all pairs whose extents come near enough.
    reach = np.eye(40, dtype=bool)
    for one, other in combinations(range(40), 2):
        (low, high), (less, more) = extent([parts[one]]), extent([parts[other]])
        near = bool(((low - TOUCH / 2 < more + TOUCH / 2) & (high + TOUCH / 2 > less - TOUCH / 2)).all())
        reach[one, other] = reach[other, one] = near
    for _ in range(6):
        reach = reach @ reach
    assert 1 < len(np.unique(reach.argmax(1))) < 40
    np.testing.assert_array_equal(touching(parts), reach.argmax(1))


def test_thinning_keeps_walls_windows_and_lamps_and_takes_pieces_whole() -> None:
    shell = [Part(box(1, 1, 1), GREY, label) for label in ("wall", "floor", "ceiling")]
    window = Part(box(0.1, 0.1, 0.1).moved(5), GREY, "window")
    lamp = [
        Part(box(0.1, 0.1, 0.1).moved(9), GREY, "lamp"),
        Part(box(0.1, 0.1, 0.1).moved(9, 0, 0.1), glow((1, 1, 1), 2), "lamp"),
    ]
    tables = [
        [Part(box(0.1, 0.1, 0.1).moved(20 + 2 * index), GREY, "table"),
         Part(box(0.1, 0.1, 0.1).moved(20 + 2 * index, 0, 0.1), GREY, "books")]
        for index in range(30)
    ]  # fmt: skip
    parts = [*shell, window, *lamp, *(part for pair in tables for part in pair)]
    room = Room("test", "Test", (4, 4, 3), parts, Viewpoint((0, 0, 0), (0, 1, 0)))
    kept = [thinned(room, np.random.default_rng(seed)).parts for seed in range(5)]
    for parts_left in kept:
        ids = {id(part) for part in parts_left}
        assert all(id(part) in ids for part in [*shell, window, *lamp])
        assert all((id(one) in ids) == (id(other) in ids) for one, other in tables)
        assert 0 < len(parts_left) - 6 < 60
    assert len({len(parts_left) for parts_left in kept}) > 1
    assert replace(room) == room, "the room itself is left as it was"
