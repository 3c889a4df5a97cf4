"""Checkpoints that a visitor brings: which ones the operator allows, and what a file leaves open."""

from vizlab.core.door import CheckpointPath
from vizlab.errors import InputError, UnsaidError, one_line
from vizlab.page.workspace import Workspace

SAYABLE = ("tasks", "auxiliary_tasks", "inputs", "architecture")
"""What of a file can be said on the page, by the names of `load_model`."""


def add_checkpoint(
    workspace: Workspace,
    name: str | None,
    upload: CheckpointPath | None,
    weights: str | None = None,
    said: str | None = None,
) -> str:
    """Add an uploaded file or one of the operator's folder, as far as the operator allows; returns its name.

    `upload` are several files where one checkpoint consists of several, which need not lie in one folder.
    `weights` says which of several sets in the file; empty for the one the door chooses. `said` is what the file does
    not say, such as "tasks=depth".
    """
    wanted, further = (weights or "").strip() or None, said_of(said or "")
    if upload:
        if not workspace.settings.uploads:
            raise InputError("This page takes no uploaded checkpoints; its operator can allow them.")
        return workspace.shelf.add_upload(upload, wanted, **further)
    if not name:
        raise InputError("Choose a checkpoint of the list, or upload one, then press Add.")
    return workspace.shelf.add_from_folder(name, wanted, **further)


def said_of(text: str) -> dict[str, str | tuple[str, ...]]:
    """What was said of a file as `load_model` takes it: "tasks=semseg,depth", several by semicolon."""
    found: dict[str, str | tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name not in SAYABLE or not value:
            raise InputError(
                f"'{one_line(part, 60)}' says nothing of a file; expected one of {', '.join(SAYABLE)} and its value, "
                "such as tasks=depth."
            )
        found[name] = value if name == "architecture" else tuple(item.strip() for item in value.split(","))
    return found


def answers(err: UnsaidError) -> list[str]:
    """What would do, each as `said_of` takes it."""
    values = [choice if isinstance(choice, str) else ",".join(choice) for choice in err.choices]
    return [f"{err.parameter}={value}" for value in values]


def question(err: UnsaidError) -> str:
    """What is open, and how the page is told."""
    return f"{err.question}. Choose it under “add a checkpoint”: {' or '.join(answers(err))}."
