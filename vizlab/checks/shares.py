"""Shares are shares: those of a target sum to 1, and there are none only where the target does not vary."""

from collections.abc import Iterator

import numpy as np

from vizlab.checks.case import Case
from vizlab.checks.limits import ROWS
from vizlab.checks.report import Finding


def rows_sum(case: Case) -> Iterator[Finding]:
    """The figure is the distance of a row's sum from 1; NaN where shares are undefined though the target varies."""
    for site in case.model.sites:
        for target, row in case.watched.rows.get(site.name, {}).items():
            if (site.name, target) not in case.watched.constant:
                undefined = ", undefined though it varies" if np.isnan(row.share).any() else ""
                figure = abs(float(row.share.sum(dtype=np.float64)) - 1)
                yield case.finding(ROWS, site.name, figure, f"target {site.targets[target]}{undefined}")
