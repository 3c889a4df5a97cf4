"""`vizlab attribute`: one attribution on the command line."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vizlab.errors import InputError, one_line
from vizlab.replacing import replacing

if TYPE_CHECKING:
    import numpy as np

    from vizlab.core.model import Model
    from vizlab.experiments.attribution import Attribution, Conductance, Curves, SanityCheck
    from vizlab.rgbd import RGBDImage


def attribute_command(
    checkpoint: Annotated[Path, typer.Argument(help="a vizlab .safetensors or an authors' checkpoint")],
    rgb: Annotated[Path | None, typer.Option(help="colour picture")] = None,
    depth: Annotated[Path | None, typer.Option(help="depth map")] = None,
    unit: Annotated[str, typer.Option("--unit", "--depth-unit", help="depth unit: auto, mm, m, 0.001, ...")] = "auto",
    output: Annotated[str, typer.Option(help="semseg, depth, normals, semseg/rgb, ...")] = "semseg",
    of: Annotated[
        str | None, typer.Option(help="a class; x, y, z, 'angle to up', 'angle to viewer' of normals")
    ] = None,
    scale: Annotated[str, typer.Option(help="of a class: probability, log-probability or logit")] = "probability",
    at: Annotated[
        str | None,
        typer.Option(metavar="X,Y", help="the segment there, the whole picture if left out"),
    ] = None,
    box: Annotated[str | None, typer.Option(metavar="X,Y,X,Y", help="two corners of a box")] = None,
    polygon: Annotated[str | None, typer.Option(metavar="X,Y,...", help="three or more corners")] = None,
    pixel: Annotated[bool, typer.Option("--pixel", help="the pixel --at, not the segment there")] = False,
    method: Annotated[
        str, typer.Option(help="'integrated gradients', 'gradient x input', occlusion or grad-cam")
    ] = "integrated gradients",
    rgb_baseline: Annotated[str, typer.Option(help="mean colour, blurred, black or unchanged")] = "mean colour",
    depth_baseline: Annotated[str, typer.Option(help="median plane, unknown or unchanged")] = "median plane",
    steps: Annotated[int, typer.Option(help="points on the path from the baseline to the picture")] = 64,
    superpixels: Annotated[int, typer.Option(help="about how many, for occlusion")] = 60,
    site: Annotated[str, typer.Option(help="where, for grad-cam: a site or a module's path")] = "",
    edges: Annotated[bool, typer.Option("--edges", help="also what flows through each edge of each site")] = False,
    sanity: Annotated[bool, typer.Option("--sanity", help="also with shuffled weights")] = False,
    curves: Annotated[bool, typer.Option("--curves", help="also insertion and deletion")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")] = "auto",
    out: Annotated[Path | None, typer.Option(help="write maps and region to this .npz")] = None,
) -> None:
    """Say where one number of a network's output comes from: totals by modality in its own unit, maps on request."""
    import vizlab
    from vizlab.experiments import attribution as lib

    rgbd = vizlab.read_rgbd(rgb, depth, depth_unit=unit)
    model = vizlab.load_model(checkpoint, device, precision="float32")
    region = _region(model, rgbd, output, at, box, polygon, pixel)
    target = lib.Target(output, region, of, scale)  # type: ignore[arg-type]
    baselines = lib.Baselines(rgb_baseline, depth_baseline)  # type: ignore[arg-type]
    path: dict[str, Any] = {"baselines": baselines, "steps": steps}
    given: dict[str, Any] = {**path, "count": superpixels}
    found = lib.attribute(model, rgbd, target, method, site=site, **given)
    said = attribution_words(found)
    if edges:
        said["edges"] = edge_words(lib.conductance(model, rgbd, target, **path))
    if sanity:
        checked = lib.sanity_check(model, rgbd, target, method, site=site, known=found, **given)
        said["sanity check"] = sanity_words(checked)
    if curves:
        said["curves"] = curve_words(lib.curves(model, rgbd, target, method, known=found, **given))
    if out is not None:
        _write(out, found)
    print(json.dumps(said, indent=2))


def attribution_words(found: "Attribution") -> dict[str, Any]:
    """What is printed of an attribution, JSON-ready; `value`, `baseline value` and `totals` in `unit`."""
    return {
        "model": found.model,
        "output": found.output,
        "of": found.of,
        "unit": found.unit,
        "method": found.method,
        "baselines": dict(found.baselines),
        "value": found.value,
        "baseline value": found.before,
        "totals": found.totals,
        "completeness residual": _finite(found.residual),
        **({"warning": found.warning} if found.warning else {}),
        "pictures through the network": found.forwards,
    }


def edge_words(found: "Conductance") -> list[dict[str, Any]]:
    """Every edge between streams with its conductance in the target's unit and as a share of the difference."""
    return [
        {
            "site": flow.site,
            "target": flow.target,
            "source": flow.source or "all others",
            "conductance": flow.value,
            "share": _finite(found.share(flow)),
        }
        for flow in found.flows
        if flow.cross
    ]


def sanity_words(found: "SanityCheck") -> dict[str, Any]:
    """Rank correlations by what was shuffled, and what follows."""
    correlations = {one.what: {name: _finite(c) for name, c in one.correlation.items()} for one in found.shuffled}
    return {"seed": found.seed, "says": found.words, **correlations}


def curve_words(found: "Curves") -> dict[str, Any]:
    """The areas under the curves by modality, in the target's unit."""
    return {name: curve.areas for name, curve in found.by_modality.items()}


def _region(
    model: "Model", rgbd: "RGBDImage", output: str, at: str | None, box: str | None, polygon: str | None, pixel: bool
) -> "np.ndarray":
    """HxW bool: what the options name; the whole picture if nothing."""
    import numpy as np

    from vizlab.experiments import attribution as lib

    given = [value for value in (at, box, polygon) if value is not None]
    if len(given) > 1:
        raise InputError("--at, --box and --polygon each name a region; give one of them.")
    if box is not None:
        return lib.box(rgbd.size, *_points("box", box, 2))
    if polygon is not None:
        return lib.polygon(rgbd.size, _points("polygon", polygon))
    if at is None:
        return np.ones(rgbd.size, bool)
    [point] = _points("at", at, 1)
    return lib.pixel(rgbd.size, point) if pixel else _segment(model, rgbd, output, point)


def _segment(model: "Model", rgbd: "RGBDImage", output: str, point: tuple[float, float]) -> "np.ndarray":
    """The predicted segment at that place, by this output where it is of classes, else by the network's classes."""
    from vizlab.core.predictions import SemsegPrediction
    from vizlab.core.tracer import trace
    from vizlab.experiments import attribution as lib

    predictions = trace(model, rgbd).predictions
    for name in (output, "semseg"):
        found = predictions.get(name)
        if isinstance(found, SemsegPrediction):
            return lib.segment(found.label, point)
    raise InputError(
        f"{model.name} predicts no classes, so there is no segment at that place; add --pixel, or give --box."
    )


def _points(option: str, text: str, count: int | None = None) -> list[tuple[float, float]]:
    """Pairs of numbers out of "x,y,x,y"; raises InputError for anything else."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or len(numbers) % 2 or (count is not None and len(numbers) != 2 * count):
        wanted = "pairs of numbers" if count is None else f"{2 * count} numbers"
        raise InputError(f"--{option} is '{one_line(text, 60)}'; expected {wanted} between commas, x before y.")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _finite(value: float) -> float | None:
    """JSON has no word for what is undefined or infinite."""
    return value if math.isfinite(value) else None


def _write(path: Path, found: "Attribution") -> None:
    """Maps by name, the region, and what was printed as JSON in `about`."""
    import numpy as np

    maps = {f"map/{name}": values for name, values in found.maps.items()}
    with replacing(path, InputError) as file:
        np.savez_compressed(
            file, allow_pickle=False, region=found.region, about=json.dumps(attribution_words(found)), **maps
        )
