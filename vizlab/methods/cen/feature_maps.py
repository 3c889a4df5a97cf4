"""Figure 3 of CEN for any site: the mean feature map of each group of channels, in each stream."""

import math
from collections.abc import Sequence

import numpy as np

from vizlab.core.trace import FusionTrace, SiteTrace
from vizlab.errors import TraceError
from vizlab.methods.cen.channels import ChannelGroup, channel_groups, exchange_site
from vizlab.methods.cen.groups import map_step
from vizlab.views.figures import stream_title
from vizlab.views.palettes import coloured
from vizlab.views.panels import ColourBar, Grid, Panel, number, placed

SIDE = 240
"""Longer side of a picture, pixels."""
LABEL = "mean feature less its mean over the picture"


def exchange_groups(trace: FusionTrace, site: str) -> Grid:
    """Mean feature maps before the exchange at one site: streams down, groups of channels across.

    A group holds the channels that the same streams exchange, since their |gamma| is below the threshold there. Every
    map is shown less its own mean over the picture, all on one range centred at zero: a flat one carries nothing.
    Panel keys are "features/SITE/STREAM/GROUP". Raises TraceError for a trace without feature maps.
    """
    found = exchange_site(trace, site)
    groups = channel_groups(found)
    if any(group.features is None for group in groups):
        raise TraceError(f"The trace of '{trace.model.name}' holds no feature maps; trace the picture again.")
    bar = features_bar(groups)
    rows = tuple(
        (stream, tuple(_panel(trace, found, group, index, bar) for group in groups))
        for index, stream in enumerate(found.site.targets)
    )
    return Grid(tuple(group_title(trace, found, group) for group in groups), rows)


def features_bar(groups: Sequence[ChannelGroup]) -> ColourBar:
    """From minus to plus the 99th percentile of the magnitudes of all maps, each counting alike."""
    levels = [np.percentile(np.abs(_centred(m)), np.arange(0, 100.5, 0.5)) for g in groups for m in _maps(g)]
    end = float(np.percentile(np.concatenate(levels), 99)) if levels else 0.0
    end = float(f"{end:.2g}") if math.isfinite(end) and end > 0 else 1.0
    return ColourBar(-end, end, "", "diverging", LABEL)


def group_title(trace: FusionTrace, site: SiteTrace, group: ChannelGroup) -> str:
    """The paper's words for a group, with its size: "γ of rgb ≈ 0: 12 of 64"."""
    streams = site.site.targets
    size = f"{len(group.channels)} of {site.site.channels}"
    if not group.exchanged:
        return f"kept by {'both' if len(streams) == 2 else 'all'}: {size}"
    if len(group.exchanged) == len(streams):
        return f"γ of {'both' if len(streams) == 2 else 'all'} ≈ 0: {size}"
    return f"γ of {' and '.join(stream_title(trace, s) for s in group.exchanged)} ≈ 0: {size}"


def _panel(trace: FusionTrace, site: SiteTrace, group: ChannelGroup, index: int, bar: ColourBar) -> Panel:
    values, stream = _maps(group)[index], site.site.targets[index]
    drawn = placed(_centred(values), trace.framing, _grid(site), SIDE)
    caption = f"Mean {_number(values.mean())}, deviation {number(float(values.std()))}."
    title = f"{stream_title(trace, stream)}, {group_title(trace, site, group)} channels"
    key = f"features/{site.site.name}/{stream}/{'+'.join(group.exchanged) or 'kept'}"
    return Panel(coloured(drawn, bar.low, bar.high, bar.colormap), title, caption, bar, key)


def _maps(group: ChannelGroup) -> np.ndarray:
    assert group.features is not None
    return group.features


def _centred(values: np.ndarray) -> np.ndarray:
    return np.asarray(values - values.mean(dtype=np.float64), np.float32)


def _grid(site: SiteTrace) -> tuple[int, int] | None:
    """Rows and columns of the whole map in the cells that were kept of it."""
    if site.grid is None:
        return None
    step = map_step(site.grid)
    return site.grid[0] // step, site.grid[1] // step


def _number(value: float) -> str:
    """With a real minus."""
    return number(float(value)) if value >= 0 else f"−{number(-float(value))}"
