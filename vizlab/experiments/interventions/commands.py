"""`vizlab intervene` and `vizlab sweep`: a network with something of its exchange taken away, on the command line."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vizlab.errors import InputError, one_line
from vizlab.replacing import replace_text, replacing

if TYPE_CHECKING:
    from vizlab.core.changes import Change
    from vizlab.core.model import Model
    from vizlab.experiments.interventions.effect import Effect
    from vizlab.measures.reference import Reference
    from vizlab.rgbd import RGBDImage

EDGE = "SITE:SOURCE:TARGET"
Checkpoint = Annotated[Path, typer.Argument(help="a vizlab .safetensors or an authors' checkpoint")]
Colour = Annotated[Path | None, typer.Option(help="colour picture")]
Depth = Annotated[Path | None, typer.Option(help="depth map")]
Unit = Annotated[str, typer.Option("--unit", "--depth-unit", help="depth unit: auto, mm, m, 0.001, ...")]
Domains = Annotated[
    list[str] | None,
    typer.Option("--domain", metavar="NAME=FILE", help="a further picture, as for `vizlab trace`; repeatable"),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")]


def _edges(words: str, metavar: str = EDGE) -> typer.models.OptionInfo:
    return typer.Option(metavar=metavar, help=f"{words}; repeatable")


def intervene_command(
    checkpoint: Checkpoint,
    rgb: Colour = None,
    depth: Depth = None,
    unit: Unit = "auto",
    domains: Domains = None,
    cut: Annotated[list[str] | None, _edges("take away what SOURCE sends")] = None,
    mean: Annotated[list[str] | None, _edges("leave each channel's mean over the picture of it")] = None,
    zero: Annotated[list[str] | None, _edges("plain zeros in its place, which no network was trained on")] = None,
    scale: Annotated[list[str] | None, _edges("multiply it: 0 cuts, 1 changes nothing", f"{EDGE}=FACTOR")] = None,
    put: Annotated[list[str] | None, _edges("put in that of another picture, --other-rgb, --other-depth")] = None,
    threshold: Annotated[
        list[str] | None, typer.Option(metavar="[SITE=]VALUE", help="exchange threshold, also of one site; repeatable")
    ] = None,
    other_rgb: Annotated[Path | None, typer.Option(help="colour of the other picture")] = None,
    other_depth: Annotated[Path | None, typer.Option(help="depth of the other picture")] = None,
    device: Device = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16")] = "auto",
    out: Annotated[Path | None, typer.Option(help="write maps of what moved to this .npz")] = None,
    trace: Annotated[Path | None, typer.Option(help="write the trace with the changes to this .npz")] = None,
) -> None:
    """Change what streams send each other and print how far every output moves, as JSON.

    An edge is SITE:SOURCE:TARGET, such as layer3.1.bn2:depth:rgb. SOURCE and TARGET may be empty for all
    (layer3.1.bn2::rgb), SITE alone is every edge there, and :0,5 at the end names channels of the target. Several
    changes of one edge follow each other: cut, mean, zero, scale, put. Depth and normals are scored against the depth
    that is given.
    """
    import vizlab
    from vizlab.experiments.interventions import intervene
    from vizlab.rgbd import given_domains

    rgbd = vizlab.read_rgbd(rgb, depth, depth_unit=unit, domains=given_domains(domains or ()))
    if put and other_rgb is None and other_depth is None:
        raise InputError("--put takes parts of another picture; give it with --other-rgb, --other-depth or both.")
    other = vizlab.read_rgbd(other_rgb, other_depth, depth_unit=unit) if put else None
    model = vizlab.load_model(checkpoint, device, precision=precision)
    changes = [
        *(_change(model, text, "cut") for text in cut or ()),
        *(_change(model, text, "mean") for text in mean or ()),
        *(_change(model, text, "zero") for text in zero or ()),
        *(_scaled(model, text) for text in scale or ()),
        *(_change(model, text, other) for text in put or () if other is not None),
        *(_threshold(text) for text in threshold or ()),
    ]
    if not changes:
        raise InputError("Nothing is changed; add --cut, --mean, --zero, --scale, --put or --threshold.")
    effect = intervene(model, rgbd, changes, truth=_truth(rgbd))
    if out is not None:
        _write(out, effect)
    if trace is not None:
        effect.after.save(str(trace))
    print(json.dumps(effect.to_dict(), indent=2))


def sweep_command(
    checkpoint: Checkpoint,
    rgb: Colour = None,
    depth: Depth = None,
    unit: Unit = "auto",
    domains: Domains = None,
    kinds: Annotated[str, typer.Option(help="which effects, between commas; total alone is fastest")] = (
        "total,direct,only"
    ),
    device: Device = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16")] = "auto",
    csv: Annotated[Path | None, typer.Option(help="also write a line for each edge and task to this file")] = None,
) -> None:
    """Cut every edge of a network in turn and print what each carries and what it does, as JSON.

    total: how far the answer moves when the edge is cut; direct: the same while later sites are held; only: how much
    of what all edges do this one does alone (sufficiency).
    """
    import vizlab
    from vizlab.experiments.interventions import sweep
    from vizlab.experiments.interventions.passes import KINDS
    from vizlab.rgbd import given_domains

    wanted = [kind.strip() for kind in kinds.split(",")]
    if unknown := [kind for kind in wanted if kind not in KINDS]:
        raise InputError(f"--kinds names '{one_line(unknown[0], 40)}'; expected some of {', '.join(KINDS)}.")
    rgbd = vizlab.read_rgbd(rgb, depth, depth_unit=unit, domains=given_domains(domains or ()))
    model = vizlab.load_model(checkpoint, device, precision=precision)
    with _progress() as step:
        found = sweep(model, rgbd, kinds=wanted, step=step)
    if csv is not None:
        replace_text(csv, found.csv(), InputError)
    print(json.dumps(found.to_dict(), indent=2))


def _change(model: "Model", text: str, by: "str | float | RGBDImage") -> "Change":
    """The change of the edge that `text` names; raises InputError with the network's sites for one it does not have."""
    from vizlab.core.changes import do

    names = [site.name for site in model.sites]
    # A site's own name may hold colons, where its owner gave it.
    site = next(
        (name for name in sorted(names, key=len, reverse=True) if text == name or text.startswith(f"{name}:")), ""
    )
    if not site:
        given = one_line(text.partition(":")[0], 80)
        raise InputError(f"{model.name} has no site '{given}'; its sites are {', '.join(names) or 'none'}.")
    parts = text[len(site) + 1 :].split(":") if len(text) > len(site) else ["", ""]
    if len(parts) not in (2, 3):
        raise InputError(
            f"'{one_line(text, 80)}' names no edge; expected {EDGE}, such as {site}:{_example(model, site)}, or the "
            "site alone."
        )
    source, target = (part or None for part in parts[:2])
    channels = _channels(text, parts[2]) if len(parts) == 3 else None
    return do(site, target, source, by, channels)  # type: ignore[arg-type]


def _example(model: "Model", site: str) -> str:
    found = next(one for one in model.sites if one.name == site)
    source = next((name for name in found.sources if name != found.targets[0]), "")
    return f"{source}:{found.targets[0]}"


def _channels(text: str, listed: str) -> list[int]:
    try:
        return [int(channel) for channel in listed.split(",")]
    except ValueError as err:
        raise InputError(
            f"'{one_line(text, 80)}' names channels '{one_line(listed, 40)}'; expected whole numbers between commas."
        ) from err


def _scaled(model: "Model", text: str) -> "Change":
    edge, _, factor = text.rpartition("=")
    return _change(model, edge, _number("--scale", text, factor if edge else "", f"{EDGE}=FACTOR"))


def _threshold(text: str) -> "Change":
    from vizlab.core.changes import threshold

    site, _, value = text.rpartition("=")
    return threshold(_number("--threshold", text, value, "VALUE or SITE=VALUE"), site or None)


def _number(option: str, text: str, value: str, expected: str) -> float:
    try:
        return float(value)
    except ValueError as err:
        raise InputError(f"{option} is '{one_line(text, 80)}'; expected {expected} with a number.") from err


def _truth(rgbd: "RGBDImage") -> "Reference | None":
    """The picture's own depth and the normals that follow from it, where it was measured in metres."""
    from vizlab.measures.reference import Reference

    measured = rgbd.depth is not None and not (rgbd.record.depth and rgbd.record.depth.meaning.startswith("relative"))
    return Reference().completed(rgbd) if measured else None


def _write(path: Path, effect: "Effect") -> None:
    """Maps by output, where classes flipped, and what was printed as JSON in `about`."""
    import numpy as np

    arrays = {f"map/{name}": one.map for name, one in effect.outputs.items()}
    arrays |= {f"flipped/{name}": one.flipped for name, one in effect.outputs.items() if one.flipped is not None}
    with replacing(path, InputError) as file:
        np.savez_compressed(file, allow_pickle=False, about=json.dumps(effect.to_dict()), **arrays)


@contextmanager
def _progress() -> Iterator[Callable[[float, str], None]]:
    """A progress bar on the terminal's error stream."""
    whole, done = 1000, 0
    with typer.progressbar(length=whole, label="sweep", file=sys.stderr) as bar:

        def step(share: float, what: str) -> None:
            nonlocal done
            bar.label = what
            bar.update(round(share * whole) - done)
            done = round(share * whole)

        yield step
        bar.update(whole - done)
