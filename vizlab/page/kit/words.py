"""Sentences that several panels share."""

from vizlab.core.preprocess import HOW
from vizlab.core.trace import FusionTrace
from vizlab.views.outside import LAYERS
from vizlab.views.shares import NOT_AN_EFFECT

SHARE = (
    "A share says whose variation one site's output has in this picture, before any activation that follows: "
    "Cov(contribution, output) over Var(output), summed over channels. What is the same everywhere counts for nothing. "
    f"Residual paths go around the site, so it is not what reaches the output. {NOT_AN_EFFECT}"
)
STRIP_SENTENCE = (
    f"Each thumbnail is one site, the number under it the share of other streams. {LAYERS['outside'].sentence} "
    "Every network has a colour range of its own: brightness does not compare between networks. Click a site to open "
    "it over the photograph; there all that came, mean included, can be shown as well."
)
NO_SHARE_AFTER = (
    "After an activation there is no share here: what streams add up within a channel cannot be taken apart any more."
)
SAME = "same for every picture"
THIS = "this picture"


def how_on_the_page(sentence: str) -> str:
    """A sentence about domains that are missing in the page's words."""
    return sentence.replace(HOW, "in the tab “Translation”")


def altered_words(before: FusionTrace, trace: FusionTrace) -> list[str]:
    """What was altered in a network that ran as `before` by itself: controls, and what its streams send each other."""
    own = before.model.settings
    moved = [f"{name} moved to {value:g}" for name, value in trace.model.settings.items() if value != own.get(name)]
    count = len(trace.changes.get("intervention", ()))
    return moved + ([f"{count} change{'s' if count > 1 else ''} in force"] if count else [])
