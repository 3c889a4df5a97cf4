"""A training's scales as charts: a film of the sorted scales, one site's channels over time, shares over time."""

from collections.abc import Sequence

import numpy as np
from plotly import graph_objects as go
from plotly.subplots import make_subplots

from vizlab.methods.cen.history import ScaleHistory, SiteHistory
from vizlab.methods.cen.history_files import Given, read_history
from vizlab.methods.cen.pix2pix import THRESHOLD
from vizlab.views.figures import FONT_SIZE, TEXT, styled
from vizlab.views.palettes import colorscale, stream_colour

FRAMES = 120
"""A film has at most so many, evenly over the epochs that there are."""
POINTS = 65
"""Of a sorted curve so many are drawn, from the smallest to the largest."""
SLIDER = 70
"""Pixels that the slider takes under the charts."""
_DARKEST = 0.01  # of the threshold: what is smaller is drawn there


def scale_film(history: ScaleHistory | Given, threshold: float = THRESHOLD) -> go.Figure:
    """|gamma| of every site, each stream's sorted from small to large, one frame an epoch, under a slider.

    Across: the share of the channels that lie at or below. `history` is one that was read, or its files.
    """
    found = _read(history)
    kept = _spread(len(found.epochs))
    sites, columns = found.sites, min(3, len(found.sites))
    rows = -(-len(sites) // columns)
    figure = make_subplots(
        rows=rows, cols=columns, shared_xaxes=True, shared_yaxes=True, horizontal_spacing=0.03, vertical_spacing=0.1,
        subplot_titles=[_short(one) for one in sites],
    )  # fmt: skip
    places = [(index // columns + 1, index % columns + 1) for index in range(len(sites))]
    for index, (one, (row, column)) in enumerate(zip(sites, places, strict=True)):
        for trace in _curves(found, one, kept[-1], threshold, first=index == 0):
            figure.add_trace(trace, row=row, col=column)
        if threshold > 0:
            figure.add_hline(y=threshold, line={"color": TEXT, "width": 1, "dash": "dash"}, row=row, col=column)
    notes = [found.words(threshold), *_about(found), *_kept_words(found, kept)]
    styled(figure, "The scales over training, |γ| sorted", notes, 150 * rows + 40, legend=True, headings=True)
    figure.update_layout(sliders=[_slider(found, kept, threshold)])
    low = max(threshold, 1e-6) * _DARKEST
    figure.update_yaxes(
        type="log", exponentformat="none", dtick=1, range=[np.log10(low), np.log10(_largest(found) * 1.2)]
    )
    figure.update_annotations(font_size=FONT_SIZE)
    figure.update_xaxes(tickformat=".0%", tickvals=[0, 0.5], range=[0, 1.02])
    figure.update_xaxes(title_text="share of channels", row=rows, col=(columns + 1) // 2)
    figure.update_yaxes(title_text="|γ|", col=1)
    figure.update_layout(margin_b=figure.layout.margin.b + SLIDER, height=figure.layout.height + SLIDER)
    return figure


def scale_map(history: ScaleHistory | Given, site: str | None = None, threshold: float = THRESHOLD) -> go.Figure:
    """One site's |gamma| as a map, a row a channel and a column an epoch, streams side by side; the last site if None.

    Channels stand in the order of their |gamma| at the end, so that who becomes small lies together, and when shows.
    """
    found = _read(history)
    one = found.sites[-1] if site is None else found.site(site)
    kept = _spread(len(found.epochs))
    streams = len(found.streams)
    figure = make_subplots(rows=1, cols=streams, subplot_titles=list(found.streams), horizontal_spacing=0.06)
    epochs = np.array([found.epochs[at] for at in kept])
    for stream in range(streams):
        size = np.abs(one.gamma[kept, stream])
        order = np.argsort(size[-1], kind="stable")
        shown = np.log10(np.maximum(size[:, order], max(threshold, 1e-6) * _DARKEST)).T.astype(np.float32)
        names = [str(channel) for channel in order]
        figure.add_heatmap(
            z=shown, x=epochs, y=np.arange(one.channels), coloraxis="coloraxis",
            customdata=np.repeat(np.array(names)[:, None], len(kept), axis=1),
            hovertemplate="channel %{customdata}, epoch %{x}: log₁₀|γ| %{z:.2f}<extra></extra>", row=1, col=stream + 1,
        )  # fmt: skip
    low, high = np.log10(max(threshold, 1e-6) * _DARKEST), np.log10(_largest(found))
    notes = [f"{_short(one)}: dark channels are small. White line: the threshold, {threshold:g}, on the colour scale."]
    styled(figure, "One site's channels over training", [*notes, *_kept_words(found, kept)], 320, headings=True)
    bar = {"title": {"text": "log₁₀|γ|", "font": {"size": FONT_SIZE}}, "thickness": 12}
    figure.update_layout(
        coloraxis={"colorscale": _with_threshold(low, high, threshold), "cmin": low, "cmax": high, "colorbar": bar}
    )
    figure.update_xaxes(title_text="epoch")
    figure.update_yaxes(title_text="channels, by |γ| at the end", showticklabels=False, col=1)
    figure.update_yaxes(showticklabels=False)
    return figure


def exchange_history(history: ScaleHistory | Given, threshold: float = THRESHOLD) -> go.Figure:
    """The share of channels below the threshold over the epochs: thick for a stream, thin for each of its sites."""
    found = _read(history)
    epochs, shares, whole = np.array(found.epochs), found.shares(threshold), found.share(threshold)
    figure = go.Figure()
    for stream, name in enumerate(found.streams):
        colour = stream_colour(name)
        for place, one in enumerate(found.sites):
            figure.add_scatter(
                x=epochs, y=shares[:, place, stream], mode="lines", legendgroup=name, showlegend=False, opacity=0.45,
                line={"color": colour, "width": 1}, name=f"{name}, {_short(one)}",
                hovertemplate=f"{name}, {_short(one)}, epoch %{{x}}: %{{y:.1%}}<extra></extra>",
            )  # fmt: skip
        figure.add_scatter(
            x=epochs, y=whole[:, stream], mode="lines+markers" if len(epochs) == 1 else "lines", name=name,
            legendgroup=name, line={"color": colour, "width": 3},
            hovertemplate=f"{name}, all sites, epoch %{{x}}: %{{y:.1%}}<extra></extra>",
        )  # fmt: skip
    notes = ["Thick: all sites of a stream; thin: each site.", *_about(found)]
    styled(figure, f"Channels with |γ| under {threshold:g}", notes, 260, legend=True)
    figure.update_xaxes(title_text="epoch")
    figure.update_yaxes(title_text="share of a stream’s channels", tickformat=".1~%", rangemode="tozero")
    return figure


def _read(history: ScaleHistory | Given) -> ScaleHistory:
    return history if isinstance(history, ScaleHistory) else read_history(history)


def _spread(count: int) -> list[int]:
    """At most FRAMES of `count` places, the first and the last among them."""
    return sorted({round(at) for at in np.linspace(0, count - 1, min(count, FRAMES))})


def _curves(found: ScaleHistory, one: SiteHistory, at: int, threshold: float, *, first: bool) -> list[go.Scatter]:
    share = ((_places(one) + 1) / one.channels).astype(np.float32)
    return [
        go.Scatter(
            x=share, y=values, mode="lines", name=name, legendgroup=name, showlegend=first,
            line={"color": stream_colour(name), "width": 2, "shape": "vh"},
            hovertemplate=f"%{{x:.1%}} of {name}’s channels have |γ| of %{{y:.3g}} or less<extra></extra>",
        )
        for name, values in zip(found.streams, _sorted(one, at, threshold), strict=True)
    ]  # fmt: skip


def _places(one: SiteHistory) -> np.ndarray:
    """Which of the sorted channels are drawn, the smallest and the largest among them."""
    return np.unique(np.linspace(0, one.channels - 1, min(POINTS, one.channels)).round().astype(int))


def _sorted(one: SiteHistory, at: int, threshold: float) -> np.ndarray:
    """(S, points) float32: |gamma| of each stream from small to large at the epoch in place `at`."""
    size = np.sort(np.abs(one.gamma[at]), axis=1)[:, _places(one)]
    return np.maximum(size, max(threshold, 1e-6) * _DARKEST).astype(np.float32)


def _slider(found: ScaleHistory, kept: Sequence[int], threshold: float) -> dict[str, object]:
    """A step an epoch; each brings its values itself, since Gradio's plots drop Plotly's own frames."""
    steps = []
    for at in kept:
        values = [row for one in found.sites for row in _sorted(one, at, threshold)]
        shown = [[float(f"{value:.4g}") for value in y] for y in values]
        steps.append(
            {"label": str(found.epochs[at]), "method": "restyle", "args": [{"y": shown}, [*range(len(shown))]]}
        )
    current = {"prefix": "epoch ", "font": {"size": FONT_SIZE}, "xanchor": "left"}
    return {
        "active": len(kept) - 1, "steps": steps, "currentvalue": current, "x": 0, "len": 1, "y": 0, "yanchor": "top",
        "pad": {"t": 48}, "font": {"size": FONT_SIZE},
    }  # fmt: skip


def _about(found: ScaleHistory) -> list[str]:
    """What the files do not say."""
    text = ["One stream: it has nobody to exchange with."] if len(found.streams) == 1 else []
    if found.missing:
        text.append(f"No file of {len(found.missing)} epochs in between ({found.missing[0]}, ...).")
    return text


def _kept_words(found: ScaleHistory, kept: Sequence[int]) -> list[str]:
    return [f"{len(kept)} of {len(found.epochs)} epochs are drawn."] if len(kept) < len(found.epochs) else []


def _largest(found: ScaleHistory) -> float:
    return max(float(np.abs(one.gamma).max()) for one in found.sites) or 1.0


def _with_threshold(low: float, high: float, threshold: float) -> list[tuple[float, str]]:
    """The colours of a map, with a white line where the threshold is."""
    scale = colorscale("inferno")
    at = (np.log10(threshold) - low) / (high - low) if threshold > 0 else -1.0
    if not 0.01 < at < 0.99:
        return scale
    before = [(p, c) for p, c in scale if p < at - 0.006]
    after = [(p, c) for p, c in scale if p > at + 0.006]
    white = [(at - 0.005, "#FFFFFF"), (at + 0.005, "#FFFFFF")]
    return [*before, (at - 0.006, before[-1][1]), *white, (at + 0.006, after[0][1]), *after]


def _short(one: SiteHistory) -> str:
    return one.name.partition(".")[0]
