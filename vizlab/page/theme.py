"""How Gradio's own components look: quiet, small, fonts from this machine only."""

from pathlib import Path

import gradio as gr

from vizlab.page.glossary import as_json
from vizlab.views.palettes import STREAM_COLOURS

HERE = Path(__file__).parent


def theme() -> gr.themes.Base:
    """Neutral greys, one accent; IBM Plex comes with Gradio, nothing is fetched from elsewhere."""
    return gr.themes.Base(
        primary_hue="slate",
        neutral_hue="slate",
        text_size="sm",
        spacing_size="sm",
        radius_size="sm",
        font=[gr.themes.LocalFont("IBMPlexSans", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=[gr.themes.LocalFont("IBMPlexMono", weights=(400, 700)), "ui-monospace", "monospace"],
    ).set(
        block_border_width="0px",
        block_shadow="none",
        block_padding="6px",
        block_label_text_size="11px",
        block_title_background_fill="transparent",
        block_title_background_fill_dark="transparent",
        block_title_text_size="11px",
        checkbox_label_background_fill="transparent",
        checkbox_label_background_fill_dark="transparent",
        body_background_fill="#f4f5f6",
        body_background_fill_dark="#14171a",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        button_primary_background_fill="#0f6f9e",
        button_primary_background_fill_hover="#0b5c85",
        button_primary_background_fill_dark="#0f6f9e",
        button_primary_background_fill_hover_dark="#127aad",
        button_primary_text_color="#ffffff",
    )


def css() -> str:
    """The page's style sheet, with the stream colours as variables."""
    streams = "".join(f"--vz-{name.replace('/', '-')}:{colour};" for name, colour in STREAM_COLOURS.items())
    return f":root{{{streams}}}\n" + (HERE / "style.css").read_text(encoding="utf-8")


def script() -> str:
    """The few lines that run in the browser for the whole page."""
    return _script("page.js")


SCRIPTS = ("link.js", "drop.js", "glossary.js", "dialogs.js", "help.js", "charts.js", "names.js")
"""In this order: Escape closes a word's tip before the window under it."""


STILL = (
    "<style>@media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation-duration: 0.01ms !important; "
    "animation-iteration-count: 1 !important; transition: none !important; scroll-behavior: auto !important; } }"
    "</style>"
)
"""Nothing moves for who asked for that; not in the style sheet, where Gradio confines every rule to its own parts."""


NOT_STALE = (
    "<style>body:not(.vz-stale) .vz-stale-mark { display: none; } "
    "body.vz-busy .vz-stale-mark { display: none; }</style>"
)
"""The mark of results older than the inputs; here, since Gradio puts a prefix of its own before rules of the body."""


def head() -> str:
    """What must be there before the first component: the words, how the page keeps its address and takes files."""
    words = f"window.vizlabGlossary = {as_json()};"
    return STILL + NOT_STALE + "".join(f"<script>{text}</script>" for text in (words, *map(_script, SCRIPTS)))


def _script(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
