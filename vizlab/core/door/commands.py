"""`vizlab convert`: an authors' checkpoint as one of vizlab's own, which says what the other one does not."""

from pathlib import Path
from typing import Annotated

import typer

from vizlab.errors import InputError, UnsaidError


def convert_command(
    checkpoint: Annotated[Path, typer.Argument(help="an authors' checkpoint")],
    out: Annotated[Path, typer.Argument(help="the .safetensors to write")],
    weights: Annotated[str | None, typer.Option(help="which weights of a file that holds several")] = None,
    tasks: Annotated[str | None, typer.Option(help="the tasks in their order, by comma: semseg,depth")] = None,
    auxiliary_tasks: Annotated[str | None, typer.Option(help="the tasks that only send, likewise")] = None,
    inputs: Annotated[str | None, typer.Option(help="the modality of each stream, by comma: rgb,depth")] = None,
    architecture: Annotated[str | None, typer.Option(help="which network, where a file fits several")] = None,
    working_size: Annotated[str | None, typer.Option(metavar="HEIGHTxWIDTH", help="the size it works at")] = None,
    output_stride: Annotated[int | None, typer.Option(help="of a dilated backbone")] = None,
    half: Annotated[bool, typer.Option(help="--half rounds to float16: half the size")] = False,
) -> None:
    """Write an authors' checkpoint as vizlab's own file, with what the file does not say said once and for all."""
    from vizlab.core.door import load_model, save_checkpoint

    if out.suffix != ".safetensors":
        raise InputError(f"'{out.name}' is to be written; expected a name that ends in .safetensors.")
    model = load_model(
        checkpoint, "cpu", weights=weights, tasks=_names(tasks), auxiliary_tasks=_names(auxiliary_tasks),
        inputs=_names(inputs), architecture=architecture, working_size=_size(working_size), output_stride=output_stride,
    )  # fmt: skip
    notes = [f"Converted from {checkpoint.name}, SHA-256 {model.checkpoint_hash}."]
    notes += [f"Assumed: {name}: {why}." for name, why in model.assumed.items()]
    save_checkpoint(out, model.network, model.config, {**model.card, "notes": notes}, half=half)
    for name, why in model.assumed.items():
        print(f"assumed {name}: {why}")
    print(out)


def in_words_of_the_command(err: UnsaidError) -> str:
    """What is open, and how the command line says it."""
    option = err.parameter.replace("_", "-")
    values = [choice if isinstance(choice, str) else ",".join(choice) for choice in err.choices]
    known = " or ".join(f"--{option} {value}" for value in values)
    return f"{err.question}; say it once with `vizlab convert CHECKPOINT OUT.safetensors` and {known}."


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(name.strip() for name in text.split(","))


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal()):
        raise InputError(f"--working-size is '{text[:40]}'; expected HEIGHTxWIDTH, such as 480x640.")
    return int(height), int(width)
