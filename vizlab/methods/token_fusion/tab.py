"""The tab of TokenFusion: which places of this picture each stream gave up, block by block."""

from typing import Any

import gradio as gr

from vizlab import views
from vizlab.core.trace import FusionTrace
from vizlab.methods.token_fusion import charts, citations
from vizlab.methods.token_fusion.block_panel import PICK_JS, block_choices, block_html, film_html, overview_html
from vizlab.methods.token_fusion.console import CONSOLE_JS, console
from vizlab.methods.token_fusion.numbers import most_given_up, statement, threshold_of, token_sites
from vizlab.page.kit.analysis import Analysis
from vizlab.page.kit.badges import assumed_badge
from vizlab.page.kit.html import badge, heading
from vizlab.page.kit.method_tab import NOTHING, Chart, Kept, MethodTab, Updates, Wiring, kept_choice
from vizlab.page.kit.strips import OPEN_JS, strip_panel
from vizlab.page.kit.words import THIS
from vizlab.views.ensemble import ensemble_words
from vizlab.views.palettes import Palette

CHARTS = (
    Chart(
        charts.token_shares,
        "Look for asymmetry: which stream gives more up, and whether early or late. Another picture gives other bars.",
        citations.EXCHANGE,
        THIS,
        half=True,
    ),
    Chart(
        charts.token_score_spread,
        "Look where the threshold cuts: boxes far from it mean that the scores know two kinds of tokens, boxes across "
        "it that a slightly other threshold would exchange others.",
        citations.SCORES,
        THIS,
        half=True,
    ),
    Chart(
        views.cross_share_profile,
        "How much of a block's variation came from the other stream: tokens given up may be quiet or loud.",
        None,
        THIS,
    ),
)


class TokenTab(MethodTab):
    """The streams over all blocks, all blocks as thumbnails, one block large, then charts and the outside strip."""

    family = "token-fusion"
    title = "Token exchange"
    needs = (
        "TokenFusion runs two streams, of colour and depth for instance, through one network with private norms. In "
        "every block each token gets a score, and where it is small the other stream's token takes its place: other "
        "places in every picture.",
        "Tick a TokenFusion checkpoint on the left, give a colour picture and its depth, and press Run.",
    )

    def build(self) -> None:
        self.intro = gr.HTML()
        self.console = gr.HTML(js_on_load=CONSOLE_JS, elem_id="vz-token-threshold")
        self.overview = gr.HTML(elem_id="vz-token-overview")
        self.film = gr.HTML({}, film="", html_template="${film}", js_on_load=PICK_JS, elem_id="vz-token-film")
        self.site = gr.Dropdown([], label="block", elem_id="vz-token-site")
        self.block = gr.HTML(elem_id="vz-token-block")
        self.charts = self.build_charts(CHARTS)
        self.ensemble = gr.HTML()
        self.strip = gr.HTML(js_on_load=OPEN_JS, elem_id="vz-token-strip")

    @property
    def choices(self) -> dict[str, Any]:
        return {"site": self.site}

    def at_site(self, trace: FusionTrace, site: str, target: str) -> Kept:
        return {"site": site}

    def draw(self, analysis: Analysis, trace: FusionTrace, palette: Palette = "voc", kept: Kept = NOTHING) -> Updates:
        offered = block_choices(trace)
        site = kept_choice(kept, "site", [name for _, name in offered], most_given_up(trace))
        rgbd = analysis.picture.rgbd
        return {
            self.intro: _intro(trace),
            self.console: console(trace, threshold_of(analysis.unchanged.get(trace.model.name) or trace)),
            self.overview: overview_html(trace, rgbd),
            self.film: gr.HTML(film=film_html(trace, rgbd)),
            self.site: gr.update(choices=offered, value=site),
            **self.draw_block(analysis, trace, site),
            **self.draw_charts(self.charts, trace),
            self.ensemble: _ensemble(trace),
            self.strip: strip_panel(trace),
        }

    def wire(self, wiring: Wiring) -> None:
        wiring.vary(self.console.release)
        wiring.redraw(self.site.input, self, [self.site], [self.block], self.draw_block)
        wiring.redraw(self.film.select, self, [self.film], [self.site, self.block], self.pick_block)

    def draw_block(self, analysis: Analysis, trace: FusionTrace, site: str) -> Updates:
        """What both streams gave up at one block, and their scores there."""
        return {self.block: block_html(trace, analysis.picture.rgbd, site)}

    def pick_block(self, analysis: Analysis, trace: FusionTrace, picked: object) -> Updates:
        """The same of the block whose thumbnail was clicked, {site}."""
        site = str(picked.get("site")) if isinstance(picked, dict) else ""
        return {**self.draw_block(analysis, trace, site), self.site: site}


def _intro(trace: FusionTrace) -> str:
    marks = [badge(THIS), badge(f"{len(token_sites(trace))} blocks"), assumed_badge(trace)]
    return heading("What is given up", statement(trace), citations.EXCHANGE, [mark for mark in marks if mark])


def _ensemble(trace: FusionTrace) -> str:
    """What the ensemble weighs; nothing without one."""
    sentence = ensemble_words(trace)
    return heading("What the ensemble weighs", sentence, citations.ENSEMBLE) if sentence else ""
