"""What a source weighs among all sources of a target, by the norms of what each is multiplied with."""

from collections.abc import Mapping

import numpy as np

from vizlab.core.method import Fixed
from vizlab.core.site import Site
from vizlab.views.formatting import number, percent_words, whose


def part_of_norms(
    norms: np.ndarray, site: Site, target: int, source: int, titles: Mapping[str, str], words: tuple[str, str, str, str]
) -> Fixed | None:
    """The `source`'s part of the sum of `norms` (S,) and a sentence; None where nothing weighs anything.

    `words` are what comes from a source with its verb ("block", "has"), its plural if it is to be counted, and what is
    to be said of the norms.
    """
    part, total = float(norms[source]), float(norms.sum())
    if not 0 < total < np.inf:
        return None
    what, verb, several, note = words
    name, owner = titles[site.sources[source]], whose(titles[site.targets[target]])
    start = f"The {what} from {name} {verb} {percent_words(part / total)} of the norms of {owner} {len(norms)}"
    counted = f" {several}" if several else ""
    return Fixed(part / total, f"{start}{counted} here ({number(part)} of {number(total)}, {note})")
