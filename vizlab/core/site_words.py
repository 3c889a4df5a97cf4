"""One name for each fusion site, the same on the page, in charts, on the command line and in cards."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vizlab.core.site import Site

if TYPE_CHECKING:
    from vizlab.core.trace import FusionTrace


@dataclass(frozen=True)
class SiteWords:
    """How one site is called: by its place in the network's order (`place`, from 1, of `count`), not by its tensor.

    `path` is the tensor path, a detail; `stage` is in words; `kind` is empty where all sites of the network are alike.
    """

    path: str
    place: int
    count: int
    kind: str
    stage: str
    channels: int

    @property
    def title(self) -> str:
        """The whole name: "site 14 of 17, stage 5, 576 channels"."""
        parts = (f"site {self.place} of {self.count}", self.kind, self.stage, f"{self.channels} channels")
        return ", ".join(filter(None, parts))

    @property
    def label(self) -> str:
        """For an axis or above a thumbnail: "14, stage 5"."""
        return ", ".join(filter(None, (self.short, self.kind, self.stage)))

    @property
    def short(self) -> str:
        """Where there is room for a number alone: "14"."""
        return str(self.place)


def site_words(sites: Iterable[Site]) -> dict[str, SiteWords]:
    """The words of all sites of one network by site name, in the order given, which must be the network's."""
    listed = tuple(sites)
    several = len({site.kind for site in listed}) > 1
    return {
        site.name: SiteWords(
            site.name, place, len(listed), site.kind if several else "", stage_words(site.stage), site.channels
        )
        for place, site in enumerate(listed, 1)
    }


def trace_words(trace: "FusionTrace") -> dict[str, SiteWords]:
    """The words of all sites of a trace by site name."""
    return site_words(site.site for site in trace.sites.values())


def stage_words(stage: str) -> str:
    """ "stage5" and "stage_5" as "stage 5", scales alike; a stage that is called otherwise keeps its name."""
    return re.sub(r"^(stage|scale)_?(\d+)$", r"\1 \2", stage)
