"""What CEN's exchange does to one picture, threshold by threshold, for a paper. Run: exchange_figures.py FOLDER."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import vizlab
from vizlab import bundled, scenes, views
from vizlab.measures.metrics import semseg_score

THRESHOLDS = (0.0, 0.01, 0.02, 0.05, 0.2)
"""A channel is exchanged where its scale is below: at 0 none is, and 0.02 is the released code's."""


def main(folder: Path) -> None:
    """Writes a grid of predictions by threshold and a table of what is exchanged and how right the classes are."""
    model = vizlab.load_model(bundled.checkpoint("cen-mobilenetv2-nyuv2"), precision="float32")
    scene = scenes.load_scene("kitchen")
    rgbd = vizlab.read_rgbd(scene.rgb_path, scene.depth_path)
    runs = {value: vizlab.trace(model, rgbd, threshold=value) for value in THRESHOLDS}

    lines = ["threshold,exchanged,from the other stream,pixels named rightly"]
    for value, run in runs.items():
        label = run.predictions["semseg"].label
        right = semseg_score(label, scene.label).accuracy
        lines.append(f"{value:g},{exchanged(run):.4f},{crossing(run):.4f},{right:.4f}")
    (folder / "thresholds.csv").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))

    own = runs[0.02].predictions["semseg"]
    panels = [
        replace(views.semseg_panel(run.predictions["semseg"], model.classes, f"threshold {value:g}"), caption="")
        for value, run in runs.items()
    ]
    changes = [views.change_panel(own, run.predictions["semseg"], rgbd.colour) for run in runs.values()]
    rows = (("classes", tuple(panels)), ("changed against 0.02", tuple(changes)))
    grid = views.Grid(tuple(panel.title for panel in panels), rows)
    print(views.save_figure(grid, folder / "thresholds.pdf"))
    views.threshold_curve(runs[0.02]).write_html(folder / "threshold_curve.html")


def exchanged(run: vizlab.FusionTrace) -> float:
    """The exchanged share of all channels, by the weights alone."""
    return float(np.concatenate([site.weights["exchanged"].ravel() for site in run.sites.values()]).mean())


def crossing(run: vizlab.FusionTrace) -> float:
    """The share of a site's variation that came from the other stream, averaged over sites and streams."""
    return float(np.nanmean([site.cross_share for site in run.sites.values()]))


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) == 2 else sys.exit(__doc__)
