"""The stage: the linked viewer, the inspector and the network map. All of it runs in the browser.

The server says which analysis is on show; the browser fetches its document and keeps what a person has set.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from vizlab.page.change_panel import panel
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.changes import written
from vizlab.page.kit.html import tag
from vizlab.page.kit.method_tab import Updates
from vizlab.page.link import domains_written
from vizlab.page.serving import ROOT, viewer_address

MOUNT_JS = """
const page = new URL('.', document.baseURI).href;
const box = element.querySelector('.vz-instrument');
window.vizlabStage = import(page + box.dataset.script).then((viewer) => {
  const link = window.vizlabLink;
  link.begin(JSON.parse(box.dataset.titles));
  const instrument = viewer.mount(box, {
    fetch: viewer.fetchFrom(page + box.dataset.root + '/values'),
    changed: (state) => link.keep(viewer.written(state)),
    selected: (site) => {
      window.vizlabAsked.site = site;
      trigger('select');
    },
    scene: (delta) => link.scene(delta),
    openMethod: (family) => link.tab(family),
    exports: page + box.dataset.root,
  }, link.state());
  return {viewer, instrument, page: page + box.dataset.root};
});
"""
OPEN_JS = """
const open = async () => {
  const mark = element.querySelector('[data-key]');
  const key = mark?.dataset.key;
  // A class and no `body:has(…)`, for which all is styled anew whenever a chart measures a word: fifty times as slow.
  document.body.classList.toggle('vz-analysed', Boolean(key));
  if (!key) return;
  window.vizlabWanted = key;
  const {instrument, page} = await window.vizlabStage;
  const answer = await fetch(`${page}/document/${key}`);
  if (!answer.ok || window.vizlabWanted !== key) return;
  instrument.open(await answer.json());
  window.vizlabLink.opened(mark);
};
window.vizlabLink.ask = (detail) => trigger('select', detail);
watch('value', open);
open();
"""
CHANGE_JS = (Path(__file__).parent / "change.js").read_text(encoding="utf-8")


class StageTab:
    """`selected` is triggered with the site that was clicked; `document` says which analysis the browser opens."""

    def __init__(self, titles: Mapping[str, str], scenes: Callable[[], Mapping[str, str]] = dict) -> None:
        """`titles` are those of all tabs of the page by name; `scenes` gives those of the bundled scenes by name."""
        script = {"data_script": viewer_address(), "data_root": ROOT, "data_titles": json.dumps(dict(titles))}
        box = tag("div", "", "vz-instrument", **script)
        self.instrument = gr.HTML(box, js_on_load=MOUNT_JS, elem_id="vz-instrument", apply_default_css=False)
        self.changes = gr.HTML(js_on_load=CHANGE_JS, elem_id="vz-change-panel")
        self.document = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-document")
        self._scenes = scenes

    @property
    def outputs(self) -> list[Any]:
        return [self.document, self.changes]

    def render(self, analysis: Analysis, selected: Mapping[str, Any] | None = None) -> Updates:
        """The stage for one analysis; `selected` is what was clicked last in the network map."""
        return {self.document: document_mark(analysis), **self.render_changes(analysis, selected)}

    def render_changes(self, analysis: Analysis, selected: Mapping[str, Any] | None) -> Updates:
        """What can be done to the edge that was clicked, and what is done."""
        return {self.changes: panel(analysis, selected, self._scenes())}


def document_mark(analysis: Analysis) -> str:
    """What the browser needs to open an analysis, and to name it in an address."""
    request = analysis.request
    settings = {"all": dict(request.settings), "of": {k: dict(v) for k, v in request.settings_by_model.items()}}
    scene = "" if request.own_files else str(request.scene)
    return tag(
        "i", "", data_key=analysis.key, data_scene=scene, data_picture=analysis.picture.rgbd.digest[:16],
        data_networks=json.dumps(list(request.models)), data_settings=json.dumps(settings),
        data_changes=written(request.changes), data_domains=domains_written(request.domains),
    )  # fmt: skip
