"""`vizlab data`: prepare a data folder, or look at one."""

import json
import re
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from vizlab.errors import DataError
from vizlab.tasks import VOID

app = typer.Typer(no_args_is_help=True)


@app.command("nyuv2")
def nyuv2_command(
    labelled: Annotated[Path, typer.Argument(help="nyu_depth_v2_labeled.mat, as published (MATLAB 7.3)")],
    splits: Annotated[Path, typer.Argument(help="splits.mat, as published (MATLAB 5)")],
    out: Annotated[Path, typer.Argument(help="folder to write; the same command again resumes it")],
    classes40: Annotated[
        Path | None, typer.Option(help="classMapping40.mat (Gupta et al.), in ankurhanda/nyuv2-meta-data; needed")
    ] = None,
    classes13: Annotated[
        Path | None, typer.Option(help="class13Mapping.mat, from the same place; adds label13/")
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="width x height, such as 320x240 (what the recipes are tuned for); as stored")
    ] = None,
    raw_depth: Annotated[
        bool, typer.Option("--raw-depth", help="the sensor's depth with holes, not the in-painted one")
    ] = False,
) -> None:
    """Turn NYUv2's official files into a data folder for training and evaluation. Needs the extra `train`.

    Colour is resampled by area, depth and labels to the nearest pixel; unlabelled pixels are void (255). Normals are
    not stored but derived from the depth when a picture is read.
    """
    from vizlab.study.data.nyuv2 import Sources, prepare_nyuv2

    with typer.progressbar(length=1, label="NYUv2", file=sys.stderr) as bar:

        def advance(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        try:
            sources = Sources(labelled, splits, classes40, classes13)
            written = prepare_nyuv2(sources, out, size=_size(size), raw_depth=raw_depth, progress=advance)
        except KeyboardInterrupt as err:
            typer.echo("\nvizlab: interrupted; the same command goes on from here.", err=True)
            raise typer.Exit(130) from err
    print(f"{out}: {written} pictures written, {(bar.length or 0) - written} were there; see dataset.json.")


@app.command("check")
def check_command(
    folder: Annotated[Path, typer.Argument(help="a data folder, or any with pictures in rgb/ and depth/")],
    split: Annotated[
        str, typer.Option(help="test, train, held-out or kept; without lists any takes every picture")
    ] = "test",
) -> None:
    """Read a data folder as training and evaluation do; say what was found and what was assumed.

    Your own RGB-D pictures need rgb/NAME.jpg (or .png) and depth/NAME.png only: label40/ and the lists train.txt and
    test.txt are optional. A dataset.json beside them may give "depth_unit" (mm, tum, 0.1mm, sunrgbd, m or metres per
    count), "camera" (fx, fy, cx, cy, width, height in pixels), "measured", the rectangle in which depth was measured
    (top, left, bottom, right, width, height in pixels), and for the cards of networks trained on them "source",
    "limits" (a list of sentences) and "licence".
    """
    from vizlab.study.data import RGBDFolder
    from vizlab.study.data.folder import domains_in

    data = RGBDFolder(folder, split)
    sizes, known, labelled = set(), [], []
    with typer.progressbar(data, length=len(data), label=folder.name, file=sys.stderr) as samples:
        for sample in samples:
            sizes.add(f"{sample.depth.shape[1]}x{sample.depth.shape[0]}")
            known.append(np.isfinite(sample.depth).mean())
            labelled.append((sample.label != VOID).mean())
    summary = {
        "pictures": len(data),
        "sizes": sorted(sizes),
        "depth unit": data.unit.label,
        "known depth": round(float(np.mean(known)), 4),
        "measured": str(data.manifest.measured or "everywhere"),
        "labelled": round(float(np.mean(labelled)), 4),
        "domains": domains_in(folder),
        "source": data.manifest.source,
        "licence": data.manifest.licence,
        "limits": data.manifest.limits,
        "notes": data.notes,
    }
    print(json.dumps(summary, indent=2))


def _size(text: str | None) -> tuple[int, int] | None:
    """(height, width) from "WIDTHxHEIGHT"."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if match is None:
        raise DataError(f"The size is '{text}'; expected width x height in pixels, such as 320x240.")
    return int(match[2]), int(match[1])
