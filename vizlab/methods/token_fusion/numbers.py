"""Token exchange in numbers: which tokens of this picture each stream gave up, block by block."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.parts.kinds import sites_of
from vizlab.methods.token_fusion.exchange import GIVEN_UP, SCORE, THRESHOLD
from vizlab.views.formatting import percent_words

KIND = "token exchange"


@dataclass(frozen=True)
class BlockTokens:
    """What one stream did at one block in this picture; counts of the tokens that show it.

    `given_up` of them were replaced by those of `source`; `both` are given up by both streams, which change places
    there. `score` is the mean over tokens, 0..1.
    """

    site: str
    stage: str
    target: str
    source: str
    tokens: int
    given_up: int
    both: int
    score: float

    @property
    def share(self) -> float:
        """Given-up share of the stream's tokens, 0..1."""
        return self.given_up / self.tokens


@dataclass(frozen=True)
class StreamTokens:
    """What one stream gave up over all blocks of the network; `most` is the block at which the share is largest."""

    target: str
    source: str
    tokens: int
    given_up: int
    both: int
    most: BlockTokens

    @property
    def share(self) -> float:
        return self.given_up / self.tokens


def token_sites(trace: FusionTrace) -> tuple[SiteTrace, ...]:
    """The blocks that exchange tokens, in network order; raises TraceError if there are none."""
    return sites_of(trace, (KIND,), "exchanges no tokens", "a TokenFusion")


def token_site(trace: FusionTrace, site: str) -> SiteTrace:
    """The block of that site name; raises TraceError if there is none."""
    found = {one.site.name: one for one in token_sites(trace)}
    if site not in found:
        raise TraceError(f"No tokens are exchanged at '{site[:60]}'; this network does so at {', '.join(found)}.")
    return found[site]


def scores_of(trace: FusionTrace, site: str) -> np.ndarray:
    """(2, h, w) float16 scores of a block's tokens, 0..1, by stream; raises TraceError where there are none."""
    return _kept(trace, token_site(trace, site), SCORE)


def given_up_of(trace: FusionTrace, site: str) -> np.ndarray:
    """(2, h, w) bool: the tokens of a block that each stream gave up; raises TraceError where that is not known."""
    return _kept(trace, token_site(trace, site), GIVEN_UP)


def block_tokens(trace: FusionTrace) -> tuple[BlockTokens, ...]:
    """Block by block in network order, and there stream by stream."""
    return tuple(_of(trace, site, target) for site in token_sites(trace) for target in range(2))


def stream_tokens(trace: FusionTrace) -> tuple[StreamTokens, ...]:
    """The two streams over all blocks, in their order."""
    blocks = block_tokens(trace)
    targets = token_sites(trace)[0].site.targets
    return tuple(_together([one for one in blocks if one.target == target]) for target in targets)


def most_given_up(trace: FusionTrace) -> str:
    """The site at which both streams together give up the largest share; the first of equal ones."""
    return max(token_sites(trace), key=lambda site: float(_kept(trace, site, GIVEN_UP).mean())).site.name


def threshold_of(trace: FusionTrace) -> float:
    """The score below which this run gave tokens up; the released code's 0.02 where the trace does not say."""
    return trace.model.settings.get("threshold", THRESHOLD)


def statement(trace: FusionTrace) -> str:
    """What was given up in this picture, in one to three sentences."""
    if not trace.changes.get("cross", True):
        return "The exchange was switched off for this run."
    streams, count = stream_tokens(trace), len(token_sites(trace))
    if not any(one.given_up for one in streams):
        return (
            f"No token of this picture has a score below {threshold_of(trace):g} in any of {count} blocks: each stream "
            "goes on with its own, weighed by its score."
        )
    halves = [
        f"{one.target} gives up {percent_words(one.share)} of its tokens ({one.given_up:,} of {one.tokens:,})"
        for one in streams
    ]
    said = f"In this picture, over {count} blocks, {', '.join(halves)}."
    return " ".join([said, *_where(trace, streams), *_of_both(streams)])


def block_sentence(trace: FusionTrace, site: str) -> str:
    """One block's numbers: "rgb gave up 12 % of its tokens here (30 of 250), depth none."."""
    rows = [row for row in block_tokens(trace) if row.site == site]
    said = [
        f"{row.target} gave up {percent_words(row.share)} of its {row.tokens:,} tokens here ({row.given_up:,})"
        if row.given_up
        else f"{row.target} gave up none of its {row.tokens:,} tokens here"
        for row in rows
    ]
    swapped = f" At {rows[0].both:,} places both did, and changed places." if rows[0].both else ""
    return f"{', '.join(said)}.{swapped}"


def _kept(trace: FusionTrace, site: SiteTrace, name: str) -> np.ndarray:
    if name not in site.extras:
        raise TraceError(f"The trace of '{trace.model.name}' holds no scores; trace the picture again.")
    return site.extras[name]


def _of(trace: FusionTrace, site: SiteTrace, target: int) -> BlockTokens:
    given_up = _kept(trace, site, GIVEN_UP)
    names = site.site.targets
    return BlockTokens(
        site=site.site.name,
        stage=site.site.stage,
        target=names[target],
        source=names[1 - target],
        tokens=int(given_up[target].size),
        given_up=int(given_up[target].sum()),
        both=int(given_up.all(0).sum()),
        score=float(_kept(trace, site, SCORE)[target].mean(dtype=np.float64)),
    )


def _together(rows: Sequence[BlockTokens]) -> StreamTokens:
    return StreamTokens(
        target=rows[0].target,
        source=rows[0].source,
        tokens=sum(row.tokens for row in rows),
        given_up=sum(row.given_up for row in rows),
        both=sum(row.both for row in rows),
        most=max(rows, key=lambda row: row.share),
    )


def _where(trace: FusionTrace, streams: Sequence[StreamTokens]) -> list[str]:
    """Where each stream that gives anything up does so most."""
    called = trace_words(trace)
    places = [
        f"{one.target} at {called[one.most.site].title.split(', ')[0]} ({percent_words(one.most.share)})"
        for one in streams
        if one.given_up
    ]
    return [f"Most: {' and '.join(places)}."]


def _of_both(streams: Sequence[StreamTokens]) -> list[str]:
    """How often both gave up the same place: then neither has judged the other's worth more."""
    both, either = streams[0].both, sum(one.given_up for one in streams) - streams[0].both
    return [f"At {both:,} of these {either:,} places both did, and changed places."] if both else []
