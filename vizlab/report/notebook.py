"""The viewer in a notebook: an object that shows itself wherever HTML is shown. IPython need not be installed."""

import html
from dataclasses import dataclass

from vizlab.report.material import Material, Traces, material
from vizlab.report.offline import MOST_BYTES, Which, packed, page_of
from vizlab.rgbd import RGBDImage

HEIGHT = 760
"""Pixels: pictures, inspector and map of a few networks."""


@dataclass(frozen=True, eq=False)
class Shown:
    """`page` is a whole HTML file. A notebook shows it in a frame that may run the viewer and nothing else."""

    page: str
    height: int = HEIGHT

    def _repr_html_(self) -> str:
        """The frame: its script may not reach the notebook around it, nor any host."""
        return (
            f'<iframe sandbox="allow-scripts" title="vizlab viewer" width="100%" height="{self.height}" '
            f'style="border:0" srcdoc="{html.escape(self.page, quote=True)}"></iframe>'
        )

    def __repr__(self) -> str:
        return f"<vizlab viewer, {len(self.page) / 1e6:.1f} MB; a notebook shows it>"


def show(
    source: Material | Traces,
    rgbd: RGBDImage | None = None,
    *,
    which: Which = "all",
    most_bytes: int = MOST_BYTES,
    height: int = HEIGHT,
) -> Shown:
    """The viewer of `source` (a trace or several, and their picture) for the end of a notebook's cell.

    A trace holds no photograph: without `rgbd` there is none under its maps. Raises InputError where traces and picture
    do not belong together.
    """
    found = material(source, rgbd)
    within = packed(found.document, which, most_bytes)
    return Shown(page_of(within, found.title or "vizlab", keep_state=False), height)
