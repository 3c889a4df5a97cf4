"""The threshold's console: a slider whose effect on the exchanged fraction is computed in the browser."""

import base64

import numpy as np

from vizlab.core.site_words import trace_words
from vizlab.core.trace import FusionTrace
from vizlab.methods.cen.numbers import threshold_curve, threshold_of
from vizlab.page.kit.console import console_control, console_js
from vizlab.page.kit.html import tag, words
from vizlab.page.kit.strips import stream_mark
from vizlab.views.figures import senders_title, stream_title
from vizlab.views.palettes import stream_colour
from vizlab.views.shares import order_words

# Two significant digits, evenly spaced to the eye (the E24 series), which holds 0.02 and 0.01.
_SERIES = (1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0, 3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1)  # fmt: skip  # noqa: E501
STEPS: tuple[float, ...] = (
    0.0,
    *(round(step * 10**power, 6) for power in (-3, -2, -1) for step in _SERIES),
    *(step for step in _SERIES if step <= 2),
)
"""The slider's positions: 0 (no exchange), then 0.001 to 2."""

CONSOLE_JS = console_js("""
  const raw = Uint8Array.from(atob(data.counts), (c) => c.charCodeAt(0));
  const counts = new Uint16Array(raw.buffer), steps = data.steps.length, targets = data.targets.length;
  const below = (site, target) => counts[(site * targets + target) * steps + at];
  const all = data.channels.reduce((a, b) => a + b, 0);
  let total = 0;
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  data.targets.forEach((name, target) => {
    let sum = 0;
    data.channels.forEach((channels, site) => {
      const share = below(site, target) / channels;
      sum += below(site, target);
      const bar = element.querySelector(`[data-bar="${site}-${target}"]`);
      bar.style.height = `${(share * 100).toFixed(1)}%`;
      bar.parentElement.title = `${data.sites[site]}: ${percent(share)} of ${channels} channels into ${name}`;
    });
    total += sum;
    element.querySelector(`[data-sum="${target}"]`).textContent = percent(sum / all);
  });
  element.querySelector('[data-sum=all]').textContent = percent(total / (all * targets));
  element.querySelector('[data-sum=dead]').textContent = total ? percent(data.dead[at] / total) : '–';
""")


def console(trace: FusionTrace, own: float) -> str:
    """Slider, exchanged fractions, what of it is dead, one bar per site and direction.

    `own` is the checkpoint's own threshold; the slider is for this network alone.
    """
    shown = threshold_of(trace)
    steps = tuple(sorted({*STEPS, own, shown}))
    curve = threshold_curve(trace, np.array(steps))
    channels = [trace.sites[site].site.channels for site in curve.sites]
    counts = np.rint(curve.per_site * np.array(channels)[:, None, None]).astype("<u2")
    data = {
        "control": "threshold",
        "title": "exchange threshold",
        "says": "exchange where |γ| is below",
        "targets": [stream_title(trace, target) for target in curve.targets],
        "sites": [trace_words(trace)[site].title for site in curve.sites],
        "channels": channels,
        "counts": base64.b64encode(counts.tobytes()).decode(),
        "dead": np.rint(curve.dead * sum(channels) * len(curve.targets)).astype(int).tolist(),
    }
    control = console_control(trace.model.name, "exchange where |γ| &lt;", steps, shown, own, data)
    bars = _bars(curve.sites, curve.targets, order_words(trace))
    return tag("div", control + _totals(trace, curve.targets) + bars, "vz-console")


def _totals(trace: FusionTrace, targets: tuple[str, ...]) -> str:
    lines = [tag("b", "–", data_sum="all") + words("of all channels exchanged")]
    for index, target in enumerate(targets):
        text = f"{stream_title(trace, target)} takes from {senders_title(trace, target, targets)}"
        lines.append(tag("b", "–", data_sum=str(index)) + stream_mark(target) + words(text))
    lines.append(tag("b", "–", data_sum="dead") + words("of exchanges are dead: what comes is below, too"))
    state = words("preview: release to run", "vz-preview")
    return tag("div", "".join(tag("div", line) for line in lines) + state, "vz-console-totals")


def _bars(sites: tuple[str, ...], targets: tuple[str, ...], order: str) -> str:
    columns = []
    for site in range(len(sites)):
        bars = "".join(
            tag("span", tag("i", "", data_bar=f"{site}-{t}", style=f"background:{stream_colour(name)}"))
            for t, name in enumerate(targets)
        )
        columns.append(tag("div", bars, "vz-site-bars"))
    caption = words(f"per site, {order}; full height = all channels", "vz-caption")
    return tag("div", tag("div", "".join(columns), "vz-bars") + caption, "vz-console-bars")
