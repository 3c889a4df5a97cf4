"""Words for a pixel by the signs of its Shapley values: how two or more players met there.

Terms after M2Lens (Wang et al., arXiv 2107.08264): dominance, complement, conflict; redundancy is a negative
interaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.experiments.modalities.shapley import Pair

DOMINANT = 3.0
"""The largest value in magnitude is this many times the next one: it dominates."""
NEGLIGIBLE = {"probability": 0.01, "m": 0.01, "degrees": 0.5}
"""By unit: values whose magnitude is below this count as nothing."""

NOTHING, COMPLEMENT, REDUNDANCY, CONFLICT, HARM = "nothing", "complement", "redundancy", "conflict", "harm"
DOMINANCE = "dominance"
SHARED_WORDS = (NOTHING, COMPLEMENT, REDUNDANCY, CONFLICT, HARM)
MEANINGS = {
    NOTHING: "nobody moved the value",
    COMPLEMENT: "all help, and together at least as much as apart",
    REDUNDANCY: "all help, but each does in part what another does as well",
    CONFLICT: "some help, some harm",
    HARM: "all harm",
}
"""What each shared word says; `meaning` has those of dominance."""


@dataclass(frozen=True, eq=False)
class Meeting:
    """How the players met, pixel by pixel. Each pixel has one word.

    `code` HxW uint8, an index into `words`, 255 where a value is unknown; `words` are the shared ones, then
    "dominance of PLAYER" for each player. `share` is by word the share of known pixels, and sums to 1; `redundant` the
    share of known pixels whose interaction is negative beyond the negligible, whatever their word. `dominant` and
    `negligible` (in the values' unit) are the limits that were used.
    """

    code: np.ndarray
    words: tuple[str, ...]
    share: Mapping[str, float]
    redundant: float
    dominant: float
    negligible: float

    @property
    def sentence(self) -> str:
        """The limits, in words."""
        return (
            f"One dominates where it is at least {self.dominant:g} times the next; below {self.negligible:g} in "
            f"magnitude a value counts as nothing."
        )


UNKNOWN = 255
"""The code of pixels without a value."""


def meeting_words(players: Sequence[str]) -> tuple[str, ...]:
    """The words by code."""
    return (*SHARED_WORDS, *(f"{DOMINANCE} of {player}" for player in players))


def meaning(word: str) -> str:
    """What a word says, in words."""
    if word in MEANINGS:
        return MEANINGS[word]
    player = word.removeprefix(f"{DOMINANCE} of ")
    return f"{player} alone decides, for better or worse"


def meet(
    phi: Mapping[str, np.ndarray],
    interaction: Mapping[Pair, np.ndarray],
    negligible: float,
    dominant: float = DOMINANT,
) -> Meeting:
    """The word of each pixel, from the players' values and pairwise interactions, HxW each, NaN = unknown.

    In this order: nothing, where the largest magnitude is below `negligible`; dominance, where it is `dominant` times
    the next one; conflict, where signs differ among those within `dominant` times of the largest; harm, where all of
    them are negative; redundancy, where the interactions add up to less than -`negligible`; else complement.
    """
    players = tuple(phi)
    values = np.stack([phi[player] for player in players])
    together = np.sum(list(interaction.values()), axis=0)
    known = np.isfinite(values).all(0) & np.isfinite(together)
    values, together = np.where(known, values, 0), np.where(known, together, 0)
    code = _codes(values, together, negligible, dominant)
    words = meeting_words(players)
    count = max(1, int(known.sum()))
    share = {word: float((code[known] == index).sum() / count) for index, word in enumerate(words)}
    return Meeting(
        code=np.where(known, code, UNKNOWN).astype(np.uint8),
        words=words,
        share=share,
        redundant=float((together[known] < -negligible).sum() / count),
        dominant=dominant,
        negligible=negligible,
    )


def _codes(values: np.ndarray, together: np.ndarray, negligible: float, dominant: float) -> np.ndarray:
    """(H, W) indices into the words, of values (M, H, W) and summed interactions (H, W) without NaN."""
    size = np.abs(values)
    ordered = np.sort(size, axis=0)
    largest, second = ordered[-1], ordered[-2]
    counts = size * dominant > largest  # those that are not dwarfed by the largest
    helps, harms = (counts & (values > 0)).any(0), (counts & (values < 0)).any(0)
    first_dominance = len(SHARED_WORDS)
    cases = [
        (largest < negligible, np.full(largest.shape, SHARED_WORDS.index(NOTHING))),
        (largest >= dominant * second, first_dominance + size.argmax(0)),
        (helps & harms, np.full(largest.shape, SHARED_WORDS.index(CONFLICT))),
        (harms, np.full(largest.shape, SHARED_WORDS.index(HARM))),
        (together < -negligible, np.full(largest.shape, SHARED_WORDS.index(REDUNDANCY))),
    ]
    return np.select([c for c, _ in cases], [v for _, v in cases], SHARED_WORDS.index(COMPLEMENT))
