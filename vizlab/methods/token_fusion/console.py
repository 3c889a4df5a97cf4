"""The threshold's console: a slider that says, before it is released, how many tokens would be given up."""

import numpy as np

from vizlab.core.trace import FusionTrace
from vizlab.methods.token_fusion.numbers import scores_of, stream_tokens, threshold_of, token_sites
from vizlab.page.kit.console import console_control, console_js
from vizlab.page.kit.html import tag, words
from vizlab.page.kit.strips import stream_mark
from vizlab.views.figures import stream_title

STEPS = (0.0, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0)  # fmt: skip  # noqa: E501
"""The slider's positions: 0 (no exchange) to 1 (as good as every token)."""

CONSOLE_JS = console_js("""
  data.counts.forEach((counts, target) => {
    element.querySelector(`[data-sum="${target}"]`).textContent = `${(100 * counts[at] / data.tokens).toFixed(1)} %`;
  });
""")


def console(trace: FusionTrace, own: float) -> str:
    """Slider, and the share of its tokens that each stream would give up; `own` is the checkpoint's threshold."""
    shown = threshold_of(trace)
    steps = tuple(sorted({*STEPS, own, shown}))
    streams = stream_tokens(trace)
    counts = [_below(trace, target, steps) for target in range(len(streams))]
    for row, stream in zip(counts, streams, strict=True):
        row[steps.index(shown)] = stream.given_up  # scores are kept in 16 bits; what was given up is known
    data = {
        "control": "threshold",
        "title": "exchange threshold",
        "says": "give tokens up where the score is below",
        "counts": counts,
        "tokens": streams[0].tokens,
    }
    label = "give up where the score is below"
    control = console_control(trace.model.name, label, steps, shown, own, data)
    return tag("div", control + _totals(trace), "vz-console", style="grid-template-columns:minmax(220px,1fr) auto")


def _below(trace: FusionTrace, target: int, steps: tuple[float, ...]) -> list[int]:
    """How many of the stream's tokens, over all blocks, score below each step."""
    scores = np.concatenate([scores_of(trace, site.site.name)[target].ravel() for site in token_sites(trace)])
    ordered = np.sort(scores.astype(np.float32))
    return np.searchsorted(ordered, np.array(steps, np.float32), side="left").astype(int).tolist()


def _totals(trace: FusionTrace) -> str:
    lines = [
        tag("b", "–", data_sum=str(index)) + stream_mark(one.target)
        + words(f"of its {one.tokens:,} tokens {stream_title(trace, one.target)} gives up")
        for index, one in enumerate(stream_tokens(trace))
    ]  # fmt: skip
    said = words("preview, by this run’s scores; those of later blocks will change: release to run", "vz-preview")
    return tag("div", "".join(tag("div", line) for line in lines) + said, "vz-console-totals")
