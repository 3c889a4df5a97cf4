"""Take it along: figures, numbers, one offline page, and an archive that can be run again.

The public map; everything else is an implementation detail. Nothing here runs Gradio, and nothing names a method.
"""

from vizlab.report.archive import write_archive
from vizlab.report.charts import chart
from vizlab.report.figures import figure
from vizlab.report.folder import write_report
from vizlab.report.map_figure import network_map
from vizlab.report.material import Material
from vizlab.report.notebook import show
from vizlab.report.numbers import layers_csv, layers_npz, sites_csv
from vizlab.report.offline import offline_page
from vizlab.report.replaying import replay
from vizlab.report.saving import DOUBLE, SINGLE, save, saved

__all__ = [
    "DOUBLE", "SINGLE", "Material", "chart", "figure", "layers_csv", "layers_npz", "network_map", "offline_page",
    "replay", "save", "saved", "show", "sites_csv", "write_archive", "write_report",
]  # fmt: skip
