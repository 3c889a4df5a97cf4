"""The properties by name, and what each one's figure may be at most.

Where results come about by the same arithmetic they must be the same, and the limit is 0. Distances are largest
differences over the root mean square of what is expected; float32 leaves about 1e-6 of them, sums in another order
about 1e-5. bfloat16 has two to three significant digits: the bundled networks show up to 0.03 in outputs and 0.003 in
shares, a site that loses its digits shows most of its size.
"""

from collections.abc import Mapping

from vizlab.errors import InputError

DECLARED = "sites are as declared"
SUM = "parts sum to the output"
REST = "what no part names is the stream's own"
HANDED_ON = "what is shown is handed on"
WATCHING = "watching changes nothing"
EMPTY = "an empty intervention changes nothing"
ELSEWHERE = "an intervention elsewhere changes nothing"
CUT_SHARES = "a cut site takes from its own stream alone"
EVERY_SITE = "to cut every site is to cut all"
EDGES = "an edge that is cut is cut"
WITHOUT = "to cut is to run without exchange"
APART = "cut streams keep apart"
ROWS = "shares sum to 1"
AFTER_ERROR = "an error leaves nothing behind"
THREADS = "threads do not see each other"
SAVED = "a saved trace is the same"
ROUGH_OUTPUTS = "bfloat16 stays near: outputs"
ROUGH_SHARES = "bfloat16 stays near: shares"

LIMITS: Mapping[str, float] = {
    DECLARED: 0,
    SUM: 1e-4,
    REST: 1e-4,
    HANDED_ON: 1e-4,
    WATCHING: 1e-4,
    EMPTY: 0,
    ELSEWHERE: 0,
    CUT_SHARES: 1e-4,
    EVERY_SITE: 0,
    EDGES: 1e-4,
    WITHOUT: 1e-4,
    APART: 1e-4,
    ROWS: 1e-4,
    AFTER_ERROR: 0,
    THREADS: 1e-4,
    SAVED: 0,
    ROUGH_OUTPUTS: 0.1,
    ROUGH_SHARES: 0.05,
}
"""By property; `check` takes others, for networks that cannot keep one of them."""


def with_limits(given: Mapping[str, float] | None) -> dict[str, float]:
    """The limits with those in `given` in place of ours; raises InputError for a property that there is not."""
    for name in given or {}:
        if name not in LIMITS:
            raise InputError(f"'{name[:60]}' is no property; a limit can be given for {', '.join(LIMITS)}.")
    return {**LIMITS, **(given or {})}
