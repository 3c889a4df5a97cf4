"""Shapley values and interactions against their closed forms, and against brute force over orderings."""

from itertools import permutations

import numpy as np
import pytest

from vizlab.errors import InputError
from vizlab.experiments.modalities.shapley import coalitions, interactions, shapley_values

PAIR, THREE = ("rgb", "depth"), ("rgb", "depth", "normals")


def set_of(*players: str) -> frozenset[str]:
    return frozenset(players)


def random_table(players: tuple[str, ...], seed: int) -> dict[frozenset[str], np.ndarray]:
    random = np.random.default_rng(seed)
    return {some: random.normal(size=(3, 4)) for some in coalitions(players)}


def over_orderings(players: tuple[str, ...], table: dict) -> dict[str, np.ndarray]:
    """What each player adds when he comes, averaged over all orders in which they can come."""
    total = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        for place, player in enumerate(order):
            total[player] = total[player] + table[set_of(*order[: place + 1])] - table[set_of(*order[:place])]
    return {player: value / len(orders) for player, value in total.items()}


def pairs_over_orderings(first: str, second: str, players: tuple[str, ...], table: dict) -> np.ndarray:
    """The second difference of a pair that comes as one, averaged over all orders of it and the others."""
    orders = list(permutations([p for p in players if p not in (first, second)] + ["pair"]))
    total = 0.0
    for order in orders:
        s = order[: order.index("pair")]
        together, alone = table[set_of(*s, first, second)], table[set_of(*s, first)] + table[set_of(*s, second)]
        total = total + together - alone + table[set_of(*s)]
    return total / len(orders)


@pytest.mark.parametrize("players", [PAIR, THREE, (*THREE, "edge")])
def test_values_are_the_mean_over_orderings_and_add_up(players: tuple[str, ...]) -> None:
    table = random_table(players, len(players))
    phi = shapley_values(players, table)
    for player, expected in over_orderings(players, table).items():
        np.testing.assert_allclose(phi[player], expected, atol=1e-12)
    np.testing.assert_allclose(sum(phi.values()), table[set_of(*players)] - table[set_of()], atol=1e-12)


@pytest.mark.parametrize("players", [PAIR, THREE, (*THREE, "edge")])
def test_interaction_is_the_mean_second_difference(players: tuple[str, ...]) -> None:
    table = random_table(players, 9)
    for pair, value in interactions(players, table).items():
        np.testing.assert_allclose(value, pairs_over_orderings(*pair, players, table), atol=1e-12)


def test_two_players_as_the_definition_writes_them() -> None:
    v = {set_of(): 0.1, set_of("rgb"): 0.4, set_of("depth"): 0.2, set_of("rgb", "depth"): 0.9}
    phi = shapley_values(PAIR, v)
    assert phi["rgb"] == pytest.approx(((0.4 - 0.1) + (0.9 - 0.2)) / 2)
    assert phi["depth"] == pytest.approx(((0.2 - 0.1) + (0.9 - 0.4)) / 2)
    assert interactions(PAIR, v) == {("rgb", "depth"): pytest.approx(0.9 - 0.4 - 0.2 + 0.1)}


def test_exclusive_or_is_all_interaction() -> None:
    """Averaged over what is replaced, neither input says anything of XOR: no main effect, only the pair."""
    inputs, replaced = (1, 0), [(a, b) for a in (0, 1) for b in (0, 1)]

    def value(here: frozenset[str]) -> float:
        seen = [[x if m in here else r for m, x, r in zip(PAIR, inputs, other, strict=True)] for other in replaced]
        return float(np.mean([a ^ b for a, b in seen]))

    v = {some: value(some) for some in coalitions(PAIR)}
    main = {m: v[set_of(m)] - v[set_of()] for m in PAIR}
    assert main == {"rgb": 0, "depth": 0}
    assert interactions(PAIR, v)["rgb", "depth"] == 0.5 == v[set_of(*PAIR)] - v[set_of()]
    assert shapley_values(PAIR, v) == {"rgb": 0.25, "depth": 0.25}


def test_of_three_only_the_pair_that_interacts_does() -> None:
    v = {s: float({"rgb", "depth"} <= s) + 2.0 * ("normals" in s) for s in coalitions(THREE)}
    assert shapley_values(THREE, v) == pytest.approx({"rgb": 0.5, "depth": 0.5, "normals": 2.0})
    found = interactions(THREE, v)
    assert found == pytest.approx({("rgb", "depth"): 1.0, ("rgb", "normals"): 0.0, ("depth", "normals"): 0.0})


@pytest.mark.parametrize("players", [(), ("rgb",), ("rgb", "rgb"), tuple("abcdefg")])
def test_players_that_make_no_game(players: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="expected 2 to 6 different"):
        coalitions(players)


def test_a_missing_coalition_is_named() -> None:
    table = {some: 0.0 for some in coalitions(PAIR) if some != set_of("depth")}
    with pytest.raises(InputError, match="What depth is worth is missing"):
        shapley_values(PAIR, table)
    with pytest.raises(InputError, match="each of the 4 sets"):
        interactions(PAIR, table)
