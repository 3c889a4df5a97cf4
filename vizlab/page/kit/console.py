"""A control's slider that previews in the browser what it would do and runs the network when it is released."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from vizlab.page.kit.html import tag

_SCRIPT = """
const found = () => element.querySelector('input[type=range]');
const paint = () => {
  const slider = found();
  if (!slider) return;
  const at = Number(slider.value), data = JSON.parse(slider.dataset.console);
  PREVIEW
  element.querySelector('[data-value]').textContent = data.steps[at];
  slider.setAttribute('aria-valuetext', `${data.says} ${data.steps[at]}`);
  element.querySelector('.vz-console').classList.toggle('vz-moved', at !== Number(slider.dataset.shown));
};
let timer = null;
const send = () => {
  const slider = found(), at = Number(slider.value);
  if (at === Number(slider.dataset.shown)) return;
  const data = JSON.parse(slider.dataset.console);
  window.vizlabAsked.settings = {settings: {[data.control]: data.steps[at]}, model: slider.dataset.model};
  trigger('release');
};
element.addEventListener('input', paint);
element.addEventListener('change', () => { clearTimeout(timer); timer = setTimeout(send, 350); });
element.addEventListener('click', (event) => {
  const slider = found();
  if (!event.target.closest('[data-reset]') || !slider) return;
  slider.value = slider.dataset.own;
  paint();
  send();
});
watch('value', paint);
paint();
"""


def console_js(preview: str) -> str:
    """What runs in the browser: `preview` paints the rest for the position `at` of `data`, on every move."""
    return _SCRIPT.replace("PREVIEW", preview.strip())


def console_control(
    model: str, label: str, steps: Sequence[float], shown: float, own: float, data: Mapping[str, Any]
) -> str:
    """The slider over `steps` with its label, and a button that goes back to `own`; `shown` is what was run.

    `label` is HTML, after which the value stands. `data` is what the preview reads, with "control", the setting's name,
    "title", its name for people, and "says", what a reader of screens says before the value.
    """
    known = {**data, "steps": [float(f"{step:g}") for step in steps]}
    at, title = steps.index(shown), escape(str(data["title"]))
    slider = (
        f'<input type="range" min="0" max="{len(steps) - 1}" step="1" value="{at}" aria-label="{title}" '
        f'data-shown="{at}" data-own="{steps.index(own)}" data-model="{escape(model)}" '
        f'data-console="{escape(json.dumps(known))}">'
    )
    value = tag("output", f"{shown:g}", data_value="")
    reset = tag("button", f"checkpoint’s {own:g}", "vz-small-button", type="button", data_reset="")
    return tag("div", tag("label", f"{label} {value}") + slider + reset, "vz-console-control")
