"""All bundled networks on one picture, side by side with the truth, for a paper. Run: compare_networks.py FOLDER."""

import csv
import sys
from pathlib import Path

import vizlab
from vizlab import bundled, scenes, views
from vizlab.study.scene_scores import scores_by_task

SCENE = "bedroom"


def main(folder: Path) -> None:
    """Writes the grid of predictions as PNG and PDF, and the networks' scores in this one picture as CSV."""
    scene = scenes.load_scene(SCENE)
    rgbd = vizlab.read_rgbd(scene.rgb_path, scene.depth_path)
    truth = views.Reference(
        scene.depth, scene.label, scene.normals, dict.fromkeys(("semseg", "depth", "normals"), "exact")
    )

    files = sorted(bundled.folder("checkpoints").glob("*.safetensors"))
    models = [vizlab.load_model(file) for file in files]
    # Image translation takes other pictures than a sensor's; it has no part in this.
    traces = [vizlab.trace(model, rgbd) for model in models if set(model.inputs) <= set(rgbd.modalities)]

    grid = views.prediction_grid(traces, rgbd, truth, palette="safe")
    for ending in (".png", ".pdf"):
        print(views.save_figure(grid, folder / f"{SCENE}{ending}", dpi=120))

    with (folder / f"{SCENE}.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, ["network", "semseg", "depth", "normals"])
        table.writeheader()
        for trace in traces:
            scores = scores_by_task(trace.predictions, truth)  # pixels named rightly in %, RMSE in m, angle in degrees
            table.writerow({"network": trace.model.name} | {task: round(value, 3) for task, value in scores.items()})
            print(trace.model.name, {task: f"{value:.3g}" for task, value in scores.items()})


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) == 2 else sys.exit(__doc__)
