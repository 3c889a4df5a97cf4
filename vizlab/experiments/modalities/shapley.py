"""Exact Shapley values and interactions of a few players, from what every coalition of them is worth.

A table of values has one entry for every set of players, the empty one included: 4 for two players, 8 for three. A
value may be a number, an array or a tensor; all are added and scaled alike. Sources: Shapley (1953); the interaction
of two players among several is Grabisch and Roubens (1999), the Shapley interaction index.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations
from math import factorial
from typing import Any

from vizlab.errors import InputError

Coalition = frozenset[str]
"""The players that are there."""
Table = Mapping[Coalition, Any]
"""What each coalition is worth."""
Pair = tuple[str, str]

MOST_PLAYERS = 6
"""Every further player doubles the number of coalitions, and of forwards."""


def coalitions(players: Sequence[str]) -> tuple[Coalition, ...]:
    """All 2^M sets of the players, from none to all, in a fixed order.

    Raises InputError for fewer than two players, for more than six, or for one named twice.
    """
    if not 2 <= len(players) <= MOST_PLAYERS or len(set(players)) < len(players):
        named = ", ".join(players) or "nobody"
        raise InputError(f"The players are {named}; expected 2 to {MOST_PLAYERS} different ones.")
    return tuple(frozenset(some) for some in _subsets(players))


def shapley_values(players: Sequence[str], table: Table) -> dict[str, Any]:
    """phi_i = sum over S without i of |S|! (M-|S|-1)! / M! (v(S+i) - v(S)), by player.

    They add up to v(all) - v(none). Raises InputError if a coalition is missing.
    """
    _check(players, table)
    return {player: _value_of(player, players, table) for player in players}


def interactions(players: Sequence[str], table: Table) -> dict[Pair, Any]:
    """The pairwise Shapley interaction index, by pair in the players' order.

    I_ij = sum over S without i and j of |S|! (M-|S|-2)! / (M-1)! (v(S+ij) - v(S+i) - v(S+j) + v(S)), which for two
    players is v(ij) - v(i) - v(j) + v(none). Above 0 they are worth more together than apart (synergy), below 0 each
    makes the other redundant. Raises InputError if a coalition is missing.
    """
    _check(players, table)
    return {pair: _interaction_of(pair, players, table) for pair in combinations(players, 2)}


def _value_of(player: str, players: Sequence[str], table: Table) -> Any:
    count, total = len(players), 0.0
    for some in _subsets([p for p in players if p != player]):
        weight = factorial(len(some)) * factorial(count - len(some) - 1) / factorial(count)
        total = total + weight * (table[frozenset({*some, player})] - table[frozenset(some)])
    return total


def _interaction_of(pair: Pair, players: Sequence[str], table: Table) -> Any:
    first, second = pair
    count, total = len(players), 0.0
    for some in _subsets([p for p in players if p not in pair]):
        weight = factorial(len(some)) * factorial(count - len(some) - 2) / factorial(count - 1)
        both, one, other = (frozenset({*some, *more}) for more in (pair, (first,), (second,)))
        total = total + weight * (table[both] - table[one] - table[other] + table[frozenset(some)])
    return total


def _subsets(players: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(players, size) for size in range(len(players) + 1))


def _check(players: Sequence[str], table: Table) -> None:
    missing = [some for some in coalitions(players) if some not in table]
    if missing:
        named = " and ".join(sorted(missing[0])) or "nobody"
        raise InputError(
            f"What {named} is worth is missing; expected a value for each of the {2 ** len(players)} sets."
        )
