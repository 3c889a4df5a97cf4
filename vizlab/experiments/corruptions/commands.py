"""`vizlab corrupt`: a severity sweep on the command line."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import InputError
from vizlab.replacing import replace_text


def corrupt_command(
    checkpoint: Annotated[Path, typer.Argument(help="a vizlab .safetensors or an authors' checkpoint")],
    rgb: Annotated[Path | None, typer.Option(help="colour picture")] = None,
    depth: Annotated[Path | None, typer.Option(help="depth map")] = None,
    unit: Annotated[str, typer.Option("--unit", "--depth-unit", help="depth unit: auto, mm, m, 0.001, ...")] = "auto",
    corruption: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="such as depth-noise; repeatable; every one that fits if left out"),
    ] = None,
    severity: Annotated[list[int] | None, typer.Option(help="1 to 5; repeatable; all if left out")] = None,
    seed: Annotated[int, typer.Option(help="of everything that is left to chance", min=0)] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")] = "auto",
    csv: Annotated[Path | None, typer.Option(help="also write the rows to this file")] = None,
) -> None:
    """Break one picture's sensors by severity; print what becomes of metrics, confidence and shares, as JSON.

    Depth and normals are scored against the depth that is given, before it was broken.
    """
    import vizlab
    from vizlab.experiments.corruptions import SEVERITIES, fitting, severity_sweep
    from vizlab.experiments.corruptions.words import turned
    from vizlab.measures.reference import Reference

    rgbd = vizlab.read_rgbd(rgb, depth, depth_unit=unit)
    model = vizlab.load_model(checkpoint, device)
    names = corruption or [one.name for one in fitting(rgbd, model.inputs)]
    measured = rgbd.depth is not None and not (rgbd.record.depth and rgbd.record.depth.meaning.startswith("relative"))
    truth = Reference().completed(rgbd) if measured else None
    sweep = severity_sweep(model, rgbd, names, truth=truth, severities=severity or SEVERITIES, seed=seed)
    if csv is not None:
        replace_text(csv, sweep.csv(), InputError)
    said = {one.name: turned(sweep, one) for one in sweep.corruptions}
    print(json.dumps({**sweep.to_dict(), "fusion response": said}, indent=2))
