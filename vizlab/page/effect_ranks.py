"""Whether shares tell effects, on one picture: rank correlations over the edges into one target, with intervals."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vizlab.experiments.interventions.standing import carries, place_of, totals_known
from vizlab.experiments.interventions.sweep import Row, Sweep
from vizlab.study.survey.intervals import Estimate, partial_rank_correlation, rank_correlation

RESAMPLES, SEED = 1000, 0
FEWEST = 5
"""Of fewer edges a rank correlation says nothing."""
OVER_EDGES = (
    f"Intervals: 95 % of {RESAMPLES:,} resamples of the edges of this picture, seed {SEED}. They say nothing of other "
    "pictures: docs/study.md has intervals over pictures."
)


@dataclass(frozen=True, eq=False)
class Ranks:
    """Spearman's over the `edges` into `target` on which something comes: of the effect on `task` with the share
    (`by_share`), with the site's place in the network (`by_place`), and with the share, the place held (`partial`).
    """

    network: str
    target: str
    task: str
    edges: int
    by_share: Estimate
    by_place: Estimate
    partial: Estimate

    @property
    def verdict(self) -> str:
        """What the interval of `by_share` allows to say of this picture."""
        low, high = float(self.by_share.low), float(self.by_share.high)
        if not np.isfinite([low, high]).all():
            return "too few edges, or all alike: nothing can be said"
        if low > 0 and float(self.by_place.low) > 0 and not float(self.partial.low) > 0:
            return "the share predicts the effect, but so does the site's place"
        if low > 0:
            return "the share predicts the effect"
        if high < 0:
            return "the share predicts the reverse of the effect"
        return "the share does not tell the effect"


def ranks_of(sweep: Sweep, task: str | None = None) -> Iterator[Ranks]:
    """For every target of a network; none before every edge was cut. `task` None: each target's own."""
    if not totals_known(sweep):
        return
    sites = {name: place for place, name in enumerate(sweep.before.sites)}
    by_target: dict[str, list[Row]] = {}
    for row in sweep.rows:
        if carries(row):
            by_target.setdefault(row.edge.target, []).append(row)
    for target, rows in by_target.items():
        at = place_of(sweep, rows[0].edge, task)
        share = np.abs([row.share for row in rows])
        effect = np.array([row.total[at] for row in rows])
        place = np.array([sites[row.edge.site] for row in rows], float)
        yield _ranks(sweep.before.model.name, target, sweep.tasks[at], share, effect, place)


def _ranks(network: str, target: str, task: str, share: np.ndarray, effect: np.ndarray, place: np.ndarray) -> Ranks:
    count = len(share)
    if count < FEWEST:
        nothing = Estimate.of(np.asarray(np.nan), np.full(RESAMPLES, np.nan))
        return Ranks(network, target, task, count, nothing, nothing, nothing)
    drawn = np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))
    s, e, p = share[drawn], effect[drawn], place[drawn]
    return Ranks(
        network, target, task, count,
        Estimate.of(rank_correlation(share, effect), rank_correlation(s, e)),
        Estimate.of(rank_correlation(place, effect), rank_correlation(p, e)),
        Estimate.of(partial_rank_correlation(share, effect, place), partial_rank_correlation(s, e, p)),
    )  # fmt: skip
