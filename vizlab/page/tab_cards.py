"""The last tab: the model card of each network that was asked for, whole, as its file has it."""

import re
from html import escape
from typing import Any

import gradio as gr

from vizlab.core.model import Model
from vizlab.errors import VizlabError
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.html import alert, empty_state, heading, note, tag
from vizlab.page.shelf import ModelShelf
from vizlab.report.methods_page import methods_markdown
from vizlab.study.cards import Section, card_sections
from vizlab.study.evaluation.table import Table

_CODE = re.compile("`([^`]+)`")
WAITING = "Choose a scene, or give files of your own, then press Run: every network that was ticked has its card here."


class CardsTab:
    """A choice of network and its card: data, recipe, figures, cost, limits, licence."""

    def __init__(self, shelf: ModelShelf) -> None:
        self._shelf = shelf
        self.model = gr.Radio([], label="checkpoint", visible=False, elem_classes="vz-model", elem_id="vz-card-model")
        self.card = gr.HTML(empty_state("Model cards", [WAITING], first=True), elem_id="vz-card")
        with gr.Accordion("all methods: what mixes where, what is defined, which files open", open=False) as about:
            self.methods = gr.Markdown(elem_id="vz-methods")
        # Small networks are built to see what is at their sites, so it is written when somebody asks.
        about.expand(methods_markdown, None, self.methods, api_name="page", api_visibility="private")

    @property
    def outputs(self) -> list[Any]:
        return [self.model, self.card]

    def render(self, analysis: Analysis) -> dict[Any, Any]:
        """New values by component, for the networks that were asked for, whether they could run or not."""
        names = list(analysis.request.models)
        chosen = gr.update(choices=names, value=names[0], visible=len(names) > 1)
        return {self.model: chosen, **self.draw(names[0])}

    def draw(self, name: str) -> dict[Any, Any]:
        """The card of the network of that name."""
        return {self.card: card_html(self._shelf.get(name))}


def card_html(model: Model) -> str:
    """The whole card; in its place a sentence if the file's card has an unexpected form."""
    try:
        sections = card_sections(model)
    except VizlabError as err:
        return alert(str(err))
    return tag("div", "".join(map(_section, sections)), "vz-card")


def _section(section: Section) -> str:
    sentences = "".join(note(sentence) for sentence in section.sentences)
    shown = "" if section.table is None else _table(section.table)
    lines = tag("ul", "".join(tag("li", _text(line)) for line in section.lines)) if section.lines else ""
    return heading(section.title) + sentences + shown + lines


def _table(table: Table) -> str:
    head = tag("tr", "".join(tag("th", escape(cell), scope="col") for cell in table.headers))
    rows = "".join(
        tag("tr", tag("th", escape(name), scope="row") + "".join(tag("td", escape(cell)) for cell in cells))
        for name, *cells in table.rows
    )
    return tag("div", tag("table", head + rows), "vz-card-table", tabindex="0", role="group", aria_label="figures")


def _text(line: str) -> str:
    """Escaped, with what stands between backticks as code."""
    return _CODE.sub(r"<code>\1</code>", escape(line))
