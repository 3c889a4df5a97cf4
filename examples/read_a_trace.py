"""One picture through one network: what it predicts, what each site mixed, and where. Run: read_a_trace.py FOLDER."""

import sys
from pathlib import Path

import numpy as np

import vizlab
from vizlab import bundled, scenes, views


def main(folder: Path) -> None:
    """Prints the sites with what came from the other stream; writes the trace, a map of one site, and a chart."""
    model = vizlab.load_model(bundled.checkpoint("cen-mobilenetv2-nyuv2"))
    scene = scenes.load_scene("office")
    rgbd = vizlab.read_rgbd(scene.rgb_path, scene.depth_path)
    trace = vizlab.trace(model, rgbd)

    label = trace.predictions["semseg"].label
    print(f"{model.name} on {scene.title}: {share_of_largest(label, trace.model.classes)}")
    print(f"\n{'site':24}" + "".join(f"{'into ' + stream:>12}" for stream in ("rgb", "depth")))
    for name, site in trace.sites.items():
        print(f"{name:24}" + "".join(f"{share:>12.1%}" for share in site.cross_share))

    site, target = most_from_outside(trace)
    panel = views.outside_over_photo(trace, rgbd, site, target)
    print(f"\nMost came into {target} at {site}. {panel.caption}")

    trace.save(str(folder / "office.npz"))
    views.save_figure(panel, folder / "most_from_outside.png")
    views.cross_share_profile(trace).write_html(folder / "cross_share.html")


def share_of_largest(label: np.ndarray, classes: tuple[str, ...]) -> str:
    """The class that covers most of the picture, in words."""
    counts = np.bincount(label.ravel(), minlength=len(classes))
    return f"{counts.max() / label.size:.0%} of the picture is {classes[counts.argmax()]}"


def most_from_outside(trace: vizlab.FusionTrace) -> tuple[str, str]:
    """The site and the target whose share from other streams is the largest."""
    sites = trace.sites.values()
    shares = {(s.site.name, t): v for s in sites for t, v in zip(s.site.targets, s.cross_share, strict=True)}
    return max(shares, key=lambda place: np.nan_to_num(shares[place], nan=-1))


if __name__ == "__main__":
    main(Path(sys.argv[1])) if len(sys.argv) == 2 else sys.exit(__doc__)
