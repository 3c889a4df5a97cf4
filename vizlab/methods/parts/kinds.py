"""A trace's sites by their kind: what the numbers and charts of one method are made of."""

from collections.abc import Collection

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError


def sites_of(trace: FusionTrace, kinds: Collection[str], lacks: str, needs: str) -> tuple[SiteTrace, ...]:
    """The sites of these kinds in network order.

    Raises TraceError where there are none: `lacks` says what such a network has or does not, `needs` whose trace is
    needed.
    """
    sites = tuple(one for one in trace.sites.values() if one.site.kind in kinds)
    if not sites:
        raise TraceError(f"'{trace.model.name}' ({trace.model.family}) {lacks}; this view needs a trace of {needs}.")
    return sites
