"""The pixel of the tab: pictures to click on, two numbers for keys, and what was found as a table."""

from html import escape

from vizlab.core.trace import FusionTrace
from vizlab.measures.pixel_affinity import DEFAULT_PARAMETERS
from vizlab.measures.reference import Reference
from vizlab.methods.mti_net import citations
from vizlab.methods.mti_net.pixel_groups import maps_of, neighbours_at, pixel_groups
from vizlab.page.kit.html import badge, chips, heading, tag, words
from vizlab.page.kit.images import data_uri
from vizlab.page.kit.tables import table
from vizlab.page.kit.words import THIS
from vizlab.rgbd import RGBDImage
from vizlab.views import Panel
from vizlab.views.figures import stream_title

PICK_JS = """
element.addEventListener('click', (event) => {
  const picture = event.target.closest('img[data-pick]');
  if (!picture) return;
  const box = picture.getBoundingClientRect();
  props.value = {x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height};
  trigger('select');
});
"""
"""Runs in the browser: a click tells Python where, as parts of the picture's width and height."""
_FIT = "repeat(auto-fit, minmax(min(100%, 260px), 1fr))"
_COLUMNS = f"--columns:1;--lines:1;grid-template-columns:{_FIT};max-width:1120px"

SENTENCE = (
    "Click a pixel: filled squares are neighbours that the task groups with it, hollow ones are not. Where one task "
    "fills what another leaves hollow, they disagree on what belongs together."
)


def pixel_html(
    trace: FusionTrace, rgbd: RGBDImage, reference: Reference | None, row: float, column: float, origin: str
) -> str:
    """Pictures of all tasks, and under them the neighbours counted by dilation."""
    panels = pixel_groups(trace, rgbd, row, column, reference, origin=origin)
    pictures = "".join(tag("div", _picture(panel), "vz-at") for panel in panels)
    head = heading("Which neighbours belong to a pixel", _sentence(), citations.AFFINITY, [badge(THIS)])
    return head + tag("div", pictures, "vz-grid", style=_COLUMNS) + _table(trace, reference, row, column, origin)


def _sentence() -> str:
    given = DEFAULT_PARAMETERS
    return (
        f"{SENTENCE} {given.kernel}×{given.kernel} kernel; similar: same class, depth within "
        f"{100 * given.depth:.0f} %, normals within {given.normals:g}°."
    )


def _picture(panel: Panel) -> str:
    height, width = panel.image.shape[:2]
    image = (
        f'<img src="{data_uri(panel.image, max(height, width))}" width="{width}" height="{height}" data-pick '
        f'style="cursor:crosshair" alt="{escape(panel.title)}: {escape(panel.caption)}">'
    )
    assert isinstance(panel.legend, tuple)
    # Not `vz-title`, which grids hide: here no heading of a column says it.
    lines = tag("b", escape(panel.title)) + chips(panel.legend) + words(panel.caption, "vz-caption")
    return tag("figure", image + tag("figcaption", lines), "vz-panel")


def _table(trace: FusionTrace, reference: Reference | None, row: float, column: float, origin: str) -> str:
    found = neighbours_at(trace, maps_of(trace, reference, origin), row, column)
    headers = ("dilation", *(stream_title(trace, one.task) for one in found))
    dilations = found[0].dilations if found else ()
    rows = [
        (f"{dilation:g} px", *(f"{one.counts()[at][0]} of {one.counts()[at][1]}" for one in found))
        for at, dilation in enumerate(dilations)
    ]
    caption = "grouped with the pixel, of the neighbours known; distances in pixels of the network’s input"
    return table(headers, rows, "neighbours grouped with the pixel, by dilation", caption)
