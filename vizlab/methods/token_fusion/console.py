"""The threshold's console: a slider that says, before it is released, how many tokens would be given up."""

import json
from html import escape

import numpy as np

from vizlab.core.trace import FusionTrace
from vizlab.methods.token_fusion.numbers import scores_of, stream_tokens, threshold_of, token_sites
from vizlab.page.kit.html import tag, words
from vizlab.page.kit.strips import stream_mark
from vizlab.views.figures import stream_title

STEPS = (0.0, 0.001, 0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0)  # fmt: skip  # noqa: E501
"""The slider's positions: 0 (no exchange) to 1 (as good as every token)."""

CONSOLE_JS = """
const paint = () => {
  const slider = element.querySelector('input[type=range]');
  if (!slider) return;
  const at = Number(slider.value), data = JSON.parse(slider.dataset.counts);
  data.counts.forEach((counts, target) => {
    element.querySelector(`[data-sum="${target}"]`).textContent = `${(100 * counts[at] / data.tokens).toFixed(1)}%`;
  });
  element.querySelector('[data-value]').textContent = data.steps[at];
  slider.setAttribute('aria-valuetext', `give tokens up where the score is below ${data.steps[at]}`);
  element.querySelector('.vz-console').classList.toggle('vz-moved', at !== Number(slider.dataset.shown));
};
let timer = null;
const send = () => {
  const slider = element.querySelector('input[type=range]');
  const at = Number(slider.value);
  if (at === Number(slider.dataset.shown)) return;
  const threshold = JSON.parse(slider.dataset.counts).steps[at];
  window.vizlabAsked.settings = {settings: {threshold}, model: slider.dataset.model};
  trigger('release');
};
element.addEventListener('input', paint);
element.addEventListener('change', () => { clearTimeout(timer); timer = setTimeout(send, 350); });
element.addEventListener('click', (event) => {
  const slider = element.querySelector('input[type=range]');
  if (!event.target.closest('[data-reset]') || !slider) return;
  slider.value = slider.dataset.own;
  paint();
  send();
});
watch('value', paint);
paint();
"""
"""Runs in the browser: repaints on every move, tells Python on release."""


def console(trace: FusionTrace, own: float) -> str:
    """Slider, and the share of its tokens that each stream would give up; `own` is the checkpoint's threshold."""
    shown = threshold_of(trace)
    steps = tuple(sorted({*STEPS, own, shown}))
    streams = stream_tokens(trace)
    counts = [_below(trace, target, steps) for target in range(len(streams))]
    for row, stream in zip(counts, streams, strict=True):
        row[steps.index(shown)] = stream.given_up  # scores are kept in 16 bits; what was given up is known
    data = {"steps": [float(f"{step:g}") for step in steps], "counts": counts, "tokens": streams[0].tokens}
    slider = (
        f'<input type="range" min="0" max="{len(steps) - 1}" step="1" value="{steps.index(shown)}" '
        f'aria-label="exchange threshold" data-shown="{steps.index(shown)}" data-own="{steps.index(own)}" '
        f'data-model="{escape(trace.model.name)}" data-counts="{escape(json.dumps(data))}">'
    )
    label = tag("label", f"give up where the score is below {tag('output', f'{shown:g}', data_value='')}")
    reset = tag("button", f"checkpoint’s {own:g}", "vz-small-button", type="button", data_reset="")
    control = tag("div", label + slider + reset, "vz-console-control")
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
