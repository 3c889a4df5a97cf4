"""What a check found: one figure for each property and site, against a limit."""

import builtins
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vizlab.errors import VizlabError


@dataclass(frozen=True)
class Finding:
    """One property at one place: it holds where `figure` is at most `limit`; a figure that is no number fails.

    `site` is a site's name, or says which output or input of the network is meant; empty for the network as a whole.
    `note` says in words what was found there, where a figure alone does not.
    """

    property: str
    site: str
    figure: float
    limit: float
    note: str = ""

    @builtins.property  # `property` is a field here
    def passed(self) -> bool:
        return self.figure <= self.limit

    @builtins.property
    def excess(self) -> float:
        """How bad it is: above 0 where it fails, so that the worst of several findings is the largest."""
        return math.inf if math.isnan(self.figure) else self.figure - self.limit

    def __str__(self) -> str:
        where = f" at {self.site}" if self.site else ""
        note = f"; {self.note}" if self.note else ""
        return f"'{self.property}' fails{where} ({self.figure:.3g}, at most {self.limit:.3g}{note})"


@dataclass(frozen=True)
class Report:
    """What `check` found of one network; printed, one line a property and one a failure."""

    model: str
    findings: tuple[Finding, ...]
    seconds: float = 0.0

    @property
    def failures(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if not f.passed)

    @property
    def ok(self) -> bool:
        """Whether every property holds everywhere."""
        return not self.failures

    @property
    def worst(self) -> tuple[Finding, ...]:
        """For each property the finding that is nearest to its limit, or furthest beyond it."""
        found: dict[str, Finding] = {}
        for finding in self.findings:
            known = found.get(finding.property)
            if known is None or finding.excess > known.excess:
                found[finding.property] = finding
        return tuple(found.values())

    def require(self) -> "Report":
        """This report; raises VizlabError, naming the site and the figure of each failure, unless all is well."""
        if not self.ok:
            raise VizlabError(f"{self.model} lacks what a network must have: {'; '.join(map(str, self.failures))}.")
        return self

    def table(self, every: bool = False) -> str:
        """Property, site, figure, limit and verdict as aligned text.

        One line for each property, of its worst site, and one for each failure; with `every` one for each finding.
        """
        held = (replace(f, site="everywhere") if f.figure == 0 else f for f in self.worst if f.passed)
        shown = self.findings if every else [*held, *self.failures]
        order = list(dict.fromkeys(f.property for f in self.findings))
        return _aligned(sorted(shown, key=lambda f: order.index(f.property)))

    def __str__(self) -> str:
        failed = len(self.failures)
        verdict = f"{failed} of {len(self.findings)} findings FAILED" if failed else f"{len(self.findings)} findings ok"
        return f"{self.model}: {verdict} ({self.seconds:.1f} s)\n{self.table()}"


def _aligned(findings: Iterable[Finding]) -> str:
    head = ("property", "site", "figure", "limit", "")
    cells = [head, *(_cells(finding) for finding in findings)]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    padded = [[*(cell.ljust(width) for cell, width in zip(row[:4], widths, strict=True)), row[4]] for row in cells]
    return "\n".join("  ".join(row).rstrip() for row in padded)


def _cells(finding: Finding) -> tuple[str, str, str, str, str]:
    verdict = "ok" if finding.passed else f"FAILED{': ' if finding.note else ''}{finding.note}"
    return finding.property, finding.site or "(network)", f"{finding.figure:.2g}", f"{finding.limit:.2g}", verdict
