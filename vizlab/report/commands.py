"""`vizlab report`, `vizlab replay` and `vizlab methods`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import InputError
from vizlab.replacing import replace_text

Checkpoints = Annotated[
    list[Path] | None, typer.Option("--model", metavar="CHECKPOINT", help="a checkpoint; repeatable")
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")]


def report_command(
    rgb: Annotated[Path | None, typer.Argument(help="colour picture; only with --domain it may be left out")] = None,
    depth: Annotated[Path | None, typer.Argument(help="depth map; may be left out")] = None,
    models: Checkpoints = None,
    out: Annotated[Path, typer.Option(help="folder to write to")] = Path("report"),
    unit: Annotated[str, typer.Option("--unit", "--depth-unit", help="depth unit, as for `vizlab trace`")] = "auto",
    depth_kind: Annotated[str, typer.Option(help="what depth measures, as for `vizlab trace`")] = "auto",
    field_of_view: Annotated[float | None, typer.Option(help="degrees across the width", metavar="DEGREES")] = None,
    align: Annotated[str, typer.Option(help="depth of another size, as for `vizlab trace`")] = "auto",
    turn: Annotated[str, typer.Option(help="what is done to depth first, as for `vizlab trace`")] = "none",
    domains: Annotated[
        list[str] | None,
        typer.Option("--domain", metavar="NAME=FILE", help="a further picture, as for `vizlab trace`; repeatable"),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="a control's value, such as threshold=0.05; repeatable"),
    ] = None,
    device: Device = "auto",
    precision: Annotated[str, typer.Option(help="auto, float32 or bfloat16")] = "auto",
    layers: Annotated[str, typer.Option(help="what the page holds: all, or predictions without maps of sites")] = "all",
    megabytes: Annotated[float, typer.Option(help="at most so many MB of values in the page", min=0.01)] = 12.0,
) -> None:
    """Write a report: the viewer in one offline file, predictions, figures, numbers, traces, and a ZIP to run again."""
    from vizlab.report.folder import write_report
    from vizlab.report.making import analysed
    from vizlab.rgbd import given_domains, read_rgbd

    if layers not in ("all", "predictions"):
        raise InputError(f"--layers is '{layers[:40]}'; expected all or predictions.")
    rgbd = read_rgbd(
        rgb, depth, depth_unit=unit, depth_kind=depth_kind, field_of_view=field_of_view, align=align, turn=turn,
        domains=given_domains(domains or ()),
    )  # fmt: skip
    title = " + ".join([path.name for path in (rgb, depth) if path is not None] or rgbd.record.domains.values())
    found = analysed(
        rgbd, models or (), title=title, settings=_settings(settings or []), device=device, precision=precision,
        step=lambda name: print(f"running {name}", file=sys.stderr),
    )  # fmt: skip
    for said in (*rgbd.record.warnings, *(f"{name} was not run: {why}" for name, why in found.skipped.items())):
        print(said, file=sys.stderr)
    write_report(found, out, which=layers, most_bytes=int(megabytes * 1e6))  # type: ignore[arg-type]
    print(out / "report.html")


def replay_command(
    archive: Annotated[Path, typer.Argument(help="analysis.zip of a report or of the page")],
    models: Annotated[
        list[Path] | None, typer.Option("--model", metavar="PATH", help="a checkpoint or a folder of them; repeatable")
    ] = None,
    device: Annotated[
        str, typer.Option(help="stored (that of the archive, where it is here), auto, cpu, cuda")
    ] = "stored",
    as_json: Annotated[bool, typer.Option("--json", help="the verdict as JSON")] = False,
) -> None:
    """Run an archived analysis again and compare every number; the verdict is one line.

    Ends with exit code 1 where numbers differ by more than another device or version explains.
    """
    from vizlab.report.replaying import replay

    found = replay(archive, models or (), device)
    if as_json:
        print(json.dumps(found.to_dict(), indent=2))
    else:
        print("\n".join((found.verdict, *(f"  {line}" for line in found.lines))))
    if found.status == "differs":
        raise typer.Exit(1)


def methods_command(
    out: Annotated[Path | None, typer.Option(help="a Markdown file to write; printed if left out")] = None,
) -> None:
    """Say of every installed method what mixes where, what is defined of it, which files open, and where it is from."""
    from vizlab.report.methods_page import methods_markdown

    text = methods_markdown()
    if out is None:
        print(text)
    else:
        replace_text(out, text, InputError)
        print(out)


def _settings(pairs: list[str]) -> dict[str, float]:
    """Values by name out of NAME=VALUE."""
    found: dict[str, float] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        try:
            found[name] = float(text)
        except ValueError as err:
            raise InputError(f"'{pair[:60]}' cannot be set; expected NAME=VALUE, such as threshold=0.05.") from err
    return found
